"""Figures of departments in and out: a sheet or a block with a column of departments, always a preview first; and the sheet that comes back the same."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.demand import (
    declare,
    department_acts,
    department_figures,
    department_tables,
    departments,
    groups,
    uploads,
    vocabulary,
)
from framework.demand.columns import EVERY, figure_columns
from framework.demand.declare import LinesBroken, require_open
from framework.demand.department_tables import LABELS_HERE, NEW, Plan, Read
from framework.demand.lines import Line, Scope, counts, differences
from framework.ground import uploaded
from framework.ground.blocks import table_of
from framework.ground.database import reading as only_reading
from framework.ground.errors import FileRefused, InvalidInput, RuleBroken
from framework.ground.files import NotScannedYet
from framework.ground.permissions import Permission
from framework.ground.sheets.cells import Book, Refusal
from models.base import db
from models.records import StoredFile
from models.rounds import Lot, Round
from views import clock, guard
from views.demand import answers, blueprint, department_pages, imports, shared
from views.demand.department_pages import Standing
from views.demand.imports import Content, Kept
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import sentence

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """What a kept file says of the departments of a lot, against what stands now; `lines` are those of the declaration afterwards."""

    read: Read
    plan: Plan
    standing: Standing
    lines: list[Line]
    undecided: list[Line]

    @property
    def issues(self) -> list[Any]:
        """What is to be mended."""
        return [*self.read.found.issues, *self.plan.issues]

    @property
    def may_be_taken(self) -> bool:
        """Whether nothing is left to mend, and something would change."""
        return not self.issues and not self.plan.asked and self.changes

    @property
    def changes(self) -> bool:
        """Whether a figure would change or a department come."""
        stood = department_figures.seal(self.standing.figures)
        return bool(self.plan.added) or department_figures.seal(self.plan.figures) != stood

    @property
    def seal(self) -> str:
        """A hash over everything the preview shows, so that only what was seen is taken over."""
        stood, wanted = ([asdict(one) for one in each] for each in (self.standing.figures, self.plan.figures))
        lines = [[str(value) for value in asdict(line).values()] for line in self.standing.lines]
        demand = self.standing.demand
        facts = [demand.public_id if demand else "", lines, stood, wanted, sorted(self.plan.added.items())]
        return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/demand/departments.xlsx")
@permit(Permission.DEMAND_VIEW)
def department_export(round_: Round, lot_id: str) -> Response:
    """The figures of all departments as a workbook; those that have not answered have rows to fill in."""
    lot = guard.child(Lot, lot_id, round_)
    found = department_pages.standing(lot)
    everybody = departments.all_of(db.session(), actor=actor())
    content = department_tables.write(
        found.figures,
        everybody,
        department_pages.keys_of(found),
        name=f"{round_.name} · {lot.name}"[:250],
        now=clock.now(),
        words=lambda label: str(_(label)),
    )
    return send_workbook(content, f"departments-{lot.code}.xlsx")


@blueprint.post("/rounds/<round_id>/lots/<lot_id>/demand/departments/paste")
@permit(Permission.DEMAND_EDIT)
def department_paste(round_: Round, lot_id: str) -> Response:
    """Keep a pasted block and go to its preview."""
    lot = guard.child(Lot, lot_id, round_)
    require_open(round_, now=clock.now())
    stored = imports.keep_block()
    if stored is None:
        return _back(lot, _("Paste the cells into the field first."))
    return guard.done(_address(lot, stored))


@blueprint.post("/rounds/<round_id>/lots/<lot_id>/demand/departments/upload")
@permit(Permission.DEMAND_EDIT)
def department_upload(round_: Round, lot_id: str) -> Response:
    """Keep a sheet byte for byte and go to its preview."""
    place = url_for("demand.lot_departments", round_id=round_.public_id, lot_id=lot_id)
    found = imports.keep_file(round_, lot_id, place)
    return found if isinstance(found, Response) else guard.done(_address(*found))


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/demand/departments/preview/<file_id>")
@permit(Permission.DEMAND_EDIT)
def department_preview(round_: Round, lot_id: str, file_id: str) -> str | Response:
    """What was understood: departments new, known and asked about, what changes, and what it adds up to."""
    lot = guard.child(Lot, lot_id, round_)
    try:
        kept = imports.kept_of(file_id)
        return _page(lot, kept, _understood(lot, imports.content_of(kept)))
    except NotScannedYet:
        raise
    except (FileRefused, InvalidInput) as error:
        return _back(lot, sentence(error))


@blueprint.post("/rounds/<round_id>/lots/<lot_id>/demand/departments/preview/<file_id>")
@permit(Permission.DEMAND_EDIT)
def department_decide(round_: Round, lot_id: str, file_id: str) -> Response:
    """Go to the preview as chosen, or take over exactly what it showed, as one unit."""
    lot = guard.child(Lot, lot_id, round_)
    kept = imports.kept_of(file_id)
    if request.form.get("do") != "apply":
        return guard.done(_address(lot, kept, **_asked()))
    try:
        with only_reading(db.session()):
            reading = _understood(guard.child(Lot, lot_id, round_), imports.content_of(kept))
            seal, stood = reading.seal, _stood(reading.standing)
        replay = guard.resume()
        return (
            replay if replay is not None else _take_over(guard.child(Lot, lot_id, round_), kept, reading, seal, stood)
        )
    except RuleBroken as error:
        if error.status in (403, 404):
            raise
        message = guard.refused(error)
        more = [x["text"] for x in shared.said(error.issues)] if isinstance(error, LinesBroken) else []
        return _back(guard.child(Lot, lot_id, round_), " ".join([message, *more[:5]]))


def _take_over(lot: Lot, kept: Kept, reading: Reading, seal: str, stood: str) -> Response:
    """Take over what was understood without the lock, where it is what the page showed and nothing was saved since."""
    declare.lock(db.session(), lot.round, actor())
    settle = request.form.get("settle", "")
    is_seen = request.form.get("seal") == seal and _stood(department_pages.standing(lot)) == stood
    if not is_seen or not reading.may_be_taken:
        message = _(
            "Something else is read now than the page showed, or somebody saved meanwhile. Look at the changes again."
        )
        return guard.done(_address(lot, kept, **_asked()), message, "error")
    if reading.undecided and settle not in (department_acts.KEEP, department_acts.REPLACE):
        message = _("Say what shall become of the figures that stand in these lines now.")
        return guard.done(_address(lot, kept, **_asked()), message, "error")
    stored = uploaded.own(db.session(), kept.public_id, uploads.FILE, uploads.BLOCK, actor=actor())
    department_acts.take(
        db.session(),
        lot,
        reading.plan,
        reading.standing.figures,
        settle=settle,
        rest_name=str(_(departments.REST)),
        actor=actor(),
        now=clock.now(),
        source="paste" if kept.is_block else "upload",
        source_upload_id=stored.id,
    )
    return guard.done(_overview(lot), _("Taken over. The sums stand in your draft."))


def _stood(standing: Standing) -> str:
    """A hash over what a table was compared with: the declaration, its figures, and the departments there are."""
    own = [(one.id, one.version) for one in departments.all_of(db.session(), actor=actor())]
    demand = standing.demand
    facts = [demand and (demand.public_id, demand.version), standing.lines, department_figures.seal(standing.figures)]
    return hashlib.sha256(repr([*facts, sorted(own)]).encode()).hexdigest()


def _understood(lot: Lot, content: Content) -> Reading:
    """What the cells say of a lot as it stands now; raises FileRefused and InvalidInput."""
    standing = department_pages.standing(lot)
    scope, choices = Scope.of(lot), imports.choices_of(lot)
    own = {vocabulary.norm(str(_(label))): target for target, label in LABELS_HERE.items()}
    choices = replace(choices, words=own | dict(choices.words))
    known = departments.all_of(db.session(), actor=actor())
    if isinstance(content, Book | Refusal):
        book, sheet = uploads.sheet_in(content, scope, choices)
        read = department_tables.read(table_of(sheet), scope, choices, known, replaces=_replaces())
        uploads.tell_sheets(read.found, book, sheet)
    else:
        read = department_tables.read(content, scope, choices, known, replaces=_replaces())
    plan = department_tables.plan(read, standing.figures, _answers(), scope, replaces=_replaces())
    before, totals = (department_figures.sums(each) for each in (standing.figures, plan.figures))
    gone = before.keys() - totals.keys()
    lines = department_figures.put_over(standing.lines, totals, stored=standing.lines, gone=gone)
    undecided = department_acts.undecided(standing.lines, standing.figures, plan.figures)
    return Reading(read, plan, standing, lines, undecided)


def _answers() -> dict[int, str]:
    """What was said of names that are nearly another's, by their place."""
    form = answers.given()
    return {int(k[5:]): v for k, v in form.items() if k.startswith("name-") and k[5:].isdecimal() and len(k) < 12}


