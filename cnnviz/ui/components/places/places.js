// Copies of a digit with the kernel on them at marked places, the map that comes out with the same marks, and one more
// copy that follows the pointer.  Nothing is computed here: a value is read from the map, and the numbers of the place
// are shown by the kernel that slides beside it (components/slide), which is told by an event and tells where it stands.
const MARK = "#e07b00";
const SIDE_PX = 336; // of a canvas, in pixels of its own
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

const filled = (sentence, values) => sentence.replace(/{(\w+)}/g, (whole, name) => values[name] ?? whole);
const loaded = async (address) => {
  const image = new Image();
  image.src = address;
  await image.decode();
  return image;
};

const figureOf = (name, caption) => {
  const figure = document.createElement("figure");
  const picture = figure.appendChild(document.createElement("div"));
  const canvas = picture.appendChild(document.createElement("canvas"));
  [picture.className, canvas.className] = ["picture", name];
  figure.appendChild(document.createElement("figcaption")).textContent = caption;
  return figure;
};

const penOf = (canvas, side) => {
  const zoom = Math.max(1, Math.floor(SIDE_PX / side));
  canvas.width = canvas.height = side * zoom;
  const pen = canvas.getContext("2d");
  Object.assign(pen, { imageSmoothingEnabled: false, lineWidth: 3, strokeStyle: MARK });
  return [pen, zoom];
};

// What the kernel lies on, the kernel over it so that both are seen, and a frame around it.
const drawCopy = (canvas, data, images, [row, column]) => {
  const [pen, zoom] = penOf(canvas, data.side);
  pen.drawImage(images.input, 0, 0, canvas.width, canvas.height);
  const [top, left, size] = [row * data.stride - data.pad, column * data.stride - data.pad, data.kernel].map((n) => n * zoom);
  pen.globalAlpha = data.opacity;
  pen.drawImage(images.weights, left, top, size, size);
  pen.globalAlpha = 1;
  pen.strokeRect(left, top, size, size);
};

const drawMap = (canvas, data, images, place) => {
  const [pen, zoom] = penOf(canvas, data.out);
  pen.drawImage(images.map, 0, 0, canvas.width, canvas.height);
  for (const { row, column } of data.marks) pen.strokeRect(column * zoom, row * zoom, zoom, zoom);
  for (const [colour, width] of [["#fff", 5], ["#000", 2]]) { // seen on every colour
    Object.assign(pen, { strokeStyle: colour, lineWidth: width });
    pen.strokeRect(place[1] * zoom, place[0] * zoom, zoom, zoom);
  }
};

const numberOf = ({ at: [down, across] }, i, out) => {
  const number = document.createElement("b");
  number.textContent = i + 1;
  number.style.top = `${(100 * (down + 0.5)) / out}%`;
  number.style.left = `${(100 * (across + 0.5)) / out}%`;
  return number;
};

// The copies and the map for these data; where they are touched the place goes there.
const build = (root, data) => {
  const { words, marks, out } = data;
  const copies = marks.map(({ label, alt }) => {
    const figure = figureOf("copy", label);
    figure.querySelector("canvas").setAttribute("role", "img");
    figure.querySelector("canvas").setAttribute("aria-label", alt);
    return figure;
  });
  const map = figureOf("map", words.map);
  map.firstChild.append(...marks.map((mark, i) => numberOf(mark, i, out)));
  const moving = figureOf("moving", "");
  for (const [figure, alt, role] of [[map, words.mapAlt, "application"], [moving, words.movingAlt, "img"]]) {
    figure.querySelector("canvas").setAttribute("role", role);
    figure.querySelector("canvas").setAttribute("aria-label", alt);
  }
  map.querySelector("canvas").tabIndex = 0;
  root.replaceChildren(...copies, map, moving);
  return { copies: copies.map((copy) => copy.querySelector("canvas")), map, moving };
};

export default function show({ data, parentElement }) {
  const root = parentElement.querySelector(".places");
  const known = JSON.stringify(data);
  if (root.known === known) return;
  root.known = known;
  root.listening?.abort();
  const { out, words, block, number, start } = data;
  const listening = (root.listening = new AbortController());
  const is = () => root.listening === listening && root.isConnected;
  let place = start;
  const { copies, map, moving } = build(root, data);
  const [shown, copy] = [map.querySelector("canvas"), moving.querySelector("canvas")];
  let images = null;

  const draw = () => {
    if (!images) return;
    drawMap(shown, data, images, place);
    drawCopy(copy, data, images, place);
    const [row, column] = place;
    const text = filled(words.here, { row, column, value: data.values[row * out + column] });
    if (moving.lastChild.textContent !== text) moving.lastChild.textContent = text;
  };
  const tell = (at, held = false) => {
    const detail = { block, number, place: at && { row: at[0], column: at[1], side: out }, held };
    window.dispatchEvent(new CustomEvent("cnnviz-point", { detail }));
  };
  const go = (at, held) => {
    place = at;
    draw();
    tell(at, held);
  };
  // Where the kernel that slides stands, if it is the same filter's.
  const follow = () => {
    const at = window.cnnvizStands;
    if (!is() || !at || at.block !== block || at.number !== number || at.side !== out) return;
    place = [at.row, at.column];
    draw();
  };
  const within = (n) => Math.min(out - 1, Math.max(0, n));
  const share = (canvas, event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
  };
  // On the map the pixel; on the copy that of the kernel whose middle lies there.
  const under = {
    map: (event) => share(shown, event).map((part) => within(Math.floor(part * out))),
    moving: (event) => share(copy, event).map((part) =>
      within(Math.round((part * data.side - data.kernel / 2 + data.pad) / data.stride))),
  };
  for (const [canvas, at] of [[shown, under.map], [copy, under.moving]]) {
    canvas.onpointermove = (event) => event.pointerType !== "touch" && go(at(event), false);
    canvas.onpointerleave = () => tell(null);
    canvas.onclick = (event) => go(at(event), true);
  }
  shown.onblur = () => tell(null);
  shown.onkeydown = (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    go(place.map((n, i) => within(n + step[i])), false);
  };
  window.addEventListener("cnnviz-stands", () => (is() ? follow() : listening.abort()), { signal: listening.signal });

  Promise.all(["input", "weights", "map"].map((name) => loaded(data[name]))).then(([input, weights, of]) => {
    if (!is()) return;
    images = { input, weights, map: of };
    copies.forEach((canvas, i) => drawCopy(canvas, data, images, [data.marks[i].row, data.marks[i].column]));
    draw();
    follow();
  });
}
