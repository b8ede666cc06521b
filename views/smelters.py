"""Lists of smelters on the command line: `flask smelters load FILE` and `flask smelters loads`."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import click
from flask.cli import with_appcontext

from framework.disclosure import smelter_loads
from framework.disclosure.foreign.resolving import own_names
from framework.disclosure.smelters import Row, WrongRegister, read_rows
from framework.ground.actors import SYSTEM
from framework.ground.errors import RuleBroken
from framework.ground.sheets.cells import Refusal
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reading import read_here
from models.base import db
from views import clock

NEEDED = ("id", "name", "country", "mineral")


@click.group("smelters")
def smelters() -> None:
    """The register of smelters."""


@smelters.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day the list speaks of.")
@click.option("--source", required=True, help="Who published it; loads of one source follow each other.")
@with_appcontext
def load(file: Path, day: dt.datetime, source: str) -> None:
    """Load a list: a csv file (id, name, country, mineral; alias, older_id and listed_until may be there), or a workbook
    with a look-up sheet that you hold the rights to. Earlier loads are kept.
    """
    db.session().info["write"] = True
    try:
        made = smelter_loads.load(
            db.session(),
            _rows(file),
            source=source,
            day=day.date(),
            sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
            actor=SYSTEM,
            now=clock.now(),
        )
        db.session.commit()
    except WrongRegister as error:
        raise click.ClickException(str(error)) from error
    except RuleBroken as error:
        db.session.rollback()
        raise click.ClickException(error.message % error.params) from error
    click.echo(f"Loaded {made.source} of {made.day.isoformat()}.")


@smelters.command("loads")
@with_appcontext
def loads() -> None:
    """Say which lists were loaded, newest first."""
    for one in smelter_loads.loads(db.session()):
        click.echo(f"{one.day.isoformat()}  {one.source}")


def _rows(file: Path) -> list[Row]:
    if file.suffix.casefold() == ".csv":
        return read_rows(file, columns=NEEDED)
    book = read_here(file, Limits.large())
    if isinstance(book, Refusal):
        raise WrongRegister(f"{file}: the file could not be read ({book.key}).")
    return [Row(name, None) for name in own_names(book)]
