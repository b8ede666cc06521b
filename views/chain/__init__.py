"""Pages of the chain: the comparison of a lot, the rows behind each figure, a shared site."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import cache
from urllib.parse import quote_plus

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import get_translations
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

import framework.chain.steps  # noqa: F401 - its import registers the next step
from framework.chain import comparison, export
from framework.chain.build import build
from framework.disclosure import confidentiality
from framework.disclosure.confidentiality import Reader
from framework.disclosure.opening import BUILD_JOB
from framework.ground import jobs
from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.chain import SharedSite, Site
from models.disclosure import Submission
from models.records import Job
from models.rounds import Lot, Round
from views import clock, guard
from views.demand.lever import pieces
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import number, words

PART_OF_WHOLE = N_("%(part)s of %(whole)s")
blueprint = Blueprint("chain", __name__)
SORTS = {
    "supplier": lambda one: (one.supplier.casefold(), one.brand.casefold()),
    "brand": lambda one: (one.brand.casefold(), one.supplier.casefold()),
    "disclosed": lambda one: one.figures["disclosed"] / (one.figures["nodes"] or 1),
    "precise": lambda one: one.figures["precise"] / (one.figures["nodes"] or 1),
    "minerals": lambda one: one.figures["minerals_answered"],
    "assembly": lambda one: one.assembly[0] / (one.assembly[1] or 1),
    "components": lambda one: one.components[0] / (one.components[1] or 1),
    "audits": lambda one: one.figures["audits_valid"] or 0,
    "due_diligence": lambda one: one.figures["due_diligence"].get("full", 0),
}


@jobs.runner(BUILD_JOB)
def build_chain(session: Session, job: Job, clock: Callable[[], dt.datetime]) -> None:
    """Build the chain of one opened submission."""
    public_id = str(job.payload["submission"])
    submission = session.scalar(select(Submission).where(Submission.public_id == public_id))
    if submission is not None:
        build(session, submission, now=clock())


@blueprint.get("/rounds/<round_id>/comparison")
@permit(Permission.COMPARISON_VIEW)
def first_lot(round_: Round) -> str:
    """The comparison of the round's first lot."""
    lot = db.session.scalar(select(Lot).where(Lot.round_id == round_.id).order_by(Lot.number).limit(1))
    if lot is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return _page(round_, lot)


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/comparison")
@permit(Permission.COMPARISON_VIEW)
def lot_comparison(round_: Round, lot_id: str) -> str:
    """Suppliers and brands of a lot side by side, beside the pooled volume."""
    return _page(round_, guard.child(Lot, lot_id, round_))


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/comparison.xlsx")
@permit(Permission.COMPARISON_VIEW)
def lot_workbook(round_: Round, lot_id: str) -> Response:
    """The comparison as a workbook."""
    lot = guard.child(Lot, lot_id, round_)
    reader = _reader(round_)
    found = comparison.compare(db.session(), lot, reader, shared_page=None)
    content = export.write(found, now=clock.now(), named=lambda one: named(reader, one.supplier), words=words)
    return send_workbook(content, f"comparison-{round_.public_id}-{lot.number}.xlsx")


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/comparison/<submission_id>/<measure>")
@permit(Permission.COMPARISON_VIEW)
def behind(round_: Round, lot_id: str, submission_id: str, measure: str) -> str:
    """The rows of the file behind one figure of the comparison."""
    lot, reader = guard.child(Lot, lot_id, round_), _reader(round_)
    if measure not in comparison.MEASURES:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    one = comparison.line(db.session(), lot, submission_id, request.args.get("brand", ""), reader)
    page = max(1, request.args.get("page", 1, type=int))
    rows, total = comparison.rows_behind(db.session(), one, lot, measure, page=page)
    return render_template(
        "chain/behind.html",
        round_=round_,
        lot=lot,
        line=one,
        supplier=named(reader, one.supplier),
        measure=comparison.MEASURES[measure],
        key=measure,
        rows=[
            (row, label, detail, reader.may_see(level, frozenset([lot.code.casefold()] if tied else [])))
            for row, label, detail, level, tied in rows
        ],
        page=page,
        pages=max(1, -(-total // comparison.ROWS_PAGE)),
        total=total,
    )


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/sites/<site_id>")
@permit(Permission.COMPARISON_VIEW)
def shared_site(round_: Round, lot_id: str, site_id: str) -> str:
    """Who names a shared site, and how each wrote it."""
    lot, reader = guard.child(Lot, lot_id, round_), _reader(round_)
    found = db.session.scalar(
        select(SharedSite)
        .join(Site, Site.id == SharedSite.site_id)
        .where(Site.public_id == site_id, SharedSite.lot_id == lot.id, SharedSite.open_only.is_(not reader.sees_all))
    )
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    mentions = comparison.suppliers_of(db.session(), found, round_, reader)
    order = enumerate(comparison.opened(db.session(), round_))
    names = {s.id: named(reader, confidentiality.bidder_name(reader, s, i)) for i, s in order}
    return render_template("chain/site.html", round_=round_, lot=lot, shared=found, mentions=mentions, names=names)


def named(reader: Reader, name: str) -> str:
    """What a reader calls a supplier: its name, or *Bidder B* where names are not for them yet."""
    return _("Bidder %(letter)s", letter=name) if reader.hides_bidders else name


def _reader(round_: Round) -> Reader:
    return confidentiality.reader_of(db.session(), round_, actor())


def _page(round_: Round, lot: Lot) -> str:
    page = max(1, request.args.get("page", 1, type=int))
    reader = _reader(round_)
    found = comparison.compare(db.session(), lot, reader, shared_page=page)
    behind_of = _behind(round_, lot)
    return render_template(
        "chain/comparison.html",
        round_=round_,
        lots=round_.lots,
        found=found,
        lines=[(one, named(reader, one.supplier), behind_of(one)) for one in _sorted(found.lines)],
        step=comparison.step,
        of=_of(),
        pooled=pieces(found.lot_pool.total.expected, lot.unit) if found.lot_pool is not None else "",
        page=page,
        pages=max(1, -(-found.shared_total // comparison.SHARED_PAGE)),
    )


def _behind(round_: Round, lot: Lot) -> Callable[[comparison.Line], Callable[[str], str]]:
    """Addresses of the rows behind the figures of a line; all built from one, since the page holds hundreds."""
    one = url_for("chain.behind", round_id=round_.public_id, lot_id=lot.public_id, submission_id="~", measure="~~")
    start = one.removesuffix("~/~~")

    def of_line(line: comparison.Line) -> Callable[[str], str]:
        before, after = f"{start}{line.submission.public_id}/", f"?brand={quote_plus(line.brand)}"
        return lambda measure: f"{before}{measure}{after}"

    return of_line


def _of() -> Callable[[int, int | str], str]:
    """“3 of 10”, with the sentence looked up once for the page."""
    template = get_translations().gettext(PART_OF_WHOLE)

    @cache
    def of(part: int, whole: int | str) -> str:
        return template % {"part": number(part), "whole": whole if isinstance(whole, str) else number(whole)}

    return of


def _sorted(lines: tuple[comparison.Line, ...]) -> list[comparison.Line]:
    """As the address says (`sort=key` or `sort=-key`); an unknown order is the order of receipt."""
    asked = request.args.get("sort", "")
    key = SORTS.get(asked.removeprefix("-"))
    return sorted(lines, key=key, reverse=asked.startswith("-")) if key is not None else list(lines)
