"""A declaration as a record: the canonical text of everything it says, and its hash for the print."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from decimal import Decimal
from typing import Any

from framework.demand.lines import of_record, stored_values
from models.demand import Demand


def digest(demand: Demand) -> str:
    """SHA-256, in hexadecimal, of the canonical text of a version: whose it is, who handed it in and when, every line."""
    return hashlib.sha256(canonical(demand).encode("utf-8")).hexdigest()


def canonical(demand: Demand) -> str:
    """The text that is hashed: sorted keys, UTF-8, no free spaces; times in UTC, empty facts as null."""
    facts = {
        "reference": demand.public_id,
        "round": demand.round.public_id,
        "lot": demand.lot.public_id,
        "member": demand.member.public_id,
        "version_no": demand.version_no,
        "baseline_source": demand.baseline_source,
        "note": demand.note,
        "submitted": [demand.submitted_by_id, _plain(demand.submitted_at)],
        "approved": [demand.approved_by_id, _plain(demand.approved_at)],
        "lines": [{k: _plain(v) for k, v in stored_values(of_record(record)).items()} for record in demand.lines],
    }
    return json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    return (
        format(value, ".2f")
        if isinstance(value, Decimal)
        else value.isoformat()
        if isinstance(value, dt.date)
        else value
    )
