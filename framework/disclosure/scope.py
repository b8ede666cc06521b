"""What a round asks to be disclosed, as plain data: it prefills the template and decides the checks, in this process or a child."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from framework.disclosure.columns import TEMPLATE_VERSION


@dataclass(frozen=True, slots=True)
class LotScope:
    """One lot: its categories and spec tiers, and the component types, chain tiers and minerals it asks about."""

    code: str
    name: str = ""
    categories: tuple[str, ...] = ()
    spec_tiers: tuple[str, ...] = ()
    component_types: tuple[str, ...] = ()
    tiers: tuple[int, ...] = (1, 2)
    minerals: tuple[str, ...] = ()
    asks_mines: bool = False


@dataclass(frozen=True, slots=True)
class RoundScope:
    """One round as one supplier sees it. `round_id` is the public id; `deadline` is the tender deadline's day where it is set.

    `round_names`: names of the public rounds by public id, to say for which of them a workbook was made.
    """

    round_id: str
    round_name: str = ""
    template_version: str = TEMPLATE_VERSION
    stage: str = "tender"
    lots: tuple[LotScope, ...] = ()
    deadline: dt.date | None = None
    supplier_name: str = ""
    supplier_reg_id: str = ""
    supplier_role: str = ""
    brands: tuple[str, ...] = ()
    round_names: dict[str, str] = field(default_factory=dict, hash=False)
    usual_minerals: tuple[str, ...] = ()
    """Minerals that products of the round's categories usually contain, where the installation lists them (X17)."""

    def reference_date(self, today: dt.date) -> dt.date:
        """The tender deadline in the tender stage, the day of receipt in the contract stage."""
        return self.deadline if self.stage == "tender" and self.deadline else today

    def lot(self, code: object) -> LotScope | None:
        """The lot of that code, compared without case; the only lot when no code is given."""
        if not code:
            return self.lots[0] if len(self.lots) == 1 else None
        wanted = str(code).casefold()
        return next((lot for lot in self.lots if lot.code.casefold() == wanted), None)

    @property
    def minerals(self) -> tuple[str, ...]:
        """All minerals any lot asks about, each once, in the order of the lots."""
        return tuple(dict.fromkeys(mineral for lot in self.lots for mineral in lot.minerals))

    def with_usual(self, by_category: Mapping[str, Sequence[str]]) -> RoundScope:
        """The same round, with the minerals that products of its categories usually contain."""
        found = (by_category.get(category, ()) for lot in self.lots for category in lot.categories)
        return replace(self, usual_minerals=tuple(dict.fromkeys(mineral for some in found for mineral in some)))

    def to_json(self) -> dict[str, Any]:
        """A form that survives JSON, for the child process."""
        return asdict(self) | {"deadline": self.deadline.isoformat() if self.deadline else None}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> RoundScope:
        """The scope that `to_json` described."""
        lots = tuple(LotScope(**{k: _tuple(v) for k, v in lot.items()}) for lot in data["lots"])
        deadline = dt.date.fromisoformat(data["deadline"]) if data["deadline"] else None
        return cls(
            **(
                data
                | {"lots": lots, "deadline": deadline, "brands": tuple(data["brands"])}
                | {"usual_minerals": tuple(data.get("usual_minerals", ()))}
            )
        )


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
