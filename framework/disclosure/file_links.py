"""Links from a workbook of ours into the supplier's own file, by its name alone: both lie in one folder."""

from __future__ import annotations

import re
import unicodedata

SPREADSHEETS = frozenset({"xlsx", "xlsm", "xlsb", "xls", "ods"})
TEXTS = frozenset({"csv", "tsv", "txt"})
_ENCODED = frozenset(" %\"#?[]{}^`|<>*'&;+")
_LONGEST = 200


def target_of(name: str) -> str:
    """The file's own name as a relative address; blank where it is none that a spreadsheet program may safely open.

    Folders and servers before the name are left out, so that a link never leads out of the folder of the workbook.
    """
    plain = re.split(r"[\\/]", name)[-1].strip()
    is_odd = plain.startswith(".") or ":" in plain or any(unicodedata.category(sign)[0] == "C" for sign in plain)
    if is_odd or len(plain) > _LONGEST or ending_of(plain) not in SPREADSHEETS | TEXTS:
        return ""
    return "".join(f"%{ord(sign):02X}" if sign in _ENCODED else sign for sign in plain)


def ending_of(name: str) -> str:
    """What follows the last point of a file's name, in small letters."""
    return name.rpartition(".")[2].lower()


def link_to(target: str, sheet: str = "", cell: str = "") -> str:
    """The address of a cell in the form that the writer of workbooks takes: always quoted, for `A1` names a sheet too."""
    if not sheet or ending_of(target) in TEXTS:
        return f"external:{target}"
    quoted = sheet.replace("'", "''")
    return f"external:{target}#'{quoted}'!{cell or 'A1'}"
