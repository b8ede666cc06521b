"""Figures as people type them: read exactly, or refused with the cause; never guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from framework.demand.figures import (
    DecimalSign,
    Figure,
    decimal_sign,
    read_cell,
    read_money,
    read_quantity,
    shown_money,
)

POINT, COMMA, UNCLEAR = DecimalSign.POINT, DecimalSign.COMMA, DecimalSign.UNCLEAR


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1234", 1234),
        ("1 234", 1234),
        ("1\u202f234", 1234),
        ("1\u00a0234\u00a0567", 1234567),
        ("1\u2009234", 1234),
        ("1'234", 1234),
        ("1’234", 1234),
        ("1.234.567", 1234567),
        ("12,0", 12),
        ("12.00", 12),
        ("\uff11\uff12", 12),
        ("'500", 500),
        ("+5", 5),
        ("1.000", 1000),
        ("1,234", 1234),
        ("999.000", 999000),
    ],
)
def test_a_quantity_is_read_as_it_is_meant(text: str, value: int):
    assert read_quantity(text).value == value


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("0.500", "unclear"),
        ("1234.000", "unclear"),
        ("12,5", "not-whole"),
        ("15 %", "percent"),
        ("ca. 500", "approximate"),
        ("~500", "approximate"),
        (">100", "approximate"),
        ("ongeveer 500", "approximate"),
        ("100-150", "range"),
        ("-5", "negative"),
        ("\u22125", "negative"),
        ("5-", "trailing-minus"),
        ("5²", "not-a-number"),
        ("1e3", "not-a-number"),
        ("twelve", "not-a-number"),
        ("1.2.3", "not-a-number"),
        ("12.34.567", "not-a-number"),
        ("1" * 20, "too-large"),
    ],
)
def test_what_is_no_quantity_is_refused_with_its_cause(text: str, cause: str):
    assert (read_quantity(text).value, read_quantity(text).cause) == (None, cause)


@pytest.mark.parametrize("text", ["", " ", "-", "—", "n/a"])
def test_a_blank_is_unknown_and_no_fault(text: str):
    assert read_quantity(text) == read_money(text)
    assert (read_quantity(text).value, read_quantity(text).cause) == (None, "")


@pytest.mark.parametrize(
    ("text", "value"),
    [("€ 1.234,50", "1234.50"), ("EUR 12", "12"), ("1 234,5", "1234.5"), ("12:-", "12"), ("5,-", "5"), ("0,125", None)],
)
def test_money_with_its_signs(text: str, value: str | None):
    assert read_money(text).value == (Decimal(value) if value is not None else None)


def test_money_in_another_currency_is_never_converted():
    assert read_money("SEK 500", currency="EUR").cause == "other-currency"


@pytest.mark.parametrize(
    ("block", "sign"),
    [
        (["1.234", "12,5"], COMMA),
        (["1,234", "12.5"], POINT),
        (["1.234", "1.234.567"], COMMA),
        (["1.234", "5.678"], UNCLEAR),
        (["12,5", "12.5"], UNCLEAR),
        (["500", "600"], POINT),
    ],
)
def test_a_block_decides_what_one_figure_cannot(block: list[str], sign: DecimalSign):
    assert decimal_sign(block) is sign


def test_pieces_with_three_digits_behind_a_separator_are_thousands_unless_their_column_writes_decimals_so():
    assert read_quantity("1.234", COMMA).value == 1234
    assert read_quantity("1.000", POINT).cause == "unclear"


@pytest.mark.parametrize(
    ("text", "sign", "value", "cause"),
    [
        ("1.500", COMMA, "1500", ""),
        ("1,500", POINT, "1500", ""),
        ("1.500", POINT, None, "unclear"),
        ("1,500", COMMA, None, "unclear"),
        ("1.500", UNCLEAR, None, "unclear"),
        ("0.500", POINT, None, "too-many-decimals"),
        ("1234.500", POINT, None, "too-many-decimals"),
        ("1.234,500", UNCLEAR, "1234.50", ""),
        ("99.50", UNCLEAR, "99.50", ""),
    ],
)
def test_one_separator_before_three_digits_is_never_read_as_decimals(text: str, sign: DecimalSign, value, cause: str):
    assert read_money(text, sign) == Figure(None if value is None else Decimal(value), cause)


def test_a_column_that_does_not_show_its_sign_takes_that_of_its_reader():
    assert decimal_sign(["1.234", "5.678"], COMMA) is COMMA
    assert decimal_sign(["1.234", "12.5"], COMMA) is POINT
    assert decimal_sign(["12,5", "12.5", "1.234"], COMMA) is UNCLEAR


LANGUAGES = st.sampled_from([("en", POINT), ("nl", COMMA), ("sv", COMMA)])


@given(st.integers(0, 10**7), LANGUAGES)
def test_a_quantity_shown_in_any_language_is_typed_back_the_same(pieces: int, language: tuple[str, DecimalSign]):
    assert read_quantity(format_decimal(pieces, locale=language[0])).value == pieces


@given(st.integers(0, 10**13), LANGUAGES)
def test_money_shown_in_any_language_is_typed_back_the_same(cents: int, language: tuple[str, DecimalSign]):
    amount, (name, sign) = Decimal(cents).scaleb(-2), language

    for shown in (shown_money(amount, sign), format_decimal(amount, locale=name)):
        assert read_money(shown, decimal_sign([shown], sign)).value == amount


@pytest.mark.parametrize(
    ("cell", "value"),
    [(5, 5), (5.0, 5), (1e6, 1000000), (0.1, None), (1.234, None), (float("nan"), None), (True, None), (None, None)],
)
def test_typed_cells_are_taken_as_numbers(cell: object, value: int | None):
    assert read_cell(cell, UNCLEAR, money=False).value == value


SEPARATORS = st.sampled_from([("", ","), ("", "."), (".", ","), (",", "."), (" ", ","), ("\u202f", ","), ("'", ".")])


def written(cents: int, thousands: str, decimal: str) -> str:
    whole, rest = divmod(cents, 100)
    return f"{whole:,}".replace(",", thousands) + f"{decimal}{rest:02d}"


@given(st.integers(0, 10**13), SEPARATORS)
def test_money_written_in_any_habit_is_read_to_the_cent(cents: int, habit: tuple[str, str]):
    assert read_money(written(cents, *habit)).value == Decimal(cents).scaleb(-2)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=20), SEPARATORS)
def test_no_figure_of_a_block_is_ever_read_wrongly(quantities: list[int], habit: tuple[str, str]):
    thousands = habit[0]
    texts = [f"{q:,}".replace(",", thousands) for q in quantities]

    found = [read_quantity(text, decimal_sign(texts)) for text in texts]

    assert [f.value for f in found] == quantities
