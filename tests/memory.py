"""Worlds that are made once: what a decorated function wrote into an empty database is put back instead of written anew.

Most of a run's time went into making the same round, tender and judging again for each test. `remembered` keeps what a
call left behind (rows, stored files, the clock, the objects it gives back) under the history that led there: the calls
since the database was empty, and their arguments. Whatever else writes in between ends the history of that test, and
everything after it is made as ever; so does anything that a test has patched. HEFBOOM_AFRESH=1 makes every world anew.
"""

from __future__ import annotations

import io
import os
import pickle
import re
import shutil
import sqlite3
import sys
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, inspect, select, text, tuple_
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session
from sqlalchemy.orm.scoping import scoped_session

from framework.ground import kept
from models.base import Base, db
from tests.pages import InspectingClient

if TYPE_CHECKING:
    from tests.builders import Builder

READS = re.compile(r"\s*(SELECT|PRAGMA|SAVEPOINT|RELEASE|ROLLBACK|SET|SHOW|BEGIN|EXPLAIN|VALUES)\b", re.IGNORECASE)
"""A statement that begins so leaves nothing behind; any other counts as writing."""
MANY = 400
"""So many pictures are kept, those that were asked for last."""


Files = list[tuple[str, int, bytes | None]]


class NotKept(Exception):
    """Something of a call cannot be put back: a closure, a patch, a record that is not in the database."""


class Place(Protocol):
    """A database with its stored files, of which a picture is taken and to which it is put back."""

    backend: str
    folder: Path
    app: Flask


@dataclass
class Left:
    """What a call left behind."""

    rows: Any
    files: dict[str, Files]
    now: Any
    number: int
    is_writing: bool
    is_open: bool
    given: bytes
    records: dict[type[Base], list[Any]]
    after: Hashable


class _Writes:
    """How many statements wrote so far, on any connection."""

    count = 0


class _Patches:
    """How many things the present test has patched, or listens to, so far."""

    count = 0


