"""Many statements in little memory: one text each in one long row of bytes, taken apart when one is looked at."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from framework.ground.place_scores import Statement, name_of
from framework.ground.places import Precision

_FIELD, _PART, _PAIR = "\x1e", "\x1f", "\x1d"
_PRECISIONS = {one.value: one for one in Precision}


class Packed(Sequence[Statement]):
    """A sequence of statements that takes a few hundred bytes each; grows by `append` only."""

    def __init__(self, statements: Iterable[Statement] = ()) -> None:
        self._bytes = bytearray()
        self._ends = array("Q", [0])
        for one in statements:
            self.append(one)

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, place: int) -> Statement: ...

    @overload
    def __getitem__(self, place: slice) -> list[Statement]: ...

    def __getitem__(self, place: int | slice) -> Statement | list[Statement]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        at = place % len(self)
        return _unpacked(self._bytes[self._ends[at] : self._ends[at + 1]].decode())

    def __iter__(self) -> Iterator[Statement]:
        return (self[place] for place in range(len(self)))

    def append(self, one: Statement) -> None:
        """Add a statement at the end."""
        self._bytes += _packed(one).encode()
        self._ends.append(len(self._bytes))


def _packed(one: Statement) -> str:
    return _FIELD.join(
        (
            _PART.join(name.text for name in one.names),
            _PART.join(one.own_script),
            one.address,
            one.compact_address,
            _PART.join(one.numbers),
            _PART.join(one.units),
            one.country,
            one.told_country,
            one.precision.value,
            _PART.join(f"{scheme}{_PAIR}{value}" for scheme, value in one.ids),
            one.kind,
            _PART.join(map(repr, one.pin or ())),
        )
    )


def _unpacked(text: str) -> Statement:
    names, own, address, compact, numbers, units, country, told, precise, ids, kind, pin = text.split(_FIELD)
    return Statement(
        tuple(map(name_of, names.split(_PART))) if names else (),
        _parts(own),
        address,
        compact,
        _parts(numbers),
        _parts(units),
        country,
        told,
        _PRECISIONS[precise],
        frozenset((scheme, value) for scheme, _mark, value in (one.partition(_PAIR) for one in ids.split(_PART)))
        if ids
        else frozenset(),
        kind,
        _pin(pin),
    )


def _parts(text: str) -> frozenset[str]:
    return frozenset(text.split(_PART)) if text else frozenset()


def _pin(text: str) -> tuple[float, float] | None:
    if not text:
        return None
    latitude, longitude = map(float, text.split(_PART))
    return latitude, longitude
