"""Columns whose values lie sealed in the database, and the ring of keys that opens them (docs/sealing.md).

A sealed value is a text: the mark, the id of the key, and what authenticated encryption made of the value. The same
columns hold plain values of versions that are not sealed (any more). The field goes into every seal as associated
data, and each version has a key of its own: a value moved to another field or version does not open.
"""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import JSON, ColumnElement, String, Text, type_coerce
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator

from models.veiled import names

MARK = "~sealed1~"
_ESCAPE = MARK + "!"
"""Before a plain value that begins like a seal: nobody can write one into a file and have it taken for ours."""
_NONCE = 12
_PAD = 64
"""Sealed objects are filled up to a multiple of so many bytes: the length tells little."""
NO_ROW = -1
OF_ROWS = ("row.values", "row.found")
"""Fields that hold the cells of a row."""


class KeyMissing(Exception):
    """A sealed value was asked for by a session that does not hold its key. Sealed content is never given as it lies."""

    def __init__(self, key_id: str = "") -> None:
        super().__init__(f"no key {key_id} in this session")


class SealBroken(Exception):
    """A sealed value does not open: it was changed, or it was moved here from another field, row or version."""

    def __init__(self, field: str) -> None:
        super().__init__(f"the seal of {field} is broken")


class WrongMasterKey(Exception):
    """A key does not open with the master key of this installation: it is another one, or the wrapped key was changed."""


