"""A sheet that a member sends: kept byte for byte, read in the child process, taken over only after the preview."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.demand import tables, workbook
from framework.demand.lines import Scope
from framework.demand.tables import Choices, Understood
from framework.ground.actors import Actor
from framework.ground.errors import FileRefused, NotFound
from framework.ground.files import Blob
from framework.ground.issue_catalogue import describe, refusal_issue
from framework.ground.sheets.cells import Book, Refusal
from framework.ground.text import N_
from models.records import StoredFile

PURPOSE = "demand"


def keep(session: Session, blob: Blob, name: str, *, actor: Actor, now: dt.datetime) -> StoredFile:
    """Keep the row of a file that was sent; its bytes are in the store already."""
    stored = StoredFile(
        sha256=blob.sha256,
        size=blob.size,
        name=name[:255],
        purpose=PURPOSE,
        organisation_id=actor.organisation_id,
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(stored)
    return stored


def own_file(session: Session, public_id: str, *, actor: Actor) -> StoredFile:
    """A file this organisation sent for its demand; NotFound for anybody else's."""
    query = select(StoredFile).where(
        StoredFile.public_id == public_id,
        StoredFile.purpose == PURPOSE,
        StoredFile.organisation_id == actor.organisation_id,
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def understand(book: Book | Refusal, scope: Scope, choices: Choices) -> tuple[Understood, bool]:
    """What a file says, and whether it is our own workbook (which stands for the whole declaration).

    Raises FileRefused with the sentence of the catalogue where the file cannot be read as a table.
    """
    if isinstance(book, Refusal):
        message, _advice, params = describe(refusal_issue(book.key, book.detail, book.params))
        facts: dict[str, Any] = dict(params)
        raise FileRefused(book.key, message, **facts)
    ours = workbook.read(book, scope, choices)
    if ours is not None:
        return ours, True
    sheet = tables.best_sheet(book)
    if sheet is None:
        raise FileRefused("empty", N_("There is nothing in this file. Fill in a sheet and send it again."))
    return tables.understand(tables.table_of(sheet), scope, choices), False
