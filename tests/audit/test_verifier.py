"""The stand-alone verifier: it finds every change that was made in the database itself, and two versions of one record."""

from __future__ import annotations

import ast
import datetime as dt
import itertools
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import delete, func, insert, select, text, update

from framework.ground import audit, audit_ddl, heads, log_lines, merkle, signing, verify_log
from framework.ground.actors import SYSTEM
from models.receipts import PublicKey
from models.records import AuditEvent
from tests.memory import remembered

SCRIPT = Path(verify_log.__file__)
CHANGES = 1_000 if os.environ.get("HEFBOOM_BARS") else 100
"""Half of them on each database."""
EVENTS = audit.declare("test.noted", "n", "text", "list")
TABLE = AuditEvent.__table__


@pytest.fixture
@remembered
def record(session, build, clock):
    """Forty entries, some of them about a sealed tender, and a head over them."""
    sealed = build.round(state="published", published_at=clock.now, tender_deadline=clock.now + dt.timedelta(hours=1))
    bidder = build.person(build.organisation("supplier"))
    for number in range(40):
        who, subject = (bidder, sealed) if number % 10 == 7 else (SYSTEM, None)
        said = {"n": number, "text": f"zoë “{number}”", "list": [number, None, 0.5]}
        audit.record(session, EVENTS, actor=who, now=clock.forward(seconds=1), subject=subject, **said)
    heads.make(session, now=clock())
    session.commit()
    return session


def leave(session, folder: Path) -> Path:
    """Write what leaves: log, heads, keys."""
    folder.mkdir(exist_ok=True)
    (folder / "log.jsonl").write_text("".join(f"{line}\n" for line in log_lines.lines(session)), encoding="utf-8")
    found = session.scalars(heads.every().order_by("size")).all()
    (folder / "heads.jsonl").write_text("".join(f"{heads.line(head)}\n" for head in found), encoding="utf-8")
    publics = [{"public": key.public} for key in session.scalars(select(PublicKey))]
    (folder / "keys.json").write_text(json.dumps({"keys": publics}) + "\n", encoding="utf-8")
    return folder


