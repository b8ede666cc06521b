"""What a member should know before it begins: why the lead returned a version, where the figures came from, what no longer fits, what the lead proposes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from framework.demand import declare, rules
from framework.demand.lines import Scope
from framework.demand.proposing import acts
from models.base import db
from models.demand import Demand
from models.proposed import ProposedDemand
from models.rounds import Lot
from views.demand import blueprint, shared
from views.guard import actor


@dataclass(frozen=True, slots=True)
class Start:
    """`returned`: the version to mend; `source`: where the figures came from; `lost`: its lines this lot does not allow, and why.

    `proposed`: what the lead's own list says of this member and waits for an answer.
    """

    returned: Demand | None
    source: Demand | None
    lost: list[str]
    from_earlier: bool
    proposed: ProposedDemand | None


def start_of(lot: Lot, draft: Demand | None) -> Start:
    """The start of a draft, or of the version that would begin now."""
    if draft is None:
        source = declare.source_of_prefill(db.session(), lot, actor().organisation_id)
    else:
        source = db.session.get(Demand, draft.prefilled_from_id) if draft.prefilled_from_id is not None else None
    lines = declare.left_out(source, lot) if source is not None else []
    scope = Scope.of(lot)
    return Start(
        declare.returned_before(db.session(), draft) if draft is not None else None,
        source,
        shared.left_out_told((line, rules.check([line], scope)) for line in lines),
        source is not None and source.lot_id != lot.id,
        acts.standing(db.session(), lot, actor().organisation_id),
    )


@blueprint.context_processor
def _surroundings() -> dict[str, Callable[..., Any]]:
    return {"start_of": start_of}
