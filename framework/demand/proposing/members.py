"""Who of a round a row means: by reference, registration number or name; what only may be somebody is asked. Pure."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from framework.people import doubles
from framework.people.doubles import Body, Doubles

OUT = "out"
"""The answer about a name: its rows are left out."""


@dataclass(frozen=True, slots=True)
class Member:
    """One that is or was on the list of the round; `is_in`: figures may be proposed to it."""

    id: int
    public_id: str
    name: str
    registration_no: str
    country: str
    is_in: bool = True


@dataclass(frozen=True, slots=True)
class Said:
    """Whom a row names, as it stands there; blank = not said."""

    name: str = ""
    number: str = ""
    reference: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether the row names nobody."""
        return not (self.name or self.number or self.reference)

    @property
    def key(self) -> str:
        """How an answer about this name is told."""
        return hashlib.sha256("\n".join((self.name, self.number, self.reference)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Match:
    """Who it is (None: not certain), and who it may be, the likeliest first; `is_out`: somebody said to leave it out."""

    member: Member | None = None
    likes: tuple[Member, ...] = ()
    is_out: bool = False


class Members:
    """The members of a round, found again by what rows say of them."""

    def __init__(self, members: Iterable[Member], answers: Mapping[str, str] | None = None) -> None:
        self._by_public_id = {one.public_id: one for one in members}
        self._answers = answers or {}
        self._by_number: dict[tuple[str, str], list[Member]] = defaultdict(list)
        self._by_name: dict[str, list[Member]] = defaultdict(list)
        self._countries = sorted({one.country for one in self._by_public_id.values()})
        for one in self._by_public_id.values():
            self._by_name[doubles.name_key(one.name)].append(one)
            number = doubles.number_key(one.registration_no, one.country)
            if number:
                self._by_number[one.country, number].append(one)
        self._near = Doubles(
            Body(one.public_id, one.name, one.registration_no, one.country) for one in self._by_public_id.values()
        )
        self._known: dict[Said, Match] = {}

    def find(self, said: Said) -> Match:
        """Who is meant; asked once for each wording."""
        if said not in self._known:
            self._known[said] = self._find(said)
        return self._known[said]

    def _find(self, said: Said) -> Match:
        answer = self._answers.get(said.key, "")
        if answer == OUT:
            return Match(is_out=True)
        if answer in self._by_public_id:
            return Match(self._by_public_id[answer])
        named = self._by_name.get(doubles.name_key(said.name), []) if said.name else []
        pointed = self._pointed(said)
        if pointed and (not said.name or pointed[0] in named):
            return Match(pointed[0]) if len(pointed) == 1 else Match(likes=tuple(pointed[: doubles.MOST]))
        if not pointed and len(named) == 1 and not self._has_other_number(named[0], said):
            return Match(named[0])
        likes = list(dict.fromkeys([*pointed, *named, *self._like(said)]))
        return Match(likes=tuple(likes[: doubles.MOST]))

    def _pointed(self, said: Said) -> list[Member]:
        """Whom reference or registration number point at; both where they contradict each other."""
        found = [self._by_public_id[said.reference]] if said.reference in self._by_public_id else []
        for country in self._countries if said.number else ():
            found += self._by_number.get((country, doubles.number_key(said.number, country)), [])
        return list(dict.fromkeys(found))

    def _has_other_number(self, member: Member, said: Said) -> bool:
        """Whether row and member each have a registration number, and not the same."""
        theirs = doubles.number_key(member.registration_no, member.country)
        return bool(theirs and said.number) and theirs != doubles.number_key(said.number, member.country)

    def _like(self, said: Said) -> list[Member]:
        if not said.name:
            return []
        near = [
            one
            for country in self._countries
            for one in self._near.find(Body("", said.name, said.number, country))
            if set(one.grounds) & {"core", "letters", "name"}
        ]
        return [self._by_public_id[one.key] for one in near] + self._nearly(doubles.name_key(said.name))

    def _nearly(self, name: str) -> list[Member]:
        """Whose whole name differs in a letter or two, so that a slip in the kind of body is no other body."""
        letters = min(2, len(name) // 6)
        if not letters:
            return []
        found = process.extract(name, self._by_name.keys(), scorer=Levenshtein.distance, score_cutoff=letters, limit=doubles.MOST)  # fmt: skip
        return [one for key, _distance, _place in found for one in self._by_name[key]]
