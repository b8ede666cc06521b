"""The pages of the pool, and for whom they are: some tell of single members, some are the lead's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from framework.ground.errors import NotAllowed
from framework.ground.text import N_
from framework.rounds import settings
from models.rounds import Round
from views import guard
from views.demand import blueprint

PAGES = (
    ("demand.pool", N_("All together"), ""),
    ("demand.pool_by", N_("By year, tier, country …"), ""),
    ("demand.pool_coverage", N_("Who has answered"), ""),
    ("demand.pool_notice", N_("Figures for the notice"), "lead"),
    ("demand.pool_history", N_("Day by day"), "members"),
    ("demand.pool_what_if", N_("What if"), "members"),
)
"""The pages of the pool: endpoint, what their links say, and whether they are the lead's or of those who may see members."""


def may_see(round_: Round) -> bool:
    """Whether this reader may see single members' volumes: the lead always, members by `share_member_volumes`."""
    roles = guard.roles(round_)
    return "lead" in roles or ("member" in roles and settings.value(round_, "share_member_volumes") == "members")


def require_members(round_: Round) -> None:
    """Raise NotAllowed where this reader may not see single members' volumes."""
    if not may_see(round_):
        raise NotAllowed(
            "volumes-not-shared", N_("Volumes of single members are shown to the lead only in this round.")
        )


def pages(round_: Round) -> list[tuple[str, str]]:
    """Endpoint and label of the pages that this reader may open."""
    open_to = {"": True, "lead": "lead" in guard.roles(round_), "members": may_see(round_)}
    return [(endpoint, label) for endpoint, label, whose in PAGES if open_to[whose]]


@blueprint.context_processor
def _surroundings() -> dict[str, Callable[..., Any]]:
    return {"pool_pages": pages}
