"""The jobs behind a workbook with the demand of many members: reading it, and telling the members once it is proposed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.demand import uploads
from framework.demand.columns import Choices
from framework.demand.figures import DecimalSign
from framework.demand.proposing import acts, kept, reading
from framework.demand.proposing.members import Member, Members
from framework.demand.proposing.reading import LotSaid, Read
from framework.ground import jobs, turns
from framework.ground.blocks import Table, best_sheet, table_of
from framework.ground.errors import FileRefused, InvalidInput
from framework.ground.files import NotScannedYet
from framework.ground.issue_catalogue import describe, refusal_issue
from framework.ground.sheets.codec import book_from_json
from framework.ground.sheets.progress import CHECKING
from framework.ground.sheets.reader import ChildLost, run_in_child
from framework.ground.text import N_
from models.base import db
from models.proposed import DemandSheet
from models.records import Job
from views import clock
from views.disclosure.work import Watch
from views.worker import run_job

Clock = Callable[[], dt.datetime]
_WHOLE_BOOK = "framework.ground.sheets.codec:book_as_json"


@dataclass(frozen=True, slots=True)
class _Order:
    """What reading needs of the database, so that nobody waits for it meanwhile."""

    number: int
    path: Path
    choices: dict[str, Any]
    lots: list[LotSaid]
    members: list[Member]


def run_if_small(job_id: int, size: int) -> None:
    """Read a small workbook at once, after it is durable; the worker takes the others, and whatever breaks here."""
    settings = current_app.extensions["settings"]
    db.session.remove()
    if size > settings.inline_mb * 1_000_000 or turns.busy(db.session(), now=clock.now()) >= settings.workers():
        return
    db.session.remove()
    run_job(current_app._get_current_object(), job_id)  # type: ignore[attr-defined]


_ONE_SHEET = N_("The sheet “%(sheet)s” was read. Not read: %(others)s. Send each of them in a workbook of its own.")


@jobs.runner(acts.READ_JOB)
def read_demand_sheet(session: Session, job: Job, clock: Clock) -> None:
    """Read outside any transaction, then store the parts some at a time; they are shown once all are there."""
    job_id, watch = job.id, Watch(session, job.id, job.attempts, clock)
    order = _order(session, job)
    session.rollback()
    if order is None:
        return
    try:
        read = _read(order, watch)
    except (FileRefused, InvalidInput) as error:
        _keep(session, order.number, job_id, {"refused": [error.message, dict(error.params)]}, clock())
        return
    kept.forget_parts(session, order.number)
    session.commit()
    for done in kept.store(session, order.number, read.parts):
        watch(done, len(read.parts))
    with Session(
        db.engine.execution_options(write=False)
    ) as looking:  # summing up takes longer than others should wait
        standing = kept.standing_of(looking, looking.get_one(DemandSheet, order.number).round)
    found = kept.found_of(read, standing)
    watch.hold()
    _keep(session, order.number, job_id, found, clock())


@jobs.runner(acts.TELL_JOB)
def tell_of_proposed_demand(session: Session, job: Job, clock: Clock) -> None:
    """Mail the members, some at a time; who was told is kept with the mails, so that nobody hears it twice."""
    public_id = str(job.payload["sheet"])
    session.rollback()
    while acts.tell(session, public_id, clock=clock):
        session.commit()


def _order(session: Session, job: Job) -> _Order | None:
    sheet = session.scalar(select(DemandSheet).where(DemandSheet.public_id == str(job.payload["sheet"])))
    if sheet is None or sheet.job_id != job.id or sheet.proposed_at is not None:
        return None
    try:
        path = current_app.extensions["files"].path_of(sheet.file)
    except NotScannedYet as error:
        raise jobs.TryAgain("the virus scanner has not looked at the file yet") from error
    lots, members = kept.lots_of(sheet.round), kept.members_of(session, sheet.round)
    return _Order(sheet.id, path, dict(sheet.choices), lots, members)


def _read(order: _Order, watch: Watch) -> Read:
    said = order.choices
    members = Members(order.members, said.get("members", {}))
    choices = Choices(
        targets={int(index): target for index, target in said.get("targets", {}).items()},
        sign=DecimalSign(said["sign"]) if said.get("sign") in (".", ",") else None,
        add_up=bool(said.get("add_up")),
        words=said.get("words", {}),
    )
    table, others = _table(order.path, watch)
    read = reading.read(table, order.lots, members, choices, heard=lambda done, total: watch(done, total, CHECKING))
    if others:
        read.notes.insert(0, (_ONE_SHEET, {"sheet": table.sheet, "others": others}))
    return read


def _table(path: Path, watch: Watch) -> tuple[Table, list[str]]:
    """The cells of the fullest sheet of the workbook, and the names of the others. Raises FileRefused with the sentence of the catalogue where it is no table."""
    try:
        result = run_in_child(path, _WHOLE_BOOK, {}, on_progress=watch)
        refusal = result.refusal
    except ChildLost as lost:
        if lost.refusal is None:
            raise jobs.TryAgain(lost.reason) from lost
        refusal = lost.refusal
    if refusal is not None:
        message, _advice, params = describe(refusal_issue(refusal.key, refusal.detail, refusal.params))
        facts: dict[str, Any] = dict(params)
        raise FileRefused(refusal.key, message, **facts)
    book = book_from_json(result.value)
    sheet = best_sheet(book)
    if sheet is None:
        raise FileRefused("empty", uploads.EMPTY)
    others = [one.name for one in book.sheets if one.visible and one.rows and one is not sheet]
    return table_of(sheet, most=reading.MOST_ROWS + 1_000), others


def _keep(session: Session, number: int, job_id: int, found: dict[str, Any], now: dt.datetime) -> None:
    """What was found is shown from now on, unless it was asked for anew meanwhile."""
    sheet = session.get_one(DemandSheet, number, populate_existing=True)
    if sheet.job_id == job_id:
        sheet.found, sheet.read_at = found, now
        session.commit()
