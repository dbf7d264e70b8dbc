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
from cnnviz.analysis.adversarial import N_STEPS
from cnnviz.analysis.browsing import Answers, Order
from cnnviz.data.dataset import Source, Split
from cnnviz.data.parts import Part
from cnnviz.drawing.preparation import IMAGE_PX, STEPS
from cnnviz.network.presets import PRESETS
from cnnviz.network.weights import Network
from cnnviz.render.palettes import Palette
from cnnviz.state.rooms import Standing
from cnnviz.ui.changes import Changes
from cnnviz.ui.digit import Digit, Photograph
from cnnviz.ui.drawing_history import DrawingHistory
from cnnviz.ui.entry import Choice
from cnnviz.ui.stroke_answers import StrokeAnswers

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
        address: what it is called in the page's address, where it belongs into a link; short, and unique on its page.
    """

    name: str
    default: T
    writer: str = WIDGET
    kept: bool = False
    address: str = ""

    @property
    def selector(self) -> str:
        """Where the browser finds its widget or container: Streamlit gives what has a key this class, as documented."""
        return f".st-key-{self.name.replace(' ', '-')}"

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


Which = Literal["image", "own"]


@dataclass(frozen=True)
class DigitKeys:
    """Which digit is shown: an image of the data, with its part and its number there, or the session's own.

    The widgets that choose it have keys of their own, because a page may choose a digit too, after they are made.
    """

    which: Key[Which]
    split: Key[Split]
    number: Key[int]
    which_widget: Key[Split | Literal["own"]]
    number_widget: Key[int]
    label: Key[Any]
    random: Key[bool]


def _digit_keys(name: str, number: int = 0, writer: str = WIDGET) -> DigitKeys:
    which: Which = "image"
    split: Split = "test"
    return DigitKeys(
        Key(f"{name} digit", which, writer, kept=True, address=name),
        Key(f"{name} split", split, writer, kept=True, address=f"{name}-of"),
        Key(f"{name} number", number, writer, kept=True, address=f"{name}-image"),
        Key(f"{name} digit widget", split),
        Key(f"{name} number widget", number),
        Key(f"{name} label", "any", kept=True),
        Key(f"{name} random", False),
    )


class Session:
    """What the whole application shares."""

    model = Key("model", "", kept=True, address="net")
    digits = Key[Source | None]("digits", None, kept=True, address="source")
    awaits_digits = Key("awaits digits", False, "the head, while MNIST is being fetched")
    choice = Key[Choice | None]("choice", None, "the head, of its widgets, for parts of a page that run alone")
    page_is_new = Key("page is new", False, "the head")
    head = Key[Any]("head", None, "nobody: the container of the bar")
    tools = Key[Any]("tools", None, "nobody: the container of the bar's buttons")
    thumbnail = Key[Any]("thumbnail", None, "nobody: the popover that shows the digit")
    thumbnail_hidden = Key[Any]("hidden-digit", None, "nobody: what stands for the popover where a lesson hides it")
    offers = Key[Any]("offers", None, "offers: what the page that runs now offers to the report")
    report_choice = Key("report choice", 0)
    report_sentence = Key("report sentence", "")
    report_add = Key("report add", False)
    report_added = Key(
        "report added", 0, "the report: how many entries there are, once one was added, until it is said"
    )
    report_problem = Key("report problem", "", "the report: why something could not be added or changed")
    part_wanted = Key[str | None]("part wanted", None, "whoever opens another part of the page that is open")
    digit = Key[Digit | None]("digit", None, "Draw: what was given last")
    digit_opened = Key("digit opened", False, "a picture that is opened, until the head of the page has shown it")
    shown = _digit_keys("shown", writer="the head's widgets; Draw, when something is given; a picture that is opened")
    playing = Key[str | None]("playing", None, "the play button: whose snapshots are played")
    play_next = Key[int | None]("play next", None, "the play button: where the slider is to go")
    play_ticking = Key("play ticking", False, "the play button")
    present = Key("present", False, "the buttons that begin and end Present", address="present")
    from_end = Key("from end", False, "Present: the place was reached from the one after it, so at its last screen")
    n_stops = Key("stops", 0, "Present: how often another place or part was gone to")
    place_wanted = Key("place wanted", "", "Present, and a kernel that is opened: where to go when the next run begins")
    scene_brings_drawing = Key("scene brings a drawing", False, "a page that is shown as elsewhere, until its next run")
    presenting = Key[Any]("presenting", None, "nobody: a container")
    present_keys = Key[Any]("present keys", None, COMPONENT)
    parts = Key[Sequence[str]]("parts", (), "the page that is open: its parts, in order")
    telephone_more = Key[Any]("telephone more", None, "nobody: what a telephone opens to see the rest of a page")
    theme = Key[Any]("theme switch", None, COMPONENT)
    menu = Key[Any]("closes the menu", None, COMPONENT)
    menu_frame = Key[Any]("menu frame", None, "nobody: a container")
    copy = Key[Any]("copy link", None, COMPONENT)
    hidden = Key[Sequence[str]]("hidden", (), "the address: controls that are not shown", address="hide")
    linked = Key[dict[str, str] | None]("linked", None, "the address, as it was opened, until a page was shown with it")
    left_out = Key[Sequence[str]]("left out", (), "the address: what of it does not fit here")
    address = Key[tuple[str, str, str, float]](
        "address", ("", "", "", 0.0), "the address: its query, the digit's title and picture, and since when"
    )
    place = Key("place", "", "the head: the place that is open")
    lesson = Key("lesson", "", "the lessons' buttons: the one that is walked", kept=True, address="lesson")
    lesson_step = Key("lesson step", 1, "the lessons' buttons: its step, from 1", kept=True, address="lesson-step")
    lesson_answers = Key[Sequence[str]]("lesson answers", (), "the lessons: what was answered, step by step", kept=True)
    lesson_strip = Key[Any]("lesson strip", None, "nobody: the container of the step")
    lesson_back = Key("lesson back", False)
    lesson_next = Key("lesson next", False)
    lesson_leave = Key("lesson leave", False)
    lesson_answer = Key("lesson answer", False)
    has_begun = Key("session has begun", False, "the session, before its first page")
    restored = Key[frozenset[str]]("restored", frozenset(), "the session: the choices that it found stored")
    stored = Key[dict[str, Any] | None]("stored", None, "the session: its record as it was handed on to be stored")
    deleted = Key("stored is deleted", False, "the button that deletes it")
    teacher_proof = Key[str | None]("teacher proof", None, "access: what shows that the passphrase was right")
    delete_stored = Key("delete stored", False)
    stop_everything = Key("stop all runs", False)
    passphrase = Key("passphrase", "")
    enter_passphrase = Key("enter passphrase", False)
    refused_change = Key[tuple[frozenset[str], str]](
        "change refused", (frozenset(), ""), "access: of which runs and why, until the next change"
    )
    refused_passphrase = Key("passphrase refused", "", "access: why, until the next one is typed")


def lesson_guess_of(lesson: str, step: int) -> Key[Any]:
    """The widget in which a step's question is answered."""
    return Key(f"lesson guess {lesson} {step}", None)