def _replaces() -> bool:
    return answers.given().get("mode") == "replace"


def _asked() -> dict[str, str]:
    names = {key: value for key, value in request.form.items() if key.startswith("name-") and value}
    settle = {"settle": request.form["settle"]} if request.form.get("settle") else {}
    return imports.asked() | names | settle


def _page(lot: Lot, kept: Kept, reading: Reading) -> str:
    found, plan, choices = reading.read.found, reading.plan, imports.choices_of(lot)
    together = groups.grouped(reading.issues)
    asks_quantity = any(group.code == "no-quantities" for group in together)
    changes = differences(reading.standing.lines, reading.lines)
    figures = _changes(reading)
    labels = [(target, str(_(label))) for target, label in LABELS_HERE.items()]
    return render_template(
        "demand/department_preview.html",
        round_=lot.round,
        lot=lot,
        scope=Scope.of(lot),
        found=found,
        reading=reading,
        kept=kept,
        names=list(enumerate(reading.read.names)),
        kinds=_kinds(reading),
        NEW=NEW,
        answers=_answers(),
        figures=figures[:MOST_SHOWN],
        more=max(0, len(figures) - MOST_SHOWN),
        changes=shared.changes_shown(changes, lot.round.currency),
        counts=counts(changes),
        undecided=[department_pages.line_shown(line) for line in reading.undecided],
        settle=answers.given().get("settle", ""),
        errors=[{"text": _told(group), "field_id": imports.answered_at(group, found)} for group in together],
        asked={group.code for group in together},
        most_groups=imports.MOST_GROUPS,
        notes=shared.noted(found.notes),
        defaults=choices.defaults,
        choices=choices,
        every=EVERY,
        quantities=figure_columns(found.columns) if asks_quantity else [],
        asks_count=choices.count or asks_quantity,
        wordings=[imports.wording_asked(one, lot) for one in found.wordings],
        sign=choices.sign,
        replaces=_replaces(),
        targets=[*imports.target_choices(lot)[:1], *labels, *imports.target_choices(lot)[1:]],
        categories=[(key, shared.category_label(key)) for key in lot.categories],
        has={c.target.partition(":")[0] for c in found.columns},
        wide=any(":" in c.target for c in found.columns),
        is_open=reading.standing.is_open,
        added=len(plan.added),
    )


