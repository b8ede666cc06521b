"""How people write values, form by form: what is read, what is told, and that nothing turns into a blank or a zero in silence."""

from __future__ import annotations

import datetime as dt

import pytest

from framework.disclosure.columns import sheet_columns
from framework.disclosure.read_column import read_column
from tests.disclosure.workbooks import checked, codes, put

WORKERS, WOMEN, SCORE = ("3_sites", "workers_total"), ("3_sites", "workers_women_pct"), ("6_audits", "score")
DAY, COUNTRY, GTIN = ("6_audits", "audit_date"), ("3_sites", "country"), ("1_products", "gtin")
NUMBER_OF_REGISTER, POSTCODE = ("0_submission", "reporting_party_reg_id"), ("3_sites", "postcode")
MAIL, ANSWER = ("0_submission", "dd_contact_email"), ("4_links", "dual_sourced")

READ = [
    (WORKERS, "500", 500, ""),
    (WORKERS, 500, 500, ""),
    (WORKERS, "0", 0, ""),
    (WORKERS, 0, 0, ""),
    (WORKERS, "500–600", "500-600", ""),
    (WORKERS, "500 - 600", "500-600", ""),
    (WORKERS, "500 to 600", "500-600", "number-normalised"),
    (WORKERS, "1.000–1.500", "1000-1500", "number-normalised"),
    (WORKERS, "< 1.000", "0-1000", "number-normalised"),
    (WORKERS, "≤ 1 000", "0-1000", "number-normalised"),
    (WORKERS, "1 234", 1234, "number-normalised"),
    (WORKERS, "1\u202f234", 1234, "number-normalised"),
    (WORKERS, "1'234", 1234, "number-normalised"),
    (WORKERS, "１２３", 123, "number-normalised"),
    (WOMEN, "45 %", 45, "number-normalised"),
    (WOMEN, "45%", 45, "number-normalised"),
    (WOMEN, "45,5 %", 45.5, "number-normalised"),
    (WOMEN, "0,45", 0.45, "number-normalised"),
    (WOMEN, "0", 0, ""),
    (WOMEN, 0.45, 0.45, ""),
    (SCORE, "1.234,5", 1234.5, "number-normalised"),
    (SCORE, "1,234.5", 1234.5, "number-normalised"),
    (DAY, dt.date(2025, 9, 1), dt.date(2025, 9, 1), ""),
    (DAY, dt.datetime(2025, 9, 1, 10, 30), dt.date(2025, 9, 1), "time-dropped"),  # noqa: DTZ001 - a cell has no zone
    (DAY, "2025-09-01", dt.date(2025, 9, 1), ""),
    (DAY, "2025-09-01T10:30:00Z", dt.date(2025, 9, 1), "time-dropped"),
    (DAY, "1 September 2025", dt.date(2025, 9, 1), ""),
    (DAY, "31/08/2025", dt.date(2025, 8, 31), ""),
    (DAY, "08/31/2025", dt.date(2025, 8, 31), ""),
    (DAY, 45901, dt.date(2025, 9, 1), "date-is-serial"),
    (DAY, "45901", dt.date(2025, 9, 1), "date-is-serial"),
    (COUNTRY, "CN", "CN", ""),
    (COUNTRY, "China", "CN", "country-read"),
    (COUNTRY, "Kina", "CN", "country-read"),
    (COUNTRY, "中国", "CN", "country-read"),
    (COUNTRY, "Taiwan, Province of China", "TW", "country-read"),
    (COUNTRY, "UK", "GB", "country-read"),
    (COUNTRY, "NA", "NA", ""),
    (GTIN, "73199990", "73199990", ""),
    (GTIN, "731999900001", "731999900001", ""),
    (GTIN, "7319999000001", "7319999000001", ""),
    (GTIN, "07319999000001", "07319999000001", ""),
    (GTIN, "7319 9990-00001", "7319999000001", ""),
    (GTIN, 7319999000001, "7319999000001", "id-stored-as-number"),
    (POSTCODE, "0045", "0045", ""),
    (POSTCODE, 45, "45", "id-stored-as-number"),
    (POSTCODE, "9E3", "9E3", ""),
    (MAIL, "kim@example.org", "kim@example.org", ""),
    (ANSWER, "ja", True, "text-cleaned / answer word"),
    (ANSWER, True, True, ""),
]
NOT_READ = [
    (WORKERS, "ca. 50", "value-not-allowed / approximate"),
    (WORKERS, "> 500", "value-not-allowed / approximate"),
    (WORKERS, "~500", "value-not-allowed / approximate"),
    (WORKERS, "600-500", "range-wrong"),
    (WORKERS, "5-", "value-not-allowed / trailing minus"),
    (WORKERS, -5, "value-not-allowed / too small"),
    (WORKERS, 12.5, "value-not-allowed / not a whole number"),
    (WORKERS, "many", "value-not-allowed / not a number"),
    (WORKERS, "9" * 5_000, "value-not-allowed / not a number"),
    (WORKERS, True, "value-not-allowed / wrong kind"),
    (WORKERS, "#REF!", "cell-error"),
    (WOMEN, "40–50", "value-not-allowed / range"),
    (WOMEN, "ca. 45 %", "value-not-allowed / approximate"),
    (WOMEN, "120 %", "value-not-allowed / too large"),
    (SCORE, "1.234", "decimal-sign-unclear"),
    (DAY, "03/04/2025", "value-not-allowed / day or month"),
    (DAY, "3/4/25", "value-not-allowed / short year"),
    (DAY, "31/02/2025", "value-not-allowed / no such date"),
    (DAY, "2025", "value-not-allowed / no such date"),
    (DAY, 12, "value-not-allowed / no such date"),
    (DAY, "week 42", "value-not-allowed / week"),
    (DAY, "v.42", "value-not-allowed / week"),
    (COUNTRY, "Nowhereland", "value-not-allowed / country"),
    (COUNTRY, "null", "value-not-allowed / country"),
    (GTIN, "12345678901", "value-not-allowed / barcode length"),
    (GTIN, "ABCDEFGH", "value-not-allowed / barcode length"),
    (NUMBER_OF_REGISTER, "1.23E+15", "id-shortened"),
    (NUMBER_OF_REGISTER, 1234567890123456, "id-shortened"),
    (MAIL, "kim at example.org", "value-not-allowed / mail address"),
    (ANSWER, "perhaps", "value-not-allowed"),
]
MISSING = ["-", "–", "n/a", "N/A", "?", "TBD", "onbekend", "okänd", "ingen uppgift", "geen opgave"]


