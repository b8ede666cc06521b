"""Readiness, its approval by two persons, publication by two persons, the frozen terms and their proof."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.ground import proposals
from framework.ground.permissions import Permission
from framework.ground.terms import CALL_OFF_ROUTES, CATEGORIES, COMPONENT_TYPES, MANDATE_TYPES, MINERALS, PLACES, UNITS
from framework.rounds import formulas, publication, readiness, readiness_facts, settings
from models.base import db
from models.rounds import Round
from views import clock, guard
from views.guard import actor, permit
from views.i18n import LANGUAGES, words
from views.rounds import blueprint, frame, rule_words
from views.rounds.forms import NoticeForm, answer, named
from views.rounds.phases import act_or_tell, is_own

TONES = {readiness.OK: "good", readiness.WARNING: "warn", readiness.MISSING: "error"}


@blueprint.get("/rounds/<round_id>/readiness")
@permit(Permission.ROUND_MOVE)
def readiness_list(round_: Round) -> str:
    """R1 to R14, each with where it is mended; approval by two persons."""
    waiting = proposals.open_proposal(db.session(), round_, "approve_readiness", now=clock.now())
    rows = shown_rows(round_, readiness_facts.gather(db.session(), round_))
    return render_template(
        "rounds/readiness.html",
        round_=round_,
        rows=rows,
        missing=[row for row in rows if row["status"] == readiness.MISSING],
        waiting=waiting,
        own=is_own(waiting),
        preview=publication.preview_hash(db.session(), round_) if round_.published_at is None else "",
    )


def shown_rows(round_: Round, facts: readiness_facts.Facts) -> list[dict[str, str]]:
    """The readiness list in the reader's words."""
    editable = round_.state in ("set_up", "sign_on", "demand", "demand_locked")
    return [
        {
            "number": row.number,
            "status": row.status,
            "tone": TONES[row.status],
            "sentence": words(row.sentence, **row.params),
            "rule": row.rule,
            "url": url_for(row.page, round_id=round_.public_id) if editable else "",
        }
        for row in readiness.rows(facts)
    ]


@blueprint.post("/rounds/<round_id>/readiness/propose")
@permit(Permission.ROUND_PUBLISH)
def propose_readiness(round_: Round) -> Response:
    """Propose that the round is ready."""
    return act_or_tell(
        round_,
        "readiness_list",
        lambda: publication.propose_readiness(db.session(), round_, actor=actor(), now=clock.now()),
        _("Proposed. A second person confirms it on this page."),
    )


@blueprint.post("/rounds/<round_id>/readiness/approve")
@permit(Permission.ROUND_PUBLISH)
def approve_readiness(round_: Round) -> Response:
    """Confirm readiness as the second person."""
    return act_or_tell(
        round_,
        "publish_page",
        lambda: publication.approve_readiness(db.session(), round_, actor=actor(), now=clock.now()),
        _("The round is ready to publish."),
        otherwise="readiness_list",
    )


@blueprint.get("/rounds/<round_id>/readiness/refusals")
@permit(Permission.ROUND_EDIT)
def refusals(round_: Round) -> str:
    """Who publication will refuse."""
    facts = readiness_facts.gather(db.session(), round_)
    seen = readiness.refusals_seen(round_)
    return render_template(
        "rounds/refusals.html",
        round_=round_,
        listed=facts.refusable(),
        all_seen={s.public_id for s in facts.refusable()} <= seen,
        confirmed=len(facts.confirmed()),
        needed=settings.value(round_, "min_members"),
    )


@blueprint.post("/rounds/<round_id>/readiness/refusals")
@permit(Permission.ROUND_EDIT)
def see_refusals(round_: Round) -> Response:
    """Say that the list has been seen."""
    publication.see_refusals(db.session(), round_, actor=actor(), now=clock.now())
    return guard.done(url_for("rounds.readiness_list", round_id=round_.public_id), _("Noted: you have seen the list."))


