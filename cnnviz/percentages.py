"""Shares in words, as percentages."""

NO_BREAK = "\u00a0"
"""A space that keeps a number and its sign on one line; the font of the pictures has no glyph for it."""


def percent(share: float, places: int = 2) -> str:
    """A share in [0, 1] as a percentage, rounded to so many places: 98.82 %."""
    return f"{100 * share:.{places}f}{NO_BREAK}%"


def probability(prob: float) -> str:
    """A probability in words that does not claim more than it is: 99.97 % is not 100 %."""
    if 0 < prob < 0.0005:
        return f"<0.1{NO_BREAK}%"
    if prob >= 0.9995:  # a softmax is 1 only by rounding
        return f">99.9{NO_BREAK}%"
    return percent(prob, 1)
