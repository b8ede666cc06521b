"""Cross-checks about places: pure functions over the facts of a round."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from framework.chain.contradictions.catalogue import limit
from framework.chain.contradictions.facts import Earlier, Facts, Party, Place
from framework.chain.contradictions.found import Found, Said, in_order
from framework.disclosure.geography import contradicts
from framework.ground.place_scores import Guard, Statement, address_part, likeness, statement
from framework.ground.places import normalise_name

SITE = "site"
LEAST_OF_LIST = 3
"""Fewer sites than this are told one by one, however large their part of the list."""
MOST_ADDRESSES = 60
"""Distinct addresses of one site that are compared, each with each."""


def two_addresses(facts: Facts) -> Iterator[Found]:
    """Sites that are described with addresses which contradict each other."""
    for places in facts.sites.values():
        exact = [one for one in places if one.precision == SITE and one.address]
        written: dict[Statement, list[Place]] = defaultdict(list)
        for one in exact if len({one.address for one in exact}) > 1 else ():
            written[_address(one.address, one.city, one.region, one.country)].append(one)
        apart = _contradicting(sorted(written, key=lambda one: (one.country, one.address)))
        if apart:
            said = [_place(one) for form in apart for one in written[form]]
            yield Found(
                "site-two-addresses",
                tuple(f"{one.country} {one.address}" for one in apart),
                {"site": _shown(one for form in apart for one in written[form]), "count": len(apart)},
                in_order(said),
                facts.worth(facts.touched(places)),
            )


def workers_differ(facts: Facts) -> Iterator[Found]:
    """Sites whose numbers of workers differ threefold between suppliers."""
    times = limit("workers-differ")
    for places in facts.sites.values():
        told = [(one, one.workers) for one in places if one.workers is not None]
        if len({facts.parties[one.submission].supplier for one, _n in told}) < 2:
            continue
        least, most = min(high for _one, (_low, high) in told), max(low for _one, (low, _high) in told)
        if most < times * least or not most:
            continue
        ends = [one for one, (low, high) in told if least == high or most == low]
        yield Found(
            "workers-differ",
            tuple(f"{facts.parties[one.submission].supplier} {one.key}" for one in ends),
            {"site": _shown(ends), "least": least, "most": most},
            in_order([_place(one, workers=_range(n), is_asked=one in ends) for one, n in told]),
            facts.worth(facts.touched(places)),
        )


def country_against_address(facts: Facts) -> Iterator[Found]:
    """Places whose address names another country than their column."""
    grouped: dict[tuple[str, str], list[tuple[Place, str]]] = defaultdict(list)
    for one in facts.places:
        other = contradicts(one.address, one.country) if one.address and one.country else ""
        if other:
            grouped[facts.parties[one.submission].supplier, one.key].append((one, other))
    for about, some in grouped.items():
        places = [one for one, _other in some]
        first, other = min(some, key=lambda pair: (pair[0].name, pair[0].address, pair[0].country, pair[1]))
        yield Found(
            "country-against-address",
            about,
            {"site": first.name, "country": first.country, "other": other},
            in_order([_place(one, country=one.country, other=named) for one, named in some]),
            facts.worth(facts.touched(places)),
        )


def brand_list_lacks_site(facts: Facts) -> Iterator[Found]:
    """Sites at which a supplier has a brand's models made, and which the brand's own file of this round does not name."""
    own = [one for one in facts.parties.values() if one.kind == "brand"]
    by_party: dict[int, list[Place]] = defaultdict(list)
    for place in facts.places:
        by_party[place.submission].append(place)
    made: dict[tuple[int, int, int], set[tuple[Place, int]]] = defaultdict(set)
    for link in facts.current():
        place, model = facts.place[link.place], facts.model[link.model]
        if place.site is None:
            continue
        for brand in own:
            if brand.submission != link.submission and fold(model.brand) in brand.brands:
                made[brand.submission, link.submission, place.site].add((place, link.model))
    for (brand_number, number, site), pairs in made.items():
        listed = by_party[brand_number]
        names = {fold(one.name) for one in listed}
        places = {place for place, _model in pairs}
        if not listed or any(one.site == site for one in listed) or names & {fold(one.name) for one in places}:
            continue
        yield _lacking(facts, facts.parties[brand_number], facts.parties[number], pairs, len(listed))


def sites_gone(facts: Facts) -> Iterator[Found]:
    """Sites of a supplier's last opened file of an earlier round that its new one does not name."""
    for number, before in facts.earlier.items():
        here = [one for one in facts.places if one.submission == number]
        sites, names = {one.site for one in here}, {fold(one.name) for one in here}
        gone = _each_site(one for one in before.places if one.site not in sites and fold(one.name) not in names)
        total = len({one.site for one in before.places if one.site is not None})
        yield from _compared(facts, number, before, gone, total, codes=("site-gone", "sites-gone"))


