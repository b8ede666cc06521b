"""A child started ahead: serves one file as any other child does, and is never left over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from framework.ground.sheets import started
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reader import run_in_child
from framework.ground.sheets.started import Ahead

TASKS = "tests.ground.sheets.tasks"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ahead]:
    kept = Ahead("framework.disclosure.check_file")
    monkeypatch.setattr(started._Kept, "ahead", kept)
    yield kept
    until(lambda: is_ready(kept))
    kept._ready.get().communicate()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text("a;b\n1;2\n", encoding="utf-8")
    return path


def until(done, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_ready(ahead: Ahead) -> bool:
    return not ahead._ready.empty()


def test_each_file_has_a_child_of_its_own_with_the_rights_of_any_other(ahead: Ahead, table: Path) -> None:
    numbers = []
    for _file in range(3):
        until(lambda: is_ready(ahead))
        waiting = ahead._ready.get()
        ahead._ready.put(waiting)

        done = run_in_child(table, f"{TASKS}:surroundings", {"said": "hello"}, Limits.quick())

        numbers.append(waiting.pid)
        assert waiting.poll() == 0, "the child that waited did it"
        assert done.value["folder"] == ["progress.json"]
        assert done.value["refused"] == [True, True]
        assert not {"pandas", "numpy", "sqlalchemy", "flask", "openpyxl"} & set(done.value["modules"])
    assert len(set(numbers)) == 3


def test_a_child_that_died_while_it_waited_is_not_used(ahead: Ahead, table: Path) -> None:
    until(lambda: is_ready(ahead))
    waiting = ahead._ready.get()
    ahead._ready.put(waiting)
    os.kill(waiting.pid, signal.SIGKILL)
    waiting.wait()

    done = run_in_child(table, f"{TASKS}:surroundings", {"said": "hello"}, Limits.quick())

    assert done.value["said"] == "hello"
    until(lambda: is_ready(ahead))


def test_a_waiting_child_ends_with_its_process_however_that_ends() -> None:
    code = (
        "import time; from framework.ground.sheets.started import Ahead; kept = Ahead('');"
        "child = kept._ready.get(); print(child.pid, flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    number = int(process.stdout.readline())
    assert Path(f"/proc/{number}").exists()

    process.kill()
    process.wait()
    process.stdout.close()

    until(lambda: not is_alive(number))


def is_alive(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
