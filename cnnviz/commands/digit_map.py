"""`map`: the test digits placed by t-SNE, in a file beside the model's weights."""

from __future__ import annotations

import argparse
import time

from cnnviz.analysis import embedding, tsne
from cnnviz.commands import common
from cnnviz.data import dataset
from cnnviz.files import write_atomically


def digit_map(args: argparse.Namespace) -> int:
    """Compute the map of the model's last snapshot, and write it; one that is there is replaced."""
    model = common.open_model(args.model)
    network = common.network(model)
    test = dataset.load(common.digit_source(args.data), "test")
    features = embedding.features_of_range(network, test, 0, len(test))
    begun = time.monotonic()
    positions = tsne.tsne(features, embedding.principal_axes(features))
    content = tsne.written(positions, network, test)
    write_atomically(model.folder / tsne.FILE, content)
    seconds = time.monotonic() - begun
    print(f"{model.folder / tsne.FILE}: {len(test):,} digits, {len(content):,} bytes, {seconds:.0f} s")
    return 0
