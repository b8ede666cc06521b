"""Edit the terms of a round before publication, part by part: who, when, against which version, from what to what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground import audit, jurisdictions, round_settings
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, NotAllowed, Stale
from framework.ground.permissions import Permission, require
from framework.ground.text import N_
from framework.rounds import limits
from framework.rounds.settings import TEXTS, value
from models.rounds import Round

EDITED = audit.declare("round.edit_terms", "part", "changes")
LOTS_OPEN = frozenset({"set_up", "sign_on"})

PARTS: dict[str, tuple[str, ...]] = {
    "scope": (
        "name",
        "reference",
        "summary",
        "jurisdiction",
        "mandate_type",
        "cross_border",
        "currency",
        "value_estimated",
        "value_maximum",
    ),
    "members": ("open_to_applications", "data_agreement", "retention_years"),
    "dates": (
        "zone",
        "signon_deadline",
        "demand_deadline",
        "planned_publication_on",
        "questions_until",
        "tender_deadline",
        "term_starts_on",
        "term_ends_on",
        "option_months",
        "duration_justification",
        "first_audit_on",
    ),
    "rules": ("standstill_confirmed",),
}
"""Part of set-up to the fields of the round that it holds; settings belong to the part `rules`."""


def hold(session: Session, round_: Round) -> None:
    """Take the lock of a round until the commit and load it anew: what is compared from here on nobody else changes meanwhile.

    Rows that only name the round, such as events of others, do not wait for it.
    """
    session.execute(select(Round.id).where(Round.id == round_.id).with_for_update(key_share=True)).all()
    session.expire(round_)


def edit(
    session: Session,
    round_: Round,
    part: str,
    values: Mapping[str, Any],
    *,
    version: int,
    actor: Actor,
    now: dt.datetime,
) -> dict[str, Any]:
    """Change the fields of one part; returns {field: [from, to]} of what changed.

    Raises NotAllowed in a state or for a role that may not edit, Stale where `version` is not the round's present one,
    InvalidInput where the new values contradict each other. One audit event, none where nothing changed.
    """
    may_edit(session, round_, actor)
    check_version(round_, version)
    changes = apply(round_, {name: values[name] for name in PARTS[part] if name in values})
    if "jurisdiction" in changes:
        changes |= _take_profile(round_)
    _check_part(round_, part)
    note(session, round_, part, changes, actor=actor, now=now)
    return changes


def edit_settings(
    session: Session, round_: Round, values: Mapping[str, Any], *, version: int, actor: Actor, now: dt.datetime
) -> dict[str, Any]:
    """Change settings of the round; each is read and checked by its own rule and by the law of the round.

    A standstill that changes must be confirmed anew. Raises as `edit`.
    """
    may_edit(session, round_, actor)
    check_version(round_, version)
    known = round_settings.round_settings()
    stray = [key for key in values if key not in known and key not in TEXTS]
    if stray:
        raise InvalidInput("setting-unknown", N_("There is no setting %(key)s."), field=stray[0], key=stray[0])
    read = {
        key: round_settings.parse_setting(key, round_settings.as_text(given)) if key in known else given
        for key, given in values.items()
    }
    limits.require_lawful(round_, read)
    before = dict(round_.settings or {})
    changes = {key: [plain(before.get(key)), plain(new)] for key, new in read.items() if before.get(key) != new}
    if any(key in read and read[key] != value(round_, key) for key in limits.STANDSTILL):
        changes |= apply(round_, {"standstill_confirmed": False})
    if changes:
        round_.settings = before | read
    note(session, round_, "rules", changes, actor=actor, now=now)
    return changes


def edit_rules(
    session: Session,
    round_: Round,
    values: Mapping[str, Any],
    *,
    confirms_standstill: bool,
    version: int,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Change settings and say whether the standstill is confirmed (R14).

    A confirmation that stood before does not hold for a standstill that changes with the same form: nobody can tell
    whether it was meant for the new days. Raises as `edit`.
    """
    stood = round_.standstill_confirmed
    edit_settings(session, round_, values, version=version, actor=actor, now=now)
    is_void = stood and not round_.standstill_confirmed
    if not is_void:
        confirmed = {"standstill_confirmed": confirms_standstill}
        edit(session, round_, "rules", confirmed, version=round_.version, actor=actor, now=now)


def may_edit(session: Session, round_: Round, actor: Actor, *, lots: bool = False) -> None:
    """Raise NotAllowed unless `actor` may edit the terms now; `lots`: what is fixed once demand is open."""
    require(session, actor, Permission.ROUND_EDIT, round_)
    if lots and round_.state not in LOTS_OPEN:
        raise NotAllowed(
            "lots-fixed",
            N_("Lots, categories, units and spec tiers cannot be changed once demand is open."),
            rule="L02",
        )


def check_version(record: Any, version: int) -> None:
    """Raise Stale where the record was changed since the form was read."""
    if record.version != version:
        raise Stale(
            "stale",
            N_(
                "Somebody else changed this while you were writing. Your text is kept; look at the present terms first."
            ),
        )


