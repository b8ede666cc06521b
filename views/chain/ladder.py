"""A product's nodes as a page shows them: what is told of each place, what is not and why, and what is confidential."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from framework.chain.measures.facts import Said, Told
from framework.chain.measures.nodes import Node, Place, weights
from framework.chain.measures.scale import MI, Scale
from framework.disclosure.confidentiality import Reader
from framework.disclosure.veil import Veil
from framework.ground.codelists import country_name, is_country
from framework.ground.terms import AUDIT_SCHEMES, label_of
from models.chain import SiteAudit
from models.disclosure import Submission, SubmissionRow
from models.rounds import Round
from views.chain import measure_words
from views.disclosure.bidders import lettered, place
from views.i18n import current_language, date, percent, words

CORROBORATION = "corroboration"


@dataclass(frozen=True, slots=True)
class RowLink:
    """Where something stands in the file."""

    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Spot:
    """A place as shown. `share` in words, blank where shares mean nothing."""

    name: str
    where: str
    share: str
    period: str
    audits: tuple[str, ...]
    others: str
    note: str
    rows: tuple[RowLink, ...]


@dataclass(frozen=True, slots=True)
class Rung:
    """A node as shown. `hidden`: some of its rows are not for this reader; then `worth` is not told either.

    `reason` says why nothing is named, `proof` what was given for it, `why` where that stands.
    """

    level: str
    what: str
    is_disclosed: bool
    hidden: bool
    reason: str
    refused: bool
    proof: str
    why: tuple[RowLink, ...]
    spots: tuple[Spot, ...]
    worth: Any
    rest: str


class Shower:
    """Turns nodes into what one reader may read of them."""

    def __init__(self, round_: Round, reader: Reader, classes: Iterable[int], veil: Veil, scale: Scale) -> None:
        self.round, self.reader, self.classes, self.veil, self.scale = round_, reader, frozenset(classes), veil, scale
        self.starts: dict[int, str] = {}

    def rungs(self, said: Said, *, measure: str = "", nodes: Iterable[Node] | None = None) -> list[Rung]:
        """The nodes of a product, each with what it is worth of a measure where one is named."""
        return [self._rung(said, node, measure) for node in (said.nodes if nodes is None else nodes)]

    def over(self, text: str) -> str:
        """A text of the file without the names of bidders that this reader may not know."""
        return str(self.veil.over(text, lettered))

    def row(self, submission: Submission, row: SubmissionRow) -> RowLink:
        """The address and the place of a row."""
        return RowLink(self._url(submission, row), place(self.reader, submission, row))

    def reason(self, node: Node) -> str:
        """Why nothing is named for a node; blank where something is."""
        return words(measure_words.NOT_TOLD.get(node.reason, node.reason)) if node.reason else ""

    def _rung(self, said: Said, node: Node, measure: str) -> Rung:
        node = replace(node, places=tuple(self._as_seen(one) for one in node.places))
        shown = [one for one in node.places if one.class_ in self.classes]
        hidden = len(shown) < len(node.places)
        why = [one for one in node.tells or () if one.class_ in self.classes and not node.places]
        rows = [one.row for one in why if one.row is not None] or ([] if node.places else self._own(said))
        worth = "" if not measure or hidden else measure_words.worth_of(measure, node, said.on, self.scale)
        rest = 1 - sum(weights(node).parts)
        return Rung(
            node.level,
            measure_words.what(node.level, node.kind),
            node.is_disclosed,
            hidden,
            self.reason(node),
            node.reason == "supplier_refused",
            self.over("; ".join(dict.fromkeys(one.proof for one in why if one.proof))),
            tuple(dict.fromkeys(self.row(said.submission, row) for row in rows)),
            tuple(self.spot(said, node, one, measure) for one in shown),
            worth,
            str(measure_words.figure(rest)) if node.places and rest > 0 and not hidden else "",
        )

    def _as_seen(self, one: Place) -> Place:
        """A place with only those other sources that this reader may know of."""
        return replace(one, sources=one.told.backing.sources[max(self.classes)])

    def _own(self, said: Said) -> list[SubmissionRow]:
        return [said.row] if said.class_ in self.classes else []

    def spot(self, said: Said, node: Node, one: Place, measure: str = "") -> Spot:
        """A place that this reader may see."""
        one, told = self._as_seen(one), one.told
        rows = [told.row] if told.link_row is None else [told.link_row, told.row]
        copies = told.backing.copies[max(self.classes)]
        note = measure_words.because(measure, node, one, copies) if measure else measure_words.copied(copies)
        named = measure_words.published(told.backing.published) if measure in ("", CORROBORATION) else ""
        return Spot(
            self.over(self._name(node, told)),
            self.over(self._where(told)),
            _share(told),
            _period(told),
            tuple(_audit(audit, said.on) for audit in told.audits),
            measure_words.others(one.sources),
            " · ".join(filter(None, (note, self.over(named)))),
            tuple(self.row(said.submission, row) for row in rows),
        )

    def named(self, said: Said, one: Place) -> tuple[str, str]:
        """The address of the row that names a place, and the share it gives in words; blank where shares mean nothing."""
        told: Told = one.told
        return self._url(said.submission, told.link_row or told.row), _share(told)

    def _url(self, submission: Submission, row: SubmissionRow) -> str:
        if submission.id not in self.starts:
            known = {"round_id": self.round.public_id, "submission_id": submission.public_id}
            self.starts[submission.id] = url_for("disclosure.row", row_id=0, **known).removesuffix("0")
        return f"{self.starts[submission.id]}{row.id}"

    def _name(self, node: Node, told: Told) -> str:
        if node.level == MI:
            return _country(told.origin) if is_country(told.origin) else told.origin
        if told.smelter is not None:
            return " · ".join(filter(None, (told.smelter.smelter_name, told.smelter.smelter_id)))
        return told.mention.name if told.mention is not None and told.mention.name else _("no name given")

    def _where(self, told: Told) -> str:
        if told.origin:
            return ""
        one = told.smelter or told.mention
        if one is None:
            return ""
        address = told.mention.address if told.mention is not None and told.smelter is None else ""
        city = one.city if one.city and one.city not in address else ""
        return ", ".join(filter(None, (address, city, _country(one.country))))


def _country(code: str) -> str:
    return country_name(code, current_language()) if is_country(code) else code


def _share(told: Told) -> str:
    if told.link is None:
        return ""
    share = told.link.share
    if share is None:
        return _("not told")
    return str(percent(share, 0 if share == share.to_integral_value() else 2))


def _period(told: Told) -> str:
    link = told.link
    if link is None:
        return ""
    if link.valid_from is None:
        return _("until %(day)s", day=date(link.valid_to)) if link.valid_to else _("not told")
    if link.valid_to is None:
        return _("since %(day)s", day=date(link.valid_from))
    return _("%(first)s to %(last)s", first=date(link.valid_from), last=date(link.valid_to))


def _audit(audit: SiteAudit, on: dt.date) -> str:
    scheme = words(label_of(AUDIT_SCHEMES, audit.scheme))
    if audit.valid_until is None:
        return _("%(scheme)s: no end of validity given", scheme=scheme)
    if audit.valid_until >= on:
        return _("%(scheme)s: valid until %(day)s", scheme=scheme, day=date(audit.valid_until))
    return _("%(scheme)s: expired on %(day)s", scheme=scheme, day=date(audit.valid_until))
