"""Pages on which a lead looks at the contradictions of a round, decides about them, and takes them away as a workbook."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from framework.chain.clarifications import lists
from framework.chain.clarifications.acts import state_of as state_of_question
from framework.chain.contradictions import export, finding, listing, review
from framework.chain.contradictions.catalogue import LABELS, OF_EARLIER_ROUNDS, WEIGHTS, kinds
from framework.chain.contradictions.listing import Filter
from framework.chain.contradictions.states import STATES, state_of
from framework.disclosure import confidentiality
from framework.disclosure.confidentiality import Reader
from framework.disclosure.veil import opened
from framework.ground import jobs
from framework.ground.errors import NotFound, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.text import N_, storable
from models.base import db
from models.contradictions import Contradiction, ContradictionRow
from models.people import User
from models.records import Job
from models.rounds import Round
from views import clock, guard
from views.chain import blueprint
from views.chain.saying import sentence_of, shown, title_of, told
from views.chain.sight import reader_of
from views.disclosure.bidders import bidder, place
from views.downloads import send_workbook
from views.guard import actor, permit
from views.i18n import words

T = TypeVar("T")
LONGEST_SEARCH = 200


@jobs.runner(finding.FIND_JOB)
def find_contradictions(session: Session, job: Job, clock: Callable[[], dt.datetime]) -> None:
    """Find the contradictions of a round anew; what each check found is kept before the next begins."""
    round_ = session.query(Round).filter_by(public_id=str(job.payload["round"])).one_or_none()
    number, attempt = job.id, job.attempts
    if round_ is None:
        return

    def step(done: int, total: int) -> None:
        jobs.goes_on(session, number, attempt, now=clock(), step="contradictions", done=done, total=total)
        session.commit()

    finding.find(session, round_, now=clock(), step=step)


@jobs.periodic("chain.contradictions", every_seconds=30)
def find_where_something_changed(session: Session, clock: Callable[[], dt.datetime]) -> None:
    """Begin where a chain was built, a site moved or a list of smelters came, and where a run was cut off."""
    finding.go_on(session, now=clock())
    session.commit()


@blueprint.get("/rounds/<round_id>/contradictions")
@permit(Permission.CONTRADICTIONS_VIEW)
def contradictions(round_: Round) -> str:
    """What contradicts in the opened files of a round, the worthiest first."""
    return _list(round_)


@blueprint.get("/rounds/<round_id>/contradictions.xlsx")
@permit(Permission.CONTRADICTIONS_VIEW)
def contradictions_workbook(round_: Round) -> Response:
    """The list as it is filtered, as a workbook with a line for each statement."""
    asked, reader = _filter(round_), reader_of(round_)
    lines = listing.everything(db.session(), round_, asked)
    content = export.write(
        round_.name,
        lines,
        listing.rows_of(db.session(), lines),
        now=clock.now(),
        words=words,
        said=lambda one: (title_of(one.code), sentence_of(one.code, one.params)),
        statement=lambda row: _statement_cells(reader, round_, row),
    )
    return send_workbook(content, f"contradictions-{round_.public_id}.xlsx")


@blueprint.post("/rounds/<round_id>/contradictions/accept")
@permit(Permission.CONTRADICTIONS_DECIDE)
def accept_contradictions(round_: Round) -> str | Response | tuple[str, int]:
    """Accept all open contradictions of one kind that the list shows, or take the acceptance of all of them back."""
    asked = _filter(round_, request.form)
    is_back = request.form.get("act") == "undo"
    expected = request.form.get("expected", "")
    try:
        found = [line.one for line in listing.everything(db.session(), round_, asked)] if asked.code else []
        done = (review.undo_all if is_back else review.accept_all)(
            db.session(),
            round_,
            found,
            code=asked.code,
            expected=int(expected) if expected.isdecimal() and len(expected) < 9 else -1,
            actor=actor(),
            now=clock.now(),
        )
    except RuleBroken as error:
        return _list(round_, guard.refused(error)), 409
    accepted = ngettext("%(num)s contradiction accepted.", "%(num)s contradictions accepted.", done)
    message = _("Taken back.") if is_back else accepted
    return guard.done(url_for("chain.contradictions", round_id=round_.public_id, **_kept(asked)), message)


@blueprint.get("/rounds/<round_id>/contradictions/<contradiction_id>")
@permit(Permission.CONTRADICTIONS_VIEW)
def contradiction(round_: Round, contradiction_id: str) -> str:
    """One contradiction: its statements side by side, each with its row in the file, and what was decided."""
    return _one(round_, seen(round_, contradiction_id, Contradiction))


@blueprint.post("/rounds/<round_id>/contradictions/<contradiction_id>")
@permit(Permission.CONTRADICTIONS_DECIDE)
def decide_contradiction(round_: Round, contradiction_id: str) -> str | Response | tuple[str, int]:
    """Accept or dismiss it, or take the last decision back."""
    one = guard.child(Contradiction, contradiction_id, round_)
    act, motive, who, now = request.form.get("act", ""), storable(request.form.get("motive", "")), actor(), clock.now()
    here = url_for("chain.contradiction", round_id=round_.public_id, contradiction_id=one.public_id)
    try:
        if act == "accept":
            review.accept(db.session(), one, actor=who, now=now)
            return guard.done(here, _("Accepted. It can be taken back below."))
        if act == "dismiss":
            review.dismiss(db.session(), one, motive, actor=who, now=now)
            return guard.done(here, _("Dismissed. It can be taken back below."))
        review.undo(db.session(), one, actor=who, now=now)
        return guard.done(here, _("Taken back."))
    except RuleBroken as error:
        said = guard.refused(error)
        return _one(round_, guard.child(Contradiction, contradiction_id, round_), said, motive), 422


def _list(round_: Round, error: str = "") -> str:
    asked, reader = _filter(round_, request.values), reader_of(round_)
    lines, page = listing.page(db.session(), round_, asked, number=request.args.get("page"))
    counts = listing.counts(db.session(), round_, asked)
    names = _names(round_, reader)
    by_kind = {code: sum(n for (c, _s), n in counts.items() if c == code) for code in kinds()}
    return render_template(
        "chain/contradictions.html",
        round_=round_,
        lines=[
            (line, title_of(line.one.code), sentence_of(line.one.code, line.one.params), _suppliers(line, names))
            for line in lines
        ],
        page=page,
        asked=asked,
        kept=_kept(asked),
        kinds=[(code, title_of(code), n) for code, n in by_kind.items() if n],
        states=[
            (code, words(label), sum(n for (_c, s), n in counts.items() if s == code)) for code, label in STATES.items()
        ],
        state_labels=STATES,
        weights=WEIGHTS,
        weight_of={code: kind.weight for code, kind in kinds().items()},
        suppliers=[(key, bidder(reader, name)) for key, name in listing.suppliers(db.session(), round_)],
        open_of_kind=_of_kind(round_, asked, "open"),
        accepted_of_kind=_of_kind(round_, asked, "accepted"),
        looked_at=listing.looked_at(db.session(), round_),
        running=_running(round_),
        error=error or "",
    )


def _one(round_: Round, one: Contradiction, error: str = "", motive: str = "") -> str:
    reader = reader_of(round_)
    rows, total = listing.statements(db.session(), one)
    names = _names(round_, reader)
    says = [told(row.says) for row in rows]
    found = review.decisions(db.session(), one)
    people = select_people([decision.actor_id for decision in found])
    state = state_of(db.session(), one)
    questions = lists.about(db.session(), [one.id])
    return render_template(
        "chain/contradiction.html",
        round_=round_,
        one=one,
        title=title_of(one.code),
        said=sentence_of(one.code, one.params),
        kind=kinds()[one.code],
        weight=WEIGHTS[kinds()[one.code].weight],
        state=state,
        state_label=STATES[state],
        rows=[(row, names.get(row.submission_id, _("an earlier round")), _place(reader, row)) for row in rows],
        labels=[label for label in map(words, LABELS.values()) if any(label in part for part in says)],
        says=says,
        differing={label for part in says for label in part if len({other.get(label) for other in says}) > 1},
        more=total - len(rows),
        decisions=found,
        people=people,
        questions=[(question, state_of_question(question, clock.now())) for question in questions],
        question_states=lists.STATES,
        may_undo=bool(review.standing(db.session(), one)) and state not in ("settled", "asked"),
        error=error,
        motive=motive,
        is_asked=any(row.is_asked for row in rows),
    )


def select_people(numbers: list[int]) -> dict[int, str]:
    """Names of users by number."""
    return {one.id: one.name for one in db.session.query(User).filter(User.id.in_(numbers))}


def _filter(round_: Round, given: Any = None) -> Filter:
    """What the address or the form asks for; what nobody knows is as good as not asked."""
    values = request.args if given is None else given
    code, state, sort = (values.get(name, "") for name in ("kind", "state", "sort"))
    return Filter(
        words=storable(values.get("q", "").strip())[:LONGEST_SEARCH],
        code=code if code in kinds() else "",
        supplier=storable(values.get("supplier", ""))[:40],
        state=state if state in STATES else "",
        sort=sort if sort in listing.SORTS else "worth",
        without=hidden_kinds(round_),
    )


def hidden_kinds(round_: Round) -> frozenset[str]:
    """Kinds about files of earlier rounds, to anybody but the lead, who opened these as well."""
    return frozenset() if "lead" in guard.roles(round_) else OF_EARLIER_ROUNDS


def seen(round_: Round, public_id: str, table: type[T]) -> T:
    """A contradiction or question of the round that this reader may see; else *not found*."""
    found = guard.child(table, public_id, round_)
    if found.code in hidden_kinds(round_):  # type: ignore[attr-defined]
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def _kept(asked: Filter) -> dict[str, str]:
    """The filter as parts of an address."""
    named = {"q": asked.words, "kind": asked.code, "supplier": asked.supplier, "state": asked.state}
    return {key: value for key, value in named.items() if value} | (
        {"sort": asked.sort} if asked.sort != "worth" else {}
    )


def _of_kind(round_: Round, asked: Filter, state: str) -> int:
    """How many in one state an act on all of them would take; 0 where no kind is chosen."""
    if not asked.code or asked.state not in ("", state):
        return 0
    _lines, page = listing.page(db.session(), round_, replace(asked, state=state), number=1)
    return page.total if page.total <= listing.MOST else 0


def _running(round_: Round) -> Job | None:
    """The job that finds contradictions of this round now."""
    waiting = db.session.query(Job).filter(Job.kind == finding.FIND_JOB, Job.state.in_(("waiting", "running")))
    return next((job for job in waiting if job.payload["round"] == round_.public_id), None)


def _names(round_: Round, reader: Reader) -> dict[int, str]:
    order = enumerate(opened(db.session(), round_))
    return {s.id: bidder(reader, confidentiality.bidder_name(reader, s, i)) for i, s in order}


def _suppliers(line: listing.Line, names: dict[int, str]) -> list[str]:
    return sorted(dict.fromkeys(names[number] for number in line.submissions if number in names))


def _place(reader: Reader, row: ContradictionRow) -> str:
    return place(reader, row.submission, row.row) if row.row is not None else ""


def _statement_cells(reader: Reader, round_: Round, row: ContradictionRow) -> list[Any]:
    """Supplier, place in the file and text of a statement, for a workbook."""
    said = "; ".join(f"{words(LABELS[key])}: {shown(key, row.says[key])}" for key in LABELS if row.says.get(key))
    is_here = row.submission.round_id == round_.id
    name = bidder(reader, row.submission.supplier.name)
    where = _place(reader, row) or None
    return [name, where if is_here or not where else f"{row.submission.round.name}: {where}", said]
