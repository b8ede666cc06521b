"""Tie the products that a list names to models on offer: by a person, recorded, undoable, and proposed again for the next list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.disclosure.columns import PRODUCTS
from framework.disclosure.corrections import hold
from framework.disclosure.counting import versions
from framework.disclosure.models_on_offer import Model, Proposal, models_of, propose
from framework.disclosure.receiving import Clock
from framework.disclosure.recognise import OURS, SITE_LIST
from framework.ground import audit
from framework.ground.actors import Actor
from framework.ground.errors import InvalidInput, MoveRefused, NotFound
from framework.ground.text import N_
from models.base import random_id
from models.disclosure import ProductTie, Submission, SubmissionRow

TIED = audit.declare("submission_tender.products_tied", "products")
UNTIED = audit.declare("submission_tender.products_tie_undone", "products")
NONE = "none"
"""What a person says of a product that is none of the models on offer."""
MOST_NAMES = 200
_OFFERING = ("checked", "counted", "replaced")
_LONGEST = 200


@dataclass(slots=True)
class Named:
    """A product as a list names it: where it stands first, in how many rows. `said` is the key of a model, NONE or blank."""

    name: str
    sheet: str
    row: int
    row_id: int
    count: int = 0
    proposal: Proposal = field(default_factory=Proposal)
    said: str = ""
    before: str = ""


def has_products(submission: Submission) -> bool:
    """Whether this is a list that names a product in its rows."""
    columns = (one for sheet in submission.mapping.get("sheets", []) for one in sheet["columns"])
    return submission.format == SITE_LIST and any(one["field"] == "product_model" for one in columns)


def offer(session: Session, submission: Submission) -> list[Model]:
    """The models on offer: those of the supplier's newest earlier workbook in this round that was not taken back."""
    for before in versions(session, submission.round, submission.supplier_id):
        is_earlier = before.version_no < submission.version_no and before.state in _OFFERING
        if is_earlier and before.format == OURS and before.verdict != "refused":
            query = select(SubmissionRow.read_values).where(
                SubmissionRow.submission_id == before.id,
                SubmissionRow.sheet == PRODUCTS,
                SubmissionRow.listed_reason == "",
            )
            return models_of(session.scalars(query.order_by(SubmissionRow.id)))
    return []


def name_key(name: str) -> str:
    """The form in which names of products in a list are one: no case, single spaces, at most 200 characters."""
    return " ".join(name.casefold().split())[:_LONGEST]


def names_in(values: Mapping[str, Any]) -> list[str]:
    """The products that a row of a list names."""
    value = values.get("product_model")
    return [str(one) for one in (value if isinstance(value, list) else [value]) if one]


def named(session: Session, submission: Submission, models: list[Model]) -> dict[str, Named]:
    """The different products of a list in its order, each with what is proposed and what was said, by `name_key`."""
    found: dict[str, Named] = {}
    for row in rows_of(session, submission):
        for name in names_in(row.read_values):
            one = found.setdefault(name_key(name), Named(name[:_LONGEST], row.sheet, row.row, row.id))
            one.count += 1
    said, before = said_keys(session, submission), _said_before(session, submission)
    known = {model.key for model in models} | {NONE}
    for key, one in found.items():
        one.proposal, one.said = propose(one.name, models), said.get(key, "")
        one.before = before.get(key, "") if before.get(key) in known else ""
    return found


def rows_of(session: Session, submission: Submission) -> Iterator[SubmissionRow]:
    """The stored rows of a list, in its order."""
    query = select(SubmissionRow).where(SubmissionRow.submission_id == submission.id, SubmissionRow.listed_reason == "")
    yield from session.scalars(query.order_by(SubmissionRow.id))


