"""Which rows of an opened submission a reader may see, by the level its supplier chose (disclosure workbook, section 7)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from framework.ground.actors import Actor, roles_for, roles_in
from models.demand import Demand
from models.disclosure import Disclosed, Submission, SubmissionRow
from models.rounds import Lot, Round
from models.veiled import names

LEVELS = ("public", "consortium", "buyers_linked", "lead_and_monitor")
NAMES_THE_BIDDER = "0_submission"
OPEN_LEVELS = ("public", "consortium")
SEES_ALL = frozenset({"lead", "evaluator", "chair", "monitor"})
BEFORE_AWARD = frozenset({"opened", "judging", "award"})
"""States of an opened round in which the award is not decided yet."""


@dataclass(frozen=True, slots=True)
class Reader:
    """What a reader of a round may see: every level, or up to `consortium` with the lots they declared demand in.

    Codes of lots are folded. `inside` is who buys or leads: only they see pooled figures behind which few members stand.
    """

    sees_all: bool
    own: bool
    lot_codes: frozenset[str]
    hides_bidders: bool
    inside: bool = False

    def may_see(self, level: str, lots: frozenset[str]) -> bool:
        """Whether a row of this level is shown; `lots` are those whose products a current link ties to it."""
        if self.sees_all or self.own or level in OPEN_LEVELS or not level:
            return True
        return level == "buyers_linked" and bool(lots & self.lot_codes)

    def is_veiled(self, row: SubmissionRow) -> bool:
        """Whether a row says who the bidder is, to a reader who may not know before the award."""
        return self.hides_bidders and row.sheet == NAMES_THE_BIDDER


def reader_of(
    session: Session,
    round_: Round,
    actor: Actor,
    submission: Disclosed | None = None,
    *,
    roles: frozenset[str] | None = None,
) -> Reader:
    """The reader an actor is in a round; the supplier itself sees all of its own. `roles` where they were asked already."""
    roles = roles_in(session, actor, round_) if roles is None else roles
    own = submission is not None and "supplier" in roles_for(session, actor, submission)
    declared = (
        select(Lot.code)
        .join(Demand, Demand.lot_id == Lot.id)
        .where(
            Demand.round_id == round_.id,
            Demand.member_id == actor.organisation_id,
            Demand.state.in_(("accepted", "locked")),
        )
    )
    return Reader(
        sees_all=bool(roles & SEES_ALL),
        own=own,
        lot_codes=frozenset(map(str.casefold, session.scalars(declared))) if "member" in roles else frozenset(),
        hides_bidders="monitor" in roles
        and not roles & {"lead", "member"}
        and round_.state in BEFORE_AWARD
        and names() is None,
        inside=bool(roles & {"lead", "member"}),
    )


def bidder_name(reader: Reader, submission: Submission, order: int) -> str:
    """The supplier's name, or a letter where the reader may not know bidders before the award (SD10)."""
    return letter(order) if reader.hides_bidders else submission.supplier.name


def letter(order: int) -> str:
    """The letter of a bidder by the order of its receipt, from 0: A to Z, then A1."""
    return f"{chr(ord('A') + order % 26)}{order // 26 or ''}"


@dataclass(frozen=True, slots=True)
class Levels:
    """The confidentiality of a submission's rows: default of the file, level and lots of each site."""

    default: str
    by_site: dict[str, str] = field(default_factory=dict)
    lots_of_site: dict[str, frozenset[str]] = field(default_factory=dict)
    lots_of_product: dict[str, frozenset[str]] = field(default_factory=dict)

    def of(self, row: SubmissionRow) -> tuple[str, frozenset[str]]:
        """Level and lots of a row."""
        return self.of_values(row.read_values)

    def of_values(self, values: dict[str, Any]) -> tuple[str, frozenset[str]]:
        """Those of a row that says this: its site's where it names one, else the file's own and those of its product."""
        site, product = _folded(values, "site_ref"), _folded(values, "product_ref") or _folded(values, "applies_to")
        if not site:
            return self.default, self.lots_of_product.get(product, frozenset())
        return self.by_site.get(site, self.default), self.lots_of_site.get(site, frozenset())


