// A picture that is a grid of cells: a click or Enter picks a cell, arrows move.  Sends "row,column".
// Streamlit calls this again after every run of the page; where the frame stands is kept on the element until then.
export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const root = parentElement.querySelector(".picker");
  const image = root.querySelector("img");
  const frame = root.querySelector(".frame");
  const { rows, columns, cell, gap, size } = data;
  const exists = (r, c) => r >= 0 && c >= 0 && r < rows && c < columns && r * columns + c < data.count;

  const kept = root.cnnviz;
  const same = kept && kept.moved && kept.key === data.key && exists(kept.row, kept.column);
  const state = same ? kept : { key: data.key, moved: false, timer: null };
  if (!same) [state.row, state.column] = data.picked;
  root.cnnviz = state;

  image.src = data.src;
  image.alt = "";
  root.style.maxWidth = data.width;
  root.setAttribute("aria-label", data.alt);
  root.setAttribute("aria-valuemax", data.count - 1);

  const place = (element, top, left, height, width) => {
    element.style.top = `${(100 * top) / size[0]}%`;
    element.style.left = `${(100 * left) / size[1]}%`;
    element.style.height = `${(100 * height) / size[0]}%`;
    element.style.width = `${(100 * width) / size[1]}%`;
  };
  const name = (r, c) =>
    data.item ? `${data.item} ${r * columns + c}` : `${data.row} ${r}, ${data.column} ${c}`;
  const show = (moved) => {
    state.moved = state.moved || moved;
    place(frame, state.row * (cell[0] + gap), state.column * (cell[1] + gap), cell[0], cell[1]);
    root.setAttribute("aria-valuenow", state.row * columns + state.column);
    root.setAttribute("aria-valuetext", name(state.row, state.column));
  };
  const pick = () => setStateValue("picked", `${state.row},${state.column}`);
  const under = (event) => {
    const box = image.getBoundingClientRect();
    const r = Math.floor((((event.clientY - box.top) / box.height) * size[0]) / (cell[0] + gap));
    const c = Math.floor((((event.clientX - box.left) / box.width) * size[1]) / (cell[1] + gap));
    return exists(r, c) ? [r, c] : null;
  };

  root.onclick = (event) => {
    const place = under(event);
    if (!place) return;
    clearTimeout(state.timer);
    [state.row, state.column] = place;
    show(true);
    pick();
  };
  root.onmousemove = (event) => {
    const place = under(event);
    root.title = place ? name(...place) : "";
  };
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  root.onkeydown = (event) => {
    if (event.key in steps) {
      const [down, right] = steps[event.key];
      if (exists(state.row + down, state.column + right)) {
        state.row += down;
        state.column += right;
      }
      show(true);
      clearTimeout(state.timer);
      if (data.follow) state.timer = setTimeout(pick, 100);
    } else if (event.key === "Enter" || event.key === " ") {
      clearTimeout(state.timer);
      pick();
    } else {
      return;
    }
    event.preventDefault();
  };
  show(false);
}
