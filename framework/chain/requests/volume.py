"""The pooled volume behind a question, where the lead lets it be shown: of all members together, never of few."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from framework.demand import brief_figures, pool
from framework.rounds import settings
from models.requests import UpstreamRequest

SETTING = "show_volume_to_brand"


def behind(session: Session, request: UpstreamRequest) -> list[dict[str, Any]]:
    """The expected quantity of each lot that is asked about: name, quantity, unit; nothing where it is not to be shown.

    The setting is frozen with the round. A lot behind which fewer than `min_cell_members` members stand is left out,
    since its figure would tell what a single one buys; so is one that would tell it beside what briefs told. A mineral stands for all lots.
    """
    round_ = request.round
    if not settings.value(round_, SETTING):
        return []
    asked = {row.lot for row in request.rows}
    fewest = int(settings.value(round_, "min_cell_members"))
    exact = brief_figures.exactly_told(session, round_).lots
    return [
        {"lot": lot.name, "quantity": lot.total.expected, "unit": lot.unit}
        for lot in pool.figures(session, round_).lots
        if (lot.code in asked or "" in asked) and lot.declared >= fewest and lot.total.expected and lot.lot_id in exact
    ]
