"""The set-up of a round, part by part."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import current_app, flash, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from framework.ground import codelists, jurisdictions, round_settings
from framework.ground.errors import InvalidInput, NotFound, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.terms import MANDATE_TYPES
from framework.ground.text import N_
from framework.rounds import editing, limits, opener_keys, parts, readiness, readiness_facts, settings, tasks
from models.base import db
from models.people import Appointment, Organisation, RoleGrant, User
from models.rounds import MemberClass, Round
from models.signons import SignOn
from views import clock, guard
from views.guard import actor, permit
from views.i18n import current_language, words
from views.rounds import blueprint
from views.rounds.fields import instant_of, split, zones
from views.rounds.forms import (
    DAYS,
    INSTANTS,
    ClassForm,
    DatesForm,
    MembersForm,
    ScopeForm,
    answer,
    choices,
)

RULES = (
    "min_members",
    "min_tender_days",
    "last_question_days",
    "deadline_change_four_eyes",
    "late_upload_rule",
    "late_upload_grace_minutes",
    "auto_count",
    "large_lane",
    "opening_persons",
    "opening_window_minutes",
    "seal_mode",
    "show_received_count",
    "show_volume_to_brand",
    "judge_by_letters",
    "demand_four_eyes",
    "framework_max_months",
    "over_max",
    "accession_after_publication",
    "standstill_days",
    "standstill_kind",
    "standstill_other_means_days",
    "standstill_roll",
    "price_only_allowed",
    "clause_set",
    "open_framework",
    "fee_pct",
)
"""Settings on the page of rules; the others keep the profile's value."""
WORDS = ("price_mechanism", "selection_process", "standstill_reason", "question_contact")
"""Settings on that page that are sentences."""


@blueprint.get("/rounds/<round_id>/set-up")
@permit(Permission.ROUND_EDIT)
def setup(round_: Round) -> str:
    """The seven tasks."""
    facts = readiness_facts.gather(db.session(), round_)
    listed = [
        {
            "title": words(task.title),
            "hint": words(task.hint),
            "url": url_for(task.page, round_id=round_.public_id),
            "done": task.done,
            "status": _("Look") if task.page == "rounds.preview" else "",
        }
        for task in tasks.tasks(facts)
    ]
    return render_template("rounds/setup.html", round_=round_, tasks=listed)


@blueprint.get("/rounds/<round_id>/set-up/scope")
@permit(Permission.ROUND_EDIT)
def scope(round_: Round) -> str:
    """What the round is."""
    return _scope(round_, _scope_form(round_))


@blueprint.post("/rounds/<round_id>/set-up/scope")
@permit(Permission.ROUND_EDIT)
def save_scope(round_: Round) -> Response | tuple[str, int]:
    """Change what the round is."""
    form = _scope_form(round_)

    def act() -> None:
        values = {name: field.data for name, field in form._fields.items() if name in editing.PARTS["scope"]}
        values["mandate_type"] = values["mandate_type"] or None
        values |= {name: values[name] or "" for name in ("reference", "summary")}
        editing.edit(
            db.session(), round_, "scope", values, version=form.known_version(), actor=actor(), now=clock.now()
        )

    return answer(form, act, lambda: _to("lots", round_), _("Saved."), lambda: _scope(round_, form))


def _scope_form(round_: Round) -> ScopeForm:
    form = ScopeForm(obj=round_)
    form.jurisdiction.choices = choices(jurisdictions.LABELS)
    form.mandate_type.choices = choices(MANDATE_TYPES)
    form.currency.choices = [
        _choice(code, f"{code} – {name}") for code, name in codelists.currencies(current_language())
    ]
    return form


def _choice(value: str, label: str) -> Any:
    from wtforms import SelectChoice

    return SelectChoice(value, label)


def _scope(round_: Round, form: ScopeForm) -> str:
    return form_page(round_, form, _("Scope"), "rounds.save_scope", back=_to("lots", round_))


@blueprint.get("/rounds/<round_id>/set-up/members")
@permit(Permission.ROUND_EDIT)
def members(round_: Round) -> str:
    """Who may come in."""
    return _members(round_, MembersForm(obj=round_), ClassForm(formdata=None))


@blueprint.post("/rounds/<round_id>/set-up/members")
@permit(Permission.ROUND_EDIT)
def save_members(round_: Round) -> Response | tuple[str, int]:
    """Change who may come in and what binds them."""
    form = MembersForm(obj=round_)

    def act() -> None:
        values = {
            "open_to_applications": form.open_to_applications.data,
            "data_agreement": form.data_agreement.data or "",
            "retention_years": form.retention_years.data,
        }
        editing.edit(
            db.session(), round_, "members", values, version=form.known_version(), actor=actor(), now=clock.now()
        )

    return answer(
        form,
        act,
        lambda: _to("members", round_),
        _("Saved."),
        lambda: _members(round_, form, ClassForm(formdata=None)),
    )


