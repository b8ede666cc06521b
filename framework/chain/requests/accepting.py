"""The supplier's act: which answers it takes over, and its next version with them. Nothing enters without it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from framework.chain.requests import due
from framework.chain.requests.nodes import MINERAL
from framework.disclosure.columns import COMPONENTS, FINAL_ASSEMBLY, LINKS, SITES, SMELTERS
from framework.disclosure.previous import Records, rows_of
from framework.ground import audit, permissions
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed
from framework.ground.identifiers import is_smelter_id
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.disclosure import Submission
from models.requests import RequestAcceptance, RequestAnswer, RequestReminder, RequestRow, UpstreamRequest
from models.rounds import Round

ACCEPTED = audit.declare("request.accepted", "rows")
SET_BACK = audit.declare("request.acceptance_undone", "rows")
REFUSED = "supplier_refused"


def accept(
    session: Session, request: UpstreamRequest, answers: Collection[int], *, actor: Actor, now: dt.datetime
) -> int:
    """Take these answers over into the own disclosure; how many. Raises NotAllowed, InvalidInput."""
    _require_own(session, request, actor)
    if request.state != "answered":
        raise MoveRefused("not-answered", N_("There is no answer to take over."))
    found = [one for row in request.rows for one in row.answers if one.id in answers]
    if not found:
        raise InvalidInput("answers-missing", N_("Choose at least one answer."), field="answers")
    for one in found:
        _take(session, one.row, one, actor, now)
    audit.record(session, ACCEPTED, actor=actor, now=now, subject=request, rows=len(found))
    return len(found)


def accept_as_proof(session: Session, request: UpstreamRequest, *, actor: Actor, now: dt.datetime) -> int:
    """Take a refusal, or a silence after a reminder, over as the reason why nothing is named; how many rows.

    Raises NotAllowed, MoveRefused.
    """
    _require_own(session, request, actor)
    state = due.state_now(request, now)
    if state not in ("refused", "no_answer"):
        raise MoveRefused("nothing-proven", N_("Neither refused nor silent: there is nothing to prove yet."))
    if state == "no_answer" and not reminded(session, request):
        raise MoveRefused("never-reminded", N_("Silence counts as proof after one reminder. Send a reminder first."))
    for row in request.rows:
        _take(session, row, None, actor, now)
    audit.record(session, ACCEPTED, actor=actor, now=now, subject=request, rows=len(request.rows))
    return len(request.rows)


def take_back(session: Session, request: UpstreamRequest, *, actor: Actor, now: dt.datetime) -> int:
    """Take over nothing of this request after all; how many. Versions that were sent stay as they are."""
    _require_own(session, request, actor)
    found = [one for one in standing(session, request.round, request.owner_id) if one.row.request_id == request.id]
    if not found:
        raise MoveRefused("nothing-accepted", N_("Nothing of this request is taken over."))
    for one in found:
        one.undone_at, one.undone_by_id = now, actor.user_id
    audit.record(session, SET_BACK, actor=actor, now=now, subject=request, rows=len(found))
    return len(found)


def reminded(session: Session, request: UpstreamRequest) -> int:
    """How often the asked party was reminded."""
    query = select(func.count()).select_from(RequestReminder).where(RequestReminder.request_id == request.id)
    return session.scalar(query) or 0


def standing(session: Session, round_: Round, supplier_id: int) -> list[RequestAcceptance]:
    """Everything that a supplier takes over in a round, in the order in which it was taken.

    A refusal or silence that was taken as proof proves nothing any more once the party has answered.
    """
    query = (
        select(RequestAcceptance)
        .join(RequestRow, RequestRow.id == RequestAcceptance.row_id)
        .join(UpstreamRequest, UpstreamRequest.id == RequestRow.request_id)
        .where(
            UpstreamRequest.round_id == round_.id,
            UpstreamRequest.supplier_id == supplier_id,
            RequestAcceptance.undone_at.is_(None),
            or_(RequestAcceptance.answer_id.is_not(None), UpstreamRequest.state != "answered"),
        )
        .options(joinedload(RequestAcceptance.row).joinedload(RequestRow.request), joinedload(RequestAcceptance.answer))
        .order_by(RequestAcceptance.at, RequestAcceptance.id)
    )
    return list(session.scalars(query))


def rows_with_answers(
    session: Session, submission: Submission, taken: Sequence[RequestAcceptance], *, now: dt.datetime
) -> Records:
    """The rows of a version with what was taken over added, as the workbook is written from: nothing else changes."""
    records = rows_of(session, submission)
    book = _Book(records, now)
    for one in taken:
        book.add(one)
    return records


def pending(
    session: Session, submission: Submission, taken: Sequence[RequestAcceptance], *, now: dt.datetime
) -> list[RequestAcceptance]:
    """What was taken over and does not stand in this version yet.

    Of two reasons for one component the later one stands, so nothing is pending where all together change nothing.
    """
    if not taken:
        return []
    book = _Book(rows_of(session, submission), now)
    before = book.values()
    added = [one for one in taken if book.add(one)]
    return added if book.values() != before else []


class _Book:
    """The rows of a version by sheet, while answers are added.

    A site that is named several times, or stands in the file already, stands once: adding the same twice changes
    nothing, so that a version that was made with an answer does not get it again.
    """

    def __init__(self, records: Records, now: dt.datetime) -> None:
        self.records, self.now = records, now
        found = [row["values"] for row in self._sheet(SITES)]
        self.keys = {_fold(values.get("site_ref")) for values in found}
        self.sites = {_place(values): str(values["site_ref"]) for values in reversed(found) if values.get("site_ref")}
        self.links = {_link(row["values"]) for row in self._sheet(LINKS)}
        self.sited: set[tuple[str, ...]] = {(product, component) for product, component, site in self.links if site}
        self.components: dict[tuple[str, str], dict[str, Any]] = {}
        for row in reversed(self._sheet(COMPONENTS)):
            self._index(row)

    def values(self) -> dict[str, list[dict[str, Any]]]:
        """What the rows say now, by sheet."""
        return {name: [dict(row["values"]) for row in rows] for name, rows in self.records.items() if rows}

    def add(self, taken: RequestAcceptance) -> bool:
        """Add one thing that was taken over; whether that changed anything."""
        if taken.row.kind == MINERAL:
            return self.add_mineral(taken.row, taken.answer)
        return self.add_component(taken.row, taken.answer)

    def add_component(self, row: RequestRow, answer: RequestAnswer | None) -> bool:
        """A site with its link, or the reason in the row of the component: none where a site is named already."""
        if (answer is None or answer.reason) and self._is_sited(row):
            return False
        component = self._component(row)
        before = dict(component)
        if answer is None or answer.reason:
            component["not_disclosed_reason"] = answer.reason if answer is not None else REFUSED
            component["not_disclosed_evidence"] = evidence(row.request, self.now)
            return component != before
        for name in ("not_disclosed_reason", "not_disclosed_evidence"):
            component.pop(name, None)
        link: dict[str, Any] = {"product_ref": row.product_ref, "component_ref": component["component_ref"]}
        link["site_ref"] = self._site(answer, row.component_type)
        if "share" in answer.told:
            link["share_of_production_pct"] = float(answer.told["share"])
        if "valid_from" in answer.told:
            link["valid_from"] = answer.told["valid_from"]
        if _link(link) in self.links:
            return component != before
        self.links.add(_link(link))
        self.sited.add(_link(link)[:2])
        self._add(LINKS, link)
        return True

    def add_mineral(self, row: RequestRow, answer: RequestAnswer | None) -> bool:
        """A smelter, or the reason why none is named, in place of the row that only gave a reason."""
        same = [one for one in self._sheet(SMELTERS) if one["values"].get("mineral") == row.mineral]
        empty = next((one for one in same if not one["values"].get("smelter_name") and not one.get("new")), None)
        values: dict[str, Any] = {"mineral": row.mineral, "applies_to": "company"}
        if answer is None or answer.reason:
            values["not_disclosed_reason"] = answer.reason if answer is not None else REFUSED
            values["not_disclosed_evidence"] = evidence(row.request, self.now)
        else:
            told = answer.told
            number = told.get("other_id", "")
            given = {
                "smelter_name": told.get("name"),
                "smelter_country": told.get("country"),
                "smelter_city": told.get("city"),
                "smelter_address_line": told.get("address"),
                "smelter_id": number if is_smelter_id(number) else None,
            }
            values |= {name: value for name, value in given.items() if value}
        if any(_says(one["values"], values) for one in same):
            return False
        if empty is not None:
            values["applies_to"] = empty["values"].get("applies_to") or "company"
            empty.update(values=values, found={}, new=True)
        else:
            self._add(SMELTERS, values)
        return True

    def _is_sited(self, row: RequestRow) -> bool:
        """Whether a link names a site for the component; one without a component names that of the final assembly."""
        product, found = _fold(row.product_ref), self._found(row)
        key = _fold(found["values"].get("component_ref")) if found is not None else ""
        is_assembly = row.component_type == FINAL_ASSEMBLY
        return bool(key and (product, key) in self.sited) or (is_assembly and (product, "") in self.sited)

    def _found(self, row: RequestRow) -> dict[str, Any] | None:
        """The component's row, where the file has one."""
        told = _fold(row.component_ref) if row.component_ref else f"type {row.component_type}"
        return self.components.get((_fold(row.product_ref), told))

    def _component(self, row: RequestRow) -> dict[str, Any]:
        """The values of the component's row, which is added where the file has none."""
        found = self._found(row)
        if found is None:
            short = "FA" if row.component_type == FINAL_ASSEMBLY else row.component_type
            added = {
                "component_ref": f"{row.product_ref}-{short}"[-40:],
                "product_ref": row.product_ref,
                "component_type": row.component_type,
                "tier": 1 if row.component_type == FINAL_ASSEMBLY else 2,
            }
            self._add(COMPONENTS, added)
            found = self._sheet(COMPONENTS)[-1]
            self._index(found)
        for name in ("not_disclosed_reason", "not_disclosed_evidence"):
            found.get("found", {}).pop(name, None)
        values: dict[str, Any] = found["values"]
        return values

    def _index(self, row: dict[str, Any]) -> None:
        """Let the row of a component be found by its key and by its type, both within its product."""
        values = row["values"]
        product = _fold(values.get("product_ref"))
        self.components[product, _fold(values.get("component_ref"))] = row
        self.components[product, f"type {values.get('component_type')}"] = row

    def _site(self, answer: RequestAnswer, component_type: str) -> str:
        told = answer.told
        values = {
            "site_ref": "",
            "site_legal_name": told.get("name"),
            "address_line": told.get("address"),
            "city": told.get("city"),
            "country": told.get("country"),
            "os_id": told.get("os_id"),
            "other_registry_id": told.get("other_id"),
            "facility_type": "final_assembly" if component_type == FINAL_ASSEMBLY else "component",
            "missing_reason": "unknown",
        }
        key = _place(values)
        if key not in self.sites:
            self.sites[key] = values["site_ref"] = self._new_key(answer)
            self._add(SITES, {name: value for name, value in values.items() if value})
        return self.sites[key]

    def _new_key(self, answer: RequestAnswer) -> str:
        """A key of its own that no row of the file has."""
        key = f"UP{answer.id}"
        while _fold(key) in self.keys:
            key = f"{key}x"
        self.keys.add(_fold(key))
        return key

    def _sheet(self, name: str) -> list[dict[str, Any]]:
        return self.records.setdefault(name, [])

    def _add(self, sheet: str, values: dict[str, Any]) -> None:
        self._sheet(sheet).append({"row": 0, "values": values, "found": {}, "new": True})


