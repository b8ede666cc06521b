"""Close the judging, and the ranking that was counted then."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from framework.ground import conflicts
from framework.ground.errors import NotFound, RuleBroken
from framework.ground.permissions import Permission, may
from framework.ground.table_files import Sheet, Value, workbook
from framework.ground.text import N_, storable
from framework.judging import blind, points
from framework.judging import closing as closes
from framework.judging import ranking as rankings
from framework.judging.closing import FREE, TALKS, TERMS, UNSETTLED, WAITING
from framework.judging.ranking import Table
from framework.judging.starting import Fact
from framework.rounds.formulas import FORMULAS
from models.base import db
from models.ranking import Ranking, RankingLine, RankingPoints
from models.rounds import Criterion, Round
from views import clock, guard
from views.chain.sight import names_of, reader_of
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import number, percent, unknown, words
from views.judging import blueprint

WHOSE = {
    "evaluator": N_("those named"),
    "chair": N_("the chair"),
    "panel": N_("evaluators and chair"),
    "lead": N_("the lead"),
}
LONGEST_NUMBER = 6
PARTIAL = N_("Places are not shown to you here: your stated tie keeps a tender of this lot from you.")


@blueprint.get("/rounds/<round_id>/judging/close")
@permit(Permission.JUDGING_CLOSE)
def closing(round_: Round) -> str:
    """What must be settled first, and what closing does."""
    return _page(round_)


@blueprint.post("/rounds/<round_id>/judging/close")
@permit(Permission.JUDGING_CLOSE)
def close_judging(round_: Round) -> str | Response | tuple[str, int]:
    """Close the judging: the scores are fixed and the ranking is counted."""
    public_id = round_.public_id
    try:
        motive = storable(request.form.get("motive", ""))
        closes.close(db.session(), round_, motive, actor=actor(), now=clock.now())
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        told = guard.refused(error)
        return _page(db.session.query(Round).filter_by(public_id=public_id).one(), told), error.status
    there = url_for("judging.ranking", round_id=public_id)
    return guard.done(there, _("The judging is closed. The ranking is counted as far as it can be."))


@blueprint.get("/rounds/<round_id>/judging/ranking")
@permit(Permission.RANKING_VIEW)
def ranking(round_: Round) -> str:
    """The points of each tender on each criterion, and the places; why they are unknown where they are."""
    found, tables = _tables(round_)
    last = rankings.newest(db.session(), round_)
    return render_template(
        "judging/ranking.html",
        round_=round_,
        ranking=found,
        numbers=range(1, last.number + 1) if last is not None else (),
        is_newest=found is last,
        may_reopen=may(db.session(), actor(), Permission.JUDGING_REOPEN, round_, roles=guard.roles(round_)),
        tables=tables,
        motive=_motive(found),
        taken_out=_taken_out(found),
        partial=words(PARTIAL),
        names=names_of(round_, reader_of(round_)),
        reason=_reason,
        why=_why,
        figure=_figure,
        formula=_formula,
        notes=_notes,
    )


@blueprint.get("/rounds/<round_id>/judging/ranking.xlsx")
@permit(Permission.RANKING_VIEW)
def ranking_sheet(round_: Round) -> Response:
    """The same as a workbook: one row a tender and criterion, and one a tender with its place."""
    _found, tables = _tables(round_)
    names = names_of(round_, reader_of(round_))
    sheets = [
        Sheet(
            _("Ranking"),
            [_("Lot"), _("Supplier"), _("Place"), _("Points in all"), _("Points known so far"), _("Why unknown")],
            [
                [table.lot.name, names[one.submission_id], *_placed(table, one)]
                for table in tables
                for one in table.lines
                if one.submission_id in names
            ],
            frozen=2,
        ),
        Sheet(
            _("Points"),
            [_("Lot"), _("Supplier"), _("Criterion"), _("Weight"), _("Points"), _("Figure"), _("Why unknown")],
            [row for table in tables for row in _rows(table, names)],
            frozen=3,
        ),
    ]
    return send_workbook(workbook(f"{round_.name} · {_('Ranking')}", sheets, now=clock.now()), "ranking.xlsx")


def _tables(round_: Round) -> tuple[Ranking | None, list[Table]]:
    """The ranking that counts, or an earlier one by the number in the address, and what of it this reader may see.

    Raises NotFound for a number that no ranking has.
    """
    asked = request.args.get("number", "")
    if not asked:
        found = rankings.newest(db.session(), round_)
    else:
        is_number = asked.isdecimal() and len(asked) <= LONGEST_NUMBER
        found = rankings.numbered(db.session(), round_, int(asked)) if is_number else None
    if asked and found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    kept_out = conflicts.barred(db.session(), actor().user_id)
    return found, rankings.tables(db.session(), found, kept_out) if found is not None else []


def _taken_out(found: Ranking | None) -> str:
    at = rankings.taken_out_since(db.session(), found) if found is not None else None
    return words(rankings.TAKEN_OUT, when=at) if at is not None else ""


def _motive(found: Ranking | None) -> str:
    """The motive of the chair, which may be about any of the tenders: only for whom none of them is kept out."""
    kept_out = conflicts.barred(db.session(), actor().user_id)
    return found.motive if found is not None and not rankings.is_partial(db.session(), found, kept_out) else ""


def _placed(table: Table, one: RankingLine) -> list[Value]:
    """Place, total, points so far and why something of it is unknown, or not told."""
    if not table.is_partial:
        return [one.place, one.total, one.known, _reason(one.reason)]
    return [None, one.total, one.known, words(PARTIAL) if one.total is not None else _reason(one.reason)]


def facts_of(round_: Round) -> list[tuple[Fact, str, str, str]]:
    """What must hold before the judging is closed: the fact, its sentence, whose turn it is, and the page where it is done."""
    return [
        (one, words(one.sentence, **one.params), words(WHOSE[one.whose]), _page_of(round_, one.key))
        for one in closes.readiness(db.session(), round_, is_blind=_is_blind(round_))
    ]


def _is_blind(round_: Round) -> bool:
    return not blind.sees_verdicts(db.session(), round_, actor(), guard.roles(round_))


def _page(round_: Round, error: str = "") -> str:
    facts = facts_of(round_)
    return render_template(
        "judging/closing.html",
        round_=round_,
        facts=facts,
        is_ready=all(one.holds for one, *_others in facts),
        tied=words(closes.TIED) if closes.is_barred(db.session(), round_, actor().user_id) else "",
        outside=0 if _is_blind(round_) else closes.outside(db.session(), round_),
        error=error,
        typed=request.form,
    )


def _page_of(round_: Round, key: str) -> str:
    pages: dict[str, tuple[str, dict[str, str]]] = {
        WAITING: ("assessing.progress", {}),
        TALKS: ("assessing.discussion", {"state": "in_moderation"}),
        UNSETTLED: ("assessing.progress", {}),
        FREE: ("judging.judges", {}),
        TERMS: ("rounds.terms", {}),
    }
    if key not in pages:
        return ""
    permissions = {TERMS: Permission.ROUND_VIEW, FREE: Permission.JUDGES_NAME}
    permission = permissions.get(key, Permission.VERDICT_VIEW)
    page, where = pages[key]
    allowed = may(db.session(), actor(), permission, round_, roles=guard.roles(round_))
    return url_for(page, round_id=round_.public_id, **where) if allowed else ""


def _rows(table: Table, names: dict[int, str]) -> list[list[Value]]:
    found: list[list[Value]] = []
    for line in table.lines:
        for criterion in table.criteria:
            one = table.given.get((line.submission_id, criterion.id))
            if one is not None and line.submission_id in names:
                figure = None if one.figure is None else format(one.figure.normalize(), "f")
                head: list[Value] = [table.lot.name, names[line.submission_id], criterion.name]
                found.append([*head, one.weight, one.points, figure, _reason(one.reason)])
    return found


def _why(table: Table, names: dict[int, str]) -> list[str]:
    """Which criteria lack points in a lot, and why; each said once."""
    found: dict[str, None] = {}
    for line in table.lines:
        for criterion in table.criteria:
            one = table.given.get((line.submission_id, criterion.id))
            if one is not None and one.reason and line.submission_id in names:
                found[_("%(criterion)s: %(why)s", criterion=criterion.name, why=_reason(one.reason))] = None
    return list(found)


def _reason(code: str) -> str:
    """Why points or a place are unknown."""
    return words(points.REASONS[code]) if code in points.REASONS else ""


def _formula(one: Criterion) -> str:
    return words(FORMULAS[one.formula].label) if one.formula in FORMULAS else _("no formula")


def _figure(one: RankingPoints) -> str | Markup:
    """What the formula was given: a mark, or a part in percent."""
    if one.figure is None:
        return unknown(_reason(one.reason))
    return number(one.figure, 2) if one.criterion.formula == rankings.MARKS else percent(one.figure * 100, 2)


def _notes(one: RankingPoints) -> list[str]:
    """What must be known beside the points: volume without a figure, models left out, shares assumed."""
    found: list[Any] = []
    if one.unknown_part:
        found.append(_("unknown for %(part)s of the volume", part=percent(one.unknown_part * 100, 1)))
    if one.left_out:
        found.append(_("%(count)s models left out", count=number(one.left_out)))
    if one.assumed:
        found.append(_("share assumed for %(count)s models", count=number(one.assumed)))
    return [str(text) for text in found]
