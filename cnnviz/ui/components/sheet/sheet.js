// Small pictures side by side, each a button with its number: a click or Enter opens one, arrows go from one to the next.
// They come as one picture, a grid of cells, which is cut up here.  Sends the number of the one that is opened.
// Streamlit calls this again after every run of the page; the buttons stay, so that what has the focus keeps it.
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".sheet");
  const { count, columns, cell, gap } = data;
  root.style.setProperty("--columns", data.shown);
  root.style.setProperty("--widest", `${data.widest / 16}rem`);
  root.setAttribute("aria-label", data.alt);

  while (root.children.length > count) root.lastChild.remove();
  while (root.children.length < count) {
    const button = document.createElement("button");
    const [picture, label] = [document.createElement("span"), document.createElement("span")];
    button.type = "button";
    [picture.className, label.className] = ["picture", "label"];
    picture.append(document.createElement("canvas"));
    button.append(picture, label);
    root.append(button);
  }
  const buttons = [...root.children];
  const first = Math.max(0, data.opened);
  buttons.forEach((button, i) => {
    button.tabIndex = i === first ? 0 : -1;
    button.title = `${data.item} ${i}`;
    button.setAttribute("aria-label", data.labels[i] === String(i) ? button.title : `${data.item} ${data.labels[i]}`);
    button.setAttribute("aria-pressed", String(i === data.opened));
    button.classList.toggle("crossed", data.crossed.includes(i));
    button.lastChild.textContent = data.labels[i];
    button.onclick = () => {
      buttons.forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
      setTriggerValue("opened", i);
      const shown = data.shows && document.querySelector(`.st-key-${data.shows}`);
      const box = shown && shown.getBoundingClientRect();
      if (box && (box.top > root.getBoundingClientRect().bottom || box.bottom < 0))
        shown.scrollIntoView({ behavior: "smooth" });
    };
  });

  const image = new Image();
  image.onload = () => {
    buttons.forEach((button, i) => {
      const canvas = button.firstChild.firstChild;
      [canvas.height, canvas.width] = cell;
      const [top, left] = [Math.floor(i / columns) * (cell[0] + gap), (i % columns) * (cell[1] + gap)];
      canvas.getContext("2d").drawImage(image, left, top, cell[1], cell[0], 0, 0, cell[1], cell[0]);
    });
  };
  image.src = data.src;

  root.onkeydown = (event) => {
    const at = buttons.indexOf(event.composedPath().find((node) => buttons.includes(node)));
    const side = buttons.filter((each) => each.offsetTop === buttons[0].offsetTop).length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -side, ArrowDown: side };
    const to = { Home: 0, End: count - 1 }[event.key] ?? at + steps[event.key];
    if (at < 0 || Number.isNaN(to)) return;
    event.preventDefault();
    if (!buttons[to]) return;
    buttons[at].tabIndex = -1;
    buttons[to].tabIndex = 0;
    buttons[to].focus();
  };
}
