"""The terms of a round as a PDF: frozen ones from their canonical text, so that the bytes are the same whenever fetched; drafts are marked."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.ground import jurisdictions
from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.terms import (
    CALL_OFF_ROUTES,
    CATEGORIES,
    COMPONENT_TYPES,
    MANDATE_TYPES,
    MINERALS,
    PLACES,
    unit_label,
)
from framework.ground.text import N_
from framework.rounds import deadline, formulas, publication
from models.base import db
from models.rounds import Round
from views.downloads import send_pdf
from views.guard import permit
from views.i18n import LANGUAGES, date, instant, money, number, words
from views.rounds import blueprint, rule_words
from views.rounds.forms import named
from views.rounds.questions import require_published

UNSET = "–"
TIERS = {1: N_("Final assembly"), 2: N_("Components"), 3: N_("Their suppliers")}
Frozen = Mapping[str, Any]


@blueprint.get("/public/rounds/<round_id>/terms-<language>.pdf")
@permit(Permission.PUBLIC)
def frozen_terms(round_: Round, language: str) -> Response:
    """The frozen terms with their hash, for everybody. Raises NotFound, NotMade."""
    require_published(round_)
    return _pdf(round_, language)


@blueprint.get("/rounds/<round_id>/terms-<language>.pdf")
@permit(Permission.ROUND_VIEW)
def terms_pdf(round_: Round, language: str) -> Response:
    """The terms: frozen once published, before that as they stand and marked as a draft."""
    return _pdf(round_, language)


def _pdf(round_: Round, language: str) -> Response:
    if language not in LANGUAGES:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    is_draft = round_.published_at is None
    text = publication.canonical(db.session(), round_) if is_draft else round_.frozen_text or "{}"
    digest = publication.sha256(text) if is_draft else round_.frozen_hash or ""
    made_at = round_.published_at or round_.created_at
    with force_locale(language):
        title = f"{_('Draft terms') if is_draft else _('Frozen terms')} · {round_.name}"
        return send_pdf(
            "terms",
            _values(round_, json.loads(text), digest, is_draft=is_draft),
            name=f"{'draft-' if is_draft else ''}terms-{round_.public_id}-{language}.pdf",
            title=title,
            author=round_.organisation.name,
            created_at=made_at,
        )


def _values(round_: Round, frozen: Frozen, digest: str, *, is_draft: bool) -> dict[str, Any]:
    """What the template sets: sentences and facts, in the language of now."""
    about: Frozen = frozen.get("round", {})
    reference = about.get("reference") or round_.notice_reference or about.get("public_id", round_.public_id)
    settings: Frozen = frozen.get("settings", {})
    return {
        "draft": _("DRAFT") if is_draft else "",
        "heading": _("Draft terms") if is_draft else _("Frozen terms"),
        "name": about.get("name", round_.name),
        "intro": _("These terms can still change until publication; this print binds nobody.")
        if is_draft
        else _("Frozen at publication. Only the tender deadline may move, and only to a later time."),
        "summary": about.get("summary", ""),
        "facts": _facts(round_, about, reference, is_draft=is_draft),
        "members": member_words(frozen),
        "classes": _classes(frozen),
        "lots": [lot_words(lot, settings, about) for lot in frozen.get("lots", [])],
        "criteria": _criteria(frozen),
        "clauses": clause_words(frozen),
        "late": {"heading": _("Uploads at the deadline"), "text": rule_words.late_upload(settings)},
        "rules": {
            "heading": _("Rules of the round"),
            "head": [_("Rule"), _("Value")],
            "rows": [list(pair) for pair in rule_words.listed(settings)],
        },
        "headings": {
            "members": _("Members"),
            "lots": _("Lots"),
            "criteria": _("Criteria"),
            "clauses": _("Clauses"),
        },
        "proof": [["SHA-256", digest], [_("Openers named"), str(number(len(frozen.get("openers", []))))]],
        "hint": _(
            "The hash is over the canonical text of all terms: also the data agreement, the years of retention and the openers, which are not printed here. The same hash stands on the public page of the round."
        ),
        "foot": f"{reference} · {about.get('name', round_.name)}\nSHA-256 {digest}"
        + (f"\n{_('DRAFT')}" if is_draft else ""),
    }


def _facts(round_: Round, about: Frozen, reference: str, *, is_draft: bool) -> list[list[str]]:
    zone = about.get("zone", round_.zone)
    asked = about.get("questions_until")
    first = round_.tender_deadline if is_draft else deadline.first_deadline(db.session(), round_)
    rows = [
        [_("Lead"), round_.organisation.name],
        [_("Reference"), reference],
        [_("Notice"), round_.notice_reference or UNSET],
        [_("Law"), words(jurisdictions.LABELS.get(about.get("jurisdiction") or "", UNSET))],
        [_("Mandate type"), words(MANDATE_TYPES.get(about.get("mandate_type") or "", UNSET))],
        [_("Term"), f"{_day(about.get('term_starts_on'))} – {_day(about.get('term_ends_on'))}"],
        [_("Options, in months"), str(number(about.get("option_months") or 0))],
        [_("Last question"), str(instant(dt.datetime.fromisoformat(asked), zone)) if asked else UNSET],
        [_("Tender deadline when published"), str(instant(first, zone)) if first else UNSET],
    ]
    if about.get("duration_justification"):
        rows.append([_("Why the term is longer than the limit"), about["duration_justification"]])
    if round_.published_at is not None:
        rows.insert(3, [_("Published"), str(instant(round_.published_at, zone))])
    return rows


def member_words(frozen: Frozen) -> dict[str, Any]:
    """The frozen list of members, in the language of now."""
    return {
        "head": [_("Member"), _("Registration number"), _("Country")],
        "rows": [
            [one["organisation"], one.get("registration_no") or UNSET, one.get("country") or UNSET]
            for one in frozen.get("members", [])
        ],
        "none": _("None confirmed yet."),
    }


def _classes(frozen: Frozen) -> dict[str, Any]:
    return {
        "heading": _("Classes of buyers that may join later"),
        "rows": [f"{one['name']}: {one['description'] or UNSET}" for one in frozen.get("classes", [])],
    }


def lot_words(lot: Frozen, settings: Frozen, about: Frozen) -> dict[str, Any]:
    """A frozen lot: its heading and its facts, in the language of now."""
    currency = about.get("currency", "EUR")
    shown = settings.get("publish_pool", True)
    hidden = _("Not published")
    return {
        "heading": f"{lot['code']} {lot['name']}",
        "facts": [
            [_("CPV code"), lot["cpv_code"]],
            [_("Categories"), named(lot["categories"], CATEGORIES) or UNSET],
            [_("Unit"), words(unit_label(lot["unit"]))],
            [_("Contract years"), str(number(lot["years"]))],
            [_("Estimated quantity"), _count(lot["qty_estimated"]) if shown else hidden],
            [_("Maximum quantity"), _count(lot["qty_maximum"])],
            [_("Estimated value"), _amount(lot["value_estimated"], currency) if shown else hidden],
            [_("Maximum value"), _amount(lot["value_maximum"], currency)],
            [_("Specification tiers"), ", ".join(lot["spec_tiers"]) or UNSET],
            [_("Call-off route"), words(CALL_OFF_ROUTES.get(lot["call_off_route"] or "", UNSET))],
            [_("Component types"), named(lot["required_components"], COMPONENT_TYPES) or UNSET],
            [_("How deep"), words(TIERS.get(lot["asked_tiers"], UNSET))],
            [_("Minerals"), named(lot["minerals"], MINERALS) or UNSET],
            [_("Mines are asked for"), _("yes") if lot["asks_mines"] else _("no")],
            [_("Products covered"), lot["product_subset"] or UNSET],
        ],
    }


def _criteria(frozen: Frozen) -> dict[str, Any]:
    return {
        "head": [_("Criterion"), _("Place"), _("Lot"), _("Weight"), _("Formula")],
        "rows": [
            [
                one["name"] + (f"\n{one['description']}" if one["description"] else ""),
                words(PLACES[one["place"]]),
                one.get("lot") or _("every lot"),
                f"{number(Decimal(one['weight']), 2)} %" if one["weight"] is not None else UNSET,
                _formula(one),
            ]
            for one in frozen.get("criteria", [])
        ],
    }


def _formula(one: Frozen) -> str:
    formula = formulas.FORMULAS.get(one["formula"])
    parts = []
    if formula is not None:
        parts = [words(formula.label)]
        parts += [f"{words(label)}: {one['parameters'].get(key, UNSET)}" for key, label in formula.parameters.items()]
    if one["equivalent_path"]:
        parts.append(_("Or equivalent: %(text)s", text=one["equivalent_path"]))
    return "\n".join(parts) or UNSET


def clause_words(frozen: Frozen) -> list[dict[str, str]]:
    """The frozen clauses, in the language of now."""
    return [
        {
            "heading": one["title"],
            "text": one["text"],
            "where": " · ".join(filter(None, (words(PLACES[one["place"]]), one["notice_reference"]))),
        }
        for one in frozen.get("clauses", [])
    ]


def _day(text: str | None) -> str:
    return str(date(dt.date.fromisoformat(text))) if text else UNSET


def _count(held: int | None) -> str:
    return str(number(held)) if held is not None else UNSET


def _amount(held: str | None, currency: str) -> str:
    return str(money(Decimal(held), currency)) if held is not None else UNSET
