"""Due dates of disclosure under agreements, for the calendars of contractor and lead."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.contract import duties
from framework.ground.actors import Actor
from framework.ground.text import N_
from framework.rounds import calendar_feeds
from framework.rounds.calendar_feeds import Entry
from models.contract_disclosure import ContractSubmission
from models.rounds import Round


@calendar_feeds.source
def updates_due(session: Session, round_: Round, actor: Actor, roles: frozenset[str]) -> list[Entry]:
    """Every version that is or was waited for: the own ones, of the lead all; one that is no longer is sent as cancelled."""
    if not roles & {"supplier", "lead"}:
        return []
    query = (
        select(ContractSubmission)
        .options(joinedload(ContractSubmission.duty))
        .where(ContractSubmission.round_id == round_.id)
    )
    if "lead" not in roles:
        query = query.where(ContractSubmission.supplier_id == actor.organisation_id)
    return [
        Entry(
            uid=f"{round_.public_id}-update-{version.public_id}",
            at=duties.ends(version),
            title=N_("A disclosure under an agreement is due"),
            page="contract.board" if "lead" in roles else "contract.own_duties",
            sequence=version.version - 1,
            is_cancelled=version.state not in duties.OPEN,
        )
        for version in session.scalars(query.order_by(ContractSubmission.id))
        if version.duty.kind != "change" or version.is_cure
    ]