def tie(session: Session, submission: Submission, choices: Mapping[str, str], *, actor: Actor, clock: Clock) -> int:
    """Say which models products are, by `name_key`: the key of a model, NONE, or blank to say nothing; how many were said.

    Raises MoveRefused where the version is not open to mending, InvalidInput where a model is not on offer or nothing
    changed.
    """
    hold(session, submission, clock)
    models = offer(session, submission)
    by_key = {model.key: model for model in models}
    known = named(session, submission, models)
    if any(choice not in {"", NONE, *by_key} for choice in choices.values()):
        raise InvalidInput("model-unknown", N_("Choose a model from the list."))
    said = {key: choice for key, choice in choices.items() if key in known and choice not in ("", known[key].said)}
    if not said:
        raise InvalidInput("nothing-tied", N_("Nothing was changed: every product is tied as it was before."))
    batch, now = random_id(), clock()
    for key, choice in said.items():
        rows = by_key[choice].rows if choice != NONE else ({},)
        session.add_all(_tie(submission, batch, known[key].name, row, actor, now) for row in rows)
    audit.record(session, TIED, actor=actor, now=now, subject=submission, products=len(said))
    session.flush()
    return len(said)


def _tie(submission: Submission, batch: str, name: str, row: Mapping[str, Any], actor: Actor, now: Any) -> ProductTie:
    return ProductTie(
        submission=submission,
        batch=batch,
        name=name,
        product_ref=str(row.get("product_ref") or "")[:40],
        lot=str(row.get("lot") or "")[:40],
        brand=str(row.get("brand") or "")[:120],
        model_name=str(row.get("model_name") or "")[:200],
        category=str(row.get("category") or "")[:20],
        spec_tier=str(row.get("spec_tier") or "")[:40],
        created_at=now,
        created_by_id=actor.user_id,
    )


def undo(session: Session, submission: Submission, batch: str, *, actor: Actor, clock: Clock) -> int:
    """Take one act of tying back; the number of products. Raises MoveRefused where a later act says something of one, NotFound."""
    hold(session, submission, clock)
    standing = _standing(session, submission)
    taken = [one for one in standing if one.batch == batch]
    if not taken:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    names, last = {name_key(one.name) for one in taken}, max(one.id for one in taken)
    if any(one.id > last and one.batch != batch and name_key(one.name) in names for one in standing):
        raise MoveRefused("tied-meanwhile", N_("Some of these products were tied again later. Take that back first."))
    now = clock()
    for one in taken:
        one.undone_at, one.undone_by_id = now, actor.user_id
    audit.record(session, UNTIED, actor=actor, now=now, subject=submission, products=len(names))
    session.flush()
    return len(names)


def ties(session: Session, submission: Submission) -> dict[str, list[ProductTie]]:
    """What stands, by `name_key`: of each product the ties of the last act that said something of it."""
    found: dict[str, list[ProductTie]] = {}
    for one in _standing(session, submission):
        same = found.setdefault(name_key(one.name), [])
        if same and same[0].batch != one.batch:
            same.clear()
        same.append(one)
    return found


def said_keys(session: Session, submission: Submission) -> dict[str, str]:
    """What was said of each product, by `name_key`: the key of a model, or NONE."""
    return {key: _model_key(some[0]) for key, some in ties(session, submission).items()}


def acts(session: Session, submission: Submission) -> list[tuple[str, list[ProductTie]]]:
    """The acts of tying that stand, newest first: each with its batch and one tie for each product."""
    found: dict[str, dict[str, ProductTie]] = {}
    for one in _standing(session, submission):
        found.setdefault(one.batch, {}).setdefault(name_key(one.name), one)
    return [(batch, list(some.values())) for batch, some in reversed(found.items())]


def _model_key(one: ProductTie) -> str:
    if not one.product_ref:
        return NONE
    [model] = models_of([{"product_ref": one.product_ref, "brand": one.brand, "model_name": one.model_name}])
    return model.key


def _standing(session: Session, submission: Submission) -> list[ProductTie]:
    query = select(ProductTie).options(joinedload(ProductTie.created_by))
    mine = query.where(ProductTie.submission_id == submission.id, ProductTie.undone_at.is_(None))
    return list(session.scalars(mine.order_by(ProductTie.id)))


def _said_before(session: Session, submission: Submission) -> dict[str, str]:
    """What the supplier said of products in the newest of its other lists of which it said anything."""
    query = (
        select(Submission)
        .join(ProductTie, ProductTie.submission_id == Submission.id)
        .where(
            Submission.supplier_id == submission.supplier_id,
            Submission.id != submission.id,
            ProductTie.undone_at.is_(None),
        )
    )
    before = session.scalar(query.order_by(Submission.receipt_seq.desc()).limit(1))
    return said_keys(session, before) if before is not None else {}
