// Small pictures, each a button: a click or Enter sends its number, arrows move between them.
// Streamlit calls this again after every run of the page; buttons that are still wanted stay, and keep the focus.
const make = (tag, className) => Object.assign(document.createElement(tag), { className });

const walk = (event) => {
  const cells = [...event.currentTarget.children];
  const at = cells.indexOf(event.target);
  const columns = cells.filter((cell) => cell.offsetTop === cells[0].offsetTop).length;
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  if (at < 0 || !(event.key in steps)) return;
  event.preventDefault();
  const next = cells[at + steps[event.key]];
  if (!next) return;
  cells[at].tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
};

const build = (root, data) => {
  const cells = data.names.map((_, i) => {
    const cell = make("button", "cell");
    const picture = make("span", "picture");
    picture.append(make("canvas", ""));
    cell.append(picture, make("span", "label"));
    cell.type = "button";
    cell.tabIndex = i ? -1 : 0;
    cell.onclick = () => root.open(i);
    return cell;
  });
  root.replaceChildren(...cells);
};

const paint = (root, data) => {
  const [height, width] = data.size;
  const sheet = new Image();
  sheet.onload = () =>
    [...root.children].forEach((cell, i) => {
      const canvas = cell.querySelector("canvas");
      [canvas.width, canvas.height] = [width, height];
      const [left, top] = [(i % data.across) * width, Math.floor(i / data.across) * height];
      canvas.getContext("2d").drawImage(sheet, left, top, width, height, 0, 0, width, height);
    });
  sheet.src = data.src;
};

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".gallery");
  root.open = (i) => setTriggerValue("opened", i);
  root.onkeydown = walk;
  root.setAttribute("aria-label", data.alt);
  root.style.setProperty("--columns", data.columns);
  root.style.setProperty("--widest", `${data.widest / 16}rem`);
  root.classList.toggle("fixed", data.fixed);
  if (root.children.length !== data.names.length) build(root, data);
  [...root.children].forEach((cell, i) => {
    cell.setAttribute("aria-label", data.names[i]);
    cell.title = data.names[i];
    cell.classList.toggle("crossed", data.crossed.includes(i));
    cell.classList.toggle("marked", data.marked.includes(i));
    cell.setAttribute("aria-pressed", data.marked.includes(i) || data.crossed.includes(i));
    cell.querySelector(".label").textContent = data.labels[i];
  });
  if (root.src !== data.src) paint(root, data);
  root.src = data.src;
}
