"""The next steps of the set-up, publication and deadline of a round, and the proposals that wait for a second person."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground.audit_labels import PROPOSED
from framework.ground.text import N_
from framework.rounds import outages
from framework.rounds.next_action import Reader, Step, blocker, candidate
from models.rounds import Proposal, Round

PAGES = {
    "approve_readiness": "rounds.readiness_list",
    "publish": "rounds.publish_page",
    "move_deadline": "rounds.deadline",
    "cancel": "rounds.cancel",
    "reopen_after_outage": "rounds.extend",
    "reopen_judging": "judging.reopening",
    "announce_award": "award.index",
    "withdraw_award": "award.withdrawal",
    "resume_standstill": "award.challenges_page",
    "set_aside_award": "award.challenges_page",
    "order_rejudging": "award.challenges_page",
}
"""Act that needs two persons to the page where the second one confirms."""

ACTS = {act: label for (entity, act), label in PROPOSED.items() if entity == "round"}

ALL_STATES = (
    "set_up sign_on demand demand_locked ready published receipt_closed opened judging award standstill challenged"
)


def waiting_proposals(session: Session, round_: Round, *, now: dt.datetime) -> list[Proposal]:
    """Proposals about the round itself that wait for a second person and have not lapsed."""
    query = select(Proposal).where(
        Proposal.entity == "round",
        Proposal.subject_id == round_.id,
        Proposal.state == "open",
        Proposal.expires_at > now,
    )
    return list(session.scalars(query.order_by(Proposal.id)))


def _page(proposal: Proposal) -> str:
    """Where a proposal is confirmed; one that has an outage as its ground with the outage."""
    return "rounds.extend" if (proposal.facts or {}).get("outage") else PAGES.get(proposal.act, "")


@candidate(ALL_STATES, "lead")
def _confirm_proposal(session: Session, round_: Round, reader: Reader) -> Step | None:
    mine_last = sorted(
        waiting_proposals(session, round_, now=reader.now), key=lambda one: one.proposed_by_id == reader.actor.user_id
    )
    for proposal in mine_last:
        if proposal.act not in PAGES:
            continue
        if proposal.proposed_by_id == reader.actor.user_id:
            return Step(
                N_("Waiting for a second person until %(until)s. You proposed %(label)s."),
                {"label": ACTS[proposal.act], "until": proposal.expires_at},
                _page(proposal),
                label=N_("Look"),
                urgency=60,
            )
        return Step(
            N_("%(name)s proposed %(label)s. A second person confirms it by %(until)s."),
            {"name": proposal.proposed_by.name, "label": ACTS[proposal.act], "until": proposal.expires_at},
            _page(proposal),
            label=N_("Look and confirm"),
            urgency=90,
        )
    return None


@blocker(ALL_STATES)
def _second_person(session: Session, round_: Round, reader: Reader) -> list[Step]:
    return [
        Step(
            N_("%(name)s proposed %(label)s; a second person confirms it by %(until)s."),
            {"name": p.proposed_by.name, "label": ACTS.get(p.act, p.act), "until": p.expires_at},
            _page(p),
            urgency=90,
        )
        for p in waiting_proposals(session, round_, now=reader.now)
    ]


@candidate("published receipt_closed", "lead")
def _outage(session: Session, round_: Round, reader: Reader) -> Step | None:
    if outages.near(session, round_, now=reader.now) is None:
        return None
    return Step(
        N_("Service was interrupted shortly before the deadline. Extend it for all, or leave it as it is."),
        page="rounds.extend",
        label=N_("Look and extend for all"),
        urgency=80,
    )


@candidate("set_up", "lead")
def _set_up(session: Session, round_: Round, reader: Reader) -> Step:
    return Step(N_("Fill in the set-up, then open sign-on."), page="rounds.setup", label=N_("Go on with the set-up"))


@candidate("sign_on", "lead")
def _sign_on(session: Session, round_: Round, reader: Reader) -> Step:
    return Step(
        N_("Buyers may sign on. Open demand once the first one is interested."),
        page="rounds.phase",
        label=N_("Open demand"),
        urgency=30,
    )


@candidate("demand", "lead")
def _demand(session: Session, round_: Round, reader: Reader) -> Step:
    if round_.demand_deadline is not None and reader.now > round_.demand_deadline:
        return Step(
            N_("The deadline for demand has passed. Accept or return what waits, then lock demand."),
            page="rounds.phase",
            label=N_("Lock demand"),
            urgency=70,
        )
    return Step(
        N_("Members declare demand until %(until)s."),
        {"until": round_.demand_deadline},
        "rounds.phase",
        label=N_("Lock demand"),
        urgency=30,
    )


@candidate("demand_locked", "lead")
def _locked(session: Session, round_: Round, reader: Reader) -> Step:
    return Step(
        N_("Set estimate and maximum of each lot, finish the terms, then have readiness approved."),
        page="rounds.readiness_list",
        label=N_("Look at the readiness list"),
    )


@candidate("ready", "lead")
def _ready(session: Session, round_: Round, reader: Reader) -> Step:
    return Step(
        N_("Everything is ready. Publish with the reference of the notice."),
        page="rounds.publish_page",
        label=N_("Publish"),
    )


@candidate("published receipt_closed", "lead member opener evaluator chair monitor operator")
def _sealed(session: Session, round_: Round, reader: Reader) -> Step:
    if round_.state == "published" and round_.tender_deadline is not None and reader.now <= round_.tender_deadline:
        return Step(N_("Sealed until %(until)s. Nothing to do."), {"until": round_.tender_deadline}, urgency=10)
    return Step(N_("The deadline has passed. Tenders stay sealed until they are opened."), urgency=10)
