// The component `scatter`: a map of digits, a point for each.  Pointing at one shows its picture, a click opens it; a
// finger gets a button for that.  When the points move, as from one snapshot of a training to the next, they are seen to
// move, unless the reader's system asks for less motion.
import { attribute, filled, inflated, make, put, unpacked } from "./message.js";
import { lookOf } from "./picture.js";
import { draw, nearest } from "./points.js";

const MOVE_MS = 500;
const REACH_PX = 14; // so far from a point it is still meant

const read = async (data) => {
  const [head, next] = unpacked(await inflated(data));
  const numbers = (n) => {
    const bytes = next(2 * n).slice();
    return Float32Array.from(new Uint16Array(bytes.buffer), (step) => step / head.steps);
  };
  const [x, y] = [numbers(head.n), numbers(head.n)];
  const own = { ...head.own, x: head.own.x / head.steps, y: head.own.y / head.steps };
  return { ...head, own, x, y, labels: next(head.n), reads: next(head.n) };
};

const build = (root) => {
  const figure = document.createElement("figure");
  const field = figure.appendChild(make("div", "field"));
  const canvas = field.appendChild(document.createElement("canvas"));
  canvas.setAttribute("role", "img");
  const tip = field.appendChild(make("div", "tip"));
  const picture = tip.appendChild(document.createElement("canvas"));
  [picture.width, picture.height, tip.hidden] = [28, 28, true];
  const line = tip.appendChild(make("div", "line"));
  const open = tip.appendChild(make("button", ""));
  const caption = figure.appendChild(document.createElement("figcaption"));
  const words = caption.appendChild(make("span", ""));
  const download = caption.appendChild(make("a", "", "PNG"));
  root.replaceChildren(figure);
  return { field, canvas, tip, picture, line, open, words, download };
};

// The pixels of an image, as a grey picture; a browser keeps what it has fetched.
const paintImage = async (canvas, address) => {
  const bytes = new Uint8Array(await (await fetch(new URL(address, document.baseURI))).arrayBuffer());
  const image = new ImageData(28, 28);
  bytes.forEach((grey, i) => image.data.set([grey, grey, grey, 255], 4 * i));
  canvas.getContext("2d").putImageData(image, 0, 0);
};

class Field {
  constructor(root) {
    this.root = root;
    Object.assign(this, build(root));
    this.at = -1;
    this.send = () => {};
    new ResizeObserver(() => this.paint()).observe(this.canvas);
    this.canvas.onpointermove = (event) => event.pointerType !== "touch" && this.point(this.under(event), false);
    this.canvas.onpointerleave = (event) => event.pointerType !== "touch" && this.point(-1, false);
    this.canvas.onclick = (event) => this.click(this.under(event), event.pointerType === "touch");
    this.open.onclick = () => this.send(this.at);
    this.download.onclick = (event) => this.save(event);
    this.download.href = "#";
  }

  show(data) {
    const before = this.data;
    this.data = data;
    put(this.words, "textContent", data.words.caption);
    put(this.open, "textContent", data.words.open);
    attribute(this.canvas, "aria-label", data.words.alt);
    attribute(this.download, "aria-label", data.words.download);
    const moves = before && before.data === data.data && before.x.some((x, i) => x !== data.x[i] || before.y[i] !== data.y[i]);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (moves && !still) this.move(this.places);
    else this.settle();
  }

  settle() {
    cancelAnimationFrame(this.moving);
    const { x, y, own } = this.data;
    this.places = { x, y, own };
    this.root.setAttribute("data-moves", "no");
    this.paint();
  }

  move(from) {
    cancelAnimationFrame(this.moving);
    this.root.setAttribute("data-moves", "yes");
    this.point(-1, false);
    const begun = performance.now();
    const step = (now) => {
      const share = Math.min(1, Math.max(0, (now - begun) / MOVE_MS));
      if (share === 1 || !this.root.isConnected) return this.settle();
      const eased = share * share * (3 - 2 * share);
      const between = (a, b) => a + (b - a) * eased;
      const { x, y, own } = this.data;
      this.places = {
        x: x.map((to, i) => between(from.x[i], to)),
        y: y.map((to, i) => between(from.y[i], to)),
        own: { ...own, x: between(from.own.x, own.x), y: between(from.own.y, own.y) },
      };
      this.paint();
      this.moving = requestAnimationFrame(step);
    };
    this.moving = requestAnimationFrame(step);
  }

  paint() {
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio);
    if (!this.data || !side) return;
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    draw(this.canvas, { ...this.data, ...this.places }, lookOf(this.root), this.at);
  }

  // The point that is meant, or -1.
  under(event) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    return nearest({ ...this.data, ...this.places }, x, y, REACH_PX / box.width);
  }

  point(i, touched) {
    if (i !== this.at) {
      this.at = i;
      this.paint();
      if (i >= 0) this.tell(i);
    }
    this.tip.classList.toggle("touched", touched);
    this.tip.hidden = i < 0;
    if (i < 0) return;
    const { x, y } = this.places;
    const [right, low] = [x[i] > 0.5, y[i] > 0.5];
    Object.assign(this.tip.style, {
      left: right ? "auto" : `calc(${100 * x[i]}% + 12px)`, right: right ? `calc(${100 * (1 - x[i])}% + 12px)` : "auto",
      top: low ? "auto" : `calc(${100 * y[i]}% + 12px)`, bottom: low ? `calc(${100 * (1 - y[i])}% + 12px)` : "auto",
    });
  }

  tell(i) {
    const { labels, reads, words, images } = this.data;
    const values = { number: i, label: labels[i], read: reads[i] };
    this.line.textContent = filled(labels[i] === reads[i] ? words.right : words.wrong, values);
    const pen = this.picture.getContext("2d");
    pen.clearRect(0, 0, 28, 28);
    const wanted = document.createElement("canvas");
    paintImage(wanted, `${images}${i}.bin`)
      .then(() => this.at === i && pen.drawImage(wanted, 0, 0))
      .catch((error) => console.warn(error)); // the words say which digit it is
  }

  click(i, touched) {
    if (touched) this.point(i, true);
    else if (i >= 0) this.send(i);
  }

  save(event) {
    event.preventDefault();
    this.canvas.toBlob((blob) => {
      const link = document.createElement("a");
      [link.href, link.download] = [URL.createObjectURL(blob), `${this.data.words.name}.png`];
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }
}

export default async function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".scatter");
  const call = (root.call = {});
  const shown = await read(data);
  if (root.call !== call) return; // it was called again meanwhile
  root.map ??= new Field(root);
  root.map.send = (i) => setTriggerValue("opened", i);
  root.map.show(shown);
}