def less_precise(facts: Facts) -> Iterator[Found]:
    """Sites that a supplier knew by street and number in an earlier round, and names more coarsely now."""
    for number, before in facts.earlier.items():
        here = [one for one in facts.places if one.submission == number]
        sites = {one.site for one in here if one.precision == SITE}
        coarse: dict[str, list[Place]] = defaultdict(list)
        for one in here:
            if one.precision != SITE:
                coarse[fold(one.name)].append(one)
        exact = _each_site(one for one in before.places if one.precision == SITE)
        lost = [one for one in exact if one.site not in sites and fold(one.name) in coarse]

        def now(one: Place, known: dict[str, list[Place]] = coarse) -> list[Place]:
            return known[fold(one.name)]

        yield from _compared(
            facts, number, before, lost, len(exact), codes=("less-precise", "less-precise-list"), now=now
        )


@lru_cache(maxsize=65536)
def fold(name: str) -> str:
    """A name of a company or brand as it is compared: no legal form, no case."""
    return normalise_name(name)


def _contradicting(forms: list[Statement]) -> list[Statement]:
    """The addresses that at least one other contradicts."""
    least, found = limit("site-two-addresses"), set()
    some = forms[:MOST_ADDRESSES]
    for place, one in enumerate(some):
        for other in some[place + 1 :]:
            guards = likeness(one, other).guards
            if guards & {Guard.NUMBERS, Guard.WORDS} or address_part(one, other) < least:
                found |= {one, other}
    return [one for one in some if one in found]


@lru_cache(maxsize=65536)
def _address(address: str, city: str, region: str, country: str) -> Statement:
    return statement("", address, city=city, region=region, country=country)


def _lacking(facts: Facts, brand: Party, party: Party, pairs: Iterable[tuple[Place, int]], listed: int) -> Found:
    places = sorted({place for place, _model in pairs}, key=lambda one: (one.name, one.row))
    models = {model for _place, model in pairs}
    named = ", ".join(sorted({facts.model[one].name for one in models})[:3])
    maker = min(facts.model[one].brand for one in models)
    said = [_place(one, models=named) for one in places]
    return Found(
        "brand-list-lacks-site",
        (brand.supplier, party.supplier, *{one.key for one in places}),
        {"site": places[0].name, "brand": maker},
        in_order([*said, Said(brand.submission, brand.statement_row, {"brand": maker, "sites": listed}, False)]),
        facts.worth(models),
    )


def _compared(
    facts: Facts,
    number: int,
    before: Earlier,
    lost: list[Place],
    total: int,
    *,
    codes: tuple[str, str],
    now: Callable[[Place], list[Place]] = lambda _one: [],
) -> Iterator[Found]:
    """One finding for each place, or one for the list where it is more than the given part of it."""
    one_by_one, whole = codes
    supplier, named = facts.parties[number].supplier, {"round": before.round_name}
    if len(lost) >= LEAST_OF_LIST and len(lost) * 100 > total * limit(whole):
        params = named | {"count": len(lost), "total": total}
        rows = [Said(before.submission, one.row, _told(one), False) for one in lost]
        yield Found(whole, (supplier,), params, (Said(number, None, params), *in_order(rows)))
        return
    for one in lost:
        here = now(one)
        current = [_place(other, round=before.round_name, precision=other.precision) for other in here]
        asked = current or [Said(number, None, {"site": one.name, **named})]
        yield Found(
            one_by_one,
            (supplier, one.key),
            {"site": one.name, **named},
            in_order([*asked, Said(before.submission, one.row, _told(one) | named, False)]),
            facts.worth(facts.touched(here)) if here else None,
        )


def _each_site(places: Iterable[Place]) -> list[Place]:
    """One place for each site, always the same one."""
    found: dict[int, Place] = {}
    for one in sorted(places, key=lambda one: (one.key, one.row)):
        if one.site is not None:
            found.setdefault(one.site, one)
    return list(found.values())


def _place(one: Place, *, is_asked: bool = True, **more: object) -> Said:
    return Said(one.submission, one.row, _told(one) | more, is_asked)


def _told(one: Place) -> dict[str, object]:
    return {"site": one.name, "address": ", ".join(part for part in (one.address, one.city) if part)}


def _shown(places: Iterable[Place]) -> str:
    """The name by which a site is called, whatever the order of its rows."""
    return min(one.name for one in places)


def _range(found: tuple[int, int] | None) -> str:
    low, high = found or (0, 0)
    return str(low) if low == high else f"{low}-{high}"
