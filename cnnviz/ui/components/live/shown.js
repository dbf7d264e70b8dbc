// What the figures of the page Draw show of what was computed in the browser.
//
// `told` is what the page said (live.py); `shown` is { prepared, result, shapes }: the preparation's steps, what the
// network made of the last one, and its layers' shapes.
import { percentage } from "./percentages.js";

const COLOURS = 256;
const GREYS = Uint8Array.from({ length: 3 * COLOURS }, (_, i) => Math.floor(i / 3));

const filled = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// Half goes to the even number, as in NumPy.
const rounded = (x) => {
  const below = Math.floor(x);
  return x - below !== 0.5 ? Math.round(x) : below + (below % 2);
};

const greys = (ink) => Uint8Array.from(ink, (share) => rounded(share * 255));

const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

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
  return { found, crossed, limits: [low, high] };
};

const mapsOf = (told, { result, shapes }, name) => {
  const { found, crossed, limits } = pictures(result.layers.get(name), shapes.get(name));
  const caption = filled(told.captions[name][crossed.length ? 1 : 0], { n: crossed.length });
  const alt = told.truth && { alt: filled(told.truth.alts[name], { top: limits[1].toFixed(1) }) };
  return [{ colours: COLOURS, again: [], crossed, limits, caption, ...alt }, [bytesOf(told.table), ...found]];
};

// Every step of the preparation, as `steps` in pages/draw has them.
const stepsOf = (told, { prepared: { drawn, cropped, boxed, centred } }) => {
  const images = [drawn, cropped, boxed, centred].map(({ values }) => greys(values));
  const inked = told.without.includes("ink") ? images[0].map((grey) => 255 - grey) : images[0];
  const shapes = [drawn, drawn, cropped, boxed, centred].map(({ height, width }) => [height, width]);
  return [{ colours: COLOURS, shapes, again: [], limits: [0, 1] }, [GREYS, images[0], inked, ...images.slice(1)]];
};

/** What is other in a sheet than `item` says, and its arrays in the order in which they are read; null for others. */
export function pictureOf(told, shown, { name }) {
  if (name === "seen") return [{ colours: COLOURS, again: [], limits: [0, 1] }, [GREYS, greys(shown.prepared.centred.values)]];
  if (name === "steps") return stepsOf(told, shown);
  return told.captions[name] ? mapsOf(told, shown, name) : null;
}

/** While the pen is down: a function that gives the same for each item that is shown; null for what is of before. */
export function changesOf(told, shown) {
  const { probabilities } = shown.result;
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
  const values = { first: order[0], second: order[1] };
  const close = probabilities[order[1]] >= told.close;
  const words = [filled(told.words.answer, { digit: close ? filled(told.words.either, values) : order[0] })];
  words.push(filled(told.words.second, values));
  return (item) => {
    if (item.kind === "text") return words.length && item.tag !== "small" ? [{ words: words.shift() }, []] : null;
    if (item.name === "answer") return [{ shares: [...probabilities], words: [...probabilities].map(percentage) }, []];
    return item.name === "steps" ? null : pictureOf(told, shown, item);
  };
}

/** The digit on the button in the head of the page: a PNG in base64. */
export function thumbnail(told, { prepared: { centred } }) {
  const [table, numbers] = [bytesOf(told.table), greys(centred.values)];
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [centred.width, centred.height];
  const image = new ImageData(centred.width, centred.height);
  numbers.forEach((number, i) => image.data.set([...table.subarray(3 * number, 3 * number + 3), 255], 4 * i));
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas.toDataURL("image/png").split(",")[1];
}
