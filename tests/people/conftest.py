"""People with passwords, cheap to hash."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from framework.people import passwords

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def cheap_hashing(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Hash with the least work; the product's own settings are looked at in test_passwords."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()


@pytest.fixture
def password_of(session):  # type: ignore[no-untyped-def]
    """Give a person the password of these tests."""

    def give(user, password: str = PASSWORD):  # type: ignore[no-untyped-def]
        user.password_hash = passwords.hashed(password)
        session.commit()
        return user

    return give
