// Pictures in rows as one: for a file, for many small ones that are picked from as one, and enlarged.
//
// Rows and columns of a scene are counted through all its pictures, which then are of one shape.
import { filled } from "./message.js";
import { blank, paint, textOf, valueAt } from "./picture.js";

const TEXT_PX = 15;
const MARK = "#e07b00";

/**
 * Where the pictures lie.
 *
 * options: columns; cell, about how wide and high a picture becomes; gap between two; labels under each, of one or more
 * lines; font, of the labels.
 */
export const layoutOf = (pictures, { columns, cell, gap, labels = [], font = "" }) => {
  const sizes = pictures.map(({ shape: [height, width] }) => {
    const fits = cell / Math.max(height, width);
    const zoom = fits > 1 ? Math.round(fits) : fits;
    return [Math.max(1, Math.round(height * zoom)), Math.max(1, Math.round(width * zoom))];
  });
  const lines = labels.map((label) => label.split("\n"));
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `${TEXT_PX}px ${font}`;
  const words = Math.max(0, ...lines.flat().map((line) => Math.ceil(pen.measureText(line).width)));
  const below = Math.max(0, ...lines.map((each) => each.length)) * (TEXT_PX + 5);
  const down = Math.max(...sizes.map(([height]) => height));
  const across = Math.max(words, ...sizes.map(([, width]) => width));
  const side = Math.max(1, Math.min(columns, pictures.length));
  const box = (i) => {
    const [height, width] = sizes[i];
    const left = (i % side) * (across + gap) + Math.floor((across - width) / 2);
    const top = Math.floor(i / side) * (down + below + gap) + Math.floor((down - height) / 2);
    return { left, top, width, height };
  };
  const rows = Math.ceil(pictures.length / side);
  return { box, side, rows, lines, font, width: side * (across + gap) - gap, height: rows * (down + below + gap) - gap };
};

const cross = (pen, { left, top, width, height }, look) => {
  pen.globalAlpha = 0.6;
  pen.fillStyle = look.paper;
  pen.fillRect(left + 1, top + 1, width - 2, height - 2);
  pen.globalAlpha = 1;
  pen.strokeStyle = look.text;
  pen.beginPath();
  for (const [from, to] of [[left, left + width], [left + width, left]]) {
    pen.moveTo(from, top);
    pen.lineTo(to, top + height);
  }
  pen.stroke();
};

// Frames around [top, left, bottom, right], in pixels of the picture; what lies beyond its edge is not seen.
const frame = (pen, { left, top, width, height }, boxes, [rows, columns], look) => {
  pen.save();
  pen.beginPath();
  pen.rect(left, top, width, height);
  pen.clip();
  for (const [up, before, down, after, kind] of boxes) {
    pen.strokeStyle = kind === "edge" ? look.accent : MARK;
    pen.lineWidth = Math.max(2, width / columns / 14);
    const [x, y] = [left + (before / columns) * width, top + (up / rows) * height];
    const [w, h] = [((after - before) / columns) * width, ((down - up) / rows) * height];
    const half = pen.lineWidth / 2;
    pen.strokeRect(x + half, y + half, w - pen.lineWidth, h - pen.lineWidth);
  }
  pen.restore();
};

// White on dark, black on light; by the luma of the television standard BT.601.
const onto = (colour) => {
  const [red, green, blue] = [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];
  return 0.3 * red + 0.59 * green + 0.11 * blue < 128 ? "#fff" : "#000";
};

// Each number in its square; NaN as paper, and pale what lies behind so many rows and columns.
const write = (pen, picture, colours, { left, top, width, height }, look, [bright, clear] = [Infinity, Infinity]) => {
  const [rows, columns] = picture.shape;
  const side = width / columns;
  const isWhole = picture.values.every((value) => Number.isNaN(value) || Number.isInteger(value));
  pen.font = `${Math.max(10, Math.round(side * (isWhole ? 0.42 : 0.27)))}px ${look.font}`;
  [pen.textAlign, pen.textBaseline, pen.strokeStyle, pen.lineWidth] = ["center", "middle", look.line, 1];
  for (let i = 0; i < rows * columns; i++) {
    const [x, y] = [left + (i % columns) * side, top + Math.floor(i / columns) * side];
    const value = picture.values[i];
    pen.fillStyle = look.paper;
    if (Number.isNaN(value)) pen.fillRect(x, y, side, side);
    pen.strokeRect(x + 0.5, y + 0.5, side - 1, side - 1);
    if (Number.isNaN(value)) continue;
    pen.fillStyle = onto(colours[picture.numbers[i]]);
    pen.fillText(isWhole ? value : value.toFixed(2).replace(/^-0\.00$/, "0.00"), x + side / 2, y + side / 2);
    if (i % columns < clear && Math.floor(i / columns) < bright) continue;
    pen.globalAlpha = 0.7;
    pen.fillStyle = look.paper;
    pen.fillRect(x, y, side, side);
    pen.globalAlpha = 1;
  }
  [pen.textAlign, pen.textBaseline] = ["start", "alphabetic"];
};