def _counted(make: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(make)
    def patch(*args: Any, **kwargs: Any) -> Any:
        _Patches.count += 1
        return make(*args, **kwargs)

    return patch


for _place, _names in (
    (pytest.MonkeyPatch, ("setattr", "delattr", "setitem", "delitem", "chdir")),
    (event, ("listen", "listens_for")),
):
    for _name in _names:
        setattr(_place, _name, _counted(getattr(_place, _name)))


def count_patches_anew() -> None:
    """A test begins."""
    _Patches.count = 0


@event.listens_for(Engine, "before_cursor_execute")
def _count_writes(_connection, _cursor, statement, *_others) -> None:  # type: ignore[no-untyped-def]
    if not READS.match(statement):
        _Writes.count += 1


class Memory:
    """The kept worlds of one installation, and the history of its database in the present test."""

    present: Memory | None = None
    """That of the test that runs; None where worlds are made as ever."""

    def __init__(self, place: Place, pictures: Pictures) -> None:
        self.place, self.pictures = place, pictures
        self.kept: OrderedDict[Hashable, Left | None] = OrderedDict()
        self.made = 0
        self.extensions = {name: one for name, one in place.app.extensions.items() if name != "clock"}
        self.settings, self.config = dict(vars(place.app.extensions["settings"])), dict(place.app.config)
        self.history: Hashable | None = None
        self.writes = 0
        self.stamp: list[tuple[str, int, int, int]] = []
        self.rows: dict[type[Base], dict[Any, None]] = {}
        self.things: dict[int, tuple[str, str]] = {}
        self.by_name: dict[tuple[str, str], Any] = {}

    def begin(self, build: Builder, clock: Any, stated: bool) -> None:
        """A test begins on the empty database."""
        self.expected = int(stated)
        self.empty = ("empty", stated)
        self._stand(self.empty)
        _forget()
        self.build, self.clock = build, clock
        named: dict[tuple[str, str], Any] = {
            ("of", "build"): build,
            ("of", "clock"): clock,
            ("of", "app"): self.place.app,
        }
        named |= {
            ("extension", name): one for name, one in self.place.app.extensions.items() if hasattr(one, "__dict__")
        }
        self.by_name = named
        self.things = {id(one): name for name, one in named.items()}

    def recall(self, make: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The result of the call, put back where it was made before from the same history."""
        if not self._is_known():
            return make(*args, **kwargs)
        try:
            key = (self.history, self._key(make, args, kwargs))
        except NotKept:
            return make(*args, **kwargs)
        if key not in self.kept:
            return self._make(key, make, args, kwargs)
        found = self.kept[key]
        self.kept.move_to_end(key)
        return make(*args, **kwargs) if found is None else self._put_back(found, args, kwargs)

    def _is_known(self) -> bool:
        if self.history is None or self._is_changed():
            return False
        session = db.session()
        if session.new or session.dirty or session.deleted:
            session.flush()
        if _Writes.count != self.writes or self._stamp() != self.stamp:
            self.history = None
        return self.history is not None

    def _is_changed(self) -> bool:
        """Whether the test has patched or set anything, so that calls need not do what they do elsewhere."""
        app = self.place.app
        present = {name: one for name, one in app.extensions.items() if name != "clock"}
        return (
            _Patches.count != self.expected
            or present.keys() != self.extensions.keys()
            or any(one is not self.extensions[name] for name, one in present.items())
            or vars(present["settings"]) != self.settings
            or dict(app.config) != self.config
            or app.test_client_class is not InspectingClient
        )

    def _key(self, make: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Hashable:
        given = self._written((args, kwargs), fast=True)
        info = self._written(dict(db.session().info), fast=True)
        return (f"{make.__module__}.{make.__qualname__}", given, info, self.clock.now, self.build.number)

    def _make(self, key: Hashable, make: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        before = _Writes.count
        result = make(*args, **kwargs)
        session = db.session()
        session.flush()
        if self.history == key[0] and _Writes.count == before:
            return result
        is_open = session.in_transaction()
        _commit(session, is_open=is_open)
        try:
            given = self._written((args, kwargs, result))
            rows = self.rows
        except NotKept:
            self.kept[key] = None
            self.history = None
            return result
        self.made += 1
        left = self.kept[key] = Left(
            rows=self.pictures.take(),
            files={folder: _files_in(Path(folder)) for folder in self._folders()},
            now=self.clock.now,
            number=self.build.number,
            is_writing=session.info.get("write", False),
            is_open=is_open,
            given=given,
            records={kind: list(found) for kind, found in rows.items()},
            after=("made", self.made),
        )
        while len(self.kept) > MANY:
            self.kept.popitem(last=False)
        self._stand(left.after)
        return result

    def _put_back(self, left: Left, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        session = db.session()
        session.rollback()
        session.expire_all()
        self.pictures.put_back(left.rows, is_empty=self.history == self.empty)
        for folder, files in left.files.items():
            _write_files(Path(folder), files)
        session.info["write"] = left.is_writing
        self.clock.now, self.build.number = left.now, left.number
        loaded = [one for kind, found in left.records.items() for one in _loaded(session, kind, found)]
        new_args, new_kwargs, result = _Reader(io.BytesIO(left.given), self).load()
        loaded.clear()
        _commit(session, is_open=left.is_open)
        same: dict[int, Any] = {}
        _refresh([*zip(args, new_args, strict=True), *((kwargs[name], new_kwargs[name]) for name in kwargs)], same)
        self._stand(left.after)
        return _tied(result, same)

    def _stand(self, history: Hashable) -> None:
        """From here on the history is this, as long as nobody else writes."""
        self.history, self.writes, self.stamp = history, _Writes.count, self._stamp()

    def _stamp(self) -> list[tuple[str, int, int, int]]:
        """What stored files there are, with their rights, sizes and times."""
        found = [Path(folder) for folder in self._folders() if Path(folder).is_dir()]
        every = [one for folder in found for one in (folder, *folder.rglob("*"))]
        facts = [(str(one), one.stat()) for one in every]
        return sorted((name, at.st_mode, at.st_size, at.st_mtime_ns) for name, at in facts)

    def _folders(self) -> list[str]:
        folder = self.place.folder
        return [str(folder / "files"), str(folder.with_name(f"{folder.name}-deposits"))]

    def _written(self, thing: Any, *, fast: bool = False) -> bytes:
        target = io.BytesIO()
        writer = _Writer(target, self)
        writer.fast = fast
        self.rows = writer.rows
        try:
            writer.dump(thing)
        except (pickle.PicklingError, TypeError, AttributeError, ValueError, RecursionError) as error:
            raise NotKept(str(error)) from error
        return target.getvalue()


def _commit(session: Session, *, is_open: bool) -> None:
    """Commit; what is loaded stays so where the call left its transaction open, as after a flush."""
    before, session.expire_on_commit = session.expire_on_commit, not is_open
    session.commit()
    session.expire_on_commit = before
    if is_open:
        session.connection()


def _loaded(session: Session, kind: type[Base], identities: list[Any]) -> Sequence[Base]:
    """Records of one kind, loaded at once."""
    key = inspect(kind).primary_key
    wanted = key[0].in_([one for (one,) in identities]) if len(key) == 1 else tuple_(*key).in_(identities)
    return session.scalars(select(kind).where(wanted)).all()


def _forget() -> None:
    """Let the product forget what it keeps between requests: two worlds put back may bear the same stamp."""
    for one in _keepers(len(sys.modules)):
        one.clear()


@lru_cache(maxsize=1)
def _keepers(_modules: int) -> list[kept.Kept[Any, Any]]:
    """Where it keeps something; looked for again once more modules are loaded."""
    ours = [module for name, module in sys.modules.items() if name.startswith(("framework.", "views."))]
    return [one for module in ours for one in vars(module).values() if isinstance(one, kept.Kept)]


class Pictures(Protocol):
    """Takes pictures of a database and puts them back."""

    def take(self) -> Any:
        """What stands in it now."""

    def put_back(self, picture: Any, *, is_empty: bool) -> None:
        """Let stand in it what the picture shows; `is_empty` where nothing stands there now."""


class SqlitePictures:
    """The pages of the file that are not as in the empty database."""

    PAGE = 4096

    def __init__(self, file: Path, empty: Path) -> None:
        self.file, self.empty = file, empty.read_bytes()

    def take(self) -> dict[int, bytes]:
        """The pages by their place, with all that the file's log holds."""
        with closing(sqlite3.connect(self.file)) as connection:
            whole = connection.serialize()
        places = range(0, len(whole), self.PAGE)
        pages = ((place, whole[place : place + self.PAGE]) for place in places)
        return {place: page for place, page in pages if page != self.empty[place : place + self.PAGE]}

    def put_back(self, picture: dict[int, bytes], *, is_empty: bool) -> None:
        """Write the file anew; nobody is connected meanwhile."""
        db.engine.dispose()
        for suffix in ("-wal", "-shm"):
            self.file.with_name(f"{self.file.name}{suffix}").unlink(missing_ok=True)
        with self.file.open("wb") as target:
            target.write(self.empty)
            for place, page in picture.items():
                target.seek(place)
                target.write(page)


class PostgresPictures:
    """The rows of every table that has some, and where the sequences stand."""

    def take(self) -> tuple[dict[str, list[bytes]], list[tuple[str, int]]]:
        """The rows as PostgreSQL's own copies."""
        rows: dict[str, list[bytes]] = {}
        with db.engine.connect() as connection:
            filled = [name for (name,) in connection.execute(text(_filled()))]
            sequences = [(name, last) for name, last in connection.execute(text(_SEQUENCES))]
            cursor = connection.connection.cursor()
            for name in filled:
                with cursor.copy(f'COPY "{name}" TO STDOUT (FORMAT binary)') as copied:
                    rows[name] = [bytes(part) for part in copied]
        return rows, sequences

    def put_back(self, picture: tuple[dict[str, list[bytes]], list[tuple[str, int]]], *, is_empty: bool) -> None:
        """Empty the tables and copy the rows in, triggers and references aside."""
        from tests.postgres import EMPTY as EMPTIED

        rows, sequences = picture
        with db.engine.begin() as connection:
            if not is_empty:
                connection.execute(text(EMPTIED))
            cursor = connection.connection.cursor()
            cursor.execute("SET LOCAL session_replication_role = replica")
            for name, parts in rows.items():
                with cursor.copy(f'COPY "{name}" FROM STDIN (FORMAT binary)') as copied:
                    for part in parts:
                        copied.write(part)
            for name, last in sequences:
                cursor.execute("SELECT setval(%s, %s)", [name, last])


@cache
def _filled() -> str:
    """The query for the names of all tables that have a row."""
    names = sorted(Base.metadata.tables)
    return " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in names)


_SEQUENCES = "SELECT quote_ident(sequencename), last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"


class _Writer(pickle.Pickler):
    """Writes records, sessions, browsers and what a test has by name as references to them."""

    def __init__(self, target: io.BytesIO, memory: Memory) -> None:
        super().__init__(target, protocol=5)
        self.memory = memory
        self.rows: defaultdict[type[Base], dict[Any, None]] = defaultdict(dict)

    def persistent_id(self, obj: Any) -> Any:
        """What stands for `obj`; None where it is written out."""
        known = self.memory.things.get(id(obj))
        if known is not None:
            return known
        if isinstance(obj, Base):
            state = inspect(obj)
            if not state.persistent:
                raise NotKept(f"{obj!r} is not in the database")
            self.rows[type(obj)][state.identity] = None
            return ("row", type(obj), state.identity)
        if isinstance(obj, Session) and obj is not db.session():
            raise NotKept("a session that was given back is not the present one")
        if isinstance(obj, Session | scoped_session):
            return ("session", "")
        if isinstance(obj, FlaskClient):
            return ("client", type(obj), obj._cookies)
        if isinstance(obj, pytest.MonkeyPatch | Flask | Engine):
            raise NotKept(f"{obj!r} belongs to one test")
        return None


class _Reader(pickle.Unpickler):
    """Reads them back as those of the present test."""

    def __init__(self, source: io.BytesIO, memory: Memory) -> None:
        super().__init__(source)
        self.memory = memory

    def persistent_load(self, pid: Any) -> Any:
        """The present one that `pid` stands for."""
        match pid:
            case ("row", kind, identity):
                return db.session().get_one(kind, identity)
            case ("session", _):
                return db.session()
            case ("client", kind, cookies):
                browser = kind(self.memory.place.app, self.memory.place.app.response_class, use_cookies=True)
                browser._cookies = dict(cookies)
                return browser
            case _:
                return self.memory.by_name[pid]


def _is_changed_in_place(thing: Any) -> bool:
    return isinstance(thing, list | dict) or (
        hasattr(thing, "__dict__") and not isinstance(thing, Base | type | Session)
    )


def _refresh(pairs: list[tuple[Any, Any]], same: dict[int, Any]) -> None:
    """Let what a call was given become what the call had made of it; `same` tells which of the old a new one stands for."""
    alike = [
        (old, new) for old, new in pairs if type(old) is type(new) and old is not new and _is_changed_in_place(old)
    ]
    same.update((id(new), old) for old, new in alike)
    for old, new in alike:
        _fill(old, new, same)


def _fill(old: Any, new: Any, same: dict[int, Any]) -> None:
    """Give the old one the contents of the new one."""
    if isinstance(old, list):
        old[:] = [_either(o, n, same) for o, n in zip(old, new, strict=False)] + [
            _tied(one, same) for one in new[len(old) :]
        ]
    elif isinstance(old, dict):
        found = {name: _either(old.get(name), value, same) for name, value in new.items()}
        old.clear()
        old.update(found)
    else:
        found = {name: _either(old.__dict__.get(name), value, same) for name, value in new.__dict__.items()}
        for name, value in found.items():
            object.__setattr__(old, name, value)


def _either(old: Any, new: Any, same: dict[int, Any]) -> Any:
    """The old one where both are of a kind that is changed in place, made like the new one."""
    if id(new) in same or old is new or type(old) is not type(new) or not _is_changed_in_place(old):
        return _tied(new, same)
    same[id(new)] = old
    _fill(old, new, same)
    return old


def _tied(new: Any, same: dict[int, Any]) -> Any:
    """The new one, with what there is already in the place of its copies."""
    if id(new) in same:
        return same[id(new)]
    if isinstance(new, tuple) and type(new) is tuple:
        return tuple(_tied(one, same) for one in new)
    if not _is_changed_in_place(new) or isinstance(new, type(sys)):
        return new
    same[id(new)] = new
    if isinstance(new, list):
        new[:] = [_tied(one, same) for one in new]
    elif isinstance(new, dict):
        new.update({name: _tied(value, same) for name, value in new.items()})
    elif type(new).__module__.startswith("tests."):
        for name, value in list(new.__dict__.items()):
            object.__setattr__(new, name, _tied(value, same))
    return new


def _files_in(folder: Path) -> Files:
    """Files and folders in the order in which they can be made: name, rights, content (None: a folder)."""
    found = sorted([folder, *folder.rglob("*")]) if folder.is_dir() else []
    return [
        (str(one.relative_to(folder)), one.stat().st_mode & 0o777, None if one.is_dir() else one.read_bytes())
        for one in found
    ]


def _write_files(folder: Path, files: Files) -> None:
    if folder.is_dir():
        shutil.rmtree(folder)
    for name, rights, content in files:
        target = folder / name
        if content is None:
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.write_bytes(content)
        target.chmod(rights)


Given = ParamSpec("Given")
Made = TypeVar("Made")


def remembered(make: Callable[Given, Made]) -> Callable[Given, Made]:
    """Keep what a call of this function leaves behind, and put it back the next time."""

    @wraps(make)
    def recall(*args: Given.args, **kwargs: Given.kwargs) -> Made:
        memory = Memory.present
        if memory is None:
            return make(*args, **kwargs)
        return memory.recall(make, args, kwargs)  # type: ignore[no-any-return]

    return recall


@contextmanager
def remembering(memory: Memory | None) -> Iterator[None]:
    """Let the worlds of the test inside be kept and put back."""
    Memory.present = None if os.environ.get("HEFBOOM_AFRESH") else memory
    try:
        yield
    finally:
        Memory.present = None
