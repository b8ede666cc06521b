"""Read typed and pasted figures: whole quantities and exact money; what cannot be decided is asked, never guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from framework.ground.reading.numbers import tidy


class DecimalSign(StrEnum):
    """How a block writes decimals: point, comma, or it cannot be told from the block."""

    POINT = "."
    COMMA = ","
    UNCLEAR = "?"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure read; `cause` names why there is none (a code of `rules.SENTENCES`); a blank cell has neither."""

    value: Decimal | None = None
    cause: str = ""


LIMIT = Decimal(10) ** 12
_BODY = re.compile(r"[+-]?\d[\d.,]*\Z|[+-]?[.,]\d+\Z", re.ASCII)
_APPROXIMATE = re.compile(
    r"(?:~|≈|±|>|≥|<|≤|\bc\.|\b(?:ca|circa|cirka|approx|about|around|ungefär|omkring|ongeveer|plm|etwa|env|minst|min|max|over|under)\b)",
    re.I,
)
_RANGE = re.compile(r"\d\s*(?:-|to|till|tot|bis|à)\s*\d", re.I)
_CURRENCY = re.compile(r"(?:€|£|\$|\b[A-Z]{3}\b|\bkr\b\.?|:-|,-|\.-)", re.I)
_SIGNS = {"€": "EUR", "£": "GBP", "$": "USD", "kr": "", ":-": "", ",-": "", ".-": ""}
_BLANKS = frozenset({"", "-", "–", "—", "n/a", ".", "n.a.", "nvt", "n.v.t.", "n.v.t", "ej aktuellt", "ej tillämpligt"})
_PIECES = re.compile(r"(?<=\d)\s*(?:st|stk|stks|stuk|stuks|stycken|styck|pcs?|pieces?|units?|enheter|ex)\.?\Z", re.I)
_UNKNOWN = frozenset(
    [
        *("?", "??", "???", "tbc", "tbd", "tba", "unknown", "not known", "not known yet", "to be confirmed"),
        *("to be decided", "nnb", "n.n.b.", "onbekend", "nog onbekend", "nog niet bekend", "nog te bepalen", "volgt"),
        *("okänt", "okänd", "vet ej", "vet inte", "ej känt", "inte klart", "oklart", "unbekannt", "inconnu"),
    ]
)
"""What people write where they do not know a quantity yet."""


def decimal_sign(texts: Iterable[str], otherwise: DecimalSign = DecimalSign.UNCLEAR) -> DecimalSign:
    """How one column writes decimals: UNCLEAR when its texts contradict each other, `otherwise` when only ambiguous ones stand in it."""
    shown, doubtful = set(), False
    for text in texts:
        body = _without_currency(without_pieces(_tidied(text)))[0].lstrip("+-")
        if not _BODY.match(body):
            continue
        sign = _own_sign(body)
        doubtful |= sign is None
        shown |= {sign} if sign else set()
    if len(shown) > 1:
        return DecimalSign.UNCLEAR
    if shown:
        return DecimalSign(shown.pop())
    return otherwise if doubtful else DecimalSign.POINT


def read_quantity(text: str, sign: DecimalSign = DecimalSign.UNCLEAR) -> Figure:
    """A whole quantity of pieces, 0 or more. `12,0` is 12; `12,5`, `15 %` and `ca. 500` are refused with their cause.

    `1.234` and `1,234` are 1234, for pieces are whole; it is unclear only where the column (`sign`) writes decimals so.
    A word for pieces behind the figure is left out.
    """
    return _as_quantity(_read(without_pieces(_tidied(text)), sign, whole=True))


def without_pieces(text: str) -> str:
    """A figure without the word for pieces behind it: `120 stuks` is `120`."""
    return _PIECES.sub("", text)


def is_unknown(cell: object) -> bool:
    """Whether somebody wrote that a quantity is not known yet."""
    return isinstance(cell, str) and " ".join(cell.casefold().split()) in _UNKNOWN


def read_money(text: str, sign: DecimalSign = DecimalSign.UNCLEAR, *, currency: str = "EUR") -> Figure:
    """Money of 0 or more with at most two decimals; another currency than `currency` is refused, never converted.

    One separator before three digits is thousands where the column (`sign`) writes decimals with the other one, else unclear.
    """
    body, named = _without_currency(_tidied(text))
    if named and named != currency:
        return Figure(cause="other-currency")
    return _as_money(_read(body, sign, whole=False))


def read_price(cell: object, sign: DecimalSign, *, currency: str) -> Figure:
    """A price of one piece from a cell or a text: above 0, at most four decimals; as `read_money` otherwise."""
    if isinstance(cell, str):
        body, named = _without_currency(_tidied(cell))
        is_other = named not in ("", currency) and any(c.isdigit() for c in body)
        found = Figure(cause="other-price-currency") if is_other else _read(body, sign, whole=False)
    elif cell is None:
        return Figure()
    elif isinstance(cell, bool) or not isinstance(cell, int | float | Decimal):
        return Figure(cause="not-a-number")
    else:
        found = _within_limit(Decimal(str(cell)))
    if found.value is None:
        return found
    if found.value != found.value.quantize(Decimal("0.0001")):
        return Figure(cause="too-many-places")
    return found if found.value > 0 else Figure(cause="negative" if found.value < 0 else "price-of-nothing")


