"""The room in which a class works together."""


def show() -> None:
    """Who is in the room, and what it does."""
