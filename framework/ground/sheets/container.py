"""The zip container, checked on its real bytes: what two programs would unpack differently is refused."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from framework.ground.sheets import progress
from framework.ground.sheets.limits import MIB, Limits
from framework.ground.sheets.refused import damaged, refused

CHUNK = 1 << 18
_END, _END64, _LOCATOR = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_ENTRY, _LOCAL = b"PK\x01\x02", b"PK\x03\x04"
_SYMLINK = 0o120000
_DESCRIPTOR_BYTES = 24
_DIRECTORY_BYTES = 4 * MIB
_BAD_NAME = re.compile(r"\A/|\A[A-Za-z]:|(?:\A|/)\.\.(?:/|\Z)|[\x00-\x1f\ufffd]")


@dataclass(frozen=True, slots=True)
class Part:
    """One entry of the zip directory; sizes in bytes, `name` with forward slashes."""

    name: str
    raw_name: bytes
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    offset: int


class Container:
    """A zip whose directory and bytes agree. `stream` is the only way to a part, and counts what it unpacks."""

    def __init__(self, path: Path, limits: Limits) -> None:
        """Check the directory; raises `Refused`."""
        self.path = path
        self.limits = limits
        self._starts: dict[str, int] = {}
        with path.open("rb") as file:
            entries, directory = _directory(file, path.stat().st_size, limits)
            self._starts = _check_layout(file, entries, directory)
        _check_names(entries)
        _check_sizes(entries, limits)
        self.parts = {part.name: part for part in entries if not part.name.endswith("/")}
        self._folded = {name.casefold(): part for name, part in self.parts.items()}

    def find(self, name: str) -> Part | None:
        """The part of that name; case is ignored, as the packaging standard wants."""
        return self._folded.get(name.lstrip("/").casefold())

    def stream(self, part: Part) -> Iterator[bytes]:
        """The unpacked bytes in chunks; raises `Refused` where length or checksum are not as declared."""
        size, crc = 0, 0
        for chunk in _unpack(self.path, self._starts[part.name], part):
            size += len(chunk)
            if size > part.size:
                raise damaged("size-lies", part=part.name)
            crc = zlib.crc32(chunk, crc)
            progress.advance(len(chunk), progress.OPENING)
            yield chunk
        if size != part.size:
            raise damaged("size-lies", part=part.name)
        if crc != part.crc:
            raise damaged("checksum", part=part.name)

    def read(self, part: Part) -> bytes:
        """A small part whole."""
        return b"".join(self.stream(part))


def _unpack(path: Path, start: int, part: Part) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        left = part.packed
        if part.method == 0:
            while left > 0 and (block := file.read(min(CHUNK, left))):
                left -= len(block)
                yield block
            return
        yield from _inflate(file, part, left)


def _inflate(file: BinaryIO, part: Part, left: int) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    block = b""
    try:
        while not inflater.eof:
            if not block and left:
                block = file.read(min(CHUNK, left))
                left -= len(block)
            chunk = inflater.decompress(block, CHUNK)
            if not chunk and not block:
                break
            block = inflater.unconsumed_tail
            if chunk:
                yield chunk
    except zlib.error as error:
        raise damaged("deflate", part=part.name) from error
    if not inflater.eof or inflater.unused_data or left:
        raise damaged("deflate-end", part=part.name)


def _directory(file: BinaryIO, size: int, limits: Limits) -> tuple[list[Part], int]:
    """The entries, and where the directory begins."""
    count, start, length, end = _end_record(file, size)
    if count > limits.zip_parts:
        raise refused("file-too-many-parts", found=count, limit=limits.zip_parts)
    if start + length != end or length > _DIRECTORY_BYTES:
        raise damaged("directory-misplaced")
    file.seek(start)
    data = file.read(length)
    entries, position = [], 0
    while position < length:
        part, position = _entry(data, position)
        entries.append(part)
    if len(entries) != count:
        raise damaged("directory-count")
    return entries, start


def _end_record(file: BinaryIO, size: int) -> tuple[int, int, int, int]:
    """(entries, directory offset, directory length, where the directory must end)."""
    file.seek(max(0, size - 65_557))
    base, tail = file.tell(), file.read()
    at = tail.rfind(_END)
    if at < 0 or at + 22 > len(tail):
        raise refused("file-incomplete", "no-end-record", size=size)
    disk, start_disk, here, count, length, start, comment = struct.unpack_from("<4xHHHHIIH", tail, at)
    if at + 22 + comment != len(tail):
        raise damaged("trailing-bytes")
    if tail.count(_END) > 1 or any(mark in tail[at + 22 :] for mark in (_ENTRY, _LOCAL)):
        raise damaged("double-end-record")
    if disk or start_disk or here != count:
        raise damaged("split-archive")
    located = at >= 20 and tail[at - 20 : at - 16] == _LOCATOR
    if located:
        return _end_record64(file, struct.unpack_from("<Q", tail, at - 12)[0], (count, start, length))
    if count == 0xFFFF or 0xFFFFFFFF in (length, start):
        raise damaged("zip64-missing")
    return count, start, length, base + at


def _end_record64(file: BinaryIO, at: int, plain: tuple[int, int, int]) -> tuple[int, int, int, int]:
    file.seek(min(at, 1 << 40))
    data = file.read(56)
    if len(data) < 56 or not data.startswith(_END64):
        raise damaged("zip64-record")
    _, count, length, start = struct.unpack_from("<QQQQ", data, 24)
    said = (count, start, length)
    marks = (0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    if any(short not in (mark, true) for short, mark, true in zip(plain, marks, said, strict=True)):
        raise damaged("zip64-contradicts")
    return count, start, length, at


def _entry(data: bytes, at: int) -> tuple[Part, int]:
    if data[at : at + 4] != _ENTRY or at + 46 > len(data):
        raise damaged("directory-entry")
    fields = struct.unpack_from("<HHHHHHIIIHHHHHII", data, at + 4)
    _, _, flags, method, _, _, crc, packed, size, named, extra_length, noted, disk, _, outside, offset = fields
    end = at + 46 + named + extra_length + noted
    if end > len(data):
        raise damaged("directory-entry")
    raw = data[at + 46 : at + 46 + named]
    extra = data[at + 46 + named : at + 46 + named + extra_length]
    size, packed, offset = _wide(extra, (size, packed, offset))
    if (outside >> 16) & 0o170000 == _SYMLINK:
        raise damaged("symlink")
    if flags & 1:
        raise refused("file-password", "zip")
    if method not in (0, 8) or disk:
        raise damaged("method")
    name = raw.decode("utf-8" if flags & 0x800 else "cp437", "replace").replace("\\", "/")
    return Part(name, raw, method, flags, crc, packed, size, offset), end


def _wide(extra: bytes, values: tuple[int, int, int]) -> tuple[int, int, int]:
    """Sizes and offset with their 64-bit forms in place of 0xFFFFFFFF."""
    if 0xFFFFFFFF not in values:
        return values
    wide = _zip64_extra(extra)
    taken = []
    for value in values:
        if value != 0xFFFFFFFF:
            taken.append(value)
        elif len(wide) >= 8:
            taken.append(int.from_bytes(wide[:8], "little"))
            wide = wide[8:]
        else:
            raise damaged("zip64-extra")
    return taken[0], taken[1], taken[2]


def _zip64_extra(extra: bytes) -> bytes:
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, at)
        if tag == 1:
            return extra[at + 4 : at + 4 + length]
        at += 4 + length
    return b""


def _check_layout(file: BinaryIO, entries: list[Part], directory: int) -> dict[str, int]:
    """Where each part's bytes begin; local headers agree with the directory, nothing overlaps, nothing is hidden."""
    starts: dict[str, int] = {}
    reached = 0
    for part in sorted(entries, key=lambda p: p.offset):
        if part.offset < reached:
            raise damaged("overlap", part=part.name)
        if part.offset > reached + (_DESCRIPTOR_BYTES if reached else 0):
            raise damaged("hidden-bytes", part=part.name)
        starts[part.name] = begin = _check_local(file, part)
        reached = begin + part.packed
    if not reached <= directory <= reached + _DESCRIPTOR_BYTES:
        raise damaged("hidden-bytes")
    return starts


