"""The rules D05 to D57 that a file and its round decide, as small functions over one `Context`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from framework.disclosure.checks import before, evidence, keys, links, missing, nodes, places, reading
from framework.disclosure.checks.context import Context
from framework.ground.issues import Issue
from framework.ground.sheets.progress import JUDGING, reach, window

Rule = Callable[[Context], Iterator[Issue]]

WORKBOOK_RULES: tuple[Rule, ...] = (
    reading.cell_troubles,
    reading.future_dates,
    missing.missing_values,
    missing.unknown_values_of_round,
    keys.unknown_references,
    keys.mismatched_references,
    keys.brands_without_row,
    keys.identical_rows,
    nodes.assembly_rows,
    nodes.tiers_and_types,
    nodes.reasons,
    missing.refusals_without_proof,
    nodes.required_nodes,
    nodes.required_minerals,
    links.shares,
    links.periods,
    links.dual_sourcing,
    links.facility_types,
    links.offered_shares,
    places.addresses,
    places.precision,
    places.coordinates,
    places.duplicates,
    places.unused,
    before.less_precise,
    evidence.registry_forms,
    evidence.check_digits,
    evidence.labels,
    evidence.audit_figures,
    evidence.audit_validity,
    evidence.process,
    evidence.company_wide,
    evidence.personal_data,
    missing.unreasoned_confidentiality,
    missing.missing_origins,
)
"""Rules of our own workbook, in the order of the sheets' logic."""

LIST_RULES: tuple[Rule, ...] = (
    reading.cell_troubles,
    keys.identical_rows,
    places.addresses,
    places.precision,
    places.coordinates,
    places.duplicates,
    places.years,
    before.less_precise,
    evidence.registry_forms,
    evidence.personal_data,
)
"""Rules of a plain list of sites: it knows neither products nor links."""


_TAKES: dict[Rule, int] = {
    keys.identical_rows: 4,
    places.addresses: 20,
    places.precision: 6,
    places.duplicates: 14,
    evidence.registry_forms: 4,
    evidence.personal_data: 9,
}
"""What rules take of the time beside 1 of the quick ones, measured on a list of 200 000 rows."""


def run(context: Context, rules: tuple[Rule, ...]) -> Iterator[Issue]:
    """All issues of all rules; no rule stops another. How far they are is said, each by what it takes."""
    first, last = JUDGING
    whole = sum(_TAKES.get(rule, 1) for rule in rules)
    for rule in rules:
        after = first + (last - JUDGING[0]) * _TAKES.get(rule, 1) / whole
        window(first, after)
        yield from rule(context)
        reach(1.0)
        first = after
