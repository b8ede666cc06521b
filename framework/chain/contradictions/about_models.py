"""Cross-checks about models and their links: pure functions over the facts of a round."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from framework.chain.contradictions.catalogue import limit
from framework.chain.contradictions.facts import Facts, Making, Model, Part
from framework.chain.contradictions.found import Found, Said, in_order
from framework.disclosure.columns import FINAL_ASSEMBLY
from framework.disclosure.geography import NEIGHBOURS

ROUNDING = Decimal("0.01")


def shares_above_100(facts: Facts) -> Iterator[Found]:
    """Components whose sites have more than the whole between them on the reference day."""
    whole = Decimal(limit("shares-above-100"))
    by_part: dict[int, list[Making]] = defaultdict(list)
    for one in facts.current():
        if one.share is not None:
            by_part[one.part].append(one)
    for number, links in by_part.items():
        total = sum((one.share for one in links if one.share is not None), Decimal())
        if total <= whole + ROUNDING:
            continue
        part, model = facts.part[number], facts.model[links[0].model]
        party = facts.parties[model.submission]
        params = {"component": part.kind, "model": model.name, "total": plain(total), "day": party.day.isoformat()}
        rows = [Said(one.submission, one.row, _share(facts, one), False) for one in links]
        yield Found(
            "shares-above-100",
            (party.supplier, model.ref.casefold(), part.ref.casefold()),
            params,
            (Said(model.submission, model.row, params), *in_order(rows)),
            facts.worth([model.id]),
        )


def no_final_assembly(facts: Facts) -> Iterator[Found]:
    """Models that no site assembles on the reference day, without a reason."""
    assemblies: dict[int, list[Part]] = defaultdict(list)
    for part in facts.parts:
        if part.kind == FINAL_ASSEMBLY:
            assemblies[part.model].append(part)
    made = {one.part for one in facts.current()}
    over: dict[int, list[Making]] = defaultdict(list)
    for link in facts.makings:
        over[link.part].append(link)
    for model in facts.models:
        parts = assemblies.get(model.id, [])
        if any(part.id in made or part.reason for part in parts):
            continue
        party = facts.parties[model.submission]
        params = {"model": model.name, "day": party.day.isoformat()}
        ended = [one for part in parts for one in over[part.id]]
        rows = [Said(one.submission, one.row, _ended(facts, one), False) for one in ended]
        yield Found(
            "no-final-assembly",
            (party.supplier, model.ref.casefold()),
            params,
            (Said(model.submission, model.row, params), *in_order(rows)),
            facts.worth([model.id]),
        )


def country_against_assembly(facts: Facts) -> Iterator[Found]:
    """Models whose country of final manufacture is that of none of the sites that assemble them."""
    made: dict[int, list[Making]] = defaultdict(list)
    for one in facts.current():
        if facts.part[one.part].kind == FINAL_ASSEMBLY:
            made[one.model].append(one)
    for number, links in made.items():
        model = facts.model[number]
        countries = {facts.place[one.place].country for one in links}
        if not model.country or not all(countries) or _fits(model.country, countries):
            continue
        yield _made_elsewhere(facts, model, links, ", ".join(sorted(countries)))


def plain(number: Decimal) -> str:
    """A decimal without trailing zeros."""
    return f"{number.normalize():f}"


def _fits(country: str, countries: set[str]) -> bool:
    return country in countries or bool(country in NEIGHBOURS and countries & NEIGHBOURS)


def _made_elsewhere(facts: Facts, model: Model, links: list[Making], other: str) -> Found:
    params = {"model": model.name, "country": model.country, "other": other}
    places = {one.place: facts.place[one.place] for one in links}.values()
    rows = [Said(one.submission, one.row, {"site": one.name, "country": one.country}, False) for one in places]
    return Found(
        "country-against-assembly",
        (facts.parties[model.submission].supplier, model.ref.casefold(), model.country, other),
        params,
        (Said(model.submission, model.row, params), *in_order(rows)),
        facts.worth([model.id]),
    )


def _share(facts: Facts, one: Making) -> dict[str, object]:
    return _site(facts, one) | {"share": plain(one.share) if one.share is not None else ""}


def _ended(facts: Facts, one: Making) -> dict[str, object]:
    return _site(facts, one) | ({"until": one.until.isoformat()} if one.until else {})


def _site(facts: Facts, one: Making) -> dict[str, object]:
    return {"site": facts.place[one.place].name}
