"""The store of bytes: what is swept is what nobody names and nobody just sent."""

from __future__ import annotations

import io
import os
import time

import pytest

from framework.ground.files import FileStore

DAY = 86_400


@pytest.fixture
def files(tmp_path):
    return FileStore(tmp_path / "files")


def put(files, content=b"tender", *, age=0.0):
    blob = files.put(io.BytesIO(content), max_bytes=99)
    if age:
        os.utime(files.path(blob.sha256), (time.time() - age,) * 2)
    return blob.sha256


def test_old_bytes_that_nobody_names_go_and_all_others_stay(files):
    stray, named, young = put(files, b"a", age=2 * DAY), put(files, b"b", age=2 * DAY), put(files, b"c")

    removed = files.sweep(known={named}, older_than=time.time() - DAY)

    assert removed == 1
    assert [files.is_intact(one) for one in (stray, named, young)] == [False, True, True]


def test_old_stray_bytes_that_are_sent_again_outlive_a_sweep_that_does_not_know_of_it(files):
    put(files, age=2 * DAY)
    known_before: set[str] = set()
    again = put(files)

    files.sweep(known=known_before, older_than=time.time() - DAY)

    assert files.is_intact(again)


def test_bytes_sent_again_while_the_sweep_is_at_work_outlive_it(files, monkeypatch):
    old = put(files, age=2 * DAY)

    def addresses():
        yield old
        put(files)

    monkeypatch.setattr(files, "addresses", addresses)
    files.sweep(known=set(), older_than=time.time() - DAY)

    assert files.is_intact(old)
