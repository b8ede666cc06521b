"""What a sheet calls the things it wants: wordings that are none of our categories are proposed and asked, never guessed. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from framework.demand import vocabulary
from framework.demand.lines import Scope
from framework.ground import category_words
from framework.ground.quantity_words import norm

OUT = "-"
"""Said of a wording: leave its rows out."""
MOST = 50
"""Wordings that one page asks about beside those that were answered; the rest is asked after them."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One wording, the rows that say it, what it is proposed as and what a person said (blank: nothing yet).

    `category` is ours where we know the word but this lot does not buy it.
    """

    text: str
    rows: tuple[int, ...]
    proposal: str
    said: str
    category: str

    @property
    def key(self) -> str:
        """What names it in a form."""
        return key_of(self.text)


def key_of(text: str) -> str:
    """A short name of a wording, the same for all its spellings."""
    return hashlib.sha256(norm(text).encode()).hexdigest()[:10]


def asked(
    said_in: Iterable[tuple[int, str]], said: Mapping[str, str], scope: Scope, words: Mapping[str, str]
) -> list[Wording]:
    """The wordings of a column of categories (row, text) that the lot does not know as its own, in the order of the sheet."""
    rows: dict[str, list[int]] = {}
    texts: dict[str, str] = {}
    for number, text in said_in:
        if vocabulary.category_of(text, words) not in scope.categories:
            rows.setdefault(key_of(text), []).append(number)
            texts.setdefault(key_of(text), text)
    new = [key for key in rows if key not in said][:MOST]
    shown = [key for key in rows if key in said or key in new]
    return [_wording(texts[key], tuple(rows[key]), said.get(key, ""), scope, words) for key in shown]


def is_evidence(text: str, words: Mapping[str, str]) -> bool:
    """Whether a value speaks of a category of hardware."""
    return vocabulary.category_of(text, words) is not None or category_words.near(text) is not None


def _wording(text: str, rows: tuple[int, ...], said: str, scope: Scope, words: Mapping[str, str]) -> Wording:
    category = vocabulary.category_of(text, words) or ""
    near = category or category_words.near(text) or ""
    proposal = near if near in scope.categories else OUT if near else ""
    return Wording(text, rows, proposal, said, category)
