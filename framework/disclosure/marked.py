"""The supplier's own workbook back with its faulty cells marked, where the copy loses nothing; else the reason why not."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.lists import format_list

from framework.disclosure.file_links import ending_of
from framework.disclosure.findings import SEVERITIES
from framework.disclosure.grouping import MIXED, IssueGroup, group
from framework.disclosure.inventory import LOSSES
from framework.disclosure.overlay import Corrections
from framework.disclosure.recognise import OURS, SITE_LIST
from framework.ground.issue_catalogue import describe
from framework.ground.issues import Issue
from framework.ground.sheets.limits import MIB, Limits
from framework.ground.sheets.reader import ChildLost, run_in_child
from framework.ground.text import N_, filled

MAX_BYTES = 5 * MIB
MAX_CELLS = 100_000
MEMORY_MIB = 768
_TASK = "framework.disclosure.marking:mark_task"
_MORE_PLACES = 12
_HEADS = (
    (N_("How grave"), 14),
    (N_("How often"), 11),
    (N_("Sheet"), 20),
    (N_("Cell"), 12),
    (N_("Further cells"), 24),
    (N_("Column"), 26),
    (N_("Found"), 30),
    (N_("What is wrong"), 60),
    (N_("What to do"), 60),
)
_LINK_AT = 4
REASONS = {
    "kind": N_(
        "Your file cannot be marked up itself, since only xlsx files can. This workbook lists every remark instead."
    ),
    "format": N_(
        "Your file cannot be marked up itself, since files of this format must not be saved anew. This workbook lists every remark instead."
    ),
    "unknown": N_(
        "Your file cannot be marked up itself, since no table in it was recognised. This workbook lists every remark instead."
    ),
    "unread": N_(
        "Your file cannot be marked up itself, since it was not read. This workbook lists every remark instead."
    ),
    "bytes": N_(
        "Your file cannot be marked up itself, since it is larger than %(limit)s MB. This workbook lists every remark instead."
    ),
    "cells-many": N_(
        "Your file cannot be marked up itself, since it has more than %(limit)s cells. This workbook lists every remark instead."
    ),
    "loss": N_(
        "Your file cannot be marked up itself, since a copy would lose: %(lost)s. This workbook lists every remark instead, and your file stays as it is."
    ),
    "cells": N_(
        "Your file cannot be marked up itself, since the copy would not hold the same cells. This workbook lists every remark instead, and your file stays as it is."
    ),
    "unusual": N_(
        "Your file cannot be marked up itself, since it is written in a way that we do not change safely. This workbook lists every remark instead, and your file stays as it is."
    ),
    "failed": N_(
        "Your file could not be marked up itself this time. This workbook lists every remark instead, and your file stays as it is."
    ),
}


_SHORT = {
    "kind": N_("Your file itself cannot be marked up, since only xlsx files can."),
    "format": N_("Your file itself cannot be marked up, since files of this format must not be saved anew."),
    "unknown": N_("Your file itself cannot be marked up, since no table in it was recognised."),
    "unread": N_("Your file itself cannot be marked up, since it was not read."),
    "bytes": N_("Your file itself cannot be marked up, since it is too large."),
    "kept-back": N_("Your file itself cannot be marked up, since it is in quarantine or waits for the virus scanner."),
}
"""The same for the page, where it is known before anybody asks for the copy."""


@dataclass(frozen=True, slots=True)
class Marked:
    """`content` is the marked copy; where it is empty, `cannot` says in a whole sentence why there is none, and `why` by its key."""

    content: bytes = b""
    cannot: str = ""
    why: str = ""


def mark(
    path: Path,
    issues: Iterable[Issue],
    *,
    language: str,
    gettext: Callable[[str], str],
    form: str = OURS,
    note: str = "",
    corrections: Corrections = (),
    limits: Limits | None = None,
) -> Marked:
    """A copy of the workbook at `path` with its issues marked, in `language`; made in a child process, `path` is not changed.

    `form` is what the file was recognised as: only our workbook and lists of sites are ever saved anew. `note` is a
    sentence for the summary; `corrections` are the values laid over its cells, which the copy holds. Never raises for what is in the file; OSError where the machine is at fault.
    """
    if form not in (OURS, SITE_LIST):
        return _cannot("unknown" if form in ("", "unknown") else "format", gettext, language)
    if path.stat().st_size > MAX_BYTES:
        return _cannot("bytes", gettext, language, limit=MAX_BYTES // MIB)
    bounds = (limits or Limits.quick()).as_dict() | {"child_memory_mib": MEMORY_MIB}
    found = list(issues)
    arguments: dict[str, Any] = {
        "path": str(path.resolve()),
        "language": language,
        "marks": [_mark(issue, language, gettext) for issue in found],
        "summary": _summary(found, language, gettext, note),
        "corrections": corrections,
        "max_cells": MAX_CELLS,
        "limits": bounds,
    }
    try:
        done = run_in_child(path, _TASK, arguments, Limits.from_dict(bounds))
    except ChildLost:
        return _cannot("failed", gettext, language)
    if done.refusal is not None:
        return _cannot("failed", gettext, language)
    if "content" in done.value:
        return Marked(base64.b64decode(done.value["content"]))
    return _cannot(done.value["why"], gettext, language, what=done.value["what"], limit=done.value["limit"])


def cannot_before(*, form: str, kind: str, name: str, size: int, is_read: bool, is_readable: bool = True) -> str:
    """Why a file cannot be marked up, as far as that is known without trying (a template without gaps); blank else."""
    if not is_read:
        return _SHORT["unread"]
    if not is_readable:
        return _SHORT["kept-back"]
    kind = kind or ending_of(name)
    if kind not in ("xlsx", ""):
        return _SHORT["kind"]
    if form not in (OURS, SITE_LIST):
        return _SHORT["unknown" if form in ("", "unknown") else "format"]
    return _SHORT["bytes"] if size > MAX_BYTES else ""


def not_read(*, language: str, gettext: Callable[[str], str]) -> Marked:
    """For a file that nobody opened."""
    return _cannot("unread", gettext, language)


def _cannot(
    why: str, gettext: Callable[[str], str], language: str, *, what: Iterable[str] = (), limit: int | None = None
) -> Marked:
    lost = format_list([gettext(LOSSES[key]) for key in what], locale=language)
    return Marked(cannot=gettext(REASONS[why]) % {"lost": lost, "limit": limit}, why=why)


def _mark(issue: Issue, language: str, gettext: Callable[[str], str]) -> dict[str, Any]:
    return {
        "severity": str(issue.severity),
        "sheet": issue.sheet,
        "row": issue.row,
        "cell": str(issue.params.get("cell", "")),
        "said": " ".join(_sentences(issue, language, gettext)),
    }


def _sentences(issue: Issue, language: str, gettext: Callable[[str], str]) -> tuple[str, str]:
    message, advice, params = describe(issue, language=language)
    return filled(message, params, gettext), filled(advice, params, gettext)


def _summary(issues: list[Issue], language: str, gettext: Callable[[str], str], note: str) -> dict[str, Any]:
    return {
        "heads": [[gettext(head), width] for head, width in _HEADS],
        "rows": [_line(one, language, gettext) for one in group(issues)],
        "note": note,
    }


def _line(one: IssueGroup, language: str, gettext: Callable[[str], str]) -> dict[str, Any]:
    message, advice = _sentences(one.sample, language, gettext)
    if one.mixed:
        message = gettext(MIXED) % {"count": one.count, "sentence": message}
    places = list(dict.fromkeys(_place(issue) for issue in one.places))
    first, rest = places[0], places[1 : _MORE_PLACES + 1]
    further = ", ".join(rest) + (" …" if len(places) > _MORE_PLACES + 1 else "")
    found = one.sample.value
    grave = gettext(SEVERITIES[one.severity])
    texts = [grave, str(one.count), one.sheet, first, further, one.column, found, message, advice]
    return {
        "severity": str(one.severity),
        "at": [one.sheet, first if first[:1].isalpha() else f"A{first or 1}", _LINK_AT],
        "texts": texts,
    }


def _place(issue: Issue) -> str:
    """The cell, or else the number of the row."""
    return str(issue.params.get("cell") or (issue.row if issue.row is not None else ""))
