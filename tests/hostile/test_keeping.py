"""What a hostile file holds can be stored: a sample of the corpus through receipt, reading and keeping, on both databases."""

from __future__ import annotations

import datetime as dt
import io
import random
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from framework.disclosure import checking, receiving, sealing
from framework.disclosure.check_file import check_task
from framework.disclosure.checked import Checked
from framework.ground.files import FileStore
from framework.ground.sheets.cells import Refusal
from framework.ground.sheets.codec import storable
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reading import read_here
from models.disclosure import SubmissionRow
from tests.hostile import raw
from tests.hostile.make import ACCEPTED, ISSUE, hostile_cases

SAMPLE = 12
HEAD = "Site name,Address,Country\n"
SURROGATE = "".join(raw.row(n, raw.cell(f"A{n}", f"S{n}_xD800_", kind="str")) for n in range(1, 5))
BYTES = {
    "nul in a cell": (HEAD + "A\x00B,Street 1,China\nC,Street 2,China\n").encode(),
    "nul in a header": (HEAD.replace("Address", "Add\x00ress") + "A,Street 1,China\n").encode(),
    "control in a cell": (HEAD + "A\x01B,Street 1,China\n").encode(),
    "escaped surrogate": raw.workbook(SURROGATE),
}
CASES = random.Random(7).sample([case for case in hostile_cases() if case.verdict in (ACCEPTED, ISSUE)], SAMPLE)


@dataclass
class Desk:
    """A published round with a supplier; `keep` receives, reads and keeps a file as the product does."""

    session: object
    files: FileStore
    clock: object
    build: object

    def keep(self, content, name, *, read):
        round_ = self.build.round(state="published", tender_deadline=self.clock() + dt.timedelta(hours=1))
        self.build.lot(round_)
        supplier = self.build.organisation("supplier")
        blob = self.files.put(io.BytesIO(content), max_bytes=10**8, key=sealing.new_key(round_))
        submission = receiving.receive(
            *(self.session, round_, supplier, blob, name),
            actor=self.build.person(supplier),
            clock=self.clock,
            first_byte_at=self.clock(),
        )
        self.session.commit()
        checked = read(self, submission)
        submission = self.session.merge(submission)
        checking.keep(self.session, submission, checked, 0, clock=self.clock, files=self.files)
        self.session.commit()
        return submission


def in_a_child(desk, submission):
    return checking.read(desk.session, submission, files=desk.files, limits=Limits.large())[0]


def here(desk, submission):
    """As the child does it, without the half second that a process takes."""
    with desk.files.readable(submission.file, sealing.key_of_file(submission.file)) as path:
        book = read_here(path, Limits.large(), name=submission.file.name)
    assert not isinstance(book, Refusal)
    scope = receiving.scope_of(desk.session, submission.round, submission.supplier).to_json()
    return Checked.from_json(storable(check_task(book, {"scope": scope, "today": "2026-11-23"})))


@pytest.fixture
def desk(session, build, clock, tmp_path):
    return Desk(session, FileStore(tmp_path / "files"), clock, build)


@pytest.mark.parametrize("content", BYTES.values(), ids=BYTES.keys())
def test_letters_that_a_database_refuses_are_kept_as_something_visible(desk, content):
    submission = desk.keep(content, "a\x00\ud800.csv" if content.startswith(b"Site") else "a.xlsx", read=in_a_child)

    rows = desk.session.scalars(select(SubmissionRow)).all()
    assert submission.state == "checked"
    assert submission.rows_in == len(rows) > 0
    assert "\x00" not in submission.file.name


def test_a_nul_in_a_cell_is_seen_where_it_stood(desk):
    desk.keep(BYTES["nul in a cell"], "a.csv", read=in_a_child)

    kept = [str(row.read_values) + str(row.found) for row in desk.session.scalars(select(SubmissionRow))]
    assert any("A\\\\x00B" in one or "A\\x00B" in one for one in kept)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_hostile_file_that_is_read_can_be_kept(desk, case):
    submission = desk.keep(case.build(), f"upload{case.suffix}", read=here)

    assert submission.state in ("checked", "refused")
