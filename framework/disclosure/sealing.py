"""The envelope of a version: its keys, who holds them when, and what the opening releases (docs/sealing.md)."""

from __future__ import annotations

import base64
import io
import json
import logging
import secrets
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from framework.disclosure import in_memory
from framework.ground import sealed
from framework.ground.errors import MoveRefused
from framework.ground.files import Blob, FileStore, Pieces
from framework.ground.text import N_
from models.base import random_id
from models.boxes import PublicBox
from models.disclosure import Disclosed, Submission
from models.people import Organisation
from models.records import StoredFile
from models.rounds import Round
from models.sealing import (
    Key,
    KeyMissing,
    Ring,
    Token,
    Wrap,
    WrongMasterKey,
    holding,
    key_id_of,
    meant_for,
    plain_text,
    ring,
)

logger = logging.getLogger(__name__)
LENGTH = 32
AWAY = N_(
    "This round is sealed with shares that its openers hold. The session in which you sent this file is over, so nobody "
    "can read it before the opening, neither you nor we. Keep your own copy, or send a newer version to see its remarks."
)
AnySession = Session | scoped_session[Any]


def is_on(round_: Round) -> bool:
    """Whether versions of a round are sealed: it is published and not opened. Its terms say how."""
    return sealed.is_sealed(round_)


def new_key(round_: Round) -> Key | None:
    """A random content key for what arrives in a round now; None where nothing is sealed."""
    return Key(random_id(), secrets.token_bytes(LENGTH)) if is_on(round_) else None


def key_of(submission: Disclosed) -> Key | None:
    """The content key of a version; None where it is not sealed. Raises KeyMissing for who may not have it."""
    return ring().key(submission.seal_id) if submission.seal_id else None


def is_by_shares(round_: Round) -> bool:
    """Whether the key of a round exists in shares of its openers alone, so that nothing here opens before they do."""
    return bool(round_.seal_public_key)


def is_away(submission: Disclosed) -> bool:
    """Whether a version is sealed and only the openers' shares bring its key back, as far as this session goes."""
    if not submission.seal_id or not is_by_shares(submission.round):
        return False
    return not ring().holds(submission.seal_id)


def require_at_hand(submission: Disclosed) -> None:
    """Raise MoveRefused where the key of a version is away: its rows would be taken for none."""
    if is_away(submission):
        raise MoveRefused("key-away", AWAY, rule="L07b")


def of_supplier(
    session: AnySession, master: Wrap | None, organisation_id: int | None, session_ref: str | None = None
) -> Ring:
    """The keys of everything that one organisation sent: for its own people, and for jobs that read what it sent.

    Of rounds sealed with shares those that are in memory still; for a person those of the own session (`session_ref`).
    """
    deposits = ring().deposits
    if organisation_id is None or master is None:
        return Ring(master=master, deposits=deposits)

    def load() -> Mapping[str, bytes]:
        kept = in_memory.of_organisation(deposits, organisation_id, session_ref)
        return keys_where(session, master, StoredFile.organisation_id == organisation_id) | kept

    return Ring(load, master, deposits, told=partial(_told, master, organisation_id))


def for_job(session: Session, organisation_id: int | None) -> AbstractContextManager[Ring]:
    """Let a job hold the keys of one supplier, on top of the master key that the worker holds."""
    return holding(of_supplier(session, ring().master, organisation_id))


def of_ids(session: AnySession, master: Wrap | None, ids: Iterable[str]) -> Ring:
    """The keys of these ids, and no others."""
    wanted, deposits = sorted({one for one in ids if one}), ring().deposits
    if master is None or not wanted:
        return Ring(master=master, deposits=deposits)

    def load() -> Mapping[str, bytes]:
        return keys_where(session, master, StoredFile.key_id.in_(wanted)) | in_memory.of_keys(deposits, wanted)

    return Ring(load, master, deposits)


def named_in(values: Iterable[Any]) -> set[str]:
    """The ids of the keys under which any of these values is sealed."""
    return {key_id_of(one) for one in values if isinstance(one, str)} - {""}


def require_opens(master: Wrap, round_public_id: str, sealed_key: str) -> None:
    """Raise WrongMasterKey where the key of a round was wrapped by another master key."""
    master.unwrap(sealed_key, _of_round(round_public_id))


def wrap(round_: Round, key: Key) -> str:
    """A content key, wrapped by the key of its round, which is made where there is none; the round is locked.

    Where openers hold shares it is locked with the public key, and nothing here opens it again.
    """
    if is_by_shares(round_):
        return PublicBox(round_.seal_public_key).wrap(key.content, _of_file(round_.public_id, key.id))
    return _round_wrap(round_, may_make=True).wrap(key.content, _of_file(round_.public_id, key.id))


def same_hash(round_: Round, supplier: Organisation, content_sha256: str) -> str:
    """The keyed hash by which the same file of the same sender is known again; nobody else can compare it."""
    return _round_wrap(round_, may_make=True).hash(f"same file {supplier.public_id}", content_sha256)


def outcome_hash(content_sha256: str) -> str:
    """The keyed hash by which the same call is known again; of what was sent the database tells nothing."""
    master = ring().master
    return content_sha256 if master is None else master.hash("call", content_sha256)


