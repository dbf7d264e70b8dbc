// Small pictures side by side, each a button with its number: a click or Enter opens it, arrows go from one to the next,
// Shift with an arrow from pixel to pixel.
import { attribute, make, put } from "./message.js";
import { paint } from "./picture.js";
import { layoutOf, pixelAt, pixelOn, place } from "./scene.js";

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

// A picture by itself, as a scene.
const alone = (picture) => layoutOf([picture], { columns: 1, cell: Math.max(...picture.shape), gap: 0 });

const walk = (figure, event) => {
  const cells = [...figure.content.children];
  const at = cells.indexOf(event.target);
  if (at < 0) return;
  const step = STEPS[event.key];
  if (event.key === "+") figure.enlarge(at);
  else if (step && event.shiftKey) pixel(figure, at, step);
  else {
    const side = cells.filter((cell) => cell.offsetTop === cells[0].offsetTop).length;
    const to = { Home: 0, End: cells.length - 1 }[event.key] ?? (step ? at + step[0] * side + step[1] : NaN);
    if (Number.isNaN(to)) return;
    if (cells[to]) go(cells, at, to);
  }
  event.preventDefault();
};

const go = (cells, at, to) => {
  cells[at].tabIndex = -1;
  cells[to].tabIndex = 0;
  cells[to].focus();
};

const pixel = (figure, at, [down, across]) => {
  const picture = figure.pictures[at];
  const last = figure.pointed?.i === at ? { ...figure.pointed, i: 0 } : null;
  const next = last ? pixelOn([picture], alone(picture), last, down, across) ?? last : { i: 0, row: 0, column: 0 };
  point(figure, { ...next, i: at });
};

const point = (figure, found) => {
  figure.point(found);
  figure.at.hidden = !found;
  if (!found) return;
  const picture = figure.pictures[found.i];
  figure.content.children[found.i].firstChild.append(figure.at);
  place(figure.at, [picture], alone(picture), { ...found, i: 0 });
};

const under = (figure, event) => {
  const cells = [...figure.content.children];
  const i = cells.findIndex((cell) => event.composedPath().includes(cell.firstChild));
  if (i < 0) return null;
  const box = cells[i].querySelector("canvas").getBoundingClientRect();
  const picture = figure.pictures[i];
  const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  const found = pixelAt([picture], alone(picture), x, y);
  return found && { ...found, i };
};

export const build = (figure, item) => {
  const sheet = make("div", "sheet");
  sheet.append(...item.shapes.map((_, i) => {
    const cell = make("button", "cell");
    const picture = make("span", "picture");
    picture.append(make("canvas", ""));
    cell.append(picture, make("span", "label"));
    Object.assign(cell, { canvas: picture.firstChild, label: cell.lastChild, boxes: [] });
    cell.type = "button";
    cell.tabIndex = i ? -1 : 0;
    cell.onclick = () => figure.open(i);
    return cell;
  }));
  figure.content = sheet;
  sheet.onkeydown = (event) => walk(figure, event);
  sheet.onpointermove = sheet.onpointerdown = (event) => point(figure, under(figure, event));
  sheet.onpointerleave = () => point(figure, null);
  sheet.onfocusout = () => point(figure, null);
  sheet.setAttribute("role", "group");
  return sheet;
};

export const fill = (figure, item) => {
  const sheet = figure.content;
  attribute(sheet, "style", `--columns: ${item.columns}; --widest: ${item.widest / 16}rem;`);
  for (const name of ["grows", "fixed"]) sheet.classList.toggle(name, Boolean(item[name]));
  const marked = item.pressed?.[0];
  const cells = [...sheet.children];
  if (marked !== undefined && !cells.some((cell) => cell.matches(":focus")))
    cells.forEach((cell, i) => (cell.tabIndex = i === marked ? 0 : -1));
  cells.forEach((cell, i) => {
    const [height, width] = item.shapes[i];
    paint(cell.canvas, figure.pictures[i], figure.colours);
    put(cell, "title", item.names[i]);
    attribute(cell, "aria-label", item.names[i]);
    if (item.pressed) cell.setAttribute("aria-pressed", item.pressed.includes(i));
    cell.classList.toggle("crossed", item.crossed.includes(i));
    cell.classList.toggle("marked", item.marked.includes(i));
    cell.classList.toggle("fine", width > item.widest);
    put(cell.label, "textContent", String(item.labels[i] ?? ""));
    cell.boxes.splice(0).forEach((box) => box.remove());
    for (const [top, left, bottom, right] of item.boxes?.[i] ?? []) {
      const box = cell.firstChild.appendChild(make("i", "box"));
      cell.boxes.push(box);
      const shares = { left: left / width, top: top / height, width: (right - left) / width, height: (bottom - top) / height };
      for (const [name, share] of Object.entries(shares)) box.style[name] = `${100 * share}%`;
    }
  });
};

/** Shows at once that a picture was opened, before the server says so. */
export const mark = (figure, i) => {
  if (figure.item.marks) [...figure.content.children].forEach((cell, j) => {
    cell.classList.toggle("marked", i === j);
    cell.setAttribute("aria-pressed", i === j);
  });
};
