// A kernel slides over a map and the map of results fills in: play, pause, step, at a speed that can be set.  Nothing
// is asked of the server while it plays; a click or a key on the result sends it the place.
// Streamlit calls this again after every run of the page: with the same maps everything goes on as it stands.
const LONGEST_MS = 500; // what a tab that was hidden may catch up with

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const $ = (name) => parentElement.querySelector(name);
  const [root, input, output] = [$(".slide"), $(".input"), $(".output")];
  const { side, out, kernel, stride, pad, scale } = data;
  const before = root.cnnviz;
  const maps = JSON.stringify({ ...data, place: null });
  if (before && before.maps === maps) return before.halt;
  if (before) before.halt();
  const same = before && before.moved && before.key === data.key && before.at < out * out;
  const state = { key: data.key, maps, moved: same, at: same ? before.at : data.place[0] * out + data.place[1] };
  let shown = out * out;
  let playing = false;
  let [last, due] = [0, 0];
  let timer = null;
  const images = {};

  $(".play").textContent = data.words.play;
  $(".step").textContent = data.words.step;
  $(".all").textContent = data.words.all;
  $(".speed-label").firstChild.textContent = data.words.speed;
  input.width = input.height = side * scale;
  output.width = output.height = out * Math.max(1, Math.round((side / out) * scale));
  input.setAttribute("aria-label", data.words.input);
  output.setAttribute("aria-label", data.words.output);

  const context = (canvas) => {
    const drawing = canvas.getContext("2d");
    drawing.imageSmoothingEnabled = false;
    return drawing;
  };
  const draw = () => {
    const [row, column] = [Math.floor(state.at / out), state.at % out];
    const under = context(input);
    under.drawImage(images.input, 0, 0, input.width, input.height);
    under.lineWidth = 3;
    under.strokeStyle = "#e07b00";
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
    result.lineWidth = 3;
    result.strokeStyle = "#e07b00";
    result.strokeRect(column * cell, row * cell, cell, cell);
    $(".value").setAttribute("aria-live", playing ? "off" : "polite");
    $(".value").textContent = `${data.words.row} ${row}, ${data.words.column} ${column}: ${data.values[state.at]}`;
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
    $(".play").textContent = data.words.play;
  };
  const stop = () => {
    halt();
    send();
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(send, 100);
  };
  $(".play").onclick = () => {
    if (playing) return stop();
    if (shown >= out * out) shown = 0;
    playing = true;
    [last, due] = [performance.now(), 1];
    $(".play").textContent = data.words.pause;
    requestAnimationFrame(tick);
  };
  $(".step").onclick = () => {
    halt();
    if (shown >= out * out) shown = 0;
    shown += 1;
    go(shown - 1);
    later();
  };
  $(".all").onclick = () => {
    shown = out * out;
    stop();
    draw();
  };
  output.onclick = (event) => {
    const box = output.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * out);
    const column = Math.floor(((event.clientX - box.left) / box.width) * out);
    go(Math.min(out - 1, Math.max(0, row)) * out + Math.min(out - 1, Math.max(0, column)));
    send();
  };
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

  let waiting = 2;
  for (const name of ["input", "output"]) {
    images[name] = new Image();
    images[name].onload = () => {
      waiting -= 1;
      if (!waiting) draw();
    };
    images[name].src = data[name];
  }
  state.halt = halt;
  root.cnnviz = state;
  return halt;
}
