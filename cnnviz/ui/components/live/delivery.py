"""What a component needs to compute with a network in the browser: where its scripts and its weights are.

The scripts in this folder are modules that a component's own script imports, and that a worker can be made of:

    const scripts = new URL(data.scripts, document.baseURI);
    const { load } = await import(new URL("weights.js", scripts));
    const network = await load(data.network, document.baseURI);
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from cnnviz.network.description import described, weight_bytes
from cnnviz.network.weights import Network
from cnnviz.server import immutable


@functools.cache
def scripts() -> str:
    """The address of the folder of scripts, relative to the page's."""
    return immutable.offer_scripts(Path(__file__).parent)


def network_for_browser(network: Network) -> dict[str, Any]:
    """What `load` in weights.js takes, as JSON: `described`, and "weights", their address; call it in every run."""
    return described(network.config) | {"weights": immutable.offer_weights(network.key, weight_bytes(network))}
