"""In a real browser: a component imports the scripts, fetches the weights once, and computes in a worker, too."""

import os

import numpy as np
import pytest

import browser
from cnnviz.network import store
from common import ROOT
from networks import layer_outputs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        browser.chromium() is None and os.environ.get("CI") != "true", reason="no Chromium on this machine"
    ),
]
PAGE = '''
import streamlit as st
from starlette.middleware import Middleware
from cnnviz.network import store
from cnnviz.server.immutable import Immutable
from cnnviz.ui.components.live import delivery

JS = """
const WORKER = `
  self.onmessage = async ({ data: { scripts, network, base, image } }) => {
    const { load } = await import(new URL("weights.js", scripts));
    const { probabilities, finite } = (await load(network, base)).run(image);
    self.postMessage({ probabilities, finite });
  };
`;
export default async function ({ data, parentElement }) {
  const base = document.baseURI, scripts = new URL(data.scripts, base), image = new Float32Array(784).fill(0.5);
  const { load } = await import(new URL("weights.js", scripts));
  const here = (await load(data.network, base)).run(image);
  const worker = new Worker(URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" })), { type: "module" });
  worker.onmessage = ({ data: there }) => {
    window.found = { here: [...here.probabilities], there: [...there.probabilities] };
  };
  worker.postMessage({ scripts: scripts.href, network: data.network, base, image });
}
"""

def home():
    network = store.load(next(model for model in store.models() if model.name == "hvass"))
    show = st.components.v2.component("delivered", js=JS)
    show(key="delivered", data={"scripts": delivery.scripts(), "network": delivery.network_for_browser(network)})

if __name__ == "__main__":
    st.navigation([st.Page(home, url_path="home"), st.Page(lambda: None, title="Other", url_path="other")]).run()
else:
    app = st.App(__file__, middleware=[Middleware(Immutable)])
'''


SENT_BYTES = """() => performance.getEntriesByType("resource")
  .filter((entry) => entry.name.includes("/cnnviz/")).map((entry) => entry.transferSize)"""


def test_a_component_computes_with_what_it_fetches_once_under_a_base_path(new_page, tmp_path):
    script = tmp_path / "page.py"
    script.write_text(PAGE)
    network = store.load(next(model for model in store.models() if model.name == "hvass"))
    with browser.server(str(script), "/lesson/room", PYTHONPATH=str(ROOT)) as (address, _), new_page() as page:
        fetched, complaints = [], []
        page.on("response", lambda response: fetched.append((response.url, response.status)))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        page.wait_for_function("window.found")
        found, at_first = page.evaluate("window.found"), page.evaluate(SENT_BYTES)
        page.reload()
        page.wait_for_function("window.found")
        after_a_reload = page.evaluate(SENT_BYTES)
    wanted = layer_outputs(network, np.full((28, 28, 1), 0.5, np.float32))["softmax"]
    assert np.abs(np.array(found["here"]) - wanted).max() < 1e-4
    assert found["there"] == found["here"]
    assert max(at_first) > network.n_bytes
    assert set(after_a_reload) == {0}, "all is in the browser's cache"
    assert {status for url, status in fetched if "/cnnviz/" in url} == {200}
    assert complaints == []