def read_cell(cell: object, sign: DecimalSign, *, money: bool, currency: str = "EUR") -> Figure:
    """A figure from a cell of a sheet: numbers as they are, texts by the rules above."""
    if cell is None:
        return Figure()
    if isinstance(cell, str):
        return read_money(cell, sign, currency=currency) if money else read_quantity(cell, sign)
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal):
        return Figure(cause="not-a-number")
    number = _within_limit(Decimal(str(cell)))
    return _as_money(number) if money else _as_quantity(number)


def shown_money(value: Decimal, sign: DecimalSign) -> str:
    """Money as a field shows it: no grouping, cents only where there are any, with the reader's decimal sign."""
    cents = value.quantize(Decimal("0.01"))
    whole = cents == cents.to_integral_value()
    return format(cents.to_integral_value() if whole else cents, "f").replace(".", sign.value)


def _as_quantity(found: Figure) -> Figure:
    if found.value is None:
        return found
    if found.value != found.value.to_integral_value():
        return Figure(cause="not-whole")
    return found if found.value >= 0 else Figure(cause="negative")


def _as_money(found: Figure) -> Figure:
    if found.value is None:
        return found
    if found.value != found.value.quantize(Decimal("0.01")):
        return Figure(cause="too-many-decimals")
    return found if found.value >= 0 else Figure(cause="negative")


def _within_limit(value: Decimal) -> Figure:
    if not value.is_finite():
        return Figure(cause="not-a-number")
    return Figure(value) if abs(value) < LIMIT else Figure(cause="too-large")


def _tidied(text: str) -> str:
    """Blanks, apostrophes and minus signs made plain; raised digits stay as they are, for 5² is not 52."""
    raised = any(unicodedata.category(sign) == "No" for sign in text)
    return text.strip() if raised else tidy(text)


def _read(text: str, sign: DecimalSign, *, whole: bool) -> Figure:
    if text.casefold() in _BLANKS:
        return Figure()
    if not _BODY.match(text):
        return Figure(cause=_why_not(text))
    value = _value(text, sign, whole=whole)
    return Figure(cause=value) if isinstance(value, str) else _within_limit(value)


def _value(text: str, sign: DecimalSign, *, whole: bool) -> Decimal | str:
    """The value, or the cause why there is none. Three digits behind the only separator are never decimals."""
    body = text.lstrip("+-")
    own = _own_sign(body)
    if own is None:
        own = _decided(body, sign, whole=whole)
    if own is None:
        return "unclear"
    thousands = "," if own == "." else "."
    before, _, rest = body.partition(own) if own else (body, "", "")
    if not _grouped(before, thousands) or not re.fullmatch(r"\d*", rest):
        return "not-a-number"
    if len(rest) == 3 and thousands not in before:
        return "unclear" if whole else "too-many-decimals"
    digits = before.replace(thousands, "") or "0"
    return Decimal(("-" if text.startswith("-") else "") + digits + ("." + rest if rest else ""))


def _decided(body: str, sign: DecimalSign, *, whole: bool) -> str | None:
    """The decimal sign that makes the only separator one of thousands; None where nothing says that it is one."""
    other = "," if "." in body else "."
    return other if sign.value == other or (whole and sign is DecimalSign.UNCLEAR) else None


def _grouped(whole: str, thousands: str) -> bool:
    return bool(re.fullmatch(rf"\d*|\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+", whole))


def _own_sign(body: str) -> str | None:
    """The decimal sign this text itself shows, blank where it has no sign at all, None where it can be read two ways."""
    points, commas = body.count("."), body.count(",")
    if not points and not commas:
        return ""
    if points and commas:
        return max(".,", key=body.rfind)
    sign, other = (".", ",") if points else (",", ".")
    if points + commas > 1:
        return other
    before, after = body.split(sign)
    return None if len(after) == 3 and 1 <= len(before) <= 3 and before != "0" else sign


def _without_currency(text: str) -> tuple[str, str]:
    """The text without a currency sign, and the ISO code the sign names, blank where it names none."""
    found = _CURRENCY.search(text)
    if found is None:
        return text, ""
    word = found.group().rstrip(".") if len(found.group()) > 2 else found.group()
    return tidy(text.replace(found.group(), " ", 1)).strip(), _SIGNS.get(word.casefold(), word.upper())


def _why_not(text: str) -> str:
    if "%" in text:
        return "percent"
    if _APPROXIMATE.search(text) and any(c.isdigit() for c in text):
        return "approximate"
    if re.fullmatch(r"[\d.,]+\s*-", text):
        return "trailing-minus"
    return "range" if _RANGE.search(text) else "not-a-number"