@blueprint.get("/rounds/<round_id>/publish")
@permit(Permission.ROUND_MOVE)
def publish_page(round_: Round) -> str:
    """Check the answers, propose with the notice, confirm as the second person."""
    return _publish_page(round_, NoticeForm())


@blueprint.post("/rounds/<round_id>/publish/propose")
@permit(Permission.ROUND_PUBLISH)
def propose_publication(round_: Round) -> Response | tuple[str, int]:
    """Propose publication with the reference of the notice."""
    form = NoticeForm()

    def act() -> None:
        publication.propose_publication(
            db.session(),
            round_,
            notice_reference=form.notice_reference.data or "",
            actor=actor(),
            now=clock.now(),
        )

    said = _("Proposed. A second person confirms it on this page.")
    return answer(
        form,
        act,
        lambda: url_for("rounds.publish_page", round_id=round_.public_id),
        said,
        lambda: _publish_page(round_, form),
    )


@blueprint.post("/rounds/<round_id>/publish/confirm")
@permit(Permission.ROUND_PUBLISH)
def publish(round_: Round) -> Response:
    """Publish as the second person: everything freezes but the deadline."""
    return act_or_tell(
        round_,
        "publish_page",
        lambda: publication.publish(db.session(), round_, actor=actor(), now=clock.now()),
        _("The round is published and its terms are frozen."),
    )


def _publish_page(round_: Round, form: NoticeForm) -> str:
    if round_.published_at is not None:
        return render_template(
            "rounds/published.html",
            round_=round_,
            proof=publication.verify(db.session(), round_),
            terms_files=terms_links(round_),
        )
    waiting = proposals.open_proposal(db.session(), round_, "publish", now=clock.now())
    facts = readiness_facts.gather(db.session(), round_)
    return render_template(
        "rounds/publish.html",
        round_=round_,
        form=form,
        waiting=waiting,
        own=is_own(waiting),
        preview=publication.preview_hash(db.session(), round_),
        confirmed=facts.confirmed(),
        refused=facts.refusable(),
        openers=facts.openers,
        rows=shown_rows(round_, facts),
        min_days=settings.value(round_, "min_tender_days"),
        terms_files=terms_links(round_),
    )


def terms_links(round_: Round, *, public: bool = False) -> list[dict[str, str]]:
    """The terms as PDF in each language; before publication marked as a draft."""
    label = _("Frozen terms") if round_.published_at is not None else _("Draft terms")
    page = "rounds.frozen_terms" if public else "rounds.terms_pdf"
    return [
        {
            "label": f"{label} ({name})",
            "url": url_for(page, round_id=round_.public_id, language=language),
            "format": "PDF",
        }
        for language, name in LANGUAGES.items()
    ]


@blueprint.get("/rounds/<round_id>/terms")
@permit(Permission.ROUND_VIEW)
def terms(round_: Round) -> str:
    """The terms, printable: frozen with hash and proof once published, else as they stand."""
    return terms_page(round_, publication.contents(db.session(), round_))


def terms_page(round_: Round, contents: dict[str, Any]) -> str:
    """The page of the terms."""
    published = round_.published_at is not None
    inside = bool(frame.roles_here(round_) & {"lead", "member", "evaluator", "chair", "opener", "monitor", "operator"})
    return render_template(
        "rounds/terms.html",
        round_=round_,
        contents=contents,
        inside=inside,
        proof=publication.verify(db.session(), round_) if published else None,
        preview="" if published else publication.sha256(publication.text_of(contents)),
        places=PLACES,
        units=UNITS,
        categories=CATEGORIES,
        components=COMPONENT_TYPES,
        minerals=MINERALS,
        routes=CALL_OFF_ROUTES,
        mandates=MANDATE_TYPES,
        formulas=formulas.FORMULAS,
        late_rule=rule_words.late_upload(contents["settings"]),
        rules=rule_words.listed(contents["settings"]),
        terms_files=terms_links(round_),
        now=clock.now(),
        named=named,
    )
