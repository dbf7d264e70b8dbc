// Figures and sentences that change together.  The server sends a JSON text and, behind it, numbers of colours: one byte
// a number.  They are drawn, enlarged and, for a download, encoded here.
// Streamlit calls this again after every run of the page; what is there already is drawn anew, not built anew, so that
// what has the focus keeps it.
const PLACES = ["side", "main", "wide"];
const [GAP_PX, FILE_TEXT_PX, BAR_PX] = [8, 15, 36];

// The JSON text, and a function that reads the next n bytes behind it.
const unpacked = (data) => {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
  let at = 4 + new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, at)));
  return [head, (n) => bytes.subarray(at, (at += n))];
};

const make = (tag, className, text = "") => {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
};

const paint = (canvas, numbers, [height, width], colours) => {
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < numbers.length; i++) pixels[i] = colours[numbers[i]];
  canvas.getContext("2d").putImageData(image, 0, 0);
};

// Red, green and blue of each colour as one number, as it lies in a canvas: red first.
const colourTable = (table) =>
  Uint32Array.from({ length: table.length / 3 }, (_, i) =>
    (255 << 24) | (table[3 * i + 2] << 16) | (table[3 * i + 1] << 8) | table[3 * i]);

const blank = (width, height, paper) => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const pen = canvas.getContext("2d");
  pen.fillStyle = paper;
  pen.fillRect(0, 0, width, height);
  return [canvas, pen];
};
const style = (element) => {
  const found = getComputedStyle(element);
  const of = (name) => found.getPropertyValue(name).trim();
  return { paper: of("--st-background-color"), text: of("--st-text-color"), line: of("--st-border-color"),
    accent: of("--st-primary-color"), font: found.fontFamily };
};

// A sheet as one picture: whole squares for each number, labels underneath.
const sheetPicture = (figure, item) => {
  const look = style(figure);
  const cells = [...figure.querySelectorAll(".cell")];
  const columns = Math.min(item.columns, cells.length);
  const size = ([height, width]) => {
    const fits = item.cell / Math.max(height, width);
    const scale = fits > 1 ? Math.round(fits) : fits;
    return [Math.round(height * scale), Math.round(width * scale)];
  };
  const sizes = item.shapes.map(size);
  const [down, across] = [0, 1].map((axis) => Math.max(...sizes.map((each) => each[axis])));
  const below = item.labels.length ? FILE_TEXT_PX + 7 : 0;
  const rows = Math.ceil(cells.length / columns);
  const [canvas, pen] = blank(columns * (across + GAP_PX) - GAP_PX, rows * (down + below + GAP_PX) - GAP_PX, look.paper);
  pen.textAlign = "center";
  pen.font = `${FILE_TEXT_PX}px ${look.font}`;
  cells.forEach((cell, i) => {
    const [height, width] = sizes[i];
    const left = (i % columns) * (across + GAP_PX) + Math.floor((across - width) / 2);
    const top = Math.floor(i / columns) * (down + below + GAP_PX) + Math.floor((down - height) / 2);
    pen.imageSmoothingEnabled = item.shapes[i][1] > width;
    pen.drawImage(cell.querySelector("canvas"), left, top, width, height);
    pen.strokeStyle = look.line;
    pen.strokeRect(left + 0.5, top + 0.5, width - 1, height - 1);
    if (cell.classList.contains("crossed")) {
      pen.beginPath();
      for (const [x, y] of [[0, 0], [width, 0]]) {
        pen.moveTo(left + x, top + y);
        pen.lineTo(left + width - x, top + height);
      }
      pen.stroke();
    }
    pen.fillStyle = look.text;
    if (below) pen.fillText(item.labels[i], left + width / 2, top + (down + height) / 2 + FILE_TEXT_PX + 2);
  });
  return canvas;
};

