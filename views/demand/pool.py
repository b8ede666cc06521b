"""The pool: how large we are together, what each brings, and who has not answered."""

from __future__ import annotations

from collections import OrderedDict
from decimal import Decimal
from typing import Any

import altair as alt
import pandas as pd
from flask import render_template, request
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from framework.demand import leverage, pool_sheet
from framework.demand import pool as pooling
from framework.demand.pool import Amount, Cell, LotPool, Pool
from framework.ground.permissions import Permission
from models.base import db
from models.rounds import Round
from views import charts, clock, guard
from views.demand import blueprint, shared
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import current_language

SEGMENTS = 9
SHARES = 15
NAMES = 40
KEPT = 64

_drawn: OrderedDict[tuple[Any, ...], Markup] = OrderedDict()


@blueprint.get("/rounds/<round_id>/pool")
@permit(Permission.POOL_VIEW)
def pool(round_: Round) -> str:
    """Headline, tables and pictures of the pool; `?without=us` shows it without the reader's own part."""
    figures = pooling.figures(db.session(), round_)
    own = actor().organisation_id if "member" in guard.roles(round_) else None
    shown = leverage.may_see_members(db.session(), actor(), round_)
    without = own is not None and request.args.get("without") == "us"
    return render_template(
        "demand/pool.html",
        round_=round_,
        figures=figures,
        own=own,
        without=without,
        running=round_.state == "demand",
        body=_body(round_, figures, own, shown, without) if figures.contributing else "",
    )


def _body(round_: Round, figures: Pool, own: int | None, shown: bool, without: bool) -> Markup:
    """Pictures and tables; drawn once for equal figures, reader's organisation, circle of volumes and language."""
    key = (figures.stamp, own, shown, without, current_language())
    if key not in _drawn:
        _drawn[key] = Markup(_draw(round_, figures, own, shown, without))  # noqa: S704 - our own template
        while len(_drawn) > KEPT:
            _drawn.popitem(last=False)
    _drawn.move_to_end(key)
    return _drawn[key]


def _draw(round_: Round, figures: Pool, own: int | None, shown: bool, without: bool) -> str:
    own_cells = pooling.own_cells(db.session(), round_, own) if without and own is not None else {}
    lots = [_lot(lot, figures, own, shown, own_cells.get(lot.lot_id, []), without) for lot in figures.lots]
    return render_template(
        "demand/pool_body.html",
        round_=round_,
        figures=figures,
        lots=lots,
        without=without,
        members_shown=shown,
        chart=None if without else _stacked(round_, figures, own, shown),
    )


@blueprint.get("/rounds/<round_id>/pool.xlsx")
@permit(Permission.POOL_VIEW)
def pool_xlsx(round_: Round) -> Response:
    """The pool as a workbook; single members only where this reader may see them."""
    figures = pooling.figures(db.session(), round_)
    own = actor().organisation_id
    visible = set(figures.names) if leverage.may_see_members(db.session(), actor(), round_) else {own}
    content = pool_sheet.write(figures, visible, now=clock.now(), words=lambda label: str(_(label)))
    return send_workbook(content, "pool.xlsx")


def _lot(lot: LotPool, figures: Pool, own: int | None, shown: bool, mine: list[Cell], without: bool) -> dict[str, Any]:
    """What the page shows of one lot."""
    taken = {(c.category, c.spec_tier, c.year_no, c.certainty): c.amount for c in mine}
    cells = [
        Cell(
            c.category,
            c.spec_tier,
            c.year_no,
            c.certainty,
            c.amount - taken.get((c.category, c.spec_tier, c.year_no, c.certainty), Amount()),
        )
        for c in lot.cells
    ]
    part = lot.by_member.get(own) if own is not None else None
    total = lot.total - part if without and part is not None else lot.total
    return {
        "lot": lot,
        "total": total,
        "own": part,
        "own_share": lot.share(own) if own is not None else None,
        "factor": lot.factor(own) if own is not None else None,
        "by_year": _grouped(cells, "year_no"),
        "by_kind": [
            {"place": shared.place(k[0], k[1]), "amount": a} for k, a in _grouped(cells, "category", "spec_tier")
        ],
        "by_certainty": [{"label": shared.certainty_label(k[0]), "amount": a} for k, a in _grouped(cells, "certainty")],
        "shares": _shares(lot, figures, own, shown),
        "missing": [figures.names[m] for m in lot.missing[:NAMES]],
        "more_missing": max(len(lot.missing) - NAMES, 0),
    }