def _told(group: groups.Group) -> str:
    """What is wrong in the words for single rows: none can be left out here, as the words for many offer."""
    may_leave_out = group.code not in ("is-a-change", "total-and-change")
    return shared.said_together(group if may_leave_out else replace(group, code=""))


def _kinds(reading: Reading) -> dict[str, int]:
    names, asked = reading.read.names, set(reading.plan.asked)
    return {
        "new": len(reading.plan.added),
        "known": len([one for n, one in enumerate(names) if one.kind != "refused" and n not in asked])
        - len(reading.plan.added),
        "asked": len(asked),
    }


def _changes(reading: Reading) -> list[dict[str, Any]]:
    """What changes in the figures of departments, a row each: whose, where, before and after."""
    everybody = {one.id: one.name for one in departments.all_of(db.session(), actor=actor())}
    everybody |= {-1 - place: name for place, (name, _code) in reading.plan.added.items()}
    before, after = (
        {(o.department_id, o.key): o for o in each} for each in (reading.standing.figures, reading.plan.figures)
    )
    return [
        {
            "department": everybody.get(name[0], ""),
            "place": shared.place(*name[1][:3]),
            "year": name[1][3],
            "old": before.get(name),
            "new": after.get(name),
        }
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    ]


def _address(lot: Lot, kept: Kept | StoredFile, **choices: str) -> str:
    db.session.flush()
    place = {"round_id": lot.round.public_id, "lot_id": lot.public_id, "file_id": kept.public_id}
    return answers.address("demand.department_preview", place, choices)


def _overview(lot: Lot) -> str:
    return url_for("demand.lot_departments", round_id=lot.round.public_id, lot_id=lot.public_id)


def _back(lot: Lot, message: str) -> Response:
    flash(message, "error")
    return Response(status=303, headers={"Location": _overview(lot)})
