"""Questions about images and labels: one-hot, 784, -1 and four axes."""

from __future__ import annotations

import numpy as np

from cnnviz.network.config import IMAGE_PX, N_CLASSES
from cnnviz.pages.layers.asked.case import Answer, Case, Question, has, number, table
from cnnviz.percentages import probability


class Words:
    """Questions, answers and captions."""

    one_hot = "Why is a label written one-hot?"
    one_hot_answer = (
        "{truth}, written as ten numbers: a 1 at place {digit}, a 0 at the nine others. So the label has the form of "
        "the ten probabilities, and place by place it can be compared with them; as numbers, a 9 would be farther "
        "from a 1 than a 2 is, which means nothing for classes. Argmax goes back: the place of the largest number, "
        "here {read}, is the class."
    )
    one_hot_heads = ("Digit", "Label", "Probability")
    one_hot_caption = "The label of this digit beside what the network answers."

    pixels = "Is x 784?"
    pixels_answer = (
        "Yes: an image is 28×28 pixels, and written row behind row that is 28 · 28 = {n} numbers. Pixel (r, c) stands "
        "at place 28 · r + c. The pixel with the most ink here, row {row}, column {column}, is x[{place}] = {value}."
    )
    pixels_heads = ("Row", "Columns {first} to {last}", "Places in x")
    pixels_caption = "The ink of five rows around it, and where they stand in the 784 numbers."

    minus_one = "Why does the reshape begin with −1?"
    minus_one_answer = (
        "−1 says: work this size out. The total of numbers stays as it is, so the first size is that total divided by "
        "the product of the others, 28 · 28 · 1 = {product}. In that way the same line serves one image or a whole "
        "batch."
    )
    minus_one_heads = ("Images", "Numbers", "Worked out for −1", "Shape")
    minus_one_caption = "x.reshape(−1, 28, 28, 1) for this digit, for a batch of this network, and for all test digits."

    four_axes = "Why four axes and not three?"
    four_axes_answer = (
        "A convolution reads a batch of images, each with rows, columns and channels: that is four sizes. A grey image "
        "has 1 channel, and it has to be said, since the next layers have more. The first layer turns this digit's "
        "1 channel into {channels}."
    )
    four_axes_heads = ("Axis", "Name", "Size here", "What it counts")
    four_axes_caption = "The axes of this digit as the network gets it."
    axes = (
        ("batch", "images that are read together"),
        ("height", "rows of pixels"),
        ("width", "columns of pixels"),
        ("channels", "pictures of one image: grey has 1, colour 3"),
    )


def one_hot(case: Case) -> Answer:
    """The label beside the probabilities."""
    probs = case.outputs["softmax"]
    rows = [(digit, int(digit == case.true), probability(float(probs[digit]))) for digit in range(N_CLASSES)]
    text = Words.one_hot_answer.format(truth=case.truth(), digit=case.true, read=case.read_as)
    return Answer(text, [table(Words.one_hot_heads, rows, Words.one_hot_caption)])


def pixels(case: Case) -> Answer:
    """Where a pixel stands in the 784 numbers."""
    image = case.image[:, :, 0]
    row, column = (int(i) for i in np.unravel_index(image.argmax(), image.shape))
    top, left = min(max(row - 2, 0), IMAGE_PX - 5), min(max(column - 2, 0), IMAGE_PX - 5)
    rows = [
        (
            r,
            " ".join(f"{ink:.2f}" for ink in image[r, left : left + 5]),
            f"{IMAGE_PX * r + left} … {IMAGE_PX * r + left + 4}",
        )
        for r in range(top, top + 5)
    ]
    heads = [head.format(first=left, last=left + 4) for head in Words.pixels_heads]
    place = IMAGE_PX * row + column
    values = {"n": image.size, "row": row, "column": column, "place": place, "value": number(image.ravel()[place])}
    return Answer(Words.pixels_answer.format(**values), [table(heads, rows, Words.pixels_caption)])


def minus_one(case: Case) -> Answer:
    """The first size for one image, a batch and all test digits."""
    product = case.image.size
    rows = []
    for n in (1, case.recipe.batch_size, len(case.tools.digits("test"))):
        total = n * product
        rows.append((f"{n:,}", f"{total:,}", f"{total:,} / {product} = {total // product:,}", f"({n:,}, 28, 28, 1)"))
    text = Words.minus_one_answer.format(product=product)
    return Answer(text, [table(Words.minus_one_heads, rows, Words.minus_one_caption)])


def four_axes(case: Case) -> Answer:
    """What each of the four sizes counts."""
    sizes = case.image[None].shape
    rows = [(i, name, size, what) for i, (size, (name, what)) in enumerate(zip(sizes, Words.axes, strict=True))]
    channels = case.layers_of("convolution")[0].shape[2]
    text = Words.four_axes_answer.format(channels=channels)
    return Answer(text, [table(Words.four_axes_heads, rows, Words.four_axes_caption)])


QUESTIONS = {
    "one-hot": Question(Words.one_hot, one_hot, place="data"),
    "pixels": Question(Words.pixels, pixels, numbers=(17,), layers=("input",), place="data"),
    "minus-one": Question(Words.minus_one, minus_one, numbers=(16,), layers=("input",), place="data"),
    "four-axes": Question(Words.four_axes, four_axes, has("convolution"), (18,), ("input",)),
}