def read(place, cell):
    """The value of one cell and the keys of what is told about it."""
    found = read_column([cell], sheet_columns(place[0])[place[1]])
    told = [f"{t.code} / {t.cause}" if t.cause else t.code for _index, t, _value in found.troubles]
    return found, told


@pytest.mark.parametrize(("place", "cell", "value", "note"), READ)
def test_a_form_that_says_what_it_means_is_read_and_any_change_is_told(place, cell, value, note):
    found, told = read(place, cell)

    assert (found.values, type(found.values[0])) == ([value], type(value))
    assert told[-1:] == ([note] if note else [])


@pytest.mark.parametrize(("place", "cell", "key"), NOT_READ)
def test_a_form_in_doubt_is_kept_as_found_and_never_read_as_blank_or_zero(place, cell, key):
    found, told = read(place, cell)

    assert told == [key]
    assert found.values == [None]
    assert found.found[0] == str(cell)
    assert found.unread == {0}


@pytest.mark.parametrize("word", MISSING)
@pytest.mark.parametrize("place", [WORKERS, DAY, COUNTRY, GTIN, POSTCODE])
def test_a_word_for_nothing_known_is_missing_and_said_so(place, word):
    found, told = read(place, word)

    assert (found.values, told, found.found) == ([None], ["placeholder"], {0: word})


@pytest.mark.parametrize(
    ("place", "cell", "key"),
    [
        (("3_sites", "os_id"), "SE2026326ZZZZZ9", "registry-form"),
        (("3_sites", "other_registry_id"), "lei:HEFB00DEMO0000000019", "registry-form"),
        (("3_sites", "other_registry_id"), "gln:7319999000002", "registry-form"),
        (("3_sites", "other_registry_id"), "duns:12345678", "registry-form"),
        (("5_smelters", "smelter_id"), "CID12", "registry-form"),
        (("5_smelters", "smelter_id"), "1JPN005", "registry-form / older id"),
        (("5_smelters", "smelter_id"), "CID999999", "smelter-unknown / unknown"),
        (("1_products", "gtin"), "7319999000002", "check-digit"),
        (("1_products", "gtin"), "73199992", "check-digit"),
        (("7_due_diligence", "narrative"), "Ask kim@example.org about it", "personal-data"),
        (("7_due_diligence", "narrative"), "Call +46 8 123 45 67", "personal-data"),
        (("6_audits", "auditor_body"), "Kim, tel 08-123 45 67", "personal-data"),
    ],
)
def test_identifiers_and_personal_data_are_told_at_their_place(place, cell, key):
    assert key in codes(checked(put(place[0], **{place[1]: cell}))) - codes(checked())


@pytest.mark.parametrize(
    ("place", "cell"),
    [
        (("3_sites", "os_id"), "SE 2026326-ZZZZZ8"),
        (("3_sites", "other_registry_id"), "LEI: HEFB00DEMO0000000018"),
        (("3_sites", "other_registry_id"), "gln:7319999000001"),
        (("3_sites", "other_registry_id"), "duns:12-345-6789"),
        (("3_sites", "other_registry_id"), "own:anything"),
        (("5_smelters", "smelter_id"), "CID000001"),
        (("1_products", "gtin"), "7319999000001"),
        (("7_due_diligence", "evidence_file"), "https://example.org/policy.pdf?a=1&b=2"),
        (("7_due_diligence", "evidence_file"), "policy.pdf"),
    ],
)
def test_identifiers_and_addresses_that_are_right_are_told_nothing(place, cell):
    assert codes(checked(put(place[0], **{place[1]: cell}))) <= codes(checked())
