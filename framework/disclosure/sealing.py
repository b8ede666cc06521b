"""The envelope of a version: its keys, who holds them when, and what the opening releases (docs/sealing.md)."""

from __future__ import annotations

import base64
import io
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from framework.ground import sealed
from framework.ground.files import Blob, FileStore, Pieces
from models.base import random_id
from models.boxes import PublicBox
from models.disclosure import Submission
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
AnySession = Session | scoped_session[Any]


def is_on(round_: Round) -> bool:
    """Whether versions of a round are sealed: it is published and not opened. Its terms say how; only `server` is built."""
    return sealed.is_sealed(round_)


def new_key(round_: Round) -> Key | None:
    """A random content key for what arrives in a round now; None where nothing is sealed."""
    return Key(random_id(), secrets.token_bytes(LENGTH)) if is_on(round_) else None


def key_of(submission: Submission) -> Key | None:
    """The content key of a version; None where it is not sealed. Raises KeyMissing for who may not have it."""
    return ring().key(submission.seal_id) if submission.seal_id else None


def of_supplier(session: AnySession, master: Wrap | None, organisation_id: int | None) -> Ring:
    """The keys of everything that one organisation sent: for its own people, and for jobs that read what it sent."""
    if organisation_id is None or master is None:
        return Ring(master=master)
    return Ring(_loader(session, master, StoredFile.organisation_id == organisation_id), master)


def for_job(session: Session, organisation_id: int | None) -> AbstractContextManager[Ring]:
    """Let a job hold the keys of one supplier, on top of the master key that the worker holds."""
    return holding(of_supplier(session, ring().master, organisation_id))


def of_ids(session: AnySession, master: Wrap | None, ids: Iterable[str]) -> Ring:
    """The keys of these ids, and no others."""
    wanted = sorted({one for one in ids if one})
    if master is None or not wanted:
        return Ring(master=master)
    return Ring(_loader(session, master, StoredFile.key_id.in_(wanted)), master)


def named_in(values: Iterable[Any]) -> set[str]:
    """The ids of the keys under which any of these values is sealed."""
    return {key_id_of(one) for one in values if isinstance(one, str)} - {""}


def require_opens(master: Wrap, round_public_id: str, sealed_key: str) -> None:
    """Raise WrongMasterKey where the key of a round was wrapped by another master key."""
    master.unwrap(sealed_key, _of_round(round_public_id))


def wrap(round_: Round, key: Key) -> str:
    """A content key, wrapped by the key of its round, which is made where there is none; the round is locked."""
    if round_.seal_public_key:
        return PublicBox(round_.seal_public_key).wrap(key.content, _of_file(round_.public_id, key.id))
    return _round_wrap(round_, may_make=True).wrap(key.content, _of_file(round_.public_id, key.id))


def same_hash(round_: Round, supplier: Organisation, content_sha256: str) -> str:
    """The keyed hash by which the same file of the same sender is known again; nobody else can compare it."""
    return _round_wrap(round_, may_make=True).hash(f"same file {supplier.public_id}", content_sha256)


def outcome_hash(content_sha256: str) -> str:
    """The keyed hash by which the same call is known again; of what was sent the database tells nothing."""
    master = ring().master
    return content_sha256 if master is None else master.hash("call", content_sha256)


def unwrapped(submission: Submission) -> Key:
    """The content key of a version from its wraps: for the act that releases it. Raises KeyMissing and WrongMasterKey."""
    file, round_ = submission.file, submission.round
    if round_.seal_public_key:
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


def _loader(session: AnySession, master: Wrap, which: Any) -> Callable[[], Mapping[str, bytes]]:
    return lambda: keys_where(session, master, which)


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


def _of_file(round_id: str, key_id: str) -> str:
    return f"content key {key_id} of round {round_id}"
