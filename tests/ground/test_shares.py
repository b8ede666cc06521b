"""Shares of the openers: any so many open, fewer never; passphrases, recovery codes, damage."""

from __future__ import annotations

import json
import random
from itertools import combinations

import pytest
from Cryptodome.Protocol.SecretSharing import Shamir
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.ground import shares
from framework.ground.errors import MoveRefused
from models.boxes import PrivateBox

WHAT = shares.of_opener("anna", "round1")
PASSPHRASE = "paper boats on dry land"
few = settings(max_examples=30, deadline=None)


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    monkeypatch.setattr(shares, "COST", shares.Cost(passes=1, memory=8, lanes=1))


def held(made, what=WHAT):
    return shares.Held(made.public_key, made.sealed_private_key, what)


def dealt(holders=3, needed=2, round_id="round1"):
    privates = {number: random.randbytes(32) for number in range(1, holders + 1)}
    public, locked = shares.deal({n: PrivateBox(p).public for n, p in privates.items()}, needed, round_id)
    return public, {n: shares.opened_share(privates[n], locked[n], n, round_id) for n in privates}


@few
@given(holders=st.integers(2, 6), data=st.data())
def test_any_so_many_shares_open_and_fewer_never(holders, data):
    needed = data.draw(st.integers(2, holders))
    public, given_out = dealt(holders, needed)

    for chosen in combinations(given_out, needed):
        assert shares.joined({n: given_out[n] for n in chosen}, needed, public).public == public
    for chosen in combinations(given_out, needed - 1):
        with pytest.raises(MoveRefused) as refused:
            shares.joined({n: given_out[n] for n in chosen}, needed, public)
        assert refused.value.code == "shares-do-not-fit"
        if needed > 2:
            seed = Shamir.combine([(n, given_out[n]) for n in chosen])
            assert PrivateBox.of_seed(seed).public != public


def test_one_share_of_two_fits_every_seed():
    """Whatever the seed, a second share exists that gives it: one share tells nothing."""
    one = (1, b"a share of 16 by")
    seeds = {Shamir.combine([one, (2, bytes([number]) * 16)]) for number in range(200)}

    assert len(seeds) == 200


def test_shares_of_two_rounds_do_not_mix():
    public, first = dealt()
    _public, second = dealt(round_id="round2")

    with pytest.raises(MoveRefused):
        shares.joined({1: first[1], 2: second[2]}, 2, public)


def test_one_broken_share_among_three_does_not_stop_the_others():
    public, given_out = dealt()

    assert shares.joined(given_out | {1: bytes(16)}, 2, public).public == public


@pytest.mark.parametrize(("holders", "needed"), [({1: "", 3: ""}, 2), ({1: "", 2: ""}, 1), ({1: "", 2: ""}, 3)])
def test_a_deal_that_cannot_be_is_a_mistake_of_ours(holders, needed):
    with pytest.raises(ValueError, match="of"):
        shares.deal(holders, needed, "round1")


def test_a_share_opens_for_its_holder_and_in_its_place_only():
    mine, other = random.randbytes(32), random.randbytes(32)
    _public, locked = shares.deal({1: PrivateBox(mine).public, 2: PrivateBox(other).public}, 2, "round1")

    for private, number, round_id in ((other, 1, "round1"), (mine, 2, "round1"), (mine, 1, "round2")):
        with pytest.raises(shares.KeyDamaged):
            shares.opened_share(private, locked[1], number, round_id)


@few
@given(st.text(min_size=1, max_size=200).filter(str.strip), st.text(max_size=300))
def test_a_passphrase_opens_and_another_does_not(passphrase, other):
    made = shares.make(passphrase, WHAT)

    assert shares.unlocked(held(made), f" {passphrase[:198]} " if len(passphrase) < 198 else passphrase) == made.private
    if other.strip() != passphrase.strip() and shares._stretched(other, b"s" * 16, shares.COST) != shares._stretched(
        passphrase, b"s" * 16, shares.COST
    ):
        with pytest.raises(shares.WrongPassphrase):
            shares.unlocked(held(made), other)


def test_the_same_letters_of_another_keyboard_open():
    made = shares.make("Caf\u00e9 \u2126 langs de gracht", WHAT)

    assert shares.unlocked(held(made), "Cafe\u0301 \u03a9 langs de gracht") == made.private


def test_a_key_moved_to_another_opener_or_round_does_not_open():
    made = shares.make(PASSPHRASE, WHAT)

    for what in (shares.of_opener("bert", "round1"), shares.of_opener("anna", "round2")):
        with pytest.raises(shares.WrongPassphrase):
            shares.unlocked(held(made, what), PASSPHRASE)


