"""The tree of RFC 6962: our quick functions say what its naive definitions say, and proofs prove nothing else."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from framework.ground import merkle, verify_log

CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
"""The tree of eight leaves with which implementations of Certificate Transparency are tested."""


def leaves_of(size: int, salt: bytes = b"") -> list[bytes]:
    return [merkle.leaf(salt + str(number).encode()) for number in range(size)]


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = largest_power_below(len(leaves))
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1."""
    if len(leaves) == 1:
        return []
    k = largest_power_below(len(leaves))
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_proof(m: int, leaves: list[bytes], *, b: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962, 2.1.2."""
    if m == len(leaves):
        return [] if b else [naive_root(leaves)]
    k = largest_power_below(len(leaves))
    if m <= k:
        return [*naive_proof(m, leaves[:k], b=b), naive_root(leaves[k:])]
    return [*naive_proof(m - k, leaves[k:], b=False), naive_root(leaves[:k])]


def largest_power_below(n: int) -> int:
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def head(leaves: list[bytes]) -> dict[str, object]:
    return {"size": len(leaves), "root": merkle.root(leaves).hex()}


def is_proven(old: dict[str, object], new: dict[str, object], path: list[bytes]) -> bool:
    """What the stand-alone verifier says of a proof of consistency."""
    try:
        verify_log.check_consistency(old, new, [one.hex() for one in path])
    except (ValueError, IndexError):
        return False
    return True


def test_the_tree_is_the_one_of_certificate_transparency():
    leaves = [merkle.leaf(bytes.fromhex(one)) for one in CT_LEAVES]

    assert merkle.root(leaves).hex() == CT_ROOT
    assert merkle.root([]).hex() == hashlib.sha256().hexdigest()


@settings(deadline=None)
@given(st.lists(st.binary(max_size=8), max_size=70))
def test_the_root_is_that_of_the_definition(data):
    leaves, growing = [merkle.leaf(one) for one in data], merkle.Growing()
    for one in leaves:
        growing.add(one)

    assert merkle.root(leaves) == naive_root(leaves) == growing.root()


@settings(deadline=None)
@given(st.integers(1, 300), st.data())
def test_an_audit_path_is_that_of_the_definition_and_leads_to_the_root(size, data):
    index, leaves = data.draw(st.integers(0, size - 1)), leaves_of(size)

    path = merkle.inclusion(leaves, index)

    assert path == naive_path(index, leaves)
    assert merkle.root_along(path, leaves[index], index, size) == merkle.root(leaves)


@settings(deadline=None)
@given(st.integers(2, 200), st.data())
def test_a_path_proves_no_other_leaf_and_no_other_place(size, data):
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    assume(index != other)
    leaves = leaves_of(size)
    path, root = merkle.inclusion(leaves, index), merkle.root(leaves)

    assert merkle.root_along(path, leaves[other], index, size) != root
    assert merkle.root_along(path, leaves[index], other, size) != root
    assert merkle.root_along([*path, root], leaves[index], index, size) != root
    assert merkle.root_along(path[:-1], leaves[index], index, size) != root


@settings(deadline=None)
@given(st.integers(1, 300), st.data())
def test_a_proof_of_consistency_is_that_of_the_definition_and_verifies(size, data):
    first, leaves = data.draw(st.integers(1, size)), leaves_of(size)

    path = merkle.consistency(leaves, first)

    assert path == naive_proof(first, leaves)
    assert is_proven(head(leaves[:first]), head(leaves), path)


@settings(deadline=None)
@given(st.integers(2, 120), st.data())
def test_a_tree_with_another_beginning_is_not_consistent(size, data):
    first = data.draw(st.integers(1, size))
    changed = data.draw(st.integers(0, first - 1))
    leaves = leaves_of(size)
    forked = [*leaves[:changed], merkle.leaf(b"another"), *leaves[changed + 1 :]]

    for path in (merkle.consistency(leaves, first), merkle.consistency(forked, first)):
        assert not is_proven(head(leaves[:first]), head(forked), path)


@settings(deadline=None)
@given(st.integers(2, 120), st.data())
def test_a_proof_that_was_touched_does_not_verify(size, data):
    first, leaves = data.draw(st.integers(1, size - 1)), leaves_of(size)
    path = merkle.consistency(leaves, first)
    at = data.draw(st.integers(0, len(path) - 1))

    flipped = [*path[:at], bytes([path[at][0] ^ 1]) + path[at][1:], *path[at + 1 :]]

    for wrong in (flipped, path[:at] + path[at + 1 :], [*path, path[at]], []):
        assert not is_proven(head(leaves[:first]), head(leaves), wrong)


@pytest.mark.parametrize(("first", "size"), [(0, 3), (4, 3)])
def test_no_proof_begins_with_nothing_or_beyond_the_end(first, size):
    with pytest.raises(ValueError, match="leaves"):
        merkle.consistency(leaves_of(size), first)


@pytest.mark.parametrize("index", [-1, 3])
def test_no_path_leads_from_a_leaf_that_is_not_there(index):
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion(leaves_of(3), index)
    assert merkle.root_along([], leaves_of(1)[0], index, 1) is None
