// The network computed in the browser while the pen moves, once for each picture that the screen shows.
//
// It reads the drawing component's canvases, of which the upper one has the stroke under way, and has components/figures
// show what it computed.  Nothing on the way waits for the server; when the pen is up the server's answer takes over.
const SIDE_PX = 280;
const KEPT = 3; // networks
const COLOURS = 256;
const networks = (window.cnnvizNetworks ??= new Map()); // by the address of their weights: promises

const networkOf = (config, load) => {
  const address = config.weights;
  const found = networks.get(address) ?? load(config, document.baseURI);
  found.catch(() => networks.delete(address)); // it is asked for again
  networks.delete(address);
  networks.set(address, found); // the one that was used last stands last
  while (networks.size > KEPT) networks.delete(networks.keys().next().value);
  return found;
};

// The ink of the canvases, as bytes: all that was drawn is white on black, so one of the three colours tells it.
const reader = () => {
  const [canvas, bytes] = [document.createElement("canvas"), new Uint8Array(SIDE_PX * SIDE_PX)];
  canvas.width = canvas.height = SIDE_PX;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  return (layers) => {
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, SIDE_PX, SIDE_PX);
    for (const layer of layers) pen.drawImage(layer, 0, 0, SIDE_PX, SIDE_PX);
    const pixels = pen.getImageData(0, 0, SIDE_PX, SIDE_PX).data;
    for (let i = 0; i < bytes.length; i++) bytes[i] = pixels[4 * i];
    return bytes;
  };
};

const filled = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// Half goes to the even number, as in NumPy.
const rounded = (x) => {
  const below = Math.floor(x);
  return x - below !== 0.5 ? Math.round(x) : below + (below % 2);
};

// A layer's values, height × width × channels, as one picture a channel, all on one scale: see `maps` in pages/draw.
const pictures = (values, [height, width, channels]) => {
  let [low, high] = [0, 0];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const span = high / 4 - low / 4;
  const [found, crossed] = [[], []];
  for (let channel = 0; channel < channels; channel++) {
    const numbers = new Uint8Array(height * width);
    let dead = true;
    for (let i = 0, at = channel; i < numbers.length; i++, at += channels) {
      if (values[at] !== 0) dead = false;
      numbers[i] = span > 0 ? rounded(((values[at] / 4 - low / 4) / span) * 255) : 128;
    }
    found.push(numbers);
    if (dead) crossed.push(channel);
  }
  return [found, crossed];
};

// What the figures of the page Draw show of it: for each item what is other in it, and its arrays.
const changes = (told, { layers, probabilities }, image, table, shapes, percentage) => {
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
  const values = { first: order[0], second: order[1] };
  const close = probabilities[order[1]] >= told.close;
  const words = [filled(told.words.answer, { digit: close ? filled(told.words.either, values) : order[0] })];
  words.push(filled(told.words.second, values));
  return (item) => {
    if (item.kind === "text") return words.length && item.tag !== "small" ? [{ words: words.shift() }, []] : null;
    if (item.name === "answer") return [{ shares: [...probabilities], words: [...probabilities].map(percentage) }, []];
    if (item.name === "seen") {
      const greys = Uint8Array.from(image, (ink) => rounded(ink * 255));
      return [{ colours: COLOURS, again: [] }, [told.greys, greys]];
    }
    if (!told.captions[item.name]) return null;
    const [found, crossed] = pictures(layers.get(item.name), shapes.get(item.name));
    const caption = filled(told.captions[item.name][crossed.length ? 1 : 0], { n: crossed.length });
    return [{ colours: COLOURS, again: [], crossed, caption }, [table, ...found]];
  };
};

const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

// What computes and shows one picture; gives why it cannot, or "".
const painter = (told, network, prepare, percentage) => {
  const read = reader();
  const table = bytesOf(told.table);
  told.greys = Uint8Array.from({ length: 3 * COLOURS }, (_, i) => Math.floor(i / 3));
  return (canvases) => {
    const figures = window.cnnvizFigures;
    if (!figures?.isConnected) return "";
    const image = prepare(read(canvases), SIDE_PX, SIDE_PX, told.without);
    if (!image) return "";
    const result = network.run(image);
    if (!result.finite) return told.words.overflow;
    figures.follow(changes(told, result, image, table, network.shapes, percentage));
    return "";
  };
};

// Calls `show` once for each picture of the screen, while a pen is down and once more when it has been lifted.
const watch = (frame, show, signal) => {
  let [canvases, down, waiting] = [[], false, 0];
  const due = () => {
    waiting ||= requestAnimationFrame(() => {
      waiting = 0;
      if (!signal.aborted) show(canvases);
    });
  };
  const begin = (event) => {
    const path = event.composedPath();
    if (!(path[0] instanceof HTMLCanvasElement) || !path.some((node) => node.matches?.(frame))) return;
    canvases = [...path[0].getRootNode().querySelectorAll("canvas")]; // what lies below comes first
    down = true;
    due();
  };
  // The drawing component takes the stroke off the upper canvas at once, and draws the lower one with the next picture.
  const end = () => {
    if (!down) return;
    down = false;
    cancelAnimationFrame(waiting);
    waiting = 0;
    setTimeout(due, 0);
  };
  const on = (names, act) => {
    for (const name of names) document.addEventListener(name, act, { capture: true, passive: true, signal });
  };
  on(["mousedown", "touchstart"], begin);
  on(["mousemove", "touchmove"], () => down && due());
  on(["mouseup", "touchend", "touchcancel"], end);
  // The answer to the stroke before has just been shown: what is under the pen now takes its place in the same picture.
  window.addEventListener("cnnviz-figures", () => down && due(), { signal });
};

const sentence = (parentElement, text) => (parentElement.querySelector(".why-not").textContent = text);

// Until there is something to draw on: what is fetched before would make the first page wait for its canvas.
const canvasIsThere = async (frame, signal) => {
  const isThere = () => [...document.querySelectorAll(`${frame} *`)].some((each) => each.shadowRoot?.querySelector("canvas"));
  while (!isThere() && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, 50));
};

const start = async (told, parentElement, signal) => {
  await canvasIsThere(told.frame, signal);
  if (signal.aborted) return;
  const scripts = new URL(told.scripts, document.baseURI);
  const [{ load }, { prepare }, { percentage }] = await Promise.all(
    ["weights.js", "prepare.js", "percentages.js"].map((name) => import(new URL(name, scripts))));
  const network = await networkOf(told.network, load);
  if (signal.aborted) return;
  const paint = painter(told, network, prepare, percentage);
  watch(told.frame, (canvases) => sentence(parentElement, paint(canvases)), signal);
  parentElement.querySelector(".why-not").dataset.ready = "";
};

export default function ({ data, parentElement }) {
  const known = JSON.stringify(data);
  if (parentElement.known === known) return; // called again after every run of the page
  parentElement.known = known;
  parentElement.watching?.abort();
  sentence(parentElement, data.why_not ?? "");
  if (data.why_not) return;
  parentElement.watching = new AbortController();
  start(data, parentElement, parentElement.watching.signal).catch((error) => {
    console.error(error);
    sentence(parentElement, filled(data.words.failed, { reason: error.message }));
  });
}
