"""The sign-ons of a round as a workbook."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from framework.ground.labels import state_label
from framework.ground.table_files import Sheet, Value, workbook
from framework.ground.terms import BODY_TYPES, ELIGIBILITY_BASES, MANDATE_TYPES
from framework.ground.text import N_
from models.rounds import Round
from models.signons import SignOn

COLUMNS = (
    N_("Body"),
    N_("Registration number"),
    N_("Country"),
    N_("Kind of body"),
    N_("State"),
    N_("Basis"),
    N_("Class"),
    N_("Kind of mandate"),
    N_("Signed by"),
    N_("Function"),
    N_("Signed on"),
    N_("Confirmed (UTC)"),
    N_("Evaluators offered"),
    N_("Reason"),
)


def write(round_: Round, sign_ons: Iterable[SignOn], *, now: dt.datetime, words: Callable[[str], str] = str) -> bytes:
    """One row a sign-on, in the order given; what is not known is an empty cell. Liaisons stay out, evaluators offered are named."""
    rows = (_row(one, words) for one in sign_ons)
    sheet = Sheet(words(N_("Sign-ons")), [words(label) for label in COLUMNS], rows)
    return workbook(f"{round_.name} · {words(N_('Sign-ons'))}", [sheet], now=now)


def _row(one: SignOn, words: Callable[[str], str]) -> list[Value]:
    body = one.organisation
    return [
        body.name,
        body.registration_no or None,
        body.country,
        words(BODY_TYPES[body.body_type]) if body.body_type else None,
        words(state_label("sign_on", one.state)),
        words(ELIGIBILITY_BASES[one.eligibility_basis]),
        one.class_name or None,
        words(MANDATE_TYPES[one.mandate_type]) if one.mandate_type else None,
        one.signed_by_name or None,
        one.signed_by_title or None,
        one.signed_on,
        one.confirmed_at,
        "; ".join(offered.user.name for offered in one.evaluators) or None,
        one.reason or None,
    ]
