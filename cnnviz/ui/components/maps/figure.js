// Pictures with their caption: what is pointed at takes its place as long as it is pointed at, so that nothing moves.
import * as large from "./large.js";
import { attribute, colourTable, floats, halves, make, put } from "./message.js";
import * as one from "./one.js";
import { lookOf, ofNumbers, ofValues } from "./picture.js";
import { draw, layoutOf, sentence, withBar } from "./scene.js";
import * as sheet from "./sheet.js";

const FILE_GAP_PX = 8;
const kinds = { sheet, one };

/** A figure around something, with its caption and the link to its file, which `file` draws. */
export const framed = (content, file) => {
  const figure = make("figure", "");
  const caption = make("figcaption", "");
  const link = make("a", "download");
  const told = make("div", "told");
  const line = make("span", "line");
  line.setAttribute("aria-live", "polite");
  told.append(make("span", "caption"), line);
  link.href = "data:,";
  link.onclick = () => (link.href = file(figure).toDataURL("image/png")); // before the browser follows it
  caption.append(told, link);
  figure.append(content, caption);
  return Object.assign(figure, { content, line });
};

/** What every figure says: its caption, its description, the words of its link. */
export const tell = (figure, item, words) => {
  Object.assign(figure, { item, words });
  attribute(figure.content, "aria-label", item.alt);
  put(figure.querySelector(".caption"), "textContent", item.caption);
  const link = figure.querySelector(".download");
  put(link, "download", `${item.name}.png`);
  put(link, "textContent", words.download);
  attribute(link, "aria-label", item.downloadOf);
};

const file = (figure) => {
  const { item, pictures, colours } = figure;
  const look = lookOf(figure);
  const isOne = item.kind === "one";
  const options = { columns: item.columns, cell: item.file, gap: isOne ? item.gap : FILE_GAP_PX, font: look.font };
  const layout = layoutOf(pictures, isOne ? options : { ...options, labels: item.labels });
  const canvas = draw(pictures, colours, item, layout, look);
  return item.bar ? withBar(canvas, colours, item.limits, look) : canvas;
};

/** An empty figure of pictures.  act: open(i), where a click opens; pick(i), where one is picked. */
export const build = (item, act) => {
  const figure = framed(make("div", ""), file);
  const empty = figure.content;
  figure.at = make("i", "at");
  figure.at.hidden = true;
  figure.point = (found) => {
    figure.pointed = found;
    figure.last = found?.i ?? figure.last;
    figure.classList.toggle("pointing", found !== null);
    const words = found ? sentence(figure.pictures, figure.item, figure.words, found) : "";
    if (figure.line.textContent !== words) figure.line.textContent = words;
  };
  figure.enlarge = (i) => large.enlarge(figure, i);
  figure.open = (i) => {
    if (!figure.item.opens) return figure.enlarge(i);
    sheet.mark(figure, i);
    act.open(i, figure);
  };
  figure.pick = (i) => act.pick(i);
  empty.replaceWith(kinds[item.kind].build(figure, item));
  const button = make("button", "enlarge");
  button.type = "button";
  button.innerHTML = '<svg viewBox="0 0 24 24"><path d="M9 4H4v5M15 4h5v5M9 20H4v-5M15 20h5v-5" /></svg>';
  button.onclick = () => figure.enlarge(figure.last ?? figure.item.marked[0] ?? 0);
  figure.querySelector(".download").before(button);
  return figure;
};

// The pictures as they come: values of 32 bits where they are written, of 16 where there is a scale for them, else
// numbers of colours; one that is an earlier one once more does not come again.
const pictures = (item, read) => {
  const again = new Map(item.again);
  const found = [];
  item.shapes.forEach((shape, i) => {
    const limits = Array.isArray(item.limits?.[0]) ? item.limits[i] : item.limits;
    const n = shape[0] * shape[1];
    if (again.has(i)) found.push(found[again.get(i)]);
    else if (item.written) found.push(ofValues(floats(read(4 * n)), shape, limits));
    else if (item.scale) found.push(ofValues(halves(read(2 * n), item.scale), shape, limits));
    else found.push(ofNumbers(read(n), shape, limits));
  });
  return found;
};

// An item with what each picture is called, what its button is called, and what stands under it.
const named = (item, words) => {
  const numbers = item.shapes.map((_, i) => String(i));
  const called = item.called ?? (numbers.length > 1 ? numbers.map((i) => `${item.item} ${i}`) : [item.item]);
  const names = item.names ?? (item.opens ? called : called.map((name) => `${words.enlarge}: ${name}`));
  return { ...item, called, names, labels: item.labels ?? (item.opens ? numbers : []) };
};

/** Shows an item's pictures, which are read in their order behind their colours. */
export const fill = (figure, given, read, words) => {
  const item = named(given, words);
  figure.colours = colourTable(read(3 * item.colours));
  figure.pictures = pictures(item, read);
  tell(figure, item, words);
  const button = figure.querySelector(".enlarge");
  put(button, "hidden", !item.opens && !item.picks); // else a click on a picture does it
  put(button, "title", words.enlarge);
  attribute(button, "aria-label", words.enlarge);
  kinds[item.kind].fill(figure, item);
  large.again(figure);
};

/** What of an item its elements are built for; while it is the same they are filled anew, and keep the focus. */
export const form = ({ kind, shapes, picks }) => [kind, shapes?.length, picks];
