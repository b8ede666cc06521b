"""Passwords: argon2id, a minimum length, the same work for an account that does not exist."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from framework.ground.errors import InvalidInput
from framework.ground.text import N_
from framework.people.addresses import fold_email

SHORTEST, LONGEST = 10, 200
HASHER = PasswordHasher()


def hashed(password: str) -> str:
    """The argon2id hash to store."""
    return HASHER.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether `password` is the stored one; where nothing is stored the same work is done and the answer is no (T38)."""
    try:
        return HASHER.verify(stored or _nobodys(), password[:LONGEST]) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with weaker settings than today's."""
    return HASHER.check_needs_rehash(stored)


def acceptable(password: str, *, email: str, field: str = "password") -> str:
    """The password itself; raises InvalidInput where it is too short, too long or the mail address."""
    if len(password) < SHORTEST:
        raise InvalidInput(
            "password-short",
            N_("A password has at least %(least)s characters."),
            field=field,
            least=SHORTEST,
        )
    if len(password) > LONGEST:
        raise InvalidInput(
            "password-long",
            N_("At most %(limit)s characters."),
            field=field,
            limit=LONGEST,
        )
    folded, address = fold_email(password), fold_email(email)
    if folded in (address, address.partition("@")[0]):
        raise InvalidInput(
            "password-is-address",
            N_("The password must not be your mail address."),
            field=field,
        )
    if len(set(folded)) < 4:
        raise InvalidInput(
            "password-repeats",
            N_("Use at least four different characters."),
            field=field,
        )
    return password


@cache
def _nobodys() -> str:
    """A hash that no password has, made with the same settings."""
    return HASHER.hash("nobody has this password, it only takes the time")