def lesson_text_of(lesson: str, step: int) -> Key[Any]:
    """The container of a step's text; style.css knows it by its key. A new one for each step is not scrolled."""
    return Key(f"lesson text {lesson} {step}", None, "nobody: a container")


def begin_lesson_of(lesson: str, *, anew: bool = True) -> Key[bool]:
    """The button that begins a lesson, or goes on with it."""
    return Key(f"{'begin' if anew else 'go on with'} lesson {lesson}", False)


def screen_of(name: str, part: int = 1) -> Key[Any]:
    """What fills one screen in Present, or a part of it."""
    return Key(f"screen {name}" if part == 1 else f"screen {name} part {part}", None, "nobody: a container")


def behind_more_of(name: str) -> Key[Any]:
    """A part of a page that a telephone shows once its "More" is open; style.css knows it by its key."""
    return Key(f"behind more {name}", None, "nobody: a container")


def address_frame_of(part: str) -> Key[Any]:
    """The container, which nobody sees, of what lets the address follow a page, or a part that runs alone."""
    return Key(f"address of {part}", None, "nobody: a container")


def address_of(part: str) -> Key[Any]:
    """What lets the address follow."""
    return Key(f"address component of {part}", None, COMPONENT)


def iteration_of(network: str) -> Key[int]:
    """The snapshot that is chosen of a network."""
    return Key(f"iteration of {network}", 0, "its slider, and the play button", kept=True)


