"""Records that leave the child one line each, so that neither side ever holds all of them.

The child writes them into its own folder while it makes them. The parent takes hold of the file, which goes with the
last hand on it, and reads it in pieces.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

from framework.ground.sheets.codec import as_text, may_need_escapes, storable

FILE = "lines.jsonl"
_AT_ONCE = 1 << 20
_folder: list[Path] = []


def begin(folder: Path) -> None:
    """From now on `write` may be called; it writes into this folder."""
    _folder[:] = [folder]


def write(blocks: Mapping[str, Iterable[Any]]) -> list[list[Any]]:
    """Write the records of every block, each a plain value; returns what `LineFile.blocks` needs to find them again."""
    encode = json.JSONEncoder(default=as_text, check_circular=False, separators=(",", ":")).encode
    places = []
    with (_folder[0] / FILE).open("wb", buffering=_AT_ONCE) as file:
        for name, records in blocks.items():
            start, count = file.tell(), 0
            for record in records:
                file.write(encode(record).encode("ascii") + b"\n")
                count += 1
            places.append([name, start, count])
    return places


class LineFile:
    """A file of lines that is open for as long as somebody needs it, wherever its name went. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def __del__(self) -> None:
        if hasattr(self, "_handle"):
            os.close(self._handle)

    def blocks(self, places: Iterable[Sequence[Any]]) -> dict[str, Lines]:
        """Block by block what `write` wrote, by name."""
        return {str(name): Lines(self, int(start), int(count)) for name, start, count in places}

    def lines(self, place: int) -> Iterator[bytes]:
        """The lines from a place on, without their ends."""
        rest = b""
        while piece := os.pread(self._handle, _AT_ONCE, place):
            place += len(piece)
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole


class Lines(Sequence[Any]):
    """The records of one block, in texts that any database holds; read from the file each time they are gone through."""

    def __init__(self, file: LineFile, start: int, count: int) -> None:
        self._file, self._start, self._count = file, start, count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Any]:
        """Raises ValueError where a line is missing or no record."""
        lines = self._file.lines(self._start)
        for _number in range(self._count):
            line = next(lines, b"")
            record = json.loads(line)
            yield storable(record) if may_need_escapes(line) else record

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        """For single looks: all of them are read."""
        return list(self)[index]
