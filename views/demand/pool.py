"""The pool: how large we are together, what each brings, and who has not answered."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from werkzeug.wrappers import Response

from framework.demand import leverage, pool_sheet
from framework.demand import pool as pooling
from framework.demand.pooled import Amount, LotPool, Pool
from framework.ground.kept import Kept
from framework.ground.permissions import Permission
from framework.ground.terms import CERTAINTIES
from models.base import db
from models.rounds import Round
from views import clock, guard
from views.demand import blueprint, pictures, shared
from views.demand.pictures import Part
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import current_language

SHARES = 15
ROWS = 40
KEPT = 64

_drawn: Kept[tuple[Any, ...], Markup] = Kept(KEPT)


@blueprint.get("/rounds/<round_id>/pool")
@permit(Permission.POOL_VIEW)
def pool(round_: Round) -> str:
    """Headline, pictures and tables of the pool; `?without=us` draws all of it without the reader's own part."""
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
        may_remind="lead" in guard.roles(round_) and round_.state == "demand",
        body=_body(round_, figures, own, shown, without) if figures.contributing else "",
    )


def _body(round_: Round, figures: Pool, own: int | None, shown: bool, without: bool) -> Markup:
    """Pictures and tables; drawn once for equal figures, reader's organisation, circle of volumes and language."""
    key = (figures.stamp, own, shown, without, current_language())
    found = _drawn.get(key)
    if found is None:
        if without and own is not None:
            figures = pooling.without(db.session(), round_, figures, own)
        found = _drawn.put(key, Markup(_draw(round_, figures, own, shown, without)))  # noqa: S704 - our own template
    return found


def _draw(round_: Round, figures: Pool, own: int | None, shown: bool, without: bool) -> str:
    lots = [_lot(round_, lot, figures, own, shown) for lot in figures.lots]
    return render_template(
        "demand/pool_body.html",
        round_=round_,
        figures=figures,
        lots=lots,
        members_shown=shown,
        pictures=_pictures(round_, lots),
        answers=_answers(figures, own, shown),
        xlsx=url_for("demand.pool_xlsx", round_id=round_.public_id, without="us" if without else None),
    )


@blueprint.get("/rounds/<round_id>/pool.xlsx")
@permit(Permission.POOL_VIEW)
def pool_xlsx(round_: Round) -> Response:
    """The pool as a workbook; single members only where this reader may see them; `?without=us` as on the page."""
    figures = pooling.figures(db.session(), round_)
    own = actor().organisation_id
    if own is not None and request.args.get("without") == "us" and "member" in guard.roles(round_):
        figures = pooling.without(db.session(), round_, figures, own)
    visible = set(figures.names) if leverage.may_see_members(db.session(), actor(), round_) else {own}
    content = pool_sheet.write(figures, visible, now=clock.now(), words=lambda label: str(_(label)))
    return send_workbook(content, "pool.xlsx")


def _lot(round_: Round, lot: LotPool, figures: Pool, own: int | None, shown: bool) -> dict[str, Any]:
    """What the page shows of one lot."""
    unit = shared.unit_word(lot.unit)
    return {
        "lot": lot,
        "unit": unit,
        "total": lot.total,
        "own": lot.by_member.get(own) if own is not None else None,
        "own_share": lot.share(own) if own is not None else None,
        "factor": lot.factor(own) if own is not None else None,
        "by_year": list(lot.by("year_no").items()),
        "by_kind": [
            {"place": shared.place(k[0], k[1]), "amount": a} for k, a in lot.by("category", "spec_tier").items()
        ],
        "by_certainty": [
            {"label": shared.certainty_label(key), "amount": amount}
            for key in CERTAINTIES
            if (amount := lot.by("certainty").get((key,)))
        ],
        "parts": _parts(lot, figures, own, shown),
        "picture": pictures.years_picture(round_, lot, pictures.highest_maximum(figures, lot.unit), unit),
    }


def _parts(lot: LotPool, figures: Pool, own: int | None, shown: bool) -> list[Part]:
    """The largest members, our own, and the rest as one; where volumes are not shared, our own and the rest."""
    ranked = sorted(((a, m) for m, a in lot.by_member.items() if a.expected), key=lambda x: (-x[0].expected, x[1]))
    named = [(a, m) for a, m in ranked[:SHARES] if shown or m == own]
    named += [(a, m) for a, m in ranked[SHARES:] if m == own]
    parts = [Part(figures.names.get(m, "–"), a, own=m == own) for a, m in named]
    left = len(ranked) - len(named)
    if left:
        amount = lot.total - sum((a for a, _m in named), Amount())
        label = ngettext("%(num)s other member", "%(num)s other members", left)
        parts.append(Part(label, amount, rest=True))
    return parts


def _pictures(round_: Round, lots: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What each member brings: one picture for each unit, for only pieces of one kind stand on one axis."""
    drawn = []
    for unit in dict.fromkeys(found["unit"] for found in lots):
        shown = [(found["lot"], found["parts"]) for found in lots if found["unit"] == unit and found["parts"]]
        if shown:
            drawn.append(pictures.members_picture(round_, shown, unit) | {"lots": shown})
    return drawn


def _answers(figures: Pool, own: int | None, shown: bool) -> dict[str, Any]:
    """Members × lots as squares: those with open answers first, then by name; the many are counted, not listed.

    Where volumes are not shared, only who has an answer open is named, beside ourselves.
    """
    by_lot = [lot.answers() for lot in figures.lots]
    found = {m: [answers.get(m, "") for answers in by_lot] for m in {m for answers in by_lot for m in answers}}
    named = {m: squares for m, squares in found.items() if shown or m == own or "missing" in squares}
    rows = [{"name": figures.names.get(m, "–"), "squares": squares} for m, squares in named.items()]
    rows.sort(key=lambda row: (-row["squares"].count("missing"), -row["squares"].count("waiting"), row["name"]))
    left = rows[ROWS:]
    return {
        "rows": rows[:ROWS],
        "more": len(left),
        "more_missing": sum(1 for row in left if "missing" in row["squares"]),
        "open": sum(1 for row in rows if "missing" in row["squares"]),
        "words": pool_sheet.ANSWERS,
    }
