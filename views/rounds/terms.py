"""Criteria with their weights, and clauses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from framework.ground import clauses as library
from framework.ground.errors import InvalidInput, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.terms import PLACES
from framework.ground.text import N_
from framework.rounds import clauses, formulas, parts, readiness_facts
from models.base import db
from models.rounds import Clause, Criterion, Round
from views import clock, guard
from views.guard import actor, permit
from views.i18n import current_language, words
from views.rounds import blueprint
from views.rounds.forms import ClauseForm, CriterionForm, LadderForm, answer, choices
from views.rounds.setup import decimal_text

HINTS = {
    "selection": N_("Selection: looks at the bidder"),
    "specification": N_("Technical specification: every offer must meet it"),
    "award": N_("Award: earns points"),
    "performance": N_("Contract performance: must be met once in force"),
}


@blueprint.get("/rounds/<round_id>/set-up/criteria")
@permit(Permission.ROUND_EDIT)
def criteria(round_: Round) -> str:
    """The criteria by place, the running total of the weights of each lot."""
    facts = readiness_facts.gather(db.session(), round_)
    totals = [
        {"lot": lot, "total": sum((c.weight or Decimal(0) for c in facts.award_criteria(lot)), Decimal(0))}
        for lot in facts.lots
    ]
    used = {str(c.parameters.get("topic", "")) for c in round_.criteria}
    return render_template(
        "rounds/criteria.html",
        round_=round_,
        totals=totals,
        places=PLACES,
        lots={lot.id: lot for lot in facts.lots},
        formulas=formulas.FORMULAS,
        trials={c.id: _trial(c) for c in round_.criteria},
        templates=[t for t in library.criteria_templates().values() if t.key not in used],
        language=current_language(),
    )


def _trial(criterion: Criterion) -> list[Decimal] | None:
    if criterion.weight is None:
        return None
    return formulas.trial(criterion.formula, criterion.weight, criterion.parameters)


@blueprint.get("/rounds/<round_id>/set-up/criteria/new")
@permit(Permission.ROUND_EDIT)
def new_criterion(round_: Round) -> str:
    """An empty criterion, or one begun from a template."""
    template = library.criteria_templates().get(request.args.get("from", ""))
    form = _criterion_form(round_, None)
    parameters: dict[str, Any] = {}
    if template is not None and request.method == "GET":
        form.name.data = template.name(current_language())
        form.description.data = template.description(current_language())
        form.place.data, form.weight.data, form.formula.data = template.place, template.weight, template.formula
        form.is_label.data = template.is_label
        parameters = dict(template.parameters)
    return _criterion_page(round_, form, None, parameters, template.key if template else "")


@blueprint.post("/rounds/<round_id>/set-up/criteria/new")
@permit(Permission.ROUND_EDIT)
def add_criterion(round_: Round) -> Response | tuple[str, int]:
    """Add a criterion."""
    return _save_criterion(round_, None)


@blueprint.get("/rounds/<round_id>/set-up/criteria/<criterion_id>")
@permit(Permission.ROUND_EDIT)
def criterion(round_: Round, criterion_id: str) -> str:
    """A criterion."""
    found = guard.child(Criterion, criterion_id, round_)
    return _criterion_page(round_, _criterion_form(round_, found), found, found.parameters, "")


@blueprint.post("/rounds/<round_id>/set-up/criteria/<criterion_id>")
@permit(Permission.ROUND_EDIT)
def save_criterion(round_: Round, criterion_id: str) -> Response | tuple[str, int]:
    """Change a criterion."""
    return _save_criterion(round_, guard.child(Criterion, criterion_id, round_))


@blueprint.post("/rounds/<round_id>/set-up/criteria/<criterion_id>/remove")
@permit(Permission.ROUND_EDIT)
def remove_criterion(round_: Round, criterion_id: str) -> Response:
    """Remove a criterion."""
    found = guard.child(Criterion, criterion_id, round_)
    parts.remove_criterion(db.session(), found, actor=actor(), now=clock.now())
    return guard.done(_to("criteria", round_), _("The criterion is removed."))


def _save_criterion(round_: Round, found: Criterion | None) -> Response | tuple[str, int]:
    form = _criterion_form(round_, found)
    typed = _parameters(form.formula.data or "", found)

    def act() -> None:
        lot_ids = {lot.public_id: lot.id for lot in round_.lots}
        values = {
            "name": form.name.data or "",
            "description": form.description.data or "",
            "place": form.place.data,
            "lot_id": lot_ids.get(form.lot.data or ""),
            "weight": form.weight.data,
            "formula": form.formula.data or "",
            "parameters": typed,
            "is_label": form.is_label.data,
            "equivalent_path": form.equivalent_path.data or "",
        }
        parts.save_criterion(
            db.session(),
            round_,
            found,
            values,
            version=form.known_version(),
            actor=actor(),
            now=clock.now(),
        )

    topic = str(typed.get("topic", ""))
    again = lambda: _criterion_page(round_, form, found, typed, topic)  # noqa: E731 - one line says it
    return answer(form, act, lambda: _to("criteria", round_), _("Saved."), again)


def _parameters(formula: str, found: Criterion | None) -> dict[str, Any]:
    """The parameters of the chosen formula as typed; what the page does not ask about stays as it was."""
    kept = {k: v for k, v in (found.parameters if found is not None else {}).items() if k == "topic"}
    if request.form.get("topic"):
        kept["topic"] = request.form["topic"][:60]
    known = formulas.FORMULAS.get(formula)
    for name in known.parameters if known is not None else ():
        typed = request.form.get(f"p_{formula}_{name}", "").strip().replace(",", ".")
        kept[name] = typed[:30]
    return kept


def _criterion_form(round_: Round, found: Criterion | None) -> CriterionForm:
    form = CriterionForm(obj=found)
    form.place.choices = [SelectChoice(key, words(HINTS[key])) for key in PLACES]
    lots = [SelectChoice(lot.public_id, f"{lot.code} {lot.name}") for lot in round_.lots]
    form.lot.choices = [SelectChoice("", _("Every lot")), *lots]
    form.formula.choices = choices(formulas.FORMULAS, blank=_("None"))
    if found is not None and form.lot.raw_data is None:
        form.lot.data = next((lot.public_id for lot in round_.lots if lot.id == found.lot_id), "")
    return form


def _criterion_page(
    round_: Round, form: CriterionForm, found: Criterion | None, parameters: dict[str, Any], topic: str
) -> str:
    return render_template(
        "rounds/criterion.html",
        round_=round_,
        form=form,
        criterion=found,
        parameters=parameters,
        topic=topic,
        formulas=formulas.FORMULAS,
        action=url_for("rounds.save_criterion", round_id=round_.public_id, criterion_id=found.public_id)
        if found is not None
        else _to("add_criterion", round_),
    )


@blueprint.get("/rounds/<round_id>/set-up/clauses")
@permit(Permission.ROUND_EDIT)
def clause_list(round_: Round) -> str:
    """The clauses of the round, what the set lacks, what the library offers."""
    return _clause_list(round_)


def _clause_list(round_: Round, problem: str = "") -> str:
    present = {clause.key for clause in round_.clauses}
    return render_template(
        "rounds/clauses.html",
        round_=round_,
        places=PLACES,
        missing=clauses.missing_titles(round_.clauses),
        offered=[c for c in library.clause_library().values() if c.key not in present],
        sets=library.CLAUSE_SETS,
        language=current_language(),
        blanks={c.id: clauses.blanks(c) for c in round_.clauses},
        problem=problem,
        typed=request.form,
    )


@blueprint.post("/rounds/<round_id>/set-up/clauses/references")
@permit(Permission.ROUND_EDIT)
def save_references(round_: Round) -> Response | tuple[str, int]:
    """Say for every clause where the notice refers to it, in one table: all or none."""
    try:
        for found in round_.clauses:
            _refer(found)
        return guard.done(_to("clause_list", round_), _("Saved."))
    except RuleBroken as error:
        if error.status == 404:
            raise
        return _clause_list(round_, guard.refused(error)), error.status


def _refer(found: Clause) -> None:
    given = request.form.get(f"reference-{found.public_id}")
    if given is None or given.strip() == found.notice_reference:
        return
    version = request.form.get(f"version-{found.public_id}", "")
    parts.edit_clause(
        db.session(),
        found,
        {"notice_reference": given},
        version=int(version) if version.isdecimal() and len(version) < 10 else 0,
        actor=actor(),
        now=clock.now(),
    )


@blueprint.post("/rounds/<round_id>/set-up/clauses/set")
@permit(Permission.ROUND_EDIT)
def add_clause_set(round_: Round) -> Response:
    """Add what the clause set of the jurisdiction holds and the round does not."""
    added = clauses.add_set(db.session(), round_, language=current_language(), actor=actor(), now=clock.now())
    return guard.done(_to("clause_list", round_), _("%(count)s clauses added.", count=added))


@blueprint.post("/rounds/<round_id>/set-up/clauses/library")
@permit(Permission.ROUND_EDIT)
def add_library_clause(round_: Round) -> Response:
    """Add one clause of the library."""
    key = request.form.get("key", "")
    if key not in library.clause_library():
        raise InvalidInput("clause-unknown", N_("Choose a clause of the library."), field="key")
    clauses.add_from_library(db.session(), round_, key, language=current_language(), actor=actor(), now=clock.now())
    return guard.done(_to("clause_list", round_), _("The clause is added."))


@blueprint.get("/rounds/<round_id>/set-up/clauses/new")
@permit(Permission.ROUND_EDIT)
def new_clause(round_: Round) -> str:
    """An empty clause of the lead's own."""
    return _clause_page(round_, _clause_form(None), None)


