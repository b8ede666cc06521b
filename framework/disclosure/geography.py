"""What an address says: how precise it is, whether it is a PO box, which country it ends with, whether it is several."""

from __future__ import annotations

import re
from functools import lru_cache

from framework.ground.codelists import country_by_name, read_rows

PRECISIONS = ("site", "zone", "city", "region", "country", "name_only")
NEIGHBOURS = frozenset({"CN", "HK", "MO", "TW"})

_PO_BOX = re.compile(
    r"(?:\b(?:p\.?\s*o\.?\s*-?\s*box|post\s*office\s*box|postbus|postbox|postfach|boîte\s+postale|casella\s+postale)|邮政信箱)"
    r"[\s.:#-]*(?:no\.?\s*)?\d*|(?:\bb\.?p\.?|\bapartado(?:\s+postal)?|^box)\s+\d+",
    re.I,
)
_ZONE = re.compile(
    r"\b(?:park|zone|estate|industrial|economic|district|road|rd|street|avenue|village|epz|kcn|kawasan|sez|ftz)\b|园区|工业区|开发区|路|街",
    re.I,
)
_BOX_WORDS = ("box", "postbus", "postfach", "postal", "bp", "b.p", "apartado", "邮政")
_POSTCODE = re.compile(r"\b\d{5,}\b|\b\d{3}[ -]\d{2,4}\b|\b\d{4} ?[A-Z]{2}\b")
_PARTS = re.compile(r"[;|\n\r]+")
_AMBIGUOUS_ENDS = frozenset({"georgia", "jersey", "guernsey", "jordan", "lebanon", "mexico"})


@lru_cache(maxsize=65_536)
def precision(name: str, address: str, city: str, region: str, country: str) -> str:
    """`site`, `zone`, `city`, `region`, `country` or `name_only`: how exactly a row says where it is (D29).

    A site needs a number that is no postcode, and a city or region: in its own column or as further words of the address.
    """
    without_country = _without_country(address)
    parts = [part for part in re.split(r"[,，;]", without_country) if part.strip()]
    if re.search(r"\d", _POSTCODE.sub(" ", without_country)) and (city or region or _has_place(without_country, parts)):
        return "site"
    if address and (_ZONE.search(without_country) or len(parts) > 2):
        return "zone"
    if city or len(parts) > 1:
        return "city"
    if region or parts:
        return "region"
    return "country" if country or address else "name_only"


def _has_place(address: str, parts: list[str]) -> bool:
    return len(parts) > 1 or len(address.split()) >= 3 or bool(re.search("[\u3040-\u9fff]", address))


def _without_country(address: str) -> str:
    head, comma, last = address.rstrip(" .;,").rpartition(",")
    return head if comma and country_by_name(last.strip(" .;,")) else address


@lru_cache(maxsize=65_536)
def is_po_box(address: str) -> bool:
    """Whether the address is a PO box; a street with a number beside the box is an address."""
    if not any(word in address.casefold() for word in _BOX_WORDS) or not _PO_BOX.search(address):
        return False
    return not re.search(r"\d", _POSTCODE.sub(" ", _PO_BOX.sub(" ", address)))


@lru_cache(maxsize=65_536)
def country_at_end(address: str) -> tuple[str, str]:
    """Country code and words with which an address ends, or two empty texts. Names only, since `CA` may be a state."""
    last = re.split(r"[,，;]", address.rstrip(" .;,。□"))[-1].strip(" .;,")
    code = country_by_name(last) if last and len(last) <= 60 else None
    if code is None and re.search(r"[-–]\s*[^\d,]+$", last):
        last = re.split(r"[-–]", last)[-1].strip()
        code = country_by_name(last)
    return (code, last) if code else ("", "")


def contradicts(address: str, country: str) -> str:
    """The country an address names when that is another one than `country`; neighbours that are often mixed pass."""
    code, words = country_at_end(address)
    if not code or code == country or {code, country} <= NEIGHBOURS:
        return ""
    return "" if words.casefold() in _AMBIGUOUS_ENDS and country == "US" else code


def several_sites(found: str) -> bool:
    """Whether one cell holds several addresses: two or more parts that each have a number and at least three words."""
    parts = [part for part in _PARTS.split(found) if part.strip()]
    if len(parts) < 2:
        return False
    breaks = not re.search(r"[;|]", found)
    return sum(1 for part in parts if _is_address(part, needs_comma=breaks)) >= 2


def _is_address(part: str, *, needs_comma: bool) -> bool:
    enough = len(part.split()) >= 3 and re.search(r"\d", _POSTCODE.sub(" ", part))
    return bool(enough) and ("," in part or not needs_comma)


def outside(country: str, latitude: float, longitude: float) -> bool:
    """Whether a point lies outside the country's rough box; a country without a box contains everything."""
    box = _boxes().get(country)
    if box is None:
        return False
    south, west, north, east = box
    inside = west <= longitude <= east if west <= east else longitude >= west or longitude <= east
    return not (south <= latitude <= north and inside)


@lru_cache(maxsize=1)
def _boxes() -> dict[str, tuple[float, float, float, float]]:
    rows = read_rows("country_boxes.csv")
    return {r["country"]: (float(r["south"]), float(r["west"]), float(r["north"]), float(r["east"])) for r in rows}


def name_key(name: str) -> str:
    """The form in which names of sites are compared within one file: letters and digits, no legal forms."""
    words = re.sub(r"[\W_]+", " ", name.casefold()).split()
    return " ".join(word for word in words if word not in _LEGAL_FORMS) or " ".join(words)


def address_key(address: str) -> str:
    """The form in which addresses are compared within one file."""
    return " ".join(re.sub(r"[\W_]+", " ", address.casefold()).split())


_LEGAL_FORMS = frozenset(
    "co ltd limited company corp corporation inc llc plc gmbh ag oy ab as spa srl sdn bhd pte pvt bv nv sa sas kk pt tbk kft".split()
)