const barsPicture = (figure, item) => {
  const look = style(figure);
  const [canvas, pen] = blank(360, BAR_PX * item.shares.length, look.paper);
  const largest = item.shares.indexOf(Math.max(...item.shares));
  pen.font = `22px ${look.font}`;
  pen.textBaseline = "middle";
  item.shares.forEach((share, i) => {
    const width = Math.max(2, Math.round(230 * share));
    pen.fillStyle = i === largest ? look.accent : look.line;
    pen.fillRect(32, i * BAR_PX + 5, width, BAR_PX - 9);
    pen.fillStyle = look.text;
    pen.fillText(i, 4, (i + 0.5) * BAR_PX);
    pen.fillText(item.words[i], 32 + width + 10, (i + 0.5) * BAR_PX);
  });
  return canvas;
};

// Arrows go from picture to picture of a sheet; one alone can be reached by Tab.
const walk = (event) => {
  const cells = [...event.currentTarget.children];
  const at = cells.indexOf(event.target);
  const columns = cells.filter((cell) => cell.offsetTop === cells[0].offsetTop).length;
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  const to = { Home: 0, End: cells.length - 1 }[event.key] ?? at + steps[event.key];
  if (at < 0 || Number.isNaN(to)) return;
  event.preventDefault();
  if (!cells[to]) return;
  cells[at].tabIndex = -1;
  cells[to].tabIndex = 0;
  cells[to].focus();
};

const builders = {
  text: (item) => {
    const element = make(item.tag === "small" ? "p" : item.tag, `words ${item.tag}`);
    if (item.tag === "h2") element.setAttribute("aria-live", "polite");
    return element;
  },
  sheet: (item, send) => {
    const sheet = make("div", "sheet");
    sheet.style.setProperty("--columns", item.columns);
    sheet.style.setProperty("--widest", `${item.widest / 16}rem`);
    item.shapes.forEach((_, i) => {
      const cell = make(item.item ? "button" : "div", "cell");
      const picture = make("span", "picture");
      picture.append(make("canvas", ""));
      cell.append(picture, make("span", "label"));
      if (item.item) {
        cell.type = "button";
        cell.tabIndex = i ? -1 : 0;
        cell.setAttribute("aria-label", `${item.item} ${i}`);
        cell.title = `${item.item} ${i}`;
        cell.onclick = () => send(`${item.name},${i}`);
      }
      sheet.append(cell);
    });
    if (item.item) sheet.onkeydown = walk;
    return framed(item, sheet, item.item ? "group" : "img", sheetPicture);
  },
  bars: (item) => {
    const bars = make("div", "bars");
    item.shares.forEach((_, i) => {
      const bar = make("div", "bar");
      const track = make("span", "track");
      track.append(make("i", ""), make("span", "share"));
      bar.append(make("span", "digit", i), track);
      bars.append(bar);
    });
    return framed(item, bars, "img", barsPicture);
  },
};

const framed = (item, picture, role, draw) => {
  const figure = make("figure", "");
  const caption = make("figcaption", "");
  const link = make("a", "download");
  picture.setAttribute("role", role);
  link.download = `${item.name}.png`;
  link.href = "data:,";
  link.onclick = () => (link.href = draw(figure, figure.item).toDataURL("image/png")); // before the browser follows it
  caption.append(make("span", "caption"), link);
  figure.append(picture, caption);
  return figure;
};

const fillers = {
  text: (element, item) => (element.textContent = item.words),
  sheet: (figure, item, read) => {
    const colours = colourTable(read(3 * item.colours));
    let numbers = null;
    [...figure.querySelectorAll(".cell")].forEach((cell, i) => {
      const [height, width] = item.shapes[i];
      if (!item.again.includes(i)) numbers = read(height * width); // else it is the one before it once more
      paint(cell.querySelector("canvas"), numbers, [height, width], colours);
      cell.classList.toggle("crossed", item.crossed.includes(i));
      cell.classList.toggle("fine", width > item.widest);
      cell.querySelector(".label").textContent = item.labels[i] ?? "";
    });
  },
  bars: (figure, item) => {
    const largest = item.shares.indexOf(Math.max(...item.shares));
    figure.querySelectorAll(".bar").forEach((bar, i) => {
      bar.classList.toggle("largest", i === largest && item.shares[i] > 0);
      bar.querySelector("i").style.width = `calc(${item.shares[i]} * (100% - 4.2em))`;
      bar.querySelector(".share").textContent = item.words[i];
    });
  },
};

