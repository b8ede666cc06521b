"""The comparison of a lot: suppliers and brands beside what they disclose, with the state of the page in its address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _

from framework.chain import changes, comparison, export, table
from framework.chain.columns import Column, columns
from framework.chain.comparison import Line
from framework.chain.contradictions import listing
from framework.chain.matching import questions
from framework.demand.pooled import LotPool
from framework.disclosure.confidentiality import Reader
from framework.disclosure.veil import veil_for
from framework.ground.errors import NotFound
from framework.ground.permissions import Permission, may
from framework.ground.text import N_, key_of
from models.base import db
from models.rounds import Lot, Round
from views import clock, guard
from views.chain import blueprint
from views.chain.cells import NUMBERS, Cells
from views.chain.contradictions import hidden_kinds
from views.chain.sight import country, reader_of
from views.chain.state import FLAGS, NAME_LABELS, Shown, State
from views.demand.lever import pieces
from views.disclosure.bidders import bidder, lettered
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import words

EARLIER = "changes"
"""The column that needs the last versions; they are looked up for it alone."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters of a page offer: value and what it says."""

    suppliers: list[tuple[str, str]]
    brands: list[tuple[str, str]]
    countries: list[tuple[str, str]]
    orders: list[tuple[str, str]]


@blueprint.get("/rounds/<round_id>/comparison")
@permit(Permission.COMPARISON_VIEW)
def first_lot(round_: Round) -> str:
    """The comparison of the round's first lot."""
    if not round_.lots:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return _page(round_, round_.lots[0])


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/comparison")
@permit(Permission.COMPARISON_VIEW)
def lot_comparison(round_: Round, lot_id: str) -> str:
    """Suppliers and brands of a lot side by side, beside the pooled volume."""
    return _page(round_, guard.child(Lot, lot_id, round_))


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/comparison.xlsx")
@permit(Permission.COMPARISON_VIEW)
def lot_workbook(round_: Round, lot_id: str) -> Response:
    """What the page shows as a workbook: its columns, its lines in their order, and by what they were chosen."""
    lot, reader = guard.child(Lot, lot_id, round_), reader_of(round_)
    found = comparison.compare(db.session(), lot, reader, page=None)
    every = columns(lot)
    state = State.read(request.args, every)
    lines = shown_lines(lot, reader, found.lines, found.lot_pool, with_earlier=EARLIER in state.columns)
    left = state.apply(lines, every, country)
    names = {id(one.line): (one.supplier, one.brand) for one in left}
    content = export.write(
        found,
        [one.line for one in left],
        now=clock.now(),
        named=lambda one: names[id(one)],
        words=words,
        chosen=state.shown_columns(every),
        narrowed=narrowed(state, lines, every),
        veiled=_veiled(lot, reader),
    )
    return send_workbook(content, f"comparison-{round_.public_id}-{lot.number}.xlsx")


def shown_lines(
    lot: Lot, reader: Reader, lines: Sequence[Line], lot_pool: LotPool | None, *, with_earlier: bool = False
) -> list[Shown]:
    """Lines with measures, pooled volume and the names that this reader may read; with their last versions where asked."""
    session = db.session()
    hidden = veil_for(session, lot.round, reader)
    found = table.weighed(session, lot, table.measured(session, lot, lines, lot_pool), reader)
    if with_earlier:
        found = changes.with_earlier(session, lot.round, found, reader, actor())
    return [Shown(bidder(reader, one.supplier), str(hidden.over(one.brand, lettered)), one) for one in found]


def line_key(line: Line) -> str:
    """What a line is called in an address."""
    return f"{line.submission.public_id}.{line.key}"


def narrowed(state: State, lines: Sequence[Shown], every: dict[str, Column]) -> list[tuple[str, str]]:
    """By what the lines were chosen and sorted, label and value in the reader's words."""
    suppliers = {one.line.submission.public_id: one.supplier for one in lines}
    brands = {key_of(one.brand): one.brand for one in lines}
    key = state.sort.removeprefix("-")
    label = words(NAME_LABELS.get(key) or every[key].label) if key else ""
    order = _("%(column)s, from most to least", column=label) if state.sort.startswith("-") else label
    found = (
        (_("Search"), state.q),
        (_("Supplier"), suppliers.get(state.supplier, state.supplier)),
        (_("Brand"), brands.get(state.brand, state.brand)),
        (_("Assembled in"), country(state.country)),
        *((words(FLAGS[name][0]), _("yes")) for name in state.flags),
        (_("Sorted by"), order),
    )
    return [(name, value) for name, value in found if value]


def _page(round_: Round, lot: Lot) -> str:
    reader = reader_of(round_)
    found = comparison.compare(db.session(), lot, reader, page=request.args.get("page", "1"))
    every, cells = columns(lot), Cells(round_, lot)
    state = State.read(request.args, every)
    lines = shown_lines(lot, reader, found.lines, found.lot_pool, with_earlier=EARLIER in state.columns)
    left, shown = state.apply(lines, every, country), state.shown_columns(every)
    here = url_for("chain.lot_comparison", round_id=round_.public_id, lot_id=lot.public_id)
    return render_template(
        "chain/comparison.html",
        round_=round_,
        lots=round_.lots,
        found=found,
        here=here,
        state=state,
        narrowed=narrowed(state, lines, every),
        total_lines=len(lines),
        lines=[(one.supplier, one.brand, one.line, line_key(one.line), cells.row(one.line, shown)) for one in left],
        cells=cells,
        tiers=[label for label, _part, _whole in cells.tiers(left[0].line)] if left else [],
        columns=shown,
        numbers=NUMBERS,
        every=every,
        choices=_choices(lines, every),
        flags={name: label for name, (label, _keeps) in FLAGS.items()},
        waiting=questions.waiting(db.session(), round_) if _may(round_, Permission.SITES_ANSWER) else 0,
        contradictions=listing.waiting(db.session(), round_, without=hidden_kinds(round_))
        if _may(round_, Permission.CONTRADICTIONS_VIEW)
        else 0,
        veiled=_veiled(lot, reader),
        pooled=pieces(found.lot_pool.total.expected, lot.unit) if found.lot_pool is not None else "",
        now=clock.now(),
    )


def _may(round_: Round, permission: Permission) -> bool:
    return may(db.session(), actor(), permission, round_, roles=guard.roles(round_))


def _veiled(lot: Lot, reader: Reader) -> Callable[[str], str]:
    """What this reader may read of a text."""
    hidden = veil_for(db.session(), lot.round, reader)
    return lambda text: str(hidden.over(text, lettered))


def _choices(lines: Sequence[Shown], every: dict[str, Column]) -> Choices:
    suppliers = {one.line.submission.public_id: one.supplier for one in lines}
    brands = {key_of(one.brand): one.brand for one in lines if one.brand}
    codes = {code for one in lines for code in one.line.countries}
    labels: dict[str, Any] = NAME_LABELS | {key: one.label for key, one in every.items() if one.sort is not None}
    orders = [(f"{sign}{key}", words(label)) for key, label in labels.items() for sign in ("", "-")]
    return Choices(
        _by_name(suppliers.items()),
        _by_name(brands.items()),
        _by_name((code, country(code)) for code in codes),
        [
            (key, _("%(column)s, from most to least", column=said) if key.startswith("-") else said)
            for key, said in orders
        ],
    )


def _by_name(pairs: Any) -> list[tuple[str, str]]:
    return sorted(pairs, key=lambda pair: str(pair[1]).casefold())
