"""Identifiers, labels, audits, the process and free text (D35 to D39, D41 to D45, D47, D53)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from framework.disclosure import identifiers
from framework.disclosure.checks.context import Context
from framework.disclosure.columns import (
    AUDITS,
    COMPONENTS,
    PROCESS,
    PRODUCTS,
    SITES,
    SMELTERS,
    SUBMISSION,
    sheet_columns,
)
from framework.disclosure.geography import holding
from framework.ground.issue_catalogue import make
from framework.ground.issues import Issue

_LABEL_LISTS = ("label_certificate_no", "label_generation", "label_tier", "label_valid_until")
_RECOGNITION = {"platinum": 200, "gold": 180, "silver": 160}
_NOTHING_OPEN = {
    "platinum": ("findings_priority_open", "findings_major_open", "findings_minor_open"),
    "gold": ("findings_priority_open", "findings_major_open"),
    "silver": ("findings_priority_open",),
}
_FREE_TEXT = (
    (COMPONENTS, "component_type_other"),
    (COMPONENTS, "not_disclosed_evidence"),
    (SITES, "address_line"),
    (SITES, "confidentiality_reason"),
    (SMELTERS, "not_disclosed_evidence"),
    (SMELTERS, "mine_name"),
    (AUDITS, "auditor_body"),
    (PROCESS, "document_name"),
    (PROCESS, "narrative"),
)
_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+\.\w{2,}|(?<![\w/])(?:\+|00)\d{1,3}[\d ()/.-]{6,16}\d|\b(?:tel|phone|mobile|mob)\b[.: ]*\+?\d[\d ()/-]{5,}"
    r"|\b(?:19|20)?\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[-+]\d{4}\b",
    re.I,
)


_SIGNS = ("@", "+", "00", "-", "tel", "Tel", "TEL", "hone", "HONE", "mob", "Mob", "MOB")
"""Without one of these no personal number is found; a cheap look before the dear one."""


def registry_forms(context: Context) -> Iterator[Issue]:
    """D35: hub ids, smelter ids, LEI and GLN by form and check character."""
    for index, os_id, other in context.tables[SITES].zip("os_id", "other_registry_id"):
        if os_id and not identifiers.is_os_id(os_id):
            yield context.at(SITES, index, "os_id", "registry-form", registry="Open Supply Hub")
        problem = identifiers.registry_problem(other) if other else ""
        if problem:
            yield context.at(SITES, index, "other_registry_id", "registry-form", registry=problem)
    for index, number in enumerate(context.tables[SUBMISSION].get("reporting_party_reg_id")):
        if number and re.fullmatch(r"[A-Z0-9]{18}\d{2}", number) and not identifiers.is_lei(number):
            yield context.at(SUBMISSION, index, "reporting_party_reg_id", "registry-form", registry="LEI")
    yield from _smelter_ids(context)


def _smelter_ids(context: Context) -> Iterator[Issue]:
    """D35, and D36 where a register is at hand (id → None, or the day until which it was seen); without one, that is said."""
    table = context.tables[SMELTERS]
    if context.smelters is None and any(table.get("smelter_id")):
        column = table.headers.get("smelter_id", "smelter_id")
        yield make("smelter-unknown", "no register", sheet=table.title, column=column)
    for index, number in enumerate(context.tables[SMELTERS].get("smelter_id")):
        form = identifiers.smelter_form(number) if number else "now"
        if form != "now":
            cause, registry = ("older id", "") if form == "old" else ("", "CID")
            yield context.at(SMELTERS, index, "smelter_id", "registry-form", cause, registry=registry)
        elif number and context.smelters is not None:
            until = context.smelters.get(number.upper(), "unknown")
            if until == "unknown":
                yield context.at(SMELTERS, index, "smelter_id", "smelter-unknown", "unknown")
            elif until is not None:
                yield context.at(SMELTERS, index, "smelter_id", "smelter-unknown", "removed since", until=until)


def check_digits(context: Context) -> Iterator[Issue]:
    """D39: the check digit of a barcode number."""
    for index, number in enumerate(context.tables[PRODUCTS].get("gtin")):
        if number and not identifiers.has_check_digit(number):
            yield context.at(PRODUCTS, index, "gtin", "check-digit")


def labels(context: Context) -> Iterator[Issue]:
    """D37: lists of unequal length, or `none` beside a label. D38: a label that ended."""
    table = context.tables[PRODUCTS]
    for index, schemes, *lists in table.zip("label_scheme", *_LABEL_LISTS):
        if schemes and "none" in schemes and len(schemes) > 1:
            yield context.at(PRODUCTS, index, "label_scheme", "label-lists-uneven", "none and another")
        if schemes and schemes != ["none"]:
            for name, entries in zip(_LABEL_LISTS, lists, strict=True):
                if entries and len(entries) != len(schemes):
                    found, expected = len(entries), len(schemes)
                    yield context.at(PRODUCTS, index, name, "label-lists-uneven", found=found, expected=expected)
        for place, end in enumerate(lists[-1] or []):
            if isinstance(end, dt.date) and end < context.reference:
                label = schemes[place] if schemes and place < len(schemes) else ""
                ended = end.isoformat()
                yield context.at(PRODUCTS, index, "label_valid_until", "label-expired", end=ended, label=label)


def audit_figures(context: Context) -> Iterator[Issue]:
    """D41: score above its maximum, open findings above all findings. D42: recognition that does not follow."""
    table = context.tables[AUDITS]
    for index, score, highest in table.zip("score", "score_max"):
        if score is not None and highest is not None and score > highest:
            yield context.at(AUDITS, index, "score", "audit-score", "score", limit=highest)
    for kind in ("priority", "major", "minor"):
        name = f"findings_{kind}_open"
        for index, still_open, total in table.zip(name, f"findings_{kind}_total"):
            if still_open is not None and total is not None and still_open > total:
                yield context.at(AUDITS, index, name, "audit-score", "findings", limit=total)
    for index, level in enumerate(table.get("recognition")):
        if level in _RECOGNITION and not _deserved(context, index, level):
            yield context.at(AUDITS, index, "recognition", "audit-recognition")


def _deserved(context: Context, index: int, level: str) -> bool:
    table = context.tables[AUDITS]
    score = table.get("score")[index]
    if table.get("scheme")[index] not in ("rba_vap", None) or table.get("audit_type")[index] == "cma_ama":
        return False
    if score is not None and score < _RECOGNITION[level]:
        return False
    return not any(table.get(name)[index] for name in _NOTHING_OPEN[level])


def audit_validity(context: Context) -> Iterator[Issue]:
    """D43: end before the audit, a VAP longer than two years, an audit that ended before the reference date."""
    for index, start, end, scheme in context.tables[AUDITS].zip("audit_date", "valid_until", "scheme"):
        if end is None:
            continue
        if start is not None and end < start:
            yield context.at(
                AUDITS, index, "valid_until", "audit-validity", "end before start", start=start.isoformat()
            )
            continue
        if start is not None and scheme == "rba_vap" and end > months_later(start, 24):
            yield context.at(AUDITS, index, "valid_until", "audit-validity", "longer than two years")
        if end < context.reference:
            yield context.at(AUDITS, index, "valid_until", "audit-validity", "expired")


def process(context: Context) -> Iterator[Issue]:
    """D44: exactly one row for each of the seven requirements. D45: a document older than 24 months."""
    table = context.tables[PROCESS]
    seen: set[str] = set()
    for index, requirement, revised in table.zip("process_requirement", "document_date"):
        if requirement in seen:
            yield context.at(PROCESS, index, "process_requirement", "process-rows", "twice")
        seen.add(requirement)
        if revised is not None and months_later(revised, 24) < context.reference:
            yield context.at(PROCESS, index, "document_date", "document-old")
    column = sheet_columns(PROCESS)["process_requirement"]
    for requirement in () if context.lacks(PROCESS) else column.values:
        if requirement not in seen:
            yield make("process-rows", "absent", sheet=table.title, column=column.name, needed=requirement)


def company_wide(context: Context) -> Iterator[Issue]:
    """D47: data about a whole company are kept and not scored."""
    for index, scope in enumerate(context.tables[SUBMISSION].get("scope")):
        if scope == "company_wide":
            yield context.at(SUBMISSION, index, "scope", "scope-company-wide")


def personal_data(context: Context) -> Iterator[Issue]:
    """D53: free text that looks like a mail address, telephone or personal number. The value itself is not repeated."""
    for sheet, name in _FREE_TEXT:
        values = context.tables[sheet].get(name)
        texts = ["|".join(value) if isinstance(value, list) else value for value in values]
        personal = set(filter(_PERSONAL.search, holding(filter(None, texts), _SIGNS)))
        for index, text in enumerate(texts if personal else ()):
            if text in personal:
                yield context.at(sheet, index, name, "personal-data", value="")


def months_later(day: dt.date, months: int) -> dt.date:
    """The same day so many months later; the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for number in range(day.day, 27, -1):
        try:
            return dt.date(year, month + 1, number)
        except ValueError:
            continue
    return dt.date(year, month + 1, day.day)