def _grouped(cells: list[Cell], *names: str) -> list[tuple[Any, Amount]]:
    sums: dict[Any, Amount] = {}
    for cell in cells:
        key = tuple(getattr(cell, name) for name in names)
        sums[key] = sums.get(key, Amount()) + cell.amount
    order = {"budgeted": 0, "planned": 1, "indicative": 2}
    return sorted(
        sums.items(), key=lambda pair: tuple(order.get(k, k) if names == ("certainty",) else k for k in pair[0])
    )


def _shares(lot: LotPool, figures: Pool, own: int | None, shown: bool) -> list[dict[str, Any]]:
    """The largest members, our own, and the rest as one; where volumes are not shared, our own and the rest."""
    ranked = sorted(((a, m) for m, a in lot.by_member.items() if a.expected), key=lambda x: (-x[0].expected, x[1]))
    named = [(a, m) for a, m in ranked[:SHARES] if shown or m == own]
    named += [(a, m) for a, m in ranked[SHARES:] if m == own]
    rest = len(ranked) - len(named)
    rows = [_share(figures.names.get(m, "–"), a, lot, m == own) for a, m in named]
    if rest and lot.total.expected:
        amount = lot.total - sum((a for a, _m in named), Amount())
        label = _("%(count)s other members", count=rest) if rest > 1 else _("1 other member")
        rows.append(_share(label, amount, lot, False))
    return rows


def _share(label: str, amount: Amount, lot: LotPool, is_own: bool) -> dict[str, Any]:
    share = Decimal(amount.expected) * 100 / lot.total.expected if lot.total.expected else None
    return {"label": label, "amount": amount, "share": share, "own": is_own}


def _stacked(round_: Round, figures: Pool, own: int | None, shown: bool) -> dict[str, Any]:
    """One bar for each lot, members as segments, the largest first; quantities of lots stand apart, never added."""
    rows = []
    for lot in figures.lots:
        for position, share in enumerate(_shares(lot, figures, own, shown)):
            if share["share"] is not None:
                rows.append(
                    {
                        "lot": lot.name,
                        "member": _segment(share, position),
                        "part": float(share["share"]),
                        "order": position,
                    }
                )
    table = pd.DataFrame(rows, columns=["lot", "member", "part", "order"])
    order = list(dict.fromkeys(r["member"] for r in rows))
    spec = (
        alt.Chart(table, width=720, height=alt.Step(34), title="")
        .mark_bar()
        .encode(
            x=alt.X(
                "sum(part):Q",
                title=_("percent of the lot's expected quantity"),
                scale=alt.Scale(domain=[0, 100]),
            ),
            y=alt.Y("lot:N", title=None, sort=None, axis=alt.Axis(labelLimit=220)),
            color=alt.Color(
                "member:N",
                title=None,
                sort=order,
                scale=alt.Scale(domain=order, range=_colours(len(order))),
                legend=alt.Legend(orient="bottom", columns=4, labelLimit=170),
            ),
            order=alt.Order("min(order):Q"),
        )
        .to_dict()
    )
    return {"src": charts.svg(spec, round_)}


def _segment(share: dict[str, Any], position: int) -> str:
    if share["own"]:
        return str(_("%(name)s (us)", name=share["label"]))
    return str(share["label"]) if position < SEGMENTS else str(_("smaller members"))


def _colours(count: int) -> list[str]:
    return [charts.OKABE_ITO[i % len(charts.OKABE_ITO)] for i in range(count)]
