"""Everything that a session remembers, each thing once: its key, type and default, who writes it, and if it is kept.

A page reads and writes `DrawPage.pen_px.get()` and gives its widget `key=DrawPage.pen_px.name`. Keys that there are for
each network, layer or filter come from a function. No other module touches `st.session_state`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import numpy as np
import streamlit as st

from cnnviz.analysis import evaluation
from cnnviz.data.dataset import Source, Split
from cnnviz.drawing.preparation import IMAGE_PX, STEPS
from cnnviz.network.presets import PRESETS
from cnnviz.network.weights import Network
from cnnviz.ui.changes import Changes
from cnnviz.ui.digit import Digit, Photograph
from cnnviz.ui.drawing_history import DrawingHistory
from cnnviz.ui.entry import Choice

T = TypeVar("T")
WIDGET = "its widget"
COMPONENT = "its component, in the browser"


@dataclass(frozen=True, eq=False)
class Key(Generic[T]):
    """One thing that a session remembers.

    Attributes:
        name: where it lies in `st.session_state`, and the key of its widget.
        default: what it is until it is written.
        writer: who writes it.
        kept: True when it is a person's choice that is worth keeping across a reload of the page: it can be written
            down in an address or a database, and means the same later on.
    """

    name: str
    default: T
    writer: str = WIDGET
    kept: bool = False

    def get(self) -> T:
        """What is remembered."""
        value: T = st.session_state.get(self.name, self.default)
        return value

    def set(self, value: T) -> None:
        """Remember a value; that of a widget can only be set before the widget is made, or in a callback."""
        st.session_state[self.name] = value

    def begin(self, value: T) -> T:
        """Remember a value unless there is one already; what is remembered then."""
        begun: T = st.session_state.setdefault(self.name, value)
        return begun

    def exists(self) -> bool:
        """True once it was written."""
        return self.name in st.session_state

    def forget(self) -> None:
        """Go back to the default."""
        st.session_state.pop(self.name, None)


class Session:
    """What the whole application shares."""

    model = Key("model", "", kept=True)
    digits = Key[Source | None]("digits", None, kept=True)
    choice = Key[Choice | None]("choice", None, "the sidebar, of its widgets, for parts of a page that run alone")
    open_page = Key("open page", "", "the sidebar")
    page_is_new = Key("page is new", False, "the sidebar")
    digit = Key[Digit | None]("digit", None, "Draw: what was given last")
    playing = Key[str | None]("playing", None, "the sidebar's play button: whose snapshots are played")
    play_next = Key[int | None]("play next", None, "the sidebar's play button: where the slider is to go")
    play_ticking = Key("play ticking", False, "the sidebar's play button")
    has_begun = Key("session has begun", False, "the session, before its first page")
    restored = Key[frozenset[str]]("restored", frozenset(), "the session: the choices that it found stored")
    stored = Key[dict[str, Any] | None]("stored", None, "the session: its record as it was handed on to be stored")
    deleted = Key("stored is deleted", False, "the button that deletes it")
    teacher_proof = Key[str | None]("teacher proof", None, "access: what shows that the passphrase was right")
    delete_stored = Key("delete stored", False)
    stop_everything = Key("stop all runs", False)
    passphrase = Key("passphrase", "")
    enter_passphrase = Key("enter passphrase", False)
    refused_passphrase = Key("passphrase refused", "", "access: why, until the next one is typed")


def iteration_of(network: str) -> Key[int]:
    """The snapshot that is chosen of a network."""
    return Key(f"iteration of {network}", 0, "its slider, and the play button", kept=True)


Which = Literal["test", "own"]


@dataclass(frozen=True)
class DigitKeys:
    """Which digit a page works on: a test image, with its number, or the session's own."""

    which: Key[Which]
    number: Key[int]


def _digit_keys(name: str, number: int = 0, writer: str = WIDGET) -> DigitKeys:
    which: Which = "test"
    return DigitKeys(Key(f"{name} digit", which, writer, kept=True), Key(f"{name} number", number, writer, kept=True))


class DrawPage:
    """The page Draw."""

    way = Key("way of giving", "canvas", kept=True)
    pen_px = Key("pen", 24, kept=True)
    thin_pen = Key("thin pen", False, kept=True)
    steps = Key[Sequence[str]]("steps", STEPS, kept=True)
    network_beside = Key("network beside", "", kept=True)
    image_below = Key("image below", 0, kept=True)
    upload = Key[Any]("photograph", None)
    use_camera = Key("use camera", False)
    camera = Key[Any]("camera", None)
    surprise = Key("surprise", False)
    surprise_next = Key("surprise next", False, "Draw's button: the next run looks for a misread digit")
    photograph = Key[Photograph | None]("photograph kept", None, "Draw: the uploader forgets it with the page")

    canvas = Key[Any]("canvas", None, COMPONENT)
    canvas_frame = Key[Any]("canvas frame", None, "nobody: a container around the canvas")
    pen_up = Key[Any]("pen up", None, COMPONENT)
    figures = Key[Any]("draw figures", None, COMPONENT)
    history = Key[DrawingHistory | None]("drawing history", None, "Draw, of what the canvas sends")
    squares = Key("grid cells", "0" * IMAGE_PX * IMAGE_PX, "Draw, of what the grid sends", kept=True)
    grid_version = Key("grid version", 0, "Draw: a cleared grid is a new one")


