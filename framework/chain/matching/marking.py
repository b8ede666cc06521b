"""Two descriptions field by field: what agrees, what not, and which words of one the other has nothing for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from framework.ground.places import legal_forms_of, normalise_address, normalise_name
from framework.ground.text import N_
from models.chain import Mention
from models.disclosure import SubmissionRow

AGREES = {
    "equal": N_("equal"),
    "alike": N_("equal after cleaning"),
    "differs": N_("differs"),
    "one_missing": N_("only one side gives it"),
    "none": N_("neither gives it"),
}
"""How a field of two descriptions compares, in words."""
FIELDS = {
    "name": N_("Name"),
    "local_name": N_("Name in its own script"),
    "address": N_("Address"),
    "city": N_("City"),
    "region": N_("Region"),
    "country": N_("Country"),
    "os_id": N_("OS ID"),
    "parent_company": N_("Parent company"),
}
"""Fields that are compared, in the order of the page."""


SHORT = 3
"""Letters up to which a word within a longer one says nothing."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as written; `differs` where the other side has nothing for it."""

    text: str
    differs: bool
    is_number: bool


@dataclass(frozen=True, slots=True)
class Field:
    """A field of one description, compared with the other: its words, and a key of AGREES."""

    key: str
    words: tuple[Word, ...]
    agrees: str


def texts_of(mention: Mention, row: SubmissionRow) -> dict[str, str]:
    """What a row says in each field, blank where it says nothing."""
    local = str(row.read_values.get("site_local_name") or "")
    return {key: local if key == "local_name" else getattr(mention, key) for key in FIELDS}


def compared(texts: dict[str, str], others: dict[str, str]) -> list[Field]:
    """The fields that either side gives, with the words of `texts` marked against those of `others`."""
    country = texts["country"] if len(texts["country"]) == 2 else ""
    cleaned: dict[str, Callable[[str], str]] = {
        "name": normalise_name,
        "local_name": normalise_name,
        "parent_company": normalise_name,
        "address": partial(normalise_address, country=country),
        "city": partial(normalise_address, country=country),
        "region": partial(normalise_address, country=country),
    }
    return [
        _field(key, text, others[key], cleaned.get(key, str.casefold))
        for key, text in texts.items()
        if text or others[key]
    ]


def _field(key: str, text: str, other: str, clean: Callable[[str], str]) -> Field:
    there = set(clean(other).split()) | set(other.casefold().split())
    joined, own = "".join(clean(other).split()), "".join(clean(text).split())
    words = tuple(
        _word(word, there, joined, clean, has_other=bool(other), is_respaced=own == joined) for word in text.split()
    )
    return Field(key, words, _agrees(text, other, clean))


def _word(
    word: str, there: set[str], joined: str, clean: Callable[[str], str], *, has_other: bool, is_respaced: bool
) -> Word:
    """A word; `is_respaced` where both sides are the same letters, set apart in other places."""
    own = clean(word).split()
    is_number = any(letter.isdigit() for letter in word)
    known = word.casefold() in there or set(own) <= there or bool(legal_forms_of(word.strip(",.;()")) and not is_number)
    if not known and not is_number:
        known = is_respaced or (len("".join(own)) > SHORT and "".join(own) in joined)
    return Word(word, has_other and not known, is_number)


def _agrees(text: str, other: str, clean: Callable[[str], str]) -> str:
    if not (text and other):
        return "one_missing" if text or other else "none"
    if text == other:
        return "equal"
    return "alike" if clean(text) == clean(other) else "differs"
