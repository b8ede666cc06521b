"""Issues grouped by cause, written as a workbook, and the files generated from the tables in `data/`."""

from __future__ import annotations

import io
import re
from pathlib import Path

import openpyxl
import pytest

from framework.disclosure.columns import columns
from framework.disclosure.findings import SEVERITIES, write_findings
from framework.disclosure.grouping import group
from framework.disclosure.help_texts import HELP
from framework.ground.generated import FILES
from framework.ground.issue_catalogue import catalogue, describe, make, refusal_issue
from framework.ground.issues import Severity

ROOT = Path(__file__).resolve().parents[2]


def test_one_mistake_in_many_rows_is_one_group():
    issues = [
        make("value-not-allowed", "country", sheet="Sites", row=n, column="country", value="Kina") for n in range(37)
    ]
    issues.append(make("round-wrong", sheet="0_submission", row=2))

    groups = group([make("text-cleaned", row=1), *issues])

    assert [(one.code, one.value, one.count) for one in groups] == [
        ("round-wrong", "", 1),
        ("value-not-allowed", "Kina", 37),
        ("text-cleaned", "", 1),
    ]


def test_a_column_of_many_different_mistakes_is_one_mixed_group():
    issues = [make("value-not-allowed", "country", column="country", value=f"X{n}") for n in range(13)]

    [only] = group(issues)

    assert (only.count, only.value, only.mixed) == (13, "", True)


def test_places_of_a_group_are_capped_and_the_count_is_not():
    [only] = group(make("text-cleaned", row=n) for n in range(500))

    assert (only.count, len(only.places)) == (500, 200)


def test_a_near_miss_is_offered_and_else_the_advice_stands():
    near = describe(make("value-not-allowed", value="lapto", nearest="laptop", allowed="laptop, tablet"))
    far = describe(make("value-not-allowed", value="zzz", nearest="", allowed="laptop, tablet"))

    assert near[1] % near[2] == "Did you mean laptop? If not, correct the value."
    assert far[1] % far[2] == "Choose one of: laptop, tablet."


def test_an_unknown_refusal_still_speaks():
    message, advice, params = describe(refusal_issue("something-new", "code-7"))

    assert message % params == "This file could not be read as a table."
    assert advice % params


@pytest.mark.parametrize("key", sorted(catalogue()), ids=" / ".join)
def test_every_issue_can_be_told_without_parameters(key: tuple[str, str]):
    message, advice, params = describe(make(*key))

    assert message % params
    assert advice % params
    assert not re.search(r"%\(", message % params)


def test_the_findings_workbook_says_where_what_and_what_to_do():
    file = io.BytesIO()
    issue = make("value-not-allowed", "country", sheet="Sites", row=14, column="country", value="=Kina", cell="C14")

    count = write_findings(file, [issue], language="en", gettext=str)

    sheet = openpyxl.load_workbook(file).active
    assert count == 1
    assert [cell.value for cell in sheet[2]] == [
        "Error",
        "Sites",
        14,
        "country",
        "C14",
        "=Kina",
        "The country “=Kina” was not recognised.",
        "Give the country's name or its two-letter code.",
        "value-not-allowed / country",
        "Sites!C14",
    ]
    assert sheet["F2"].data_type == "s"


def test_the_reason_why_the_file_was_not_marked_stands_above_everything():
    file = io.BytesIO()
    issue = make("value-not-allowed", "country", sheet="Våra 'sites'", row=14, column="country", value="x", cell="C14")

    write_findings(file, [issue], language="en", gettext=str, note="n more", top="=Because")

    sheet = openpyxl.load_workbook(file).active
    assert (sheet["A1"].value, sheet["A1"].data_type) == ("=Because", "s")
    assert sheet["A3"].value == "How grave"
    assert sheet["J4"].value == "'Våra ''sites'''!C14"
    assert sheet["G5"].value == "n more"
    assert sheet.auto_filter.ref == "A3:J4"


@pytest.mark.parametrize("name", FILES)
def test_generated_files_equal_their_tables(name: str):
    assert (ROOT / name).read_text(encoding="utf-8") == FILES[name]()


def test_every_column_has_its_help_and_a_known_type():
    assert len(columns()) == 109
    assert all(column.help == HELP[column.sheet, column.name] for column in columns())


def test_a_block_is_graver_than_an_error_and_a_note_is_least():
    order = [Severity.BLOCK, Severity.ERROR, Severity.WARNING, Severity.NOTE]

    assert list(Severity) == order


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "The audit ended on 8 May 2025."), ("nl", "The audit ended on 8 mei 2025.")],
)
def test_a_day_in_a_sentence_has_its_month_in_words(language: str, said: str):
    message, _advice, params = describe(make("audit-validity", "expired", value="2025-05-08"), language=language)

    assert message % params == said


def test_what_is_no_day_stays_in_the_sentence_as_it_was_found():
    message, _advice, params = describe(make("audit-validity", "expired", value="8/5/25"), language="en")

    assert message % params == "The audit ended on 8/5/25."


@pytest.mark.parametrize("severity", Severity)
def test_the_workbook_and_the_page_call_a_severity_by_one_name(app, severity: Severity):
    with app.test_request_context():
        tag = app.jinja_env.get_template("disclosure/parts.html").module.severity_tag(severity.value)

    assert SEVERITIES[severity] in tag
