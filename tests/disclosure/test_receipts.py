"""Signed receipts: they verify offline with the file, one flipped byte is told, and the record holds no hash of a file."""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
import io
import json
import os
import random
import subprocess
import sys

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from framework.disclosure import counting, receipts, verify_receipt
from framework.ground import heads, log_lines, signing
from framework.ground.files import FileStore
from models.disclosure import Submission
from models.receipts import PublicKey, ReceiptLine
from models.records import AuditEvent, Mail
from tests.disclosure.test_pages import Tender
from tests.disclosure.test_submissions import Scene
from tests.memory import remembered
from views import mailing
from views.settings import ROOT


@pytest.fixture
def scene(session, build, clock, tmp_path):
    return Scene(session, build, clock, FileStore(tmp_path / "files"))


@pytest.fixture
@remembered
def tender(session, build, clock, sign_in):
    return Tender(session, build, clock, sign_in)


class Holder:
    """Somebody who holds a receipt and a file, and has the verifier alone."""

    def __init__(self, folder, capsys):
        self.folder, self.capsys = folder, capsys

    def asks(self, receipt, content, *more):
        """Exit code and words of the verifier."""
        told = receipt if isinstance(receipt, str | bytes) else json.dumps(receipt)
        (self.folder / "receipt.json").write_bytes(told if isinstance(told, bytes) else told.encode())
        (self.folder / "file").write_bytes(content)
        code = verify_receipt.main([str(self.folder / "receipt.json"), str(self.folder / "file"), *map(str, more)])
        return code, self.capsys.readouterr().out


@pytest.fixture
def holder(tmp_path, capsys):
    return Holder(tmp_path, capsys)


def signed(scene, submission, name="sheet.xlsx"):
    return receipts.as_file(receipts.lines(scene.session, submission), name)


def test_a_hundred_receipts_verify_offline_and_one_flipped_byte_does_not(scene, holder):
    chance, wrong = random.Random(4), []
    for number in range(100):
        content = chance.randbytes(chance.randint(1, 900))
        text = signed(scene, scene.send(content))
        code, said = holder.asks(text, content)
        at = chance.randrange(len(content))
        flipped = content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :]
        if (code, holder.asks(text, flipped)[0]) != (0, 1) or "The file matches" not in said:
            wrong.append((number, said))

    assert wrong == []


def places(value, path=()):
    """Every leaf of what a receipt says."""
    if isinstance(value, dict):
        return [found for key, part in value.items() for found in places(part, (*path, key))]
    if isinstance(value, list):
        return [found for at, part in enumerate(value) for found in places(part, (*path, at))]
    return [path]


def touched(value):
    if isinstance(value, str):
        return ("0" if value[:1] != "0" else "1") + value[1:]
    return not value if isinstance(value, bool) else (value or 0) + 1


def test_whatever_is_changed_in_a_receipt_is_noticed(scene, holder):
    submission = scene.read(scene.send(b"rows"))
    counting.count(scene.session, submission, actor=scene.person, clock=scene.clock, files=scene.files)
    receipt = json.loads(signed(scene, submission))
    unnoticed = []

    for path in places(receipt):
        changed = copy.deepcopy(receipt)
        inner = changed
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = touched(inner[path[-1]])
        if holder.asks(changed, b"rows")[0] != 1:
            unnoticed.append(path)

    assert len(places(receipt)) > 30
    assert unnoticed == []
    assert holder.asks(receipt, b"rows")[0] == 0


@pytest.mark.parametrize("seconds", [0, 14])
def test_the_verifier_says_in_plain_words_what_it_verified(scene, holder, seconds):
    if seconds:
        scene.clock.now = scene.round.tender_deadline + dt.timedelta(seconds=seconds)
    submission = scene.send(b"rows")
    arrival = receipts.arrival(scene.session, submission)

    code, said = holder.asks(signed(scene, submission), b"rows")

    assert code == 0
    assert f"The file matches: 4 bytes, SHA-256 {hashlib.sha256(b'rows').hexdigest()}." in said
    assert 'It was sent under the name "sheet.xlsx".' in said
    assert f"Receipt {submission.receipt_number}, round {scene.round.name}" in said
    assert f"Received at {scene.clock.now.isoformat(timespec='microseconds')} (UTC)" in said
    assert ("Late by 14 s" if seconds else "In time for the deadline") in said
    assert f"Entry {arrival.event} of the record holds the commitment" in said
    assert "which this receipt brings along: compare it" in said


