"""Hand a long sheet to the library in pieces: it holds all cells of what it opens, several times over, and we only a few.

Only for sheets in the plain dialect (`scan`), whose rows end and are numbered where the patterns say.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from framework.ground.sheets.container import Container
from framework.ground.sheets.limits import MIB
from framework.ground.sheets.package import SheetPart

LONG = 1_000_000
"""Cells with values from which on a sheet is read in pieces."""
PIECE = 8 * MIB
"""Bytes of rows in one piece, unpacked."""
_FILE = "piece.xlsx"
_DATA, _ROW, _CLOSED, _TAIL = b"<sheetData>", b"</row>", b"</sheetData>", b"</sheetData></worksheet>"


def pieces(container: Container, sheet: SheetPart, others: list[SheetPart], folder: Path) -> Iterator[Path]:
    """Workbooks like the one given whose sheet holds a part of its rows, one after the other under one name in `folder`.

    The other sheets are left out. Raises `Refused` and OSError.
    """
    left_out = {one.part.name for one in (sheet, *others)}
    path = folder / _FILE
    for content in _contents(container, sheet):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
            for part in container.parts.values():
                if part.name not in left_out and not part.name.startswith("xl/media/"):
                    with file.open(part.name, "w", force_zip64=True) as target:
                        for chunk in container.stream(part):
                            target.write(chunk)
            with file.open(sheet.part.name, "w", force_zip64=True) as target:
                for chunk in content:
                    target.write(chunk)
        yield path


def _contents(container: Container, sheet: SheetPart) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Sheet after sheet in three parts: what stands before the rows, rows, what closes them."""
    head, rest = b"", bytearray()
    for chunk in container.stream(sheet.part):
        searched = max(0, len(rest) - len(_CLOSED))
        rest += chunk
        if not head:
            at = rest.find(_DATA)
            if at < 0:
                continue
            head = bytes(rest[: at + len(_DATA)])
            del rest[: at + len(_DATA)]
            searched = 0
        closed = rest.find(_CLOSED, searched)
        if closed >= 0:
            yield head, bytes(rest[:closed]), _TAIL
            return
        end = rest.rfind(_ROW) + len(_ROW) if len(rest) >= PIECE else 0
        if end >= len(_ROW):
            yield head, bytes(rest[:end]), _TAIL
            del rest[:end]