def unwrapped(submission: Disclosed) -> Key:
    """The content key of a version from its wraps: for the act that releases it. Raises KeyMissing and WrongMasterKey."""
    file, round_ = submission.file, submission.round
    if is_by_shares(round_):
        box = ring().boxes.get(round_.public_id)
        if box is None:
            raise KeyMissing(file.key_id)
        return Key(file.key_id, box.unwrap(file.wrapped_key, _of_file(round_.public_id, file.key_id)))
    content = _round_wrap(round_).unwrap(file.wrapped_key, _of_file(round_.public_id, file.key_id))
    return Key(file.key_id, content)


def released(file: StoredFile) -> Key | None:
    """The key of a file that was opened; None where it was not."""
    return Key(file.key_id, base64.b64decode(file.released_key)) if file.released_key else None


def key_of_file(file: StoredFile) -> Key | None:
    """The key of a file's bytes; None where they lie as sent. Raises KeyMissing for who may not have it."""
    if not file.key_id:
        return None
    return released(file) or ring().key(file.key_id)


def meant(key: Key | None, value: Any) -> Any:
    """A value that is sealed under a key when it is written; as it is without one."""
    return value if key is None else meant_for(key, value)


def text(key: Key | None, field: str, value: str) -> str:
    """A text as it is stored in a column, sealed where there is a key."""
    return Token(plain_text(value)) if key is None else key.text(field, value)


def object_(key: Key | None, field: str, value: Any) -> Any:
    """The same for an object."""
    return value if key is None else key.object(field, value)


def stored_anew(key: Key | None, file: StoredFile, files: FileStore) -> Blob:
    """The bytes of a file stored once more, under another key. Raises OSError, KeyMissing and SealBroken."""
    pieces = io.BufferedReader(Pieces(files.pieces(file.sha256, key_of_file(file))))
    return files.put(pieces, max_bytes=file.size, key=key)


def enclose(file: StoredFile, round_: Round, supplier: Organisation, blob: Blob) -> None:
    """Write the envelope onto the row of a file: address, wrapped key and hashes; nothing where the blob has no key."""
    if blob.key is None:
        return
    file.sha256, file.key_id, file.wrapped_key = blob.sha256, blob.key.id, wrap(round_, blob.key)
    file.content_sha256 = meant(blob.key, blob.content_sha256)
    file.same_hash = same_hash(round_, supplier, blob.content_sha256)


def tell(submission: Submission, said: Mapping[str, Any]) -> None:
    """Keep what the owner of a version is told of it once its key is away: no text of the file, sealed by the server."""
    words = json.dumps(said, ensure_ascii=False).encode("utf-8")
    submission.told = _round_wrap(submission.round, may_make=True).wrap(words, _of_told(submission.public_id))


def _told(master: Wrap, organisation_id: int, submission: Submission) -> dict[str, Any] | None:
    """What its owner is told of a version whose key is away; None to others, and of rounds whose key is here."""
    round_ = submission.round
    if submission.supplier_id != organisation_id or not is_by_shares(round_):
        return None
    if not submission.told:
        return {}
    by = Wrap(master.unwrap(round_.sealed_key, _of_round(round_.public_id)))
    said: dict[str, Any] = json.loads(by.unwrap(submission.told, _of_told(submission.public_id)))
    return said


def keys_where(session: AnySession, master: Wrap, which: Any) -> dict[str, bytes]:
    """The keys of some stored files by their ids, from their wraps; never writes what is pending.

    One that does not open is left out and logged: who asks for that one finds it missing, and the others lose nothing.
    """
    query = (
        select(StoredFile.key_id, StoredFile.wrapped_key, Round.public_id, Round.sealed_key)
        .join(Submission, Submission.file_id == StoredFile.id)
        .join(Round, Round.id == Submission.round_id)
        .where(StoredFile.key_id != "", Round.seal_public_key == "", which)
    )
    with session.no_autoflush:
        rows = session.execute(query).all()
    of_rounds = {row.public_id: row.sealed_key for row in rows}
    opened = {one: _unwrapped(master, sealed_key, _of_round(one)) for one, sealed_key in of_rounds.items()}
    wraps = {one: Wrap(secret) for one, secret in opened.items() if secret is not None}
    found = {
        row.key_id: _unwrapped(wraps[row.public_id], row.wrapped_key, _of_file(row.public_id, row.key_id))
        for row in rows
        if row.public_id in wraps
    }
    return {key_id: content for key_id, content in found.items() if content is not None}


def _unwrapped(by: Wrap, wrapped: str, what: str) -> bytes | None:
    try:
        return by.unwrap(wrapped, what)
    except WrongMasterKey:
        logger.error("the %s does not open", what)
        return None


def _round_wrap(round_: Round, *, may_make: bool = False) -> Wrap:
    master = ring().master
    if master is None:
        raise KeyMissing
    if round_.sealed_key:
        return Wrap(master.unwrap(round_.sealed_key, _of_round(round_.public_id)))
    if not may_make:
        raise KeyMissing
    secret = secrets.token_bytes(LENGTH)
    round_.sealed_key = master.wrap(secret, _of_round(round_.public_id))
    return Wrap(secret)


def _of_round(public_id: str) -> str:
    return f"key of round {public_id}"


def _of_told(submission_id: str) -> str:
    return f"what is told of version {submission_id}"


def _of_file(round_id: str, key_id: str) -> str:
    return f"content key {key_id} of round {round_id}"
