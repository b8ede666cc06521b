"""Honest and filled files damaged at random, the same way for the same seed."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable
from functools import cache

from tests.hostile.bases import FILLED, filled
from tests.hostile.honest import HONEST

ODD = (b"", b"-1", b"0", b"9" * 400, b"1e999", b"NaN", b"A0", b"XFD1048577", b"&x;", b"&#0;", b"&amp;", b"\xff", b"]]>")
NASTY = ("\u202e", "\u200b", "\ufeff", "\U0001f600", '"', ";", "\n", "\r", "\0", "\x85", "=1+1", "\u0130", "1e999")
_VALUES, _TAGS = re.compile(rb'"[^"]*"|>[^<>]+<'), re.compile(rb"<[^<>]+>")
Mutation = Callable[[bytes, random.Random], bytes]


def mutated(seed: int) -> tuple[str, bytes]:
    """The ending and the bytes of one damaged file."""
    chance = random.Random(seed)
    if seed % 4 == 0:
        suffix, data = filled(chance.choice(sorted(FILLED)))
    else:
        case = chance.choice(HONEST)
        suffix, data = case.suffix, built()[case.id]
    return suffix, damaged(data, chance)


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The bytes after one to three accidents of a kind that fits them."""
    ways = ZIP_WAYS if data.startswith(b"PK") else TEXT_WAYS
    for _ in range(chance.randint(1, 3)):
        data = chance.choice(ways)(data, chance)
    return data


@cache
def built() -> dict[str, bytes]:
    """The honest files by name, written once."""
    return {case.id: case.build() for case in HONEST}


def flipped(data: bytes, chance: random.Random) -> bytes:
    """A few bytes become others."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8) if changed else 0):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def cut(data: bytes, chance: random.Random) -> bytes:
    """The end is missing."""
    return data[: chance.randint(0, len(data))]


def with_nasty_text(data: bytes, chance: random.Random) -> bytes:
    """Characters that readers stumble over, anywhere."""
    place = chance.randint(0, len(data))
    return data[:place] + chance.choice(NASTY).encode() * chance.randint(1, 3) + data[place:]


def with_odd_part(data: bytes, chance: random.Random) -> bytes:
    """One value or element of one part is dropped, doubled or replaced; the container stays proper."""
    return _repacked(data, chance, _edited)


def with_flipped_part(data: bytes, chance: random.Random) -> bytes:
    """A few bytes of one part become others; the container stays proper."""
    return _repacked(data, chance, flipped)


def with_other_container(data: bytes, chance: random.Random) -> bytes:
    """Parts in another order, packed another way, one of them missing."""
    return _repacked(data, chance, lambda content, _: content, shuffle=True)


def _edited(content: bytes, chance: random.Random) -> bytes:
    pattern = chance.choice((_VALUES, _TAGS))
    places = list(pattern.finditer(content))
    if not places:
        return flipped(content, chance)
    place = chance.choice(places)
    start, end = place.span()
    if pattern is _VALUES:
        return content[: start + 1] + chance.choice(ODD) + content[end - 1 :]
    return content[:start] + place.group() * chance.choice((0, 2)) + content[end:]


def _repacked(data: bytes, chance: random.Random, change: Mutation, *, shuffle: bool = False) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as source:
            parts = [(name, source.read(name)) for name in source.namelist()]
    except Exception:  # an earlier mutation broke the container: whatever the library says, damage the bytes
        return flipped(data, chance)
    if not parts:
        return flipped(data, chance)
    place = chance.randrange(len(parts))
    parts[place] = (parts[place][0], change(parts[place][1], chance))
    if shuffle:
        chance.shuffle(parts)
        parts = parts[chance.randint(0, 1) :]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, content in parts:
            archive.writestr(zipfile.ZipInfo(name), content)
    return target.getvalue()


TEXT_WAYS: tuple[Mutation, ...] = (flipped, cut, with_nasty_text)
ZIP_WAYS: tuple[Mutation, ...] = (flipped, cut, with_odd_part, with_odd_part, with_flipped_part, with_other_container)
