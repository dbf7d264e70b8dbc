// The network computed in the browser while the pen moves, once for each picture that the screen shows.
//
// It reads the drawing component's canvases, of which the upper one has the stroke under way, and has components/figures
// show what it computed (shown.js).  Nothing on the way waits for the server.  When the pen is up the stroke is sent
// (strokes.js), and what the server says of it takes the place of what was said here; its pictures are those that were
// drawn here, from the same numbers.  Where the two differ, or there is no answer, the drawing is sent by Streamlit.
const SIDE_PX = 280;
const KEPT = 3; // networks
const ALIKE = 1e-3; // of a probability
const SOON_MS = 500;
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
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE_PX;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  return (layers) => {
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, SIDE_PX, SIDE_PX);
    for (const layer of layers) pen.drawImage(layer, 0, 0, SIDE_PX, SIDE_PX);
    const pixels = pen.getImageData(0, 0, SIDE_PX, SIDE_PX).data;
    const bytes = new Uint8Array(SIDE_PX * SIDE_PX);
    for (let i = 0; i < bytes.length; i++) bytes[i] = pixels[4 * i];
    return bytes;
  };
};

// What computes and shows one picture: gives what it computed of which ink, or why it cannot.
const painter = (told, network, { preparation }, { changesOf }) => {
  const read = reader();
  return (canvases) => {
    const figures = window.cnnvizFigures;
    if (!figures?.isConnected) return {};
    const ink = read(canvases);
    const prepared = preparation(ink, SIDE_PX, SIDE_PX, told.without);
    if (!prepared) return {};
    const result = network.run(prepared.centred.values);
    if (!result.finite) return { why: told.words.overflow };
    const shown = { ink, prepared, result, shapes: network.shapes };
    figures.follow(changesOf(told, shown));
    return shown;
  };
};

// Has Streamlit send the drawing, or what is on its way to take its place: see components/canvas/pen_up.js.
const sendByStreamlit = ({ isOutdated, loads } = {}) =>
  window.dispatchEvent(new CustomEvent("cnnviz-send-drawing", { detail: isOutdated ? loads : null }));

// Sends what was drawn, and shows what the server says of it unless the next stroke has begun.
const asker = (told, say, { answerTo }, { pictureOf, thumbnail }) => {
  let newest = 0;
  const ask = async (shown, points) => {
    newest += 1;
    const [number, loads] = [newest, window.cnnvizFigures.head.loads];
    const waiting = setTimeout(() => number === newest && say(told.words.waits), SOON_MS);
    try {
      const answer = await answerTo(told.truth.address, points, loads, shown.ink);
      const { probabilities } = shown.result;
      if (answer.probabilities.some((share, i) => !(Math.abs(share - probabilities[i]) <= ALIKE))) {
        throw new Error("The server's numbers differ.");
      }
      if (window.cnnvizFigures.head.loads !== loads) return;
      window.cnnvizAddress?.({ ...answer, picture: thumbnail(told, shown) });
      if (number !== newest) return;
      const items = answer.items.map((item) => (item.sheet ? told.truth.sheets[item.sheet] : item));
      window.cnnvizFigures.answer(items, (item) => (item.kind === "sheet" ? pictureOf(told, shown, item) : [{}, []]));
    } finally {
      clearTimeout(waiting);
      if (number === newest) say("");
    }
  };
  return {
    forget: () => (newest += 1),
    ask: (shown, points) =>
      ask(shown, points).catch((error) => {
        console.warn(error);
        sendByStreamlit(error);
      }),
  };
};

// Calls `show` once for each picture of the screen, while a pen is down and once more when it has been lifted.
const watch = (frame, { begun, show, drawn }, stroke, signal) => {
  let [canvases, down, waiting] = [[], false, 0];
  const due = (then) => {
    waiting ||= requestAnimationFrame(() => {
      waiting = 0;
      if (!signal.aborted) then(canvases);
    });
  };
  const begin = (event) => {
    const path = event.composedPath();
    if (!(path[0] instanceof HTMLCanvasElement) || !path.some((node) => node.matches?.(frame))) return;
    canvases = [...path[0].getRootNode().querySelectorAll("canvas")]; // what lies below comes first
    down = true;
    stroke.begin(path[0], event);
    begun();
    due(show);
  };
  const move = (event) => {
    if (!down) return;
    stroke.add(event);
    due(show);
  };
  // The drawing component takes the stroke off the upper canvas at once, and draws the lower one with the next picture.
  const end = () => {
    if (!down) return;
    down = false;
    cancelAnimationFrame(waiting);
    waiting = 0;
    const points = stroke.take();
    setTimeout(() => due((now) => drawn(now, points)), 0);
  };
  const on = (names, act) => {
    for (const name of names) document.addEventListener(name, act, { capture: true, passive: true, signal });
  };
  on(["mousedown", "touchstart"], begin);
  on(["mousemove", "touchmove"], move);
  on(["mouseup", "touchend", "touchcancel"], end);
  // The answer to the stroke before has just been shown: what is under the pen now takes its place in the same picture.
  window.addEventListener("cnnviz-figures", () => down && due(show), { signal });
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
  const [{ load }, prepare, shown, strokes] = await Promise.all(
    ["weights.js", "prepare.js", "shown.js", "strokes.js"].map((name) => import(new URL(name, scripts))));
  const network = await networkOf(told.network, load);
  if (signal.aborted) return;
  const paint = painter(told, network, prepare, shown);
  const say = (text) => sentence(parentElement, text);
  const server = told.truth && strokes.canSend() ? asker(told, say, strokes, shown) : null;
  const show = (canvases) => {
    const picture = paint(canvases);
    say(picture.why ?? "");
    return picture;
  };
  const drawn = (canvases, points) => {
    const picture = show(canvases);
    if (!server) return;
    if (picture.result) server.ask(picture, points);
    else sendByStreamlit();
  };
  watch(told.frame, { begun: () => server?.forget(), show, drawn }, strokes.recorder(), signal);
  if (server) window.cnnvizSendsStrokes = signal; // until it is aborted: pen_up.js
  parentElement.querySelector(".why-not").dataset.ready = "";
};

export default function ({ data, parentElement }) {
  const stop = () => {
    parentElement.watching?.abort();
    delete parentElement.known;
  };
  const known = JSON.stringify(data);
  if (parentElement.known === known) return stop; // called again after every run of the page
  parentElement.known = known;
  parentElement.watching?.abort();
  sentence(parentElement, data.why_not ?? "");
  if (data.why_not) return stop;
  parentElement.watching = new AbortController();
  start(data, parentElement, parentElement.watching.signal).catch((error) => {
    console.error(error);
    const reason = data.words.failed.replace("{reason}", error.message);
    sentence(parentElement, reason);
  });
  return stop;
}