def levels_of(session: Session, submission: Disclosed) -> Levels:
    """Read the levels of one submission: the strictest default of its brands, each site's own, and who is linked."""
    rows = session.scalars(
        select(SubmissionRow).where(
            SubmissionRow.submission_id == submission.id,
            SubmissionRow.listed_reason == "",
            SubmissionRow.sheet.in_(("0_submission", "1_products", "3_sites", "4_links")),
        )
    ).all()
    default = _strictest([str(r.read_values.get("confidentiality_default") or "") for r in _of(rows, "0_submission")])
    codes = session.scalars(select(Lot.code).where(Lot.round_id == submission.round_id)).all()
    only = codes[0].casefold() if len(codes) == 1 else ""
    lot_of = {_key(r, "product_ref"): _key(r, "lot") or only for r in _of(rows, "1_products")}
    on = reference_day(submission).isoformat()
    linked: dict[str, set[str]] = {}
    for row in _of(rows, "4_links"):
        if not str(row.read_values.get("valid_from") or on) <= on <= str(row.read_values.get("valid_to") or on):
            continue
        linked.setdefault(_key(row, "site_ref"), set()).add(lot_of.get(_key(row, "product_ref"), ""))
    own = {
        _key(r, "site_ref"): str(r.read_values.get("confidentiality") or "") or default for r in _of(rows, "3_sites")
    }
    return Levels(
        default,
        own,
        {site: frozenset(lots) for site, lots in linked.items()},
        {product: frozenset([lot]) for product, lot in lot_of.items()},
    )


def visible_rows(
    session: Session, submission: Disclosed, sheet: str, reader: Reader, levels: Levels
) -> tuple[list[int], bool]:
    """The numbers of a sheet's rows that this reader may see, in the file's order, and whether there are others."""
    of_sheet = (SubmissionRow.submission_id == submission.id, SubmissionRow.sheet == sheet)
    if reader.sees_all or reader.own:
        numbers = select(SubmissionRow.id).where(*of_sheet).order_by(SubmissionRow.row)
        return list(session.scalars(numbers)), False
    query = select(SubmissionRow.id, SubmissionRow.read_values).where(*of_sheet).order_by(SubmissionRow.row)
    rows = session.execute(query).all()
    seen = [row.id for row in rows if reader.may_see(*levels.of_values(row.read_values))]
    return seen, len(seen) < len(rows)


def reference_day(submission: Disclosed) -> dt.date:
    """The day against which validity is read: that of the tender deadline in the tender, else of the receipt, where the round is held."""
    deadline = deadline_day(submission.round) if submission.stage == "tender" else None
    return deadline or day_of_receipt(submission)


def day_of_receipt(submission: Disclosed) -> dt.date:
    """The day on which a version arrived, where the round is held."""
    return submission.received_at.astimezone(ZoneInfo(submission.round.zone)).date()


def deadline_day(round_: Round) -> dt.date | None:
    """The day of the tender deadline where the round is held; None where none is set."""
    deadline = round_.tender_deadline
    return None if deadline is None else deadline.astimezone(ZoneInfo(round_.zone)).date()


def with_hidden_rows(session: Session, submissions: Sequence[Disclosed]) -> set[int]:
    """The numbers of the submissions of which some row is not for every member: their counts of rows would tell."""
    numbers = [s.id for s in submissions]
    strict = [level for level in LEVELS if level not in OPEN_LEVELS]
    column = case(
        (SubmissionRow.sheet == "0_submission", SubmissionRow.read_values["confidentiality_default"].as_string()),
        else_=SubmissionRow.read_values["confidentiality"].as_string(),
    )
    query = select(SubmissionRow.submission_id).where(
        SubmissionRow.submission_id.in_(numbers),
        SubmissionRow.listed_reason == "",
        SubmissionRow.sheet.in_(("0_submission", "3_sites")),
        column.in_(strict),
    )
    return set(session.scalars(query.distinct()))


def default_level(session: Session, submission: Disclosed) -> str:
    """The level of rows that say nothing else: the strictest of the file's brands."""
    query = select(SubmissionRow).where(
        SubmissionRow.submission_id == submission.id,
        SubmissionRow.listed_reason == "",
        SubmissionRow.sheet == "0_submission",
    )
    return _strictest([str(r.read_values.get("confidentiality_default") or "") for r in session.scalars(query)])


def _of(rows: Sequence[SubmissionRow], sheet: str) -> list[SubmissionRow]:
    return [row for row in rows if row.sheet == sheet]


def _key(row: SubmissionRow, column: str) -> str:
    return _folded(row.read_values, column)


def _folded(values: dict[str, Any], column: str) -> str:
    return str(values.get(column) or "").casefold()


def _strictest(found: list[str]) -> str:
    known = [level for level in found if level in LEVELS]
    return max(known, key=LEVELS.index) if known else "consortium"
