"""Files and pasted blocks that an organisation sends for a preview: kept byte for byte, found again by whom they belong to."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from framework.ground.actors import Actor
from framework.ground.errors import NotFound
from framework.ground.files import Blob
from framework.ground.text import N_, storable
from models.records import StoredFile


def keep(session: Session, blob: Blob, name: str, *, purpose: str, actor: Actor, now: dt.datetime) -> StoredFile:
    """Keep the row of what was sent; its bytes are in the store already."""
    stored = StoredFile(
        sha256=blob.sha256,
        size=blob.size,
        name=storable(name)[:255],
        scan=blob.scan,
        purpose=purpose,
        organisation_id=actor.organisation_id,
        created_at=now,
        created_by_id=actor.user_id,
    )
    session.add(stored)
    session.flush()
    return stored


def own(session: Session, public_id: str, *purposes: str, actor: Actor) -> StoredFile:
    """What the actor's organisation sent for one of these purposes; raises NotFound for anybody else's."""
    query = select(StoredFile).where(
        StoredFile.public_id == storable(public_id),
        StoredFile.purpose.in_(purposes),
        StoredFile.organisation_id == actor.organisation_id,
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found
