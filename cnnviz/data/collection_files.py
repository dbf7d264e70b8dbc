"""The digits of a class as files for other programs: as MNIST's own are, and for NumPy."""

from __future__ import annotations

import dataclasses
import gzip
import io
import zipfile

import numpy as np

from cnnviz.data import mnist
from cnnviz.data.collections import Collection
from cnnviz.npz import npz_bytes

THEN = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a ZIP file can state: the same digits give the same bytes."""


def idx_zip(digits: Collection) -> bytes:
    """A ZIP file with two of MNIST's four: its test images and test labels, gzipped, of these digits."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for what, items in (("test images", digits.images), ("test labels", digits.labels)):
            file = dataclasses.replace(mnist.FILES[what], n=len(digits))
            packed = gzip.compress(file.header + items.tobytes(), mtime=0)
            archive.writestr(zipfile.ZipInfo(f"{file.name}.gz", THEN), packed)
    return content.getvalue()


def npz(digits: Collection) -> bytes:
    """The names of Keras's archive: `x_test` and `y_test`; and `person`, which digits are of one hand."""
    return npz_bytes({"x_test": digits.images, "y_test": digits.labels, "person": digits.persons.astype(np.uint16)})
