"""Sites of factories in any number, always the same ones: a base, spoilt descriptions of it, and decoys.

Names and addresses of published lists are mixed in where a folder of them is given (`HEFBOOM_SITE_LISTS`, or beside this
checkout); all others are invented here. Nothing of either is kept in the repository.
"""

from __future__ import annotations

import csv
import os
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from framework.ground.codelists import country_by_name
from framework.ground.place_scores import Statement, statement

COUNTRIES = ("CN", "VN", "TW", "KR", "JP", "TH", "MY", "IN", "ID", "PH", "DE", "US", "MX", "PL", "CZ")
WEIGHTS = (30, 10, 8, 7, 8, 6, 5, 8, 4, 3, 3, 4, 2, 1, 1)
REAL_NAMES, REAL_ADDRESSES = 0.15, 0.10
TRUE_QUERIES, DECOYS = 7, 3
"""Of ten queries so many describe a site of the base, and so many another plant of its company."""
SEED = 20261128
SYLLABLES = (
    "ba be bo chu da den dong fa fei gan gao guo hai han hong hua jia jin ka ken ko lan li lin lo lu ma mei min mo na "
    "nam ning no nu pan pei ping po qi qua ra ren ri ro rui sa sen shan shi shu so su ta tai tan ti tong tu vin wa wei "
    "wu xi xin ya yan yi yong yu zan zen zhi zhou"
).split()
TRADES = (
    "Electronics Optical Precision Battery Display Circuit Plastics Metal Mould Packaging Cable Semiconductor Power "
    "Magnetics Glass Textile Garment Casting Assembly Chemical Printing Acoustics Thermal Connector Tooling Rubber"
).split()
LEGAL = {"CN": ("Co., Ltd.", "Company Limited"), "VN": ("Co., Ltd", "JSC"), "TW": ("Co., Ltd.", "Corp."),
         "KR": ("Co., Ltd.", "Inc."), "JP": ("K.K.", "Co., Ltd."), "TH": ("Co., Ltd.", "PCL"), "MY": ("Sdn. Bhd.",),
         "IN": ("Pvt. Ltd.", "Limited"), "ID": ("Tbk", ""), "PH": ("Inc.", "Corp."), "DE": ("GmbH", "AG"),
         "US": ("Inc.", "LLC", "Corp."), "MX": ("S.A. de C.V.",), "PL": ("Sp. z o.o.", "S.A."), "CZ": ("s.r.o.", "a.s.")}  # fmt: skip
STREETS = ("Road", "Street", "Avenue", "Boulevard", "Lane")
SHORT = {"Road": "Rd.", "Street": "St.", "Avenue": "Ave.", "Boulevard": "Blvd.", "Industrial": "Ind.", "Building": "Bldg.",
         "North": "N.", "South": "S.", "District": "Dist."}  # fmt: skip
NUMBER = re.compile(r"(?<!\d)\d{1,4}(?!\d)")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Place:
    """A site as a row of a list describes it."""

    name: str
    address: str
    city: str
    country: str

    def said(self) -> Statement:
        """Its comparable forms."""
        return statement(self.name, self.address, city=self.city, country=self.country)


@dataclass(frozen=True, slots=True)
class Query:
    """A description to recognise: of the site with this number, or of none."""

    place: Place
    truth: int | None


def base(size: int) -> Iterator[Place]:
    """The sites of a base, no two with one name and one address."""
    chance = random.Random(SEED)
    real = _lists()
    seen: set[int] = set()
    while len(seen) < size:
        place = _place(chance, real)
        mark = hash((place.name, place.address, place.city, place.country))
        if mark not in seen:
            seen.add(mark)
            yield place


def queries(sites: Sequence[Place], numbers: Sequence[int]) -> list[Query]:
    """One query for each of these sites (with their numbers): most describe it, spoilt; some are decoys."""
    chance = random.Random(SEED + 1)
    found = []
    for place, number in zip(sites, numbers, strict=True):
        if chance.randrange(TRUE_QUERIES + DECOYS) < TRUE_QUERIES:
            found.append(Query(spoilt(place, chance), number))
        else:
            found.append(Query(_elsewhere(place, chance), None))
    return found


def chosen(size: int, wanted: int) -> list[int]:
    """The numbers of the sites that are queried, spread over a base of this size."""
    chance = random.Random(SEED + 2)
    return sorted(chance.sample(range(size), min(wanted, size)))


