"""One declaration: its lines, its history, and what may be done with it: approve, recall, withdraw, accept, return, strike."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response

from framework.demand import approve as approving
from framework.demand import board, declare, department_acts, department_figures, departments, lock, pool, record
from framework.demand.department_figures import Figure
from framework.demand.lines import Line, differences, of_record
from framework.demand.pooled import Amount
from framework.ground import proposals
from framework.ground.codelists import country_name
from framework.ground.permissions import Permission
from models.base import db
from models.demand import Demand
from models.rounds import Round
from models.signons import SignOn
from views import clock, guard
from views.demand import blueprint, shared
from views.guard import actor, permit
from views.i18n import current_language, words


@blueprint.get("/rounds/<round_id>/demand/<demand_id>")
@permit(Permission.DEMAND_VIEW)
def declaration(round_: Round, demand_id: str) -> str:
    """A version with its lines, what is odd in it, its history, and the acts open to this reader."""
    demand = shared.declaration_of(round_, demand_id)
    is_own = demand.member_id == actor().organisation_id and "member" in guard.roles(round_)
    versions = [one for one in _versions(demand) if is_own or not board.is_private(one.state, one.submitted_at)]
    against = _against(demand, versions)
    lines = [of_record(record) for record in demand.lines]
    changes = differences([of_record(r) for r in against.lines], lines) if against is not None else []
    figures = department_figures.of(db.session(), demand) if is_own else []
    return render_template(
        "demand/declaration.html",
        round_=round_,
        demand=demand,
        lot=demand.lot,
        is_own=is_own,
        returned=declare.returned_before(db.session(), demand),
        digest=record.digest(demand),
        is_lead="lead" in guard.roles(round_),
        is_open=round_.state == "demand" and not declare.is_past_deadline(round_, now=clock.now()),
        proposal=proposals.open_proposal(db.session(), demand, "submit", now=clock.now()),
        oddities=[words(o.message, **_shown(o.params)) for o in approving.plausibility(demand)],
        total=_total(lines),
        unit=shared.unit_word(demand.lot.unit),
        country_label=lambda code: country_name(code, current_language()),
        versions=versions,
        against=against,
        changes=shared.changes_shown(changes),
        may_strike=round_.state == "demand_locked" and demand.state == "locked" and not _is_confirmed(demand),
        category_label=shared.category_label,
        certainty_label=shared.certainty_label,
        reason_shown=shared.reason_shown,
        by_departments=bool(figures),
        silent=_silent(figures) if figures and demand.state in ("draft", "submitted", "accepted") else 0,
    )


@blueprint.post("/rounds/<round_id>/demand/<demand_id>/approve")
@permit(Permission.DEMAND_APPROVE)
def approve(round_: Round, demand_id: str) -> Response:
    """The second person approves."""
    demand = shared.declaration_of(round_, demand_id)
    return shared.attempt(
        lambda: approving.approve(db.session(), demand, actor=actor(), now=clock.now(), version=shared.version()),
        _here(round_, demand_id),
        _("Approved and handed in. The lead looks at it next."),
    )


@blueprint.post("/rounds/<round_id>/demand/<demand_id>/submit")
@permit(Permission.DEMAND_EDIT)
def submit(round_: Round, demand_id: str) -> Response:
    """Hand in a saved draft."""
    demand = shared.declaration_of(round_, demand_id)
    return shared.attempt(
        lambda: approving.submit(db.session(), demand, actor=actor(), now=clock.now(), version=shared.version()),
        _here(round_, demand_id),
        shared.submitted_words(demand),
    )


@blueprint.post("/rounds/<round_id>/demand/<demand_id>/send-back")
@permit(Permission.DEMAND_EDIT)
def send_back(round_: Round, demand_id: str) -> Response:
    """Take the proposal back: work on the draft goes on."""
    demand = shared.declaration_of(round_, demand_id)
    return shared.attempt(
        lambda: approving.send_back(db.session(), demand, actor=actor(), now=clock.now()),
        url_for("demand.lot_grid", round_id=round_.public_id, lot_id=demand.lot.public_id),
        _("It is a draft again. Change it and submit it anew."),
    )


@blueprint.post("/rounds/<round_id>/demand/<demand_id>/recall")
@permit(Permission.DEMAND_EDIT)
def recall(round_: Round, demand_id: str) -> Response:
    """The member takes a submitted version back."""
    demand = shared.declaration_of(round_, demand_id)
    return shared.attempt(
        lambda: approving.recall(db.session(), demand, actor=actor(), now=clock.now()),
        url_for("demand.lot_grid", round_id=round_.public_id, lot_id=demand.lot.public_id),
        _("Recalled. It is a draft again and does not count."),
    )


@blueprint.post("/rounds/<round_id>/demand/<demand_id>/withdraw")
@permit(Permission.DEMAND_EDIT)
def withdraw(round_: Round, demand_id: str) -> Response:
    """The member withdraws a version."""
    demand = shared.declaration_of(round_, demand_id)
    motive = request.form.get("motive", "")
    return shared.attempt(
        lambda: declare.withdraw(db.session(), demand, actor=actor(), now=clock.now(), motive=motive),
        _here(round_, demand_id),
        _("Withdrawn. This version does not count."),
    )


@blueprint.post("/rounds/<round_id>/demand/<demand_id>/accept")
@permit(Permission.DEMAND_ACCEPT)
def accept(round_: Round, demand_id: str) -> Response:
    """The lead accepts."""
    demand = shared.declaration_of(round_, demand_id)
    return shared.attempt(
        lambda: approving.accept(
            db.session(),
            demand,
            actor=actor(),
            now=clock.now(),
            version=shared.version(),
            seen=request.form.get("seen") == "y",
        ),
        _here(round_, demand_id),
        _("Accepted. It counts in the pool."),
    )


@blueprint.post("/rounds/<round_id>/demand/<demand_id>/return")
@permit(Permission.DEMAND_ACCEPT)
def return_(round_: Round, demand_id: str) -> Response:
    """The lead returns a version with a motive."""
    demand = shared.declaration_of(round_, demand_id)
    motive = request.form.get("motive", "")[:1000]
    return shared.attempt(
        lambda: approving.return_(db.session(), demand, actor=actor(), now=clock.now(), motive=motive),
        _here(round_, demand_id),
        _("Returned. The member's people were told."),
    )


@blueprint.post("/rounds/<round_id>/demand/<demand_id>/strike")
@permit(Permission.DEMAND_ACCEPT)
def strike(round_: Round, demand_id: str) -> Response:
    """The lead strikes a locked version of an unconfirmed member."""
    demand = shared.declaration_of(round_, demand_id)
    motive = request.form.get("motive", "")[:1000]
    return shared.attempt(
        lambda: lock.strike(db.session(), demand, actor=actor(), now=clock.now(), motive=motive),
        _here(round_, demand_id),
        _("Struck. The pool was computed anew."),
    )


def _here(round_: Round, demand_id: str) -> str:
    return url_for("demand.declaration", round_id=round_.public_id, demand_id=demand_id)


def _silent(figures: list[Figure]) -> int:
    """How many departments have not answered."""
    return len(department_acts.silent(departments.all_of(db.session(), actor=actor()), figures))


def _total(lines: list[Line]) -> Amount:
    """The sums of the known lines, and how many are not known yet."""
    return Amount(
        sum(x.qty_firm or 0 for x in lines),
        sum(x.qty_expected or 0 for x in lines),
        sum(x.qty_max or 0 for x in lines),
        lines=len(lines),
        not_known=sum(1 for x in lines if not x.is_known),
    )


def _versions(demand: Demand) -> list[Demand]:
    query = select(Demand).where(Demand.lot_id == demand.lot_id, Demand.member_id == demand.member_id)
    eager = (selectinload(Demand.lines), selectinload(Demand.submitted_by), selectinload(Demand.approved_by))
    return list(db.session.scalars(query.options(*eager).order_by(Demand.version_no.desc())))


def _against(demand: Demand, versions: list[Demand]) -> Demand | None:
    """The version to compare with: the one asked for, else the one before."""
    asked = request.args.get("with", type=int)
    others = [v for v in versions if v.id != demand.id]
    chosen = next((v for v in others if v.version_no == asked), None)
    return chosen or next((v for v in others if v.version_no < demand.version_no), None)


def _is_confirmed(demand: Demand) -> bool:
    query = select(SignOn.id).where(
        SignOn.round_id == demand.round_id,
        SignOn.organisation_id == demand.member_id,
        SignOn.state.in_(pool.ENTITLED),
    )
    return db.session.scalar(query.limit(1)) is not None


def _shown(params: dict[str, object]) -> dict[str, object]:
    """Category keys of an oddity as labels."""
    found = dict(params)
    if "categories" in found:
        found["categories"] = ", ".join(shared.category_label(c) for c in found["categories"])  # type: ignore[union-attr]
    if "category" in found:
        found["category"] = shared.category_label(str(found["category"]))
    return found
