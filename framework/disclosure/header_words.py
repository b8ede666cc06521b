"""What the words of a column's header say, in six languages: exact headers first, else the concepts its words stand for."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

from rapidfuzz import process
from rapidfuzz.distance import Indel

from framework.ground.codelists import read_rows

LONGEST_HEADER = 120
APART = "-"
"""The meaning of a header that names something we do not take over, such as a contact."""
EXACT, BY_WORDS = 0.97, 0.95
_UNKNOWN_WORD, _NEARLY, _AMBIGUOUS = 0.22, 0.06, 0.6
_NEAR = 0.87
_SHORTEST_FUZZY, _SHORTEST_COMPOUND, _SHORTEST_PART = 5, 6, 3
_LINKS = ("", "s", "n", "e", "en", "es", "er", "ns", "r")
_PERCENT = "%"
_NO_LETTERS = re.compile(r"[\W_]+")
_WORDS = re.compile(r"%|[^\W_]+")
_BRACKETS = re.compile(r"[(\[（](.*?)[)\]）]")
_HAN = re.compile("[\u3400-\u9fff]")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_TRADITIONAL = str.maketrans(
    "廠國稱區縣郵編號員數產類別應鏈業總電話聯絡經緯層級團語詳細門場單責註備採購貨價額銷樓棟幹縱機規關聽僱勞傭東營務龍體質稅統傳資訊網頁連參證書審認標準職種項簡遞點廣歐處陸灣態間時際聲屬裝製組線實負獨擁權併終儲設廳鎮鄉鍵",
    "厂国称区县邮编号员数产类别应链业总电话联络经纬层级团语详细门场单责注备采购货价额销楼栋干纵机规关听雇劳佣东营务龙体质税统传资讯网页连参证书审认标准职种项简递点广欧处陆湾态间时际声属装制组线实负独拥权并终储设厅镇乡键",
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a header is taken for. `field` is a field of a list of sites, APART, or blank where its words say nothing.

    The smaller `rank`, the better the header names the field; `confidence` lies between 0 and 1. `unknown` counts the
    words that we do not know.
    """

    field: str = ""
    rank: int = 0
    confidence: float = 0.0
    unknown: int = 0


NOTHING = Meaning()


def header_key(text: str) -> str:
    """The form in which headers of lists are compared: letters and digits, no case, no accents, no remarks in brackets."""
    if text.isascii():
        return _NO_LETTERS.sub("", _BRACKETS.sub("", text).lower())
    plain = _BRACKETS.sub("", unicodedata.normalize("NFKD", text).casefold())
    return _NO_LETTERS.sub("", "".join(sign for sign in plain if not unicodedata.combining(sign)))


@cache
def synonyms() -> dict[str, tuple[str, int]]:
    """Header key → field and rank; the smaller the rank, the better the header names the field."""
    found: dict[str, tuple[str, int]] = {}
    for row in read_rows("site_list_headers.csv"):
        for rank, header in enumerate(row["headers"].split("|")):
            found.setdefault(header_key(header), (row["field"], rank))
    return found


@lru_cache(maxsize=4096)
def meaning(text: str, group: str = "", *, near: bool = True) -> Meaning:
    """What a header says below the header of its group, if there is one.

    Words that we know exactly decide; else the concepts of the words, less surely for every word that we do not know.
    `near`: words that are nearly ours count too, which takes longer.
    """
    if len(text) > LONGEST_HEADER or len(group) > LONGEST_HEADER:
        return NOTHING
    remarks = _concepts(" ".join(_BRACKETS.findall(text)), near=False)
    around = _concepts(group, near=near) if group else _Concepts()
    outer = (around.found | remarks.found) & _OF_SOMETHING_ELSE
    exact = synonyms().get(header_key(text))
    if exact and not outer and not around.found & _LEADING:
        return Meaning(*exact, confidence=EXACT)
    own = _concepts(_BRACKETS.sub(" ", text), near=near)
    if not text or outer or around.found & _LEADING:
        return _of(_Concepts(own.found | around.found | outer, own.unknown, own.near or around.near))
    said = _of(own)
    if said.field or not group:
        return said
    return _of(_Concepts(own.found | around.found, own.unknown + around.unknown, own.near or around.near))


def is_exact(text: str, field: str) -> bool:
    """Whether this header names the field by words that we know as a whole."""
    found = synonyms().get(header_key(text))
    return found is not None and found[0] == field


@dataclass(frozen=True, slots=True)
class _Concepts:
    found: frozenset[str] = frozenset()
    unknown: int = 0
    near: bool = False
    line: str = ""


_OF_SOMETHING_ELSE = frozenset({"parent", "hq", "contact", "customer", "phone", "mail"})
_LEADING = _OF_SOMETHING_ELSE | {"workers", "product", "site", "supplier"}
"""Groups that say whose name, whose number or whose kind stands below them."""