def test_a_key_from_elsewhere_decides_who_signed(scene, holder, tmp_path):
    text, ours = signed(scene, scene.send(b"rows")), signing.current()
    other = signing.open_key(tmp_path / "other.pem")
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [{"public": ours.public}]}), encoding="utf-8")

    for key in (ours.public, ours.fingerprint, tmp_path / "keys.json"):
        code, said = holder.asks(text, b"rows", "--key", key)
        assert (code, "which is the one you gave" in said) == (0, True)
    assert holder.asks(text, b"rows", "--key", other.public)[0] == 1
    assert holder.asks(text, b"rows", "--key", "no key")[0] == 2


def test_a_receipt_that_somebody_else_signed_is_not_of_the_key(scene, holder, tmp_path):
    receipt, other = json.loads(signed(scene, scene.send(b"rows"))), signing.open_key(tmp_path / "other.pem")
    line = receipt["lines"][0]
    line["statement"] |= {"key": other.fingerprint, "received_at": "2020-01-01T00:00:00+00:00"}
    line["signature"], receipt["keys"] = other.sign(signing.canonical(line["statement"])), [other.public]

    assert holder.asks(receipt, b"rows")[0] == 0  # it is well signed, by a key that it names
    assert holder.asks(receipt, b"rows", "--key", signing.current().fingerprint)[0] == 1


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"a":1,"a":2}', b"\xff", "[" * 9000])
def test_what_is_no_receipt_is_said_without_a_traceback(holder, text):
    code, said = holder.asks(text, b"rows")

    assert code in (1, 2)
    assert said.startswith(("NOT READABLE", "DOES NOT HOLD"))


def test_counting_and_withdrawing_add_signed_lines_that_follow_one_another(scene, holder):
    submission = scene.read(scene.send(b"rows"))
    scene.clock.forward(minutes=1)
    counting.count(scene.session, submission, actor=scene.person, clock=scene.clock, files=scene.files)
    scene.clock.forward(minutes=1)
    counting.withdraw(scene.session, submission, actor=scene.person, clock=scene.clock)

    receipt = json.loads(signed(scene, submission))

    kinds = [line["statement"]["what"] for line in receipt["lines"]]
    events = [scene.session.get_one(AuditEvent, one["statement"]["log"]["number"]).kind for one in receipt["lines"]]
    assert kinds == ["arrival", "counted", "withdrawn"]
    assert events == [f"submission_tender.{act}" for act in ("stage", "count", "withdraw")]
    code, said = holder.asks(receipt, b"rows")
    assert (code, "Later: withdrawn at 2026-11-23T09:02:00" in said) == (0, True)
    assert holder.asks(receipt | {"lines": receipt["lines"][1:]}, b"rows")[0] == 1
    assert holder.asks(receipt | {"lines": [receipt["lines"][0], receipt["lines"][2]]}, b"rows")[0] == 1


def test_what_counts_at_the_deadline_by_itself_gets_its_line_too(scene):
    submission = scene.read(scene.send(b"rows"))
    scene.clock.forward(hours=2)
    scene.close()

    last = json.loads(receipts.lines(scene.session, submission)[-1].statement)

    assert (last["what"], last["by"]) == ("counted", "system")


def test_a_discarded_version_gets_its_line(scene):
    submission = scene.read(scene.send(b"rows"))
    counting.withdraw(scene.session, submission, actor=scene.person, clock=scene.clock)

    assert [line.what for line in receipts.lines(scene.session, submission)] == ["arrival", "discarded"]