@blueprint.post("/rounds/<round_id>/set-up/clauses/new")
@permit(Permission.ROUND_EDIT)
def add_clause(round_: Round) -> Response | tuple[str, int]:
    """Add a clause of the lead's own."""
    form = _clause_form(None)

    def act() -> None:
        number = max((clause.position for clause in round_.clauses), default=0) + 1
        values = _clause_values(form, None)
        parts.add_clause(db.session(), round_, f"own_{number}", values, actor=actor(), now=clock.now())

    return answer(
        form,
        act,
        lambda: _to("clause_list", round_),
        _("The clause is added."),
        lambda: _clause_page(round_, form, None),
    )


@blueprint.get("/rounds/<round_id>/set-up/clauses/<clause_id>")
@permit(Permission.ROUND_EDIT)
def clause(round_: Round, clause_id: str) -> str:
    """A clause."""
    found = guard.child(Clause, clause_id, round_)
    return _clause_page(round_, _clause_form(found), found)


@blueprint.post("/rounds/<round_id>/set-up/clauses/<clause_id>")
@permit(Permission.ROUND_EDIT)
def save_clause(round_: Round, clause_id: str) -> Response | tuple[str, int]:
    """Change a clause."""
    found = guard.child(Clause, clause_id, round_)
    form = _clause_form(found)

    def act() -> None:
        parts.edit_clause(
            db.session(),
            found,
            _clause_values(form, found),
            version=form.known_version(),
            actor=actor(),
            now=clock.now(),
        )

    return answer(form, act, lambda: _to("clause_list", round_), _("Saved."), lambda: _clause_page(round_, form, found))


