// What the server sends: the length of a JSON text in four bytes, the text, and arrays behind it.

/** What was packed with zlib. */
export const inflated = async (data) => {
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
};

/** The JSON, and a function that reads the next n bytes behind it. */
export const unpacked = (data) => {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
  let at = 4 + new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, at)));
  return [head, (n) => bytes.subarray(at, (at += n))];
};

// A number of 16 bits, as in IEEE 754.
const half = (bits) => {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction);
};

/** Numbers of 16 bits times a scale: first the lower bytes of all, then the higher ones. */
export const halves = (bytes, scale) => {
  const n = bytes.length / 2;
  return Float64Array.from({ length: n }, (_, i) => half(bytes[i] | (bytes[n + i] << 8)) * scale);
};

/** Numbers of 32 bits. */
export const floats = (bytes) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Float64Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
};

/** Red, green and blue of each colour as one number, as it lies in a canvas: red first. */
export const colourTable = (table) =>
  Uint32Array.from({ length: table.length / 3 }, (_, i) =>
    (255 << 24) | (table[3 * i + 2] << 16) | (table[3 * i + 1] << 8) | table[3 * i]);

/** A sentence with its {placeholders} filled. */
export const filled = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// While one draws all that is shown is told anew for each picture of the screen: what is set anew is laid out anew.

/** Sets a property where it has another value. */
export const put = (element, name, value) => {
  if (element[name] !== value) element[name] = value;
};

/** Sets an attribute where it has another value. */
export const attribute = (element, name, value) => {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
};

export const make = (tag, className, text = "") => {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
};