def grid_of(version: int) -> Key[Any]:
    """The grid of squares itself."""
    return Key(f"grid {version}", None, COMPONENT)


class FiltersPage:
    """The page Filters."""

    layer = Key[str | None]("filters layer", None, kept=True)
    palette = Key("filters palette", "seismic", kept=True)


def filters_channel_of(layer: str) -> Key[Any]:
    """The input channel that is shown of a layer, or all of them."""
    return Key(f"channel of {layer}", 0, kept=True)


@dataclass(frozen=True)
class ImageKeys(DigitKeys):
    """One of the images on Feature maps: also the label to look for, and the button that draws an image at random."""

    label: Key[Any]
    random: Key[bool]


def image_at(place: int, number: int) -> ImageKeys:
    """The image at one of the places on Feature maps, and the number of the one that stands there at first."""
    keys = _digit_keys(f"image {place}", number)
    return ImageKeys(
        keys.which, keys.number, Key(f"image {place} label", "any", kept=True), Key(f"image {place} random", False)
    )


class FeatureMapsPage:
    """The page Feature maps."""

    two_images = Key("two images", True, kept=True)
    scale = Key("maps scale", "layer", kept=True)


def layers_shown_of(names: Sequence[str]) -> Key[Sequence[str]]:
    """The layers that are shown, of a network with these."""
    return Key(f"layers of {names}", names, kept=True)


class ConvolutionPage:
    """The page Convolution."""

    digit = _digit_keys("convolution", writer="its widget, and Network, where a map is opened")
    layer = Key("convolution layer", "", "its widget, and Network, where a map is opened", kept=True)
    filter = Key("convolution filter", 0, "its widget, and Network, where a map is opened", kept=True)
    place = Key[tuple[int, int] | None]("convolution place", None, "Convolution, of the sliding kernel", kept=True)
    every_channel = Key("every channel", False, kept=True)


def sliding_channel_of(layer: str) -> Key[int]:
    """The input channel over which the kernel of a layer slides."""
    return Key(f"channel shown of {layer}", 0, kept=True)


def slide_of(layer: str, filter_: int, channel: int, network_key: str, results: np.ndarray) -> Key[Any]:
    """The sliding kernel over one map; another map, network or digit has one of its own."""
    return Key(f"slide {layer} {filter_} {channel} {network_key[:8]} {hash(results.tobytes())}", None, COMPONENT)


class LookPage:
    """The page What it looks at."""

    digit = _digit_keys("look")
    about = Key[Any]("asked about", None, kept=True)
    side_px = Key("square side", 5, kept=True)
    seed = Key("exciting seed", 0, kept=True)


def exciting_layer_of(names: Collection[str]) -> Key[str]:
    """The layer that is asked about, of a network with these."""
    return Key(f"liked layer of {','.join(names)}", next(iter(names)), kept=True)


def exciting_filter_of(layer: str, n: int) -> Key[int]:
    """The filter that is asked about, of a layer with n."""
    return Key(f"liked filter of {layer} of {n}", 0, kept=True)


class NetworkPage:
    """The page Network."""

    digit = _digit_keys("network")


def maps_of(layer: str, network_key: str) -> Key[Any]:
    """The sheet of a layer's maps, one of which can be picked."""
    return Key(f"maps of {layer} {network_key[:16]}", None, COMPONENT)


class LaboratoryPage:
    """The page Laboratory."""

    size = Key("laboratory size", 3, kept=True)
    stride = Key("laboratory stride", 1, kept=True)
    padding = Key("laboratory padding", 0, kept=True)
    image_text = Key("laboratory text image", "", kept=True)
    digit = _digit_keys("laboratory")
    kernel = Key("laboratory kernel", "", kept=True)
    typed_kernel = Key("laboratory typed", "", kept=True)
    slide = Key[Any]("laboratory slide", None, COMPONENT)


def kernel_text_of(size: int) -> Key[str]:
    """The typed kernel of a size."""
    return Key(f"laboratory text kernel {size}", "", kept=True)


def output_of(size: int) -> Key[Any]:
    """The output of a size, one number of which is picked."""
    return Key(f"laboratory output {size}", None, COMPONENT)


class MistakesPage:
    """The page Mistakes."""

    which = Key[evaluation.MistakeOrder]("mistakes choice", "first", kept=True)
    seed = Key("mistakes seed", 0, "Mistakes: the nine that are drawn", kept=True)
    matrix = Key[Any]("matrix", None, "its chart")


class RobustnessPage:
    """The page Robustness."""

    digit = _digit_keys("robustness")


def amount_of(change: str, none: float) -> Key[float]:
    """How much of a change is made; `none` changes nothing."""
    return Key(f"stress {change}", none, kept=True)


def curve_of(change: str) -> Key[Any]:
    """The chart of a change."""
    return Key(f"curve {change}", None, "its chart")


