"""The lead's workbook with the demand of many members: sent, read, shown whole, proposed to all of them with one confirmation."""

from __future__ import annotations

from typing import Any

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from framework.demand import declare, vocabulary
from framework.demand.lines import LABELS
from framework.demand.proposing import acts, kept
from framework.demand.proposing import sheet as whole
from framework.demand.proposing.members import OUT
from framework.demand.proposing.reading import MOST_ROWS
from framework.demand.proposing.words import COLUMNS, WHOSE
from framework.disclosure.pace import pace
from framework.ground import table_files, uploaded
from framework.ground.errors import NotFound, RuleBroken
from framework.ground.paging import page_of
from framework.ground.permissions import Permission
from framework.ground.terms import CATEGORIES, CERTAINTIES
from framework.ground.text import N_, storable
from models.base import db
from models.people import Organisation
from models.proposed import PROPOSED_STATUSES, DemandSheet, ProposedDemand
from models.rounds import Lot, Round
from views import arriving, clock, guard
from views.demand import blueprint, proposing_work, shared
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import words

PAGE, ASKED_AT_ONCE, MOST_DIGITS = 50, 100, 4
REASONS = {
    "doubtful": N_("Nobody said who “%(name)s” is: %(rows)s rows."),
    "unknown": N_("Nobody called “%(name)s” is on the list of this round: %(rows)s rows. Invite it first, or mend the name."),
    "out": N_("Left out, as you chose: “%(name)s”, %(rows)s rows."),
}  # fmt: skip


@blueprint.get("/rounds/<round_id>/demand/members.xlsx")
@permit(Permission.DEMAND_BOARD)
def members_workbook(round_: Round) -> Response:
    """Every line that was handed in last, of all members, as a workbook that can be sent back."""
    content = whole.write(round_, whole.lines(db.session(), round_), now=clock.now(), words=words)
    return send_workbook(content, f"demand-of-members-{round_.public_id}.xlsx")


@blueprint.get("/rounds/<round_id>/demand/members")
@permit(Permission.DEMAND_PROPOSE)
def members_sheet(round_: Round) -> str:
    """Where a lead sends its list of everybody's demand, and what became of those it sent before."""
    query = select(DemandSheet).where(DemandSheet.round_id == round_.id).order_by(DemandSheet.id.desc())
    return render_template(
        "demand/members_sheet.html",
        round_=round_,
        earlier=list(db.session.scalars(query.limit(PAGE))),
        labels=COLUMNS,
        most=MOST_ROWS,
        is_open=_is_open(round_),
    )


@blueprint.post("/rounds/<round_id>/demand/members")
@permit(Permission.DEMAND_PROPOSE)
def send_members_sheet(round_: Round) -> Response:
    """Keep a workbook byte for byte, have it read, and go to its page."""
    round_key = round_.id
    place = url_for("demand.members_sheet", round_id=round_.public_id)
    try:
        declare.require_open(round_, now=clock.now())
        sent = arriving.receive(place)
        if isinstance(sent, Response):
            return sent
        round_ = db.session.get_one(Round, round_key)
        stored = uploaded.keep(db.session(), sent.blob, sent.name, purpose=acts.FILE, actor=actor(), now=clock.now())
        sheet = acts.send(db.session(), round_, stored, _own_words(), actor=actor(), now=clock.now())
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        flash(guard.refused(error), "error")
        return Response(status=303, headers={"Location": place})
    return _reading(sheet)


@blueprint.get("/rounds/<round_id>/demand/members/<sheet_id>")
@permit(Permission.DEMAND_PROPOSE)
def members_preview(round_: Round, sheet_id: str) -> str:
    """How far the reading is; then what every member would be proposed; then what became of it."""
    sheet = _sheet(round_, sheet_id)
    if sheet.read_at is None:
        return render_template("demand/members_reading.html", **_waiting(sheet))
    refused = sheet.found.get("refused")
    if refused:
        said = words(refused[0], **refused[1])
        return render_template("demand/members_refused.html", round_=round_, sheet=sheet, said=said)
    return _preview(round_, sheet)


@blueprint.get("/rounds/<round_id>/demand/members/<sheet_id>/progress")
@permit(Permission.DEMAND_PROPOSE)
def members_progress(round_: Round, sheet_id: str) -> str | Response:
    """The same in one block, which the page asks for every two seconds; the whole page once it is over."""
    sheet = _sheet(round_, sheet_id)
    waiting = _waiting(sheet)
    if sheet.read_at is not None or waiting["is_broken"]:
        place = url_for("demand.members_preview", round_id=round_.public_id, sheet_id=sheet_id)
        return Response(status=200, headers={"HX-Redirect": place})
    return render_template("demand/members_progress.html", **waiting)


