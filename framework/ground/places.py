"""Names and addresses of sites made comparable: pure functions, no judgement; raw text is kept elsewhere for ever.

Normalised text is only for comparing. A change of any rule here is a new RULESET, so that keys stored under an older
one can be told apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from functools import cache, lru_cache

from anyascii import anyascii

from framework.ground.address_country import KEPT, LONGEST, PARTS, has_letters, is_region, with_ones
from framework.ground.codelists import country_by_name, country_name, read_rows

RULESET = 3

_TRIM = " ,;\t\n"
_HAN = re.compile(r"([\u3400-\u9fff\uf900-\ufaff])")
_SPACES = re.compile(r"[^\S\n]+")
_APOSTROPHE = re.compile(r"(?<=[a-z0-9])['`](?=[a-z0-9])")
_SHORT_NUMBER = re.compile(r"(?<!\d)\d{1,4}(?!\d)")
_WORD = re.compile(r"[a-z]+|[0-9]+")
_POSTCODE_DIGITS = 5
_NUMBER = re.compile(r"(?<![a-z0-9])([a-z])-?0*(\d+)(?![0-9])|0*(\d+)-?([a-z])(?![a-z0-9])|0*(\d+)")
_ROMAN = {
    "i": "1",
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "v": "5",
    "vi": "6",
    "vii": "7",
    "viii": "8",
    "ix": "9",
    "x": "10",
}
_UNIT_WORDS = frozenset(["unit", "factory", "facility", "branch", "plant", "division", "phase", "fab", "no"])
_ALIAS = re.compile(
    r"\b(?:a/k/a|aka|a\.k\.a\.|also known as|f/k/a|formerly(?: known as)?|d/b/a|trading as|t/a)\b[:\s]*", re.IGNORECASE
)
_BRACKET_AT_END = re.compile(r"^(.+?)\s*[(（]([^()（）]+)[)）]\s*$")
_PO_BOX = re.compile(
    r"\b(?:p\W{0,2}o\W{0,2}\s?box|post(?:al)?\s?(?:office\s)?box|gpo box|postbus|antwoordnummer|postbox|postfach|pf|"
    r"boite postale|b\W?p(?=\W*\d)|case postale|casella postale|apartado(?: de correos| postal)?|apdo|"
    r"skrytka pocztowa|caixa postal|private bag|locked bag|(?:you zheng )?xin xiang)\b\W*(?:no\W*)?[a-z]{0,2}\W?[\d ]*"
    r"|(?:^|[,;\n])\s*box\s*\d+",
)
_MAY_BE_PO_BOX = re.compile(r"box|b\W?p|post|pf|bag|antwoordnummer|apartado|apdo|skrytka|xin xiang|casella")
"""One of these stands in whatever `_PO_BOX` finds; a cheap look before the dear one."""
_FILLERS = frozenset(["the", "and"])
_DUTCH_POSTCODE = re.compile(r"\b[1-9]\d{3} ?[A-Z]{2}\b")
_LISTED = re.compile(r"(?:^|\s)\(?1[).]\s.{8,}?\s\(?2[).]\s", re.DOTALL)
_LAST_LATIN, _LEAST_OWN_LETTERS = "\u024f", 2


class Precision(StrEnum):
    """How exactly a mention names a place, from the most exact; anything below `site` is disclosed, low precision."""

    SITE = "site"
    ZONE = "zone"
    CITY = "city"
    REGION = "region"
    COUNTRY = "country"
    NAME_ONLY = "name_only"


def split_aliases(name: str) -> tuple[str, ...]:
    """The names in one cell, the primary first: parts after `aka`, `formerly`, in brackets at the end, around `/`."""
    parts = [part for part in _ALIAS.split(name[:LONGEST]) if part.strip(_TRIM + "()")]
    bracket = _BRACKET_AT_END.match(parts[0]) if parts else None
    if bracket and not _is_legal_form(bracket[2]):
        parts[:1] = [bracket[1], bracket[2]]
    sides = re.split(r"\s*/\s*", parts[0]) if parts else []
    if len(sides) == 2 and all(len(side.split()) >= 2 for side in sides):
        parts[:1] = sides
    cleaned = (_without_open_bracket(part.strip(_TRIM)) for part in parts)
    return tuple(dict.fromkeys(part for part in cleaned if part))


@lru_cache(maxsize=KEPT)
def normalise_name(text: str) -> str:
    """The comparable form of one name: ASCII, lower case, words by single blanks, legal forms dropped.

    A name that is nothing but legal forms keeps them. Applying it twice changes nothing.
    """
    words = _written_out(_joined_letters(_words(_without_own_forms(text[:LONGEST]))))
    while True:
        shorter = _joined_letters(_without_legal_forms(words) or words)
        if shorter == words:
            return " ".join(words)
        words = shorter


@lru_cache(maxsize=KEPT)
def normalise_address(text: str, country: str = "") -> str:
    """The comparable form of an address: abbreviations written out, `No.` dropped, names of `country` removed.

    `country` is an alpha-2 code or blank. Digits stay, postcodes included; `address_numbers` compares them.
    """
    words = _address_words(text[:LONGEST])
    return " ".join(_without_sequences(words, _country_sequences(country)) if country else words)


@lru_cache(maxsize=KEPT)
def address_numbers(text: str) -> frozenset[str]:
    """House, plot and unit numbers: digit groups below five digits, without leading zeros, with the single letter
    that stands directly before or after (`54A`, `54-B`, `B-12` → 54a, 54b, b12). Longer groups are postcodes, save
    one that opens the address before a street (`12455 Research Blvd`).
    """
    plain = _ascii(text[:LONGEST])
    found = {_number_of(match) for match in _NUMBER.finditer(plain)} | {_long_house_number(plain)}
    return frozenset(found - {""})


@lru_cache(maxsize=KEPT)
def name_in_own_script(text: str) -> str:
    """A name in letters that are not Latin, without blanks, signs and its own legal forms; blank for Latin names.

    Equal ones are evidence of their own: readings of the same characters differ from language to language.
    """
    if text.isascii():
        return ""
    kept = [sign for sign in _without_own_forms(text[:LONGEST]) if sign.isalpha() and sign > _LAST_LATIN]
    return "".join(kept) if len(kept) >= _LEAST_OWN_LETTERS else ""


def legal_forms_of(text: str) -> str:
    """The words of a name that comparing leaves out as legal forms, as written in ASCII; blank where there are none."""
    words = _joined_letters(_words(_without_own_forms(text[:LONGEST])))
    kept = Counter(_without_legal_forms(words))
    left_out = []
    for word in reversed(words):
        if kept[word] > 0:
            kept[word] -= 1
        else:
            left_out.append(word)
    return " ".join(reversed(left_out))


def unit_markers(name: str) -> frozenset[str]:
    """What tells units of one company apart: digits in the name, roman numerals after `unit`, `plant` … or at the end.

    The end is before the legal form: `Lakeside II Co., Ltd.` is unit 2.
    """
    words = _without_legal_forms(_words(_without_own_forms(name[:LONGEST])))
    romans = {
        _ROMAN[word]
        for place, word in enumerate(words)
        if word in _ROMAN and place and (words[place - 1] in _UNIT_WORDS or (place == len(words) - 1 and len(word) > 1))
    }
    return frozenset(word.lstrip("0") or "0" for word in words if word.isdigit()) | romans


def precision(address: str, city: str, country: str, *, region: str = "", has_registry_id: bool = False) -> Precision:
    """How exactly address, city, region and country (alpha-2 or blank) name a place.

    A number beside a street, plot or building together with a city or region makes a site, a street or zone without
    number makes a zone; a post box is no place, nor is a postcode. A registry id that leads to one place is a site by
    itself.
    """
    if has_registry_id:
        return Precision.SITE
    return _precision(with_ones(address), city, country, region)


@lru_cache(maxsize=KEPT)
def _precision(address: str, city: str, country: str, region: str) -> Precision:
    """The precision of a place; which digits an address has says nothing, only how many and which are zeros."""
    if country == "NL":
        address = _DUTCH_POSTCODE.sub(" ", address)
    rest = _without_po_box(address)
    place = normalise_address(rest, country).split()
    around = normalise_address(f"{city} {region}", country).split()
    words = [word for word in place if not word.isdigit() and word not in around]
    if _is_site(address, words, has_place=bool(around)) and (rest == address or not is_po_box(address)):
        return Precision.SITE
    if any(_kinds().get(word) in ("street", "zone") for word in words) or _has_street_ending(words):
        return Precision.ZONE
    return _coarse(address, city, region, country, has_words=bool(words))


def is_po_box(text: str) -> bool:
    """Is a post box all the street there is? A street, plot or building with number beside the box makes it a place."""
    if not _has_po_box(text):
        return False
    rest = _without_po_box(text)
    words = normalise_address(rest).split()
    street = _has_street_ending(words) or any(_kinds().get(word) in ("street", "zone", "building") for word in words)
    return not (street and address_numbers(rest))


def several_addresses(text: str) -> bool:
    """Does one cell hold more than one address: a numbered list, or several parts each with a number and words?"""
    if _LISTED.search(text[:LONGEST]):
        return True
    parts = re.split(r"[;|；]|\n", text[:LONGEST])
    return len(parts) > 1 and sum(_looks_whole(part) for part in parts) > 1


def kind_of_word(word: str) -> str:
    """What a written-out word of an address is: street, zone, building, area or direction; blank for any other."""
    return _kinds().get(word, "")


def _without_open_bracket(part: str) -> str:
    """A part cut out of `Xinbo (formerly Luoshan)` without the bracket that lost its other half."""
    if part.count("(") == part.count(")"):
        return part
    return part.strip("()").strip(_TRIM)


@lru_cache(maxsize=KEPT)
def _ascii(text: str) -> str:
    """Steps every comparison shares: NFKC, no case, Han characters apart, ASCII, no apostrophes inside words."""
    if not text.isascii():
        folded = unicodedata.normalize("NFKC", text).casefold()
        text = anyascii(_HAN.sub(r" \1 ", folded))
    plain = text.lower()
    if "  " in plain or not plain.isprintable():
        plain = _SPACES.sub(" ", plain)
    return _APOSTROPHE.sub("", plain) if "'" in plain or "`" in plain else plain


def _words(text: str) -> list[str]:
    """ASCII words; digits and letters stand apart (`Sector28` is two words)."""
    return _WORD.findall(_ascii(text))


def _address_words(text: str) -> list[str]:
    """The words of an address, abbreviations written out."""
    written_out = _long_words()
    words = _words(text)
    if written_out.keys().isdisjoint(words):
        return words
    return [long for word in words for long in written_out.get(word, word).split()]


def _has_number(text: str) -> bool:
    """Whether `address_numbers` finds any; a short number is always one."""
    return _SHORT_NUMBER.search(_ascii(text[:LONGEST])) is not None or bool(address_numbers(text))


def _number_of(match: re.Match[str]) -> str:
    before, after_letter, digits, letter, bare = match.groups()
    digits = after_letter or digits or bare or ""
    return "" if len(digits) >= _POSTCODE_DIGITS else f"{before or ''}{digits}{letter or ''}"


def _long_house_number(plain: str) -> str:
    opening = re.match(r"\W*(\d{5,6}) ([^,;\n]+)", plain)
    street = opening and any(_kinds().get(_long_words().get(word, word)) == "street" for word in opening[2].split())
    return opening[1].lstrip("0") if opening and street else ""


def _written_out(words: list[str]) -> list[str]:
    """The words of a name, abbreviations written out, `the` and `and` left out where others stay."""
    long = _long_name_words()
    return [long.get(word, word) for word in words if word not in _FILLERS] or words


def _joined_letters(words: Iterable[str]) -> list[str]:
    """Runs of single letters become one word: `s p a` is `spa`."""
    runs: list[str] = []
    in_run = False
    for word in words:
        single = len(word) == 1 and word.isalpha()
        if single and in_run:
            runs[-1] += word
        else:
            runs.append(word)
        in_run = single
    return runs


def _without_own_forms(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    for form in _forms("own"):
        folded = folded.replace(form, " ")
    words = "|".join(map(re.escape, _forms("word")))
    return re.sub(rf"\b(?:{words})\b", " ", folded) if has_letters(folded) else text


def _without_legal_forms(words: list[str]) -> list[str]:
    return _without_sequences(words, _form_sequences())


def _is_legal_form(text: str) -> bool:
    return not _without_legal_forms(_joined_letters(_words(_without_own_forms(text))))


def _without_sequences(words: list[str], sequences: dict[str, tuple[tuple[str, ...], ...]]) -> list[str]:
    """`words` without the sequences given by their first word, the longest first."""
    if sequences.keys().isdisjoint(words):
        return list(words)
    kept: list[str] = []
    place = 0
    while place < len(words):
        found = next((s for s in sequences.get(words[place], ()) if tuple(words[place : place + len(s)]) == s), ())
        if not found:
            kept.append(words[place])
        place += len(found) or 1
    return kept


def _by_first_word(sequences: Iterable[tuple[str, ...]]) -> dict[str, tuple[tuple[str, ...], ...]]:
    table: dict[str, tuple[tuple[str, ...], ...]] = {}
    for sequence in sorted({s for s in sequences if s}, key=lambda s: (-len(s), s)):
        table[sequence[0]] = (*table.get(sequence[0], ()), sequence)
    return table


@cache
def _forms(script: str) -> tuple[str, ...]:
    found = (row["form"] for row in read_rows("legal_forms.csv") if row["script"] == script)
    return tuple(sorted(found, key=len, reverse=True))


@cache
def _form_sequences() -> dict[str, tuple[tuple[str, ...], ...]]:
    return _by_first_word(tuple(form.split()) for form in _forms("latin"))


@cache
def _country_sequences(country: str) -> dict[str, tuple[tuple[str, ...], ...]]:
    """The names of a country as words of a normalised address, as English and its own aliases write them."""
    names = [row["alias"] for row in read_rows("country_aliases.csv") if row["code"] == country]
    names += [country_name(country, language) for language in ("en", "nl", "sv", "zh")]
    return _by_first_word(tuple(_address_words(name)) for name in names)


@cache
def _long_words() -> dict[str, str]:
    return {row["short"]: row["word"] for row in read_rows("address_words.csv")}


@cache
def _long_name_words() -> dict[str, str]:
    return {row["short"]: row["word"] for row in read_rows("name_words.csv")}


@cache
def _kinds() -> dict[str, str]:
    """Kind of a written-out address word: street, zone, building, area or direction."""
    rows = read_rows("address_words.csv")
    return {word: row["kind"] for row in rows for word in row["word"].split()}


def _has_street_ending(words: Iterable[str]) -> bool:
    """Germanic streets are one word with the name: Dorpsstraat, Storgatan, Hauptstrasse."""
    return any(re.search(r".(straat|laan|weg|gatan|vagen|strasse|plein|kade)$", word) for word in words)


def _is_site(address: str, words: list[str], *, has_place: bool) -> bool:
    """A number and a word that is no direction; without city or region two such words, for the place is among them."""
    if not _has_number(_without_po_box(address)):
        return False
    telling = [word for word in words if len(word) > 1 or _kinds().get(word) == "building"]
    return len(telling) >= (1 if has_place else 2)


def _coarse(address: str, city: str, region: str, country: str, *, has_words: bool) -> Precision:
    """City, region, country or name only, where neither street nor zone is given."""
    parts = [part for part in PARTS.split(f"{_without_po_box(address)},{city}") if has_letters(part)]
    places = [part for part in parts if not _names_country(part, country)]
    if any(not is_region(part) for part in places):
        return Precision.CITY
    if places or has_letters(region):
        return Precision.REGION
    return Precision.COUNTRY if country or has_words or parts else Precision.NAME_ONLY


def _names_country(text: str, country: str) -> bool:
    found = country_by_name(text.strip(" .")) or (country if country and text.strip(" .").upper() == country else None)
    return found is not None and found == (country or found)


def _has_po_box(text: str) -> bool:
    plain = _ascii(text[:LONGEST])
    return _MAY_BE_PO_BOX.search(plain) is not None and _PO_BOX.search(plain) is not None


@lru_cache(maxsize=1024)
def _without_po_box(text: str) -> str:
    plain = _ascii(text[:LONGEST])
    return _PO_BOX.sub(" ", plain) if _MAY_BE_PO_BOX.search(plain) and _PO_BOX.search(plain) else text


def _looks_whole(part: str) -> bool:
    """A number and at least three words, and where lines break, a comma too: a part that could stand alone."""
    words = [word for word in _words(part) if word.isalpha() and len(word) > 1]
    return bool(address_numbers(part)) and len(words) >= 3 and "," in part
