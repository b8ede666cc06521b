"""Which keys of sealed versions are at hand: of a person's own organisation in a request, of one supplier in its jobs."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any

from flask import Flask, Request, current_app, g
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from framework.disclosure import sealing
from framework.ground import master_key
from framework.ground.actors import Actor
from framework.ground.deposits import Deposits
from models.base import db
from models.sealing import Ring, Wrap, WrongMasterKey, hold, holding, ring
from views.settings import IN_MEMORY, Settings

_IN_MEMORY = 500_000


class SpooledRequest(Request):
    """A request whose larger files wait where readings are done: in memory where the machine has room."""

    def _get_file_stream(self, *_described: Any, **_also: Any) -> IO[bytes]:
        settings: Settings = current_app.extensions["settings"]
        folder = settings.reading_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, dir=folder)  # type: ignore[return-value]


def init_app(app: Flask) -> None:
    """Read the master key; made at the first start, when nothing is sealed with it yet. Raises UnsafeKey."""
    settings: Settings = app.extensions["settings"]
    path = settings.master_key_path()
    if not path.exists() and not _wraps(settings):
        master_key.make_master(path)
    app.extensions["master"] = master = master_key.read_master(path)
    for public_id, wrapped in _wraps(settings)[:1]:
        try:
            sealing.require_opens(master, public_id, wrapped)
        except WrongMasterKey as error:
            raise master_key.UnsafeKey(
                f"{path} is not the master key with which the tenders of this database were sealed. "
                "Put the right key back from its own backup, or set HEFBOOM_MASTER_KEY_FILE to where it lies."
            ) from error
    _require_own(settings.reading_folder())
    folder = settings.deposit_folder()
    app.extensions["deposits"] = None if folder is None else Deposits(folder)
    app.request_class = SpooledRequest
    app.before_request(_hold_nothing)
    app.teardown_request(_give_back)


def _require_own(folder: Path) -> None:
    """In memory everybody may make folders: one that somebody else made under our name is not used. Raises UnsafeKey."""
    if folder.parent != IN_MEMORY:
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise master_key.UnsafeKey(
            f"{folder}, in which uploaded files are read, belongs to somebody else or is open to others. "
            "Remove it, or name another folder with HEFBOOM_READING_DIR."
        )


def _hold_nothing() -> None:
    """Until it is known who asks, a request holds no keys; what ran here before gets its own back afterwards."""
    g.held_before = ring()
    hold(Ring(master=master(), deposits=deposits()))


def _give_back(_error: BaseException | None) -> None:
    if "held_before" in g:
        hold(g.pop("held_before"))


def hold_for(who: Actor) -> None:
    """From now on this request holds the keys of what the asker's own organisation sent; those of nobody else.

    Who acts for no supplier has sent nothing, and is spared the question.
    """
    sent_by = who.organisation_id if "supplier" in who.roles else None
    held = sealing.of_supplier(db.session, master(), sent_by)  # the session of the moment, not of now
    held.deposits = deposits()
    hold(held)


def with_master(app: Flask) -> AbstractContextManager[Ring]:
    """What runs inside may wrap and unwrap, but reads nothing sealed until it is given keys."""
    return holding(Ring(master=app.extensions["master"], deposits=app.extensions["deposits"]))


def master() -> Wrap:
    """The master key of this installation."""
    found: Wrap = current_app.extensions["master"]
    return found


def deposits() -> Deposits | None:
    """Where keys are kept in memory for a while; None where the machine has no such place."""
    found: Deposits | None = current_app.extensions["deposits"]
    return found


def _wraps(settings: Settings) -> list[tuple[str, str]]:
    """Round and wrapped key of the newest rounds that have one; none where there is no such database yet."""
    engine = create_engine(settings.url(), hide_parameters=True)
    try:
        with engine.connect() as connection:
            if "sealed_key" not in {one["name"] for one in inspect(connection).get_columns("round")}:
                return []
            newest = text("SELECT public_id, sealed_key FROM round WHERE sealed_key <> '' ORDER BY id DESC LIMIT 1")
            return [(row.public_id, row.sealed_key) for row in connection.execute(newest)]
    except SQLAlchemyError:  # no database, or none of ours yet; what is wrong with it is said elsewhere
        return []
    finally:
        engine.dispose()