def evidence(request: UpstreamRequest, now: dt.datetime) -> str:
    """The dated proof in one line for the workbook, in English as the workbook's machine names are."""
    said = f"{request.reference}: asked {request.asked_name} on {request.asked_at:%Y-%m-%d}, due {request.due_on}"
    state = due.state_now(request, now)
    if state == "refused" and request.proof_on is not None:
        return f"{said}; refused by an answer dated {request.proof_on}."
    if state == "no_answer":
        return f"{said}; no answer."
    return f"{said}; answered on {request.answered_at:%Y-%m-%d}." if request.answered_at else said


def _take(session: Session, row: RequestRow, answer: RequestAnswer | None, actor: Actor, now: dt.datetime) -> None:
    """Write that a row or answer is taken over; one that was taken before and taken back stands again."""
    is_same = RequestAcceptance.answer_id == answer.id if answer is not None else RequestAcceptance.answer_id.is_(None)
    before = session.scalar(select(RequestAcceptance).where(RequestAcceptance.row_id == row.id, is_same))
    if before is None:
        session.add(
            RequestAcceptance(row_id=row.id, answer_id=answer.id if answer else None, at=now, by_id=actor.user_id)
        )
    elif before.undone_at is not None:
        before.at, before.by_id = now, actor.user_id or before.by_id
        before.undone_at = before.undone_by_id = None
    session.flush()


def _require_own(session: Session, request: UpstreamRequest, actor: Actor) -> None:
    permissions.require(session, actor, Permission.REQUEST_ASK, request.round)
    if request.supplier_id != actor.organisation_id or request.hop != 1:
        raise NotAllowed("not-the-asker", N_("Only whoever asked may do this."))


def _place(values: Mapping[str, Any]) -> tuple[str, ...]:
    """By what two rows of sites are the same: name, address, city and country."""
    return tuple(_fold(values.get(name)) for name in ("site_legal_name", "address_line", "city", "country"))


def _link(values: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(_fold(values.get(name)) for name in ("product_ref", "component_ref", "site_ref"))


def _says(row: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Whether a row of minerals says all of this already, whatever it applies to."""
    return all(_fold(row.get(name)) == _fold(value) for name, value in values.items() if name != "applies_to")


def _fold(value: object) -> str:
    return str(value or "").strip().casefold()
