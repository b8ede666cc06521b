"""What a benchmark finds: figures, each with its bar, and the facts that are worth knowing beside them."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. With a peer the bar is the largest ratio allowed, without one the largest figure itself."""

    what: str
    ours: float
    unit: str
    bar: float
    peer: float | None = None
    peer_name: str = ""
    strict: bool = False

    @property
    def ratio(self) -> float | None:
        """Ours to the peer's; None without a peer."""
        return None if self.peer is None else self.ours / self.peer

    @property
    def passes(self) -> bool:
        """Whether the bar is held; `strict` bars must be undercut."""
        found = self.ours if self.ratio is None else self.ratio
        return found < self.bar if self.strict else found <= self.bar


@dataclass(frozen=True, slots=True)
class Result:
    """The figures of one benchmark and facts beside them, in words."""

    title: str
    figures: tuple[Figure, ...]
    facts: dict[str, str] = field(default_factory=dict)


def p95(seconds: Sequence[float]) -> float:
    """The 95th percentile; of one figure that figure."""
    return statistics.quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
