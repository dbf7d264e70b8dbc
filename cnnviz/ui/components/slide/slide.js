// A kernel slides over a map and the map of results fills in: play, pause, step, at a speed that can be set; beside
// them the place on the digit, below them the numbers of the place at which it stands.  They follow the pointer over the
// result, or over the same map in the overview beside it, which tells by events on the window and knows the sums of all
// input channels; components/places tells in the same way, and is told where the kernel stands.  Nothing is asked of the server on the way; a click holds a pixel, and it or a key sends the place.
// Streamlit calls this again after every run of the page: with the same maps everything goes on as it stands.
const LONGEST_MS = 500; // what a tab that was hidden may catch up with
const SHARP = 2; // pixels of a canvas for one of the page, so that numbers are sharp on every screen
const MARK = "#e07b00";
const N_CHANNELS = 5; // whose sums are written one by one
const ACTIVATIONS = {
  relu: (value) => Math.max(0, value), sigmoid: (value) => 1 / (1 + Math.exp(-value)), tanh: Math.tanh,
};
const POOLINGS = {
  max: (values) => Math.max(...values), average: (values) => values.reduce((a, b) => a + b) / values.length,
};

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const filled = (sentence, values) => sentence.replace(/{(\w+)}/g, (whole, name) => values[name] ?? whole);
const shortly = (value) => value.toFixed(2).replace(/^-0\.00$/, "0.00").replace("-", "−");
const exactly = (value) => value.toFixed(4).replace(/^-0\.0000$/, "0.0000").replace("-", "−");
const signed = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(4);

// A square of numbers in coloured cells; null is no number and stays empty.
const drawCells = (canvas, values, look, cell, mark, style) => {
  const n = Math.round(Math.sqrt(values.length));
  canvas.width = canvas.height = n * cell * SHARP;
  canvas.style.width = `${n * cell}px`;
  const pen = canvas.getContext("2d");
  pen.scale(SHARP, SHARP);
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.font = `${Math.max(10, Math.min(style.rem, Math.round(cell * 0.39)))}px ${style.font}`;
  const span = look.high - look.low;
  const written = look.whole && values.every(Number.isInteger) ? (value) => String(value).replace("-", "−") : shortly;
  values.forEach((value, i) => {
    const [left, top] = [(i % n) * cell, Math.floor(i / n) * cell];
    if (value !== null) {
      const share = span > 0 ? (value - look.low) / span : 0.5;
      const at = 3 * Math.round(255 * Math.min(1, Math.max(0, share)));
      const [red, green, blue] = look.table.slice(at, at + 3);
      pen.fillStyle = `rgb(${red}, ${green}, ${blue})`;
      pen.fillRect(left, top, cell, cell);
      pen.fillStyle = 0.3 * red + 0.59 * green + 0.11 * blue < 128 ? "#fff" : "#000"; // luma, as of BT.601
      pen.fillText(written(value), left + cell / 2, top + cell / 2 + 1);
    }
    pen.strokeStyle = style.line;
    pen.strokeRect(left + 0.5, top + 0.5, cell - 1, cell - 1);
  });
  if (mark === null) return;
  pen.lineWidth = 3;
  pen.strokeStyle = MARK;
  pen.strokeRect((mark % n) * cell + 1.5, Math.floor(mark / n) * cell + 1.5, cell - 3, cell - 3);
};

