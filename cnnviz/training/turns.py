"""Who is next: persons take turns piece by piece, and within a person's turns that person's experiments and runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence


class Turns:
    """The order of turns: one student with fifty runs has one turn of as many as there are students."""

    def __init__(self) -> None:
        self._persons = RoundRobin()
        self._units: dict[str, RoundRobin] = {}

    def next(self, waiting: Mapping[str, tuple[str, str]], in_flight: Sequence[str], n_workers: int) -> str | None:
        """The run that is sent something now.

        Args:
            waiting: whose turn each waiting run takes, and which unit of that person's it is of (an experiment, or the
                run alone), by the run's name; of a unit's runs, the next one first.
            in_flight: whose turn each thing took that was sent.
            n_workers: how many things are computed at once.

        Returns:
            the run's name, None when no run may be sent anything.
        """
        first: dict[str, dict[str, str]] = {}
        for name, (person, unit) in waiting.items():
            first.setdefault(person, {}).setdefault(unit, name)
        self._units = {person: units for person, units in self._units.items() if person in {*first, *in_flight}}
        # A person may fill all the workers, not the place behind them that is another's turn.
        may = [person for person in first if in_flight.count(person) < n_workers]
        chosen = self._persons.next(first, may, in_flight)
        if chosen is None:
            return None
        units = first[chosen]
        next_unit = self._units.setdefault(chosen, RoundRobin()).next(units, units)
        return units[next_unit] if next_unit is not None else None


class RoundRobin:
    """Whoever has had a turn goes to the end; whoever is new stands there, too."""

    def __init__(self) -> None:
        self._order: list[str] = []

    def next(self, waiting: Collection[str], may: Collection[str], stay: Collection[str] = ()) -> str | None:
        """Who is next, and has had the turn.

        Args:
            waiting: who has something to be done, in the order in which new ones are to stand.
            may: who may have a turn now.
            stay: who keeps a place without waiting, because something of theirs is being done.
        """
        self._order = [key for key in self._order if key in waiting or key in stay]
        self._order += [key for key in waiting if key not in self._order]
        chosen = next((key for key in self._order if key in waiting and key in may), None)
        if chosen is not None:
            self._order.remove(chosen)
            self._order.append(chosen)
        return chosen
