"""People with passwords, cheap to hash."""

from __future__ import annotations

import pytest

from framework.people import passwords
from tests.conftest import hash_cheaply

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def cheap_hashing():  # type: ignore[no-untyped-def]
    """Hash with the least work; the product's own settings are looked at in test_passwords."""
    with hash_cheaply():
        yield


@pytest.fixture
def password_of(session):  # type: ignore[no-untyped-def]
    """Give a person the password of these tests."""

    def give(user, password: str = PASSWORD):  # type: ignore[no-untyped-def]
        user.password_hash = passwords.hashed(password)
        session.commit()
        return user

    return give
