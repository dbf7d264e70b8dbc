// Filters that are switched off: the network is computed without them at once; what that does to its accuracy on the
// test set comes from the server a moment later.  What is off is known here: the server is told, and says it only to an
// overview that is new, or when another page was to be shown.
const [ASK_MS, SLOWER, SLOWEST_MS] = [700, 1.2, 4000]; // when it asks for the accuracy again
const MOST_ASKED = 60; // a worker that is gone is not asked for ever

const filled = (sentence, values) => sentence.replace(/{(\w+)}/g, (_, name) => values[name]);

export function create(view) {
  return new Switches(view);
}

class Switches {
  constructor(view) {
    Object.assign(this, { view, of: "", off: {}, asked: 0 });
    const { reset, breakIt } = view.scene;
    reset.addEventListener("click", () => this.set([]));
    breakIt.addEventListener("click", () => view.component.setTriggerValue("break_it", true));
  }

  /** What the server says: what was off when it last told this overview, and the accuracy without what is off. */
  update(data) {
    if (this.of !== data.switches.of) {
      this.of = data.switches.of;
      this.keep(data.switches.off);
    }
    this.show();
    this.wait();
  }

  // Streamlit calls `update` only when something has changed, so that this asks until it is told.
  wait() {
    clearTimeout(this.asking);
    if (this.isKnown()) this.asked = 0;
    if (this.isKnown() || this.asked >= MOST_ASKED) return;
    this.asking = setTimeout(() => {
      if (!this.view.root.isConnected) return; // another page is open
      this.asked++;
      if (this.isTold()) this.view.component.setTriggerValue("asks", this.asked);
      this.wait();
    }, Math.min(SLOWEST_MS, ASK_MS * SLOWER ** this.asked));
  }

  /** Whether a map's filter is off. */
  has(group, number) {
    return this.off[group.convolution]?.includes(number) ?? false;
  }

  /** Switch a map's filter off, or on again. */
  toggle(group, number) {
    const name = `${group.convolution} ${number}`;
    const names = this.names();
    this.set(names.includes(name) ? names.filter((each) => each !== name) : [...names, name]);
  }

  set(names) {
    this.keep(names);
    this.asked = 0;
    this.show();
    this.view.again();
    this.view.component.setStateValue("off", this.names());
    this.wait();
  }

  keep(names) {
    this.off = {};
    for (const name of names) {
      const [layer, number] = name.split(" ");
      (this.off[layer] ??= []).push(Number(number));
    }
    for (const numbers of Object.values(this.off)) numbers.sort((a, b) => a - b);
  }

  names() {
    return Object.keys(this.off).sort().flatMap((layer) => this.off[layer].map((number) => `${layer} ${number}`));
  }

  // Whether the server speaks of what is off now, and of the network that is shown; and whether it has said all.
  isTold() {
    const told = [...this.view.data.switches.off].sort().join();
    return told === this.names().sort().join() && !this.view.training.moves();
  }

  isKnown() {
    return this.isTold() && this.view.data.switches.accuracy !== null;
  }

  /** Dots, crosses and the line below the network. */
  show() {
    const { scene, data: { words } } = this.view;
    for (const group of scene.groups) {
      group.maps.forEach(({ button, toggle }, number) => {
        const off = this.has(group, number);
        button.classList.toggle("off", off);
        button.setAttribute("aria-label", filled(off ? words.map_off : words.map, { number }));
        toggle.setAttribute("aria-checked", String(!off));
      });
    }
    this.say();
  }

  /** The line alone, which changes while training is played. */
  say() {
    const { scene, data: { words, switches } } = this.view;
    const n = this.names().length;
    write(scene.off, n === 0 ? words.off_hint : n === 1 ? words.one_off : filled(words.off, { n }));
    const [scores, sentence] = n && this.isKnown() ? switches.accuracy : ["", n ? words.reading : ""];
    write(scene.scores, scores);
    write(scene.accuracy, sentence);
    scene.reset.hidden = scene.breakIt.hidden = n === 0;
    scene.switched.hidden = scene.groups.length === 0;
  }
}

const write = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};
