"""All cross-checks, in the order in which they run; each is a pure function over the facts of a round."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace

from framework.chain.contradictions import about_evidence, about_models, about_places
from framework.chain.contradictions.facts import Facts
from framework.chain.contradictions.found import Found, in_order

Check = Callable[[Facts], Iterator[Found]]

CHECKS: dict[tuple[str, ...], Check] = {
    ("site-two-addresses",): about_places.two_addresses,
    ("brand-list-lacks-site",): about_places.brand_list_lacks_site,
    ("shares-above-100",): about_models.shares_above_100,
    ("audit-expired",): about_evidence.audit_expired,
    ("audit-at-other-site",): about_evidence.audit_at_other_site,
    ("audit-dates-differ",): about_evidence.audit_dates_differ,
    ("certificate-without-link",): about_evidence.certificate_without_link,
    ("country-against-address",): about_places.country_against_address,
    ("country-against-assembly",): about_models.country_against_assembly,
    ("site-gone", "sites-gone"): about_places.sites_gone,
    ("less-precise", "less-precise-list"): about_places.less_precise,
    ("no-final-assembly",): about_models.no_final_assembly,
    ("workers-differ",): about_places.workers_differ,
    ("smelter-not-listed",): about_evidence.smelter_not_listed,
    ("data-old",): about_evidence.data_old,
    ("rows-old",): about_evidence.rows_old,
}
"""The kinds that each check finds; together they are the catalogue."""


def found_by(check: Check, facts: Facts) -> list[Found]:
    """What a check finds, each contradiction once, in an order that does not depend on that of the rows.

    What is found twice about the same things (a site that stands twice in one file) is one, with the rows of both.
    """
    together: dict[str, list[Found]] = defaultdict(list)
    for one in check(facts):
        together[one.key].append(one)
    return [_one(together[key]) for key in sorted(together)]


def _one(same: list[Found]) -> Found:
    first = min(same, key=lambda one: json.dumps([one.params, [said.row for said in one.said]], sort_keys=True))
    rows = {(said.submission, said.row): said for one in [*same, first] for said in one.said}
    known = [one.worth for one in same if one.worth is not None]
    said = tuple(rows.values()) if len(same) == 1 else in_order(rows.values())
    return replace(first, about=tuple(sorted(first.about)), said=said, worth=max(known) if known else None)
