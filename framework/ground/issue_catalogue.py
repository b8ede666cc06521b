"""The catalogue of issues (`data/issues.csv`): what each code and cause means, how grave it is, and what a person reads."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from functools import cache

from framework.ground.codelists import country_name, is_country, read_rows
from framework.ground.issues import Issue, Severity
from framework.ground.terms import DECLARED_MINERALS
from framework.ground.text import N_, Term

CUT = 200
DID_YOU_MEAN = N_("Did you mean %(nearest)s? If not, correct the value.")
UNKNOWN = "—"
COUNTRIES = {
    ("country-read", ""): ("read",),
    ("country-read", "from address"): ("read",),
    ("value-not-allowed", "country"): ("nearest",),
    ("address-country-conflict", ""): ("other", "country"),
    ("coordinates-wrong", "other country"): ("country",),
}
"""Parameters that hold codes of countries, to be named in words."""
MINERALS = {
    ("question-contradiction", ""): ("mineral", True),
    ("mineral-out-of-scope", ""): ("value", True),
    ("mineral-missing", ""): ("value", False),
    ("required-node-absent", "mineral"): ("needed", True),
}
"""The parameter that names a mineral, and whether it stands within the sentence, by code and cause."""
DATES = {
    ("audit-validity", "end before start"): ("value", "start"),
    ("audit-validity", "longer than two years"): ("value",),
    ("audit-validity", "expired"): ("value",),
    ("label-expired", ""): ("end",),
    ("smelter-unknown", "removed since"): ("until",),
}
"""Parameters that hold days, to be written in words."""
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the catalogue. `message` and `advice` are English templates with named placeholders; `number` is D01–D57 or blank."""

    code: str
    cause: str
    severity: Severity
    where: str
    message: str
    advice: str
    number: str = ""


@cache
def catalogue() -> dict[tuple[str, str], Entry]:
    """All entries by code and cause."""
    return {(row["code"], row["cause"]): _entry(row) for row in read_rows("issues.csv")}


def entry(code: str, cause: str = "") -> Entry:
    """The entry of this code and cause; KeyError means that the catalogue lacks it, which is a bug."""
    return catalogue()[code, cause]


def make(
    code: str,
    cause: str = "",
    *,
    sheet: str = "",
    row: int | None = None,
    column: str = "",
    value: object = "",
    **params: object,
) -> Issue:
    """An issue with the severity of the catalogue; `value` is cut to 200 characters."""
    found = "" if value is None else str(value)[:CUT]
    return Issue(code, entry(code, cause).severity, sheet, row, column, found, cause, params)


def refusal_issue(key: str, detail: str = "", params: dict[str, object] | None = None) -> Issue:
    """The blocking issue for a file that was refused; an unknown key falls back to the general sentence."""
    cause = key if ("file-refused", key) in catalogue() else ""
    given = {"detail": detail or key} | (params or {})
    return replace(make("file-refused", cause), params=given)


def describe(issue: Issue, *, language: str = "") -> tuple[str, str, dict[str, object]]:
    """Message template, advice template and parameters of an issue; a parameter nobody gave is an em dash.

    Where a near miss was found (`nearest`), the advice is to take that. Codes of countries and days are written
    in `language`, and stay as they are stored where none is given.
    """
    found = _most_particular(issue)
    places = {"sheet": issue.sheet, "row": issue.row, "column": issue.column, "value": issue.value}
    given = {name: value for name, value in places.items() if value not in ("", None)}
    advice = DID_YOU_MEAN if issue.params.get("nearest") else found.advice
    needed = dict.fromkeys(PLACEHOLDER.findall(found.message + advice), UNKNOWN)
    given_params = {name: value for name, value in issue.params.items() if value not in ("", None)}
    if language:
        given_params |= _countries_named(issue, given_params, language)
        given_params |= _mineral_named(issue, given | given_params)
        given_params |= _days_written(issue, given | given_params, language)
    return found.message, advice, needed | given | given_params


def _most_particular(issue: Issue) -> Entry:
    """The entry for this detail of a refusal or this column where the catalogue has one, else for the cause, else for the code."""
    causes = (f"{issue.cause} {issue.params.get('detail')}", issue.cause or f"column {issue.column}", issue.cause, "")
    return next(catalogue()[issue.code, cause] for cause in causes if (issue.code, cause) in catalogue())


def _countries_named(issue: Issue, params: dict[str, object], language: str) -> dict[str, object]:
    from babel.lists import format_list  # only here: finding issues needs no words, and loading CLDR takes long

    found: dict[str, object] = {}
    for name in COUNTRIES.get((issue.code, issue.cause), ()):
        codes = str(params.get(name) or "").split(", ")
        named = [f"{country_name(code, language)} ({code})" if is_country(code) else code for code in codes]
        found[name] = format_list(named, style="or", locale=language)
    return {name: value for name, value in found.items() if value}


def _mineral_named(issue: Issue, params: dict[str, object]) -> dict[str, object]:
    name, is_inside = MINERALS.get((issue.code, issue.cause), ("", True))
    word = DECLARED_MINERALS.get(str(params.get(name)))
    return {name: Term(word, is_inside=is_inside)} if word else {}


def _days_written(issue: Issue, params: dict[str, object], language: str) -> dict[str, object]:
    """The days among the parameters with the month in words; what is no plain day stays as it was found."""
    from babel.dates import format_date  # only here: see `_countries_named`

    names = DATES.get((issue.code, issue.cause), ())
    found = {name: str(params.get(name, "")) for name in names}
    return {
        name: format_date(dt.date.fromisoformat(text), format="d MMM y", locale=language)
        for name, text in found.items()
        if _is_day(text)
    }


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _entry(row: dict[str, str]) -> Entry:
    return Entry(
        code=row["code"],
        cause=row["cause"],
        severity=Severity(row["severity"]),
        where=row["where"],
        message=row["message"],
        advice=row["what_to_do"],
        number=row["number"],
    )
