"""Writers on SQLite stand in line: over threads and processes, in turn, and never behind one that died."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from framework.ground.write_turns import Turns
from tests.processes import until


def hold(path: str, ready, done) -> None:  # type: ignore[no-untyped-def]
    turns = Turns(Path(path))
    assert turns.take(10)
    ready.set()
    done.poll(60)
    turns.give_back()


def take_often(path: str, times: int, waits) -> None:  # type: ignore[no-untyped-def]
    turns = Turns(Path(path))
    longest = 0.0
    for _ in range(times):
        begun = time.monotonic()
        assert turns.take(30)
        longest = max(longest, time.monotonic() - begun)
        time.sleep(0.005)
        turns.give_back()
    waits.put(longest)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "test.sqlite"


@pytest.fixture
def other(path: Path):
    """Another process that holds the turn until the end of a pipe, `done`, is closed: an event would wait for one that was killed."""
    context = multiprocessing.get_context("spawn")
    ready, (theirs, done) = context.Event(), context.Pipe(duplex=False)
    process = context.Process(target=hold, args=(str(path), ready, theirs))
    process.start()
    theirs.close()
    assert ready.wait(60)
    yield process, done
    done.close()
    process.join(30)
    assert process.exitcode is not None


def test_one_at_a_time_and_the_next_when_it_is_given_back(path: Path):
    turns = Turns(path)
    assert turns.take(1)
    assert not turns.take(0.05)

    turns.give_back()

    assert turns.take(1)
    turns.give_back()


def test_threads_come_in_the_order_in_which_they_asked(path: Path):
    turns, order = Turns(path), []
    turns.take(1)

    def wait(number: int) -> None:
        assert turns.take(30)
        order.append(number)
        turns.give_back()

    threads = []
    for number in range(8):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        until(lambda number=number: len(turns._line) == number + 1)
    turns.give_back()
    for thread in threads:
        thread.join()

    assert order == list(range(8))


def test_who_waited_in_vain_leaves_the_line(path: Path):
    turns = Turns(path)
    turns.take(1)
    assert not turns.take(0.05)
    turns.give_back()

    assert turns.take(0)
    turns.give_back()


def test_another_process_is_waited_for(path: Path, other):
    _process, done = other
    turns = Turns(path)
    assert not turns.take(0.05)

    done.close()

    assert turns.take(30)
    turns.give_back()


def test_a_process_that_was_killed_holds_nobody_up(path: Path, other):
    process, _done = other

    os.kill(process.pid, signal.SIGKILL)

    turns = Turns(path)
    assert turns.take(30)
    turns.give_back()


def test_a_fork_leaves_the_turn_of_its_parent_alone_and_begins_with_none(path: Path):
    turns = Turns(path)
    turns.take(1)
    child = os.fork()
    if not child:
        os._exit(0 if not turns.take(0.05) and not turns._files.get(".none") and not turns._is_taken else 1)

    _number, status = os.waitpid(child, 0)

    assert status == 0
    assert not Turns(path).take(0.05)
    turns.give_back()
    assert Turns(path).take(1)


def test_no_process_is_passed_by_for_long(path: Path):
    context = multiprocessing.get_context("spawn")
    waits = context.Queue()
    processes = [context.Process(target=take_often, args=(str(path), 60, waits)) for _ in range(3)]
    for process in processes:
        process.start()

    longest = [waits.get(timeout=120) for _ in processes]

    for process in processes:
        process.join(30)
    assert max(longest) < 5, longest
