"""What several pages say."""

NETWORK = "Network"
NETWORK_TITLES = {
    "robust": "Best reader",
    "hvass": "Tutorial network",
    "deep-mnist": "Large tutorial network",
    "low-level": "Network after 200 steps",
}
NETWORK_TITLE = "{title} ({name})"
SNAPSHOT = "Training steps"
SNAPSHOT_STEPS = "{n:,} training steps"
SNAPSHOT_HELP = "Shows the network as it was after so many steps of its training, one after the other from 0."
DIGITS = "Digits"
PLAY = "Play"
PAUSE = "Pause"
BROKEN_LABEL = "{name} (broken)"
BROKEN = "**{name} cannot be used.** {reason} The other networks work; choose one above."
NOT_FINITE = "Its weights are so large that what it computes are no numbers any more (infinity, or NaN)."
NO_MODEL = "There is no network under `{root}`. Train one: `python -m cnnviz train --preset hvass`."
MNIST = "MNIST"
BUNDLED = "scikit-learn's digits"
BUNDLED_CAPTION = "1,797 digits of 8×8 pixels that come with scikit-learn, enlarged. They are not MNIST."
OTHER = "{path}, not MNIST"
CLASS = "Class of {day} {month}, {time} ({n})"
CLASS_UNKNOWN = "Digits of a class"
CLASS_LEFT = "The digits of the class were deleted, or their day is over. Shown now: {title}."
CLASS_CAPTION = "Test digits: drawn by a class. Training and validation digits: {base}."
CLASS_LEARNT = (
    "This network has learnt from half of these digits, so that all figures on them are too good. Its page under Train "
    "tests it on the other half."
)
N_DIGITS = {True: "1 digit", False: "{n:,} digits"}
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
FETCHING = "Fetching MNIST: {done:.1f} of {total:.1f} MB"
FETCHED = "MNIST has arrived."
NOT_FETCHED = "MNIST could not be fetched"
RETRY = "Try again"
COMPUTING = "Computing"
EVALUATING = "Reading {n:,} digits: {done:,} done"
BACKEND_FAILED = "{reason} The rest works."
STATES = {
    "waiting": "waiting for its turn",
    "training": "running",
    "paused": "paused",
    "testing": "being tested",
    "finished": "finished",
    "failed": "failed",
}
STOPPED = "stopped before it began"
ENDED_EARLY = "ended early"
STOPPED_AT = "It ended after {n:,} of {planned:,} iterations."
WENT_ON = "It was trained on, to {n:,} iterations; {planned:,} were planned."
PROBABILITIES = "Probability of each digit: {shares}."
NOT_PROVEN = ":material/report: **Does not prove:** {what}"


def network_title(name: str) -> str:
    """What to call a network: the shipped ones by what they are, with their technical name; others by their name."""
    title = NETWORK_TITLES.get(name)
    return NETWORK_TITLE.format(title=title, name=name) if title else name