class DrawPage:
    """The page Draw."""

    way = Key("way of giving", "canvas", kept=True, address="way")
    pen_px = Key("pen", 24, kept=True, address="pen")
    thin_pen = Key("thin pen", False, kept=True, address="thin")
    steps = Key[Sequence[str]]("steps", STEPS, kept=True, address="preparation")
    network_beside = Key("network beside", "", kept=True, address="beside")
    calibrated = Key("calibrated", False, kept=True, address="calibrated")
    below = _digit_keys("below")
    use_camera = Key("use camera", False)
    followed = Key[int | None]("followed", None, "Draw: the test image that was chosen elsewhere, once it was here")
    surprise = Key("surprise", False)
    surprise_next = Key("surprise next", False, "Draw's button: the next run looks for a misread digit")
    photograph = Key[Photograph | None]("photograph kept", None, "Draw: the uploader forgets it with the page")
    uploader_version = Key("uploader version", 0, "Draw: an uploader that comes onto the page again is a new one")

    canvas = Key[Any]("canvas", None, COMPONENT)
    beside = Key[Any]("canvas and figures", None, "nobody: the container of the canvas and of the figures beside it")
    canvas_frame = Key[Any]("canvas frame", None, "nobody: a container around the canvas")
    pen_up = Key[Any]("pen up", None, COMPONENT)
    live = Key[Any]("live", None, COMPONENT)
    figures = Key[Any]("draw figures", None, COMPONENT)
    history = Key[DrawingHistory | None]("drawing history", None, "Draw, of what the canvas sends")
    answers = Key[StrokeAnswers | None]("stroke answers", None, "Draw: what answers strokes while no page runs")
    undo = Key("undo", False)
    clear = Key("clear", False)
    squares = Key("grid cells", "0" * IMAGE_PX * IMAGE_PX, "Draw, of what the grid sends", kept=True, address="squares")
    grid_version = Key("grid version", 0, "Draw: a cleared grid is a new one")


def renew(version: Key[int]) -> None:
    """Have a widget with a version in its key be a new one in the next run, which holds nothing."""
    version.set(version.get() + 1)


def grid_of(version: int) -> Key[Any]:
    """The grid of squares itself."""
    return Key(f"grid {version}", None, COMPONENT)


def upload_of(version: int) -> Key[Any]:
    """The uploader of a photograph."""
    return Key(f"photograph {version}", None)


def camera_of(version: int) -> Key[Any]:
    """The camera."""
    return Key(f"camera {version}", None)


class LayersPage:
    """The page Layers, whose parts have keys of their own."""

    beside = Key[Any]("beside", None, "nobody: the container of the maps and of the calculation beside them")
    part = Key("layers part", "network", kept=True, address="part")
    question = Key("layers question", "", "its widget, and the links to it", kept=True, address="question")
    question_group = Key("layers question group", "")
    answer = Key("answer by numbers", False)
    take_along = Key("take along", False)
    without = Key[tuple[tuple[str, str], Network] | None]("without", None, "Layers: the network without some filters")
    n_told = Key(
        "times told", 0, "an address that is shown while Layers is open: what is off is then told to the browser"
    )
    evaluated = Key[tuple[str, str] | None](
        "evaluated without", None, "Layers: the keys of network and digits whose accuracy was asked for last"
    )
    chart = Key("chart of the layers", False)
    explained_maps = Key[Any]("maps of one layer", None, COMPONENT)


def overview_of(network: str) -> Key[Any]:
    """A network on one screen, of whichever of its snapshots."""
    return Key(f"overview of {network}", None, COMPONENT)


def switched_off_of(network: str) -> Key[Sequence[str]]:
    """The filters that are switched off on that screen, as "conv1 3"; what is not there of them is to be left out."""
    return Key(f"{SWITCHED_OFF_OF}{network}", (), "the overview, in the browser", kept=True)


class FiltersPart:
    """Filters, a part of Layers."""

    layer = Key[str | None]("filters layer", None, kept=True, address="layer")
    palette = Key[Palette]("filters palette", "seismic", kept=True, address="palette")
    lay = Key("lay the nearest kernel", False)


