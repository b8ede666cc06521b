"""What supplier, opener and lead do next about disclosures and their opening."""

from __future__ import annotations

from sqlalchemy.orm import Session

from framework.disclosure import counting, opening, receiving
from framework.ground.text import N_
from framework.rounds import opener_keys, readiness_facts
from framework.rounds.next_action import Reader, Step, blocker, candidate
from models.rounds import Round

UNPUBLISHED = "set_up sign_on demand demand_locked ready"
SEALED = "published receipt_closed"


@candidate("published", "supplier")
def _send(session: Session, round_: Round, reader: Reader) -> Step | None:
    if receiving.is_past(round_, reader.now):
        return None
    standing = counting.standing(counting.versions(session, round_, reader.actor.organisation_id or 0))
    if standing is None:
        return Step(
            N_("Send your disclosure by %(until)s."),
            {"until": round_.tender_deadline},
            "disclosure.own",
            label=N_("Send your disclosure"),
            urgency=70,
        )
    return Step(
        N_("Your disclosure is here, receipt %(receipt)s. You can replace it until %(until)s."),
        {"receipt": standing.receipt_number, "until": round_.tender_deadline},
        "disclosure.own",
        label=N_("See what you sent"),
        urgency=40,
    )


@candidate("published receipt_closed opened judging award standstill challenged in_force closed", "supplier")
def _where_it_stands(session: Session, round_: Round, reader: Reader) -> Step | None:
    if round_.state == "published" and not receiving.is_past(round_, reader.now):
        return None
    return Step(
        N_("Receipt is closed. Your versions and receipts stay readable."),
        page="disclosure.own",
        label=N_("See what you sent"),
        urgency=10,
    )


@candidate(UNPUBLISHED, "opener")
def _choose_passphrase(session: Session, round_: Round, reader: Reader) -> Step | None:
    if not opener_keys.is_on(round_) or opener_keys.own(session, round_, reader.actor) is not None:
        return None
    return Step(
        N_("You are named as opener. Choose your passphrase before the tender is published."),
        page="disclosure.opener_key",
        label=N_("Choose my passphrase"),
        urgency=70,
    )


@blocker(UNPUBLISHED)
def _passphrases_missing(session: Session, round_: Round, reader: Reader) -> list[Step]:
    if not opener_keys.is_on(round_):
        return []
    names = readiness_facts.gather(session, round_).keyless_openers
    sentence = N_("Openers have not chosen their passphrase: %(names)s.")
    return [Step(sentence, {"names": ", ".join(names)}, "rounds.rules", urgency=40)] if names else []


@candidate(SEALED, "opener")
def _confirm_opening(session: Session, round_: Round, reader: Reader) -> Step | None:
    if not receiving.is_past(round_, reader.now):
        return None
    running = opening.live_opening(session, round_, now=reader.now)
    lost = opening.shares_lost(session, running, now=reader.now)
    if running is not None and reader.actor.user_id in {one.user_id for one in lost}:
        return Step(
            N_("The service was restarted, and your share with it. Confirm again by %(until)s."),
            {"until": running.window_ends_at},
            "disclosure.opening_page",
            label=N_("Confirm the opening"),
            urgency=90,
        )
    if running is not None and reader.actor.user_id in {one.user_id for one in running.confirmations}:
        return Step(
            N_("You have confirmed. Another opener must confirm by %(until)s."),
            {"until": running.window_ends_at},
            urgency=60,
        )
    if running is not None:
        return Step(
            N_("Another opener has confirmed. Confirm by %(until)s."),
            {"until": running.window_ends_at},
            "disclosure.opening_page",
            label=N_("Confirm the opening"),
            urgency=90,
        )
    return Step(
        N_("The deadline has passed. Open the tenders together with another opener."),
        page="disclosure.opening_page",
        label=N_("Confirm the opening"),
        urgency=80,
    )


@candidate(SEALED, "lead")
def _opening_ahead(session: Session, round_: Round, reader: Reader) -> Step | None:
    if not receiving.is_past(round_, reader.now):
        return None
    return Step(
        N_("The deadline has passed. The openers open the tenders together."),
        page="disclosure.opening_page",
        label=N_("See the opening"),
        urgency=20,
    )
