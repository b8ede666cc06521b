"""Published lists on the command line: `flask load-factory-list FILE` and `flask load-registry FILE`."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from framework.chain.published import lists, registries
from framework.disclosure.published_lists import PROBLEMS, ListRead
from framework.ground.actors import SYSTEM
from framework.ground.errors import RuleBroken
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reader import ChildLost
from models.base import db
from models.rounds import Round
from views import clock
from views.published_files import ENTRIES, FACTORIES, read_published

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("load-factory-list")
@click.argument("file", type=_FILE)
@click.option("--round", "round_id", required=True, help="The round it is loaded for, as its address names it.")
@click.option("--label", required=True, help="The label whose list it is.")
@click.option("--holder", required=True, help="The organisation that keeps the list.")
@click.option("--day", required=True, type=_DAY, help="The day the list speaks of.")
@click.option("--brand", default="", help="The brand of rows that name none.")
@with_appcontext
def load_factory_list(file: Path, round_id: str, label: str, holder: str, day: dt.datetime, brand: str) -> None:
    """Load the factories that a label accepts (csv or workbook; brand, name, address, city, country, number).

    Nothing of it counts before somebody of the lead says, on the pages of the round, which site a row is.
    """
    about = lists.About(label, holder, day.date(), brand)
    read = _read(file, FACTORIES, brand=brand)
    _tell(read)
    db.session().info["write"] = True
    found = db.session.scalar(select(Round).where(Round.public_id == round_id))
    if found is None:
        raise click.ClickException(f"There is no round {round_id}.")
    with _Told():
        made = lists.load(db.session(), found, about, read, sha256=_hash(file), actor=SYSTEM, now=clock.now())
        db.session.commit()
    click.echo(f"Loaded {len(read.rows)} rows of {made.label} of {made.day.isoformat()}.")


@click.command("load-registry")
@click.argument("file", type=_FILE)
@click.option("--scheme", required=True, help="The registry in a few letters, as ids are written: os, gln, lei.")
@click.option("--day", required=True, type=_DAY, help="The day the file speaks of.")
@with_appcontext
def load_registry(file: Path, scheme: str, day: dt.datetime) -> None:
    """Load who names which ids in an open registry (csv or workbook; id, contributor, brand). Earlier loads are kept.

    An entry counts for the brand that it names, where a tender gives its id; one that names no brand counts for none.
    """
    scheme = scheme.strip().casefold()
    read = _read(file, ENTRIES, scheme=scheme)
    _tell(read)
    db.session().info["write"] = True
    with _Told():
        made = registries.load(
            db.session(), scheme, day.date(), read, sha256=_hash(file), actor=SYSTEM, now=clock.now()
        )
        db.session.commit()
    click.echo(f"Loaded {len(read.rows)} entries of {made.scheme} of {made.day.isoformat()}.")


class _Told:
    """A broken rule ends the command with its sentence, and nothing is kept."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Turn a broken rule into the end of the command."""
        if isinstance(error, RuleBroken):
            db.session.rollback()
            raise click.ClickException(error.message % error.params) from error


def _read(file: Path, task: str, **arguments: str) -> ListRead:
    try:
        return read_published(file, task, Limits.large(), name=file.name, **arguments)
    except RuleBroken as error:
        raise click.ClickException(error.message % error.params) from error
    except (OSError, ChildLost) as error:
        raise click.ClickException(f"{file}: the file could not be read ({error}). Try again.") from error


def _tell(read: ListRead) -> None:
    """Say on the error stream what of the file was not read."""
    for one in read.problems:
        click.echo(f"{one['sheet']}, row {one['row']}: {PROBLEMS[one['code']] % one['params']}", err=True)
    more = sum(read.counts.values()) - len(read.problems)
    if more > 0:
        click.echo(f"and {more} more", err=True)


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