def filters_channel_of(layer: str) -> Key[Any]:
    """The input channel that is shown of a layer, or all of them."""
    return Key(f"channel of {layer}", 0, kept=True)


class FeatureMapsPart:
    """Feature maps, a part of Layers."""

    two_images = Key("two images", False, kept=True, address="two")
    other = _digit_keys("other", 13)
    opened_image = Key("opened image", 0, "Feature maps: of which of two images a map was opened")
    scale = Key("maps scale", "layer", kept=True, address="scale")


def layers_shown_of(names: Sequence[str]) -> Key[Sequence[str]]:
    """The layers that are shown, of a network with these."""
    return Key(f"layers of {names}", names, kept=True)


class CalculationPart:
    """The calculation of one pixel, a part of Layers."""

    layer = Key("convolution layer", "", "its widget, and whatever opens a map", kept=True, address="pixel-layer")
    filter = Key("convolution filter", 0, "whatever opens a map", kept=True, address="map")
    place = Key[tuple[int, int] | None](
        "convolution place", None, "the sliding kernel; None: the strongest", kept=True, address="pixel"
    )
    opened_of = Key[tuple[str, ...]]("convolution opened", (), "Layers: of which map and digit the place is")
    every_channel = Key("every channel", False, kept=True, address="every-channel")
    more = Key("every number", False)
    explained_layer = Key("explained layer", "", kept=True, address="explained")


def sliding_channel_of(layer: str) -> Key[int]:
    """The input channel over which the kernel of a layer slides."""
    return Key(f"channel shown of {layer}", 0, kept=True)


def slide_of(layer: str, filter_: int, channel: int, network_key: str, results: np.ndarray) -> Key[Any]:
    """The sliding kernel over one map; another map, network or digit has one of its own, and a page that is shown."""
    place = f"{layer} {filter_} {channel} {network_key[:8]} {hash(results.tobytes())} {LayersPage.n_told.get()}"
    return Key(f"slide {place}", None, COMPONENT)


def kernel_places_of(layer: str, filter_: int, channel: int, network_key: str) -> Key[Any]:
    """The kernel of a filter at a few places."""
    return Key(f"kernel places {layer} {filter_} {channel} {network_key[:8]}", None, COMPONENT)


class WhyPage:
    """The page Why."""

    part = Key("why part", "depends", kept=True, address="part")
    about = Key[Any]("asked about", None, kept=True, address="about")
    side_px = Key("square side", 5, kept=True, address="square")
    seed = Key("exciting seed", 0, kept=True, address="seed")
    strongest = Key[Any]("strongest images", None, COMPONENT)
    patches = Key[Any]("strongest patches", None, COMPONENT)
    favourites = Key[Any]("favourite patches", None, COMPONENT)


class MapPart:
    """The map of digits, a part of Why."""

    way = Key("way of the map", "pca", kept=True, address="map")
    only_misread = Key("map of misread", False, kept=True, address="misread")
    label = Key[Any]("map of one digit", None, kept=True, address="of")
    points = Key[Any]("map of digits", None, COMPONENT)
    nearest = Key[Any]("nearest training digits", None, COMPONENT)


def exciting_layer_of(names: Collection[str]) -> Key[str]:
    """The layer that is asked about, of a network with these."""
    return Key(f"liked layer of {','.join(names)}", next(iter(names)), kept=True)


def exciting_filter_of(layer: str, n: int) -> Key[int]:
    """The filter that is asked about, of a layer with n."""
    return Key(f"liked filter of {layer} of {n}", 0, kept=True)


def pictures_of(name: str) -> Key[Any]:
    """Pictures that cannot be opened, by the name of their file, which is unique on its page."""
    return Key(f"pictures {name}", None, COMPONENT)


def maps_of(layer: str, network_key: str, image: int = 0) -> Key[Any]:
    """The sheet of a layer's maps, one of which can be opened; of the first or the second image."""
    return Key(f"maps of {layer} {network_key[:16]}{' beside' * image}", None, COMPONENT)


def kernels_of(layer: str, channel: int | None, network_key: str) -> Key[Any]:
    """The sheet of a layer's kernels for one input channel, or for all of them (None)."""
    return Key(f"kernels of {layer} {channel} {network_key[:16]}", None, COMPONENT)


