"""What a complete clause set must cover, and when a penalty is filled in (readiness R9, law L16)."""

from __future__ import annotations

from collections.abc import Iterable

from framework.ground.text import N_
from models.rounds import Clause

TOPICS: dict[str, str] = {
    "disclosure_duty": N_("duty to disclose"),
    "change_notice": N_("notice of changes"),
    "severe_deviation_report": N_("report of severe deviations"),
    "inspection_right": N_("right to inspect suppliers and sub-suppliers"),
    "sanction_ladder": N_("sanction ladder"),
}
"""Topic of a clause (its `topic` parameter, else its key) to what it is called on the readiness list."""


def topic_of(clause: Clause) -> str:
    """What a clause is about."""
    return str((clause.parameters or {}).get("topic") or clause.key)


def missing_topics(clauses: Iterable[Clause]) -> list[tuple[str, str]]:
    """The topics that no clause covers, with their labels."""
    covered = {topic_of(clause) for clause in clauses}
    return [(topic, label) for topic, label in TOPICS.items() if topic not in covered]


def penalty_blank(clause: Clause) -> bool:
    """Whether a clause holds a penalty step that is on without its rate and its highest number of weeks."""
    given = clause.parameters or {}
    if not given.get("penalty"):
        return False
    return not str(given.get("rate") or "").strip() or not str(given.get("max_weeks") or "").strip()
