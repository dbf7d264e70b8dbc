// A picture, or many as one, as large as the screen allows.  Arrows go from pixel to pixel, Page Up and Page Down from
// picture to picture; Escape closes.
import { make } from "./message.js";
import { lookOf } from "./picture.js";
import { draw, layoutOf, pixelAt, pixelOn, place, sentence } from "./scene.js";

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const CELL_PX = 560;

// What of a figure is enlarged: all of it, or one picture.
const partOf = ({ item, pictures }, i) => {
  if (item.kind === "one") return { pictures, item, columns: item.columns, cell: CELL_PX / Math.min(item.columns, pictures.length) };
  const at = (list) => (list?.[i] === undefined ? [] : [list[i]]);
  const part = { called: at(item.called), boxes: at(item.boxes), written: item.written, bright: item.bright, crossed: item.crossed.includes(i) ? [0] : [] };
  return { pictures: [pictures[i]], item: part, columns: 1, cell: CELL_PX };
};

const show = (figure, i) => {
  const { dialog, words } = figure;
  const part = partOf(figure, i);
  const layout = layoutOf(part.pictures, { columns: part.columns, cell: part.cell, gap: part.pictures.length > 1 ? 2 : 0 });
  const canvas = draw(part.pictures, figure.colours, part.item, layout, lookOf(figure));
  const stage = dialog.querySelector(".stage");
  stage.firstChild.replaceWith(canvas);
  stage.style.setProperty("--ratio", canvas.width / canvas.height);
  const alone = figure.item.kind !== "one" && figure.pictures.length > 1;
  dialog.querySelectorAll(".turn").forEach((button) => (button.hidden = !alone));
  dialog.querySelector(".name").textContent = figure.item.kind === "one" ? "" : figure.item.called[i];
  Object.assign(figure.large, { i, part, layout });
  say(figure, figure.large.pixel, words);
};

const say = (figure, pixel) => {
  const { large, dialog, words } = figure;
  const { shape } = large.part.pictures[0];
  const fits = pixel && pixel.i < large.part.pictures.length && pixel.row < shape[0] && pixel.column < shape[1];
  large.pixel = fits ? pixel : null;
  const mark = dialog.querySelector(".at");
  mark.hidden = !fits;
  if (fits) place(mark, large.part.pictures, large.layout, pixel);
  dialog.querySelector(".line").textContent = fits ? sentence(large.part.pictures, large.part.item, words, pixel) : words.how;
};

const turn = (figure, by) => {
  const n = figure.pictures.length;
  show(figure, (figure.large.i + by + n) % n);
};

const key = (figure, event) => {
  event.stopPropagation(); // the page below has keys of its own
  const { large } = figure;
  const page = { PageUp: -1, PageDown: 1 }[event.key];
  if (page && figure.item.kind !== "one") turn(figure, page);
  else if (event.key in STEPS) {
    const next = large.pixel && pixelOn(large.part.pictures, large.layout, large.pixel, ...STEPS[event.key]);
    say(figure, next ?? large.pixel ?? { i: 0, row: 0, column: 0 });
  } else return;
  event.preventDefault();
};

const build = (figure) => {
  const { words } = figure;
  const dialog = make("dialog", "large");
  const head = make("div", "head");
  const button = (text, name, act) => {
    const made = make("button", name, text);
    made.type = "button";
    made.onclick = act;
    return made;
  };
  const turns = [button("‹", "turn", () => turn(figure, -1)), button("›", "turn", () => turn(figure, 1))];
  turns.forEach((each, i) => each.setAttribute("aria-label", [words.previous, words.next][i]));
  head.append(make("strong", "name"), ...turns, button(words.close, "close", () => dialog.close()));
  const stage = make("div", "stage");
  stage.tabIndex = 0;
  stage.setAttribute("role", "application");
  stage.append(make("canvas", ""), make("i", "at"));
  const line = make("p", "line");
  line.setAttribute("aria-live", "polite");
  dialog.append(head, stage, line);
  dialog.onkeydown = (event) => key(figure, event);
  stage.onpointermove = stage.onpointerdown = (event) => {
    const box = stage.firstChild.getBoundingClientRect();
    const { part, layout } = figure.large;
    say(figure, pixelAt(part.pictures, layout, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height));
  };
  dialog.onclick = (event) => event.target === dialog && dialog.close(); // beside it
  figure.append(dialog);
  return dialog;
};

export const enlarge = (figure, i) => {
  figure.dialog ??= build(figure);
  figure.large = { pixel: null };
  show(figure, i);
  figure.dialog.querySelector(".stage").setAttribute("aria-label", figure.item.alt);
  figure.dialog.showModal();
  figure.dialog.querySelector(".stage").focus();
};

/** Draws what is enlarged once more, when it has changed. */
export const again = (figure) => {
  if (figure.dialog?.open) show(figure, Math.min(figure.large.i, figure.pictures.length - 1));
};
