import { percentage } from "./percentages.js"; // of components/live, as all that is not in this folder

// Numbers to colours: those with a sign in a palette around 0, all others from black to white, each layer on one scale.
const packed = (red, green, blue) => (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;

const extent = (values) => {
  let [low, high] = [0, 0];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
};

/** What paints a whole frame, and what gives the colour of a line; `table`: the 256 colours of the palette, bytes. */
export function painter(table) {
  const grey = Uint32Array.from({ length: 256 }, (_, i) => packed(i, i, i));
  const signed = Uint32Array.from({ length: 256 }, (_, i) => packed(...table.subarray(3 * i, 3 * i + 3)));
  // The colours of a layer, and what makes a number of one of a value.
  const scale = (values) => {
    const [low, high] = extent(values);
    const most = Math.max(-low, high);
    if (low < 0) return [signed, (value) => (value / most / 2 + 0.5) * 255 + 0.5];
    return [grey, high > 0 ? (value) => (value / high) * 255 + 0.5 : () => 128];
  };
  const paint = (scene, image, frame, words) => {
    fillPicture(scene.digit, image, grey, (ink) => ink * 255 + 0.5);
    for (const group of scene.groups) {
      const values = frame.layers.get(group.layer);
      paintMaps(group, values, ...scale(values));
    }
    for (const strip of scene.strips) {
      const values = frame.layers.get(strip.layer);
      fillPicture(strip, values, ...scale(values));
    }
    paintOutputs(scene, frame.probabilities, grey, words);
  };
  // Of a number in [-1, 1]; without the darkest colours, which lines on a dark page would vanish with.
  const colour = (share) => {
    const at = 3 * Math.round(127.5 * (1 + share / 2));
    return `rgb(${table.subarray(at, at + 3).join(" ")})`;
  };
  return { paint, colour };
}

const fillPicture = ({ pen, image, pixels }, values, colours, number) => {
  for (let i = 0; i < values.length; i++) pixels[i] = colours[number(values[i]) | 0];
  pen.putImageData(image, 0, 0);
};

const paintMaps = (group, values, colours, number) => {
  const n = group.maps.length;
  group.maps.forEach(({ pen, image, pixels, button }, channel) => {
    let dead = true;
    for (let i = 0, at = channel; i < pixels.length; i++, at += n) {
      if (values[at] !== 0) dead = false;
      pixels[i] = colours[number(values[at]) | 0];
    }
    pen.putImageData(image, 0, 0);
    if (button.classList.contains("crossed") !== dead) button.classList.toggle("crossed", dead);
  });
};

const paintOutputs = (scene, shares, grey, words) => {
  const order = [...shares.keys()].sort((a, b) => shares[b] - shares[a] || a - b);
  scene.outputs.forEach((output, digit) => {
    fillPicture(output, [shares[digit]], grey, (share) => share * 255 + 0.5);
    output.cell.classList.toggle("likeliest", digit === order[0]);
  });
  const said = words.answer.replace("{first}", order[0]).replace("{second}", order[1]);
  if (scene.answer.textContent !== said) scene.answer.textContent = said;
  const each = [...shares].map((share, digit) => `${digit}: ${percentage(share)}`).join(", ");
  scene.outputsRow.setAttribute("aria-label", words.shares.replace("{shares}", each));
};
