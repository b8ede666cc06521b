"""What may be in a file that is sent to a round: every limit in words, for the upload page."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import current_app
from flask_babel import gettext as _

from framework.ground.sheets.limits import Limits
from models.rounds import Round
from views.disclosure.work import takes_large
from views.i18n import number
from views.settings import Settings


class Limit(NamedTuple):
    """One limit: what it is of, for files of the quick lane and, where it is wider, of the large one."""

    label: str
    quick: str
    large: str


def limits_of(round_: Round) -> dict[str, Any]:
    """The limits as rows, and whether larger files are taken in this round."""
    settings: Settings = current_app.extensions["settings"]
    quick, large = settings.quick_limits(), settings.large_limits()
    return {
        "takes_large": takes_large(round_),
        "lanes": [Limit(label, _figure(name, quick), _figure(name, large)) for name, label in _of_a_lane().items()],
        "everywhere": [(label, _figure(name, quick)) for name, label in _of_a_file().items()] + _kept_out(quick),
    }


def _of_a_lane() -> dict[str, str]:
    return {
        "upload_mb": _("Size of the file"),
        "max_rows": _("Rows with values, on one sheet"),
        "max_row_elements": _("Rows of one sheet, empty ones included"),
        "max_cells": _("Cells with values, in the whole file"),
        "max_strings": _("Different texts, in the whole file"),
        "zip_total_mib": _("Size of a workbook unpacked"),
        "child_wall_s": _("Time for reading it"),
        "child_memory_mib": _("Memory for reading it"),
    }


def _of_a_file() -> dict[str, str]:
    return {
        "max_sheets": _("Sheets, or csv files in a zip"),
        "read_columns": _("Columns that are read"),
        "max_columns": _("Last column that may hold a value"),
        "max_gap_rows": _("Empty rows between two rows with values"),
        "max_cell_chars": _("Characters in a cell"),
        "max_merge_cells": _("Cells of one merged area"),
        "max_ranges": _("Drop-downs, formats, merged areas and names"),
        "max_line_mib": _("Length of a line of a csv file"),
        "zip_parts": _("Parts inside a workbook or zip"),
        "zip_ratio": _("Times that a part may unpack to its own size"),
    }


def _figure(name: str, limits: Limits) -> str:
    shown = number(getattr(limits, name))
    if name.endswith(("_mb", "_mib")):
        return _("%(size)s MB", size=shown)
    return _("%(seconds)s seconds", seconds=shown) if name.endswith("_s") else shown


def _kept_out(limits: Limits) -> list[tuple[str, str]]:
    """What a file may not hold at all, unless the installation allows it."""
    return [
        (_("Macros"), _("kept out") if not limits.allow_macros else _("taken, never run")),
        (
            _("Other files inside the workbook"),
            _("kept out") if not limits.allow_embedded_objects else _("taken, never opened"),
        ),
        (_("Passwords"), _("kept out")),
    ]