def apply(record: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Set the values that differ; returns {field: [from, to]} as plain JSON."""
    changes: dict[str, Any] = {}
    for name, new in values.items():
        old = getattr(record, name)
        if old != new:
            changes[name] = [plain(old), plain(new)]
            setattr(record, name, new)
    return changes


def note(
    session: Session, round_: Round, part: str, changes: Mapping[str, Any], *, actor: Actor, now: dt.datetime
) -> None:
    """Write the audit event of an edit; nothing where nothing changed. The round's version grows with each edit."""
    if not changes:
        return
    audit.record(session, EDITED, actor=actor, now=now, subject=round_, part=part, changes=dict(changes))


def plain(value: Any) -> Any:
    """A value as the record keeps it."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, dt.date) else value


def _take_profile(round_: Round) -> dict[str, Any]:
    """Lay the figures of a newly chosen law over the settings; what it does not offer falls back to the default."""
    known, fresh = round_settings.round_settings(), jurisdictions.round_defaults(str(round_.jurisdiction))
    before = dict(round_.settings or {})
    taken = {key for key, setting in known.items() if setting.scope == "profile"}
    taken |= {key for key in before if key in known and not _is_offered(round_, key, before[key])}
    round_.settings = before | {key: fresh[key] for key in taken}
    changes = {
        key: [plain(before.get(key)), plain(fresh[key])] for key in sorted(taken) if before.get(key) != fresh[key]
    }
    return changes | apply(round_, {"standstill_confirmed": False})


def _is_offered(round_: Round, key: str, chosen: Any) -> bool:
    offered = limits.choices(round_, key)
    return chosen in offered if offered else limits.is_offered(round_, key)


def _check_part(round_: Round, part: str) -> None:
    if part == "dates":
        _check_dates(round_)
    if part == "scope":
        check_pair(round_.value_estimated, round_.value_maximum, "value_maximum")


def check_pair(estimated: Any, maximum: Any, field: str) -> None:
    """Raise InvalidInput where a maximum lies below its estimate or either is not above zero (law L05)."""
    for number in (estimated, maximum):
        if number is not None and number <= 0:
            raise InvalidInput("not-positive", N_("Give a figure above zero."), field=field, rule="L05")
    if estimated is not None and maximum is not None and maximum < estimated:
        raise InvalidInput(
            "maximum-below-estimate",
            N_("The maximum may not be lower than the estimate."),
            field=field,
            rule="L05",
        )


_ORDER: tuple[tuple[str, str, str], ...] = (
    ("term_starts_on", "term_ends_on", N_("The term must end after it starts.")),
    ("questions_until", "tender_deadline", N_("The last day for questions must lie before the tender deadline.")),
    ("signon_deadline", "tender_deadline", N_("The deadline for signing on must lie before the tender deadline.")),
    ("demand_deadline", "tender_deadline", N_("The deadline for demand must lie before the tender deadline.")),
)


_USUAL: tuple[tuple[str, str, str], ...] = (
    ("signon_deadline", "demand_deadline", N_("Signing on ends after demand ends.")),
    ("signon_deadline", "planned_publication_on", N_("Signing on ends on the planned day of publication or later.")),
    ("demand_deadline", "planned_publication_on", N_("Demand ends on the planned day of publication or later.")),
    (
        "planned_publication_on",
        "questions_until",
        N_("The last question may be asked on the planned day of publication or earlier."),
    ),
    (
        "planned_publication_on",
        "tender_deadline",
        N_("The tender deadline lies on the planned day of publication or earlier."),
    ),
    ("tender_deadline", "term_starts_on", N_("The framework starts on the day of the tender deadline or earlier.")),
    ("term_starts_on", "first_audit_on", N_("The first audit is planned before the framework starts.")),
    ("first_audit_on", "term_ends_on", N_("The first audit is planned after the framework ends.")),
)


def odd_dates(round_: Round) -> list[str]:
    """A sentence for each pair of dates in an order that makes no sense; a warning, since plans may still move.

    Instants count as days in the zone of the round, except where both are instants.
    """
    found = []
    for earlier, later, sentence in _USUAL:
        first, second = getattr(round_, earlier), getattr(round_, later)
        if first is None or second is None:
            continue
        both_instants = isinstance(first, dt.datetime) and isinstance(second, dt.datetime)
        if first > second if both_instants else _day(first, round_) >= _day(second, round_):
            found.append(sentence)
    return found


def _day(value: dt.date, round_: Round) -> dt.date:
    return value.astimezone(ZoneInfo(round_.zone)).date() if isinstance(value, dt.datetime) else value


def _check_dates(round_: Round) -> None:
    for earlier, later, sentence in _ORDER:
        first, second = getattr(round_, earlier), getattr(round_, later)
        if first is not None and second is not None and first >= second:
            raise InvalidInput("dates-out-of-order", sentence, field=later)
    if not 0 <= (round_.option_months or 0) <= 120:
        raise InvalidInput("options-out-of-range", N_("Options take 0 to 120 months."), field="option_months")