@blueprint.post("/rounds/<round_id>/demand/members/<sheet_id>/read")
@permit(Permission.DEMAND_PROPOSE)
def read_members_sheet(round_: Round, sheet_id: str) -> Response:
    """Have it read anew with what was said of columns, signs and names."""
    sheet = _sheet(round_, sheet_id)
    place = url_for("demand.members_preview", round_id=round_.public_id, sheet_id=sheet_id)
    try:
        acts.read_again(db.session(), sheet, _chosen(sheet), actor=actor(), now=clock.now())
    except RuleBroken as error:
        flash(guard.refused(error), "error")
        return Response(status=303, headers={"Location": place})
    return _reading(sheet)


@blueprint.post("/rounds/<round_id>/demand/members/<sheet_id>")
@permit(Permission.DEMAND_PROPOSE)
def propose_members_sheet(round_: Round, sheet_id: str) -> Response:
    """Propose to every member what the page showed, as one unit."""
    sheet = _sheet(round_, sheet_id)
    place = url_for("demand.members_preview", round_id=round_.public_id, sheet_id=sheet_id)
    try:
        acts.propose(db.session(), sheet, version=shared.version(), actor=actor(), now=clock.now())
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        flash(guard.refused(error), "error")
        return Response(status=303, headers={"Location": place})
    count = int(sheet.found["members"])
    said = ngettext("Proposed to %(num)s member.", "Proposed to %(num)s members.", count)
    return guard.done(place, said)


@blueprint.get("/rounds/<round_id>/demand/members/<sheet_id>/listed.xlsx")
@permit(Permission.DEMAND_PROPOSE)
def members_listed(round_: Round, sheet_id: str) -> Response:
    """Everything that stays out: sheet, row, column, value and reason."""
    sheet = _sheet(round_, sheet_id)
    name = str(sheet.found.get("sheet", ""))
    rows: list[list[table_files.Value]] = []
    for part in kept.parts_of(db.session(), sheet, "broken"):
        issues = kept.issues_of(part)
        for issue, said in zip(issues, shared.said(issues), strict=True):
            rows.append([name, issue.row, _(issue.column) if issue.column else None, issue.value or None, said["text"], part.said_name or None])  # fmt: skip
    for status, reason in REASONS.items():
        for part in kept.parts_of(db.session(), sheet, status):
            rows.append([name, part.first_row, None, None, words(reason, name=_whom(part), rows=part.rows), _whom(part)])  # fmt: skip
    header = [_("Sheet"), _("Row"), _("Column"), _("Value"), _("Reason"), _("Member")]
    table = table_files.Sheet(_("Rows to mend"), header, rows, frozen=2)
    return send_workbook(table_files.workbook(_("Rows to mend"), [table], now=clock.now()), f"demand-of-members-{round_.public_id}-rows.xlsx")  # fmt: skip


def _preview(round_: Round, sheet: DemandSheet) -> str:
    session = db.session()
    none = dict.fromkeys(PROPOSED_STATUSES, 0)
    parts = none | sheet.found["parts"]
    page = page_of(request.args.get("page"), parts["ready"], PAGE)
    ready = kept.parts_of(session, sheet, "ready", offset=page.offset, limit=page.size)
    broken = kept.parts_of(session, sheet, "broken", limit=PAGE)
    doubtful = _asked_once(kept.parts_of(session, sheet, "doubtful", limit=ASKED_AT_ONCE))
    unknown = kept.parts_of(session, sheet, "unknown", limit=PAGE)
    people = {one for part in (*ready, *broken) if (one := part.member_id)} | {
        n for part in doubtful for n in part.likes
    }
    bodies = {one.id: one for one in session.scalars(select(Organisation).where(Organisation.id.in_(people)))}
    standing = kept.standing_of(session, round_, [part.member_id for part in ready if part.member_id])
    lots = {lot.id: lot.name for lot in round_.lots}
    return render_template(
        "demand/members_preview.html",
        round_=round_,
        sheet=sheet,
        found=sheet.found,
        parts=parts,
        rows_of=none | sheet.found["rows_of"],
        page=page,
        ready=[_shown(part, bodies, lots, standing) for part in ready],
        broken=[_broken(part, bodies, lots) for part in broken],
        doubtful=[(part, [bodies[n] for n in part.likes if n in bodies]) for part in doubtful],
        unknown=[(part, _whom(part)) for part in unknown],
        out=OUT,
        sums=_sums(sheet.found),
        notes=shared.noted([(message, params) for message, params in sheet.found["notes"]]),
        targets=_targets(round_.lots),
        answers=acts.answers(session, sheet),
        is_open=_is_open(round_),
    )


def _waiting(sheet: DemandSheet) -> dict[str, Any]:
    told = pace(sheet.job, now=clock.now())
    return {
        "round_": sheet.round,
        "sheet": sheet,
        "pace": told,
        "is_broken": sheet.job is None or sheet.job.state in ("failed", "cancelled", "done"),
    }


