"""Public test files of many writers and years: each is read with every row accounted for, or refused with its reason."""

from __future__ import annotations

import io
import json
import os
import re
import time
from pathlib import Path

import openpyxl
import pytest

from framework.disclosure.check_file import check
from framework.ground.formula_text import harmless, restored
from framework.ground.issue_catalogue import describe
from framework.ground.sheets.cells import Book, Refusal
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reading import read_here
from framework.ground.table_files import Sheet, csv_text, workbook
from tests.conftest import NOW
from tests.disclosure.workbooks import SCOPE, TODAY
from tests.hostile.test_mutations import assert_every_row_is_somewhere
from tests.leaving.reopened import of_csv, of_workbook, texts_of

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "messy"
MOST_SECONDS = 2.0
LONG = set() if os.environ.get("HEFBOOM_BARS") else {"large.ods"}
"""A hundred thousand rows, which take longer to read than all other files together: read in the bars alone."""
KINDS = {".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".csv", ".ssv", ".psv", ".tsv", ".html", ".zip"}
FILES = sorted(path for path in FOLDER.glob("*/*") if path.suffix in KINDS and path.name not in LONG)
REFUSED = {
    "file-password": {
        "pass_protected",
        "issue_385",
        "protected_passtika",
        "biff5_password_2002_40_xor",
        "encrypted_no_password",
    },
    "file-has-macros": {"issue221", "issue281", "issue3", "vba", "SimpleMacro", "xlmmacro", "issue_182"},
    "file-is-web-page": {"badcolspan", "complex", "rowcolspan"},
    "file-empty": {"empty_sheet", "issue127", "empty", "sheetProtection_allLocked", "custom_properties", "libreoffice"},
    "table-is-picture": {"picture"},
    "file-damaged": {"issue252"},
    "file-unpacks-too-large": {"issue_594_dos", "large_strings"},
}
"""What some files are known for, by name without ending; a name may have files that are read as well."""
NEVER_READ = {"file-password", "file-has-macros", "file-is-web-page"}


@pytest.mark.skipif(not FILES, reason="the public test files are not on this machine")
def test_every_file_of_the_field_is_read_row_for_row_or_refused_with_its_reason() -> None:
    read = 0
    for path in FILES:
        begun = time.process_time()
        book = read_here(path, Limits.large())
        found = check(book, SCOPE, today=TODAY)

        assert path.name == "large.ods" or time.process_time() - begun <= MOST_SECONDS, path.name
        assert found.adds_up, path.name
        assert all(describe(issue)[0] % describe(issue)[2] for issue in found.issues), path.name
        if isinstance(book, Book):
            read += 1
            assert_every_row_is_somewhere(book, found, 0)
    assert read >= 0.75 * len(FILES)


@pytest.mark.skipif(not FILES, reason="the public test files are not on this machine")
@pytest.mark.parametrize("key", REFUSED)
def test_files_with_a_known_fault_are_refused_for_it(key: str) -> None:
    found = {p: read_here(p, Limits.large()) for p in FILES if p.stem in REFUSED[key]}

    refused = {path.stem for path, book in found.items() if isinstance(book, Refusal) and book.key == key}
    assert refused == REFUSED[key]
    assert key not in NEVER_READ or not any(isinstance(b, Book) and p.suffix != ".csv" for p, b in found.items())


@pytest.mark.skipif(not FILES, reason="the public test files are not on this machine")
def test_hostile_texts_of_the_field_leave_as_texts_and_come_back() -> None:
    listed = json.loads((FOLDER / "text" / "blns.json").read_text(encoding="utf-8"))
    listed += (FOLDER / "text" / "csv-injection-payloads.txt").read_text(encoding="utf-8").splitlines()
    no_xml = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
    texts = [text for text in listed if text.strip() and no_xml.search(text) is None]

    written = workbook("Texts", [Sheet("Texts", ["a", "b"], [[text, 1] for text in texts])], now=NOW)
    (table,) = of_csv(csv_text(["a", "b"], [[text, 1] for text in texts]).encode(), ",")

    assert len(texts) > 400
    assert set(texts) - texts_of(of_workbook(written)) == set()
    assert [restored(str(row[0])) for row in table.rows] == texts
    assert all(row[0] == harmless(text) for row, text in zip(table.rows, texts, strict=True))
    assert [c.data_type for c in openpyxl.load_workbook(io.BytesIO(written)).active["A"]] == ["s"] * (len(texts) + 1)
