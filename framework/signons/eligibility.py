"""When a body may still join: until readiness by name, afterwards only through a class named in the notice (law L03)."""

from __future__ import annotations

from framework.ground.errors import MoveRefused
from framework.ground.text import N_
from framework.rounds import settings
from models.rounds import Round
from models.signons import SignOn

OPEN_STATES = frozenset({"set_up", "sign_on", "demand", "demand_locked"})
OVER_STATES = frozenset({"closed", "cancelled", "archived"})

LIST_CLOSED = N_(
    "The list of buyers is closed: only those named at publication, or who belong to a class named there, may join (L03)."
)


def is_open(round_: Round) -> bool:
    """Whether any body may still be put on the list."""
    return round_.state in OPEN_STATES


def is_late_entry_allowed(sign_on: SignOn) -> bool:
    """Whether this body may join after the list is closed: by a named class, or at a re-opening (law L03, L25)."""
    round_ = sign_on.round
    rule = settings.value(round_, "accession_after_publication")
    if round_.state in OVER_STATES or rule == "never":
        return False
    reopened = rule == "open_framework" or bool(settings.value(round_, "open_framework"))
    return is_of_named_class(sign_on) or (reopened and sign_on.eligibility_basis == "open_framework_reopening")


def is_of_named_class(sign_on: SignOn) -> bool:
    """Whether the body claims a class that the round names."""
    named = {one.name for one in sign_on.round.member_classes}
    return sign_on.eligibility_basis == "class_in_notice" and sign_on.class_name in named


def require_open(sign_on: SignOn) -> None:
    """Raise MoveRefused (L03) where the list is closed for this body."""
    if not is_open(sign_on.round) and not is_late_entry_allowed(sign_on):
        raise MoveRefused("list-closed", LIST_CLOSED, rule="L03")


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
    if sign_on.eligibility_basis == "open_framework_reopening" and not is_late_entry_allowed(sign_on):
        raise MoveRefused("not-an-open-framework", N_("This round is not an open framework."), rule="L25")


NEEDS_PROOF = frozenset({"class_in_notice", "consortium_membership"})
