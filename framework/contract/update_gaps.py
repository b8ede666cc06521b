"""What a version that was read leaves open of what its agreement asks: counted by its check, excused by people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from framework.chain.requests import nodes
from framework.contract.text import brands_of
from framework.disclosure.columns import FINAL_ASSEMBLY, PRODUCTS
from framework.ground.text import key_of
from models.contract_disclosure import ContractSubmission, Gap, Update
from models.disclosure import SubmissionRow
from models.requests import RequestReminder, RequestRow, UpstreamRequest

BRAND = "brand"
MOST = 5_000
"""Gaps kept of one version; more than anybody goes through."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A request upstream about the same thing: who was asked when, and that it refused or stayed silent after a reminder."""

    reference: str
    asked: str
    asked_on: dt.date
    state: str
    reminders: int

    @property
    def is_enough(self) -> bool:
        """Dated refusal, or silence after at least one reminder."""
        return self.state == "refused" or (self.state == "no_answer" and self.reminders > 0)


def count(session: Session, version: ContractSubmission, update: Update) -> int:
    """Count and keep the gaps of a version anew; how many."""
    session.execute(delete(Gap).where(Gap.contract_submission_id == version.id))
    found = _found(session, version, update)[:MOST]
    session.add_all(Gap(contract_submission_id=version.id, position=number, **one) for number, one in enumerate(found))
    session.flush()
    return len(found)


def of(session: Session, version: ContractSubmission) -> Sequence[Gap]:
    """The gaps of a version in their order."""
    query = select(Gap).where(Gap.contract_submission_id == version.id).order_by(Gap.position)
    return session.scalars(query).all()


def remaining(session: Session, version: ContractSubmission) -> list[Gap]:
    """Those that the lead has not accepted as not applicable."""
    return [gap for gap in of(session, version) if gap.excuse != "not_applicable"]


def proofs(session: Session, version: ContractSubmission) -> dict[str, list[Proof]]:
    """Requests of the contractor in this round about what is open, by the key of what they ask; the newest first."""
    keys = {gap.node_key for gap in of(session, version) if gap.node_key}
    if not keys:
        return {}
    reminders = (
        select(func.count()).where(RequestReminder.request_id == UpstreamRequest.id).correlate(UpstreamRequest)
    ).scalar_subquery()
    query = (
        select(RequestRow.node_key, UpstreamRequest, reminders)
        .join(UpstreamRequest, UpstreamRequest.id == RequestRow.request_id)
        .where(UpstreamRequest.round_id == version.round_id, UpstreamRequest.supplier_id == version.supplier_id)
        .where(RequestRow.node_key.in_(keys), UpstreamRequest.state.in_(("refused", "no_answer")))
        .order_by(UpstreamRequest.asked_at.desc(), UpstreamRequest.id)
    )
    found: dict[str, list[Proof]] = {}
    for key, asked, number in session.execute(query):
        told = Proof(asked.reference, asked.asked_name, asked.asked_at.date(), asked.state, number)
        found.setdefault(key, []).append(told)
    return found


def _found(session: Session, version: ContractSubmission, update: Update) -> list[dict[str, str]]:
    """Brands of which no model is named, then what the named models leave open; nothing of models of other lots."""
    duty, lot = version.duty, version.duty.agreement.lot
    wanted = [duty.brand] if duty.brand else brands_of(duty.agreement)
    named = _brands_named(session, update, lot.code)
    missing = [name for name in wanted if key_of(name) not in named]
    if not wanted and not named:
        missing = [""]
    asked = {FINAL_ASSEMBLY, *lot.required_components}
    found = [{"kind": BRAND, "brand": name} for name in missing]
    for node in nodes.open_nodes(session, update, lot=lot):
        is_of_duty = not duty.brand or key_of(node.brand) == key_of(duty.brand)
        if is_of_duty and (node.kind == nodes.MINERAL or node.component_type in asked):
            found.append(_as_gap(node))
    return found


def _as_gap(node: nodes.Node) -> dict[str, str]:
    names = ("kind", "brand", "model_name", "component_type", "other_type", "mineral", "said")
    return {name: getattr(node, name) for name in names} | {"node_key": node.key}


def _brands_named(session: Session, update: Update, lot_code: str) -> set[str]:
    """Keys of the brands of which the file names a model of this lot, or of no lot."""
    query = select(SubmissionRow.read_values).where(
        SubmissionRow.submission_id == update.id, SubmissionRow.sheet == PRODUCTS, SubmissionRow.listed_reason == ""
    )
    found = set()
    for values in session.scalars(query):
        lot = str(values.get("lot") or "").strip().casefold()
        if values.get("product_ref") and lot in ("", lot_code.casefold()):
            found.add(key_of(str(values.get("brand") or "")))
    return found
