"""The child process: what it may not do, and that its death is an ordinary verdict."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from framework.ground.issue_catalogue import describe
from framework.ground.reading.facts import book_issues
from framework.ground.sheets import fork_server, reader, workplace
from framework.ground.sheets.cells import Book, Refusal
from framework.ground.sheets.codec import book_as_json, book_from_json
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.preflight import preflight
from framework.ground.sheets.reader import ChildLost, read_book, run_in_child
from framework.ground.sheets.reading import read_here
from framework.ground.sheets.workplace import sweep
from tests.hostile import raw
from tests.hostile.raw import cell, row
from tests.processes import is_alive, until

TASKS = "tests.ground.sheets.tasks"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    path = tmp_path / "list.xlsx"
    path.write_bytes(raw.workbook())
    return path


@pytest.mark.parametrize(
    ("task", "limits", "detail"),
    [
        ("hang", Limits.quick(child_cpu_s=1), "processor-time"),
        ("hoard", Limits.quick(), "memory"),
        ("babble", Limits.quick(child_output_mib=1), "output"),
    ],
)
def test_a_child_that_misbehaves_ends_in_a_refusal(workbook: Path, task: str, limits: Limits, detail: str) -> None:
    result = run_in_child(workbook, f"{TASKS}:{task}", {}, limits)

    assert result.refusal is not None
    assert (result.refusal.key, result.refusal.detail) == ("file-unreadable", detail)


@pytest.mark.parametrize(
    ("task", "arguments", "detail"),
    [
        ("abort", {}, "aborted"),
        ("end", {"by": "SIGSEGV"}, "aborted"),
        ("end", {"by": "SIGTERM"}, "killed"),
        ("fail", {"number": errno.ENOSPC}, None),
        ("fail", {"number": errno.EIO}, None),
        ("fail", {"number": errno.ENOENT}, None),
    ],
)
def test_an_end_that_need_not_lie_in_the_file_is_no_refusal(workbook: Path, task, arguments, detail) -> None:
    with pytest.raises(ChildLost) as lost:
        run_in_child(workbook, f"{TASKS}:{task}", arguments, Limits.quick())

    refusal = lost.value.refusal
    assert (refusal.detail if refusal is not None else None) == detail


def test_a_child_killed_from_outside_is_lost(workbook: Path, tmp_path: Path) -> None:
    folder = tmp_path / "reading"
    killer = threading.Thread(target=lambda: os.kill(waiting_child(folder), signal.SIGKILL))
    killer.start()

    with pytest.raises(ChildLost, match="SIGKILL"):
        run_in_child(workbook, f"{TASKS}:wait", {}, Limits.quick(), folder=folder)

    killer.join()


def test_a_child_that_got_no_processor_time_is_lost(workbook: Path) -> None:
    with pytest.raises(ChildLost, match="starved") as lost:
        run_in_child(workbook, f"{TASKS}:wait", {}, Limits.quick(child_wall_s=2))

    assert lost.value.refusal is None


@pytest.mark.parametrize(("had", "is_refused"), [(0.4, False), (1.7, False), (1.9, True)])
def test_a_child_whose_time_is_up_is_judged_by_the_processor_time_it_had(
    workbook: Path, monkeypatch: pytest.MonkeyPatch, had: float, is_refused: bool
) -> None:
    """Of two seconds on the clock: on a busy machine an honest file would be refused for good."""
    monkeypatch.setattr(reader, "_processor_seconds", lambda _number: had)
    found: list[object] = []
    try:
        found.append(run_in_child(workbook, f"{TASKS}:hang", {}, Limits.quick(child_wall_s=2)).refusal)
    except ChildLost as lost:
        found += [lost.reason, lost.refusal]

    assert found == ([Refusal("file-unreadable", "time", {"limit": 2})] if is_refused else ["starved", None])


def test_a_reader_that_breaks_refuses_and_its_complaint_holds_nothing_of_the_file(workbook: Path, caplog) -> None:
    result = run_in_child(workbook, f"{TASKS}:fail", {"number": 0}, Limits.quick())

    assert result.refusal is not None
    assert result.refusal.detail == "failed"
    assert "ValueError at tasks.py" in caplog.text
    assert "secret" not in caplog.text


def test_a_reading_that_breaks_off_here_leaves_neither_child_nor_folder(workbook: Path, tmp_path: Path) -> None:
    class Away(Exception):
        pass

    seen: list[int] = []

    def broken(_done: int, _total: int, _step: str = "") -> None:
        seen.append(waiting_child(tmp_path / "reading"))
        raise Away

    with pytest.raises(Away):
        run_in_child(
            workbook, f"{TASKS}:report_and_wait", {}, Limits.quick(), folder=tmp_path / "reading", on_progress=broken
        )

    assert not Path(f"/proc/{seen[0]}").exists()
    assert list((tmp_path / "reading").iterdir()) == []


def test_an_order_larger_than_a_pipe_holds_reaches_a_child_that_is_slow_to_start(
    workbook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fork_server.forget()
    monkeypatch.setattr(fork_server, "START", f"import time; time.sleep(1); {fork_server.START}")
    heard: list[int] = []
    said = "x" * 1_000_000

    result = run_in_child(
        workbook,
        f"{TASKS}:surroundings",
        {"said": said},
        Limits.quick(),
        on_progress=lambda *_words: heard.append(1),
    )

    fork_server.forget()
    assert result.value["said"] == said
    assert heard


def test_a_killed_process_takes_its_child_with_it_and_what_it_left_is_swept(workbook: Path, tmp_path: Path) -> None:
    folder = tmp_path / "reading"
    order = f"run_in_child(Path({str(workbook)!r}), '{TASKS}:wait', {{}}, folder=Path({str(folder)!r}))"
    code = f"from pathlib import Path; from framework.ground.sheets.reader import run_in_child; {order}"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    child = waiting_child(folder)
    in_use = sweep(folder)

    process.kill()
    process.wait()

    until(lambda: not is_alive(child))
    left = [path.read_text() for path in folder.glob("*/answer.json")]
    assert (in_use, len(left), sweep(folder), list(folder.iterdir())) == (0, 1, 1, [])


def test_the_child_opens_its_own_folder_the_table_and_code_and_nothing_else(workbook: Path, tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("secret")
    own, link = "notes.txt", tmp_path / "link"
    link.symlink_to(tmp_path / "secret_key")
    code, facts = ROOT / "framework" / "__init__.py", ROOT / "data" / "issues.csv"
    places = [own, workbook, tmp_path / "secret_key", link, "../../secret_key", "/etc/passwd", code, facts]
    folders = [".", tmp_path, ROOT / "framework"]
    arguments = {"places": list(map(str, places)), "folders": list(map(str, folders))}

    result = run_in_child(workbook, f"{TASKS}:reach", arguments, Limits.quick(), folder=tmp_path / "reading")

    allowed = {name for name, done in result.value.items() if done}
    wanted = {
        f"write {own}",
        f"read {own}",
        f"read {workbook}",
        f"read {code}",
        f"read {facts}",
        "list .",
        f"list {folders[2]}",
    }
    assert allowed == wanted


def test_children_work_where_the_installation_says(workbook: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(workplace, "_base", [])
    workplace.work_below(tmp_path / "reading")

    result = run_in_child(workbook, f"{TASKS}:place", {}, Limits.quick())

    assert Path(result.value).parent == tmp_path / "reading"
    assert list((tmp_path / "reading").iterdir()) == []


def test_texts_that_no_database_holds_come_back_as_visible_escapes(workbook: Path) -> None:
    result = run_in_child(workbook, f"{TASKS}:letters", {}, Limits.quick())

    assert result.value == ["a\\x00b", "c\\ud800d", "\U0001f600"]


def waiting_child(folder: Path) -> int:
    """The number of the child that works in `folder`, once it has said so."""
    found: list[str] = []

    def look() -> bool:
        found[:] = [text for path in folder.glob("*/answer.json") if (text := path.read_text())]
        return bool(found)

    until(look)
    return int(found[0].split()[0])


def test_the_child_has_a_folder_of_its_own_with_its_progress_and_nothing_else(workbook: Path) -> None:
    result = run_in_child(workbook, f"{TASKS}:surroundings", {"said": "hello"}, Limits.quick())

    assert result.refusal is None
    assert result.value["folder"] == ["progress.json"]
    environment = {name for name in result.value["environment"] if not name.startswith("MALLOC_")}
    assert environment <= {"PATH", "LANG", "LC_CTYPE", "OPENBLAS_NUM_THREADS"}
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


@pytest.mark.parametrize(
    ("separator", "said"),
    [(",", "commas"), (";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars"), (":", ":")],
    ids=["comma", "semicolon", "tab", "bar", "another"],
)
def test_the_sign_between_the_columns_is_named(separator: str, said: str) -> None:
    book = Book("csv", [], notices=[("separator-read", {"separator": separator})])

    [issue] = book_issues(book)

    message, _advice, params = describe(issue)
    assert message % params == f"The columns of this file are separated by {said}."


def test_the_child_that_checks_files_starts_without_database_and_web():
    heavy = "{name.partition('.')[0] for name in sys.modules} & {'sqlalchemy', 'flask', 'pandas', 'babel', 'openpyxl'}"
    order = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import framework.disclosure.check_file; print({heavy})"

    told = subprocess.run([sys.executable, "-I", "-c", order], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "set()"