def test_the_record_holds_a_commitment_and_no_hash_of_a_file(scene):
    sent = [scene.send(bytes([number]) * 9) for number in range(3)]
    scene.clock.forward(hours=2)
    late = scene.send(b"late")
    scene.session.commit()

    events = scene.session.scalars(select(AuditEvent)).all()
    text = "\n".join(log_lines.line(event) for event in events)

    kept = {event.data["commitment"] for event in events if "commitment" in event.data}
    salts = [json.loads(receipts.lines(scene.session, one)[0].statement)["salt"] for one in (*sent, late)]
    assert not [one for one in (*sent, late) if one.file.content_sha256 in text]
    assert not [salt for salt in salts if salt in text]
    assert kept == {
        receipts.commitment(salt, one.file.content_sha256) for salt, one in zip(salts, (*sent, late), strict=True)
    }


def test_the_mailed_receipt_leaves_the_name_of_the_file_out_and_verifies(scene, holder):
    submission = scene.send(b"rows")
    mail = scene.session.scalars(select(Mail).where(Mail.template == "submission_received")).one()

    ((name, content),) = mailing.attached(mail)

    assert name == f"receipt-{submission.receipt_number}.json"
    assert "sheet.xlsx" not in content
    assert "The signed receipt is attached." in mailing.render(mail)[1]
    assert holder.asks(content, b"rows")[0] == 0


def test_a_receipt_from_before_the_signing_stays_as_it_was(tender):
    tender.send()
    submission = tender.submissions()[0]
    tender.writing().query(ReceiptLine).delete()
    tender.session.commit()
    place = f"{tender.home}/{submission.public_id}"

    page = tender.browser.page(f"{place}/receipt").text

    assert "This receipt was given before receipts were signed." in page
    assert tender.browser.get(f"{place}/receipt.pdf").status_code == 404
    assert tender.browser.get(f"{place}/receipt.json").status_code == 404


def test_the_receipt_leaves_as_page_pdf_and_file(tender, holder):
    content = tender.workbook()
    tender.send(content, name="our sites.xlsx")
    submission = tender.submissions()[0]
    place, fingerprint = f"{tender.home}/{submission.public_id}", signing.current().fingerprint

    page = tender.browser.page(f"{place}/receipt").text
    answer = tender.browser.get(f"{place}/receipt.json")
    document = tender.browser.get(f"{place}/receipt.pdf").data
    text = " ".join("".join(part.extract_text() for part in PdfReader(io.BytesIO(document)).pages).split())

    assert fingerprint in page
    assert "It counts at the deadline, unless a newer version does" in page
    assert holder.asks(answer.data, content)[0] == 0
    assert fingerprint in text.replace(" ", "")
    assert "our sites.xlsx" in text
    assert submission.receipt_number in text
    assert tender.browser.get(f"{place}/receipt.pdf").data == document


def test_the_proof_from_the_record_ties_the_receipt_to_a_head(tender, clock, holder, tmp_path):
    content = tender.workbook()
    tender.send(content)
    submission = tender.submissions()[0]
    place = f"{tender.home}/{submission.public_id}"
    early = tender.browser.get(f"{place}/receipt-proof.json")
    heads.make(tender.writing(), now=clock())
    tender.session.commit()

    proof = tender.browser.get(f"{place}/receipt-proof.json").data
    receipt = tender.browser.get(f"{place}/receipt.json").data

    assert early.status_code == 404
    assert "Proof that the record holds it" in tender.browser.page(f"{place}/receipt").text
    (tmp_path / "proof.json").write_bytes(proof)
    code, said = holder.asks(receipt, content, "--proof", tmp_path / "proof.json")
    assert code == 0, said
    assert "The record holds this arrival: the head over" in said
    told = json.loads(proof)
    for key, value in (("path", told["path"][1:]), ("entry", told["entry"].replace("stage", "other"))):
        (tmp_path / "proof.json").write_text(json.dumps(told | {key: value}), encoding="utf-8")
        assert holder.asks(receipt, content, "--proof", tmp_path / "proof.json")[0] == 1


