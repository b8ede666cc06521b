"""`match-sites`: which rows of lists are one place, from the command line, with no database."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from framework.chain.matching.batch import match
from framework.chain.matching.lists import Row, of_records, report
from framework.disclosure.caged import check_path
from framework.disclosure.columns import SITES
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reader import ChildLost

NOT_READ = 2


class NoList(Exception):
    """A file in which no list of sites was found; the text says which and why."""


@click.command("match-sites")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--base", type=click.Path(path_type=Path), help="A list of known sites to recognise the rows in.")
@click.option("--json", "as_json", is_flag=True, help="Print every row with its site, band, score and reasons as JSON.")
def match_sites(files: tuple[Path, ...], *, base: Path | None, as_json: bool) -> None:
    """Tell which rows of FILES name the same place.

    Each row is linked to others by itself, asked, new, or unplaced (too imprecise for a site). Ends with 0, or with 2
    where a file holds no list of sites.
    """
    try:
        rows = [row for file in files for row in _read(file)]
        known = _read(base) if base else []
    except NoList as error:
        click.echo(str(error), err=True)
        sys.exit(NOT_READ)
    matched = match([row.said for row in rows], [row.said for row in known])
    found = report(rows, known, matched)
    click.echo(json.dumps(found, ensure_ascii=False, indent=1) if as_json else _text(found))


def _read(file: Path) -> list[Row]:
    try:
        checked = check_path(file, None, today=dt.datetime.now(dt.UTC).date(), limits=Limits.large())
    except (OSError, ChildLost) as error:
        raise NoList(f"{file}: could not be read ({error})") from error
    records: Sequence[dict[str, Any]] = checked.tables.get(SITES, ())
    if not records:
        raise NoList(f"{file}: no list of sites was found; a row of column names with at least a name is needed")
    return list(of_records(file.name, records))


def _text(found: dict[str, Any]) -> str:
    lines = [
        f"{row['file']}:{row['row']}\t{row['band']}\t{row['site'] or '-'}\t{', '.join(row['asked']) or '-'}\t"
        f"{'-' if row['score'] is None else row['score']}\t{'; '.join(row['why'])}"
        for row in found["rows"]
    ]
    return "\n".join(["row\tband\tsite\tin question\tscore\twhy", *lines])
