// From ink on a canvas to the 28×28 that the network sees, with the steps and the rounding of
// cnnviz/drawing/preparation.py: Pillow's bicubic scaling of float32 images, and Python's `round`.
//
// A pure module: no page, so it also runs in a worker.  An image is { values: Float32Array, height, width }, row by row,
// in [0, 1], 1 = full ink.
const BOX_PX = 20;
const IMAGE_PX = 28;
const INK_THRESHOLD = Math.fround(0.2);
const FINEST = 4096; // parts of a pixel

/**
 * Prepare the ink of one digit.
 *
 * pixels: Uint8Array or Uint8ClampedArray, of one byte each, 255 = full ink, or of four, as a canvas gives them, white
 *   ink on black; or Float32Array in [0, 1], 1 = full ink.
 * width, height: of the picture.
 * without: the steps that are left out, any of "ink", "crop", "box" and "centre", in an array or a set.
 *
 * Gives a Float32Array(784) in [0, 1], or null when there is no ink.
 */
export function prepare(pixels, width, height, without = []) {
  return preparation(pixels, width, height, without)?.centred.values ?? null;
}

/** The same with every step: { drawn, cropped, boxed, centred }, images; or null when there is no ink. */
export function preparation(pixels, width, height, without = []) {
  const left_out = new Set(without);
  const drawn = { values: inkOf(pixels, width * height), height, width };
  const inked = crop(drawn);
  if (!inked) return null;
  let cropped = inked;
  if (left_out.has("ink") || left_out.has("crop")) {
    const whole = left_out.has("ink") ? { ...drawn, values: drawn.values.map((ink) => 1 - ink) } : drawn;
    cropped = left_out.has("crop") ? whole : crop(whole);
    if (!cropped) return null;
  }
  const boxed = left_out.has("box") ? resize(cropped, IMAGE_PX, IMAGE_PX) : fitBox(cropped);
  return { drawn, cropped, boxed, centred: centre(boxed, !left_out.has("centre")) };
}

const inkOf = (pixels, n) => {
  if (pixels instanceof Float32Array && pixels.length === n) return pixels;
  const ink = new Float32Array(n);
  if (pixels.length === n) for (let i = 0; i < n; i++) ink[i] = pixels[i] / 255;
  else if (pixels.length === 4 * n) for (let i = 0; i < n; i++) ink[i] = greyOnBlack(pixels, 4 * i) / 255;
  else throw new Error(`Expected ${n} or ${4 * n} numbers. Received ${pixels.length}.`);
  return ink;
};

// Red, green, blue and opacity as grey on black, in whole numbers, as Pillow has it.
const greyOnBlack = (pixels, at) => {
  const opacity = pixels[at + 3];
  const over = (value) => {
    const sum = value * opacity * 128 + 0x4000;
    return (((sum >> 8) + sum) >> 8) >> 7;
  };
  const [red, green, blue] = [over(pixels[at]), over(pixels[at + 1]), over(pixels[at + 2])];
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
};

// The smallest box that holds all ink of at least INK_THRESHOLD; null when there is none.
const crop = ({ values, height, width }) => {
  let [top, bottom, left, right] = [height, 0, width, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!(values[y * width + x] >= INK_THRESHOLD)) continue;
      if (y < top) top = y;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
      bottom = y + 1;
    }
  }
  if (bottom === 0) return null;
  const cropped = { values: new Float32Array((bottom - top) * (right - left)), height: bottom - top, width: right - left };
  for (let y = top; y < bottom; y++) {
    cropped.values.set(values.subarray(y * width + left, y * width + right), (y - top) * cropped.width);
  }
  return cropped;
};

const fitBox = (image) => {
  const scale = BOX_PX / Math.max(image.height, image.width);
  const side = (length) => Math.max(1, round(length * scale));
  return resize(image, side(image.height), side(image.width));
};

// To whole numbers, halves to the even one.
const round = (x) => {
  const low = Math.floor(x);
  return x - low < 0.5 || (x - low === 0.5 && low % 2 === 0) ? low : low + 1;
};

// As Pillow does it: across and down, each only where the size changes; then clipped to [0, 1].
const resize = (image, height, width) => {
  const across = width === image.width ? image : scaleAcross(image, width);
  const scaled = height === across.height ? across : scaleDown(across, height);
  return { ...scaled, values: scaled.values.map((value) => Math.min(Math.max(value, 0), 1)) };
};

const scaleAcross = ({ values: from, height, width }, size) => {
  const values = new Float32Array(height * size);
  windows(width, size).forEach(({ first, shares }, x) => {
    for (let y = 0; y < height; y++) {
      let [sum, i] = [0, y * width + first];
      for (let j = 0; j < shares.length; j++) sum += from[i++] * shares[j];
      values[y * size + x] = sum;
    }
  });
  return { values, height, width: size };
};

const scaleDown = ({ values: from, height, width }, size) => {
  const values = new Float32Array(size * width);
  windows(height, size).forEach(({ first, shares }, y) => {
    for (let x = 0; x < width; x++) {
      let [sum, i] = [0, first * width + x];
      for (let j = 0; j < shares.length; j++, i += width) sum += from[i] * shares[j];
      values[y * width + x] = sum;
    }
  });
  return { values, height: size, width };
};

// For each new pixel along an axis, the first old one that it is made of and the shares of that and the following.
const windows = (from, to) => {
  const scale = from / to;
  const stretched = Math.max(scale, 1);
  const support = 2 * stretched;
  const inverse = 1 / stretched;
  return Array.from({ length: to }, (_, i) => {
    const middle = (i + 0.5) * scale;
    const first = Math.max(Math.trunc(middle - support + 0.5), 0);
    const n = Math.min(Math.trunc(middle + support + 0.5), from) - first;
    const shares = Float64Array.from({ length: n }, (_, j) => bicubic((j + first - middle + 0.5) * inverse));
    const sum = shares.reduce((a, b) => a + b);
    return { first, shares: sum === 0 ? shares : shares.map((share) => share / sum) };
  });
};

const bicubic = (signed) => {
  const x = Math.abs(signed);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
};

// On an empty image, moved by whole pixels, the middle of its mass or of its box as near to the middle as it can be.
const centre = ({ values, height, width }, by_mass) => {
  const [rows, columns] = [new Float64Array(height), new Float64Array(width)];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const mass = by_mass ? values[y * width + x] : 1;
      rows[y] += mass;
      columns[x] += mass;
    }
  }
  const image = new Float32Array(IMAGE_PX * IMAGE_PX);
  const [top, left] = [offset(rows), offset(columns)];
  for (let y = 0; y < height; y++) image.set(values.subarray(y * width, (y + 1) * width), (top + y) * IMAGE_PX + left);
  return { values: image, height: IMAGE_PX, width: IMAGE_PX };
};

// Where ink begins whose mass is distributed like that; the last bits of the sums do not matter: see FINEST_PX there.
const offset = (masses) => {
  const sum = masses.reduce((a, b) => a + b);
  const middle = masses.reduce((total, mass, i) => total + mass * (i + 0.5), 0) / Math.max(sum, 1e-9);
  const shift = round((IMAGE_PX / 2 - middle) * FINEST) / FINEST;
  return Math.min(Math.max(round(shift), 0), IMAGE_PX - masses.length);
};
