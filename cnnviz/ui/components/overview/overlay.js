// What lies over the pictures: lines to the map that is pointed at from all that feeds it, and its receptive field on
// the digit.  A line's colour is the sum of the kernel's weights, its width their L2 norm, on one scale for the layer.
const ORANGE = "#e07b00";
const [THINNEST_PX, THICKEST_PX] = [0.75, 4.5];

/** Draw them anew; `point`: a map and its pixel, or null for nothing. */
export function drawOver(scene, point, view) {
  const { lines, stage } = scene;
  const [width, height] = [stage.clientWidth, stage.clientHeight];
  const ratio = devicePixelRatio || 1;
  if (lines.width !== Math.round(width * ratio) || lines.height !== Math.round(height * ratio)) {
    [lines.width, lines.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  }
  const pen = lines.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  if (!point || !view.frame) return;
  const origin = stage.getBoundingClientRect();
  const box = (element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return { left: left - origin.left, top: top - origin.top, width, height };
  };
  if (view.frame.weights) drawLines(pen, scene, point, view, box);
  drawField(pen, point, box(scene.digit.canvas));
}

/** Of a layer's kernels, [filter][input channel]: the sum of the weights and their L2 norm; and the largest of both. */
export function influences(layer, weights) {
  const [rows, columns, channels, filters] = layer.kernel;
  const n = channels * filters;
  const [sums, norms] = [new Float64Array(n), new Float64Array(n)];
  for (let i = 0; i < rows * columns * n; i++) {
    const weight = weights[layer.at + i];
    sums[i % n] += weight;
    norms[i % n] += weight * weight;
  }
  let [sum, norm] = [1e-30, 1e-30];
  for (let i = 0; i < n; i++) {
    norms[i] = Math.sqrt(norms[i]);
    sum = Math.max(sum, Math.abs(sums[i]));
    norm = Math.max(norm, norms[i]);
  }
  return { sums, norms, sum, norm };
}

// They change with the frame alone, which a pointer that moves does not change.
const ofFrame = (frame, layer) => {
  frame.influences ??= {};
  return (frame.influences[layer.name] ??= influences(layer, frame.weights));
};

const drawLines = (pen, scene, { group, number }, view, box) => {
  const layer = view.data.network.layers.find((each) => each.name === `conv${group.block}`);
  const { sums, norms, sum, norm } = ofFrame(view.frame, layer);
  const above = scene.groups[scene.groups.indexOf(group) - 1];
  const sources = above ? above.maps.map((map) => map.cell) : [scene.digit.canvas];
  const filters = group.maps.length;
  const feeds = (channel) => !view.switches.has(group, number) && !(above && view.switches.has(above, channel));
  const all = sources.map((source, channel) => ({ source, channel, at: channel * filters + number }))
    .filter(({ channel }) => feeds(channel));
  const to = box(group.maps[number].canvas);
  for (const { source, at } of all.sort((a, b) => norms[a.at] - norms[b.at])) {
    pen.beginPath();
    curve(pen, box(source), to);
    const thick = THINNEST_PX + (THICKEST_PX - THINNEST_PX) * (norms[at] / norm) ** 2;
    [pen.lineCap, pen.lineWidth, pen.strokeStyle] = ["round", thick + 1.5, "rgb(110 115 128 / 55%)"];
    pen.stroke(); // the middle of a palette is white, which paper is too
    [pen.lineWidth, pen.strokeStyle] = [thick, view.painter.colour(sums[at] / sum)];
    pen.stroke();
  }
};

// From the lower edge of what feeds to the upper edge of the map; from the digit's right edge where it is beside it.
const curve = (pen, from, to) => {
  const x1 = to.left + to.width / 2;
  if (from.top + from.height < to.top) {
    const [x0, y0, y1] = [from.left + from.width / 2, from.top + from.height, to.top];
    const bend = (y1 - y0) / 2;
    pen.moveTo(x0, y0);
    pen.bezierCurveTo(x0, y0 + bend, x1, y1 - bend, x1, y1);
    return;
  }
  const [x0, y0] = [from.left + from.width, from.top + from.height / 2];
  const y1 = to.top + to.height / 2;
  const bend = (to.left - x0) / 2;
  pen.moveTo(x0, y0);
  pen.bezierCurveTo(x0 + bend, y0, to.left - bend, y1, to.left, y1);
};

const drawField = (pen, { group, row, column }, digit) => {
  const [first, step, size] = group.field;
  const px = digit.width / 28;
  const inside = (at) => [Math.max(0, first + step * at), Math.min(28, first + step * at + size)];
  const [[top, bottom], [left, right]] = [inside(row), inside(column)];
  [pen.lineWidth, pen.strokeStyle] = [2, ORANGE];
  pen.strokeRect(digit.left + left * px, digit.top + top * px, (right - left) * px, (bottom - top) * px);
};
