"""What a session has done to a network on the page Break it."""

from __future__ import annotations

from dataclasses import dataclass, field

Spot = tuple[str, int, int]
"""Layer, input channel, filter."""


@dataclass
class Changes:
    """What is done to a network, in this order.

    Attributes:
        random: layers put back to random values.
        noise: share of a layer's standard deviation, by layer.
        kernels: typed text by layer, input channel and filter.
        off: filters or neurons switched off, by layer.
        unread: where text was typed that is no kernel; it changes nothing.
    """

    random: set[str] = field(default_factory=set)
    noise: dict[str, float] = field(default_factory=dict)
    kernels: dict[Spot, str] = field(default_factory=dict)
    off: dict[str, list[int]] = field(default_factory=dict)
    unread: set[Spot] = field(default_factory=set)

    def __bool__(self) -> bool:
        return any((self.random, self.noise, self.kernels, self.off))