def verify(*paths: Path) -> tuple[int, str]:
    """Run the verifier as an outsider does: alone, with nothing of ours to import."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), *map(str, paths)], capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_a_record_as_it_was_written_is_whole(record, tmp_path):
    code, said = verify(leave(record, tmp_path / "left"))

    count = record.scalar(select(func.max(AuditEvent.seq)))
    assert code == 0, said
    assert said.startswith(f"WHOLE: {count} entries, unbroken, 4 of them withheld")
    assert "1 heads fit" in said


def edited(session, chance):
    number, column = chance.randint(1, 40), chance.choice([c for c in TABLE.columns if c.name != "seq"])
    before = session.scalar(select(column).where(TABLE.c.seq == number))
    session.execute(update(TABLE).where(TABLE.c.seq == number).values({column.name: another(column.name, before)}))


def another(name, before):
    """A value that the column takes and that is not the one before."""
    if name in ("hash", "prev_hash"):
        return ("0" if before[0] != "0" else "1") + before[1:]
    if name == "outcome":
        return "denied" if before == "done" else "done"
    if name == "data":
        return {**before, "n": -1} if before else {"n": 1}
    if name == "at":
        return before + dt.timedelta(microseconds=1)
    return (before or 0) + 1 if name in ("actor_id", "organisation_id", "round_id") else f"{before}x"[-20:]


def removed(session, chance):
    session.execute(delete(TABLE).where(TABLE.c.seq == chance.randint(1, 40)))


def cut(session, chance):
    session.execute(delete(TABLE).where(TABLE.c.seq > chance.randint(0, 40)))


def swapped(session, chance):
    first, second = chance.sample(range(1, 41), 2)
    for old, new in ((first, 0), (second, first), (0, second)):
        session.execute(update(TABLE).where(TABLE.c.seq == old).values(seq=new))


def inserted(session, chance):
    """A forged entry that follows from the one before; the later ones are moved up."""
    place = chance.randint(1, 40)
    for number in range(session.scalar(select(func.max(TABLE.c.seq))), place - 1, -1):
        session.execute(update(TABLE).where(TABLE.c.seq == number).values(seq=number + 1))
    row = dict(session.execute(select(TABLE).where(TABLE.c.seq == place + 1)).mappings().one())
    session.execute(insert(TABLE).values(row | {"seq": place, "kind": "forged"}))
    rehash(session, place, place)


def rewritten(session, chance):
    """A change after which every later hash is made anew: the chain holds, and only a head from outside tells."""
    place = chance.randint(1, 40)
    session.execute(update(TABLE).where(TABLE.c.seq == place).values(kind="forged"))
    rehash(session, place, session.scalar(select(func.max(TABLE.c.seq))))


def shortened(session, chance):
    """An entry that is taken out, the later ones moved down and every hash made anew."""
    place, last = chance.randint(1, 40), session.scalar(select(func.max(TABLE.c.seq)))
    session.execute(delete(TABLE).where(TABLE.c.seq == place))
    for number in range(place + 1, last + 1):
        session.execute(update(TABLE).where(TABLE.c.seq == number).values(seq=number - 1))
    rehash(session, place, last - 1)


def rehash(session, first, last):
    before = session.scalar(select(TABLE.c.hash).where(TABLE.c.seq == first - 1)) or audit.GENESIS
    for number in range(first, last + 1):
        query = select(AuditEvent).where(AuditEvent.seq == number).execution_options(populate_existing=True)
        event = session.scalars(query).one()
        facts = audit.facts(event) | {"prev": before}
        before = signing_hash(facts)
        values = {"prev_hash": facts["prev"], "hash": before}
        session.execute(update(TABLE).where(TABLE.c.seq == number).values(values))


def signing_hash(facts):
    return verify_log.sha(signing.canonical(facts).encode()).hex()


KINDS = (edited, edited, edited, removed, inserted, swapped, cut, rewritten, shortened)


def test_every_change_made_in_the_database_is_found(record, tmp_path):
    chance, folder, missed = random.Random(20261128), tmp_path / "left", []
    outside = tmp_path / "outside.jsonl"
    outside.write_text(heads.line(heads.newest(record)) + "\n", encoding="utf-8")
    record.commit()
    for number in range(CHANGES // 2):
        for ddl in audit_ddl.unprotect(record.get_bind().dialect.name):
            record.execute(text(ddl))
        change = KINDS[number % len(KINDS)]
        change(record, chance)
        record.expire_all()
        code, said = verify(leave(record, folder), outside)
        record.rollback()
        if code != 1 or not said.startswith("NOT WHOLE: "):
            missed.append((number, change.__name__, code, said))

    assert missed == []
    assert verify(leave(record, folder), outside)[0] == 0


@pytest.fixture
@remembered
def fifty(session, clock):
    """Fifty heads, one a day, with from one to nine entries between."""
    chance, made = random.Random(50), []
    for _day in range(50):
        for number in range(chance.randint(1, 9)):
            audit.record(session, EVENTS, actor=SYSTEM, now=clock.now, n=number, text="", list=[])
        made.append(heads.make(session, now=clock.forward(days=1)))
    session.commit()
    return made


def test_any_two_of_fifty_heads_are_consistent_and_a_fork_is_not(session, fifty):
    said_of = {head.size: json.loads(head.statement) for head in fifty}
    leaves = [merkle.leaf(bytes.fromhex(one)) for one in session.scalars(select(AuditEvent.hash).order_by("seq"))]
    pairs = list(itertools.combinations(said_of, 2))

    for first, second in pairs:
        path = [one.hex() for one in merkle.consistency(leaves[:second], first)]
        verify_log.check_consistency(said_of[first], said_of[second], path)
        forked = said_of[first] | {"root": verify_log.sha(said_of[first]["root"].encode()).hex()}
        with pytest.raises(ValueError, match="does not continue"):
            verify_log.check_consistency(forked, said_of[second], path)

    assert len(pairs) == 1225


def test_a_proof_of_consistency_leaves_as_a_file_that_verifies(session, fifty, tmp_path):
    pairs = random.Random(1).sample(list(itertools.combinations([head.size for head in fifty], 2)), 20)
    folder, given = leave(session, tmp_path / "left"), tmp_path / "proofs.jsonl"
    proofs = [heads.consistency(session, *pair) for pair in pairs]

    given.write_text("".join(json.dumps(proof) + "\n" for proof in proofs), encoding="utf-8")
    code, said = verify(folder, given)

    assert code == 0, said
    assert said.count(" continues that of ") == 20


def test_a_second_version_of_the_record_does_not_fit_a_head_of_the_first(session, fifty, tmp_path):
    outside = tmp_path / "outside.jsonl"
    outside.write_text(heads.line(fifty[24]) + "\n", encoding="utf-8")
    first = leave(session, tmp_path / "first")
    for ddl in audit_ddl.unprotect(session.get_bind().dialect.name):
        session.execute(text(ddl))
    session.execute(update(TABLE).where(TABLE.c.seq == 3).values(kind="forged"))
    rehash(session, 3, session.scalar(select(func.max(TABLE.c.seq))))
    second = leave(session, tmp_path / "second")
    (second / "heads.jsonl").write_text("", encoding="utf-8")
    session.rollback()

    assert verify(first, outside)[0] == 0
    assert verify(second)[0] == 0  # alone, a record that was made anew is a record
    assert verify(second, outside)[0] == 1


@pytest.mark.parametrize("what", ["signature", "root", "key", "continues"])
def test_a_head_that_was_touched_is_told(record, clock, tmp_path, what):
    heads.make(record, now=clock.forward(days=1))
    folder = leave(record, tmp_path / "left")
    lines = (folder / "heads.jsonl").read_text(encoding="utf-8").splitlines()
    told = json.loads(lines[1])
    if what in ("root", "key"):
        told["statement"][what] = another("hash", told["statement"][what])
    elif what == "signature":
        told["signature"] = another("hash", told["signature"])
    else:
        told["continues"] = told["continues"][1:]
    (folder / "heads.jsonl").write_text(f"{lines[0]}\n{json.dumps(told)}\n", encoding="utf-8")

    code, said = verify(folder)

    assert (code, said[:10]) == (1, "NOT WHOLE:")


def test_what_is_not_there_is_said(tmp_path):
    assert verify(tmp_path)[0] == 2
    assert "python verify_log.py FOLDER" in verify()[1]


@pytest.mark.parametrize(
    "line", ["", "null", "[]", "{}", "{", '{"seq":1}', '{"seq":1,"seq":1}', '{"hash":1}', "[" * 5000]
)
def test_what_is_no_record_is_told_in_a_sentence(record, tmp_path, line):
    folder = leave(record, tmp_path / "left")
    (folder / "log.jsonl").write_text(line + "\n", encoding="utf-8")

    code, said = verify(folder)

    assert (code, said[:10]) == (1, "NOT WHOLE:")


def test_a_last_line_counts_though_it_does_not_end(record, tmp_path):
    folder = leave(record, tmp_path / "left")
    log = folder / "log.jsonl"
    whole = log.read_text(encoding="utf-8")
    log.write_text(whole.removesuffix("\n"), encoding="utf-8")
    count = record.scalar(select(func.max(AuditEvent.seq)))
    assert verify(folder)[1].startswith(f"WHOLE: {count} entries")

    log.write_text(f'{whole}{{"seq":1}}', encoding="utf-8")
    assert verify(folder)[0] == 1


@pytest.mark.parametrize("content", ["", "\n"])
def test_a_file_that_was_given_without_a_head_in_it_is_told(record, tmp_path, content):
    given = tmp_path / "given.jsonl"
    given.write_text(content, encoding="utf-8")

    code, said = verify(leave(record, tmp_path / "left"), given)

    assert (code, said[:10]) == (1, "NOT WHOLE:")


def test_heads_are_not_said_to_fit_a_log_that_is_not_there(record, clock, tmp_path):
    heads.make(record, now=clock.forward(days=1))
    sizes = [head.size for head in record.scalars(heads.every().order_by("size"))]
    folder, given = leave(record, tmp_path / "left"), tmp_path / "proof.jsonl"
    given.write_text(json.dumps(heads.consistency(record, *sizes)), encoding="utf-8")
    assert "2 heads fit" in verify(folder, given)[1]

    (folder / "log.jsonl").unlink()
    code, said = verify(folder, given)

    assert (code, "fit" in said, "no log here" in said) == (0, False, True), said


def test_the_verifier_is_short_and_needs_nothing_but_python():
    text = SCRIPT.read_text(encoding="utf-8")
    imported = {
        name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }

    assert len(text.splitlines()) <= 150
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names
