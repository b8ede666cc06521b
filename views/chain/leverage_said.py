"""What the pages of leverage say in words: the sentences that persuade, the figures on top, the names of boxes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from framework.chain.leverage import picture, places
from framework.chain.leverage.export import BUCKET_WORDS, money_of
from framework.chain.leverage.figures import Figures
from framework.chain.leverage.flows import NO_MODEL, SITE
from framework.chain.leverage.picture import Node
from framework.chain.leverage.places import Named
from framework.chain.leverage.reading import View
from framework.disclosure.columns import FINAL_ASSEMBLY
from framework.disclosure.confidentiality import Reader
from framework.disclosure.veil import Veil
from framework.ground.terms import CATEGORIES
from models.base import db
from models.disclosure import Submission
from models.people import Organisation
from models.rounds import Lot
from views.chain.leverage_words import component_words, part_of
from views.demand.lever import pieces
from views.disclosure.bidders import lettered
from views.i18n import money, number, percent, words


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for, beside the lot: an offer, a component, a member who leaves."""

    lot: Lot
    reader: Reader
    view: View
    members: tuple[int, ...] | None
    leaver: Organisation | None
    submissions: list[Submission]
    names: dict[int, str]
    veil: Veil

    def brand(self, brand: str) -> str:
        """A brand as this reader may read it."""
        if not brand:
            return words(BUCKET_WORDS[NO_MODEL])
        return self._covered(brand)

    def sites(self, numbers: Collection[int]) -> dict[int, Named]:
        """The sites of these numbers as this reader may read them."""
        return places.named(db.session(), self.lot.round, self.reader, numbers, covers=self._covered)

    def _covered(self, text: str) -> str:
        return str(self.veil.over(text, lettered))


def sentences(asked: Asked, found: Figures) -> list[str]:
    """How few sites make how much, by category, and how many of us stand behind the largest."""
    said = [_concentration(asked, one) for one in found.concentration]
    first = next(iter(found.sites.items()), None)
    if first is not None and first[1].units:
        name = asked.sites([first[0]])[first[0]].name
        everybody = len(asked.view.ledger.members(asked.view.ledger.groups))
        said.append(
            _(
                "The largest, %(site)s, makes for %(members)s of %(all)s members.",
                site=name,
                members=number(first[1].members),
                all=number(everybody),
            )
        )
    return said


def _concentration(asked: Asked, one: Any) -> str:
    told = {
        "what": _what(asked.view.kind, one.category),
        "share": _whole_percent(one.share),
        "pooled": pieces(one.units, asked.lot.unit),
        "shown": number(one.sites),
    }
    if not one.sites:
        return str(_("%(what)s: of none of the %(pooled)s pooled a site is known.", **told))
    if one.share * 2 < 1:
        return str(
            ngettext(
                "%(what)s: only %(share)s of the %(pooled)s pooled can be traced, to %(shown)s site.",
                "%(what)s: only %(share)s of the %(pooled)s pooled can be traced, to %(shown)s sites.",
                one.sites,
                **told,
            )
        )
    return str(
        ngettext(
            "%(what)s: %(share)s of the %(pooled)s pooled come out of %(shown)s site.",
            "%(what)s: %(share)s of the %(pooled)s pooled come out of %(shown)s sites.",
            one.sites,
            **told,
        )
    )


def headline(asked: Asked, found: Figures) -> list[tuple[str, str, str]]:
    """The pool and what becomes of it: figure, label, note."""
    at_sites = sum(one.units for one in found.sites.values())
    heads = [(pieces(found.units, asked.lot.unit), _("pooled"), "")]
    heads.append((str(number(at_sites)), _("come out of known sites"), str(part_of(at_sites, found.units))))
    for status, one in found.buckets.items():
        heads.append((str(number(one.units)), words(BUCKET_WORDS[status]), str(part_of(one.units, found.units))))
    if found.cents is not None:
        value = money(money_of(found.cents), asked.view.ledger.currency)
        shown = _("at least %(value)s", value=value) if found.missing else value
        heads.append((str(shown), _("expected value, net"), ""))
    return [head for head in heads if head[0] != "0" or head[1] == _("pooled")]


def leaving(asked: Asked, found: Figures, leaver: Organisation) -> str:
    sites = sum(1 for one in found.sites.values() if one.lost)
    told = {
        "name": leaver.name,
        "lost": pieces(found.lost, asked.lot.unit),
        "share": str(part_of(found.lost, found.units)),
    }
    return str(
        ngettext(
            "Without %(name)s the pool loses %(lost)s (%(share)s); %(num)s site is less weighty.",
            "Without %(name)s the pool loses %(lost)s (%(share)s); %(num)s sites are less weighty.",
            sites,
            **told,
        )
    )


def leaving_choice(asked: Asked) -> list[tuple[str, str]]:
    return [(_("Who leaves"), asked.leaver.name)] if asked.leaver else []


def node_name(asked: Asked, node: Node, sites: dict[int, Named]) -> str:
    if node.kind == "member" and isinstance(node.key, int):
        return asked.view.ledger.names[node.key][1]
    if node.kind == SITE and isinstance(node.key, int):
        return sites[node.key].name
    if node.kind == "category":
        return _category(str(node.key))
    if node.kind == "brand":
        return asked.brand(str(node.key))
    if node.kind == picture.TOGETHER:
        return str(ngettext("%(num)s member", "%(num)s members", node.count))
    return _others(node) if node.kind == picture.OTHER else words(BUCKET_WORDS[node.kind])


def _others(node: Node) -> str:
    said = {
        picture.MEMBER: ngettext("%(num)s other member", "%(num)s other members", node.count),
        picture.CATEGORY: _("other categories"),
        picture.BRAND: ngettext("%(num)s other brand", "%(num)s other brands", node.count),
        picture.PLACE: ngettext("%(num)s other site", "%(num)s other sites", node.count),
    }
    return str(said[node.column])


def kind_words(kind: str, tier: int | None = None) -> str:
    label = component_words(kind)
    return label if tier is None else str(_("Tier %(tier)s: %(component)s", tier=tier, component=label))


def _what(kind: str, category: str) -> str:
    """Laptop, or battery of a laptop."""
    if kind == FINAL_ASSEMBLY:
        return _category(category)
    return str(_("%(component)s (%(category)s)", component=kind_words(kind), category=_category(category)))


def _category(category: str) -> str:
    return words(CATEGORIES[category].label) if category in CATEGORIES else category


def offer_words(asked: Asked) -> str:
    if asked.view.offer is not None:
        return asked.names[asked.view.offer]
    count = len(asked.view.offers)
    return str(ngettext("the only offer", "all %(num)s offers, each for an equal part", count))


def _whole_percent(share: Fraction) -> str:
    return str(percent(round(float(share) * 100, 6)))
