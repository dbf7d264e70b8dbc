"""What a server has in place of its scheduler while another server uses the folder of runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from cnnviz.data.dataset import Source
from cnnviz.network.presets import Plan
from cnnviz.training.scheduler import Scheduler

NOWHERE = ".nothing"


class LookOnly(Scheduler):
    """A scheduler without runs that begins none: the other server's are not this one's to stop or to write.

    Args:
        root: the folder; networks in it are shown as everywhere.
        refusal: why nothing is trained here, in a sentence.
    """

    def __init__(self, root: Path, refusal: str) -> None:
        super().__init__(root / NOWHERE)
        self.root, self.refusal = root, refusal

    def begin(self, plan: Plan, source: Source, name: str, **_: Any) -> NoReturn:
        """Refuse.

        Raises:
            ValueError: always; the message is the sentence.
        """
        raise ValueError(self.refusal)

    def begin_experiment(
        self, planned: Sequence[tuple[str, Plan]], source: Source, name: str, exercise: int | None = None, **_: Any
    ) -> NoReturn:
        """Refuse, as `begin`."""
        raise ValueError(self.refusal)
