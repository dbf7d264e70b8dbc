// Many pictures as one: they can be pointed at, and where `picks` says so one of them is picked, by a click or by arrows.
import { make } from "./message.js";
import { lookOf } from "./picture.js";
import { draw, layoutOf, pixelAt, pixelOn, place, withBar } from "./scene.js";

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const WAIT_MS = 100; // after an arrow key, until the server is told

const whole = (picture, i) => ({ i, row: 0, column: 0, height: picture.shape[0], width: picture.shape[1] });

const under = (figure, event) => {
  const box = figure.content.firstChild.getBoundingClientRect();
  return pixelAt(figure.pictures, figure.layout, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
};

const point = (figure, found) => {
  figure.point(found);
  figure.at.hidden = !found;
  if (found) place(figure.at, figure.pictures, figure.layout, found);
};

const frame = (figure) => {
  const { content, item } = figure;
  const box = figure.layout.box(figure.picked);
  const framed = content.querySelector(".frame");
  const share = (px, all) => `${(100 * px) / all}%`;
  framed.style.left = share(box.left, figure.layout.width);
  framed.style.top = share(box.top, figure.layout.height);
  framed.style.width = share(box.width, figure.layout.width);
  framed.style.height = share(box.height, figure.layout.height);
  content.setAttribute("aria-valuenow", figure.picked);
  content.setAttribute("aria-valuetext", item.called[figure.picked]);
};

const pick = (figure, i, wait) => {
  figure.picked = i;
  figure.isMoved = true;
  frame(figure);
  clearTimeout(figure.timer);
  figure.timer = setTimeout(() => figure.pick(i), wait);
};

const key = (figure, event) => {
  const step = STEPS[event.key];
  if (event.key === "+") figure.enlarge(figure.pointed?.i ?? figure.picked ?? 0);
  else if (step && figure.item.picks && !event.shiftKey) {
    const { i } = pixelOn(figure.pictures.map(() => ({ shape: [1, 1] })), figure.layout, whole({ shape: [1, 1] }, figure.picked), ...step) ?? {};
    if (i !== undefined) pick(figure, i, WAIT_MS);
    if (i !== undefined) point(figure, { i, row: 0, column: 0 });
  } else if (step) {
    const last = figure.pointed;
    const next = last ? pixelOn(figure.pictures, figure.layout, last, ...step) ?? last : { i: figure.picked ?? 0, row: 0, column: 0 };
    point(figure, next);
  } else if (event.key === "Enter" || event.key === " ") {
    if (figure.item.picks) pick(figure, figure.picked, 0);
    else figure.enlarge(0);
  } else return;
  event.preventDefault();
};

export const build = (figure, item) => {
  const one = make("div", "one");
  figure.content = one;
  one.append(make("canvas", ""), figure.at);
  one.tabIndex = 0;
  one.onkeydown = (event) => key(figure, event);
  one.onpointermove = one.onpointerdown = (event) => point(figure, under(figure, event));
  one.onpointerleave = one.onblur = () => point(figure, null);
  one.setAttribute("role", item.picks ? "slider" : "img");
  if (item.picks) one.append(make("div", "frame"));
  one.onclick = (event) => {
    if (!item.picks) return figure.enlarge(0);
    const found = under(figure, event);
    if (found) pick(figure, found.i, 0);
  };
  return one;
};

export const fill = (figure, item) => {
  const { content, pictures, colours } = figure;
  const look = lookOf(content);
  content.classList.toggle("written", Boolean(item.written));
  figure.layout = layoutOf(pictures, { columns: item.columns, cell: item.cell, gap: item.gap });
  let canvas = draw(pictures, colours, item, figure.layout, look);
  const bare = canvas.width;
  if (item.bar) canvas = withBar(canvas, colours, item.limits, look);
  // What lies beside the pictures is part of the scene: shares are of all of it.
  figure.layout = { ...figure.layout, width: canvas.width };
  content.style.maxWidth = `${Math.min(item.widest * (canvas.width / bare), canvas.width) / 16}rem`;
  const shown = content.firstChild;
  [shown.width, shown.height] = [canvas.width, canvas.height];
  shown.getContext("2d").drawImage(canvas, 0, 0);
  if (!item.picks) return;
  content.setAttribute("aria-valuemin", 0);
  content.setAttribute("aria-valuemax", pictures.length - 1);
  if (!figure.isMoved || figure.picked >= pictures.length) figure.picked = item.marked[0] ?? 0;
  frame(figure);
};
