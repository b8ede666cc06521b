"""Reading rules for texts, numbers and dates: what is read, what is asked, and that nothing is guessed."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.ground.reading.dates import Order, date_order, read_date
from framework.ground.reading.numbers import Habit, NumberReading, decimal_habit, read_number
from framework.ground.reading.texts import clean, is_placeholder


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 234", 1234),
        ("1\u00a0234", 1234),
        ("1\u202f234", 1234),
        ("1'234", 1234),
        ("'1234", 1234),
        ("\uff11\uff12", 12),
        ("1.234,56", 1234.56),
        ("1,234.56", 1234.56),
        ("1.234.567", 1234567),
        ("0,5", 0.5),
        ("-5", -5),
        ("\u22125", -5),
        ("0", 0),
    ],
)
def test_numbers_that_show_their_own_signs_are_read(text: str, value: float):
    assert read_number(text, Habit.UNCLEAR).value == value


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("1.234", "decimal-sign-unclear"),
        ("5-", "trailing minus"),
        ("ca. 500", "approximate"),
        ("> 500", "approximate"),
        ("500\u2013600", "range"),
        ("9" * 5000, "not a number"),
        ("many", "not a number"),
        ("1,2,3.4.5", "not a number"),
    ],
)
def test_numbers_that_cannot_be_told_are_not_guessed(text: str, cause: str):
    assert read_number(text, Habit.UNCLEAR) == NumberReading(cause=cause)


@pytest.mark.parametrize(
    ("texts", "habit"),
    [
        (["1.234", "2,5"], Habit.COMMA),
        (["1,234", "2.5"], Habit.POINT),
        (["1.234"], Habit.UNCLEAR),
        (["1.5", "2,5"], Habit.UNCLEAR),
        (["12", "13"], Habit.POINT),
        ([], Habit.POINT),
    ],
)
def test_the_decimal_sign_is_decided_by_the_whole_column(texts: list[str], habit: Habit):
    assert decimal_habit(texts) is habit


def test_a_whole_number_can_have_thousands_only():
    assert read_number("1.234", Habit.UNCLEAR, whole=True).value == 1234


@pytest.mark.parametrize(
    ("text", "low", "high"), [("100-150", 100, 150), ("< 1.000", 0, 1000), ("500\u2013600", 500, 600), ("1 to 2", 1, 2)]
)
def test_ranges_are_read_where_they_are_welcome(text: str, low: int, high: int):
    read = read_number(text, Habit.POINT, whole=True, ranges=True)

    assert (read.low, read.value) == (low, high)


@given(st.text(max_size=30), st.sampled_from(Habit), st.booleans(), st.booleans())
def test_any_text_is_a_number_or_has_a_cause(text: str, habit: Habit, whole: bool, ranges: bool):
    read = read_number(text, habit, whole=whole, ranges=ranges)

    assert (read.value is None) == bool(read.cause)


@given(st.integers(-(10**12), 10**12))
def test_a_plain_whole_number_stays_itself(number: int):
    assert read_number(str(number), Habit.UNCLEAR).value == number


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2026-03-31", dt.date(2026, 3, 31)),
        ("2026-03-31T10:00:00+02:00", dt.date(2026, 3, 31)),
        ("2026/3/31", dt.date(2026, 3, 31)),
        ("31.3.2026", dt.date(2026, 3, 31)),
        ("3/31/2026", dt.date(2026, 3, 31)),
        ("4/4/2026", dt.date(2026, 4, 4)),
        ("3 mars 2025", dt.date(2025, 3, 3)),
        ("3 maj 2025", dt.date(2025, 5, 3)),
        ("March 3, 2025", dt.date(2025, 3, 3)),
        (dt.date(2025, 3, 3), dt.date(2025, 3, 3)),
        (43831, dt.date(2020, 1, 1)),
    ],
)
def test_dates_without_doubt_are_read(cell: object, value: dt.date):
    assert read_date(cell, Order.UNCLEAR).value == value


@pytest.mark.parametrize(
    ("cell", "cause"),
    [
        ("03/04/2025", "day or month"),
        ("31/02/2024", "no such date"),
        ("29 Feb 1900", "no such date"),
        ("9999-01-01", "no such date"),
        ("2024", "no such date"),
        ("1.2.26", "short year"),
        ("03-04-25", "short year"),
        ("v.42", "week"),
        ("week 42", "week"),
        (True, "wrong kind"),
        (float("nan"), "no such date"),
    ],
)
def test_dates_in_doubt_are_not_guessed(cell: object, cause: str):
    assert (read_date(cell, Order.UNCLEAR).value, read_date(cell, Order.UNCLEAR).cause) == (None, cause)


def test_one_day_above_twelve_decides_the_column():
    assert date_order(["03/04/2025", "25/04/2025"]) is Order.DAY_FIRST
    assert date_order(["03/04/2025", "04/25/2025"]) is Order.MONTH_FIRST
    assert date_order(["25/04/2025", "04/25/2025"]) is Order.UNCLEAR


def test_a_1904_serial_is_counted_from_its_own_start():
    assert read_date(43831, Order.UNCLEAR, date1904=True).value == dt.date(2024, 1, 2)


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_has_a_cause(text: str):
    read = read_date(text, Order.DAY_FIRST)

    assert (read.value is None) == bool(read.cause)


@pytest.mark.parametrize(
    ("raw", "text", "trouble"),
    [
        ("  a \n b ", "a b", ""),
        ("A\u200bpple", "Apple", ""),
        ("fac\u00adtory", "factory", ""),
        ("e\u0301", "\u00e9", ""),
        ("a_x000D_b", "a b", ""),
        ("\u0410pple", "\u0410pple", "value-look-alike"),
        ("\u5bcc\u58eb\u5eb7 Foxconn", "\u5bcc\u58eb\u5eb7 Foxconn", ""),
        ("x\u202eabc", "x\u202eabc", "value-hidden-direction"),
        ("a\x00b", "a\x00b", "value-bad-character"),
        ("a_x0000_b", "a_x0000_b", "value-bad-character"),
    ],
)
def test_texts_are_cleaned_and_bad_characters_named(raw: str, text: str, trouble: str):
    assert (clean(raw).text, clean(raw).trouble) == (text, trouble)


@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing(raw: str):
    once = clean(raw)

    assert not once.usable or clean(once.text).text == once.text


@pytest.mark.parametrize("word", ["n/a", "N/A", "-", "TBC", "?", "okänd", "geen", "Same as above"])
def test_words_that_say_nothing_are_placeholders(word: str):
    assert is_placeholder(word)