class Wrap:
    """Wraps keys with a key, each together with the words that say what it is the key of."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._gcm = AESGCM(derived(secret, "wrap"))

    def wrap(self, key: bytes, what: str) -> str:
        """A key as it may lie in the database."""
        nonce = secrets.token_bytes(_NONCE)
        return _encode(nonce + self._gcm.encrypt(nonce, key, what.encode()))

    def unwrap(self, wrapped: str, what: str) -> bytes:
        """The key. Raises WrongMasterKey."""
        try:
            sealed = base64.b64decode(wrapped, validate=True)
            return self._gcm.decrypt(sealed[:_NONCE], sealed[_NONCE:], what.encode())
        except (InvalidTag, ValueError) as error:
            raise WrongMasterKey(what) from error

    def hash(self, purpose: str, text: str) -> str:
        """A keyed hash of a text, in hexadecimal."""
        return hmac.new(derived(self._secret, f"hash {purpose}"), text.encode(), "sha256").hexdigest()


def derived(secret: bytes, purpose: str, length: int = 32) -> bytes:
    """A key for one purpose from a random secret (HKDF with SHA-256)."""
    return HKDF(SHA256(), length, salt=None, info=purpose.encode()).derive(secret)


class Token(str):
    """A text that is sealed already: it goes to the database as it is."""

    __slots__ = ()


class ForKey(str):
    """A text that is to be sealed under this key on its way to the database."""

    key: Key


class ForKeyObject(dict[str, Any]):
    """The same for an object."""

    key: Key


class Key:
    """The content key of one version: what is sealed with it, and what it opens. `content` is the secret, 32 bytes."""

    def __init__(self, key_id: str, content: bytes) -> None:
        self.id, self.content = key_id, content
        self._head = f"{MARK}{key_id}."
        self._siv = AESSIV(derived(content, "texts", 64))
        self._gcm = AESGCM(derived(content, "objects"))
        self._sealed: dict[tuple[str, str], Token] = {}
        self._opened: dict[tuple[str, str], str] = {}

    @property
    def of_file(self) -> bytes:
        """The key of the bytes of the file."""
        return derived(self.content, "file")

    def text(self, field: str, value: str) -> Token:
        """A text sealed so that equal texts of a field look equal: SQL may group them. Short texts come again and again."""
        known = self._sealed.get((field, value))
        if known is None:
            known = Token(self._head + _encode(self._siv.encrypt(value.encode(), [field.encode()])))
            _keep(self._sealed, (field, value), known)
        return known

    def object(self, field: str, value: Any, row: int = NO_ROW) -> Token:
        """An object sealed with a random nonce; `row` is that of its table, which is sealed with it."""
        return self.written(field, json.dumps(value, ensure_ascii=False, separators=(",", ":")), row)

    def written(self, field: str, value: str, row: int = NO_ROW) -> Token:
        """The same for an object that is written as JSON already."""
        plain = f"{row}\t{value}".encode()
        plain += b" " * (-len(plain) % _PAD)
        nonce = secrets.token_bytes(_NONCE)
        return Token(self._head + _encode(nonce + self._gcm.encrypt(nonce, plain, field.encode())))

    def open_text(self, field: str, token: str) -> str:
        """What `text` sealed. Raises SealBroken."""
        known = self._opened.get((field, token))
        if known is None:
            try:
                known = self._siv.decrypt(_decode(token), [field.encode()]).decode()
            except (InvalidTag, ValueError) as error:
                raise SealBroken(field) from error
            _keep(self._opened, (field, token), known)
        return known

    def open_written(self, field: str, token: str) -> tuple[int, str]:
        """Row and JSON of what `written` sealed. Raises SealBroken."""
        try:
            sealed = _decode(token)
            plain = self._gcm.decrypt(sealed[:_NONCE], sealed[_NONCE:], field.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken(field) from error
        row, _tab, value = plain.decode().partition("\t")
        return int(row), value


class Kept(Protocol):
    """Where secrets are kept in memory for a while (`framework/ground/deposits.py`)."""

    def put(self, name: str, held: Mapping[str, str], *, until: dt.datetime) -> None:
        """Keep something until a moment."""

    def get(self, name: str, *, now: dt.datetime | None = None) -> dict[str, str] | None:
        """What is kept under a name."""

    def all(self, kind: str, *, now: dt.datetime | None = None) -> Iterator[tuple[str, dict[str, str]]]:
        """Everything whose name begins with `kind`."""

    def drop(self, name: str) -> None:
        """Forget it."""

    def works(self) -> bool:
        """Whether something that is kept is found again."""


class Opens(Protocol):
    """What opens what was locked with the public key of a round (`models/boxes.py`)."""

    def unwrap(self, wrapped: str, what: str) -> bytes:
        """The secret. Raises WrongMasterKey."""


class Ring:
    """The keys that a session holds. `load` gives all of them, by id; it is asked when a key is first needed.

    `master` wraps the keys of new versions, and opens those that an act of opening releases; None where nothing may.
    `deposits` keeps keys of rounds that only their openers' shares open; None where there is no place in memory.
    `boxes` holds the private keys of such rounds, by their public id, within the act that opens them; `told` gives what
    the owner of a version of such a round is told without its key, None to everybody else.
    """

    def __init__(
        self,
        load: Callable[[], Mapping[str, bytes]] = dict,
        master: Wrap | None = None,
        deposits: Kept | None = None,
        told: Callable[[Any], dict[str, Any] | None] = lambda _record: None,
    ) -> None:
        self._load, self.master, self.deposits, self.told = load, master, deposits, told
        self.boxes: dict[str, Opens] = {}
        self._keys: dict[str, Key] = {}
        self._is_loaded = False

    def key(self, key_id: str) -> Key:
        """The key of an id; keys that came meanwhile are looked for once more. Raises KeyMissing."""
        if key_id not in self._keys:
            self._fetch()
        if key_id not in self._keys:
            raise KeyMissing(key_id)
        return self._keys[key_id]

    def holds(self, key_id: str) -> bool:
        """Whether the key of an id is at hand; they are looked for once."""
        if key_id not in self._keys and not self._is_loaded:
            self._fetch()
        return key_id in self._keys

    def add(self, key: Key) -> None:
        """Hold one more key."""
        self._keys[key.id] = key

    def all(self) -> list[Key]:
        """All keys."""
        if not self._is_loaded:
            self._fetch()
        return list(self._keys.values())

    def _fetch(self) -> None:
        self._is_loaded = True
        for key_id, content in self._load().items():
            if key_id not in self._keys:
                self._keys[key_id] = Key(key_id, content)


_held: ContextVar[Ring | None] = ContextVar("ring", default=None)


def ring() -> Ring:
    """The ring of what runs now; an empty one where none was given."""
    return _held.get() or Ring()


@contextmanager
def holding(held: Ring) -> Iterator[Ring]:
    """Let what runs inside hold these keys, and no others."""
    before = _held.set(held)
    try:
        yield held
    finally:
        _held.reset(before)


def hold(held: Ring | None) -> None:
    """From now on what runs here (a request) holds these keys; None: none."""
    _held.set(held)


def key_id_of(stored: str) -> str:
    """The id of the key of a stored text; blank where it is plain."""
    if not stored.startswith(MARK) or stored.startswith(_ESCAPE):
        return ""
    return stored[len(MARK) :].partition(".")[0]


def open_text(field: str, stored: str) -> str:
    """What a stored text says. Raises KeyMissing and SealBroken."""
    if not stored.startswith(MARK):
        return stored
    if stored.startswith(_ESCAPE):
        return stored[len(_ESCAPE) :]
    return ring().key(key_id_of(stored)).open_text(field, stored)


def plain_text(value: str) -> str:
    """A text as it is stored plainly."""
    return _ESCAPE + value if value.startswith(MARK) else value


def forms(field: str, value: str) -> list[str]:
    """Every form in which a value may lie in a field: plain, and sealed with each key of the ring."""
    return [plain_text(value), *(str(key.text(field, value)) for key in ring().all())]


class _Compared(TypeDecorator.Comparator[str]):
    """Equality finds a value in every form in which it may lie."""

    def operate(self, op: Any, *other: Any, **options: Any) -> ColumnElement[Any]:
        """`==`, `!=` and `in_` with plain texts; everything else as usual."""
        given = other[0] if other else None
        field = cast("SealedText", self.type).field
        values = [given] if isinstance(given, str) else given
        if op in _MEMBERSHIP and isinstance(values, list | tuple | set | frozenset):
            found = [form for value in sorted(values) for form in forms(field, value)]
            column = type_coerce(self.expr, String())
            return column.not_in(found) if op in (operators.ne, operators.not_in_op) else column.in_(found)
        return super().operate(op, *other, **options)


_MEMBERSHIP = (operators.eq, operators.ne, operators.in_op, operators.not_in_op)


class SealedText(TypeDecorator[str]):
    """A text of a version: sealed while the version is. `field` is what it is called under its seal."""

    impl = Text
    cache_ok = True
    comparator_factory = _Compared

    def __init__(self, field: str) -> None:
        super().__init__()
        self.field = field

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """A text meant for a key is sealed under it, one that is sealed already goes as it is."""
        if value is None or isinstance(value, Token):
            return value
        return value.key.text(self.field, str(value)) if isinstance(value, ForKey) else plain_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Open it. Raises KeyMissing and SealBroken."""
        return None if value is None else open_text(self.field, value)


