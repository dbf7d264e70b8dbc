// What each input channel adds to one pixel of a convolution's map: the sum of patch × kernel, without the bias.  The
// calculation beside the overview (components/slide) has one channel's numbers alone, and asks for the others here.

/** The sums by input channel; null where the overview does not show what the server does, or the layer is not there. */
export function sums(view, block, number, row, column) {
  const { frame, data } = view;
  const at = data.network.layers.findIndex((layer) => layer.kind === "convolution" && layer.name === `conv${block}`);
  if (at < 1 || !frame?.weights || !view.root.isConnected || !view.switches.isTold()) return null;
  const [layer, below] = [data.network.layers[at], data.network.layers[at - 1]];
  const [rows, columns, channels, filters] = layer.kernel;
  const [height, width] = below.shape;
  const before = (from, to, kernel_px) => Math.max((to - 1) * layer.stride + kernel_px - from, 0) >> 1;
  const top = row * layer.stride - before(height, layer.shape[0], rows);
  const left = column * layer.stride - before(width, layer.shape[1], columns);
  const [inputs, found] = [frame.layers.get(below.name), new Float64Array(channels)];
  if (view.switches.off[layer.name]?.includes(number)) return found;
  for (let y = Math.max(0, top); y < Math.min(height, top + rows); y++) {
    for (let x = Math.max(0, left); x < Math.min(width, left + columns); x++) {
      const [pixel, tap] = [(y * width + x) * channels, ((y - top) * columns + x - left) * channels];
      for (let channel = 0; channel < channels; channel++) {
        found[channel] += inputs[pixel + channel] * frame.weights[layer.at + (tap + channel) * filters + number];
      }
    }
  }
  return found;
}
