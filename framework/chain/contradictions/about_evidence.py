"""Cross-checks about audits, certificates, smelters and the age of data: pure functions over the facts of a round."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator

from framework.chain.contradictions.catalogue import limit
from framework.chain.contradictions.facts import Facts, Making, Proof, Smelting
from framework.chain.contradictions.found import Found, Said, in_order
from framework.ground.months import add_months

MOST_ROWS = 200
"""Rows of one finding about a whole list that are kept beside it."""


def audit_expired(facts: Facts) -> Iterator[Found]:
    """Sites whose last audit of a scheme, in one file, ended before the reference day."""
    grouped: dict[tuple[int, int, str], list[Proof]] = defaultdict(list)
    for one in facts.proofs:
        grouped[one.submission, one.place, one.scheme].append(one)
    for (number, place_number, scheme), proofs in grouped.items():
        party, place = facts.parties[number], facts.place[place_number]
        ends = [one.until for one in proofs if one.until is not None]
        if len(ends) < len(proofs) or max(ends) >= party.day:
            continue
        yield Found(
            "audit-expired",
            (party.supplier, place.key, scheme),
            {"site": place.name, "scheme": scheme, "until": max(ends).isoformat()},
            in_order([_proof(facts, one, is_asked=one.until == max(ends)) for one in proofs]),
            facts.worth(facts.touched([place])),
        )


def audit_at_other_site(facts: Facts) -> Iterator[Found]:
    """Audits that are given for more than one site: by number, or by the report of one supplier."""
    grouped: dict[tuple[str, ...], list[Proof]] = defaultdict(list)
    for one in facts.proofs:
        for known in _known_by(facts, one):
            grouped[known].append(one)
    done: set[frozenset[Proof]] = set()
    for known, proofs in sorted(grouped.items()):
        sites = {_site_of(facts, one) for one in proofs}
        if len(sites) < 2 or frozenset(proofs) in done:
            continue
        done.add(frozenset(proofs))
        first = proofs[0]
        yield Found(
            "audit-at-other-site",
            known,
            {"scheme": first.scheme, "date": first.date.isoformat() if first.date else "", "count": len(sites)},
            in_order([_proof(facts, one) for one in proofs]),
            facts.worth(facts.touched(facts.place[one.place] for one in proofs)),
        )


def audit_dates_differ(facts: Facts) -> Iterator[Found]:
    """Audits of one site, scheme and day that are given with more than one end of validity."""
    grouped: dict[tuple[int, str, dt.date], list[Proof]] = defaultdict(list)
    for one in facts.proofs:
        site = facts.place[one.place].site
        if site is not None and one.date is not None and one.until is not None:
            grouped[site, one.scheme, one.date].append(one)
    for (site, scheme, date), proofs in grouped.items():
        ends = {one.until for one in proofs}
        if len(ends) < 2:
            continue
        places = [facts.place[one.place] for one in proofs]
        yield Found(
            "audit-dates-differ",
            (scheme, date.isoformat(), *{one.key for one in places}),
            {
                "site": min(one.name for one in places),
                "scheme": scheme,
                "date": date.isoformat(),
                "count": len(ends),
            },
            in_order([_proof(facts, one) for one in proofs]),
            facts.worth(facts.touched(facts.sites[site])),
        )


def certificate_without_link(facts: Facts) -> Iterator[Found]:
    """Sites that stand in a file's list of audits, while the file's links tie no model to them."""
    linked, linking = {one.place for one in facts.makings}, {one.submission for one in facts.makings}
    grouped: dict[int, list[Proof]] = defaultdict(list)
    for one in facts.proofs:
        if one.submission in linking and one.place not in linked:
            grouped[one.place].append(one)
    for number, proofs in grouped.items():
        place = facts.place[number]
        schemes = sorted({one.scheme for one in proofs})
        said = [
            Said(place.submission, place.row, {"site": place.name, "scheme": ", ".join(schemes)}),
            *(_proof(facts, one, is_asked=False) for one in proofs),
        ]
        yield Found(
            "certificate-without-link",
            (facts.parties[place.submission].supplier, place.key),
            {"site": place.name, "scheme": ", ".join(schemes)},
            in_order(said),
        )


def smelter_not_listed(facts: Facts) -> Iterator[Found]:
    """Smelters that a supplier names and that the newest list does not name any more."""
    if facts.ended is None:
        return
    grouped: dict[tuple[int, str], list[Smelting]] = defaultdict(list)
    for one in facts.smeltings:
        if one.number in facts.ended:
            grouped[one.submission, one.number].append(one)
    offered: dict[int, list[int]] = defaultdict(list)
    for model in facts.models:
        offered[model.submission].append(model.id)
    for (number, smelter), rows in grouped.items():
        whole = any(one.model is None for one in rows)
        models = offered[number] if whole else [one.model for one in rows if one.model is not None]
        name, until = min(one.name for one in rows), facts.ended[smelter].isoformat()
        by_row = {one.row: one for one in sorted(rows, key=lambda one: one.row)}
        said = [
            Said(number, row, {"smelter": one.name, "number": smelter, "until": until}) for row, one in by_row.items()
        ]
        yield Found(
            "smelter-not-listed",
            (facts.parties[number].supplier, smelter),
            {"smelter": name, "number": smelter, "until": until},
            in_order(said),
            facts.worth(models),
        )


def data_old(facts: Facts) -> Iterator[Found]:
    """Brands whose data are older, on the reference day, than the number of months after which they count least."""
    months = limit("data-old")
    for one in facts.stated:
        party = facts.parties[one.submission]
        if one.as_of is None or one.as_of >= add_months(party.day, -months):
            continue
        models = [m.id for m in facts.models if m.submission == one.submission and m.brand == one.brand]
        says = {"brand": one.brand, "day": one.as_of.isoformat(), "months": months}
        yield Found(
            "data-old",
            (party.supplier, one.brand.casefold()),
            says,
            (Said(one.submission, one.row, says),),
            facts.worth(models),
        )


def rows_old(facts: Facts) -> Iterator[Found]:
    """Files with links whose own date of confirmation is older than that."""
    months = limit("rows-old")
    grouped: dict[int, list[tuple[dt.date, Making]]] = defaultdict(list)
    for one in facts.current():
        if one.confirmed is not None and one.confirmed < add_months(facts.parties[one.submission].day, -months):
            grouped[one.submission].append((one.confirmed, one))
    for number, some in grouped.items():
        oldest = sorted(some, key=lambda pair: (pair[0], pair[1].row))
        says = {"count": len(some), "months": months, "day": oldest[0][0].isoformat()}
        rows = [
            Said(number, one.row, {"site": facts.place[one.place].name, "day": day.isoformat()}, False)
            for day, one in oldest[:MOST_ROWS]
        ]
        yield Found(
            "rows-old",
            (facts.parties[number].supplier,),
            says,
            (Said(number, None, says), *in_order(rows)),
            facts.worth({one.model for _day, one in some}),
        )


def _known_by(facts: Facts, one: Proof) -> Iterator[tuple[str, ...]]:
    """By what an audit is known: its number where that is long enough to be one, its report within one supplier."""
    if one.date is None or not one.body.strip():
        return
    same = (one.scheme, one.date.isoformat(), " ".join(one.body.casefold().split()))
    reference = "".join(one.reference.casefold().split())
    if len(reference) >= limit("audit-at-other-site") and any(map(str.isdigit, reference)):
        yield (*same, reference)
    if one.report.strip():
        yield (*same, facts.parties[one.submission].supplier, " ".join(one.report.casefold().split()))


def _site_of(facts: Facts, one: Proof) -> str:
    place = facts.place[one.place]
    return place.key if place.site is None else str(place.site)


def _proof(facts: Facts, one: Proof, *, is_asked: bool = True) -> Said:
    says: dict[str, object] = {"site": facts.place[one.place].name, "scheme": one.scheme, "reference": one.reference}
    days = {"date": one.date, "until": one.until}
    return Said(one.submission, one.row, says | {k: v.isoformat() for k, v in days.items() if v}, is_asked)
