// A network on one screen: the digit, the maps of every block, the dense layers, the ten outputs and the answer,
// computed here of weights and digit, or drawn of the server's numbers where that cannot be.  The modules beside this
// file and in components/live do the work: scene.js builds the elements, paint.js colours them, pointing.js and training.js move them.
//
// Streamlit calls this after every run of the page: the elements stay, so that what has the focus keeps it.
const MODULES = ["forward.js", "weights.js", "scene.js", "paint.js", "pointing.js", "training.js",
  "switches.js", "channels.js", "picture.js"];

const numbers = (text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
};

// All that one overview is: `update` takes what the server says, `draw` computes the network with some weights.
class View {
  constructor(root, data, [{ build }, { fetched }, scene, paint, pointing, training, switches, channels, picture]) {
    this.fetched = (address) => fetched(address, document.baseURI);
    Object.assign(this, { root, build, known: "", address: "" });
    this.scene = scene.create(root);
    this.layout = scene;
    this.paint = paint;
    this.pointing = pointing.create(this);
    this.training = training.create(this, this.fetched);
    this.switches = switches.create(this);
    this.scene.png.onclick = () => picture.download(this.scene, this.data.words.file);
    this.scene.root.cnnvizView = this;
    new ResizeObserver(() => this.fit()).observe(root.parentElement);
    const view = new WeakRef(this); // the window outlives the page, and must not keep 15 MB of weights
    addEventListener("resize", () => view.deref()?.fit());
    window.cnnvizChannels = (...place) => {
      const found = view.deref();
      return found ? channels.sums(found, ...place) : null;
    };
  }

  update(component) {
    const { data } = component;
    Object.assign(this, { component, data, image: numbers(data.image) });
    if (this.table !== data.table) {
      this.table = data.table;
      this.painter = this.paint.painter(Uint8Array.from(atob(data.table), (letter) => letter.charCodeAt(0)));
    }
    const built = JSON.stringify([data.groups, data.strips, data.words]);
    if (built !== this.known) {
      this.known = built;
      this.layout.fill(this.scene, data);
      this.pointing.clear();
    }
    this.layout.mark(this.scene, data.marked);
    this.training.update(data);
    this.switches.update(data);
    this.fit();
    if (data.values) this.drawValues(data.values);
    else if (!this.training.moves()) this.rest(data.network);
  }

  // A real snapshot, or any network that stands still.
  async rest(network) {
    const late = setTimeout(() => this.drawn || this.say(this.data.words.fetching), 500);
    this.wanted = network.weights;
    try {
      if (this.address !== network.weights) {
        const weights = await this.fetched(network.weights);
        if (this.wanted !== network.weights || this.training.moves()) return;
        [this.address, this.weights] = [network.weights, weights];
      }
      if (!this.draw(this.weights)) throw new Error(this.data.words.overflow);
      this.say("");
      this.root.dataset.at = this.data.training ? this.data.training.now : 0;
    } catch (error) {
      console.error(error);
      this.say(this.data.words.failed.replace("{reason}", error.message));
      this.component.setStateValue("failed", network.weights); // the server sends its numbers then
    } finally {
      clearTimeout(late);
    }
  }

  // False, and nothing is drawn, where the numbers overflow.
  draw(weights) {
    const network = this.build(this.data.network, weights);
    this.last = weights;
    const result = network.run(this.image, this.switches.off);
    if (!result.finite) return false;
    this.show({ layers: result.layers, shapes: network.shapes, probabilities: result.probabilities, weights });
    return true;
  }

  /** Draw the same network again, with what is switched off now; where the server computes, it sends what it shows. */
  again() {
    if (this.last && !this.data.values && !this.draw(this.last)) this.say(this.data.words.overflow);
    else this.pointing.refresh();
  }

  drawValues(values) {
    const layers = new Map(Object.entries(values).map(([name, text]) => [name, numbers(text)]));
    const shapes = new Map(this.data.network.layers.map((layer) => [layer.name, layer.shape]));
    this.show({ layers, shapes, probabilities: layers.get("softmax"), weights: null });
    if (this.data.why) this.say(this.data.why);
    this.root.dataset.at = "server";
  }

  show(frame) {
    this.frame = frame;
    this.drawn = (this.drawn ?? 0) + 1;
    this.root.dataset.drawn = this.drawn;
    this.painter.paint(this.scene, this.image, frame, this.data.words);
    this.pointing.refresh();
    if (!this.training.moves()) window.dispatchEvent(new Event("cnnviz-drawn"));
  }

  say(sentence) {
    if (this.scene.why.textContent === sentence) return;
    this.scene.why.textContent = sentence;
    this.fit();
  }

  fit() {
    if (this.data && this.layout.fit(this.scene)) this.pointing.refresh();
  }
}

const start = async (root, data) => {
  const folder = new URL(data.scripts, document.baseURI);
  return new View(root, data, await Promise.all(MODULES.map((name) => import(new URL(name, folder)))));
};

export default function (component) {
  const root = component.parentElement.querySelector(".overview");
  root.cnnviz ??= start(root, component.data);
  root.cnnviz.then((view) => view.update(component)).catch((error) => {
    console.error(error);
    root.textContent = component.data.words.failed.replace("{reason}", error.message);
  });
}
