"""Leverage briefs for a brand: one page that the lead hands over, of what the pool means if an offer with the brand is chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from framework.chain.leverage import briefing
from framework.chain.leverage.briefing import Reach
from framework.demand import briefs
from framework.ground import conflicts, permissions
from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.briefs import BriefRelease
from models.rounds import Round
from views import clock, guard
from views.chain import blueprint
from views.demand import brief_words, shared
from views.demand.brief_files import send_brief, send_page_picture
from views.demand.briefs import BrandForm
from views.guard import actor, child, permit
from views.rounds.forms import answer


@blueprint.get("/rounds/<round_id>/briefs/brands")
@permit(Permission.BRIEF_BRAND_VIEW)
def brand_briefs(round_: Round) -> str:
    """The brands on offer, and the pages that were made for them."""
    can_make = permissions.may(db.session(), actor(), Permission.BRIEF_BRAND, round_, roles=guard.roles(round_))
    known = _known(round_) if can_make else {}
    made = select(BriefRelease).where(BriefRelease.round_id == round_.id, BriefRelease.audience == "brand")
    barred = briefs.barred_offers(db.session(), round_, actor())
    releases = db.session.scalars(made.order_by(BriefRelease.number.desc())).all()
    return render_template(
        "chain/brand_briefs.html",
        round_=round_,
        can_make=can_make,
        brands=sorted(known, key=str.casefold),
        releases=[one for one in releases if not briefs.is_barred(one, barred)],
    )


@blueprint.get("/rounds/<round_id>/briefs/brands/new")
@permit(Permission.BRIEF_BRAND)
def new_brand_brief(round_: Round) -> str:
    """The page of a brand as it would be handed over now."""
    return _new(round_, BrandForm())


@blueprint.post("/rounds/<round_id>/briefs/brands/new")
@permit(Permission.BRIEF_BRAND)
def make_brand_brief(round_: Round) -> Response | tuple[str, int]:
    """Make the page of a brand that was looked at."""
    form, (brand, found) = BrandForm(), _asked(round_)
    offers = briefing.offers_behind(db.session(), found)
    made: list[BriefRelease] = []

    def act() -> None:
        supply = briefing.supply(briefs.drafted(db.session(), round_, None).figures, brand, found)
        release = briefs.publish(
            db.session(),
            round_,
            None,
            audience="brand",
            brand=brand,
            supply=supply,
            offers=offers,
            asked=form.asked.data or "",
            seen=form.seen.data or "",
            actor=actor(),
            now=clock.now(),
        )
        made.append(release)

    return answer(
        form,
        act,
        lambda: url_for("chain.brand_brief", round_id=round_.public_id, release_id=made[0].public_id),
        _("The page is made. Hand it over as a file."),
        lambda: _again(round_, form),
    )


@blueprint.get("/rounds/<round_id>/briefs/brands/<release_id>")
@permit(Permission.BRIEF_BRAND_VIEW)
def brand_brief(round_: Round, release_id: str) -> str:
    """One page of a brand as it was made."""
    release = _release(round_, release_id)
    return render_template(
        "chain/brand_brief.html",
        round_=round_,
        release=release,
        heading=brief_words.heading(release),
        told=brief_words.said(release.figures, release.asked),
    )


@blueprint.get("/rounds/<round_id>/briefs/brands/<release_id>/brief.pdf")
@permit(Permission.BRIEF_BRAND_VIEW)
def brand_brief_pdf(round_: Round, release_id: str) -> Response:
    """The page of a brand as a file."""
    return send_brief(_release(round_, release_id))


@blueprint.get("/rounds/<round_id>/briefs/brands/<release_id>/brief.png")
@permit(Permission.BRIEF_BRAND_VIEW)
def brand_brief_png(round_: Round, release_id: str) -> Response:
    """The page of a brand as a picture."""
    return send_page_picture(_release(round_, release_id))


@blueprint.post("/rounds/<round_id>/briefs/brands/<release_id>/withdraw")
@permit(Permission.BRIEF_WITHDRAW)
def withdraw_brand_brief(round_: Round, release_id: str) -> Response:
    """Say that a page is no longer valid; what it told counts as known."""
    release = _release(round_, release_id)
    return shared.attempt(
        lambda: briefs.withdraw(
            db.session(), release, reason=request.form.get("reason", ""), actor=actor(), now=clock.now()
        ),
        url_for("chain.brand_brief", round_id=round_.public_id, release_id=release_id),
        _("The brief is withdrawn. What it told counts as known."),
    )


def _known(round_: Round) -> dict[str, dict[str, list[Reach]]]:
    """The brands of the offers that the asker may see: a conflict keeps some away, also where a form is sent."""
    with _kept_out():
        return briefing.reaches(db.session(), round_.lots)


@contextmanager
def _kept_out() -> Iterator[None]:
    """Read without the tenders that a conflict keeps from the asker; an act afterwards sees all again."""
    session = db.session()
    before = session.info.get(conflicts.KEPT_OUT) or frozenset()
    conflicts.keep_out(session, before | conflicts.barred(session, actor().user_id))
    try:
        yield
    finally:
        conflicts.keep_out(session, before)


def _asked(round_: Round) -> tuple[str, Mapping[str, list[Reach]]]:
    """The brand in the address; raises NotFound where no offer that the asker may see has it."""
    brand = request.args.get("brand", "")
    found = _known(round_).get(brand)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return brand, found


def _release(round_: Round, release_id: str) -> BriefRelease:
    release = child(BriefRelease, release_id, round_)
    if release.audience != "brand":
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    briefs.require_unbarred(db.session(), release, actor())
    return release


def _again(round_: Round, form: BrandForm) -> str:
    """The page once more after a form that was refused, as narrow as any page."""
    guard.keep_out_again()
    return _new(round_, form)


def _new(round_: Round, form: BrandForm) -> str:
    brand, found = _asked(round_)
    draft = briefs.drafted(db.session(), round_, None)
    supply = briefing.supply(draft.figures, brand, found)
    figures: dict[str, Any] = draft.figures | {"supply": supply}
    form.seen.data = briefs.digest(draft, supply)
    return render_template(
        "chain/brand_brief_new.html",
        round_=round_,
        brand=brand,
        form=form,
        draft=draft,
        told=brief_words.said(figures, form.asked.data or ""),
    )
