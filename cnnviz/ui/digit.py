"""The digit that a page works on, with where it came from."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cnnviz.data.dataset import Dataset, Split
from cnnviz.drawing.preparation import PackedPreparation, Preparation

Kind = Literal[
    "test image", "training image", "validation image", "drawing", "drawing over a test image", "photograph", "squares"
]
OF_DATA: dict[Split, Kind] = {"test": "test image", "train": "training image", "validation": "validation image"}
"""What an image of each part of the digits is."""


@dataclass(frozen=True)
class Origin:
    """Where a digit came from.

    Attributes:
        kind: what it is.
        dataset: name of the data set that the image, or the one drawn over, is of; "" where there is none.
        number: its number there.
    """

    kind: Kind
    dataset: str = ""
    number: int | None = None


@dataclass(frozen=True, eq=False)
class Digit:
    """What a network is shown.

    Attributes:
        image: float32 (28, 28) in [0, 1], 1 = full ink.
        origin: where it came from.
        kept: every step from what was given to `image`, also packed; None for an image of the data, which needs none.
        label: the true digit where it is known, that is, of an image of the data.
    """

    image: np.ndarray
    origin: Origin
    kept: Preparation | PackedPreparation | None = None
    label: int | None = None

    @property
    def preparation(self) -> Preparation | None:
        """Every step from what was given to `image`; None for an image of the data."""
        return self.kept.unpacked() if isinstance(self.kept, PackedPreparation) else self.kept

    def packed(self) -> Digit:
        """The same digit in less room, for a session to remember."""
        return dataclasses.replace(self, kept=self.kept.packed()) if isinstance(self.kept, Preparation) else self

    @property
    def is_own(self) -> bool:
        """True when a person gave it (drew, photographed, filled it in), so that it may be no digit at all."""
        return self.origin.kind not in OF_DATA.values()


@dataclass(frozen=True, eq=False)
class Photograph:
    """What was read of a file: its name, the picture in shades of grey and its ink, both float32 in [0, 1].

    `file_id` is Streamlit's name for the file, which no other one has.
    """

    file_id: str
    name: str
    grey: np.ndarray
    ink: np.ndarray


def of_data(digits: Dataset, number: int, split: Split = "test") -> Digit:
    """One image of a data set, which is that part of the digits."""
    image = np.asarray(digits.images[number, :, :, 0])
    return Digit(image, Origin(OF_DATA[split], digits.name, number), label=int(digits.labels[number]))


def given(preparation: Preparation, origin: Origin = Origin("drawing")) -> Digit:
    """What a person gave, once it is prepared."""
    return Digit(preparation.centred, origin, preparation)