const writeLabel = (pen, { left, top, width, height }, lines, layout, look) => {
  pen.font = `${TEXT_PX}px ${layout.font}`;
  pen.fillStyle = look.text;
  pen.textAlign = "center";
  lines.forEach((line, i) => pen.fillText(line, left + width / 2, top + height + (i + 1) * (TEXT_PX + 3)));
};

/** All of a scene on a canvas.  item: crossed, boxes by picture, and written, true to write each number in its square. */
export const draw = (pictures, colours, item, layout, look) => {
  const [canvas, pen] = blank(layout.width, layout.height, look.paper);
  const one = document.createElement("canvas");
  pictures.forEach((picture, i) => {
    const box = layout.box(i);
    paint(one, picture, colours);
    pen.imageSmoothingEnabled = picture.shape[1] > box.width;
    pen.drawImage(one, box.left, box.top, box.width, box.height);
    pen.lineWidth = 1;
    pen.strokeStyle = look.line;
    if (box.width > 6) pen.strokeRect(box.left + 0.5, box.top + 0.5, box.width - 1, box.height - 1);
    if (item.written) write(pen, picture, colours, box, look, item.bright);
    if (item.crossed.includes(i)) cross(pen, box, look);
    frame(pen, box, item.boxes?.[i] ?? [], picture.shape, look);
    if (layout.lines.length) writeLabel(pen, box, layout.lines[i], layout, look);
  });
  return canvas;
};

const signed = (value) => (value === 0 ? "0" : `${value > 0 ? "+" : ""}${Number(value.toPrecision(3))}`);

/** The canvas with a colour bar at its right, labelled with the limits, and with 0 where it lies between them. */
export const withBar = (canvas, colours, [low, high], look) => {
  const text = Math.max(14, Math.min(22, Math.floor(canvas.width / 36)));
  const height = Math.min(canvas.height, Math.max(160, Math.floor(canvas.width / 2)));
  const labels = high > low ? [[high, 0], [low, height]] : [[high, height / 2]];
  if (low < 0 && high > 0) labels.push([0, (height * high) / (high - low)]);
  const [whole, pen] = blank(canvas.width + 3 * text + 6 + 4 * text, canvas.height, look.paper);
  const [left, top] = [canvas.width + text, Math.floor((canvas.height - height) / 2)];
  pen.drawImage(canvas, 0, 0);
  for (let y = 0; y < height; y++) {
    const colour = colours[Math.round(high > low ? 255 * (1 - y / Math.max(1, height - 1)) : 128)];
    pen.fillStyle = `rgb(${colour & 255} ${(colour >> 8) & 255} ${(colour >> 16) & 255})`;
    pen.fillRect(left, top + y, text, 1);
  }
  pen.strokeStyle = look.line;
  pen.strokeRect(left + 0.5, top + 0.5, text - 1, height - 1);
  pen.font = `${text}px ${look.font}`;
  pen.fillStyle = look.text;
  for (const [value, y] of labels) {
    pen.textBaseline = y === 0 ? "top" : y === height ? "bottom" : "middle";
    pen.fillText(signed(value), left + text + 6, top + y);
  }
  return whole;
};

/** Which pixel lies at a place of a scene, both from 0 to 1 of its width and height; null between two pictures. */
export const pixelAt = (pictures, layout, across, down) => {
  const [x, y] = [across * layout.width, down * layout.height];
  for (let i = 0; i < pictures.length; i++) {
    const { left, top, width, height } = layout.box(i);
    if (x < left || y < top || x >= left + width || y >= top + height) continue;
    const [rows, columns] = pictures[i].shape;
    return { i, row: Math.floor(((y - top) / height) * rows), column: Math.floor(((x - left) / width) * columns) };
  }
  return null;
};

/** The pixel some rows and columns on, also in the next picture; null beyond the last one. */
export const pixelOn = (pictures, layout, { i, row, column }, down, across) => {
  const [rows, columns] = pictures[0].shape;
  const [r, c] = [Math.floor(i / layout.side) * rows + row + down, (i % layout.side) * columns + column + across];
  if (r < 0 || c < 0 || c >= layout.side * columns) return null;
  const next = Math.floor(r / rows) * layout.side + Math.floor(c / columns);
  return next < pictures.length ? { i: next, row: r % rows, column: c % columns } : null;
};

/** The words for a pixel: its picture's name, its place, and its value where that is known. */
export const sentence = (pictures, item, words, { i, row, column }) => {
  const picture = pictures[i];
  const value = valueAt(picture, row, column);
  const single = picture.shape[0] * picture.shape[1] === 1;
  const kind = value === null ? "place" : single ? "single" : "pixel";
  const values = { name: item.called[i], row, column, value: value === null ? "" : textOf(value, picture) };
  return filled(words[kind], values);
};

/** Lays an element over a pixel; its container is as large as the scene. */
export const place = (element, pictures, layout, { i, row, column }) => {
  const { left, top, width, height } = layout.box(i);
  const [rows, columns] = pictures[i].shape;
  const [w, h] = [width / columns, height / rows];
  const share = (px, whole) => `${(100 * px) / whole}%`;
  element.style.left = share(left + column * w, layout.width);
  element.style.top = share(top + row * h, layout.height);
  element.style.width = share(w, layout.width);
  element.style.height = share(h, layout.height);
};
