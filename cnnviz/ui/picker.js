// A picture that is a grid of cells: a click or Enter picks a cell, arrows move.  Sends "row,column".
export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const root = parentElement.querySelector(".picker");
  const image = root.querySelector("img");
  const frame = root.querySelector(".frame");
  const fields = root.querySelector(".fields");
  const { rows, columns, cell, gap, size } = data;
  let [row, column] = data.picked;

  image.src = data.src;
  image.alt = data.alt;
  root.style.maxWidth = data.width;
  root.setAttribute("aria-label", data.alt);

  const place = (element, top, left, height, width) => {
    element.style.top = `${(100 * top) / size[0]}%`;
    element.style.left = `${(100 * left) / size[1]}%`;
    element.style.height = `${(100 * height) / size[0]}%`;
    element.style.width = `${(100 * width) / size[1]}%`;
  };
  const show = () => {
    place(frame, row * (cell[0] + gap), column * (cell[1] + gap), cell[0], cell[1]);
    root.setAttribute("aria-valuetext", `${data.row} ${row}, ${data.column} ${column}`);
  };
  const exists = (r, c) => r >= 0 && c >= 0 && r < rows && c < columns && r * columns + c < data.count;
  const pick = () => setStateValue("picked", `${row},${column}`);

  fields.replaceChildren();
  for (const [top, left, height, width] of data.boxes || []) {
    const field = document.createElement("div");
    place(field, top * (cell[0] + gap), left * (cell[1] + gap), height * (cell[0] + gap), width * (cell[1] + gap));
    fields.append(field);
  }

  root.onclick = (event) => {
    const box = image.getBoundingClientRect();
    const r = Math.floor((((event.clientY - box.top) / box.height) * size[0]) / (cell[0] + gap));
    const c = Math.floor((((event.clientX - box.left) / box.width) * size[1]) / (cell[1] + gap));
    if (!exists(r, c)) return;
    [row, column] = [r, c];
    show();
    pick();
  };
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  let timer = null;
  root.onkeydown = (event) => {
    if (event.key in steps) {
      const [down, right] = steps[event.key];
      if (exists(row + down, column + right)) [row, column] = [row + down, column + right];
      show();
      clearTimeout(timer);
      if (data.follow) timer = setTimeout(pick, 100);
    } else if (event.key === "Enter" || event.key === " ") {
      pick();
    } else {
      return;
    }
    event.preventDefault();
  };
  show();
}
