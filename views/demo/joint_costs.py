"""The joint costs of a round of the demonstration: spend stated, costs proposed, most members agree and one objects."""

from __future__ import annotations

from decimal import Decimal

from framework.demand import cost_reading, cost_spend, costs
from framework.demand.cost_plan import Plan, Planned
from models.costs import CostProposal
from models.rounds import Round
from views.demo.cast import MEMBERS
from views.demo.stage import Stage

SPENDS = dict(zip(MEMBERS, (320_000, 1_150_000, 2_600_000, 940_000, 210_000, 4_780_000), strict=True))
"""Yearly spend in scope, net, in the currency of the round; 10 million together. Invented."""
OBJECTS = "water"
REASON = "A third of our share is the auditor. Please divide it by spend as well."


def state_spends(stage: Stage, round_: Round) -> None:
    """Every member states its yearly spend in scope."""
    for member, amount in SPENDS.items():
        person = stage.actor(f"{member}1")
        found = cost_spend.own(stage.session, round_, person.organisation_id)
        if found is None:
            raise LookupError(member)
        cost_spend.state(stage.session, round_, Decimal(amount), actor=person, now=stage.now, version=found.version)
        stage.session.flush()


def propose(stage: Stage, round_: Round) -> CostProposal:
    """The lead proposes dues by spend and an auditor in equal parts."""
    owed = cost_reading.estimate(cost_reading.members(stage.session, round_), round_.currency).together
    items = [
        Planned("dues", "Affiliation of the consortium", owed.amount, owed.currency, "by_spend", "Estimate by bands"),
        Planned("auditor", "Auditor", Decimal("5500.00"), "EUR", "equal", "Offer 2026-117 (invented)"),
    ]
    plan = Plan("Joint costs, first year", items, note="The dues are an estimate until the body has answered.")
    draft = costs.save(stage.session, round_, plan, actor=stage.lead, now=stage.now)
    stage.session.flush()
    costs.propose(stage.session, draft, actor=stage.lead, now=stage.now, version=draft.version)
    stage.session.flush()
    return draft


def answer(stage: Stage, proposal: CostProposal) -> None:
    """All agree but one."""
    for member in MEMBERS:
        said, reason = ("no", REASON) if member == OBJECTS else ("yes", "")
        costs.answer(stage.session, proposal, said, actor=stage.actor(f"{member}1"), now=stage.now, reason=reason)
        stage.session.flush()
