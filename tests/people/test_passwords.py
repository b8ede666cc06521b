"""Passwords: hashing, what is accepted, the same work for nobody."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher, Type

from framework.ground.errors import InvalidInput
from framework.people import passwords


def test_the_products_own_hashing_is_argon2id_with_the_librarys_present_settings():
    own = PasswordHasher()

    assert own.type is Type.ID
    assert (own.time_cost, own.memory_cost, own.parallelism) >= (2, 19 * 1024, 1)


def test_a_password_matches_its_hash_and_no_other():
    stored = passwords.hashed("correct horse battery")

    assert stored.startswith("$argon2id$")
    assert passwords.matches(stored, "correct horse battery")
    assert not passwords.matches(stored, "correct horse batterY")


@pytest.mark.parametrize("stored", [None, "", "not a hash"])
def test_without_a_stored_hash_nothing_matches(stored: str | None):
    assert not passwords.matches(stored, "nobody has this password, it only takes the time")


def test_the_same_work_is_done_for_nobody(monkeypatch: pytest.MonkeyPatch):
    done: list[str] = []
    real = passwords.HASHER
    stored = passwords.hashed("correct horse battery")

    class Counting:
        def hash(self, password: str) -> str:
            return real.hash(password)

        def verify(self, hash_: str, password: str) -> bool:
            done.append(hash_.rsplit("$", 2)[0])
            return real.verify(hash_, password)

    monkeypatch.setattr(passwords, "HASHER", Counting())
    passwords.matches(stored, "wrong password")
    passwords.matches(None, "wrong password")

    assert len(done) == 2
    assert done[0] == done[1]


def test_weaker_hashes_are_found_outdated():
    old = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash("correct horse battery")

    assert passwords.is_outdated(old)
    assert not passwords.is_outdated(passwords.hashed("correct horse battery"))


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password-short"),
        ("123456789", "password-short"),
        ("x" * 201, "password-long"),
        ("aaaaaaaaaaaa", "password-repeats"),
        ("Ann.Example@Example.ORG", "password-is-address"),
        ("ann.example", "password-is-address"),
    ],
)
def test_a_weak_password_is_refused(password: str, code: str):
    with pytest.raises(InvalidInput) as caught:
        passwords.acceptable(password, email="ann.example@example.org")

    assert caught.value.code == code


@pytest.mark.parametrize("password", ["ten chars!", "een hele zin met spaties", "пароль-длинный", "🐎🔋🧷 correct"])
def test_long_enough_passwords_of_any_letters_are_accepted(password: str):
    assert passwords.acceptable(password, email="ann@example.org") == password