export default function show(component) {
  const { data, parentElement, setStateValue } = component;
  const $ = (name) => parentElement.querySelector(name);
  const [root, input, output, digit] = [$(".slide"), $(".input"), $(".output"), $(".digit")];
  const { side, out, kernel, stride, pad, scale, calculation, field, words } = data;
  const before = root.cnnviz;
  const maps = JSON.stringify({ ...data, place: null });
  if (before && before.maps === maps) return before.halt;
  if (before) before.halt();
  before?.listening.abort();
  const same = before && before.moved && before.key === data.key && before.at < out * out;
  const at = same ? before.at : data.place[0] * out + data.place[1];
  const state = { key: data.key, maps, moved: same, at, pointed: null, held: false };
  let shown = out * out;
  let playing = false;
  let [last, due] = [0, 0];
  let timer = null;
  const images = {};
  const look = getComputedStyle(root);
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize); // larger in Present
  const style = { line: look.getPropertyValue("--st-border-color"), font: look.fontFamily, rem };
  const looks = Object.fromEntries(
    Object.entries(calculation.looks).map(([name, of]) => [name, { ...of, table: bytes(of.table) }]));
  if (looks.weights) looks.weights.whole = true; // a kernel of whole numbers is written as such
  const large = matchMedia("(min-width: 1700px) and (min-height: 1000px)").matches;
  const size = Math.max(data.cell * Math.max(large ? 1.3 : 1, rem / 16), rem > 16 ? 2.2 * rem : 0); // room for the text

  for (const name of ["play", "step", "all"]) $(`.${name}`).textContent = words[name];
  $(".speed-label").firstChild.textContent = words.speed;
  for (const name of ["digit", "input", "output", "patch", "weights", "products"])
    $(`.${name} + figcaption`).textContent = words.under[name] ?? "";
  input.width = input.height = side * scale;
  output.width = output.height = out * Math.max(1, Math.round((side / out) * scale));
  for (const name of ["input", "output", "digit"]) $(`.${name}`).setAttribute("aria-label", words.alt[name] ?? "");
  digit.parentElement.hidden = !field;
  $(".equation").hidden = calculation.kind === "activation";
  for (const each of parentElement.querySelectorAll(".of-kernel")) each.hidden = calculation.kind !== "convolution";

  const context = (canvas) => {
    const drawing = canvas.getContext("2d");
    drawing.imageSmoothingEnabled = false;
    drawing.lineWidth = 3;
    drawing.strokeStyle = MARK;
    return drawing;
  };
  const patchAt = (row, column) => {
    const values = [];
    for (let r = row * stride - pad; r < row * stride - pad + kernel; r++)
      for (let c = column * stride - pad; c < column * stride - pad + kernel; c++)
        values.push(r >= 0 && c >= 0 && r < side && c < side ? calculation.inputs[r * side + c] : null);
    return values;
  };
  const told = (values) => values.map((value) => (value === null ? "–" : shortly(value))).join(" ");
  // What becomes of the result at a place, one sentence a step; of a pooling with all that are pooled with it.
  const following = (row, column) => {
    let [value, size] = [(y, x) => calculation.results[y * out + x], out];
    let [y, x] = [row, column];
    return calculation.after.map(({ operation, sentence }) => {
      const [before, n] = [value, size];
      if (operation in ACTIVATIONS) {
        value = (i, j) => ACTIVATIONS[operation](before(i, j));
        return filled(sentence, { value: exactly(before(y, x)), result: exactly(value(y, x)) });
      }
      const window = (i, j) => [[2 * i, 2 * j], [2 * i, 2 * j + 1], [2 * i + 1, 2 * j], [2 * i + 1, 2 * j + 1]]
        .filter((one) => Math.max(...one) < n).map((one) => before(...one));
      value = (i, j) => POOLINGS[operation](window(i, j));
      [y, x, size] = [y >> 1, x >> 1, Math.ceil(n / 2)];
      return filled(sentence, { window: window(y, x).map(shortly).join(", "), result: exactly(value(y, x)) });
    });
  };
  const inChannels = (row, column) => {
    const sums = calculation.kind === "convolution" && data.mapOf && window.cnnvizChannels?.(...data.mapOf, row, column);
    if (!sums || sums.length < 2) return "";
    const order = [...sums.keys()].sort((a, b) => Math.abs(sums[b]) - Math.abs(sums[a]) || a - b);
    const list = order.slice(0, N_CHANNELS).map((i) => filled(words.channel, { channel: i, sum: signed(sums[i]) }));
    const others = order.slice(N_CHANNELS);
    const rest = signed(others.reduce((total, i) => total + sums[i], 0));
    if (others.length) list.push(filled(words.others, { n: others.length, sum: rest }));
    return filled(words.channels, { list: list.join(" · ") });
  };
  const calculate = (row, column) => {
    const at = row * out + column;
    const result = calculation.results[at];
    $(".then").textContent = following(row, column).join(". ");
    $(".channels").textContent = inChannels(row, column);
    if (calculation.kind === "activation") {
      const value = calculation.inputs[at];
      const told = { value: exactly(value), result: exactly(ACTIVATIONS[calculation.activation](value)) };
      $(".sum").textContent = filled(calculation.sum, told);
      return;
    }
    const [patch, cell] = [patchAt(row, column), Math.round(size)];
    if (calculation.kind === "pooling") {
      const inside = patch.filter((value) => value !== null);
      const winner = calculation.marks ? patch.indexOf(Math.max(...inside)) : null;
      drawCells($(".patch"), patch, looks.patch, cell, winner, style);
      $(".patch").setAttribute("aria-label", `${words.under.patch}: ${told(patch)}`);
      $(".sum").textContent = filled(calculation.sum, { result: exactly(result) });
      return;
    }
    const products = patch.map((value, i) => (value === null ? null : value * calculation.weights[i]));
    const numbers = { patch, weights: calculation.weights, products };
    for (const [name, values] of Object.entries(numbers)) {
      drawCells($(`.${name}`), values, looks[name], cell, null, style);
      $(`.${name}`).setAttribute("aria-label", `${words.under[name]}: ${told(values)}`);
    }
    const sum = products.reduce((total, value) => total + (value ?? 0), 0);
    const others = result - calculation.bias - sum;
    $(".sum").textContent = filled(calculation.sum, {
      sum: signed(sum), others: signed(others), bias: signed(calculation.bias), total: signed(result),
    });
  };
  const draw = () => {
    const [row, column] = place();
    const at = row * out + column;
    const under = context(input);
    under.drawImage(images.input, 0, 0, input.width, input.height);
    under.strokeRect((column * stride - pad) * scale, (row * stride - pad) * scale, kernel * scale, kernel * scale);
    const result = context(output);
    const cell = output.width / out;
    result.drawImage(images.output, 0, 0, output.width, output.height);
    result.fillStyle = data.paper;
    const [fullRows, rest] = [Math.floor(shown / out), shown % out];
    if (shown < out * out) {
      result.fillRect(rest * cell, fullRows * cell, output.width, cell);
      result.fillRect(0, (fullRows + 1) * cell, output.width, output.height);
    }
    result.strokeRect(column * cell, row * cell, cell, cell);
    if (field) {
      const zoom = Math.floor(336 / images.digit.width);
      digit.width = digit.height = zoom * images.digit.width;
      const pen = context(digit);
      pen.drawImage(images.digit, 0, 0, digit.width, digit.height);
      const [top, left] = [row, column].map((n) => field.first + n * field.step);
      pen.strokeRect(left * zoom, top * zoom, field.size * zoom, field.size * zoom);
    }
    const value = filled(words.place, { row, column, value: data.values[at] });
    $(".value").setAttribute("aria-live", playing || state.pointed !== null ? "off" : "polite");
    const hint = state.held ? words.held : words.follows;
    if ($(".held").textContent !== hint) $(".held").textContent = hint;
    $(".value").textContent = value;
    calculate(row, column);
    if (!data.mapOf || calculation.kind !== "convolution") return;
    window.cnnvizStands = { block: data.mapOf[0], number: data.mapOf[1], side: out, row, column };
    window.dispatchEvent(new Event("cnnviz-stands"));
  };
  const place = () => {
    const at = state.pointed ?? state.at;
    return [Math.floor(at / out), at % out];
  };
  const go = (place) => {
    state.at = place;
    draw();
  };
  const tick = (now) => {
    if (!playing || !input.isConnected) return;
    due += (Math.min(now - last, LONGEST_MS) * Number($(".speed").value)) / 1000;
    last = now;
    if (due >= 1) {
      if (shown >= out * out) return stop();
      shown = Math.min(out * out, shown + Math.floor(due)); // a slow screen shows fewer places, not a slower kernel
      due %= 1;
      go(shown - 1);
    }
    requestAnimationFrame(tick);
  };
  const send = () => {
    state.moved = true;
    setStateValue("place", `${Math.floor(state.at / out)},${state.at % out}`);
  };
  const halt = () => {
    playing = false;
    $(".play").textContent = words.play;
  };
  const stop = () => {
    halt();
    send();
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(send, 100);
  };
  const begin = () => {
    if (shown >= out * out) shown = data.start;
  };
  $(".play").onclick = () => {
    if (playing) return stop();
    begin();
    playing = true;
    [state.held, state.pointed] = [false, null];
    [last, due] = [performance.now(), 1];
    $(".play").textContent = words.pause;
    requestAnimationFrame(tick);
  };
  $(".step").onclick = () => {
    halt();
    begin();
    shown += 1;
    go(shown - 1);
    later();
  };
  $(".all").onclick = () => {
    shown = out * out;
    stop();
    draw();
  };
  // The numbers follow a pointer until a pixel is held; null: back to the one that was chosen.
  const point = (place) => {
    if (playing || state.held || state.pointed === place) return;
    state.pointed = place;
    draw();
  };
  const hold = (place) => {
    [state.held, state.pointed] = [true, null];
    go(place);
    send();
  };
  const free = () => {
    state.held = false;
    draw();
  };
  const under = (event) => {
    const box = output.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * out);
    const column = Math.floor(((event.clientX - box.left) / box.width) * out);
    return Math.min(out - 1, Math.max(0, row)) * out + Math.min(out - 1, Math.max(0, column));
  };
  output.onclick = (event) => hold(under(event));
  output.onpointermove = (event) => event.pointerType !== "touch" && point(under(event));
  output.onpointerleave = () => point(null);
  // A pixel of the map as its block ends, so perhaps behind a pooling: then the one of its window that is kept.
  const before_pooling = ({ row, column, side: n }) => {
    const step = Math.round(out / n);
    const window = [];
    for (let y = row * step; y < Math.min(out, (row + 1) * step); y++)
      for (let x = column * step; x < Math.min(out, (column + 1) * step); x++) window.push(y * out + x);
    const keepsLargest = calculation.after.some(({ operation }) => operation === "max");
    if (!keepsLargest) return window[0];
    return window.reduce((best, at) => (calculation.results[at] > calculation.results[best] ? at : best));
  };
  const overview = ({ detail }) => {
    if (detail.place === null) return point(null);
    if (detail.block !== data.mapOf[0] || detail.number !== data.mapOf[1] || detail.place.side > out) return;
    (detail.held ? hold : point)(before_pooling(detail.place));
  };
  state.listening = new AbortController();
  const listen = (name, act) => addEventListener(name, (event) => {
    if (!root.isConnected || root.cnnviz !== state) state.listening.abort();
    else act(event);
  }, { signal: state.listening.signal, capture: true }); // before Present, which Escape ends
  if (data.mapOf) {
    listen("cnnviz-point", overview);
    listen("cnnviz-drawn", () => !waiting && calculate(...place()));
  }
  listen("keydown", (event) => {
    if (event.key !== "Escape" || !state.held) return;
    event.preventDefault();
    free();
  });
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  output.onkeydown = (event) => {
    if (!(event.key in steps)) return;
    event.preventDefault();
    const [down, right] = steps[event.key];
    const [row, column] = [Math.floor(state.at / out) + down, (state.at % out) + right];
    if (row < 0 || column < 0 || row >= out || column >= out) return;
    go(row * out + column);
    later();
  };

  const names = ["input", "output", ...(field ? ["digit"] : [])];
  let waiting = names.length;
  for (const name of names) {
    images[name] = new Image();
    images[name].onload = () => {
      waiting -= 1;
      if (!waiting) draw();
    };
    images[name].src = name === "digit" ? field.digit : data[name];
  }
  state.halt = halt;
  root.cnnviz = state;
  // The numbers are as large as the letters of the page; the style sheet of Present, which enlarges those, may come later.
  const letters = new ResizeObserver(() => {
    if (root.cnnviz !== state) letters.disconnect();
    else if (parseFloat(getComputedStyle(document.documentElement).fontSize) !== rem) {
      state.maps = "";
      show(component);
    }
  });
  letters.observe(root);
  return halt;
}