class KernelsPage:
    """The page Kernels."""

    part = Key("kernels part", "hand", kept=True, address="part")
    size = Key("laboratory size", 3, kept=True, address="size")
    stride = Key("laboratory stride", 1, kept=True, address="stride")
    padding = Key("laboratory padding", 0, kept=True, address="padding")
    image_text = Key("laboratory text image", "", kept=True, address="image")
    kernel = Key("laboratory kernel", "", kept=True, address="kernel")
    typed_kernel = Key("laboratory typed", "", kept=True, address="typed")
    slide = Key[Any]("laboratory slide", None, COMPONENT)
    learnt = Key("to a learnt filter", False)


def kernel_text_of(size: int) -> Key[str]:
    """The typed kernel of a size."""
    return Key(f"laboratory text kernel {size}", "", kept=True)


def output_of(size: int) -> Key[Any]:
    """The output of a size, one number of which is picked."""
    return Key(f"laboratory output {size}", None, COMPONENT)


class MistakesPage:
    """The page Mistakes."""

    part = Key("mistakes part", "misread", kept=True, address="part")
    which = Key[evaluation.MistakeOrder]("mistakes choice", "first", kept=True, address="which")
    seed = Key("mistakes seed", 0, "Mistakes: the nine that are drawn", kept=True, address="seed")
    matrix = Key[Any]("matrix", None, "its chart")
    gallery = Key[Any]("mistakes gallery", None, COMPONENT)
    cell = Key[Any]("mistakes of a cell", None, COMPONENT)
    whole_cell = Key("whole cell", False)
    batch = Key("batch", evaluation.BATCH_SIZE, kept=True, address="batch")
    read_batches = Key("read batches", False)
    temperature = Key("temperature", 1.0, "its slider, and the buttons beside it", kept=True, address="temperature")
    fitted = Key("fitted temperature", False)
    as_it_is = Key("temperature as it is", False)
    confidences = Key("confidences shown", "all", kept=True, address="range")
    readings = Key[Any]("readings by batch", ("", "", {}), "Mistakes: what was read in batches, and of which network")


def amount_of(change: str, none: float) -> Key[float]:
    """How much of a change is made; `none` changes nothing."""
    return Key(f"stress {change}", none, kept=True)


def curve_of(change: str) -> Key[Any]:
    """The chart of a change."""
    return Key(f"curve {change}", None, "its chart")


class BreakItPage:
    """The page Break it."""

    part = Key("break it part", "network", kept=True, address="part")
    to_random = Key("to random", False)
    restore = Key("restore", False)
    rank = Key("rank", False)
    kernels = Key[Any]("kernels to switch off", None, COMPONENT)
    kernels_before = Key[Any]("kernels before", None, COMPONENT)
    kernels_after = Key[Any]("kernels after", None, COMPONENT)
    n_restored = Key("broken version", 0, "Break it: widgets begin anew when everything is restored")
    changed = Key[tuple[tuple[str, str], Network] | None]("operated", None, "Break it: the network with its changes")
    ranked = Key[frozenset[tuple[str, str, str]]]("ranked", frozenset(), "Break it: the rankings that were asked for")
    target = Key[int | None]("adversarial target", None, kept=True, address="target")
    size = Key[int | None](
        "adversarial size",
        None,
        "its slider, and the buttons that go to the smallest change",
        kept=True,
        address="size",
    )
    search_steps = Key("adversarial steps", N_STEPS, kept=True, address="search-steps")
    beside = Key("adversarial beside", "", kept=True, address="beside")


def to_smallest_of(place: int) -> Key[bool]:
    """The button that goes to the smallest change found, of the first or the second network."""
    return Key(f"to the smallest change {place}", False)


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

    part = Key[Part]("data part", "test", kept=True, address="data")
    at_a_time = Key("images at a time", 9, kept=True, address="show")
    order = Key[Order]("images order", "number", kept=True, address="order")
    digit = Key("images class", -1, kept=True, address="class")
    answers = Key[Answers]("images answers", "all", kept=True, address="answers")
    palette = Key[Palette]("images palette", "gray", kept=True, address="palette")
    seed = Key("images seed", 0, "Data: the random order", kept=True, address="seed")
    first = Key("first image", 0, "Data: the place in the order of the first one shown", kept=True, address="from")
    number = Key("image number", 0)
    wanted = Key[int | None]("image wanted", None, "the field for a number, until the page shows that image")
    gallery = Key[Any]("images gallery", None, COMPONENT)
    delete_class = Key[Any]("delete digits of a class", None, "nobody: the popover")
    delete_class_sure = Key("delete digits of a class for good", False)


