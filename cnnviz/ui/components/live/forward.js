// The forward pass of a network, dropout off, as TensorFlow computes it (cnnviz/network/forward.py).
//
// A pure module: no page, no network, so it also runs in a worker.  Every layer has one buffer, made by `build` and
// written anew by each `run`.  Sums are taken in float64 and stored as float32.  Weights that are multiplied by zero,
// which after a ReLU or on paper are most of them, are passed over.

const LANES = 8; // output channels that one pass over the inputs computes
const LARGEST = 3.4028234663852886e38; // of float32
const ACTIVATIONS = {
  relu: (x) => (x > 0 ? x : 0),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
};

/**
 * Make a network of its layers and weights.
 *
 * config: what cnnviz/network/description.py gives: { layers: [{ name, kind, shape, kernel, stride, operation, at }],
 *   n_weights }; `at` is where a layer's kernel begins in `weights`, its bias follows.
 * weights: Float32Array; dense layers read from it, so it must stay as it is.
 *
 * Gives { shapes: Map of name -> shape, run }.  run(image, off), image a Float32Array(784) in [0, 1], gives
 * { layers: Map of name -> Float32Array, height × width × channels; probabilities: Float32Array(10); finite }.  It is
 * the same object with the same arrays after every run.  `finite` is false where a value is no number, or where a sum
 * may have left float32's range on its way: then nothing of it is to be shown.  `off`: the filters, or neurons, that are
 * switched off, { name of a layer: their numbers }: what leaves them is 0 before the activation, as with kernels and
 * biases of 0 (without_filters in cnnviz/analysis/weight_editing.py).
 *
 * Throws an Error when there are not as many weights as the layers have.
 */
export function build(config, weights) {
  if (weights.length !== config.n_weights) {
    throw new Error(`Expected ${config.n_weights} weights. Received ${weights.length}.`);
  }
  const steps = [];
  const layers = new Map();
  let before = null;
  for (const layer of config.layers) {
    const make = layer.kind === "input" ? input : KINDS[layer.kind];
    if (!make) throw new Error(`Expected a kind of layer that is known. Received ${layer.kind}.`);
    const made = make(layer, before, weights);
    if (made.run) steps.push(made.run);
    layers.set(layer.name, made.values);
    before = { values: made.values, shape: layer.shape };
  }
  const image = layers.get(config.layers[0].name);
  const result = { layers, probabilities: before.values, finite: true };
  const run = (pixels, off = {}) => {
    image.set(pixels);
    result.finite = true;
    for (const step of steps) if (!step(off)) result.finite = false;
    return result;
  };
  return { shapes: new Map(config.layers.map((layer) => [layer.name, layer.shape])), run };
}

// What a layer of each kind computes: { values, run }.  `run` gives false where float32 may not hold what it computed;
// a layer without one passes on the values before it.
const KINDS = {
  convolution: (layer, before, weights) => {
    const [kernel_px, , channels, filters] = layer.kernel;
    const n = layer.kernel.reduce((a, b) => a * b);
    const kernel = weights.subarray(layer.at, layer.at + n);
    const bias = weights.subarray(layer.at + n, layer.at + n + filters);
    const lanes = inLanes(kernel, bias, kernel_px * kernel_px * channels, filters);
    const values = empty(layer.shape);
    const inked = nonZero(before, LANES);
    const size = { kernel_px, stride: layer.stride, channels, filters, from: before.shape, to: layer.shape };
    const fits = bound(kernel, bias, kernel_px * kernel_px * channels);
    const run = (off) => {
      const largest = inked.find();
      convolve(values, lanes, inked, size);
      switchOff(values, filters, off[layer.name]);
      return fits(largest);
    };
    return { values, run };
  },
  dense: (layer, before, weights) => {
    const [n, width] = layer.kernel;
    const kernel = weights.subarray(layer.at, layer.at + n * width);
    const bias = weights.subarray(layer.at + n * width, layer.at + n * width + width);
    const values = empty(layer.shape);
    const inked = nonZero({ values: before.values, shape: [1, 1, n] }, width);
    const fits = bound(kernel, bias, n);
    const run = (off) => {
      const largest = inked.find();
      values.set(bias);
      addRows(values, kernel, inked);
      switchOff(values, width, off[layer.name]);
      return fits(largest);
    };
    return { values, run };
  },
  activation: (layer, before) => {
    const [values, from, activation] = [empty(layer.shape), before.values, ACTIVATIONS[layer.operation]];
    const run = () => {
      for (let i = 0; i < values.length; i++) values[i] = activation(from[i]);
      return true;
    };
    return { values, run };
  },
  pooling: (layer, before) => {
    const values = empty(layer.shape);
    const pool = layer.operation === "max" ? poolLargest : poolMean;
    return { values, run: () => pool(values, before.values, layer.shape, before.shape, layer.stride) };
  },
  flatten: (_, before) => ({ values: before.values }),
  dropout: (_, before) => ({ values: before.values }),
  softmax: (layer, before) => {
    const values = empty(layer.shape);
    return { values, run: () => softmax(values, before.values) };
  },
};

