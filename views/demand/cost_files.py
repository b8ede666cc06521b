"""Joint costs as files: a workbook of a version, and the statement of one member as PDF and workbook."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from framework.demand import cost_reading as reading
from framework.demand import cost_sheet
from framework.demand.cost_reading import Member
from framework.ground.errors import NotFound
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.rounds import Round
from views import clock, guard
from views.demand import blueprint, cost_words
from views.demand.cost_words import Version
from views.downloads import send_pdf, send_workbook
from views.guard import permit
from views.i18n import LANGUAGES, date, day_time, money, words

VERSION = "/rounds/<round_id>/costs/versions/<int:number>"
LABELS = cost_words.KINDS | cost_words.RULES | cost_words.ANSWERS


@blueprint.get(f"{VERSION}/costs.xlsx")
@permit(Permission.COSTS_VIEW)
def costs_xlsx(round_: Round, number: int) -> Response:
    """A version as a workbook, as far as its reader sees the shares of others."""
    version = cost_words.version_of(round_, number)
    return _workbook(version, version.members, version.visible, f"costs-{round_.public_id}-{number}.xlsx")


@blueprint.get("/rounds/<round_id>/costs/draft.xlsx")
@permit(Permission.COSTS_PROPOSE)
def cost_draft_xlsx(round_: Round) -> Response:
    """The draft as a workbook, with the entered shares as they can be pasted back."""
    draft = reading.draft(db.session(), round_)
    if draft is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    members = reading.members(db.session(), round_)
    content = cost_sheet.write_draft(draft, members, LABELS, now=clock.now(), words=words)
    return send_workbook(content, f"costs-{round_.public_id}-draft.xlsx")


@blueprint.get(f"{VERSION}/members/<member_id>/statement.xlsx")
@permit(Permission.COSTS_VIEW)
def statement_xlsx(round_: Round, number: int, member_id: str) -> Response:
    """What one member bears as a workbook, for its own people and the lead."""
    version, member = _of_member(round_, number, member_id)
    return _workbook(version, [member], {member.number}, f"costs-{round_.public_id}-{number}-{member_id}.xlsx")


@blueprint.get(f"{VERSION}/members/<member_id>/statement-<language>.pdf")
@permit(Permission.COSTS_VIEW)
def statement_pdf(round_: Round, number: int, member_id: str, language: str) -> Response:
    """What one member bears as PDF; the same bytes in a language until it answers or the version ends. Raises NotMade."""
    version, member = _of_member(round_, number, member_id)
    if language not in LANGUAGES:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    with force_locale(language):
        return send_pdf(
            "costs",
            _values(round_, version, member),
            name=f"costs-{round_.public_id}-{number}-{member_id}-{language}.pdf",
            title=f"{_('Statement of joint costs')} · {member.name}",
            author=round_.organisation.name,
            created_at=_changed_at(version, member),
        )


def digest(version: Version, member: Member) -> str:
    """SHA-256 over what a statement states, the same in every language."""
    proposal = version.proposal
    rows = [
        [
            item.position,
            item.kind,
            item.label,
            item.rule,
            str(item.amount),
            item.currency,
            str(reading.parts(item)[member.number]),
        ]
        for item in proposal.items
    ]
    facts = [proposal.public_id, proposal.version_no, proposal.title, member.public_id, rows]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()


def _of_member(round_: Round, number: int, member_id: str) -> tuple[Version, Member]:
    version = cost_words.version_of(round_, number)
    found = next((one for one in version.members if one.public_id == member_id), None)
    if found is None or (found.number != version.own and "lead" not in guard.roles(round_)):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return version, found


def _workbook(version: Version, members: list[Member], visible: Any, name: str) -> Response:
    content = cost_sheet.write(
        version.proposal, members, visible, version.answers, LABELS, now=clock.now(), words=words
    )
    return send_workbook(content, name)


def _values(round_: Round, version: Version, member: Member) -> dict[str, Any]:
    proposal, sealed = version.proposal, digest(version, member)
    items = proposal.items
    borne = [(item, reading.parts(item)) for item in items]
    reference = round_.reference or round_.notice_reference or round_.public_id
    return {
        "heading": _("Statement of joint costs"),
        "name": member.name,
        "facts": _facts(round_, version, reference),
        "note": proposal.note,
        "head": [_("Cost"), _("How it is divided"), _("Whole"), _("Your share")],
        "rows": [
            [
                "\n".join(part for part in (item.label, words(cost_words.KINDS[item.kind]), item.source) if part),
                "\n".join(
                    part
                    for part in (
                        cost_words.rule_words(item, len(version.members)),
                        cost_words.basis(item, member, reading.percents(item)),
                    )
                    if part
                ),
                str(money(item.amount, item.currency, 2)),
                str(money(parts[member.number], item.currency, 2)),
            ]
            for item, parts in borne
        ],
        "sums": [
            [_("Together, net of VAT"), total]
            for total in cost_words.totals(reading.sums_of_members(borne)[member.number])
        ],
        "standing": _standing(round_, version, member),
        "how": _(
            "All shares of a cost add up to its whole to the cent; cents that are left over go to the largest remainders."
        ),
        "proof": [["SHA-256", sealed]],
        "foot": f"{reference} · {round_.name}\nSHA-256 {sealed}",
    }


def _facts(round_: Round, version: Version, reference: str) -> list[list[str]]:
    proposal = version.proposal
    found = [
        [_("Proposal"), f"{proposal.title} · {_('Version %(version)s', version=proposal.version_no)}"],
        [_("Round"), round_.name],
        [_("Lead"), round_.organisation.name],
        [_("Reference"), reference],
        [_("Proposed"), str(day_time(proposal.proposed_at, round_.zone))],
    ]
    if proposal.answer_by is not None:
        found.append([_("Answer by"), str(date(proposal.answer_by))])
    return found


def _standing(round_: Round, version: Version, member: Member) -> list[list[str]]:
    """What the member answered, and whether the version was withdrawn."""
    proposal, answer = version.proposal, version.answers.get(member.number)
    found = [[_("Answer"), cost_words.answer_words(answer)]]
    if answer is not None:
        found.append([_("Given"), f"{answer.by.name} · {day_time(answer.at, round_.zone)}"])
        if answer.reason:
            found.append([_("Reason"), answer.reason])
    if version.newer is not None:
        later = version.newer
        said = _("by version %(number)s", number=later.version_no)
        found.append([_("Superseded"), f"{said} · {day_time(later.proposed_at, round_.zone)}"])
    if proposal.withdrawn_at is not None:
        found.append([_("Withdrawn"), f"{day_time(proposal.withdrawn_at, round_.zone)} · {proposal.withdraw_motive}"])
    return found


def _changed_at(version: Version, member: Member) -> dt.datetime:
    proposal, answer = version.proposal, version.answers.get(member.number)
    newer_at = version.newer.proposed_at if version.newer is not None else None
    known = (proposal.proposed_at, proposal.withdrawn_at, newer_at, answer.at if answer is not None else None)
    return max(at for at in known if at is not None)