@blueprint.post("/rounds/<round_id>/set-up/classes")
@permit(Permission.ROUND_EDIT)
def add_class(round_: Round) -> Response | tuple[str, int]:
    """Name a class of buyers."""
    form = ClassForm()

    def act() -> None:
        parts.add_class(
            db.session(),
            round_,
            name=form.name.data or "",
            description=form.description.data or "",
            actor=actor(),
            now=clock.now(),
        )

    return answer(
        form,
        act,
        lambda: _to("members", round_),
        _("The class is named."),
        lambda: _members(round_, MembersForm(formdata=None, obj=round_), form),
    )


@blueprint.post("/rounds/<round_id>/set-up/classes/<class_id>/remove")
@permit(Permission.ROUND_EDIT)
def remove_class(round_: Round, class_id: str) -> Response:
    """Take a class off the list."""
    parts.remove_class(db.session(), guard.child(MemberClass, class_id, round_), actor=actor(), now=clock.now())
    return guard.done(_to("members", round_), _("The class is taken off the list."))


def _members(round_: Round, form: MembersForm, class_form: ClassForm) -> str:
    invited = db.session.scalars(
        select(SignOn.state).where(SignOn.round_id == round_.id, SignOn.state.not_in(("left", "refused")))
    ).all()
    return render_template("rounds/members.html", round_=round_, form=form, class_form=class_form, invited=len(invited))


@blueprint.get("/rounds/<round_id>/set-up/dates")
@permit(Permission.ROUND_EDIT)
def dates(round_: Round) -> str:
    """Every date of the round."""
    return _dates(round_, _dates_form(round_))


@blueprint.post("/rounds/<round_id>/set-up/dates")
@permit(Permission.ROUND_EDIT)
def save_dates(round_: Round) -> Response | tuple[str, int]:
    """Change the dates of the round."""
    form = _dates_form(round_)

    def act() -> None:
        zone = form.zone.data or round_.zone
        values: dict[str, Any] = {name: instant_of(form, name, zone) for name in INSTANTS}
        values |= {name: form[name].data for name in DAYS}
        values |= {
            "zone": zone,
            "option_months": form.option_months.data or 0,
            "duration_justification": form.duration_justification.data or "",
        }
        editing.edit(
            db.session(), round_, "dates", values, version=form.known_version(), actor=actor(), now=clock.now()
        )

        for odd in editing.odd_dates(round_):
            flash(words(odd), "warning")

    return answer(form, act, lambda: _to("setup", round_), _("Dates saved."), lambda: _dates(round_, form))


def _dates_form(round_: Round) -> DatesForm:
    filled: dict[str, Any] = {}
    for name in INSTANTS:
        filled |= split(getattr(round_, name), name, round_.zone)
    form = DatesForm(obj=round_, data=filled)
    form.zone.choices = zones(round_.zone)
    return form


def _dates(round_: Round, form: DatesForm) -> str:
    return render_template("rounds/dates.html", round_=round_, form=form, instants=INSTANTS)


@blueprint.get("/rounds/<round_id>/set-up/rules")
@permit(Permission.ROUND_EDIT)
def rules(round_: Round) -> str:
    """Settings, standstill and openers."""
    return _rules(round_, {}, {})


@blueprint.post("/rounds/<round_id>/set-up/rules")
@permit(Permission.ROUND_EDIT)
def save_rules(round_: Round) -> Response | tuple[str, int]:
    """Change the settings of the round."""
    typed = {key: request.form.get(key, "") for key in _rules_of(round_)}
    said = request.form.get("version", "0")
    version = int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
    try:
        confirms = "standstill_confirmed" in request.form
        editing.edit_rules(
            db.session(),
            round_,
            typed | _texts(),
            confirms_standstill=confirms,
            version=version,
            actor=actor(),
            now=clock.now(),
        )
        if confirms and not round_.standstill_confirmed:
            return guard.done(_to("rules", round_), _("Rules saved. The standstill changed: confirm it anew."))
        return guard.done(_to("setup", round_), _("Rules saved."))
    except RuleBroken as error:
        if error.status == 404:
            raise
        said, field = guard.refused(error), error.field if isinstance(error, InvalidInput) else ""
        return _rules(round_, typed, {field: said}), error.status