class BreakItPage:
    """The page Break it."""

    to_random = Key("to random", False)
    restore = Key("restore", False)
    rank = Key("rank", False)
    n_restored = Key("broken version", 0, "Break it: widgets begin anew when everything is restored")
    changed = Key[tuple[tuple[str, str], Network] | None]("operated", None, "Break it: the network with its changes")
    ranked = Key[frozenset[tuple[str, str, str]]]("ranked", frozenset(), "Break it: the rankings that were asked for")


def changes_of(network_key: str) -> Key[Changes | None]:
    """What is done to a network."""
    return Key(f"changes of {network_key}", None, "Break it, of its widgets", kept=True)


def broken_layer_of(names: Collection[str]) -> Key[str]:
    """The layer that is changed, of a network with these."""
    return Key(f"broken layer of {','.join(names)}", next(iter(names)), kept=True)


def change_of(network_key: str, what: str) -> Key[Any]:
    """The widget of a change; a new one when everything is restored."""
    return Key(f"{what}, {network_key[:8]}, {BreakItPage.n_restored.get()}", None)


def typed_spot_of(layer: str, what: Literal["filter", "channel"]) -> Key[int]:
    """The filter, or the input channel, of a layer whose kernel is typed."""
    return Key(f"typed {what} of {layer}", 0)


class DataPage:
    """The page Data."""

    samples = Key("samples", "first", kept=True)
    seed = Key("samples seed", 0, "Data: the nine that are drawn", kept=True)
    counts = Key[Split]("counts", "train", kept=True)


class TrainPage:
    """The page Train, and the form that Experiments shares with it."""

    preset = Key("train preset", "", kept=True)
    run = Key("train run", "", "its widget, and the start button", kept=True)


def plan_field(preset: str, label: str) -> Key[Any]:
    """A setting of the form; each preset has its own."""
    return Key(f"{preset}: {label}", None, kept=True)


def delete_of(run: str) -> Key[Any]:
    """What opens to delete a run."""
    return Key(f"delete {run}", None)


def run_curve_of(what: str) -> Key[Any]:
    """The chart of a run's accuracy, or of its loss."""
    return Key(f"{what} curve", None, "its chart")


class ComparePage:
    """The page Compare."""

    names = Key[Sequence[str]]("compared", (), kept=True)
    curves = Key("compared curves", "validation", kept=True)


def compared_at(place: int) -> Key[str]:
    """The network at one of the two places."""
    return Key(f"compared {place}", "", kept=True)


class ExperimentsPage:
    """The page Experiments."""

    kind = Key("experiment kind", "", kept=True)
    preset = Key("experiment preset", "", kept=True)
    iterations = Key("experiment iterations", 300, kept=True)
    exercise = Key("exercise", 1, kept=True)
    settings = Key[Sequence[str]]("sweep settings", ("learning rate",), kept=True)
    n_seeds = Key("sweep seeds", 2, kept=True)
    experiment = Key("experiment", "", "its widget, and the start button", kept=True)


def sweep_values_of(setting: str) -> Key[str]:
    """The values of a setting, as they are typed."""
    return Key(f"sweep {setting}", "", kept=True)


def download_of(kind: Literal["png", "csv"], name: str) -> Key[bool]:
    """The button that downloads a picture or a table."""
    return Key(f"{kind} {name}", False)


def opened(key: Key[T | None], make: Callable[[], T]) -> T:
    """What is remembered under a key, made when it is first asked for; for what is changed in place."""
    value = key.get()
    if value is None:
        value = make()
        key.set(value)
    return value


def _named_keys() -> dict[str, Key[Any]]:
    """Every key that has a name of its own, by name."""
    keys = []
    for page in list(globals().values()):
        for value in vars(page).values() if isinstance(page, type) else ():
            keys += [value] if isinstance(value, Key) else []
            keys += [value.which, value.number] if isinstance(value, DigitKeys) else []
    return {key.name: key for key in keys}


KEYS = _named_keys()
CHANGES_OF = "changes of "
_KEPT_BEGINNINGS = (
    *("iteration of ", "channel of ", "image 0 ", "image 1 ", "layers of ", "channel shown of ", "liked layer of "),
    *("liked filter of ", "laboratory text kernel ", "stress ", CHANGES_OF, "broken layer of ", "compared ", "sweep "),
)
"""Of the kept keys that come from a function; those of a plan's form begin with a preset."""
_NOT_KEPT_ENDINGS = (" random",)


def is_kept(name: str) -> bool:
    """True when what a key remembers is a person's choice that is worth keeping; also before the key is made."""
    if name in KEYS:
        return KEYS[name].kept
    if name.startswith(_KEPT_BEGINNINGS):
        return not name.endswith(_NOT_KEPT_ENDINGS)
    return name.split(": ", maxsplit=1)[0] in PRESETS and ": " in name


def remembered() -> dict[str, Any]:
    """Everything that this session remembers, by key."""
    return {str(name): value for name, value in st.session_state.items()}


def let_go() -> None:
    """End this run of the page here if another one waits to begin; a page calls it while it waits for something else.

    Streamlit ends a run where the script shows something or asks for what is remembered, by an exception.
    """
    Session.page_is_new.get()