_APART_WORDS = frozenset(
    "phone mail url contact note money share partial date certificate status customer project hq serial".split()
)
_REGISTERS = {"lei": "lei_id", "duns": "duns_id", "gln": "gln_id", "rba": "rba_id"}
_WHO = frozenset({"site", "supplier", "company", "name", "legal", "production", "location"})


def _of(words: _Concepts) -> Meaning:
    """The meaning of a set of concepts; the first rule that fits decides."""
    found = words.found
    if not found:
        return NOTHING
    field, rank, base = _rule(found, words.line)
    if not field:
        return NOTHING
    sure = base - _UNKNOWN_WORD * words.unknown - (_NEARLY if words.near else 0)
    return Meaning(field, rank, max(round(sure, 2), 0.3), words.unknown)


def _rule(found: frozenset[str], line: str) -> tuple[str, int, float]:
    """Field, rank and confidence where every word is known; a blank field where the concepts say nothing together."""
    for rule in (_registers, _apart, _plain_places, _people, _things, _names):
        field, rank, base = rule(found, line)
        if field:
            return field, rank, base
    return "", 0, 0.0


_Ruled = tuple[str, int, float]
_SILENT: _Ruled = ("", 0, 0.0)


def _registers(found: frozenset[str], _line: str) -> _Ruled:
    if "oshub" in found:
        return ("parent_os_id" if "parent" in found else "os_id"), 5, BY_WORDS
    name = next((field for word, field in _REGISTERS.items() if word in found), "")
    if name:
        return (APART if "parent" in found else name), 5, BY_WORDS
    return ("industry_words", 5, BY_WORDS) if "isic" in found and not found & {"product"} else _SILENT


def _apart(found: frozenset[str], _line: str) -> _Ruled:
    if "year" in found and not found & {"money", "certificate"} and found <= {"year", "report", "date"}:
        return "list_year", 5, BY_WORDS
    if found & _APART_WORDS:
        return APART, 0, BY_WORDS
    about_parent = "parent" in found and "product" not in found
    if about_parent and found & {
        "address",
        "street",
        "country",
        "city",
        "region",
        "postcode",
        "id",
        "number",
        "workers",
    }:
        return APART, 0, BY_WORDS
    if "local" in found and found & {"address", "street", "city", "country"}:
        return APART, 0, BY_WORDS
    numbered = found & {"id", "number"} and found & {"site", "supplier", "company"} and "address" not in found
    if numbered and not found & {"street", "country", "model", "product", "postcode", "name", "workers", "house"}:
        return APART, 0, BY_WORDS
    return (APART, 0, BY_WORDS) if found <= {"id", "number", "serial", "count"} else _SILENT


def _plain_places(found: frozenset[str], line: str) -> _Ruled:
    for name in ("latitude", "longitude"):
        if name in found:
            return name, 5, BY_WORDS
    if "postcode" in found:
        return ("address_line_2", 5, BY_WORDS) if "city" in found else ("postcode", 5, BY_WORDS)
    if "country" in found:
        return _country(found)
    if found & {"address", "street", "house"} and not found & {"parent"}:
        return _address(found, line)
    if "city" in found and not found & {"parent", "product"}:
        return "city", 5, BY_WORDS
    if "region" in found and not found & {"parent", "product"}:
        return "region", 5, BY_WORDS
    return _SILENT


def _country(found: frozenset[str]) -> _Ruled:
    if found & {"city", "address", "street"}:
        return "address_line_2", 6, _AMBIGUOUS
    if "origin" in found:
        return "country", 30, _AMBIGUOUS
    return "country", 8 if "id" in found else 5, BY_WORDS


def _address(found: frozenset[str], line: str) -> _Ruled:
    if line in ("2", "3"):
        return f"address_line_{line}", 5, BY_WORDS
    if "city" in found or "region" in found:
        return "address_line", 20, _AMBIGUOUS
    if found == {"house"} or found == {"house", "number"}:
        return "address_line_2", 9, BY_WORDS
    rank = 30 if "postal" in found else 12 if "address" not in found else 6
    return "address_line", rank, BY_WORDS


def _people(found: frozenset[str], _line: str) -> _Ruled:
    if "parent" in found and "product" not in found:
        return "parent_company", 5, BY_WORDS
    if "workers" in found and (not found & {"product"} or "count" in found):
        return "workers_total", 5, BY_WORDS
    if "tier" in found:
        return "tier_words", 5, BY_WORDS
    return _SILENT


def _things(found: frozenset[str], _line: str) -> _Ruled:
    if "count" in found:
        return APART, 0, BY_WORDS
    if "model" in found:
        return "product_model", 5, BY_WORDS
    if "product" in found and "site" not in found:
        return ("product_model", 9, BY_WORDS) if found & {"name", "id", "number"} else ("product_words", 5, BY_WORDS)
    if "kind" in found:
        return "facility_words", 6, BY_WORDS
    return ("product_words", 9, _AMBIGUOUS) if "product" in found else _SILENT


