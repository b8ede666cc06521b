"""The bodies of a round as a sheet that comes back as it left: who, from where, through whom, as one of which class."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from framework.ground.codelists import LANGUAGES
from framework.ground.table_files import Sheet, Value, workbook
from framework.ground.terms import BODY_TYPES
from framework.ground.text import N_
from framework.signons.sheet.entries import Entry
from framework.signons.sheet.words import LABELS
from models.rounds import Round
from models.signons import SignOn

Words = Callable[[str], str]


def write(round_: Round, found: Iterable[Entry], *more: Sheet, now: dt.datetime, words: Words = str) -> bytes:
    """A workbook with one row a body, before `more` sheets; what is not known is an empty cell. It comes back the same."""
    return workbook(f"{round_.name} · {words(N_('Bodies'))}", [sheet(found, words=words), *more], now=now)


def sheet(found: Iterable[Entry], *, words: Words = str) -> Sheet:
    """The table of bodies under our own headers, with the kinds of body and the languages to choose from."""
    kinds = [words(label) for label in BODY_TYPES.values()]
    at = list(LABELS)
    return Sheet(
        words(N_("Bodies")),
        [words(label) for label in LABELS.values()],
        (_row(one, words) for one in found),
        frozen=2,
        choices={at.index("body_type"): kinds, at.index("language"): list(LANGUAGES)},
    )


def entries_of(sign_ons: Iterable[SignOn]) -> list[Entry]:
    """Sign-ons as entries; the contact is the liaison, before one is named the first person that waits to be invited."""
    return [_entry(one) for one in sign_ons]


def _entry(one: SignOn) -> Entry:
    body = one.organisation
    return Entry(
        reference=body.public_id,
        name=body.name,
        registration_no=body.registration_no,
        country=body.country,
        body_type=body.body_type or "",
        contact_name=one.liaison_name or one.contact_name,
        email=one.liaison_email or one.contact_email,
        language=one.contact_language,
        affiliated_via=one.affiliated_via.name if one.affiliated_via is not None else "",
        class_name=one.class_name,
    )


def _row(one: Entry, words: Words) -> list[Value]:
    kind = words(BODY_TYPES[one.body_type]) if one.body_type else None
    return [kind if name == "body_type" else getattr(one, name) or None for name in LABELS]
