// How the points of a map are drawn, and which one lies nearest to a place.  Places are from 0 to 1 of the map's side.
//
// A map: x, y, labels and reads of each point, own, colours of the ten digits, and what is shown: misread, true for those
// alone, and label, the only digit that is shown in full, or null.

const FAINT = 0.08;

const isShown = ({ labels, reads, misread }, i) => !misread || labels[i] !== reads[i];
const isFull = (map, i) => map.label === null || map.labels[i] === map.label;

// The middle of a digit's points: medians, since a few points far away do not move them.
const middles = (map) => {
  const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];
  const of = map.colours.map(() => [[], []]);
  for (let i = 0; i < map.n; i++) {
    of[map.labels[i]][0].push(map.x[i]);
    of[map.labels[i]][1].push(map.y[i]);
  }
  return of.map(([x, y]) => x.length ? [median(x), median(y)] : null);
};

const dots = (pen, map, side, radius) => {
  for (const full of [false, true]) {
    pen.globalAlpha = full ? 0.75 : FAINT;
    map.colours.forEach((colour, digit) => {
      pen.fillStyle = colour;
      pen.beginPath();
      for (let i = 0; i < map.n; i++) {
        if (map.labels[i] !== digit || isFull(map, i) !== full || !isShown(map, i)) continue;
        const [x, y] = [map.x[i] * side, map.y[i] * side];
        pen.moveTo(x + radius, y);
        pen.arc(x, y, radius, 0, 2 * Math.PI);
      }
      pen.fill();
    });
  }
};

const rings = (pen, map, side, radius, look) => {
  pen.globalAlpha = 0.85;
  [pen.strokeStyle, pen.lineWidth] = [look.text, radius * 0.55];
  pen.beginPath();
  for (let i = 0; i < map.n; i++) {
    if (map.labels[i] === map.reads[i] || !isFull(map, i)) continue;
    const [x, y] = [map.x[i] * side, map.y[i] * side];
    pen.moveTo(x + 2 * radius, y);
    pen.arc(x, y, 2 * radius, 0, 2 * Math.PI);
  }
  pen.stroke();
};

// The digit in its colour at the middle of its points, on a disc so that it can be read on any of them.
const names = (pen, map, side, look) => {
  const size = Math.max(11, side / 32);
  pen.globalAlpha = 1;
  pen.font = `700 ${size}px ${look.font}`;
  [pen.textAlign, pen.textBaseline, pen.lineWidth] = ["center", "middle", size / 7];
  middles(map).forEach((middle, digit) => {
    if (!middle || (map.label !== null && map.label !== digit)) return;
    const [x, y] = [middle[0] * side, middle[1] * side];
    pen.beginPath();
    pen.arc(x, y, 0.75 * size, 0, 2 * Math.PI);
    pen.fillStyle = look.paper;
    pen.fill();
    pen.strokeStyle = map.colours[digit];
    pen.stroke();
    pen.fillStyle = look.text;
    pen.fillText(digit, x, y + size / 16);
  });
};

// A cross in a ring, in two colours: seen on every colour.
const own = (pen, { own: { x, y } }, side, radius, look) => {
  const [across, down, size] = [x * side, y * side, 5 * radius];
  pen.globalAlpha = 1;
  for (const [colour, width] of [[look.paper, 2.6], [look.mark, 1.3]]) {
    [pen.strokeStyle, pen.lineWidth] = [colour, width * radius];
    pen.beginPath();
    pen.arc(across, down, size, 0, 2 * Math.PI);
    for (const [dx, dy] of [[1, 0], [0, 1]]) {
      for (const way of [-1, 1]) {
        pen.moveTo(across + way * dx * size * 0.4, down + way * dy * size * 0.4);
        pen.lineTo(across + way * dx * size * 1.5, down + way * dy * size * 1.5);
      }
    }
    pen.stroke();
  }
};

/** All of a map on a square canvas; `at` is the point that is pointed at, or -1. */
export const draw = (canvas, map, look, at) => {
  const [pen, side] = [canvas.getContext("2d"), canvas.width];
  const radius = Math.max(1.3, side / 420) * (map.n > 2000 && !map.misread ? 1 : 1.7); // larger where they are few
  pen.globalAlpha = 1;
  pen.fillStyle = look.paper;
  pen.fillRect(0, 0, side, side);
  dots(pen, map, side, radius);
  rings(pen, map, side, radius, look);
  names(pen, map, side, look);
  own(pen, map, side, radius, { ...look, mark: "#e07b00" });
  if (at < 0) return;
  [pen.strokeStyle, pen.lineWidth] = [look.accent, radius];
  pen.beginPath();
  pen.arc(map.x[at] * side, map.y[at] * side, 4 * radius, 0, 2 * Math.PI);
  pen.stroke();
};

/** The point that is shown in full and lies nearest, within reach; -1 for none. */
export const nearest = (map, x, y, reach) => {
  let [found, least] = [-1, reach * reach];
  for (let i = 0; i < map.n; i++) {
    const distance = (map.x[i] - x) ** 2 + (map.y[i] - y) ** 2;
    if (distance < least && isShown(map, i) && isFull(map, i)) [found, least] = [i, distance];
  }
  return found;
};
