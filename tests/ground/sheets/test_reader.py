"""The child process: what it may not do, and that its death is an ordinary verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from framework.ground.sheets.cells import Book, Refusal
from framework.ground.sheets.codec import book_as_json, book_from_json
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.preflight import preflight
from framework.ground.sheets.reader import read_book, run_in_child
from framework.ground.sheets.reading import read_here
from tests.hostile import raw
from tests.hostile.raw import cell, row

TASKS = "tests.ground.sheets.tasks"


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    path = tmp_path / "list.xlsx"
    path.write_bytes(raw.workbook())
    return path


@pytest.mark.parametrize(
    ("task", "limits", "detail"),
    [
        ("hang", Limits.quick(child_wall_s=1), "time"),
        ("hang", Limits.quick(child_cpu_s=1), "processor-time"),
        ("hoard", Limits.quick(), "memory"),
        ("abort", Limits.quick(), "aborted"),
        ("babble", Limits.quick(child_output_mib=1), "output"),
    ],
)
def test_a_child_that_misbehaves_ends_in_a_refusal(workbook: Path, task: str, limits: Limits, detail: str) -> None:
    result = run_in_child(workbook, f"{TASKS}:{task}", {}, limits)

    assert result.refusal is not None
    assert (result.refusal.key, result.refusal.detail) == ("file-unreadable", detail)


def test_the_child_has_an_empty_folder_and_nothing_else(workbook: Path) -> None:
    result = run_in_child(workbook, f"{TASKS}:surroundings", {"said": "hello"}, Limits.quick())

    assert result.refusal is None
    assert result.value["folder"] == []
    assert set(result.value["environment"]) <= {"PATH", "LANG", "LC_CTYPE", "OPENBLAS_NUM_THREADS"}
    assert not {"pandas", "numpy", "sqlalchemy", "flask", "openpyxl"} & set(result.value["modules"])
    assert result.value["refused"] == [True, True]
    assert (result.value["said"], result.value["rows"]) == ("hello", 3)
    assert result.peak_mb < 64


def test_a_book_survives_the_way_through_the_child(workbook: Path) -> None:
    here = read_here(workbook, Limits.quick())

    assert isinstance(here, Book)
    assert read_book(workbook, limits=Limits.quick()) == here
    assert book_from_json(book_as_json(Book("csv", []))) == Book("csv", [])


@pytest.mark.parametrize(
    ("limits", "key", "lane"),
    [
        (Limits.quick(max_cells=5), "too-many-cells", "large"),
        (Limits.quick(max_rows=2), "too-many-rows", "large"),
        (Limits.quick(max_row_elements=2), "too-many-rows", "large"),
        (Limits.quick(upload_mb=0), "file-too-large", "large"),
        (Limits.quick(zip_total_mib=0), "file-unpacks-too-large", "large"),
        (Limits.quick(max_columns=1), "too-many-columns", ""),
        (Limits.large(max_rows=2), "too-many-rows", ""),
    ],
)
def test_a_refusal_says_whether_the_large_lane_may_help(workbook: Path, limits: Limits, key: str, lane: str) -> None:
    refusal = read_book(workbook, limits=limits)

    assert isinstance(refusal, Refusal)
    assert (refusal.key, refusal.lane) == (key, lane)


def test_the_lane_follows_from_what_was_counted(tmp_path: Path) -> None:
    small, large = tmp_path / "small.xlsx", tmp_path / "large.xlsx"
    small.write_bytes(raw.workbook())
    large.write_bytes(raw.workbook("".join(row(n, cell(f"A{n}", n * 7919 % 10_007)) for n in range(1, 50_002))))

    lanes = [preflight(path, Limits.large()).lane for path in (small, large)]

    assert lanes == ["quick", "large"]


def test_hidden_sheets_are_read_and_marked(tmp_path: Path) -> None:
    path = tmp_path / "two.xlsx"
    files = raw.parts(book=raw.book("Sites", "Aside").replace('sheetId="2"', 'sheetId="2" state="veryHidden"'))
    files[raw.BOOK_LINKS] = raw.links(("worksheet", "worksheets/sheet1.xml"), ("worksheet", "worksheets/sheet2.xml"))
    path.write_bytes(raw.pack({**files, "xl/worksheets/sheet2.xml": raw.sheet(raw.table(1))}))

    book = read_book(path)

    assert isinstance(book, Book)
    assert [(sheet.name, sheet.visible, len(sheet.rows)) for sheet in book.sheets] == [
        ("Sites", True, 3),
        ("Aside", False, 1),
    ]


def test_notes_and_pictures_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "noted.xlsx"
    extra = {
        "xl/worksheets/_rels/sheet1.xml.rels": raw.links(
            ("comments", "../comments1.xml"), ("drawing", "../drawing1.xml")
        ),
        "xl/comments1.xml": f'<comments xmlns="{raw.MAIN}"><comment ref="A1"/><comment ref="A2"/></comments>',
        "xl/drawing1.xml": '<d xmlns="urn:d"><pic/></d>',
    }
    path.write_bytes(raw.pack({**raw.parts(), **extra}))

    book = read_book(path)

    assert isinstance(book, Book)
    assert (book.sheets[0].facts.notes, book.sheets[0].facts.pictures) == (2, 1)


def test_a_picture_without_cells_is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "picture.xlsx"
    extra = {
        "xl/worksheets/_rels/sheet1.xml.rels": raw.links(("drawing", "../drawing1.xml")),
        "xl/drawing1.xml": '<d xmlns="urn:d"><pic/></d>',
    }
    path.write_bytes(raw.pack({**raw.parts(""), **extra}))

    refusal = read_book(path)

    assert isinstance(refusal, Refusal)
    assert refusal.key == "table-is-picture"


def test_rows_that_hold_only_errors_stay_rows(tmp_path: Path) -> None:
    path = tmp_path / "errors.xlsx"
    path.write_bytes(raw.workbook(raw.table(2) + row(3, cell("B3", "#REF!", kind="e")) + row(4, cell("A4", "x"))))

    book = read_book(path)

    assert isinstance(book, Book)
    assert [row.number for row in book.sheets[0].rows] == [1, 2, 3, 4]
    assert book.sheets[0].facts.error_cells == {(3, 2): "#REF!"}
