"""The rules D05 to D57 that a file and its round decide, as small functions over one `Context`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from framework.disclosure.checks import evidence, keys, links, missing, nodes, places, reading
from framework.disclosure.checks.context import Context
from framework.ground.issues import Issue
from framework.ground.sheets.progress import report

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
    places.less_precise,
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
    places.less_precise,
    evidence.registry_forms,
    evidence.personal_data,
)
"""Rules of a plain list of sites: it knows neither products nor links."""


def run(context: Context, rules: tuple[Rule, ...]) -> Iterator[Issue]:
    """All issues of all rules; no rule stops another. After each one the progress is said, as rows of the file."""
    rows = sum(map(len, context.tables.values()))
    for number, rule in enumerate(rules, start=1):
        yield from rule(context)
        report(rows * number // len(rules), rows)
