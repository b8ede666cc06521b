"""A declaration as a record: the canonical text of everything it says, and its hash for the print."""

from __future__ import annotations

from framework.demand.lines import of_record, stored_values
from framework.rounds import publication
from models.demand import Demand


def digest(demand: Demand) -> str:
    """SHA-256, in hexadecimal, of the canonical text of a version: whose it is, who handed it in and when, every line."""
    return publication.sha256(canonical(demand))


def canonical(demand: Demand) -> str:
    """The canonical text of a declaration: JSON in UTF-8 and NFC, keys sorted, empty facts as null, as that of the terms."""
    return publication.text_of(
        {
            "reference": demand.public_id,
            "round": demand.round.public_id,
            "lot": demand.lot.public_id,
            "member": demand.member.public_id,
            "version_no": demand.version_no,
            "baseline_source": demand.baseline_source,
            "note": demand.note,
            "submitted": [demand.submitted_by_id, demand.submitted_at],
            "approved": [demand.approved_by_id, demand.approved_at],
            "lines": [stored_values(of_record(record)) for record in demand.lines],
        }
    )
