// The elements of the overview, and how large its pictures are: as large as a window that need not be scrolled allows.
const TARGETS = [84, 70, 56, 42, 28]; // pixels of a map, at most
const SMALL = "(max-width: 1000px), (pointer: coarse)";
const FINGER_PX = 44;
const [GAP_PX, MARGIN_PX] = [4, 12];
const DIGIT_PX = 28;
const STRIP_PX = 8; // of a neuron, at most; twice that on a wide page, or where they are few
const WIDE_PX = 900;

const add = (parent, tag, className = "", text = "") => {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  parent.append(element);
  return element;
};

/** The empty overview in `root`. */
export function create(root) {
  const scene = { root, groups: [], strips: [], outputs: [] };
  scene.training = add(root, "div", "training");
  scene.play = add(scene.training, "button", "play-training");
  scene.slider = add(scene.training, "input", "steps");
  scene.slider.type = "range";
  scene.when = add(scene.training, "p", "when");
  scene.why = add(root, "p", "why");
  scene.why.setAttribute("role", "status");
  scene.stage = add(root, "div", "stage");
  scene.parts = add(scene.stage, "div", "parts");
  scene.lines = add(scene.stage, "canvas", "lines");
  const foot = add(root, "div", "foot");
  scene.told = add(foot, "div", "told");
  scene.value = add(scene.told, "p", "value");
  scene.legend = add(scene.told, "p", "legend");
  scene.png = add(foot, "button", "png", "PNG");
  scene.switched = add(root, "div", "switched");
  scene.off = add(scene.switched, "p", "off-words");
  scene.off.setAttribute("role", "status");
  scene.reset = add(scene.switched, "button", "reset");
  scene.breakIt = add(scene.switched, "button", "break-it");
  scene.scores = add(scene.switched, "p", "scores");
  scene.accuracy = add(scene.switched, "p", "accuracy");
  scene.accuracy.setAttribute("role", "status");
  for (const button of [scene.play, scene.png, scene.reset, scene.breakIt]) button.type = "button";
  return scene;
}

/** The parts of one network: `data` as overview.py sends it. */
export function fill(scene, data) {
  const { parts } = scene;
  parts.replaceChildren();
  scene.words = data.words;
  const first = add(parts, "div", "first");
  scene.digit = digitIn(first, data.words);
  scene.groups = data.groups.map((group, i) => groupIn(i ? parts : first, group, data.words));
  scene.strips = data.strips.map((strip) => stripIn(parts, strip));
  outputsIn(scene, parts, data.words);
  scene.png.title = data.words.download;
  scene.reset.textContent = data.words.reset;
  scene.breakIt.textContent = data.words.break_it;
  scene.fitted = "";
}

const canvasIn = (parent, height, width, what) => {
  const canvas = add(parent, "canvas");
  Object.assign(canvas, { height, width, cnnviz: what });
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(width, height);
  return { canvas, pen, image, pixels: new Uint32Array(image.data.buffer) };
};

const digitIn = (parent, words) => {
  const figure = add(parent, "figure", "digit");
  const picture = canvasIn(figure, DIGIT_PX, DIGIT_PX, { kind: "digit" });
  picture.canvas.setAttribute("role", "img");
  picture.canvas.setAttribute("aria-label", words.digit_alt);
  add(figure, "figcaption", "caption", words.digit);
  return picture;
};

const groupIn = (parent, told, words) => {
  const section = add(parent, "section", "group");
  add(section, "p", "caption", told.caption);
  const grid = add(section, "div", "maps");
  grid.setAttribute("role", "group");
  grid.setAttribute("aria-label", told.alt);
  const [height, width, n] = told.shape;
  const group = { ...told, grid, maps: [] };
  for (let number = 0; number < n; number++) {
    const cell = add(grid, "div", "cell");
    const button = add(cell, "button", "map");
    Object.assign(button, { type: "button", tabIndex: -1, title: words.map.replace("{number}", number) });
    const frame = add(button, "span", "picture");
    const map = canvasIn(frame, height, width, { kind: "map", group, number });
    button.cnnviz = map.canvas.cnnviz;
    group.maps.push({ ...map, cell, button, toggle: switchIn(cell, group, number, words) });
  }
  return group;
};

