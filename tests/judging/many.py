"""Many random worlds after one another: what they have in common is done once, and what they do not ask about is left out."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy.orm import Session

from framework.ground import audit
from models.records import AuditEvent
from models.sealing import Ring, holding

IN_FULL = os.environ.get("HEFBOOM_BARS") == "1"
WORLDS = 5_000 if IN_FULL else 500
PART = 100
"""Worlds that share one database; each begins where the one before began."""


@contextmanager
def lightly() -> Iterator[None]:
    """Write events without their chain, which costs four statements each, and hold no keys: nothing of a world lies sealed.

    The chain has tests of its own (tests/audit).
    """
    numbers = itertools.count(1_000_000)

    def write(session: Session, event: AuditEvent) -> None:
        event.seq = next(numbers)
        event.prev_hash = event.hash = f"{event.seq:064d}"
        session.add(event)

    with pytest.MonkeyPatch.context() as patch, holding(Ring()):
        patch.setattr(audit, "_chain", write)
        yield


@contextmanager
def undone(session: Session) -> Iterator[None]:
    """Let what is done inside be as if it had not been."""
    outer = session.begin_nested()
    yield
    outer.rollback()
    session.expire_all()
