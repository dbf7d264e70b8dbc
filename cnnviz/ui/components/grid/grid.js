// A grid of squares that is filled by keyboard or pointer: arrows move, space or enter fills and empties, a held
// shift fills along the way.  Sends the squares as a string of 0 and 1, a moment after the last change.
const WAIT_MS = 120;

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const side = data.side;
  const root = parentElement.querySelector(".squares");
  if (root.dataset.version === String(data.version)) return;
  root.dataset.version = String(data.version);
  root.replaceChildren();
  root.style.setProperty("--side", side);
  root.setAttribute("aria-label", data.label);

  const filled = [...data.cells].map((c) => c === "1");
  let at = Math.floor((side * side + side) / 2);
  let timer = null;

  const describe = (i) =>
    `${data.row} ${Math.floor(i / side) + 1}, ${data.column} ${(i % side) + 1}, ${filled[i] ? data.ink : data.paper}`;
  const paint = (i) => {
    squares[i].classList.toggle("ink", filled[i]);
    squares[i].setAttribute("aria-label", describe(i));
    squares[i].setAttribute("aria-selected", String(filled[i]));
  };
  const send = () => {
    clearTimeout(timer);
    timer = setTimeout(() => setStateValue("cells", filled.map((f) => (f ? "1" : "0")).join("")), WAIT_MS);
  };
  const set = (i, value) => {
    filled[i] = value;
    paint(i);
    send();
  };
  const go = (i) => {
    squares[at].tabIndex = -1;
    at = i;
    squares[at].tabIndex = 0;
    squares[at].focus();
  };

  const squares = [];
  for (let r = 0; r < side; r++) {
    const row = document.createElement("div");
    row.setAttribute("role", "row");
    for (let c = 0; c < side; c++) {
      const square = document.createElement("button");
      square.type = "button";
      square.setAttribute("role", "gridcell");
      square.tabIndex = -1;
      row.append(square);
      squares.push(square);
    }
    root.append(row);
  }
  squares.forEach((_, i) => paint(i));
  squares[at].tabIndex = 0;

  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  root.onkeydown = (event) => {
    if (event.key === " " || event.key === "Enter") {
      set(at, !filled[at]);
    } else if (event.key in steps) {
      const [down, right] = steps[event.key];
      const row = Math.min(side - 1, Math.max(0, Math.floor(at / side) + down));
      const column = Math.min(side - 1, Math.max(0, (at % side) + right));
      go(row * side + column);
      if (event.shiftKey) set(at, true);
    } else {
      return;
    }
    event.preventDefault();
  };

  let pen = null;
  const under = (event) => squares.indexOf(event.composedPath().find((node) => squares.includes(node)));
  root.onpointerdown = (event) => {
    const i = under(event);
    if (i < 0) return;
    event.preventDefault();
    pen = !filled[i];
    go(i);
    set(i, pen);
  };
  root.onpointerover = (event) => {
    const i = under(event);
    if (pen !== null && event.buttons && i >= 0) set(i, pen);
  };
  root.onpointerup = () => (pen = null);
}
