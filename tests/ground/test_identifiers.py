"""Check digits of identifiers, and texts that look like personal data."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.ground.identifiers import (
    compact,
    is_duns,
    is_gln,
    is_gtin,
    is_lei,
    is_old_smelter_id,
    is_os_id,
    is_smelter_id,
    is_vat_like,
    looks_like_personal_data,
)


@pytest.mark.parametrize(
    ("is_right", "text"),
    [
        (is_os_id, "NL2026001ABCDE1"),
        (is_os_id, "SE2026326ZZZZZ8"),
        (is_os_id, "nl 2026001-abcde1"),
        (is_lei, "HEFB00DEMO0000000018"),
        (is_gln, "7319999000001"),
        (is_gtin, "4006381333931"),
        (is_gtin, "73513537"),
        (is_gtin, "036000291452"),
        (is_duns, "12-345-6789"),
        (is_smelter_id, "CID001234"),
        (is_old_smelter_id, "1CHN001"),
        (is_vat_like, "NL123456789B01"),
        (is_vat_like, "SE556016068001"),
    ],
)
def test_a_right_identifier_is_accepted(is_right: Callable[[str], bool], text: str) -> None:
    assert is_right(text)


@pytest.mark.parametrize(
    ("is_right", "text"),
    [
        (is_os_id, "NL2026001ABCDE2"),
        (is_os_id, "NL2026001ABCDE"),
        (is_os_id, "NL2026001ABCDU1"),
        (is_lei, "HEFB00DEMO0000000019"),
        (is_gln, "7319999000002"),
        (is_gln, "73513537"),
        (is_gtin, "4006381333932"),
        (is_gtin, "400638133393"),
        (is_gtin, "٤٠٠٦٣٨١٣٣٣٩٣١"),
        (is_gtin, ""),
        (is_duns, "12345678"),
        (is_smelter_id, "CID1234"),
        (is_old_smelter_id, "CHN001"),
        (is_vat_like, "NLABCDEF"),
    ],
)
def test_a_wrong_identifier_is_seen(is_right: Callable[[str], bool], text: str) -> None:
    assert not is_right(text)


@given(st.from_regex(r"[0-9]{12}", fullmatch=True), st.integers(1, 9))
def test_one_changed_digit_is_always_noticed(body: str, change: int) -> None:
    right = next(body + str(last) for last in range(10) if is_gln(body + str(last)))

    wrong = str((int(right[0]) + change) % 10) + right[1:]

    assert not is_gln(wrong)


@given(st.text(max_size=60))
def test_any_text_can_be_asked(text: str) -> None:
    answers = [check(text) for check in (is_gtin, is_gln, is_lei, is_duns, is_os_id, is_vat_like)]

    assert compact(compact(text)) == compact(text)
    assert all(answer in (True, False) for answer in answers)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ask a.berg@example.org about it", "mail"),
        ("call +46 8 123 456 78", "phone"),
        ("08-123 456 78", "phone"),
        ("tel: 0201234567", "phone"),
        ("19811218-9876 said so", "personal_number"),
        ("811218-9876", "personal_number"),
        ("BSN 111222333", "personal_number"),
    ],
)
def test_personal_data_is_noticed(text: str, kind: str) -> None:
    assert looks_like_personal_data(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "Plot 21, Sector 25, Korangi, Karachi 74900",
        "556016-0680",
        "4006381333931",
        "CID001234",
        "2026-03-01 10:00",
        "EUR 1,234,567.89",
        "111222333",
        "",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert looks_like_personal_data(text) is None


@pytest.mark.parametrize("part", ["a", "@", "a" * 64 + "@", "1 ", "+1", "001 ", "01 ", "1-", "a@a.", "tel: 1 ", "bsn "])
def test_a_hostile_text_is_scanned_in_bounded_time(part: str) -> None:
    text = part * (100_000 // len(part))
    looks_like_personal_data("warm up")

    started = time.perf_counter()
    looks_like_personal_data(text)

    assert time.perf_counter() - started < 1
