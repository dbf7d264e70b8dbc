// A kernel slides over a map and the map of results fills in: play, pause, step, at a speed that can be set.  Nothing
// is asked of the server while it plays; a click or a key on the result tells it the place.
export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const $ = (name) => parentElement.querySelector(name);
  const [input, output] = [$(".input"), $(".output")];
  const { side, out, kernel, stride, pad, scale } = data;
  let at = data.place[0] * out + data.place[1];
  let shown = out * out;
  let playing = false;
  let last = 0;
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
    const [row, column] = [Math.floor(at / out), at % out];
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
    $(".value").textContent = `${data.words.row} ${row}, ${data.words.column} ${column}: ${data.values[at]}`;
  };
  const go = (place) => {
    at = place;
    draw();
  };
  const tick = (now) => {
    if (!playing || !input.isConnected) return;
    const due = 1000 / Number($(".speed").value);
    if (now - last >= due) {
      last = now;
      if (shown >= out * out) return stop();
      shown += 1;
      window.cnnvizPlaces = (window.cnnvizPlaces || 0) + 1;
      go(shown - 1);
    }
    requestAnimationFrame(tick);
  };
  const stop = () => {
    playing = false;
    $(".play").textContent = data.words.play;
    setStateValue("place", `${Math.floor(at / out)},${at % out}`);
  };
  $(".play").onclick = () => {
    if (playing) return stop();
    if (shown >= out * out) shown = 0;
    playing = true;
    $(".play").textContent = data.words.pause;
    requestAnimationFrame(tick);
  };
  $(".step").onclick = () => {
    if (shown >= out * out) shown = 0;
    shown += 1;
    go(shown - 1);
    setStateValue("place", `${Math.floor(at / out)},${at % out}`);
  };
  $(".all").onclick = () => {
    shown = out * out;
    stop();
    draw();
  };
  const tell = () => setStateValue("place", `${Math.floor(at / out)},${at % out}`);
  output.onclick = (event) => {
    const box = output.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * out);
    const column = Math.floor(((event.clientX - box.left) / box.width) * out);
    go(Math.min(out - 1, Math.max(0, row)) * out + Math.min(out - 1, Math.max(0, column)));
    tell();
  };
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  let timer = null;
  output.onkeydown = (event) => {
    if (!(event.key in steps)) return;
    event.preventDefault();
    const [down, right] = steps[event.key];
    const [row, column] = [Math.floor(at / out) + down, (at % out) + right];
    if (row < 0 || column < 0 || row >= out || column >= out) return;
    go(row * out + column);
    clearTimeout(timer);
    timer = setTimeout(tell, 60);
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
  return () => {
    playing = false;
  };
}
