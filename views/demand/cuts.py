"""The pool cut by what its lines say, as its address says it: the same address shows the same, on the page and as a workbook."""

from __future__ import annotations

from typing import Any

from flask import get_template_attribute, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from framework.demand import breakdown
from framework.demand.breakdown import BLANK, DIMENSIONS, Asked, Breakdown, LotRows
from framework.demand.breakdown import Row as Group
from framework.ground.codelists import country_name
from framework.ground.permissions import Permission
from framework.ground.terms import BODY_TYPES, CERTAINTIES
from models.base import db
from models.rounds import Round
from views import clock
from views.demand import blueprint, shared
from views.demand.pages import may_see
from views.demand.tables import Column, Row, Table, book, quantities
from views.downloads import send_workbook
from views.guard import permit
from views.i18n import current_language, words


@blueprint.get("/rounds/<round_id>/pool/by")
@permit(Permission.POOL_VIEW)
def pool_by(round_: Round) -> str:
    """The pool by one or two dimensions, of the values that are wanted, in the order asked for."""
    found, shown = _found(round_)
    return render_template(
        "demand/cut.html",
        round_=round_,
        tables_=[_table(one, found, round_.currency) for one in found.lots],
        dimensions=[(name, words(one.label)) for name, one in breakdown.offered(shown).items()],
        filters=_filters(round_, found),
        asked=found.asked,
        xlsx=url_for("demand.pool_by_xlsx", round_id=round_.public_id, **_address(found.asked)),
    )


@blueprint.get("/rounds/<round_id>/pool/by.xlsx")
@permit(Permission.POOL_VIEW)
def pool_by_xlsx(round_: Round) -> Response:
    """The same as a workbook, one sheet for each lot."""
    found, _shown = _found(round_)
    tables = [_table(one, found, round_.currency) for one in found.lots]
    return send_workbook(book(_("Pool"), tables or [_nothing()], now=clock.now()), "pool-by.xlsx")


def _found(round_: Round) -> tuple[Breakdown, bool]:
    shown = may_see(round_)
    return breakdown.of(db.session(), round_, _asked(request.args), may_see_members=shown), shown


def _asked(args: MultiDict[str, str]) -> Asked:
    """What the address asks for; a dimension that is named twice is one."""
    by = dict.fromkeys(name for name in (args.get("by", ""), args.get("then", "")) if name)
    wanted = {name: args[name] for name in ("lot", *DIMENSIONS) if args.get(name)}
    return Asked(tuple(by) or ("year",), wanted, args.get("sort", ""))


def _address(asked: Asked) -> dict[str, str]:
    told = {"by": asked.by[0], "then": asked.by[1] if len(asked.by) > 1 else "", "sort": asked.sort}
    return {key: value for key, value in (told | dict(asked.wanted)).items() if value}


def _table(found: LotRows, whole: Breakdown, currency: str) -> Table:
    unit = shared.unit_word(found.lot.unit)
    names = whole.asked.by
    longest = max((row.amount.maximum for row in found.rows), default=0)
    columns = [Column(name, words(DIMENSIONS[name].label)) for name in names]
    columns += _columns(unit)
    rows = [_row(row, names, longest) for row in found.rows]
    foot = {names[0]: _("Together"), **_figures(found.total)}
    return Table(_("%(lot)s (%(unit)s)", lot=found.lot.name, unit=unit), columns, rows, foot, currency)


def _columns(unit: str) -> list[Column]:
    figures = [
        Column("drawn", _("Firm, soft, up to maximum"), "html", drawn=True),
        Column("firm", _("Firm"), "number", sort=True),
        Column("soft", _("Soft"), "number", sort=True, hint=_("expected beyond firm")),
        Column("expected", _("Expected"), "number", sort=True),
        Column("maximum", _("Maximum"), "number", sort=True),
    ]
    figures += [Column(key, words(label), "number", hint=_("of expected")) for key, label in CERTAINTIES.items()]
    return [
        *figures,
        Column("value", _("Expected value, net"), "money", sort=True),
        Column("value_unknown", _("Lines without value"), "number"),
        Column("not_known", _("Lines not known yet"), "number", sort=True),
    ]


def _row(row: Group, names: tuple[str, ...], longest: int) -> Row:
    stack: Any = get_template_attribute("demand/parts.html", "stack")
    key = {name: label(name, value) for name, value in zip(names, row.key, strict=True)}
    return {**key, "drawn": stack(row.amount, longest), **_figures(row)}


def _figures(row: Group) -> Row:
    known = row.amount.is_known
    certain = {key: row.certain.get(key, 0) if known else None for key in CERTAINTIES}
    reasons = {f"{key}_reason": _("not known yet") for key in ("firm", "soft", "expected", "maximum", *CERTAINTIES)}
    return {**quantities(row.amount), **certain, **reasons, "value_reason": _("no value was given")}


def label(name: str, value: Any) -> str | int:
    """A value of a dimension in the reader's words; a blank one says that it is."""
    if value == "":
        return str(_("none named"))
    if name == "category":
        return shared.category_label(value)
    if name == "certainty":
        return shared.certainty_label(value)
    if name == "country":
        return country_name(value, current_language())
    if name == "body":
        return words(BODY_TYPES[value]) if value in BODY_TYPES else str(value)
    return int(value) if name == "year" else str(value)


def _filters(round_: Round, found: Breakdown) -> list[dict[str, Any]]:
    """A select for each dimension of which the pool holds more than one value, or one was asked for."""
    lots = [(lot.public_id, lot.name) for lot in round_.lots]
    choices = {"lot": lots} | {
        name: [(str(value) or BLANK, label(name, value)) for value in values] for name, values in found.choices.items()
    }
    labels = {"lot": _("Lot")} | {name: words(one.label) for name, one in DIMENSIONS.items()}
    return [
        {"name": name, "label": labels[name], "options": options, "chosen": found.asked.wanted.get(name, "")}
        for name, options in choices.items()
        if len(options) > 1 or name in found.asked.wanted
    ]


def _nothing() -> Table:
    return Table(_("Pool"), [Column("nothing", _("Nothing in the pool fits this choice."))], [])
