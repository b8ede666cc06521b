"""The same file once more: what a supplier sent before and took back, or sent to an earlier round of the same lead."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from framework.disclosure import receiving, sealing
from framework.disclosure.counting import standing, versions
from framework.disclosure.recognise import OURS, UNKNOWN
from framework.ground.actors import Actor
from framework.ground.errors import MoveRefused
from framework.ground.files import INFECTED, Blob, FileStore
from framework.ground.text import N_
from models.disclosure import Submission
from models.people import Organisation
from models.records import StoredFile
from models.rounds import Round

TAKEN_BACK = ("withdrawn", "lapsed")
HAS_COUNTED = ("counted", "opened", "clarification_asked", "in_review", "scored")


def earlier(session: Session, round_: Round, supplier_id: int) -> Submission | None:
    """The newest countable version that was taken back here, else the newest that counted in another round of the lead.

    None where a version of this round stands or is being read: then there is nothing to count again. Nor is there where
    the file is in quarantine.
    """
    found = versions(session, round_, supplier_id)
    if standing(found) is not None or any(one.state == "staged" for one in found):
        return None
    here = (one for one in found if one.state in TAKEN_BACK and one.verdict == "countable" and not sealing.is_away(one))
    before = next(here, None) or _of_another_round(session, round_, supplier_id)
    if before is None or before.file.scan == INFECTED or sealing.is_away(before):
        return None
    return before


def may_send_again(round_: Round, submission: Submission) -> bool:
    """Whether its bytes can count here: our workbook alone names its round, every other format goes from round to round."""
    return submission.round_id == round_.id or submission.format not in (OURS, UNKNOWN, "")


def send_again(
    session: Session,
    round_: Round,
    supplier: Organisation,
    *,
    actor: Actor,
    clock: receiving.Clock,
    files: FileStore,
) -> Submission:
    """Receive the bytes of the earlier version as a new one, with receipt and check like an upload.

    Raises NotAllowed or MoveRefused: receipt over, no such version, or stored bytes that no longer have their hash.
    """
    now = clock()
    if round_.state != "published" or receiving.is_past(round_, now):
        raise MoveRefused("receipt-closed", N_("Receipt is closed. Nothing more can be counted."), rule="L07a")
    before = earlier(session, round_, supplier.id)
    if before is None or not may_send_again(round_, before):
        raise MoveRefused(
            "nothing-to-repeat", N_("There is no earlier file that can be sent again. Send a file instead.")
        )
    file = before.file
    if not files.is_intact(file.sha256):
        raise MoveRefused(
            "bytes-changed", N_("The stored file no longer has the hash of its receipt. Tell the operator.")
        )
    blob = _stored_anew(round_, file, files)
    return receiving.receive(
        session,
        round_,
        supplier,
        blob,
        file.name,
        actor=actor,
        clock=clock,
        first_byte_at=now,
    )


def _stored_anew(round_: Round, file: StoredFile, files: FileStore) -> Blob:
    """The same bytes under a key of their own."""
    key = sealing.new_key(round_)
    if key is None and not file.key_id:
        return Blob(file.sha256, file.size, content_sha256=file.sha256)
    return sealing.stored_anew(key, file, files)


def _of_another_round(session: Session, round_: Round, supplier_id: int) -> Submission | None:
    query = (
        select(Submission)
        .join(Round, Submission.round_id == Round.id)
        .options(joinedload(Submission.file), joinedload(Submission.round))
        .where(
            Submission.supplier_id == supplier_id,
            Submission.state.in_(HAS_COUNTED),
            Round.organisation_id == round_.organisation_id,
            Round.id != round_.id,
        )
    )
    return session.scalar(query.order_by(Submission.receipt_seq.desc()).limit(1))
