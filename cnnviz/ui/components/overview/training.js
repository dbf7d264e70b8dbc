// Training time: a slider over the network's snapshots and a button that plays them.  Between two snapshots the weights
// are interpolated; at rest a real snapshot is shown, and the server is told which.
import { calm } from "./motion.js";

const PLAY_MS = 8000;
const LATE_MS = 500; // before it is said that weights are being fetched
const FOLLOW_MS = 15_000; // so long the server may take to follow

const filled = (sentence, values) => sentence.replace(/{(\w+)}/g, (_, name) => values[name]);
const thousands = (n) => n.toLocaleString("en-US");

export function create(view, fetched) {
  return new Training(view, fetched);
}

class Training {
  constructor(view, fetched) {
    Object.assign(this, { view, fetched, of: "", position: 0, held: false, playing: 0, wanted: null, due: 0 });
    const { slider, play } = view.scene;
    slider.addEventListener("pointerdown", () => this.hold());
    slider.addEventListener("input", () => {
      if (!this.held) this.hold();
      this.slide(Number(slider.value));
    });
    for (const name of ["pointerup", "pointercancel", "change"]) {
      slider.addEventListener(name, () => this.held && this.release());
    }
    slider.addEventListener("keydown", (event) => this.key(event));
    play.addEventListener("click", () => (this.playing ? this.stop() : this.play()));
  }

  /** What the server says: the snapshots, the one that is shown, and, once they are wanted, where their weights are. */
  update(data) {
    const { training, play, slider } = this.view.scene;
    const told = data.training;
    training.hidden = !told || Boolean(data.values);
    if (training.hidden) return;
    const of = `${told.name} ${told.iterations}`;
    if (of !== this.of) { // another network, or a run that has gone on
      this.stop(false);
      Object.assign(this, { of, arrays: null, loading: null, waiting: null, wanted: null, held: false });
      delete this.view.root.dataset.ready;
    }
    if (!play.textContent) play.textContent = data.words.play;
    [slider.min, slider.max, slider.step] = [0, told.iterations.length - 1, calm() ? 1 : 0.01];
    slider.setAttribute("aria-label", data.words.slider);
    this.told = told;
    if (told.offered) this.waiting?.(told.offered);
    if (this.wanted !== null && (told.now === this.wanted || performance.now() > this.until)) this.wanted = null;
    if (this.moves()) return;
    this.position = told.iterations.indexOf(told.now);
    slider.value = this.position;
    this.say();
  }

  moves() {
    return this.held || this.playing !== 0 || this.wanted !== null;
  }

  hold() {
    this.held = true;
    this.stop(false);
    this.load();
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.hold();
    const last = this.told.iterations.length - 1;
    this.slide(Math.min(last, Math.max(0, Math.round(this.position) + step)));
    this.release();
  }

  slide(position) {
    this.position = position;
    this.view.scene.slider.value = position;
    this.say();
    this.load();
    this.due ||= requestAnimationFrame(() => this.paint());
  }

  paint() {
    this.due = 0;
    if (!this.arrays) return;
    const weights = this.weights();
    delete this.view.root.dataset.at;
    this.view.switches.say();
    if (!this.view.draw(weights)) this.view.scene.when.textContent = this.view.data.words.overflow;
  }

  // The weights at the position: a snapshot's own, or between two of them.
  weights() {
    const low = Math.floor(this.position);
    const share = this.position - low;
    const [a, b] = [this.arrays[low], this.arrays[Math.min(low + 1, this.arrays.length - 1)]];
    if (!share) return a;
    this.between = this.between?.length === a.length ? this.between : new Float32Array(a.length);
    const between = this.between;
    for (let i = 0; i < a.length; i++) between[i] = a[i] + share * (b[i] - a[i]);
    return between;
  }

  say() {
    const { words } = this.view.data;
    const { iterations } = this.told;
    const low = Math.floor(this.position);
    const first = thousands(iterations[low]);
    const told = low === this.position ? filled(words.at, { n: first })
      : filled(words.between, { first, second: thousands(iterations[low + 1]) });
    this.view.scene.when.textContent = told;
    this.view.scene.slider.setAttribute("aria-valuetext", told);
  }

  // At rest: the nearest snapshot, which the server and the slider in the head then show too.
  release() {
    this.held = false;
    this.position = Math.round(this.position);
    this.view.scene.slider.value = this.position;
    this.say();
    this.paint();
    const now = this.told.iterations[this.position];
    if (this.arrays) this.view.root.dataset.at = now;
    if (now === this.told.now) {
      this.wanted = null;
      this.view.rest(this.view.data.network);
      return;
    }
    [this.wanted, this.until] = [now, performance.now() + FOLLOW_MS];
    this.view.component.setTriggerValue("step", now);
  }

  async play() {
    this.playing = 1;
    this.view.scene.play.textContent = this.view.data.words.pause;
    await this.load();
    if (!this.playing) return;
    if (!this.arrays) return this.stop(false);
    const last = this.arrays.length - 1;
    let began = 0;
    const step = (now) => {
      began ||= now;
      const position = Math.min(last, ((now - began) / PLAY_MS) * last);
      this.position = calm() ? Math.floor(position) : position;
      this.view.scene.slider.value = this.position;
      this.say();
      this.paint();
      if (position >= last) this.stop();
      else this.playing = requestAnimationFrame(step);
    };
    this.playing = requestAnimationFrame(step);
  }

  stop(rests = true) {
    if (!this.playing) return;
    cancelAnimationFrame(this.playing);
    this.playing = 0;
    this.view.scene.play.textContent = this.view.data.words.play;
    if (rests && this.arrays) this.release();
  }

  /** Fetch every snapshot's weights, once. */
  load() {
    this.loading ??= this.fetchAll().catch((error) => {
      console.error(error);
      this.loading = null;
      this.view.scene.when.textContent = filled(this.view.data.words.not_fetched, { reason: error.message });
    });
    return this.loading;
  }

  async fetchAll() {
    const { of, view } = this;
    const offered = this.told.offered ?? (await new Promise((resolve) => {
      this.waiting = resolve;
      view.component.setStateValue("wants", true);
    }));
    if (offered.includes("")) throw new Error(view.data.words.unreadable);
    let [done, late] = [0, false];
    const progress = () => late && !this.arrays && this.of === of &&
      (view.scene.when.textContent = filled(view.data.words.progress, { done, n: offered.length }));
    const timer = setTimeout(() => progress((late = true)), LATE_MS);
    try {
      const arrays = await Promise.all(offered.map(async (address) => {
        const weights = await this.fetched(address);
        done++;
        progress();
        return weights;
      }));
      if (this.of !== of) return;
      this.arrays = arrays;
      view.root.dataset.ready = "";
      this.say();
      if (this.moves()) this.paint();
    } finally {
      clearTimeout(timer);
    }
  }
}