def spoilt(place: Place, chance: random.Random) -> Place:
    """The same place in other words: a legal form more or less, short words, a slip, the first or last word lost."""
    words = place.name.split()
    legal = {part for forms in LEGAL.values() for form in forms for part in form.split()}
    if chance.random() < 0.5:
        words = [word for word in words if word not in legal] or words
    elif chance.random() < 0.5:
        words += chance.choice(LEGAL[place.country]).split()
    if chance.random() < 0.1 and len(words) > 2:
        words = words[1:] if chance.random() < 0.3 else words[:-1]
    name = " ".join(words)
    if chance.random() < 0.25:
        name = _slip(name, chance)
    address = place.address
    if chance.random() < 0.5:
        for long, short in SHORT.items():
            address = address.replace(long, short)
    if chance.random() < 0.2:
        address = _slip(address, chance)
    if chance.random() < 0.2:
        parts = address.split(", ")
        address = ", ".join(parts[:-1]) if len(parts) > 2 else address
    if chance.random() < 0.2:
        name, address = name.upper(), address.upper()
    return replace(place, name=name, address=address)


def _place(chance: random.Random, real: tuple[Sequence[str], dict[str, list[str]]]) -> Place:
    names, addresses = real
    country = chance.choices(COUNTRIES, WEIGHTS)[0]
    name = chance.choice(names) if names and chance.random() < REAL_NAMES else _name(chance, country)
    if addresses.get(country) and chance.random() < REAL_ADDRESSES:
        return Place(name, _next_door(chance.choice(addresses[country]), chance), "", country)
    return Place(name, *_address(chance, country), country)


def _next_door(address: str, chance: random.Random) -> str:
    """A published address with other numbers: a street has many houses."""
    return NUMBER.sub(lambda _match: str(chance.randint(1, 999)), address)


def _elsewhere(place: Place, chance: random.Random) -> Place:
    """Another plant of the same company in the same country."""
    address, city = _address(chance, place.country)
    return replace(place, address=address, city=city)


def _name(chance: random.Random, country: str) -> str:
    stems = [_stem(chance, 2 + (chance.random() < 0.4)) for _ in range(1 + (chance.random() < 0.5))]
    trades = chance.sample(TRADES, 1 + (chance.random() < 0.4))
    place = [_towns(country)[chance.randrange(40)]] if chance.random() < 0.3 else []
    unit = [f"Plant {chance.randint(1, 4)}"] if chance.random() < 0.05 else []
    return " ".join([*place, *stems, *trades, *unit, chance.choice(LEGAL[country])]).strip()


def _address(chance: random.Random, country: str) -> tuple[str, str]:
    street = f"{_stem(chance, 2)} {chance.choice(STREETS)}"
    if chance.random() < 0.2:
        street = f"{chance.choice(('North', 'South', 'East', 'West'))} {street}"
    number = str(chance.randint(1, 999)) + (chance.choice("ABC") if chance.random() < 0.1 else "")
    line = f"No. {number} {street}" if chance.random() < 0.4 else f"{number} {street}"
    if chance.random() < 0.25:
        line = f"Building {chance.randint(1, 30)}, {line}"
    if chance.random() < 0.3:
        line += f", {_stem(chance, 2)} Industrial Park"
    town = _towns(country)[chance.randrange(400)]
    district = f", {_stem(random.Random(f'{town}{chance.randrange(5)}'), 2)} District" if chance.random() < 0.4 else ""
    return f"{line}{district}, {town}", town


@cache
def _towns(country: str) -> tuple[str, ...]:
    chance = random.Random(f"{SEED}{country}")
    return tuple(_stem(chance, 2 + (chance.random() < 0.5)) for _ in range(400))


def _stem(chance: random.Random, syllables: int) -> str:
    return "".join(chance.choices(SYLLABLES, k=syllables)).capitalize()


def _slip(text: str, chance: random.Random) -> str:
    """One letter of a text lost, doubled, changed or swapped with the next; never a digit."""
    places = [n for n, letter in enumerate(text) if letter.isalpha()]
    if not places:
        return text
    at = chance.choice(places)
    kind = chance.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at] + text[at:]
    if kind == 2:
        return text[:at] + chance.choice(LETTERS) + text[at + 1 :]
    return text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]


@cache
def _lists() -> tuple[Sequence[str], dict[str, list[str]]]:
    """Names, and addresses by country, of published lists; nothing where there are none."""
    folder = Path(os.environ.get("HEFBOOM_SITE_LISTS") or Path(__file__).resolve().parents[2] / "shared/data/sites")
    names: set[str] = set()
    addresses: dict[str, set[str]] = defaultdict(set)
    for path in sorted(folder.rglob("*.csv")) if folder.is_dir() else ():
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            for row in csv.DictReader(file):
                names.add(_first(row, "supplier_name", "Corporate Profile", "organization_name", "name"))
                address = _first(row, "supplier_address", "Address", "organization_address", "address")
                code = country_by_name(_first(row, "country") or address.rpartition(",")[2].strip()) or ""
                if code in COUNTRIES and any(sign.isdigit() for sign in address):
                    addresses[code].add(address)
    return sorted(names - {""}), {code: sorted(some) for code, some in sorted(addresses.items())}


def _first(row: dict[str, str], *columns: str) -> str:
    return next((" ".join((row.get(column) or "").split()) for column in columns if row.get(column)), "")
