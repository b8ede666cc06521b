"""Merkle trees as in RFC 6962, section 2.1: one root over all leaves, and short proofs that nothing before it changed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

EMPTY = hashlib.sha256(b"").digest()


def leaf(data: bytes) -> bytes:
    """The hash of a leaf: SHA-256 over a zero byte and the data."""
    return hashlib.sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees: SHA-256 over a one byte and both hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root of a tree over leaf hashes in their order.

    Pairing level by level and passing an odd last one on splits at the largest power of two, as the RFC defines.
    """
    level = list(leaves)
    while len(level) > 1:
        pairs = [node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) - len(level) % 2 :]
    return level[0] if level else EMPTY


def inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of the leaf at `index` (from 0), from the leaf upwards. Raises ValueError where there is none."""
    if not 0 <= index < len(leaves):
        raise ValueError(f"no leaf {index} among {len(leaves)}")
    path, level = [], list(leaves)
    while len(level) > 1:
        beside = index ^ 1
        if beside < len(level):
            path.append(level[beside])
        level = [root(level[at : at + 2]) for at in range(0, len(level), 2)]
        index //= 2
    return path


def root_along(path: Sequence[bytes], hashed: bytes, index: int, size: int) -> bytes | None:
    """The root that an audit path leads to from the leaf at `index` of `size` (RFC 9162, 2.1.3.2); None where it has no such length."""
    at, last = index, size - 1
    if not 0 <= at <= last:
        return None
    for beside in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            hashed = node(beside, hashed)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            hashed = node(hashed, beside)
        at, last = at >> 1, last >> 1
    return hashed if last == 0 else None


def consistency(leaves: Sequence[bytes], first: int) -> list[bytes]:
    """The proof that the tree over the first `first` leaves is the beginning of this one; empty where they are the same.

    Raises ValueError for a beginning that is empty or longer than the tree.
    """
    if not 0 < first <= len(leaves):
        raise ValueError(f"{first} of {len(leaves)} leaves")
    return _beginning(leaves, 0, len(leaves), first, is_known=True)


def _beginning(leaves: Sequence[bytes], low: int, high: int, first: int, *, is_known: bool) -> list[bytes]:
    """SUBPROOF of the RFC over the leaves from `low` to `high`; `is_known`: whoever checks has the root of this part."""
    if first == high:
        return [] if is_known else [root(leaves[low:high])]
    middle = low + (1 << (high - low - 1).bit_length() - 1)
    if first <= middle:
        return [*_beginning(leaves, low, middle, first, is_known=is_known), root(leaves[middle:high])]
    return [*_beginning(leaves, middle, high, first, is_known=False), root(leaves[low:middle])]


class Growing:
    """A tree that leaves are added to: it keeps the roots of its whole subtrees, of which there are few."""

    def __init__(self) -> None:
        self._peaks: list[tuple[int, bytes]] = []

    def add(self, hashed: bytes) -> None:
        """Add the hash of one more leaf."""
        size = 1
        while self._peaks and self._peaks[-1][0] == size:
            size, hashed = 2 * size, node(self._peaks.pop()[1], hashed)
        self._peaks.append((size, hashed))

    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self._peaks:
            return EMPTY
        found = self._peaks[-1][1]
        for _size, peak in reversed(self._peaks[:-1]):
            found = node(peak, found)
        return found