class OfRow(dict[str, Any]):
    """An object that was sealed together with the number of its row."""

    row: int


class SealedObject(TypeDecorator[Any]):
    """The same for JSON; what it holds may be asked for in SQL only where it is not sealed."""

    impl = JSON
    cache_ok = True

    def __init__(self, field: str) -> None:
        super().__init__()
        self.field = field

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        """As JSON does."""
        return self.impl_instance.coerce_compared_value(op, value)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """As `SealedText` does."""
        return value.key.object(self.field, dict(value)) if isinstance(value, ForKeyObject) else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Open it; a row in which a bidder names itself comes as its reader may read it. Raises KeyMissing and SealBroken."""
        found, reads = open_object(self.field, value), names()
        return found if reads is None or self.field not in OF_ROWS else reads.row(found)


def open_object(field: str, stored: Any) -> Any:
    """What a stored object says; one that was sealed with its row comes as `OfRow`. Raises KeyMissing and SealBroken."""
    if not isinstance(stored, str) or not key_id_of(stored):
        return stored
    row, written = ring().key(key_id_of(stored)).open_written(field, stored)
    value = json.loads(written)
    if row == NO_ROW or not isinstance(value, dict):
        return value
    found = OfRow(value)
    found.row = row
    return found


def meant_for(key: Key, value: Any) -> Any:
    """A value that is to be sealed under a key when it is written."""
    if isinstance(value, str) and not isinstance(value, Token):
        text = ForKey(value)
        text.key = key
        return text
    if isinstance(value, dict):
        made = ForKeyObject(value)
        made.key = key
        return made
    return value


def sealed_columns(columns: Iterable[Any]) -> dict[str, SealedText | SealedObject]:
    """Of the columns of a table, those that are sealed, by their name."""
    return {one.name: one.type for one in columns if isinstance(one.type, SealedText | SealedObject)}


def _keep(cache: dict[Any, Any], key: Any, value: Any) -> None:
    if len(cache) > 20_000:
        cache.clear()
    cache[key] = value


def _encode(sealed: bytes) -> str:
    return base64.b64encode(sealed).decode("ascii")


def _decode(token: str) -> bytes:
    return base64.b64decode(token.partition(".")[2], validate=True)
