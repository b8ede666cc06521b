"""The sign-ons of a round as a workbook."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping

from framework.ground.labels import state_label
from framework.ground.table_files import Sheet, Value, workbook
from framework.ground.terms import BODY_TYPES, ELIGIBILITY_BASES, MANDATE_TYPES
from framework.ground.text import N_
from framework.signons.registration import Line
from models.rounds import Round
from models.signons import OfferedEvaluator, SignOn

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


def write(
    round_: Round,
    sign_ons: Iterable[SignOn],
    offered: Mapping[int, Iterable[OfferedEvaluator]],
    *,
    now: dt.datetime,
    words: Callable[[str], str] = str,
) -> bytes:
    """One row a sign-on, in the order given; what is not known is an empty cell. Liaisons stay out, evaluators `offered` are named."""
    rows = (_row(one, offered.get(one.id, ()), words) for one in sign_ons)
    sheet = Sheet(words(N_("Sign-ons")), [words(label) for label in COLUMNS], rows)
    return workbook(f"{round_.name} · {words(N_('Sign-ons'))}", [sheet], now=now)


REGISTRATION = (
    N_("Body"),
    N_("Registration number"),
    N_("Country"),
    N_("State"),
    N_("Basis"),
    N_("Registered on"),
    N_("Registered by"),
    N_("Fee is due"),
    N_("Fee paid on"),
    N_("What is missing"),
)


def registrations(
    round_: Round,
    lines: Iterable[Line],
    lacks: Mapping[str, str],
    *,
    now: dt.datetime,
    words: Callable[[str], str] = str,
) -> bytes:
    """One row a body of the step after the award; `lacks` are the words of what can be missing, by code."""
    rows = (_registration(line, lacks, words) for line in lines)
    title = words(N_("Registration"))
    sheet = Sheet(title, [words(label) for label in REGISTRATION], rows)
    return workbook(f"{round_.name} · {title}", [sheet], now=now)


def _registration(line: Line, lacks: Mapping[str, str], words: Callable[[str], str]) -> list[Value]:
    one = line.sign_on
    body = one.organisation
    return [
        body.name,
        body.registration_no or None,
        body.country,
        words(state_label("sign_on", one.state)),
        words(ELIGIBILITY_BASES[one.eligibility_basis]),
        one.call_off_registered_on,
        line.by or None,
        words(N_("yes")) if one.fee_rule == "fixed_yearly" else words(N_("no")),
        one.fee_paid_on,
        ", ".join(words(lacks[code]) for code in line.lacks) or None,
    ]


def _row(one: SignOn, offered: Iterable[OfferedEvaluator], words: Callable[[str], str]) -> list[Value]:
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
        "; ".join(person.user.name for person in offered) or None,
        one.reason or None,
    ]
