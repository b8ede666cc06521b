"""When a body may still join: until readiness by name, afterwards only through a class named in the notice (law L03)."""

from __future__ import annotations

import datetime as dt

from framework.ground.errors import MoveRefused
from framework.ground.text import N_
from framework.rounds import limits, settings
from models.rounds import Round
from models.signons import ELIGIBILITY, SignOn

OPEN_STATES = frozenset({"set_up", "sign_on", "demand", "demand_locked"})
OVER_STATES = frozenset({"closed", "cancelled", "archived"})

OVER = N_("Signing on ended on %(deadline)s. Ask %(lead)s, who can set a later deadline.")

MISFITS = {
    "named_in_notice": N_("This body was invited as one of a class, not by name. Choose the class it belongs to."),
    "cpb_client": N_("Only a round of a central purchasing body has clients. Choose another basis."),
    "open_framework_reopening": N_("This round is not an open framework that was re-opened. Choose another basis."),
}
"""Basis to the sentence that says why it does not fit; a class that is not named has a sentence of its own."""

LIST_CLOSED = N_(
    "The list of buyers is closed: only those named at publication, or who belong to a class named there, may join (article 33(2) of Directive 2014/24/EU, L03)."
)
LIST_CLOSED_IN_UK = N_(
    "The list of buyers is closed: only those named at publication, who belong to a class named there, or who are admitted when an open framework is re-opened may join (sections 45(5) and 49 of the Procurement Act 2023, L03, L25)."
)


def list_closed(round_: Round) -> str:
    """The sentence that refuses whoever comes after publication, with the article of the law of the round."""
    return LIST_CLOSED_IN_UK if limits.profile_of(round_).open_framework_offered else LIST_CLOSED


def is_open(round_: Round) -> bool:
    """Whether any body may still be put on the list."""
    return round_.state in OPEN_STATES


def is_late_entry_allowed(sign_on: SignOn) -> bool:
    """Whether this body may join after the list is closed: by a named class, or at a re-opening (law L03, L25)."""
    at_reopening = sign_on.eligibility_basis == "open_framework_reopening"
    return may_come_late(sign_on.round, by_class=is_of_named_class(sign_on), at_reopening=at_reopening)


def may_enter(round_: Round, *, class_name: str = "") -> bool:
    """Whether a body may be invited now: by name while the list is open, later by a named class or a re-opening."""
    by_class = class_name in {one.name for one in round_.member_classes}
    return is_open(round_) or may_come_late(round_, by_class=by_class, at_reopening=not class_name)


def invitation_basis(round_: Round, class_name: str) -> str:
    """The basis on which a body is invited: its class, its name, or that the open framework is open again."""
    if class_name:
        return "class_in_notice"
    reopened = not is_open(round_) and limits.is_open_framework(round_)
    return "open_framework_reopening" if reopened else "named_in_notice"


def may_come_late(round_: Round, *, by_class: bool = False, at_reopening: bool = False) -> bool:
    """Whether a body may join after the list is closed, as one of a named class or at a re-opening (law L03, L25)."""
    if round_.state in OVER_STATES or settings.value(round_, "accession_after_publication") == "never":
        return False
    return by_class or (at_reopening and limits.is_open_framework(round_))


def is_of_named_class(sign_on: SignOn) -> bool:
    """Whether the body claims a class that the round names."""
    named = {one.name for one in sign_on.round.member_classes}
    return sign_on.eligibility_basis == "class_in_notice" and sign_on.class_name in named


def require_open(sign_on: SignOn) -> None:
    """Raise MoveRefused (L03) where the list is closed for this body."""
    if not is_open(sign_on.round) and not is_late_entry_allowed(sign_on):
        raise MoveRefused("list-closed", list_closed(sign_on.round), rule="L03")


def is_over(round_: Round, *, now: dt.datetime) -> bool:
    """Whether the deadline for signing on has passed; its last instant is still in time."""
    deadline = round_.signon_deadline
    return deadline is not None and now > deadline and is_open(round_)


def is_over_for(sign_on: SignOn, *, now: dt.datetime) -> bool:
    """Whether it is too late for this body; one of a class named in the notice may still come."""
    return is_over(sign_on.round, now=now) and not is_of_named_class(sign_on)


def require_in_time(sign_on: SignOn, *, now: dt.datetime) -> None:
    """Raise MoveRefused where the deadline for signing on has passed for this body."""
    round_ = sign_on.round
    if is_over_for(sign_on, now=now):
        raise MoveRefused("sign-on-over", OVER, deadline=round_.signon_deadline, lead=round_.organisation.name)


def fitting(sign_on: SignOn) -> list[str]:
    """The bases that this body may claim in its round, in the order of the list (records.md 1)."""
    round_ = sign_on.round
    held = {
        "named_in_notice": not sign_on.invited_class and sign_on.invited_basis != "open_framework_reopening",
        "class_in_notice": bool(round_.member_classes),
        "cpb_client": round_.mandate_type == "cpb",
        "open_framework_reopening": limits.is_open_framework(round_) and not is_open(round_),
    }
    return [basis for basis in ELIGIBILITY if held.get(basis, True)]


def differs_from_invitation(sign_on: SignOn) -> bool:
    """Whether the body claims another basis or class than it was invited on; never for one that applied."""
    invited = (sign_on.invited_basis, sign_on.invited_class)
    return sign_on.invited_basis is not None and invited != (sign_on.eligibility_basis, sign_on.class_name)


def require_fit(sign_on: SignOn) -> None:
    """Raise MoveRefused where the basis is not one this round offers, or its proof is missing (law L03)."""
    if sign_on.eligibility_basis == "class_in_notice" and not is_of_named_class(sign_on):
        raise MoveRefused(
            "class-not-named", N_("The round names no class “%(name)s”."), rule="L03", name=sign_on.class_name or "–"
        )
    if sign_on.eligibility_basis in NEEDS_PROOF and sign_on.class_proof_id is None and sign_on.class_proof is None:
        raise MoveRefused(
            "class-proof-missing",
            N_("The proof that the body belongs to the class or consortium is missing."),
            rule="L03",
        )
    if sign_on.eligibility_basis not in fitting(sign_on):
        raise MoveRefused("basis-does-not-fit", MISFITS[sign_on.eligibility_basis], rule="L03")


NEEDS_PROOF = frozenset({"class_in_notice", "consortium_membership"})
