// A picture: shape [height, width]; numbers, of colours; limits, [low, high], of which they are numbers, or null where
// that is not known; values, where they came exactly, else null.
const NAN = 256; // the colour behind the 256 of a palette

const COLOURS = 255;

// Which colour each value gets, as palettes.palette_numbers.  Quarters: the difference of the largest floats is none.
const numbersOf = (values, [low, high]) => {
  const span = high / 4 - low / 4;
  const share = (value) => (span > 0 ? (value / 4 - low / 4) / span : 0.5);
  return Uint16Array.from(values, (value) =>
    Number.isNaN(value) ? NAN : Math.round(Math.min(1, Math.max(0, share(value))) * COLOURS));
};

export const ofValues = (values, shape, limits) => ({ shape, values, limits, numbers: numbersOf(values, limits) });

export const ofNumbers = (numbers, shape, limits) => ({ shape, numbers, limits: limits ?? null, values: null });

/** The value of the pixel; null where only its colour is known. */
export const valueAt = ({ shape, values, numbers, limits }, row, column) => {
  const at = row * shape[1] + column;
  if (values) return values[at];
  return limits && limits[0] + (numbers[at] / COLOURS) * (limits[1] - limits[0]);
};

/** Three digits of a number that came exactly; of others as many as are certain. */
export const textOf = (value, picture) => {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value < 0 ? "-∞" : "∞";
  if (picture.values) return String(Number(value.toPrecision(3)));
  const step = (picture.limits[1] - picture.limits[0]) / COLOURS;
  return value.toFixed(step > 0 ? Math.min(20, Math.max(0, Math.floor(-Math.log10(step)))) : 2);
};

export const paint = (canvas, { numbers, shape: [height, width] }, colours) => {
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < numbers.length; i++) pixels[i] = colours[numbers[i]];
  canvas.getContext("2d").putImageData(image, 0, 0);
};

/** The colours around pictures, as the page has them. */
export const lookOf = (element) => {
  const found = getComputedStyle(element);
  const of = (name) => found.getPropertyValue(name).trim();
  return { paper: of("--st-background-color"), text: of("--st-text-color"), line: of("--st-border-color"),
    accent: of("--st-primary-color"), font: found.fontFamily };
};

export const blank = (width, height, paper) => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const pen = canvas.getContext("2d");
  pen.fillStyle = paper;
  pen.fillRect(0, 0, width, height);
  return [canvas, pen];
};