def _check_local(file: BinaryIO, part: Part) -> int:
    file.seek(part.offset)
    head = file.read(30)
    if len(head) < 30 or not head.startswith(_LOCAL):
        raise damaged("local-header", part=part.name)
    fields: tuple[int, ...] = struct.unpack_from("<HHHHHIIIHH", head, 4)
    _, flags, method, _, _, crc, packed, size, named, extra_length = fields
    raw, extra = file.read(named), file.read(extra_length)
    if raw != part.raw_name or method != part.method or (flags ^ part.flags) & 0x9:
        raise damaged("local-header", part=part.name)
    if flags & 8 and (crc, packed, size) in ((0, 0, 0), (0, 0xFFFFFFFF, 0xFFFFFFFF)):
        return part.offset + 30 + named + extra_length
    size, packed, _ = _wide(extra, (size, packed, 0))
    if (crc, packed, size) != (part.crc, part.packed, part.size):
        raise damaged("local-header", part=part.name)
    return part.offset + 30 + named + extra_length


def _check_names(entries: list[Part]) -> None:
    seen: set[str] = set()
    for part in entries:
        if len(part.name) > 255 or not part.name or _BAD_NAME.search(part.name):
            raise damaged("part-name", part=part.name[:80])
        folded = part.name.casefold()
        if folded in seen:
            raise damaged("part-twice", part=part.name)
        seen.add(folded)


def _check_sizes(entries: list[Part], limits: Limits) -> None:
    """Declared sizes are believed only because `stream` holds every part to them."""
    for part in entries:
        if part.size > MIB and part.size > limits.zip_ratio * max(part.packed, 1):
            raise refused(
                "file-unpacks-too-large",
                "ratio",
                part=part.name,
                found=part.size // max(part.packed, 1),
                limit=limits.zip_ratio,
            )
        if part.method == 0 and part.size != part.packed:
            raise damaged("size-lies", part=part.name)
    total = sum(part.size for part in entries)
    if total > limits.zip_total_mib * MIB:
        raise refused("file-unpacks-too-large", "total", found=total // MIB, limit=limits.zip_total_mib)
