"""Children forked from one server: each serves one file with the rights of a child, and none is ever left over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from framework.ground.sheets import fork_server
from framework.ground.sheets.cells import Book
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reader import ChildLost, read_book, run_in_child
from tests.processes import is_alive, until

TASKS = "tests.ground.sheets.tasks"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text("a;b\n1;2\n", encoding="utf-8")
    return path


def surroundings(table: Path, said: str = "hello") -> dict[str, object]:
    return dict(run_in_child(table, f"{TASKS}:surroundings", {"said": said}, Limits.quick()).value)


def server() -> int:
    assert fork_server._Own.server is not None
    return fork_server._Own.server._process.pid


def test_every_file_has_a_process_of_its_own_from_one_server(table):
    found = [surroundings(table) for _file in range(3)]

    assert len({one["process"] for one in found}) == 3
    assert {one["parent"] for one in found} == {server()}
    assert server() not in {one["process"] for one in found}


def test_a_child_holds_nothing_but_its_own_and_leaves_nothing(table, tmp_path):
    first = surroundings(table)

    assert first["folder"] == ["progress.json"]
    assert first["refused"] == [True, True]
    assert first["open"] == [0, 1, 2]
    assert not {"pandas", "numpy", "sqlalchemy", "flask", "openpyxl"} & set(first["modules"])
    until(lambda: not is_alive(first["process"]))


def test_many_at_once_each_get_their_own_answer(table):
    answers: dict[str, object] = {}

    def read(said: str) -> None:
        answers[said] = surroundings(table, said)["said"]

    threads = [threading.Thread(target=read, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == {str(number): str(number) for number in range(8)}


def test_a_server_that_was_killed_is_replaced(table):
    surroundings(table)
    gone = server()
    os.kill(gone, signal.SIGKILL)
    until(lambda: not is_alive(gone))

    assert surroundings(table)["said"] == "hello"
    assert server() != gone


def test_a_child_whose_server_is_killed_is_lost_and_goes_with_it(table):
    surroundings(table)
    number: list[int] = []

    def heard(*_words: object) -> None:
        number.extend(children_of(server()))
        os.kill(server(), signal.SIGKILL)

    with pytest.raises(ChildLost):
        run_in_child(table, f"{TASKS}:hang", {}, Limits.quick(child_wall_s=20), on_progress=heard)

    assert number
    until(lambda: not any(map(is_alive, number)))


def test_the_server_ends_with_its_process_however_that_ends(table):
    code = (
        "import sys, time; from pathlib import Path; from framework.ground.sheets import fork_server, reader;"
        f"reader.run_in_child(Path({str(table)!r}), '{TASKS}:surroundings', {{'said': 'x'}});"
        "print(fork_server._Own.server._process.pid, flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    number = int(process.stdout.readline())
    assert is_alive(number)

    process.kill()
    process.wait()
    process.stdout.close()

    until(lambda: not is_alive(number))


def test_a_process_that_was_forked_makes_a_server_of_its_own(table):
    surroundings(table)
    known = server()
    number = os.fork()
    if not number:
        try:
            fine = surroundings(table)["said"] == "hello" and server() != known
            fork_server.forget()
        finally:
            os._exit(0 if fine else 1)

    _number, status = os.waitpid(number, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert surroundings(table)["parent"] == known


def test_a_folder_may_be_named_from_where_the_process_stands(table, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    book = read_book(table, folder=Path("reading"))

    assert isinstance(book, Book)


def test_ending_a_child_at_once_ends_no_other_and_not_the_server(table, tmp_path):
    surroundings(table)
    known = server()
    for number in range(40):
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(Stopped), fork_server.start("{}", folder):
            raise Stopped

    assert surroundings(table)["parent"] == known


def test_a_server_that_hangs_is_given_up_and_what_happened_meanwhile_is_told(table, monkeypatch):
    fork_server.forget()
    with monkeypatch.context() as slow:
        slow.setattr(fork_server, "START", "import time; time.sleep(1000)")
        slow.setattr(fork_server, "_PATIENCE", 0.5)
        with pytest.raises(ChildLost):
            run_in_child(table, f"{TASKS}:surroundings", {"said": "x"}, Limits.quick(child_wall_s=1))
        hanging = server()
        with pytest.raises(Stopped):
            run_in_child(table, f"{TASKS}:surroundings", {"said": "x"}, Limits.quick(), on_progress=stop)

    until(lambda: not is_alive(hanging))
    fork_server.forget()
    assert surroundings(table)["said"] == "hello"


def test_a_file_that_was_read_while_progress_was_told_is_not_late(table):
    """Telling progress may wait for a database."""
    done = run_in_child(
        table,
        f"{TASKS}:surroundings",
        {"said": "hello"},
        Limits.quick(child_wall_s=2),
        on_progress=lambda *_words: time.sleep(2.2),
    )
    slow = run_in_child(
        table, f"{TASKS}:pause", {"seconds": 0.8}, Limits.quick(child_wall_s=1), on_progress=lambda *_: time.sleep(1.2)
    )

    assert done.refusal is None
    assert (slow.refusal, slow.value) == (None, "rested")


def test_two_that_find_the_server_gone_make_one_new_one_between_them(table):
    surroundings(table)
    gone = fork_server._Own.server
    assert gone is not None
    os.kill(server(), signal.SIGKILL)
    until(lambda: not is_alive(gone._process.pid))
    fork_server._replace(gone)
    surroundings(table)
    fresh = server()

    fork_server._replace(gone)
    with pytest.raises(OSError, match="Bad file descriptor"):
        gone.start(Path("/"), ())

    assert surroundings(table)["parent"] == fresh


class Stopped(Exception):
    pass


def stop(*_words: object) -> None:
    raise Stopped


def children_of(number: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{number}/task/{number}/children").read_text().split()]