@blueprint.post("/rounds/<round_id>/set-up/openers")
@permit(Permission.ROUND_EDIT)
def name_opener(round_: Round) -> Response:
    """Name a person who may open the tenders."""
    parts.name_opener(db.session(), round_, _user(request.form.get("user", "")), actor=actor(), now=clock.now())
    return guard.done(_to("rules", round_) + "#openers", _("The opener is named."))


@blueprint.post("/rounds/<round_id>/set-up/openers/<user_id>/withdraw")
@permit(Permission.ROUND_EDIT)
def withdraw_opener(round_: Round, user_id: str) -> Response:
    """Withdraw a person named as opener."""
    parts.withdraw_opener(db.session(), round_, _user(user_id), actor=actor(), now=clock.now())
    return guard.done(_to("rules", round_) + "#openers", _("The opener is withdrawn."))


def _rules_of(round_: Round) -> tuple[str, ...]:
    """The settings this round's law offers."""
    return tuple(key for key in RULES if limits.is_offered(round_, key))


def _texts() -> dict[str, Any]:
    """The settings that are words, where the page has them."""
    found: dict[str, Any] = {key: request.form[key].strip() for key in WORDS if key in request.form}
    found["publish_pool"] = "publish_pool" in request.form
    found["share_member_volumes"] = "members" if "share_member_volumes" in request.form else "lead"
    if "open_framework_asked" in request.form:
        found["open_framework_decided"] = "open_framework_decided" in request.form
    return found


def _rules(round_: Round, typed: dict[str, str], problems: dict[str, str]) -> str:
    known = round_settings.round_settings()
    shown = [
        {
            "key": key,
            "label": words(known[key].label),
            "kind": known[key].kind,
            "value": typed.get(key) if key in typed else round_settings.as_text(settings.value(round_, key)),
            "choices": [(c, words(round_settings.CHOICE_LABELS[key, c])) for c in limits.choices(round_, key)],
            "low": known[key].minimum,
            "high": known[key].maximum,
            "problem": problems.get(key, ""),
        }
        for key in _rules_of(round_)
    ]
    named, possible = _openers(round_)
    profile = jurisdictions.profiles().get(round_.jurisdiction or "")
    return render_template(
        "rounds/rules.html",
        round_=round_,
        shown=shown,
        problems=problems,
        openers=named,
        possible=possible,
        needed=readiness.openers_needed(round_),
        with_shares=opener_keys.is_on(round_),
        keyed=opener_keys.of_round(db.session(), round_),
        persons=opener_keys.persons_needed(round_),
        passphrase_page=_address("disclosure.opener_key", round_),
        profile=profile,
        status=jurisdictions.FIGURE_STATUS,
        value=lambda key: settings.value(round_, key),
    )


def _openers(round_: Round) -> tuple[list[Appointment], list[tuple[str, str]]]:
    """Those named, and people of the lead and the buyers in the round that may be named."""
    query = select(Appointment).where(
        Appointment.round_id == round_.id, Appointment.role == "opener", Appointment.withdrawn_at.is_(None)
    )
    named = list(db.session.scalars(query))
    taken = {one.user_id for one in named}
    members_of = select(SignOn.organisation_id).where(
        SignOn.round_id == round_.id, SignOn.state.not_in(("left", "refused"))
    )
    people = db.session.execute(
        select(User.id, User.public_id, User.name, Organisation.name)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .join(Organisation, Organisation.id == RoleGrant.organisation_id)
        .where(
            RoleGrant.withdrawn_at.is_(None),
            RoleGrant.role.in_(("lead", "member")),
            (Organisation.id == round_.organisation_id) | Organisation.id.in_(members_of),
            User.disabled_at.is_(None),
        )
        .order_by(Organisation.name, User.name)
    )
    found = {public: f"{name}, {body}" for number, public, name, body in people if number not in taken}
    return named, list(found.items())


def _user(public_id: str) -> User:
    found = db.session.scalar(select(User).where(User.public_id == public_id))
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def form_page(round_: Round, form: Any, heading: str, action: str, *, back: str, intro: str = "", **where: str) -> str:
    """The page of one form: heading, fields, save."""
    return render_template(
        "rounds/form.html",
        round_=round_,
        form=form,
        heading=heading,
        intro=intro,
        action=url_for(action, round_id=round_.public_id, **where),
        back=back,
    )


def _address(page: str, round_: Round) -> str:
    """A page of a round as it is sent to somebody."""
    base: str = current_app.extensions["settings"].base_url
    return base.rstrip("/") + url_for(page, round_id=round_.public_id)


def _to(page: str, round_: Round) -> str:
    return url_for(f"rounds.{page}", round_id=round_.public_id)


def decimal_text(value: Decimal | None) -> str | None:
    """A decimal as stored in parameters."""
    return None if value is None else f"{value.normalize():f}"
