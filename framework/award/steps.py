"""What everybody does next about the award: write it, answer it, announce it, wait for the standstill, read the letter."""

from __future__ import annotations

from sqlalchemy.orm import Session

from framework.award import addressees, letters, mandate, ties
from framework.award import decision as decisions
from framework.ground.text import N_
from framework.rounds.next_action import Reader, Step, blocker, candidate
from models.rounds import Round


@candidate("award", "lead")
def _decide(session: Session, round_: Round, reader: Reader) -> Step | None:
    if ties.is_barred(session, round_, reader.actor.user_id):
        return None
    found = decisions.current(session, round_)
    if found is None:
        return Step(
            N_("Write the award decision: who gets which lot, by the ranking."),
            page="award.choosing",
            label=N_("Write the decision"),
            urgency=55,
        )
    return Step(
        N_("Finish the reasons, the members' answers and the letters, then announce the award with a second person."),
        page="award.index",
        label=N_("Decision and letters"),
        urgency=55,
    )


@candidate("award", "member")
def _answer(session: Session, round_: Round, reader: Reader) -> Step | None:
    found = decisions.current(session, round_)
    if found is None or mandate.own(session, found, reader.actor) is not None:
        return None
    if not mandate.may_answer(session, round_, reader.actor) or ties.is_barred(session, round_, reader.actor.user_id):
        return None
    return Step(
        N_("The award decision is written. Your organisation says yes, no or abstains."),
        page="award.answer",
        label=N_("Read and answer"),
        urgency=75,
    )


@blocker("award")
def _unanswered(session: Session, round_: Round, reader: Reader) -> list[Step]:
    found = decisions.current(session, round_)
    names = [] if found is None else [one.name for one, given in mandate.count(session, found).members if given is None]
    if not names:
        return []
    return [
        Step(N_("%(names)s: to answer the award decision."), {"names": ", ".join(names)}, "award.mandate", urgency=60)
    ]


@candidate("standstill", "lead member evaluator chair opener monitor")
def _standing_still(session: Session, round_: Round, reader: Reader) -> Step | None:
    found = decisions.current(session, round_)
    if found is None or found.standstill_ends_at is None:
        return None
    page = "award.index" if mandate.may_read(session, round_, reader.actor, reader.roles) else ""
    receipts = addressees.unnoted(session, found)
    if receipts:
        return Step(
            addressees.UNNOTED,
            {"receipts": ", ".join(receipts)},
            "award.letters_page" if "lead" in reader.roles else page,
            label=N_("Letters") if "lead" in reader.roles else N_("Decision and letters"),
            urgency=45,
        )
    if reader.now >= found.standstill_ends_at:
        return Step(
            N_("The standstill is over. Agreements may be signed."),
            page=page,
            label=N_("Decision and letters"),
            urgency=35,
        )
    return Step(
        N_("Standstill: no agreement is signed before %(until)s."),
        {"until": found.standstill_ends_at},
        page,
        label=N_("Decision and letters"),
        urgency=30,
    )


@candidate("challenged", "lead member evaluator chair opener monitor")
def _challenged(session: Session, round_: Round, reader: Reader) -> Step:
    if "lead" in reader.roles:
        return Step(
            N_("A challenge stops the signature. Record its outcome when there is one."),
            page="award.challenges_page",
            label=N_("Challenges"),
            urgency=45,
        )
    return Step(N_("A challenge stops the signature until the review body has decided."), urgency=10)


@candidate("award standstill challenged", "supplier")
def _letter(session: Session, round_: Round, reader: Reader) -> Step | None:
    sent = letters.of_bidder(session, round_, reader.actor.organisation_id)
    if not sent:
        return None
    return Step(
        N_("The award is decided. Read your letter.")
        if sent[0].withdrawn_at is None
        else N_("The award was withdrawn. A new decision follows, with a new letter."),
        page="award.letter",
        label=N_("Read the letter"),
        urgency=60,
    )
