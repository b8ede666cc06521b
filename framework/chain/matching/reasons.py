"""Why two mentions are one place or not, as codes with parameters and in words."""

from __future__ import annotations

from dataclasses import dataclass, field

from framework.ground.place_scores import Guard, Likeness, Statement, distance_km
from framework.ground.text import N_

EQUAL, MOST_WORDS = 100.0, 3

SENTENCES = {
    "names-equal": N_("names equal after cleaning (%(name)s)"),
    "names-own-script": N_("names equal in their own script (%(name)s)"),
    "names-alike": N_("names %(percent)s %% alike"),
    "names-other": N_("names only %(percent)s %% alike"),
    "ignored": N_("“%(words)s” ignored"),
    "addresses-equal": N_("same address after cleaning"),
    "addresses-alike": N_("addresses %(percent)s %% alike"),
    "addresses-other": N_("addresses only %(percent)s %% alike"),
    "address-missing": N_("an address is missing"),
    "numbers-equal": N_("number %(numbers)s equal"),
    "ids-equal": N_("same %(scheme)s number %(value)s"),
    "G1": N_("house numbers differ: %(one)s and %(other)s"),
    "G2": N_("only one side has number %(numbers)s"),
    "G3": N_("units differ: %(one)s and %(other)s"),
    "G4": N_("countries differ: %(one)s and %(other)s"),
    "G5": N_("a place is given without street and number"),
    "G6": N_("same company, other address"),
    "G7": N_("same address, other name: renamed, or a neighbour?"),
    "G8": N_("another known site fits as well"),
    "G9": N_("pins are %(km)s km apart or in no place"),
    "G10": N_("two different registry numbers"),
    "G11": N_("the registry number says the same, the words do not"),
    "G12": N_("kinds differ: %(one)s and %(other)s"),
    "G14": N_("words contradict: %(one)s and %(other)s"),
    "nothing-alike": N_("no other row is like it"),
}
"""Each code in words; parameters are texts of the mentions, cleaned, and codes of countries."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: a key of SENTENCES and its parameters, all JSON."""

    code: str
    params: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """The reason in English, for the command line; pages say it in the reader's language."""
        return SENTENCES[self.code] % self.params


def reasons(a: Statement, b: Statement, found: Likeness, ignored: str = "") -> tuple[Reason, ...]:
    """Why a pair is tied, asked or held apart; what speaks for it first, then the guards. `ignored` are legal forms."""
    told = [_of_ids(found), _of_names(a, b, found), _ignored(ignored), _of_addresses(a, b, found), _of_numbers(a, b)]
    told += [_of_guard(guard, a, b) for guard in sorted(found.guards, key=list(Guard).index)]
    return tuple(reason for reason in told if reason is not None)


def _of_ids(found: Likeness) -> Reason | None:
    for scheme, value in sorted(found.shared_ids):
        return Reason("ids-equal", {"scheme": scheme.upper(), "value": value})
    return None


def _of_names(a: Statement, b: Statement, found: Likeness) -> Reason:
    own = a.own_script & b.own_script
    if own:
        return Reason("names-own-script", {"name": min(own)})
    if found.name >= EQUAL:
        return Reason("names-equal", {"name": a.name})
    code = "names-alike" if found.name_set >= 60 else "names-other"
    return Reason(code, {"percent": f"{found.name_set:.0f}"})


def _ignored(words: str) -> Reason | None:
    return Reason("ignored", {"words": words}) if words else None


def _of_addresses(a: Statement, b: Statement, found: Likeness) -> Reason:
    if not (a.address and b.address):
        return Reason("address-missing")
    if found.address >= EQUAL:
        return Reason("addresses-equal")
    code = "addresses-alike" if found.address >= 60 else "addresses-other"
    return Reason(code, {"percent": f"{found.address:.0f}"})


def _of_numbers(a: Statement, b: Statement) -> Reason | None:
    return Reason("numbers-equal", {"numbers": _listed(a.numbers)}) if a.numbers and a.numbers == b.numbers else None


def _of_guard(guard: Guard, a: Statement, b: Statement) -> Reason:
    return Reason(guard.value, _GUARD_PARAMS[guard](a, b) if guard in _GUARD_PARAMS else {})


def _numbers(a: Statement, b: Statement) -> dict[str, str]:
    return {"one": _listed(a.numbers - b.numbers), "other": _listed(b.numbers - a.numbers)}


def _missing(a: Statement, b: Statement) -> dict[str, str]:
    return {"numbers": _listed(a.numbers ^ b.numbers)}


def _units(a: Statement, b: Statement) -> dict[str, str]:
    return {"one": _listed(a.units) or "–", "other": _listed(b.units) or "–"}


def _countries(a: Statement, b: Statement) -> dict[str, str]:
    here, there = {a.country, a.told_country} - {""}, {b.country, b.told_country} - {""}
    one, other = sorted(here - there or here), sorted(there - here or there)
    return {"one": " ".join(one), "other": " ".join(other)}


def _pins(a: Statement, b: Statement) -> dict[str, str]:
    return {"km": f"{distance_km(a.pin, b.pin):.0f}" if a.pin and b.pin else "?"}


def _kinds(a: Statement, b: Statement) -> dict[str, str]:
    return {"one": a.kind, "other": b.kind}


def _words(a: Statement, b: Statement) -> dict[str, str]:
    for one, other in ((a.address, b.address), (a.name, b.name)):
        here, there = set(one.split()), set(other.split())
        told = {"one": _some(here - there), "other": _some(there - here)}
        if all(told.values()):
            break
    return told


_GUARD_PARAMS = {
    Guard.NUMBERS: _numbers,
    Guard.NUMBER_MISSING: _missing,
    Guard.UNITS: _units,
    Guard.COUNTRY: _countries,
    Guard.PINS: _pins,
    Guard.KIND: _kinds,
    Guard.WORDS: _words,
}


def _listed(numbers: frozenset[str]) -> str:
    return ", ".join(sorted(numbers, key=lambda number: (len(number), number)))


def _some(words: set[str]) -> str:
    return " ".join(
        sorted((word for word in words if not word.isdigit()), key=lambda word: (-len(word), word))[:MOST_WORDS]
    )
