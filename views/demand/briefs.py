"""Leverage briefs: what was published to this reader, the preview of the lead, market figures, consent to be named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from framework.demand import brief_figures, briefs
from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.briefs import BriefConsent, BriefRelease
from models.rounds import Lot, Round
from views import clock, guard
from views.demand import blueprint, brief_words, shared
from views.guard import actor, child, permit
from views.i18n import number, words
from views.rounds.fields import DayField
from views.rounds.forms import CHOOSE, NEEDED, answer, choices


class BrandForm(FlaskForm):
    """Make the page of a brand that was looked at."""

    asked = TextAreaField(
        _l("What we ask in return"),
        [Optional(), Length(max=briefs.LONGEST_ASKED)],
        description=_l(
            "For example: name the factory of every model, and let monitors in. Stands on the brief as you write it."
        ),
    )
    seen = HiddenField()


class ReleaseForm(BrandForm):
    """Publish the brief that was looked at."""

    audience = RadioField(_l("Who may read it"), [CHOOSE])


class MarketForm(FlaskForm):
    """How large the market of a lot is, and who says so."""

    market = StringField(
        _l("Which market"), [NEEDED, Length(max=200)], description=_l("For example: all laptops sold in the EU.")
    )
    units_per_year = StringField(_l("Pieces a year"), [NEEDED, Length(max=30)])
    source = StringField(
        _l("Who says so"), [NEEDED, Length(max=300)], description=_l("Publisher and title. It stands beside the share.")
    )
    address = StringField(_l("Where it can be read (web address)"), [Optional(), Length(max=500)])
    as_of = DayField(_l("Day the source speaks of"), blank="needed")


@blueprint.get("/rounds/<round_id>/briefs")
@permit(Permission.BRIEF_VIEW)
def briefs_page(round_: Round) -> str:
    """The briefs that were published to this reader; for a member also whether it may be named."""
    roles = guard.roles(round_)
    consent = brief_figures.consents(db.session(), round_).get(actor().organisation_id or 0)
    return render_template(
        "demand/briefs.html",
        round_=round_,
        releases=briefs.readable(db.session(), round_, actor()),
        audiences=brief_words.AUDIENCES,
        is_lead="lead" in roles,
        is_member="member" in roles,
        consent=consent,
        **_still_naming(round_, roles, consent),
        market_rows=_market_rows(round_) if "lead" in roles else [],
    )


@blueprint.get("/rounds/<round_id>/briefs/new")
@permit(Permission.BRIEF_MAKE)
def new_brief(round_: Round) -> str:
    """The brief as its readers would see it now, what is left out and why, and the form that publishes it."""
    return _new(round_, _release_form())


@blueprint.post("/rounds/<round_id>/briefs/new")
@permit(Permission.BRIEF_MAKE)
def publish_brief(round_: Round) -> Response | tuple[str, int]:
    """Publish the brief that was looked at."""
    form, lot = _release_form(), _lot_asked(round_)
    made: list[BriefRelease] = []

    def act() -> None:
        found = briefs.publish(
            db.session(),
            round_,
            lot,
            audience=form.audience.data or "",
            asked=form.asked.data or "",
            seen=form.seen.data or "",
            actor=actor(),
            now=clock.now(),
        )
        made.append(found)

    return answer(
        form,
        act,
        lambda: url_for("demand.brief", round_id=round_.public_id, release_id=made[0].public_id),
        _("The brief is published."),
        lambda: _new(round_, form),
    )


@blueprint.get("/rounds/<round_id>/briefs/<release_id>")
@permit(Permission.BRIEF_VIEW)
def brief(round_: Round, release_id: str) -> str:
    """One brief as it was published; a member also sees what it means to it, the lead may withdraw it."""
    release = readable(round_, release_id)
    roles = guard.roles(round_)
    return render_template(
        "demand/brief.html",
        round_=round_,
        release=release,
        heading=brief_words.heading(release),
        told=brief_words.said(release.figures, release.asked),
        own=_own(release.figures, release.basis) if "member" in roles else [],
        audience=brief_words.AUDIENCES[release.audience],
        is_lead="lead" in roles,
    )


@blueprint.post("/rounds/<round_id>/briefs/<release_id>/withdraw")
@permit(Permission.BRIEF_WITHDRAW)
def withdraw_brief(round_: Round, release_id: str) -> Response:
    """Take a brief off the pages; one for a brand is withdrawn where conflicts of interest are asked for."""
    release = child(BriefRelease, release_id, round_)
    if release.audience == "brand":
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return shared.attempt(
        lambda: briefs.withdraw(
            db.session(), release, reason=request.form.get("reason", ""), actor=actor(), now=clock.now()
        ),
        url_for("demand.brief", round_id=round_.public_id, release_id=release_id),
        _("The brief is withdrawn. What it told counts as known."),
    )


@blueprint.post("/rounds/<round_id>/briefs/consent")
@permit(Permission.BRIEF_CONSENT)
def brief_consent(round_: Round) -> Response:
    """Say whether briefs may name the own organisation before publication."""
    agrees = request.form.get("agrees") == "yes"
    told = _("Briefs may name us.") if agrees else _("From now on no brief names us before publication.")
    return shared.attempt(
        lambda: briefs.answer_consent(db.session(), round_, agrees=agrees, actor=actor(), now=clock.now()),
        url_for("demand.briefs_page", round_id=round_.public_id),
        told,
    )


@blueprint.get("/rounds/<round_id>/lots/<lot_id>/market")
@permit(Permission.BRIEF_MAKE)
def market(round_: Round, lot_id: str) -> str:
    """The market figure of a lot, and the form for another."""
    lot = child(Lot, lot_id, round_)
    return _market(round_, lot, MarketForm(formdata=None))


@blueprint.post("/rounds/<round_id>/lots/<lot_id>/market")
@permit(Permission.BRIEF_MAKE)
def enter_market(round_: Round, lot_id: str) -> Response | tuple[str, int]:
    """Enter how large the market of a lot is."""
    lot, form = child(Lot, lot_id, round_), MarketForm()
    return answer(
        form,
        lambda: briefs.enter_market(
            db.session(),
            lot,
            market=form.market.data or "",
            units_per_year=form.units_per_year.data or "",
            source=form.source.data or "",
            address=form.address.data or "",
            as_of=form.as_of.data.isoformat() if form.as_of.data else "",
            actor=actor(),
            now=clock.now(),
        ),
        lambda: url_for("demand.briefs_page", round_id=round_.public_id),
        _("The market figure is entered. The next brief shows our share of it."),
        lambda: _market(round_, lot, form),
    )


@blueprint.post("/rounds/<round_id>/lots/<lot_id>/market/withdraw")
@permit(Permission.BRIEF_MAKE)
def withdraw_market(round_: Round, lot_id: str) -> Response:
    """Take the market figure of a lot back."""
    lot = child(Lot, lot_id, round_)
    return shared.attempt(
        lambda: briefs.withdraw_market(db.session(), lot, actor=actor(), now=clock.now()),
        url_for("demand.briefs_page", round_id=round_.public_id),
        _("The market figure is taken back."),
    )


@blueprint.get("/public/rounds/<round_id>/briefs/<release_id>")
@permit(Permission.PUBLIC)
def public_brief(round_: Round, release_id: str) -> str:
    """A brief that everybody may read, without an account."""
    release = open_to_all(round_, release_id)
    return render_template(
        "demand/brief_public.html",
        release=release,
        heading=brief_words.heading(release),
        told=brief_words.said(release.figures, release.asked),
        round_id=round_.public_id,
    )


def readable(round_: Round, release_id: str) -> BriefRelease:
    """A release that the asker may read; raises NotFound for another."""
    release = child(BriefRelease, release_id, round_)
    if not briefs.is_readable(release, guard.roles(round_)):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return release


def open_to_all(round_: Round, release_id: str) -> BriefRelease:
    """A release that everybody may read; raises NotFound for another."""
    release = child(BriefRelease, release_id, round_)
    if release.audience != "public" or release.withdrawn_at is not None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return release


def _release_form() -> ReleaseForm:
    form = ReleaseForm()
    form.audience.choices = choices(brief_words.AUDIENCES)
    return form


def _lot_asked(round_: Round) -> Lot | None:
    key = request.args.get("lot", "")
    return child(Lot, key, round_) if key else None


def _new(round_: Round, form: ReleaseForm) -> str:
    lot = _lot_asked(round_)
    draft = briefs.drafted(db.session(), round_, lot)
    form.seen.data = draft.digest
    names = {one.public_id: one.name for one in round_.lots}
    return render_template(
        "demand/brief_new.html",
        round_=round_,
        lot=lot,
        form=form,
        draft=draft,
        told=brief_words.said(draft.figures, form.asked.data or ""),
        why=brief_words.why_lines(draft.why, names, draft.figures),
        who={key: words(text) for key, text in brief_words.WHO.items()},
        own=_own(draft.figures, draft.basis),
    )


def _still_naming(round_: Round, roles: frozenset[str], consent: BriefConsent | None) -> dict[str, Any]:
    """Which briefs still name whom although it said no: all of them for the lead, its own for a member."""
    found = briefs.still_naming(db.session(), round_) if roles & {"lead", "member"} else {}
    mine = found.get(consent.member.name, []) if consent is not None and "member" in roles else []
    return {
        "naming_us": [brief_words.heading(one) for one in mine],
        "naming": [(one, name) for name, some in sorted(found.items()) for one in some] if "lead" in roles else [],
    }


def _market(round_: Round, lot: Lot, form: MarketForm) -> str:
    found = brief_figures.markets_of(db.session(), round_).get(lot.id, [])
    return render_template("demand/brief_market.html", round_=round_, lot=lot, form=form, found=found)


def _market_rows(round_: Round) -> list[dict[str, Any]]:
    """Each lot with its market figure, and the way to the page where it is entered."""
    found = brief_figures.markets_of(db.session(), round_)
    rows = []
    for lot in round_.lots:
        told = [f"{number(one.units_per_year)} · {one.market} · {one.source}" for one in found.get(lot.id, [])]
        url = url_for("demand.market", round_id=round_.public_id, lot_id=lot.public_id)
        rows.append({"key": lot.name, "value": told[0] if told else None, "reason": _("Not entered"), "url": url})
    return rows


def _own(figures: Mapping[str, Any], basis: Mapping[str, Any]) -> list[dict[str, str]]:
    """The lines of the asker's organisation, of its pieces behind these figures; none where it buys nothing."""
    mine = actor().organisation_id
    return brief_words.own_lines(figures, brief_figures.own_units(basis, mine)) if mine is not None else []