class RoomKeys:
    """The room that a session is in."""

    standing = Key[Standing | None]("room standing", None, "rooms: in which room this browser is, and as whom")
    wanted = Key("room wanted", "", "the address: the code of a room to come into")
    refused = Key("room refused", "", "rooms: why one could not come in, until it is told")
    scene = Key("room scene", 0, "rooms: the last one of the teacher's that was shown here")
    page_wanted = Key("room wants the page", False, "the strip, until the page runs")
    handed_in = Key("room handed in", 0, "rooms: the question for which a drawing was handed in")
    progress = Key("progress told", "", "rooms: how far in a lesson this browser is, as the teacher was told")
    said = Key("room said", "", "rooms: what became of that")
    breaking = Key[tuple[int, tuple[str, ...]] | None](
        "room breaking", None, "breaking: the question and the filters off that are to be handed in by the next run"
    )
    strip = Key[Any]("room strip", None, COMPONENT)
    frame = Key[Any]("room", None, "nobody: a container")
    news = Key[Any]("room news", None, COMPONENT)
    code = Key("room code", "")
    code_frame = Key[Any]("room-code", None, "nobody: the container of the code, which style.css makes large")
    wall_matrix = Key[Any]("wall matrix", None, "its chart")
    wall = Key[Any]("wall", None, COMPONENT)
    consent = Key("the class agrees", False)
    kept = Key("wall was kept", False, "the wall, until the next run of the page")
    wall_order = Key("wall order", "first")
    wall_opened = Key[str]("wall opened", "", "the wall: whose drawing was opened last, by fingerprint")
    offered = Key[dict[str, Any]]("offered to ask", {}, "the page that is open: what makes each question, by its title")
    wants_to_ask = Key("wants to ask", False, "the teacher's strip, until the dialog is open")
    was_asked = Key("was asked", False, "the dialog, until the next run of a page")
    ask = Key("ask the class", False)
    subject = Key("asked about what", "")
    asked_label = Key[Any]("asked digit", None)


def remove_of(member: int) -> Key[bool]:
    """The button that takes a member out of a room."""
    return Key(f"remove member {member}", False)


def asked_text_of(text: str) -> Key[str]:
    """The text of a question, before it is asked, that is this by default."""
    return Key(f"asked text {text}", text)


class ClassroomPage:
    """The page Class."""

    part = Key("classroom part", "room", kept=True, address="part")
    race_setting = Key("race setting", "learning rate", kept=True, address="setting")
    report_name = Key("report name", "")
    report_typed = Key[Any]("report typed", None, "the part My report: the name, for the thread that makes the file")


def entry_of_report(what: Literal["sentence", "up", "delete"], number: int) -> Key[Any]:
    """What changes an entry of the report: its sentence, or a button."""
    return Key(f"report entry {number} {what}", None)


class TrainPage:
    """The page Train, and the form that its experiments share with it."""

    part = Key("train part", "train", kept=True, address="part")
    preset = Key("train preset", "", kept=True, address="preset")
    run = Key("train run", "", "its widget, and the run that was begun", kept=True, address="run")
    begun = Key("train run begun", "", "the start button, until the page shows that run")
    add_class = Key("add the class", True, kept=True, address="add-class")
    train_without = Key("train without the class", False)


def plan_field(preset: str, label: str) -> Key[Any]:
    """A setting of the form; each preset has its own."""
    return Key(f"{preset}: {label}", None, kept=True)


def plan_form_of(run: str) -> Key[Any]:
    """What opens to show the form: a new one, which is closed, for each run that is shown."""
    return Key(f"plan form beside {run}", None)


def more_steps_of(run: str) -> Key[int]:
    """How many more training steps a run is to have."""
    return Key(f"more steps of {run}", 1)


def extend_of(run: str) -> Key[bool]:
    """The button that trains a run on; its label says how many steps, so it needs a name of its own."""
    return Key(f"train on {run}", False)