def _names(found: frozenset[str], _line: str) -> _Ruled:
    named = bool(found & {"site", "supplier", "company", "name"})
    if "local" in found and named:
        return "local_language_name", 5, BY_WORDS
    if "site" in found:
        if "location" in found and "name" not in found:
            return "address_line", 25, _AMBIGUOUS
        return "site_legal_name", 2 if "name" in found else 8, BY_WORDS
    if "name" in found and "location" in found:
        return "site_legal_name", 3, BY_WORDS
    if "supplier" in found:
        return "site_legal_name", 20, BY_WORDS
    if "company" in found:
        return "site_legal_name", 24, BY_WORDS
    if "name" in found:
        return "site_legal_name", 17, BY_WORDS
    return ("address_line", 40, _AMBIGUOUS) if "location" in found else _SILENT


@cache
def _lexicon() -> dict[str, str]:
    """Words and phrases in their plain form → concept; the first concept that claims a word has it."""
    found: dict[str, str] = {}
    for row in read_rows("header_words.csv"):
        for word in row["words"].split("|"):
            found.setdefault(" ".join(tokens_of(word)), row["concept"])
    return found


@cache
def _longest_phrase() -> int:
    return max(len(phrase.split()) for phrase in _lexicon())


@cache
def _fuzzy_words() -> list[str]:
    return [word for word in _lexicon() if len(word) >= _SHORTEST_FUZZY and " " not in word and word.isascii()]


def tokens_of(text: str) -> list[str]:
    """Words without case and accents, Chinese in simplified signs and apart from Latin letters."""
    humped = _HUMP.sub(" ", text) if not text.isupper() else text
    if humped.isascii():
        return _WORDS.findall(humped.lower())
    plain = unicodedata.normalize("NFKD", humped.translate(_TRADITIONAL)).casefold()
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    plain = re.sub("([\u3400-\u9fff]+)", r" \1 ", plain)
    return _WORDS.findall(plain)


@lru_cache(maxsize=8192)
def _concepts(text: str, *, near: bool) -> _Concepts:
    if not text:
        return _Concepts()
    found: set[str] = set()
    unknown, is_near, line = 0, False, ""
    tokens, place = tokens_of(text), 0
    while place < len(tokens):
        phrase = _phrase(tokens, place)
        token = tokens[place]
        if phrase:
            found.add(_lexicon()[" ".join(tokens[place : place + phrase])])
        elif token.isdigit():
            line = token
        elif token == _PERCENT:
            found.add("share")
        else:
            concepts, missed, nearly = _word(token, near=near)
            found |= concepts
            unknown += missed
            is_near |= nearly
        place += phrase or 1
    return _Concepts(frozenset(found - {"stop", "foreign"}), unknown, is_near, line)


def _phrase(tokens: list[str], place: int) -> int:
    """How many tokens from here on are one known phrase; 0 for none."""
    for length in range(min(_longest_phrase(), len(tokens) - place), 0, -1):
        if " ".join(tokens[place : place + length]) in _lexicon():
            return length
    return 0


@lru_cache(maxsize=8192)
def _word(token: str, *, near: bool) -> tuple[frozenset[str], int, bool]:
    """Concepts of one unknown word: of its parts, or of the word it is nearly; how many parts stay unknown; whether only nearly."""
    if _HAN.match(token):
        return (*_han(token), False)
    parts = _compound(token)
    if parts:
        return frozenset(parts), 0, False
    if near and len(token) >= _SHORTEST_FUZZY and token.isascii():
        best = process.extractOne(token, _fuzzy_words(), scorer=Indel.normalized_similarity, score_cutoff=_NEAR)
        if best and best[0][0] == token[0]:
            return frozenset({_lexicon()[best[0]]}), 0, True
    return frozenset(), 0 if len(token) == 1 else 1, False


def _compound(token: str) -> list[str]:
    """Concepts of the known words that a word of a Germanic language is put together from; none where a part is unknown."""
    if len(token) < _SHORTEST_COMPOUND:
        return []
    reached: dict[int, list[str]] = {0: []}
    for start in range(len(token)):
        if start not in reached:
            continue
        for end in range(start + _SHORTEST_PART, len(token) + 1):
            concept = _lexicon().get(token[start:end])
            if concept is None:
                continue
            for link in _LINKS:
                if token.startswith(link, end) and end + len(link) not in reached:
                    reached[end + len(link)] = [*reached[start], concept]
    return reached.get(len(token), [])


def _han(token: str) -> tuple[frozenset[str], int]:
    """Chinese words are not set apart: the longest known ones from the left; each run of unknown signs counts as one."""
    found: set[str] = set()
    unknown, place, gap = 0, 0, False
    while place < len(token):
        length = next(
            (n for n in range(min(8, len(token) - place), 0, -1) if token[place : place + n] in _lexicon()), 0
        )
        if length:
            found.add(_lexicon()[token[place : place + length]])
        unknown += not length and not gap
        gap = not length
        place += length or 1
    return frozenset(found), unknown