const build = (root, items, send) => {
  const places = Object.fromEntries(PLACES.map((name) => [name, make("div", `place ${name}`)]));
  const built = items.map((item) => {
    const element = builders[item.kind](item, send);
    places[item.place].append(element);
    return element;
  });
  const whole = make("div", "places");
  whole.append(...Object.values(places).filter((place) => place.childElementCount));
  root.replaceChildren(whole);
  return built;
};

// On a small screen the first heading stands at the lower edge as long as one is above it: while one draws, say.
const pin = (root, pinned) => {
  const heading = root.querySelector("h2");
  const words = heading && !root.classList.contains("faint") ? heading.textContent : "";
  if (pinned.textContent !== words) pinned.textContent = words;
  if (root.watched === heading) return;
  root.watching?.disconnect();
  root.watched = heading;
  pinned.classList.remove("needed");
  if (!heading) return;
  root.watching = new IntersectionObserver(([seen]) =>
    pinned.classList.toggle("needed", seen.intersectionRatio < 0.9 && seen.boundingClientRect.top > 0), { threshold: 0.9 });
  root.watching.observe(heading);
};

const fill = (root, item, i, read) => {
  const element = root.built[i];
  fillers[item.kind](element, item, read);
  if (item.kind === "text") return;
  element.item = item;
  element.querySelector("[role]").setAttribute("aria-label", item.alt);
  element.querySelector(".caption").textContent = item.caption;
};

// Shows what was computed in the browser while the server does not know of it yet.  `change(item)` gives [what is other
// in it, its arrays in the order in which they are read]; null for what is of the stroke before, which then fades.
const follow = (root, change) => {
  root.head.items.forEach((item, i) => {
    const changed = change(item);
    root.built[i].classList.toggle("before", !changed);
    if (changed) fill(root, { ...item, ...changed[0] }, i, () => changed[1].shift());
  });
  root.classList.remove("faint");
  pin(root, root.parentNode.querySelector(".pinned"));
};

// Shows figures as they are from now on.  `take(item)` gives the item, and a function that reads the next n of its numbers.
const show = (root, head, take) => {
  const form = JSON.stringify(head.items.map((item) =>
    [item.kind, item.place, item.tag, item.name, item.item, item.columns, item.shapes?.length, item.shares?.length]));
  if (root.form !== form) root.built = build(root, head.items, (picked) => root.send(picked));
  root.form = form;
  root.head = head;
  head.items.forEach((each, i) => {
    const [item, read] = take(each);
    fill(root, item, i, read);
    root.built[i].classList.remove("before");
    const link = root.built[i].querySelector(".download");
    if (!link) return;
    link.textContent = head.download;
    link.setAttribute("aria-label", item.downloadOf);
  });
  root.classList.toggle("faint", head.faint);
  pin(root, root.parentNode.querySelector(".pinned"));
  root.dataset.shown = Number(root.dataset.shown ?? 0) + 1; // all of it is drawn
  window.dispatchEvent(new Event("cnnviz-figures"));
};

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".figures");
  const [head, read] = unpacked(data);
  root.send = (picked) => setTriggerValue("picked", picked);
  root.follow = (change) => follow(root, change);
  // What the server says of a stroke without a run of the page: other items, the rest as it was.
  root.answer = (items, change) =>
    show(root, { ...root.head, items, faint: false }, (item) => {
      const [changed, arrays] = change(item);
      return [{ ...item, ...changed }, () => arrays.shift()];
    });
  window.cnnvizFigures = root; // components/live finds them here
  show(root, head, (item) => [item, read]);
}
