"""The shares of the openers: a key in parts, each part under its holder's own passphrase (docs/sealing.md).

The key pair of a round follows from a seed of 16 bytes. The seed is split (Shamir) so that any so many of its shares
give it back and fewer tell nothing; each share is locked for the key pair of one opener, whose private half lies under a
passphrase. The seed itself is kept nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

from argon2.low_level import Type, hash_secret_raw
from Cryptodome.Protocol.SecretSharing import Shamir
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from framework.ground.errors import InvalidInput, MoveRefused
from framework.ground.text import N_
from models.boxes import PrivateBox, PublicBox
from models.sealing import WrongMasterKey

SEED, PRIVATE, _SALT, _NONCE = 16, 32, 16, 12
LONGEST = 200
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's letters and digits: none that is taken for another."""
_READ_AS = str.maketrans("OIL", "011")
_IN_GROUP = 4
_GROUPS = 13
_SPARE_BITS = _GROUPS * _IN_GROUP * 5 - PRIVATE * 8


@dataclass(frozen=True, slots=True)
class Cost:
    """How hard it is to try one passphrase (argon2id): passes, KiB of memory, threads."""

    passes: int
    memory: int
    lanes: int

    def is_sane(self) -> bool:
        """Whether a figure that was read may be worked with: a changed one must not take the machine."""
        return 1 <= self.passes <= 32 and 8 <= self.memory <= 2**20 and 1 <= self.lanes <= 16


COST = Cost(passes=4, memory=128 * 1024, lanes=4)


class WrongPassphrase(InvalidInput):
    """Neither the passphrase nor the recovery code of this opener and round. It counts as a denied attempt."""

    is_attempt = True

    def __init__(self, message: str = "", **params: object) -> None:
        said = message or N_("This is not your passphrase for this round, nor your recovery code. Nothing was done.")
        super().__init__("passphrase-wrong", said, field="passphrase", rule="L07e", **params)
        self.attempt = "opener_key.unlock"


class KeyDamaged(MoveRefused):
    """What is stored of an opener's key was changed outside the product."""

    def __init__(self) -> None:
        super().__init__(
            "opener-key-damaged",
            N_(
                "What is stored of your key was changed outside the product. Use your recovery code; if that does not help "
                "either, the operator puts a backup back, or the others open without you."
            ),
            rule="L08",
        )


@dataclass(frozen=True, slots=True)
class Made:
    """A key pair that was just made: the public half, the private one as it may lie in the database, and itself."""

    public_key: str
    sealed_private_key: str
    private: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Held:
    """What the database holds of one opener's key, apart from any session; `what` says whose it is and of which round."""

    public_key: str
    sealed_private_key: str
    what: str


def of_opener(user_id: str, round_id: str) -> str:
    """What the private key of an opener is sealed with, by public ids."""
    return f"private key of opener {user_id} of round {round_id}"


def of_share(number: int, round_id: str) -> str:
    """What a share is locked with."""
    return f"share {number} of round {round_id}"


def make(passphrase: str, what: str) -> Made:
    """A fresh key pair under a passphrase. It takes the time that `COST` says: call it outside any transaction."""
    private = secrets.token_bytes(PRIVATE)
    return Made(PrivateBox(private).public, _sealed(private, passphrase, what), private)


def unlocked(held: Held, typed: str) -> bytes:
    """The private key of an opener by passphrase or recovery code, whichever was typed; slow, as `make` is.

    Raises WrongPassphrase, which names the group of a recovery code that was mistyped, and KeyDamaged.
    """
    try:
        code, mistyped = read_code(typed), None
    except WrongPassphrase as error:
        code, mistyped = None, error
    if code is not None:
        if PrivateBox(code).public != held.public_key:
            raise WrongPassphrase(N_("This recovery code is of another opener, round or passphrase. Nothing was done."))
        return code
    try:
        private = _opened(held.sealed_private_key, typed, held.what)
    except WrongPassphrase as error:
        raise mistyped or error from None
    if PrivateBox(private).public != held.public_key:
        raise KeyDamaged
    return private


def written_code(private: bytes) -> str:
    """The private key for paper: 13 groups of four letters and digits with a fifth that checks the group and its place."""
    number = int.from_bytes(private, "big") << _SPARE_BITS
    symbols = [number >> (5 * place) & 31 for place in reversed(range(_GROUPS * _IN_GROUP))]
    groups = [symbols[start : start + _IN_GROUP] for start in range(0, len(symbols), _IN_GROUP)]
    return "-".join(
        "".join(ALPHABET[one] for one in [*group, _check(group, place)]) for place, group in enumerate(groups)
    )