def test_every_changed_byte_is_said_to_be_damage():
    made = shares.make(PASSPHRASE, WHAT)
    stored = made.sealed_private_key

    for place in range(len(stored)):
        changed = stored[:place] + ("x" if stored[place] != "x" else "y") + stored[place + 1 :]
        with pytest.raises((shares.KeyDamaged, shares.WrongPassphrase)) as refused:
            shares.unlocked(shares.Held(made.public_key, changed, WHAT), PASSPHRASE)
        assert refused.value.code == "opener-key-damaged", changed


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "[]",
        "7",
        "{}",
        '{"digest":1}',
        '{"passes":"1","memory":8,"lanes":1,"salt":"","nonce":"","sealed":"","digest":""}',
    ],
)
def test_nonsense_in_the_database_is_damage(stored):
    with pytest.raises(shares.KeyDamaged):
        shares.unlocked(shares.Held("x", stored, WHAT), PASSPHRASE)


def test_a_cost_that_would_take_the_machine_is_not_worked_with():
    said = json.loads(shares.make(PASSPHRASE, WHAT).sealed_private_key)
    said.pop("digest")
    said["memory"] = 2**31
    stored = json.dumps(said | {"digest": shares._digest(said)})

    with pytest.raises(shares.KeyDamaged):
        shares.unlocked(shares.Held("x", stored, WHAT), PASSPHRASE)


def test_another_public_key_is_damage():
    made, other = shares.make(PASSPHRASE, WHAT), shares.make(PASSPHRASE, WHAT)

    with pytest.raises(shares.KeyDamaged):
        shares.unlocked(shares.Held(other.public_key, made.sealed_private_key, WHAT), PASSPHRASE)


@few
@given(st.binary(min_size=32, max_size=32), st.randoms(use_true_random=False))
def test_a_recovery_code_is_read_however_it_is_typed(private, chance):
    code = shares.written_code(private)
    typed = "".join(chance.choice([one.lower(), one, one + " "]) for one in code)
    typed = typed.replace("0", "o").replace("1", chance.choice("lIi1"))

    assert shares.read_code(typed) == private
    assert [len(group) for group in code.split("-")] == [5] * 13


@few
@given(st.binary(min_size=32, max_size=32), st.integers(0, 64), st.integers(1, 31))
def test_every_single_wrong_sign_is_noticed_with_its_group(private, place, by):
    plain = shares.written_code(private).replace("-", "")
    wrong = shares.ALPHABET[(shares.ALPHABET.index(plain[place]) + by) % 32]

    with pytest.raises(shares.WrongPassphrase) as refused:
        shares.read_code(plain[:place] + wrong + plain[place + 1 :])

    assert refused.value.params == {"group": place // 5 + 1}


@few
@given(st.binary(min_size=32, max_size=32), st.integers(0, 12), st.integers(0, 4), st.integers(0, 4))
def test_exchanged_signs_and_groups_are_noticed(private, group, left, right):
    groups = shares.written_code(private).split("-")
    signs = list(groups[group])
    signs[left], signs[right] = signs[right], signs[left]
    changed = [*groups[:group], "".join(signs), *groups[group + 1 :]]
    if changed != groups:
        with pytest.raises(shares.WrongPassphrase):
            shares.read_code("-".join(changed))
    other = (group + 1) % 13
    groups[group], groups[other] = groups[other], groups[group]
    with pytest.raises(shares.WrongPassphrase):
        shares.read_code("-".join(groups))


def test_a_recovery_code_opens_also_where_the_sealed_key_is_damaged_and_only_its_own_key():
    made, other = shares.make(PASSPHRASE, WHAT), shares.make(PASSPHRASE, WHAT)

    assert (
        shares.unlocked(shares.Held(made.public_key, "gone", WHAT), shares.written_code(made.private)) == made.private
    )
    with pytest.raises(shares.WrongPassphrase):
        shares.unlocked(held(made), shares.written_code(other.private))


def test_a_passphrase_that_looks_like_a_recovery_code_still_opens():
    passphrase = "a" * 65
    made = shares.make(passphrase, WHAT)

    assert shares.unlocked(held(made), passphrase) == made.private
    with pytest.raises(shares.WrongPassphrase) as refused:
        shares.unlocked(held(made), "b" * 65)
    assert refused.value.params == {"group": 1}


def test_what_was_made_does_not_show_its_private_half():
    made = shares.make(PASSPHRASE, WHAT)

    assert repr(made.private) not in repr(made)
    assert PASSPHRASE not in repr(made)