const input = (layer) => ({ values: empty(layer.shape) });
const empty = (shape) => new Float32Array(shape.reduce((a, b) => a * b));

// The largest magnitude; NaN where there is one.  A loop: a function for each of a million weights takes too long.
const magnitude = (values) => {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]));
  return most;
};

// A function of the largest input: whether no sum of a layer can leave float32's range, in whichever order it is taken.
// Where an input or a weight is no number or infinite it says no: the bound is then infinite or no number itself.
const bound = (kernel, bias, n) => {
  const [weight, offset] = [n * magnitude(kernel), magnitude(bias)];
  return (input) => weight * input + offset < LARGEST;
};

// The inputs that are not zero, in order: `values`, and in `at` how far each is from the beginning of its row, in
// weights.  `starts` has where each pixel begins in them.  `find` looks for them anew and gives the largest magnitude.
const nonZero = ({ values: from, shape: [height, width, channels] }, step) => {
  const n = from.length;
  const values = new Float32Array(n + 3); // room for `addRows` to fill its last four
  const [at, starts] = [new Int32Array(n + 3), new Int32Array(height * width + 1)];
  const found = { values, at, starts, n: 0 };
  found.find = () => {
    let count = 0, i = 0, largest = 0;
    for (let pixel = 0; pixel < height * width; pixel++) {
      starts[pixel] = count;
      let place = (pixel % width) * channels * step;
      for (let channel = 0; channel < channels; channel++, place += step) {
        const value = from[i++];
        if (value === 0) continue;
        values[count] = value;
        at[count++] = place;
        largest = Math.max(largest, Math.abs(value)); // NaN stays NaN
      }
    }
    starts[height * width] = found.n = count;
    return largest;
  };
  return found;
};

// Kernel and bias, LANES filters together and filled up with zeros: [group][tap][lane], [group][lane].
const inLanes = (kernel, bias, taps, filters) => {
  const groups = Math.ceil(filters / LANES);
  const [weights, offsets] = [new Float32Array(groups * taps * LANES), new Float32Array(groups * LANES)];
  offsets.set(bias);
  for (let filter = 0; filter < filters; filter++) {
    const first = Math.floor(filter / LANES) * taps * LANES + (filter % LANES);
    for (let tap = 0; tap < taps; tap++) weights[first + tap * LANES] = kernel[tap * filters + filter];
  }
  return { weights, offsets, groups };
};

// Pixels of padding before the first one: the outputs reach so much further than the inputs. None without padding.
const padding = (from, to, kernel_px, stride) => Math.max((to - 1) * stride + kernel_px - from, 0) >> 1;

