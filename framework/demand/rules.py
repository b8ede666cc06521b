"""The rules of a line (data dictionary, section 2): every breach at once, each with its row and column."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from framework.demand.lines import LABELS, QUANTITIES, Line, Scope
from framework.ground.codelists import is_country
from framework.ground.issues import Issue, Severity
from framework.ground.terms import CATEGORIES
from framework.ground.text import N_
from models.demand import CERTAINTIES

QTY_LIMIT = 10_000_000
VALUE_LIMIT = Decimal(10) ** 12
TEXT_LIMIT = 200
DEPARTMENTS_UNSAID = N_("Departments have not given all figures yet")
"""The reason of a line that is a sum of departments with a part missing; kept as it stands here in every language."""

SENTENCES: dict[str, str] = {
    "category-missing": N_("Row %(row)s has no category. Choose one of the lot's categories."),
    "category-unknown": N_("Row %(row)s: “%(value)s” is not a category we know. Choose one of the lot's categories."),
    "category-outside": N_("Row %(row)s: %(value)s is not bought in this lot. Choose one of the lot's categories."),
    "tier-missing": N_("Row %(row)s has no specification tier. Choose one of the lot's tiers."),
    "tier-outside": N_("Row %(row)s: “%(value)s” is not a specification tier of this lot. Choose one of the lot's tiers."),
    "year-outside": N_("Row %(row)s: contract year %(value)s does not exist. Use a year from 1 to %(limit)s."),
    "year-missing": N_("Row %(row)s has no contract year. Say which year it is for."),
    "no-quantities": N_("Row %(row)s: no column was recognised as a quantity, so nothing of it was read."),
    "column-duplicate": N_("These columns both say “%(column)s”: %(value)s. Choose below which one counts; until then neither is read."),
    "country-missing": N_("Row %(row)s has no delivery country. Choose one."),
    "country-unknown": N_("Row %(row)s: “%(value)s” is not a country we know. Use a two-letter code such as NL."),
    "quantity-missing": N_("Row %(row)s, %(column)s: fill in firm, expected and maximum quantity, 0 where there is none, or say why they are not known yet."),
    "quantity-order": N_("Row %(row)s, %(column)s: firm must not be more than expected, nor expected more than the maximum."),
    "kept-order": N_("Row %(row)s, %(column)s: %(value)s does not lie between the firm quantity and the maximum that stay from your declaration (%(firm)s and %(maximum)s). Give all three, or change those in the grid."),
    "known-and-reason": N_("Row %(row)s, %(column)s has quantities and a reason why they are not known. Keep one of the two."),
    "certainty-unknown": N_("Row %(row)s: “%(value)s” is not a certainty. Choose budgeted, planned or indicative."),
    "line-twice": N_("Row %(row)s says the same category, tier, country and year as row %(other)s. Put them together in one row."),
    "sum-not-known": N_("Row %(row)s is not known yet and would make the sum with other rows unknown."),
    "row-twice": N_("Row %(row)s says the same category, tier and country as another row. Put them together in one row."),
    "text-too-long": N_("Row %(row)s, %(column)s is longer than %(limit)s characters. Shorten it."),
    "negative": N_("Row %(row)s, %(column)s: “%(value)s” is less than nothing. Give 0 or more."),
    "too-large": N_("Row %(row)s, %(column)s: “%(value)s” is too large. Check the number."),
    "unclear": N_("Row %(row)s, %(column)s: “%(value)s” may have thousands or decimals. Write it without a separator."),
    "percent": N_("Row %(row)s, %(column)s: “%(value)s” is a percentage. Give the number of pieces or the amount."),
    "approximate": N_("Row %(row)s, %(column)s: “%(value)s” is approximate. Give one number; the certainty says how sure it is."),
    "range": N_("Row %(row)s, %(column)s: “%(value)s” is a range. Give firm, expected and maximum as three numbers."),
    "trailing-minus": N_("Row %(row)s, %(column)s: “%(value)s” has its minus sign at the end. Write it in front."),
    "not-whole": N_("Row %(row)s, %(column)s: “%(value)s” is not a whole number. Quantities are whole pieces."),
    "not-a-number": N_("Row %(row)s, %(column)s: “%(value)s” is not a number. Give it in digits."),
    "not-a-date": N_("Row %(row)s, %(column)s: “%(value)s” is not a date. Write it as 2027-03-31."),
    "other-currency": N_("Row %(row)s, %(column)s: “%(value)s” is in another currency than this round. Convert it first."),
    "too-many-decimals": N_("Row %(row)s, %(column)s: “%(value)s” has more than two decimals. Round it to the cent."),
    "is-a-change": N_("Row %(row)s, %(column)s: “%(value)s” is a change, not a total. Give the total quantity."),
    "total-and-change": N_("Row %(row)s has both a total and a change. Keep the total only."),
    "no-department": N_("No column was recognised as the name of a department. Say below which one it is."),
    "department-missing": N_("Row %(row)s names no department. Name one, or take the row out."),
    "department-refused": N_("Row %(row)s: “%(value)s” cannot be the name of a department. Change it in the sheet."),
    "member-missing": N_("Row %(row)s names no member. Fill in its name or registration number."),
    "member-not-in": N_("Row %(row)s: %(value)s takes no part in this round now. Take the row out."),
    "lot-missing": N_("Row %(row)s does not say which lot it is for, and its category and tier fit none or several. Name the lot."),
    "lot-unknown": N_("Row %(row)s: “%(value)s” is no lot of this round. Write its number, code or name."),
    "too-many-lines": N_("Row %(row)s begins a declaration of %(value)s lines; at most %(limit)s fit in one. Put lines together."),
    "cell-error": N_("Row %(row)s, %(column)s holds an error of the spreadsheet. Mend the formula or type the number."),
}  # fmt: skip
"""Issue code to the sentence a person reads; all are errors of one line."""


def issue(code: str, line_row: int | None, column: str = "", value: object = "", **params: object) -> Issue:
    """An error at a row and a column; `column` is a field of a line or already words."""
    found = "" if value is None else str(value)[:TEXT_LIMIT]
    return Issue(code, Severity.ERROR, row=line_row, column=LABELS.get(column, column), value=found, params=params)


def sentence(found: Issue) -> tuple[str, dict[str, object]]:
    """The template and its parameters; the edge translates the template and `column`."""
    return SENTENCES[found.code], {"row": found.row, "column": found.column, "value": found.value, **found.params}


def check(lines: Iterable[Line], scope: Scope) -> list[Issue]:
    """Every breach of the rules in `lines`, in their order. Pure."""
    found: list[Issue] = []
    seen: dict[tuple[str, str, str, int], Line] = {}
    for line in lines:
        found += _place(line, scope) + _quantities(line) + _rest(line)
        first = seen.setdefault(line.key, line)
        if first is not line:
            found.append(issue("line-twice", line.row, other=first.row))
    return found


def _place(line: Line, scope: Scope) -> list[Issue]:
    found = []
    if not line.category:
        found.append(issue("category-missing", line.row, "category"))
    elif line.category not in scope.categories:
        code = "category-outside" if line.category in CATEGORIES else "category-unknown"
        found.append(issue(code, line.row, "category", line.category))
    if scope.tiers and not line.spec_tier:
        found.append(issue("tier-missing", line.row, "spec_tier"))
    elif line.spec_tier and line.spec_tier not in scope.tiers:
        found.append(issue("tier-outside", line.row, "spec_tier", line.spec_tier))
    if not 1 <= line.year_no <= scope.years:
        found.append(issue("year-outside", line.row, "year_no", line.year_no, limit=scope.years))
    if not line.delivery_country:
        found.append(issue("country-missing", line.row, "delivery_country"))
    elif not is_country(line.delivery_country):
        found.append(issue("country-unknown", line.row, "delivery_country", line.delivery_country))
    return found


def _quantities(line: Line) -> list[Issue]:
    values = [getattr(line, name) for name in QUANTITIES]
    known = [value for value in values if value is not None]
    if line.not_known_reason:
        return [issue("known-and-reason", line.row, "qty_expected", year=line.year_no)] if known else []
    if len(known) < len(values):
        missing = next(name for name in QUANTITIES if getattr(line, name) is None)
        return [issue("quantity-missing", line.row, missing, year=line.year_no)]
    found = [
        issue("negative", line.row, name, value, year=line.year_no)
        for name, value in zip(QUANTITIES, values, strict=True)
        if value < 0
    ]
    found += [
        issue("too-large", line.row, name, value, year=line.year_no)
        for name, value in zip(QUANTITIES, values, strict=True)
        if value > QTY_LIMIT
    ]
    if sorted(known) != known:
        found.append(issue("quantity-order", line.row, "qty_expected", year=line.year_no))
    return found


def _rest(line: Line) -> list[Issue]:
    found = []
    if line.certainty not in CERTAINTIES:
        found.append(issue("certainty-unknown", line.row, "certainty", line.certainty, year=line.year_no))
    for name, limit in (("value_expected", VALUE_LIMIT), ("baseline_qty", Decimal(QTY_LIMIT))):
        value = getattr(line, name)
        if value is not None and value < 0:
            found.append(issue("negative", line.row, name, value))
        elif value is not None and value > limit:
            found.append(issue("too-large", line.row, name, value))
    for name in ("not_known_reason", "delivery_profile"):
        if len(getattr(line, name)) > TEXT_LIMIT:
            found.append(issue("text-too-long", line.row, name, limit=TEXT_LIMIT))
    return found
