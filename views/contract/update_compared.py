"""What a version under an agreement says otherwise than what was accepted before it, for contractor and readers."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response as Answer
from flask import redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.disclosure import comparisons, confidentiality, difference_sheet, previous
from framework.disclosure.columns import SITES
from framework.disclosure.confidentiality import Levels, Reader
from framework.disclosure.differences import Difference, compare
from framework.ground.actors import Actor
from models.base import db
from models.contract_disclosure import ContractSubmission, Update
from models.disclosure import Disclosed
from views import clock
from views.contract.updates import file_of
from views.disclosure.differences import FIRST, READY, Group, Links, Shown, page_words, progress_of, shown
from views.downloads import send_workbook


@dataclass(frozen=True, slots=True)
class Places:
    """Addresses of a page of differences for one kind of reader; blank where there is none for it."""

    here: str
    workbook: str = ""
    compare: str = ""
    progress: str = ""

    def of_kind(self, sheet: str, kind: str) -> str:
        """All rows of one kind."""
        return f"{self.here}?{urlencode({'sheet': sheet, 'kind': kind})}"


def page(version: ContractSubmission, places: Places, *, back: str, reader: Reader | None = None) -> str | Response:
    """The page; to a reader who may not see every row only what both versions show to it."""
    update = file_of(version)
    before = _before(update)
    found = None if before is None else _found(before, update, reader)
    waits = before is not None and found is not None and found.state == "waiting"
    return render_template(
        "contract/updates_differences.html",
        round_=version.round,
        version=version,
        update=update,
        other=before,
        is_tender=before is not None and before.stage == "tender",
        found=found,
        back=back,
        hides=reader is not None and not _sees_all(reader),
        **page_words(Links(places.here, places.workbook, places.compare, places.of_kind)),
        **(progress_of(before, update, here=places.here, progress_url=places.progress) if before and waits else {}),
    )


def ask(version: ContractSubmission, actor: Actor) -> None:
    """Have long versions compared by the worker; nothing happens with short ones."""
    update = file_of(version)
    before = _before(update)
    if before is not None and not comparisons.is_small(before, update):
        comparisons.ask(db.session(), before, update, actor=actor, clock=clock.now)


def progress(version: ContractSubmission, places: Places) -> Response:
    """The progress block while the worker compares."""
    update = file_of(version)
    before = _before(update)
    if before is None:
        return redirect(places.here)
    facts = progress_of(before, update, here=places.here, progress_url=places.progress)
    answer = Answer(render_template("disclosure/comparing.html", **facts))
    if comparisons.state_of(comparisons.of_pair(db.session(), before, update)) != "waiting":
        answer.headers["HX-Redirect"] = places.here
    return answer


def workbook(version: ContractSubmission, places: Places) -> Response:
    """Every difference as a row of a workbook, for who may see every row."""
    update = file_of(version)
    before = _before(update)
    if before is None:
        return redirect(places.here)
    rows: Iterable[Difference]
    if comparisons.is_small(before, update):
        rows = compare(previous.rows_of(db.session(), before), previous.rows_of(db.session(), update)).found
    else:
        kept = comparisons.of_pair(db.session(), before, update)
        if kept is None or comparisons.state_of(kept) != READY:
            return redirect(places.here)
        rows = comparisons.stored(db.session(), kept)
    target = io.BytesIO()
    difference_sheet.write(target, rows, gettext=_)
    return send_workbook(target.getvalue(), f"differences-{update.receipt_number}.xlsx")


def _before(update: Update) -> Disclosed | None:
    return comparisons.offered(db.session(), update) if update.checked_at is not None else None


def _found(before: Disclosed, update: Update, reader: Reader | None) -> Shown:
    if reader is None or _sees_all(reader):
        return shown(before, update)
    if not comparisons.is_small(before, update):
        return Shown("kept_back")
    return _open_part(before, update, reader)


def _open_part(before: Disclosed, update: Update, reader: Reader) -> Shown:
    """The differences of rows that this reader may see in both versions; how many others there are is not told."""
    session = db.session()
    found = compare(previous.rows_of(session, before), previous.rows_of(session, update))
    old, new = confidentiality.levels_of(session, before), confidentiality.levels_of(session, update)
    kept = [one for one in found.found if _is_open(one.before, old, reader) and _is_open(one.after, new, reader)]
    by_kind: dict[tuple[str, str], list[Difference]] = {}
    for one in kept:
        by_kind.setdefault((one.sheet, one.kind), []).append(one)
    groups = [Group(sheet, kind, len(rows), rows[:FIRST]) for (sheet, kind), rows in by_kind.items()]
    counts = Counter(one.kind for one in kept if one.sheet == SITES)
    return Shown(READY, counts, len(kept), 0, groups)


def _is_open(record: dict[str, object] | None, levels: Levels, reader: Reader) -> bool:
    values = record["values"] if record is not None else None
    return not isinstance(values, dict) or reader.may_see(*levels.of_values(values))


def _sees_all(reader: Reader) -> bool:
    return reader.sees_all or reader.own