def delete_of(run: str) -> Key[Any]:
    """What opens to delete a run."""
    return Key(f"delete {run}", None)


def run_kernels_of(run: str) -> Key[Any]:
    """The kernels of a run, each of which opens."""
    return Key(f"kernels of run {run}", None, COMPONENT)


def run_curve_of(what: str) -> Key[Any]:
    """The chart of a run's accuracy, or of its loss."""
    return Key(f"{what} curve", None, "its chart")


class ComparePart:
    """Compare, a part of Train."""

    names = Key[Sequence[str]]("compared", (), kept=True, address="compared")
    curves = Key("compared curves", "validation", kept=True, address="curves")
    log = Key("compared log", "", kept=True, address="log")


def compared_at(place: int) -> Key[str]:
    """The network at one of the two places."""
    return Key(f"compared {place}", "", kept=True)


class ExperimentsPart:
    """Experiments, a part of Train."""

    kind = Key("experiment kind", "", kept=True, address="experiment")
    preset = Key("experiment preset", "", kept=True, address="experiment-preset")
    iterations = Key("experiment iterations", PRESETS["fast"].recipe.iterations, kept=True, address="iterations")
    exercise = Key("exercise", 1, kept=True, address="exercise")
    settings = Key[Sequence[str]]("sweep settings", ("learning rate",), kept=True, address="settings")
    n_seeds = Key("sweep seeds", 5, kept=True, address="seeds")
    experiment = Key("experiment", "", "its widget, and the start button", kept=True, address="result")
    listed = Key[str | None]("experiment listed", None)
    own_weights = Key[int | None]("own weights", None, kept=True, address="own-weights")
    own_train = Key[int | None]("own training images", None, kept=True, address="own-images")
    own_accuracy = Key("own accuracy", "", kept=True, address="own-accuracy")
    own_loss = Key[float | None]("own first loss", None, kept=True, address="own-loss")
    wanted = Key[str | None]("experiment wanted", None, "the list of experiments, until its question is shown")


def sweep_values_of(setting: str) -> Key[str]:
    """The values of a setting, as they are typed."""
    return Key(f"sweep {setting}", "", kept=True)


def own_layer_of(layer: str) -> Key[int | None]:
    """How many weights a layer of a program of one's own has."""
    return Key(f"own weights of {layer}", None)


def stack_of(name: str) -> Key[Any]:
    """A container whose columns stand one below the other where there is little room; style.css knows it by its key."""
    return Key(f"stack-{name}", None, "nobody: a container")


def pairs_of(name: str) -> Key[Any]:
    """A container whose columns stand two by two on a tablet and one below the other on a telephone, by style.css."""
    return Key(f"pairs-{name}", None, "nobody: a container")


def download_of(kind: Literal["png", "csv", "file"], name: str) -> Key[bool]:
    """The button that downloads a picture, a table or another file."""
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
            keys += [value.which, value.split, value.number, value.label] if isinstance(value, DigitKeys) else []
    return {key.name: key for key in keys}


KEYS = _named_keys()
CHANGES_OF = "changes of "
SWITCHED_OFF_OF = "switched off of "
_KEPT_BEGINNINGS = (
    *("iteration of ", "channel of ", "layers of ", "channel shown of ", "liked layer of "),
    *(
        "liked filter of ",
        "laboratory text kernel ",
        "stress ",
        CHANGES_OF,
        SWITCHED_OFF_OF,
        "broken layer of ",
        "compared ",
        "sweep ",
    ),
)
"""Of the kept keys that come from a function; those of a plan's form begin with a preset."""


def is_kept(name: str) -> bool:
    """True when what a key remembers is a person's choice that is worth keeping; also before the key is made."""
    if name in KEYS:
        return KEYS[name].kept
    if name.startswith(_KEPT_BEGINNINGS):
        return True
    return name.split(": ", maxsplit=1)[0] in PRESETS and ": " in name


def remembered() -> dict[str, Any]:
    """Everything that this session remembers, by key."""
    return {str(name): value for name, value in st.session_state.items()}


def let_go() -> None:
    """End this run of the page here if another one waits to begin; a page calls it while it waits for something else.

    Streamlit ends a run where the script shows something or asks for what is remembered, by an exception.
    """
    Session.page_is_new.get()