def _sheet(round_: Round, public_id: str) -> DemandSheet:
    query = select(DemandSheet).where(DemandSheet.public_id == storable(public_id), DemandSheet.round_id == round_.id)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def _reading(sheet: DemandSheet) -> Response:
    """Commit, read it at once where it is small, and go to its page."""
    assert sheet.job is not None
    job_id, size = sheet.job.id, sheet.file.size
    answer = guard.done(url_for("demand.members_preview", round_id=sheet.round.public_id, sheet_id=sheet.public_id))
    proposing_work.run_if_small(job_id, size)
    return answer


def _chosen(sheet: DemandSheet) -> dict[str, Any]:
    """What the page says, over what was said of names before; columns only where they are not what was read there."""
    form = request.form
    named = {key.removeprefix("target-"): value for key, value in form.items() if key.startswith("target-")}
    known = {target for target, _label in _targets(sheet.round.lots)}
    targets = {
        index: target
        for index, target in named.items()
        if index.isdecimal() and len(index) <= MOST_DIGITS and target in known and form.get(f"read-{index}") != target
    }
    answers = {key.removeprefix("who-")[:20]: value[:20] for key, value in form.items() if key.startswith("who-")}
    members = {**sheet.choices.get("members", {}), **answers}
    sign = form.get("sign", sheet.choices.get("sign", ""))
    add_up = "add_up" in form
    return {"targets": targets, "members": {k: v for k, v in members.items() if v}, "sign": sign[:1], "add_up": add_up}


def _own_words() -> dict[str, str]:
    """Labels in the reader's language, so that a workbook in it is read too."""
    labels = [*LABELS.items(), *WHOSE.items(), *((k, c.label) for k, c in CATEGORIES.items()), *CERTAINTIES.items()]
    return {vocabulary.norm(str(_(label))): key for key, label in labels}


def _targets(lots: list[Lot]) -> list[tuple[str, str]]:
    years = range(1, max((lot.years for lot in lots), default=1) + 1)
    per_year = [
        (f"{name}:{year}", str(_("%(column)s of year %(year)s", column=_(LABELS[name]), year=year)))
        for year in years
        for name in ("qty_firm", "qty_expected", "qty_max", "value_expected")
    ]
    plain = [(name, str(_(label))) for name, label in COLUMNS.items()]
    return [("", str(_("not used"))), *plain, *per_year, (vocabulary.CHANGE, str(_("a change, not a total")))]


def _asked_once(parts: list[ProposedDemand]) -> list[ProposedDemand]:
    """The first part of each wording: a name is asked about once, whatever its lots."""
    return list({part.key: part for part in reversed(parts)}.values())[::-1]


def _whom(part: ProposedDemand) -> str:
    return part.said_name or part.said_no or str(_("no name"))


def _shown(
    part: ProposedDemand,
    bodies: dict[int, Organisation],
    lots: dict[int, str],
    standing: dict[tuple[int, int], kept.Sums],
) -> dict[str, Any]:
    """A member and lot with what is proposed and what it handed in so far."""
    member = bodies[part.member_id or 0]
    before = standing.get((part.member_id or 0, part.lot_id or 0))
    lines = kept.lines_of(part)
    known = [line.qty_expected for line in lines if line.qty_expected is not None]
    have = sum(figures[3] for figures in before.values()) if before is not None else None
    return {
        "name": member.name,
        "said": part.said_name if part.said_name not in ("", member.name) else "",
        "lot": lots.get(part.lot_id or 0, ""),
        "lines": len(lines),
        "expected": sum(known) if known else None,
        "before": have,
        "difference": sum(known) - have if known and have is not None else None,
        "answer": part.answer,
    }


def _broken(part: ProposedDemand, bodies: dict[int, Organisation], lots: dict[int, str]) -> dict[str, Any]:
    body = bodies.get(part.member_id or 0)
    issues = kept.issues_of(part)
    return {
        "name": body.name if body is not None else _whom(part),
        "lot": lots.get(part.lot_id or 0, ""),
        "rows": part.rows,
        "said": [one["text"] for one in shared.said(issues[:5])],
        "more": max(0, len(issues) - 5),
    }


def _sums(found: dict[str, Any]) -> list[dict[str, Any]]:
    """By category what is proposed, and what the same members handed in so far."""
    before = found.get("before", {})
    return [
        {
            "label": shared.category_label(category),
            "lines": figures[0],
            "unknown": figures[1],
            "firm": figures[2],
            "expected": figures[3],
            "maximum": figures[4],
            "before": before[category][3] if category in before else None,
        }
        for category, figures in found.get("sums", {}).items()
    ]


def _is_open(round_: Round) -> bool:
    return round_.state == "demand" and not declare.is_past_deadline(round_, now=clock.now())
