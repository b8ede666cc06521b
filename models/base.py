"""The declarative base, the column types and the mixins that every table stands on."""

from __future__ import annotations

import base64
import datetime as dt
import secrets
from decimal import Decimal
from typing import Any
from weakref import WeakKeyDictionary

from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import BigInteger, DateTime, ForeignKey, MetaData, String
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every table; constraint names are stable so that migrations run on both databases."""

    metadata = MetaData(naming_convention=NAMING)


def random_id() -> str:
    """A public identifier: 80 random bits as 16 lower-case letters and digits."""
    return base64.b32encode(secrets.token_bytes(10)).decode("ascii").lower()


class Instant(TypeDecorator[dt.datetime]):
    """An instant: stored in UTC, given back with its zone; a naive time is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Turn an aware time into UTC; SQLite stores it without the zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        utc = value.astimezone(dt.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Fixed(TypeDecorator[Decimal]):
    """An exact decimal with a fixed scale, stored as a whole number so that both databases add it exactly."""

    impl = BigInteger
    cache_ok = True

    def __init__(self, scale: int = 2) -> None:
        super().__init__()
        self.scale = scale

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        """Scale up; more digits than the scale holds is an error, never a silent rounding."""
        if value is None:
            return None
        scaled = Decimal(value).scaleb(self.scale)
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{value} has more than {self.scale} decimals")
        return int(scaled)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """Scale down."""
        return None if value is None else Decimal(int(value)).scaleb(-self.scale)


def Money() -> Fixed:  # noqa: N802 - reads as a column type
    """Money in the currency that stands beside it, net of VAT, to the cent."""
    return Fixed(2)


def Percent() -> Fixed:  # noqa: N802 - reads as a column type
    """0.00 to 100.00."""
    return Fixed(2)


class Record:
    """Id, public id, who made it and when, and a version that grows with each change (optimistic lock)."""

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(20), default=random_id, unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(default=1)

    @declared_attr
    @classmethod
    def created_by_id(cls) -> Mapped[int | None]:
        """The user who made the record; blank for the system."""
        return mapped_column(ForeignKey("user.id"))

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


class RoutedSession(FlaskSession):
    """A session that reads by default; `info["write"]` makes its next transaction a writing one."""

    def get_bind(self, *args: Any, **kwargs: Any) -> Any:
        """Choose the reading or the writing face of the engine."""
        bind = super().get_bind(*args, **kwargs)
        return _face(bind, write=bool(self.info.get("write"))) if isinstance(bind, Engine) else bind


_FACES: WeakKeyDictionary[Engine, dict[bool, Engine]] = WeakKeyDictionary()


def _face(engine: Engine, *, write: bool) -> Engine:
    """The reading or writing face of `engine`; the same object each time, so that a session keeps one connection.

    What only reads sees one state of the database from its first query to its last, so that the figures of a page add up:
    on SQLite every transaction does, on PostgreSQL it is asked for.
    """
    faces = _FACES.setdefault(engine, {})
    if write not in faces:
        options: dict[str, Any] = {"write": write, "postgresql_readonly": not write}
        if not write and engine.dialect.name == "postgresql":
            options["isolation_level"] = "REPEATABLE READ"
        faces[write] = engine.execution_options(**options)
    return faces[write]


db = SQLAlchemy(model_class=Base, session_options={"class_": RoutedSession}, disable_autonaming=True)


def one_of(column: str, values: tuple[str, ...], *, null: bool = False) -> str:
    """SQL of a CHECK that `column` holds one of `values`."""
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IS NULL OR {column} IN ({listed})" if null else f"{column} IN ({listed})"