def test_a_head_of_another_key_than_the_one_given_proves_nothing(tender, clock, holder, tmp_path):
    content = tender.workbook()
    tender.send(content)
    heads.make(tender.writing(), now=clock())
    tender.session.commit()
    place = tender.version()
    receipt, proof = (tender.browser.get(f"{place}/{name}").data for name in ("receipt.json", "receipt-proof.json"))
    told, other, path = json.loads(proof), signing.open_key(tmp_path / "other.pem"), tmp_path / "proof.json"
    path.write_bytes(proof)
    key = ("--key", signing.current().fingerprint)
    _, alone = holder.asks(receipt, content, "--proof", path)
    assert "that head came with the proof" in alone
    code, said = holder.asks(receipt, content, "--proof", path, *key)
    assert (code, "came with the proof" in said) == (0, False)

    told["head"]["statement"]["key"] = other.fingerprint
    told["head"]["signature"] = other.sign(signing.canonical(told["head"]["statement"]))
    told["keys"] = [{"public": other.public, "fingerprint": other.fingerprint}]
    path.write_text(json.dumps(told), encoding="utf-8")

    assert holder.asks(receipt, content, "--proof", path)[0] == 0  # it is well signed, by a key that it names
    assert holder.asks(receipt, content, "--proof", path, *key)[0] == 1


def test_another_supplier_does_not_get_the_receipt(tender):
    tender.send()
    submission = tender.submissions()[0]
    tender.writing()
    other = tender.person(tender.build.organisation("supplier"))

    for ending in ("receipt", "receipt.json", "receipt.pdf", "receipt-proof.json"):
        assert other.get(f"{tender.home}/{submission.public_id}/{ending}").status_code == 404


def test_a_new_key_leaves_old_receipts_verifiable_and_old_keys_published(scene, holder, tmp_path, client, monkeypatch):
    first = scene.read(scene.send(b"rows"))
    old, new = signing.current(), signing.open_key(tmp_path / "new.pem")
    monkeypatch.setattr(signing, "_current", [new])
    counting.count(scene.session, first, actor=scene.person, clock=scene.clock, files=scene.files)
    scene.session.commit()

    text = signed(scene, first)
    published = client.get("/record/keys.json").get_json()["keys"]

    assert len(json.loads(text)["keys"]) == 2
    assert holder.asks(text, b"rows")[0] == 0
    assert [key["public"] for key in published] == [new.public, old.public]
    assert scene.session.query(PublicKey).count() == 2


def test_the_verifier_needs_neither_the_database_nor_the_product(scene, tmp_path):
    submission = scene.send(b"rows")
    (tmp_path / "receipt.json").write_text(signed(scene, submission), encoding="utf-8")
    (tmp_path / "file").write_bytes(b"rows")
    inside = (
        "import runpy, sys; sys.argv[1:] = ['receipt.json', 'file']\n"
        "try: runpy.run_module('framework.disclosure.verify_receipt', run_name='__main__')\n"
        "except SystemExit as end: code = end.code\n"
        "heavy = {'sqlalchemy', 'flask', 'pandas', 'babel', 'models', 'views', 'openpyxl'} & set(sys.modules)\n"
        "print(code, sorted(heavy))"
    )

    done = subprocess.run(
        [sys.executable, "-c", inside],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.splitlines()[-1] == "0 []", done.stderr


def test_the_receipt_of_each_submission_tells_what_its_row_and_the_record_tell(scene):
    for number in range(20):
        scene.clock.forward(microseconds=number + 1)
        scene.send(bytes([number]))

    for submission in scene.session.scalars(select(Submission)):
        told = json.loads(receipts.lines(scene.session, submission)[0].statement)
        event = scene.session.get_one(AuditEvent, told["log"]["number"])
        times = {dt.datetime.fromisoformat(told[name]) for name in ("received_at", "received_at_local")}
        assert times == {submission.received_at} == {event.at}
        assert (told["log"]["commitment"], told["receipt"]) == (event.data["commitment"], submission.receipt_number)
