// Figures and sentences that change together; those of pictures are of components/maps.
// Streamlit calls this again after every run of the page; what is there already is drawn anew, not built anew, so that
// what has the focus keeps it.
import * as figures from "./figure.js";
import { make, put, unpacked } from "./message.js";
import { blank, lookOf } from "./picture.js";

const PLACES = ["side", "main", "wide"];
const BAR_PX = 36;

const barsPicture = (figure) => {
  const { item } = figure;
  const look = lookOf(figure);
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

const builders = {
  text: (item) => {
    const element = make(item.tag === "small" ? "p" : item.tag, `words ${item.tag}`);
    if (item.tag === "h2") element.setAttribute("aria-live", "polite");
    return element;
  },
  sheet: (item, send) => figures.build(item, { open: (i, figure) => send(`${figure.item.name},${i}`) }),
  bars: (item) => {
    const bars = make("div", "bars");
    item.shares.forEach((_, i) => {
      const bar = make("div", "bar");
      const track = make("span", "track");
      track.append(make("i", ""), make("span", "share"));
      bar.append(make("span", "digit", i), track);
      bars.append(bar);
    });
    bars.setAttribute("role", "img");
    return figures.framed(bars, barsPicture);
  },
};

const fillers = {
  text: (element, item) => put(element, "textContent", item.words),
  sheet: (figure, item, read, words) => figures.fill(figure, item, read, words),
  bars: (figure, item, read, words) => {
    figures.tell(figure, item, words);
    const largest = item.shares.indexOf(Math.max(...item.shares));
    figure.querySelectorAll(".bar").forEach((bar, i) => {
      bar.classList.toggle("largest", i === largest && item.shares[i] > 0);
      bar.querySelector("i").style.width = `calc(${item.shares[i]} * (100% - 4.2em))`;
      put(bar.querySelector(".share"), "textContent", item.words[i]);
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

const fill = (root, item, i, read) => fillers[item.kind](root.built[i], item, read, root.head.words);

// Shows what was computed in the browser while the server does not know of it yet.  `change(item)` gives [what is other
// in it, its arrays in the order in which they are read]; null for what is of the stroke before, which then fades.
const follow = (root, change) => {
  root.head.items.forEach((item, i) => {
    const changed = change(item);
    root.built[i].classList.toggle("before", !changed);
    // The scale of its maps is not told, so neither are their values.
    if (changed) fill(root, { ...item, limits: null, ...changed[0] }, i, () => changed[1].shift());
  });
  root.classList.remove("faint");
  pin(root, root.parentNode.querySelector(".pinned"));
};

// Shows figures as they are from now on.  `take(item)` gives the item, and a function that reads the next n of its numbers.
const show = (root, head, take) => {
  const form = JSON.stringify(head.items.map((item) =>
    [...figures.form(item), item.place, item.tag, item.name, item.shares?.length]));
  if (root.form !== form) root.built = build(root, head.items, (picked) => root.send(picked));
  root.form = form;
  root.head = head;
  head.items.forEach((each, i) => {
    const [item, read] = take(each);
    fill(root, item, i, read);
    root.built[i].classList.remove("before");
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
