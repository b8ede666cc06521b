"""Records of rows that go between parent and child one line each, so that neither side ever holds all of them.

The child writes them into its own folder while it makes them; the parent takes hold of the file, which goes with the
last hand on it, and reads it in pieces. What the parent hands over is written down before the child starts.

A record is `{"row": number, "values": {...}, "found": {...}}`. A line holds the three apart, the last two as JSON, so that
who only stores them need not take them to pieces.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, overload

import orjson

from framework.ground.sheets import progress
from framework.ground.sheets.codec import as_text, may_need_escapes, storable
from framework.ground.sheets.workplace import workplace

FILE = "lines.jsonl"
_AT_ONCE = 1 << 20
_LINES_AT_ONCE = 500
_BETWEEN = b"\t"
_folder: list[Path] = []
_encode = json.JSONEncoder(default=as_text, check_circular=False, separators=(",", ":")).encode


class Written(NamedTuple):
    """A record whose two objects are JSON already, in texts that any database holds."""

    row: int
    values: str
    found: str

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Written:
        """A record as it is written down."""
        return cls(record["row"], _encode(record["values"]), _encode(record["found"]))


def begin(folder: Path) -> None:
    """From now on `write` may be called; it writes into this folder."""
    _folder[:] = [folder]


def write(blocks: Mapping[str, Sequence[Any]]) -> list[list[Any]]:
    """Write the records of every block; returns what `LineFile.blocks` needs to find them again."""
    total, past = sum(map(len, blocks.values())), 0
    progress.window(*progress.WRITING)
    with (_folder[0] / FILE).open("wb", buffering=_AT_ONCE) as file:
        places = []
        for name, records in blocks.items():
            places += _blocks(file, [(name, progress.along(_written(records), total, past))])
            past += len(records)
        return places


def _written(records: Sequence[Any]) -> Iterator[Written]:
    """Records as they are written down; some can tell it themselves."""
    themselves: Callable[[], Iterator[Written]] | None = getattr(records, "written", None)
    return themselves() if themselves else map(Written.of, records)


def hand(blocks: Iterable[tuple[str, Iterable[Written]]]) -> Handed:
    """Write records down for a child, read once and one after the other."""
    with workplace(None) as folder:
        path = folder / FILE
        with path.open("wb", buffering=_AT_ONCE) as file:
            places = _blocks(file, blocks)
        return Handed(LineFile(path), places)


def _blocks(file: BinaryIO, blocks: Iterable[tuple[str, Iterable[Written]]]) -> list[list[Any]]:
    places = []
    for name, records in blocks:
        start, count, left = file.tell(), 0, iter(records)
        while some := [f"{row}\t{values}\t{found}\n" for row, values, found in islice(left, _LINES_AT_ONCE)]:
            file.write("".join(some).encode())
            count += len(some)
        places.append([name, start, count])
    return places


class LineFile:
    """A file of lines that is open for as long as somebody needs it, wherever its name went. Raises OSError."""

    def __init__(self, path: Path | int) -> None:
        self.handle = path if isinstance(path, int) else os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def __del__(self) -> None:
        if hasattr(self, "handle"):
            os.close(self.handle)

    def blocks(self, places: Iterable[Sequence[Any]]) -> dict[str, Lines]:
        """Block by block what `write` wrote, by name."""
        return {str(name): Lines(self, int(start), int(count)) for name, start, count in places}

    def lines(self, place: int) -> Iterator[tuple[list[bytes], bool]]:
        """The lines from a place on, without their ends, many at once; and whether one of them may need `storable`."""
        rest = b""
        while piece := os.pread(self.handle, _AT_ONCE, place):
            place += len(piece)
            text = rest + piece
            *whole, rest = text.split(b"\n")
            if whole:
                yield whole, may_need_escapes(text)


class Handed(NamedTuple):
    """Records for a child: the open file, and what `LineFile.blocks` needs to find them in it."""

    file: LineFile
    places: list[list[Any]]


class Lines(Sequence[Any]):
    """The records of one block, in texts that any database holds; read from the file each time they are gone through."""

    def __init__(self, file: LineFile, start: int, count: int) -> None:
        self._file, self._start, self._count = file, start, count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Any]:
        """Raises ValueError where a line is missing or no record."""
        return ({"row": row, "values": values, "found": found} for row, values, found, _said in self._records())

    def written(self) -> Iterator[Written]:
        """The same as they are written, each looked through. Raises ValueError where a line is missing or no record."""
        for row, values, found, said in self._records():
            yield (
                Written(row, said[0].decode(), said[1].decode())
                if said
                else Written(row, _encode(values), _encode(found))
            )

    def _records(self) -> Iterator[tuple[int, Any, Any, tuple[bytes, bytes] | None]]:
        """Row, values and found; and how the line says the last two, where they are told as they stand there."""
        left, lines = self._count, self._file.lines(self._start)
        while left:
            some, may_change = next(lines, (None, False))
            if some is None:
                raise ValueError("lines are missing")
            for line in some[:left]:
                number, said, said_found = line.split(_BETWEEN)
                changes = may_change and may_need_escapes(line)
                load = _storable if changes else orjson.loads
                values, found = load(said), {} if said_found == b"{}" else load(said_found)
                if type(values) is not dict or type(found) is not dict:
                    raise ValueError("a line is no record")
                yield int(number), values, found, None if changes else (said, said_found)
            left -= min(left, len(some))

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        """For single looks: all of them are read."""
        return list(self)[index]


def _storable(said: bytes) -> Any:
    return storable(json.loads(said))
