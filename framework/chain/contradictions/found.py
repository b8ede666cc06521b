"""What a cross-check finds: one contradiction with its statements, known by what it is about."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Said:
    """One statement. `row` is None where a file has no such row; `is_asked` where its supplier may be asked about it.

    `says` holds values of this one statement alone: it is all that a question to its supplier is made from.
    """

    submission: int
    row: int | None
    says: dict[str, Any]
    is_asked: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """A contradiction. `about` are the things it is about, in no order; `worth` the pooled pieces it touches, at most."""

    code: str
    about: tuple[str, ...]
    params: dict[str, Any]
    said: tuple[Said, ...]
    worth: int | None = None

    @property
    def key(self) -> str:
        """The same for the same things, whatever their rows are numbered and ordered."""
        return key_of(self.code, self.about)


def key_of(code: str, about: Collection[str]) -> str:
    """A hash of the kind and of what it is about."""
    text = json.dumps([code, *sorted(about)], ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def in_order(said: Collection[Said]) -> tuple[Said, ...]:
    """Statements in an order that does not depend on the order of the rows."""
    return tuple(sorted(said, key=lambda one: (one.submission, one.row or 0, json.dumps(one.says, sort_keys=True))))
