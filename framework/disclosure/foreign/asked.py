"""Which questions of an RMI workbook are asked, given the answers to its first ones."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from framework.disclosure.foreign.layouts import Layout

_ENDS = {"added": frozenset({"no"}), "remains": frozenset({"no"})}
_ENDS_OTHERS = {"added": frozenset({"no", "unknown", "not_declared"}), "remains": frozenset({"no", "unknown"})}
Answers = Mapping[tuple[str, str], str]
"""Question and mineral → value; what is blank is absent."""


class Asked(Enum):
    """Whether a question must be answered, may be, or is not asked."""

    YES = "yes"
    OPTIONAL = "optional"
    NO = "no"


def goes_on(layout: Layout, answers: Answers, mineral: str) -> bool:
    """Whether the questions after the first ones, and the smelters, are asked for this mineral."""
    added = _ends(layout, answers, "added", mineral)
    if layout.gating == "added":
        return not added
    remains = _ends(layout, answers, "remains", mineral)
    return not (added and remains) if layout.gating == "unless_both_no" else not (added or remains)


def asked(layout: Layout, answers: Answers, question: str, mineral: str) -> Asked:
    """Whether a question is asked for this mineral."""
    if question == "added":
        return Asked.YES
    if layout.type == "AMRT":
        return Asked.OPTIONAL
    if question == "remains":
        is_asked = layout.gating == "unless_both_no" or not _ends(layout, answers, "added", mineral)
        return Asked.YES if is_asked else Asked.NO
    return Asked.YES if goes_on(layout, answers, mineral) else Asked.NO


def _ends(layout: Layout, answers: Answers, question: str, mineral: str) -> bool:
    ends = _ENDS if layout.type == "CMRT" else _ENDS_OTHERS
    return answers.get((question, mineral), "") in ends[question]