// The number under a map, with the dot that switches its filter off; by keyboard it is the map's own key.
const switchIn = (parent, group, number, words) => {
  const toggle = add(parent, "button", "switch");
  Object.assign(toggle, { type: "button", tabIndex: -1 });
  toggle.setAttribute("role", "switch");
  const name = words.filter.replace("{number}", number).replace("{block}", group.block);
  toggle.setAttribute("aria-label", name);
  add(toggle, "span", "dot");
  add(toggle, "span", "label", number);
  toggle.cnnviz = { group, number };
  return toggle;
};

const stripIn = (parent, told) => {
  const section = add(parent, "section", "strip");
  add(section, "p", "caption", told.caption);
  const columns = told.n <= 64 ? told.n : told.n <= 256 ? Math.min(64, told.n) : 128;
  const strip = { ...told, columns };
  Object.assign(strip, canvasIn(section, Math.ceil(told.n / columns), columns, { kind: "strip", strip }));
  strip.canvas.setAttribute("role", "img");
  strip.canvas.setAttribute("aria-label", told.alt);
  return strip;
};

const outputsIn = (scene, parent, words) => {
  const section = add(parent, "section", "end");
  const row = add(section, "div", "outputs");
  row.setAttribute("role", "img");
  scene.outputsRow = row;
  scene.outputs = Array.from({ length: 10 }, (_, digit) => {
    const cell = add(row, "span", "output");
    const picture = canvasIn(cell, 1, 1, { kind: "output", digit });
    return { ...picture, cell, label: add(cell, "span", "label", digit) };
  });
  scene.answer = add(section, "p", "answer");
  scene.answer.dataset.words = words.answer;
};

/** Frame the map that is open: [layer, number], or null. */
export function mark(scene, marked) {
  const focused = scene.root.getRootNode().activeElement;
  const all = scene.groups.flatMap((group) => group.maps);
  const held = all.find(({ button }) => button === focused);
  let stop = held ?? all[0];
  for (const group of scene.groups) {
    group.maps.forEach((map, number) => {
      const opened = marked !== null && group.layer === marked[0] && number === marked[1];
      map.button.setAttribute("aria-pressed", String(opened));
      map.button.tabIndex = -1;
      if (opened && !held) stop = map;
    });
  }
  if (stop) stop.button.tabIndex = 0; // the one stop of the tabulator
}

/** Make every picture as large as fits; true where something has changed. */
export function fit(scene) {
  const width = scene.stage.clientWidth;
  if (!width || !scene.digit) return false;
  const small = matchMedia(SMALL).matches;
  const room = roomFor(scene.root);
  const key = [width, room, small, getComputedStyle(document.documentElement).fontSize, scene.why.textContent].join();
  if (scene.fitted === key) return false;
  scene.fitted = key;
  for (const target of small ? [56] : TARGETS) {
    resize(scene, target, width, small);
    if (scene.root.scrollHeight <= room) break;
  }
  return true;
}

// Pixels from the top of the overview to the lower edge of the window, when the page is not scrolled.
const roomFor = (root) => {
  const main = root.getRootNode().host?.closest("[data-testid=stMain]");
  return Math.round(innerHeight - root.getBoundingClientRect().top - (main?.scrollTop ?? 0) - MARGIN_PX);
};

const resize = (scene, target, width, small) => {
  const digit = DIGIT_PX * (target >= 84 ? 6 : target >= 70 ? 5 : 4);
  scene.digit.canvas.style.width = `${digit}px`;
  scene.groups.forEach((group, i) => {
    const [, side, n] = group.shape;
    let px = Math.max(1, Math.floor(target / side)) * side;
    if (small) px = Math.max(px, side * Math.ceil(FINGER_PX / side));
    const beside = i === 0 && width > 420 ? digit + 20 : 0;
    const most = Math.max(1, Math.floor((width - beside + GAP_PX) / (px + GAP_PX)));
    const columns = Math.ceil(n / Math.ceil(n / most));
    Object.assign(group, { columns });
    group.grid.style.gridTemplateColumns = `repeat(${columns}, ${px}px)`;
  });
  for (const strip of scene.strips) {
    const most = width > WIDE_PX || strip.n <= 32 ? 2 * STRIP_PX : STRIP_PX;
    const cell = Math.max(1, Math.min(most, Math.floor(width / strip.columns)));
    strip.canvas.style.width = `${cell * strip.columns}px`;
  }
};
