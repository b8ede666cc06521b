"""Which questions of an RMI workbook are asked, given the answers to its first ones."""

from __future__ import annotations

from collections.abc import Mapping

from framework.disclosure.foreign.layouts import Layout

_ENDS = {"added": frozenset({"no", "not_declared"}), "remains": frozenset({"no"})}
_ENDS_OTHERS = {"added": frozenset({"no", "unknown", "not_declared"}), "remains": frozenset({"no", "unknown"})}
Answers = Mapping[tuple[str, str], str]
"""Question and mineral → value; what is blank is absent."""


def goes_on(layout: Layout, answers: Answers, mineral: str) -> bool:
    """Whether the questions after the first ones, and the smelters, are asked for this mineral."""
    added = _ends(layout, answers, "added", mineral)
    if layout.gating == "added":
        return not added
    remains = _ends(layout, answers, "remains", mineral)
    return not (added and remains) if layout.gating == "unless_both_no" else not (added or remains)


def is_asked(layout: Layout, answers: Answers, question: str, mineral: str) -> bool:
    """Whether a question is asked for this mineral."""
    if question == "added":
        return True
    if layout.type == "AMRT":
        return False
    if question == "remains":
        return layout.gating == "unless_both_no" or not _ends(layout, answers, "added", mineral)
    if question == "all_recycled" and layout.type == "EMRT" and layout.minerals and mineral != "cobalt":
        return False
    return goes_on(layout, answers, mineral)


def company_asked(layout: Layout, answers: Answers, minerals: list[str]) -> bool:
    """Whether the questions about the company are asked: if any mineral goes on."""
    return any(goes_on(layout, answers, mineral) for mineral in minerals)


def _ends(layout: Layout, answers: Answers, question: str, mineral: str) -> bool:
    ends = _ENDS if layout.type == "CMRT" else _ENDS_OTHERS
    return answers.get((question, mineral), "") in ends[question]