def read_code(typed: str) -> bytes | None:
    """The private key of a recovery code; None where what was typed looks like something else.

    Case, spaces and hyphens do not matter; O reads as 0, I and L as 1. Raises WrongPassphrase naming the first group that
    does not check: one wrong sign in a group, two exchanged ones and exchanged groups are always found.
    """
    plain = "".join(one for one in typed.upper() if not one.isspace() and one not in "-‐‑–").translate(_READ_AS)
    size = _IN_GROUP + 1
    if len(plain) != _GROUPS * size or set(plain) - set(ALPHABET):
        return None
    number = 0
    for place in range(_GROUPS):
        *group, check = (ALPHABET.index(one) for one in plain[place * size : (place + 1) * size])
        if _check(group, place) != check:
            raise WrongPassphrase(
                N_("Group %(group)s of the recovery code is not as printed. Compare it. Nothing was done."),
                group=place + 1,
            )
        for one in group:
            number = number << 5 | one
    return (number >> _SPARE_BITS).to_bytes(PRIVATE, "big")


def deal(holders: Mapping[int, str], needed: int, round_id: str) -> tuple[str, dict[int, str]]:
    """A new key of a round in shares: its public half, and by share number what its holder's public key locks.

    `holders` are public keys by share number, from 1 without gaps. Any `needed` of the shares open.
    """
    if sorted(holders) != list(range(1, len(holders) + 1)) or not 2 <= needed <= len(holders):
        raise ValueError(f"{needed} of {sorted(holders)}")
    seed = secrets.token_bytes(SEED)
    shares: list[tuple[int, bytes]] = Shamir.split(needed, len(holders), seed, ssss=False)
    locked = {number: PublicBox(holders[number]).wrap(share, of_share(number, round_id)) for number, share in shares}
    return PrivateBox.of_seed(seed).public, locked


def opened_share(private: bytes, locked: str, number: int, round_id: str) -> bytes:
    """The share of whoever holds the private key. Raises KeyDamaged."""
    try:
        return PrivateBox(private).unwrap(locked, of_share(number, round_id))
    except WrongMasterKey as error:
        raise KeyDamaged from error


def joined(shares: Mapping[int, bytes], needed: int, public_key: str) -> PrivateBox:
    """What opens a round, from shares by number. Raises MoveRefused where no `needed` of them give the key of this round."""
    for chosen in combinations(sorted(shares), needed):
        try:
            seed: bytes = Shamir.combine([(number, shares[number]) for number in chosen], ssss=False)
        except ValueError:
            continue
        box = PrivateBox.of_seed(seed)
        if box.public == public_key:
            return box
    raise MoveRefused(
        "shares-do-not-fit",
        N_("These shares do not give the key of this round, so nothing was opened. Let another opener confirm."),
        rule="L07e",
    )


def _sealed(private: bytes, passphrase: str, what: str) -> str:
    salt, nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
    gcm = AESGCM(_stretched(passphrase, salt, COST))
    said = {
        "passes": COST.passes,
        "memory": COST.memory,
        "lanes": COST.lanes,
        "salt": _text(salt),
        "nonce": _text(nonce),
        "sealed": _text(gcm.encrypt(nonce, private, what.encode())),
    }
    return json.dumps(said | {"digest": _digest(said)}, separators=(",", ":"))


def _opened(sealed: str, passphrase: str, what: str) -> bytes:
    try:
        said = json.loads(sealed)
        digest = said.pop("digest")
        cost = Cost(said["passes"], said["memory"], said["lanes"])
        salt, nonce, content = (base64.b64decode(said[name], validate=True) for name in ("salt", "nonce", "sealed"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeyDamaged from error
    if digest != _digest(said) or not cost.is_sane():
        raise KeyDamaged
    if not passphrase.strip() or len(passphrase) > LONGEST:
        raise WrongPassphrase
    try:
        return AESGCM(_stretched(passphrase, salt, cost)).decrypt(nonce, content, what.encode())
    except InvalidTag as error:
        raise WrongPassphrase from error


def _digest(said: Mapping[str, object]) -> str:
    """Tells damage from a wrong passphrase; it protects nothing."""
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _stretched(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    """The key of a passphrase, which is the same on every keyboard and with spaces around it."""
    plain = unicodedata.normalize("NFKC", passphrase.strip()).encode()
    return hash_secret_raw(plain, salt, cost.passes, cost.memory, cost.lanes, 32, Type.ID)


def _check(group: list[int], place: int) -> int:
    """A check over the field of 32 elements: each sign has a weight of its own, and so has the place of the group."""
    total = place
    for power, one in enumerate(group, 1):
        total ^= _times(one, _power(power))
    return total


def _power(number: int) -> int:
    found = 1
    for _time in range(number):
        found = _times(found, 2)
    return found


def _times(left: int, right: int) -> int:
    """Product in GF(32), modulo x^5 + x^2 + 1."""
    found = 0
    while right:
        if right & 1:
            found ^= left
        left <<= 1
        if left & 32:
            left ^= 0b100101
        right >>= 1
    return found


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
