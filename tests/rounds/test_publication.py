"""Publication freezes the terms: two persons, a hash that can be recomputed, and nothing but the deadline moves afterwards."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, RuleBroken, Stale
from framework.rounds import clauses, creating, deadline, editing, moves, parts, publication
from models.disclosure import SupplierInvitation
from models.people import Appointment, User
from models.records import AuditEvent, Mail
from models.rounds import MemberClass
from models.signons import EligibilitySnapshot, SignOn
from tests.memory import remembered
from tests.rounds.ready import Ready


@pytest.fixture
@remembered
def ready(build: Any) -> Ready:
    return Ready(build)


def who(ready: Ready, *, second: bool = False) -> dict[str, Any]:
    return {"actor": ready.second if second else ready.first, "now": ready.build.clock()}


def approved(ready: Ready) -> None:
    session = ready.build.session
    publication.propose_readiness(session, ready.round, **who(ready))
    publication.approve_readiness(session, ready.round, **who(ready, second=True))


def published(ready: Ready) -> str:
    approved(ready)
    session = ready.build.session
    publication.propose_publication(session, ready.round, notice_reference="2026/S 1-1", **who(ready))
    frozen = publication.publish(session, ready.round, **who(ready, second=True))
    session.commit()
    return frozen


def test_two_persons_publish_and_the_previewed_hash_is_the_frozen_one(ready: Ready) -> None:
    preview = publication.preview_hash(ready.build.session, ready.round)

    frozen = published(ready)

    assert frozen == preview == ready.round.frozen_hash
    assert ready.round.state == "published"
    assert publication.verify(ready.build.session, ready.round).holds


@pytest.mark.parametrize("act", [publication.approve_readiness, publication.publish])
def test_one_person_cannot_confirm_what_he_or_she_proposed(ready: Ready, act: Any) -> None:
    session = ready.build.session
    if act is publication.publish:
        approved(ready)
        publication.propose_publication(session, ready.round, notice_reference="N 1", **who(ready))
    else:
        publication.propose_readiness(session, ready.round, **who(ready))

    with pytest.raises(MoveRefused) as refused:
        act(session, ready.round, **who(ready))

    assert refused.value.code == "same-person"


def test_terms_changed_after_the_proposal_make_the_confirmation_stale(ready: Ready) -> None:
    session = ready.build.session
    publication.propose_readiness(session, ready.round, **who(ready))
    parts.edit_scope(session, ready.lot, {"asked_tiers": 3}, version=ready.lot.version, **who(ready))

    with pytest.raises(Stale):
        publication.approve_readiness(session, ready.round, **who(ready, second=True))


@pytest.mark.parametrize(("reference", "days", "code"), [("", 45, "notice-missing"), ("N 1", 29, "deadline-too-near")])
def test_publication_needs_a_notice_and_time_to_answer(ready: Ready, reference: str, days: int, code: str) -> None:
    now = ready.build.clock()
    ready.round.tender_deadline = now + dt.timedelta(days=days)
    ready.round.questions_until = now + dt.timedelta(days=5)
    approved(ready)

    with pytest.raises(MoveRefused) as refused:
        publication.propose_publication(ready.build.session, ready.round, notice_reference=reference, **who(ready))

    assert refused.value.code == code


def test_the_frozen_text_is_canonical_and_names_members_but_no_deadline(ready: Ready) -> None:
    ready.members[0].name = "Cafe\u0301"
    published(ready)

    text = ready.round.frozen_text or ""
    held = json.loads(text)

    assert json.dumps(held, sort_keys=True, ensure_ascii=False, separators=(",", ":")) == text
    assert [member["organisation"] for member in held["members"]] == ["Birkby", "Caf\u00e9"]
    assert held["criteria"][0]["weight"] in ("60.00", "40.00")
    assert "tender_deadline" not in text


def test_every_confirmed_member_has_a_snapshot_and_the_others_are_refused(ready: Ready) -> None:
    invited = ready.build.sign_on(ready.round, state="invited")
    publication.see_refusals(ready.build.session, ready.round, **who(ready))

    published(ready)

    kept = ready.build.session.scalars(select(EligibilitySnapshot.organisation_id)).all()
    assert sorted(kept) == sorted(member.id for member in ready.members)
    assert invited.state == "refused"


@pytest.mark.parametrize("part", ["criteria", "clauses", "lots", "classes", "settings", "round"])
def test_a_changed_term_is_found_by_verifying(ready: Ready, part: str) -> None:
    published(ready)
    if part == "criteria":
        ready.price.weight = Decimal("59.00")
    elif part == "clauses":
        ready.round.clauses[0].text = "Nothing."
    elif part == "lots":
        ready.lot.qty_maximum = 31
    elif part == "classes":
        ready.build.add(MemberClass(round_id=ready.round.id, name="Hospitals", created_at=ready.build.clock()))
        ready.build.session.expire(ready.round, ["member_classes"])
    elif part == "settings":
        ready.round.settings = dict(ready.round.settings) | {"opening_persons": 1}
    else:
        ready.round.term_ends_on = dt.date(2031, 6, 29)
    ready.build.session.flush()

    proof = publication.verify(ready.build.session, ready.round)

    assert proof.differing == (part,)
    assert proof.text_intact
    assert not proof.holds


def test_a_setting_that_the_product_learnt_later_does_not_break_what_was_frozen(ready: Ready) -> None:
    published(ready)
    frozen = json.loads(ready.round.frozen_text)
    del frozen["settings"]["freshness_months"]
    ready.round.frozen_text = json.dumps(frozen)
    ready.round.frozen_hash = publication.sha256(ready.round.frozen_text)

    assert publication.verify(ready.build.session, ready.round).holds


EDITS = {
    "scope": lambda s, r, w: editing.edit(s, r.round, "scope", {"name": "New"}, version=r.round.version, **w),
    "dates": lambda s, r, w: editing.edit(s, r.round, "dates", {"option_months": 1}, version=r.round.version, **w),
    "rules": lambda s, r, w: editing.edit_settings(s, r.round, {"opening_persons": 1}, version=r.round.version, **w),
    "add lot": lambda s, r, w: parts.add_lot(s, r.round, {"name": "L", "cpv_code": "30213100-6"}, **w),
    "edit lot": lambda s, r, w: parts.edit_lot(s, r.lot, {"name": "L"}, version=r.lot.version, **w),
    "remove lot": lambda s, r, w: parts.remove_lot(s, r.lot, **w),
    "figures": lambda s, r, w: parts.edit_figures(s, r.lot, {"qty_maximum": 31}, version=r.lot.version, **w),
    "disclosure": lambda s, r, w: parts.edit_scope(s, r.lot, {"asked_tiers": 3}, version=r.lot.version, **w),
    "class": lambda s, r, w: parts.add_class(s, r.round, name="Hospitals", description="Run by a region.", **w),
    "criterion": lambda s, r, w: parts.save_criterion(s, r.round, None, {"name": "X", "place": "selection"}, **w),
    "remove criterion": lambda s, r, w: parts.remove_criterion(s, r.price, **w),
    "clause": lambda s, r, w: parts.edit_clause(s, r.round.clauses[0], {"title": "X"}, version=1, **w),
    "remove clause": lambda s, r, w: parts.remove_clause(s, r.round.clauses[0], **w),
    "library": lambda s, r, w: clauses.add_set(s, r.round, language="en", **w),
    "opener": lambda s, r, w: parts.name_opener(s, r.round, r.person_of(r.first), **w),
    "withdraw opener": lambda s, r, w: parts.withdraw_opener(s, r.round, r.person_of(r.first), **w),
    "refusals": lambda s, r, w: publication.see_refusals(s, r.round, **w),
    "back to set-up": lambda s, r, w: moves.reopen_set_up(s, r.round, motive="x", **w),
    "take readiness back": lambda s, r, w: moves.withdraw_readiness(s, r.round, motive="x", **w),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_every_edit_is_refused_after_publication(ready: Ready, edit: Any) -> None:
    published(ready)

    with pytest.raises(RuleBroken):
        edit(ready.build.session, ready, who(ready))

    assert publication.verify(ready.build.session, ready.round).holds


def test_a_deadline_moves_later_by_two_persons_and_the_interested_are_told(ready: Ready) -> None:
    published(ready)
    session, before = ready.build.session, ready.round.tender_deadline
    assert before is not None
    supplier = ready.build.organisation("supplier")
    user = ready.build.user(supplier)
    ready.build.add(SupplierInvitation(round=ready.round, organisation=supplier, created_at=ready.build.clock()))
    later = before + dt.timedelta(days=7)

    deadline.propose(session, ready.round, later, motive="Many questions.", **who(ready))
    deadline.confirm(session, ready.round, actor=ready.second, clock=ready.build.clock)

    assert ready.round.tender_deadline == later
    told = session.scalars(select(Mail.recipient).where(Mail.template == "deadline_moved")).all()
    openers = select(User.email).join(Appointment, Appointment.user_id == User.id)
    assert sorted(told) == sorted([user.email, *session.scalars(openers)])
    moved = session.scalars(select(AuditEvent).where(AuditEvent.kind == "round.move_deadline")).one()
    assert (moved.data["motive"], moved.data["proposer"]) == ("Many questions.", ready.first.user_id)
    assert publication.verify(session, ready.round).holds


@pytest.mark.parametrize(
    ("hours", "wait_days", "motive", "code"),
    [
        (0, 0, "x", "deadline-not-later"),
        (-1, 0, "x", "deadline-not-later"),
        (24, 0, " ", "motive-missing"),
        (24, 46, "x", "deadline-passed"),
    ],
)
def test_a_deadline_is_never_earlier_nor_moved_once_it_has_passed(
    ready: Ready, hours: int, wait_days: int, motive: str, code: str
) -> None:
    published(ready)
    assert ready.round.tender_deadline is not None
    new = ready.round.tender_deadline + dt.timedelta(hours=hours)
    ready.build.clock.forward(days=wait_days)

    with pytest.raises((MoveRefused, InvalidInput)) as refused:
        deadline.propose(ready.build.session, ready.round, new, motive=motive, **who(ready))

    assert refused.value.code == code


def test_one_person_moves_the_deadline_only_where_the_rules_say_so(ready: Ready) -> None:
    published(ready)
    assert ready.round.tender_deadline is not None
    later = ready.round.tender_deadline + dt.timedelta(days=1)

    with pytest.raises(MoveRefused):
        deadline.move_deadline(
            ready.build.session, ready.round, later, motive="x", actor=ready.first, clock=ready.build.clock
        )
    deadline.propose(ready.build.session, ready.round, later, motive="x", **who(ready))
    with pytest.raises(MoveRefused) as refused:
        deadline.confirm(ready.build.session, ready.round, actor=ready.first, clock=ready.build.clock)

    assert refused.value.code == "same-person"


def test_a_published_round_is_cancelled_by_two_persons_with_a_motive(ready: Ready) -> None:
    published(ready)
    session = ready.build.session

    with pytest.raises(MoveRefused):
        moves.cancel(session, ready.round, motive="No money.", **who(ready))
    moves.propose_cancel(session, ready.round, motive="No money.", **who(ready))
    moves.confirm_cancel(session, ready.round, **who(ready, second=True))

    assert (ready.round.state, ready.round.cancelled_reason) == ("cancelled", "No money.")


def test_a_copy_takes_the_terms_a_year_on_and_invites_the_members(ready: Ready) -> None:
    session = ready.build.session

    copy = creating.copy(session, ready.round, name="Laptops 2028", **who(ready))
    session.commit()

    assert copy.state == "set_up"
    assert copy.term_starts_on == dt.date(2028, 7, 1)
    assert [(lot.code, lot.qty_maximum) for lot in copy.lots] == [("L1", None)]
    assert [c.weight for c in copy.criteria] == [c.weight for c in ready.round.criteria]
    assert len(copy.clauses) == len(ready.round.clauses)
    invited = session.execute(select(SignOn.organisation_id, SignOn.state).where(SignOn.round_id == copy.id)).all()
    assert sorted(tuple(row) for row in invited) == sorted((member.id, "invited") for member in ready.members)
    assert copy.standstill_confirmed is False
    assert copy.frozen_hash is None


def test_lots_are_fixed_once_demand_is_open_and_figures_are_not(ready: Ready) -> None:
    session = ready.build.session

    with pytest.raises(NotAllowed) as refused:
        parts.edit_lot(session, ready.lot, {"name": "Other"}, version=ready.lot.version, **who(ready))
    parts.edit_figures(session, ready.lot, {"qty_maximum": 40}, version=ready.lot.version, **who(ready))

    assert refused.value.code == "lots-fixed"
    assert ready.lot.qty_maximum == 40


def test_a_stranger_and_an_old_version_cannot_edit(ready: Ready) -> None:
    session = ready.build.session
    other = ready.build.person(ready.build.organisation("lead"))

    with pytest.raises(RuleBroken) as refused:
        editing.edit(session, ready.round, "scope", {"name": "X"}, version=1, actor=other, now=ready.build.clock())
    with pytest.raises(Stale):
        editing.edit(session, ready.round, "scope", {"name": "X"}, version=99, **who(ready))

    assert refused.value.code == "not-found"
