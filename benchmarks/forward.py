"""How long a network's forward pass takes in Chromium, for each shipped network; the tests use its page, too."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import browser
from cnnviz.data import dataset
from cnnviz.network import store
from cnnviz.network.config import NetworkConfig, layers
from cnnviz.network.description import described, weight_bytes
from cnnviz.network.weights import Network, Weights
from cnnviz.ui.components.live import delivery

ADDRESS = "http://forward.test/"
FOLDER = Path(delivery.__file__).parent
N_WARM, N_TIMED = 50, 400
SCRIPT = """
const { build } = await import("/forward.js"), { preparation } = await import("/prepare.js");
const floats = async (path) => new Float32Array(await (await fetch(path)).arrayBuffer());
const joined = (arrays) => {
  const all = new Float32Array(arrays.reduce((n, array) => n + array.length, 0));
  arrays.reduce((at, array) => (all.set(array, at), at + array.length), 0);
  return all;
};
let network;
window.begin = async (config) => void (network = build(config, await floats("/weights")));
window.outputs = async (names, off) => {
  const images = await floats("/images"), finite = [], outputs = [];
  for (let i = 0; i < images.length; i += 784) {
    const result = network.run(images.subarray(i, i + 784), off);
    finite.push(result.finite);
    for (const name of names) outputs.push(result.layers.get(name).slice());
  }
  await fetch("/sent", { method: "POST", body: joined(outputs) });
  return finite;
};
window.times = async () => {
  const images = await floats("/images"), took = [];
  for (let i = 0; i < images.length; i += 784) {
    const began = performance.now();
    network.run(images.subarray(i, i + 784));
    took.push(performance.now() - began);
  }
  return took;
};
window.prepared = async (drawings, step) => {
  const bytes = new Uint8Array(await (await fetch("/images")).arrayBuffer()), found = [];
  let at = 0;
  for (const { height, width, channels, without } of drawings) {
    const pixels = bytes.subarray(at, (at += height * width * channels));
    found.push(preparation(pixels, width, height, without)?.[step] ?? null);
  }
  await fetch("/sent", { method: "POST", body: joined(found.map((image) => image?.values ?? [])) });
  return found.map((image) => image && [image.height, image.width]);
};
"""


class ForwardPage:
    """The scripts of the browser on an empty page."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self._served: dict[str, bytes] = {}
        self._sent = b""
        self._config: NetworkConfig | None = None
        page.route(f"{ADDRESS}**", self._answer)
        page.goto(ADDRESS)
        page.evaluate(f"async () => {{ {SCRIPT} }}")

    def open(self, network: Network) -> None:
        """Build a network."""
        self.open_weights(network.config, weight_bytes(network))

    def open_weights(self, config: NetworkConfig, weights: Sequence[memoryview | bytes]) -> None:
        """Build a network of weights that may be no numbers."""
        self._config = config
        self._served["/weights"] = b"".join(weights)
        self.page.evaluate("config => begin(config)", described(config))

    def outputs(
        self, images: np.ndarray, names: Collection[str] | None = None, off: Mapping[str, Sequence[int]] | None = None
    ) -> tuple[list[bool], Weights]:
        """What leaves layers of the network that was opened last.

        Args:
            images: float32 (n, 28, 28, 1).
            names: of the layers; all of them without.
            off: filters, or neurons, that are switched off, by layer.

        Returns:
            for each image whether all is finite; and by layer an array with n entries.
        """
        if self._config is None:
            raise ValueError("Expected a network to be opened before.")
        shapes = {layer.name: layer.shape for layer in layers(self._config) if names is None or layer.name in names}
        self._served["/images"] = images.astype("<f4").tobytes()
        finite = self.page.evaluate("([names, off]) => outputs(names, off)", [list(shapes), dict(off or {})])
        values = np.frombuffer(self._sent, "<f4").reshape(len(images), -1)
        ends = np.cumsum([np.prod(shape) for shape in shapes.values()])
        parts = np.split(values, ends[:-1], axis=1)
        named = zip(shapes.items(), parts, strict=True)
        return finite, {name: part.reshape(-1, *shape) for (name, shape), part in named}

    def times(self, images: np.ndarray) -> list[float]:
        """Milliseconds for each image."""
        self._served["/images"] = images.astype("<f4").tobytes()
        took: list[float] = self.page.evaluate("times()")
        return took

    def prepared(
        self, drawings: Sequence[np.ndarray], without: Sequence[Collection[str]], step: str = "centred"
    ) -> list[np.ndarray | None]:
        """A step of the preparation of drawings, uint8 (height, width) or (height, width, 4)."""
        told = [
            {"height": ink.shape[0], "width": ink.shape[1], "channels": ink[0, 0].size, "without": list(steps)}
            for ink, steps in zip(drawings, without, strict=True)
        ]
        self._served["/images"] = b"".join(ink.tobytes() for ink in drawings)
        shapes = self.page.evaluate("([drawings, step]) => prepared(drawings, step)", [told, step])
        values = np.frombuffer(self._sent, "<f4")
        ends = np.cumsum([np.prod(shape) if shape else 0 for shape in shapes]).astype(int)
        parts = np.split(values, ends[:-1])
        return [part.reshape(shape) if shape else None for part, shape in zip(parts, shapes, strict=True)]

    def _answer(self, route: Any) -> None:
        path = "/" + route.request.url.removeprefix(ADDRESS)
        if path.endswith(".js"):
            route.fulfill(body=(FOLDER / path[1:]).read_text("utf-8"), content_type="text/javascript")
        elif path == "/sent":
            self._sent = route.request.post_data_buffer or b""
            route.fulfill(body="")
        else:
            route.fulfill(body=self._served.get(path, b""), content_type="text/html" if path == "/" else "")


@contextlib.contextmanager
def opened(of: Any = None) -> Iterator[ForwardPage]:
    """The page, in a Chromium of its own or in the one that is given."""
    with browser.page(of) as page:
        yield ForwardPage(page)


def main() -> None:
    """Print median and 95th percentile for each shipped network."""
    source, _ = dataset.find()
    digits = dataset.load(source or dataset.BUNDLED, "test").images[: N_WARM + N_TIMED]
    with opened() as page:
        for model in store.models():
            page.open(store.load(model))
            took = page.times(digits)[N_WARM:]
            median, late = np.percentile(took, (50, 95))
            print(f"{model.name:12} {median:5.2f} ms, at most {late:5.2f} ms for 95 of 100 digits")


if __name__ == "__main__":
    main()