// Inside the innermost loop are the taps of one row of the kernel: they lie side by side in inputs and weights.
const convolve = (values, { weights, offsets, groups }, inked, size) => {
  const { kernel_px, stride, channels, filters, from: [height, width], to: [down, across] } = size;
  const { values: inputs, at, starts } = inked;
  const above = padding(height, down, kernel_px, stride);
  const before = padding(width, across, kernel_px, stride);
  const row = kernel_px * channels * LANES;
  const last = new Float64Array(LANES - 1);
  for (let group = 0; group < groups; group++) {
    const first = group * LANES;
    const n = Math.min(LANES, filters - first);
    const [b0, b1, b2, b3, b4, b5, b6, b7] = offsets.subarray(first, first + LANES);
    for (let i = 0; i < down; i++) {
      const top = i * stride - above;
      const y0 = Math.max(top, 0);
      const y1 = Math.min(top + kernel_px, height);
      for (let j = 0; j < across; j++) {
        const left = j * stride - before;
        const x0 = Math.max(left, 0);
        const x1 = Math.min(left + kernel_px, width);
        let s0 = b0, s1 = b1, s2 = b2, s3 = b3, s4 = b4, s5 = b5, s6 = b6, s7 = b7;
        for (let y = y0; y < y1; y++) {
          const shift = (group * kernel_px + y - top) * row - left * channels * LANES;
          const end = starts[y * width + x1];
          for (let k = starts[y * width + x0]; k < end; k++) {
            const value = inputs[k];
            const w = shift + at[k];
            s0 += value * weights[w];
            s1 += value * weights[w + 1];
            s2 += value * weights[w + 2];
            s3 += value * weights[w + 3];
            s4 += value * weights[w + 4];
            s5 += value * weights[w + 5];
            s6 += value * weights[w + 6];
            s7 += value * weights[w + 7];
          }
        }
        const o = (i * across + j) * filters + first;
        if (n === LANES) {
          values[o] = s0;
          values[o + 1] = s1;
          values[o + 2] = s2;
          values[o + 3] = s3;
          values[o + 4] = s4;
          values[o + 5] = s5;
          values[o + 6] = s6;
          values[o + 7] = s7;
        } else {
          last[0] = s0;
          last[1] = s1;
          last[2] = s2;
          last[3] = s3;
          last[4] = s4;
          last[5] = s5;
          last[6] = s6;
          for (let lane = 0; lane < n; lane++) values[o + lane] = last[lane];
        }
      }
    }
  }
};

// Of n numbers side by side those of some filters become 0 everywhere.
const switchOff = (values, n, filters = []) => {
  for (const filter of filters) for (let i = filter; i < values.length; i += n) values[i] = 0;
};

// Add to `values` each input times its row of the kernel, four rows at a time.
const addRows = (values, kernel, inked) => {
  const { values: inputs, at } = inked;
  const [n, width] = [inked.n, values.length];
  for (let k = n; k < n + 3; k++) inputs[k] = at[k] = 0;
  for (let k = 0; k < n; k += 4) {
    const v0 = inputs[k], v1 = inputs[k + 1], v2 = inputs[k + 2], v3 = inputs[k + 3];
    const w0 = at[k], w1 = at[k + 1], w2 = at[k + 2], w3 = at[k + 3];
    for (let j = 0; j < width; j++) {
      values[j] += v0 * kernel[w0 + j] + v1 * kernel[w1 + j] + v2 * kernel[w2 + j] + v3 * kernel[w3 + j];
    }
  }
};

// Windows of 2×2, next to each other; at an odd edge they hold what is there.
const poolLargest = (values, from, [down, across, channels], [height, width], pool_px) => {
  for (let i = 0; i < down; i++) {
    for (let j = 0; j < across; j++) {
      const right = pool_px * j + 1 < width ? channels : 0;
      const below = pool_px * i + 1 < height ? width * channels : 0;
      let k = (pool_px * i * width + pool_px * j) * channels;
      let o = (i * across + j) * channels;
      for (let channel = 0; channel < channels; channel++, k++) {
        values[o++] = Math.max(from[k], from[k + right], from[k + below], from[k + below + right]);
      }
    }
  }
  return true;
};

const poolMean = (values, from, [down, across, channels], [height, width], pool_px) => {
  let largest = 0;
  for (let i = 0; i < down; i++) {
    for (let j = 0; j < across; j++) {
      const right = pool_px * j + 1 < width ? channels : 0;
      const below = pool_px * i + 1 < height ? width * channels : 0;
      let k = (pool_px * i * width + pool_px * j) * channels;
      let o = (i * across + j) * channels;
      for (let channel = 0; channel < channels; channel++, k++) {
        const a = from[k], b = from[k + right], c = from[k + below], d = from[k + below + right];
        values[o++] = (a + b + c + d) / 4; // at an edge the same ones twice, which is their mean too
        largest = Math.max(largest, Math.abs(a) + Math.abs(b) + Math.abs(c) + Math.abs(d));
      }
    }
  }
  return largest < LARGEST;
};

const softmax = (values, from) => {
  const largest = from.reduce((most, value) => Math.max(most, value), -Infinity);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] = Math.exp(from[i] - largest);
  for (let i = 0; i < values.length; i++) values[i] /= sum;
  return true;
};