@blueprint.post("/rounds/<round_id>/set-up/clauses/<clause_id>/remove")
@permit(Permission.ROUND_EDIT)
def remove_clause(round_: Round, clause_id: str) -> Response:
    """Remove a clause."""
    parts.remove_clause(db.session(), guard.child(Clause, clause_id, round_), actor=actor(), now=clock.now())
    return guard.done(_to("clause_list", round_), _("The clause is removed."))


def _clause_form(found: Clause | None) -> ClauseForm:
    if found is None or found.key != "sanction_ladder":
        form = ClauseForm(obj=found)
    else:
        given = found.parameters or {}
        rate = given.get("penalty_rate")
        form = LadderForm(
            obj=found,
            data={
                "penalty": bool(given.get("penalty")),
                "penalty_rate": Decimal(rate) if rate else None,
                "penalty_max_weeks": given.get("penalty_max_weeks"),
                "notice_days": given.get("notice_days"),
            },
        )
    form.place.choices = [SelectChoice(key, words(label)) for key, label in PLACES.items()]
    if found is None and form.place.raw_data is None:
        form.place.data = "performance"
    return form


def _clause_values(form: ClauseForm, found: Clause | None) -> dict[str, Any]:
    values: dict[str, Any] = {
        "title": form.title.data or "",
        "text": form.text.data or "",
        "place": form.place.data,
        "notice_reference": (form.notice_reference.data or "").strip(),
    }
    if isinstance(form, LadderForm):
        values["parameters"] = (found.parameters if found is not None else {}) | {
            "penalty": bool(form.penalty.data),
            "penalty_rate": decimal_text(form.penalty_rate.data),  # type: ignore[arg-type]
            "penalty_max_weeks": form.penalty_max_weeks.data,
            "notice_days": form.notice_days.data,
        }
    return values


def _clause_page(round_: Round, form: ClauseForm, found: Clause | None) -> str:
    return render_template(
        "rounds/clause.html",
        round_=round_,
        form=form,
        clause=found,
        action=url_for("rounds.save_clause", round_id=round_.public_id, clause_id=found.public_id)
        if found is not None
        else _to("add_clause", round_),
    )


def _to(page: str, round_: Round) -> str:
    return url_for(f"rounds.{page}", round_id=round_.public_id)
