"""Nothing changed since what was accepted last: the same file once more, without a transfer."""

from __future__ import annotations

from sqlalchemy.orm import Session

from framework.contract import duties, update_stage, updates
from framework.contract.updates import Sent
from framework.disclosure.receiving import Clock
from framework.ground.actors import Actor
from framework.ground.errors import MoveRefused
from framework.ground.files import INFECTED, Blob, FileStore
from framework.ground.text import N_
from models.contract_disclosure import ContractSubmission, Duty, Update


def accepted_file(session: Session, duty: Duty) -> Update | None:
    """The file that was accepted last for the same brand or all, where it can be sent again."""
    accepted = update_stage.accepted_before(session, duty)
    if accepted is None or accepted.submission is None or accepted.duty.brand != duty.brand:
        return None
    return None if accepted.submission.file.scan == INFECTED else accepted.submission


def confirm(session: Session, duty: Duty, *, actor: Actor, clock: Clock, files: FileStore) -> ContractSubmission:
    """Send that file as the next version of a duty that is waited for; receipt, reading and review are those of an upload.

    Raises NotAllowed and MoveRefused: nothing is waited for, nothing was accepted, or its stored bytes no longer have
    their hash.
    """
    found, newest = accepted_file(session, duty), duties.newest(session, duty)
    if found is None or newest.state not in duties.OPEN or newest.is_cure:
        raise MoveRefused(
            "nothing-to-repeat", N_("There is no earlier file that can be sent again. Send a file instead.")
        )
    file = found.file
    if not files.is_intact(file.sha256):
        raise MoveRefused(
            "bytes-changed", N_("The stored file no longer has the hash of its receipt. Tell the operator.")
        )
    blob = Blob(file.sha256, file.size, scan=file.scan, content_sha256=file.sha256)
    return updates.receive(session, duty, Sent(blob, file.name, clock()), actor=actor, clock=clock)
