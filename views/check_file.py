"""`check-file`: read and check one file from the command line, with no database; for suppliers' own machines and scripts."""

from __future__ import annotations

import datetime as dt
import json
import stat
import sys
from pathlib import Path
from typing import Any

import click

from framework.disclosure.caged import check_path
from framework.disclosure.check_file import check
from framework.disclosure.checked import BLOCKED, COUNTABLE, REFUSED, Checked
from framework.disclosure.grouping import IssueGroup, group
from framework.disclosure.smelters import WrongRegister, read_known
from framework.ground.issue_catalogue import describe
from framework.ground.issues import Issue, Severity
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reader import ChildLost

EXIT = {COUNTABLE: 0, BLOCKED: 1, REFUSED: 2}
SHOWN = 40
PLACES = 5
SYSTEM_FOLDERS = tuple(map(Path, ("/dev", "/proc", "/sys")))
"""What stands there is no table, whatever it looks like; reading it may never end, or do something."""


@click.command("check-file")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print everything found as JSON.")
@click.option(
    "--smelters",
    type=click.Path(path_type=Path),
    envvar="HEFBOOM_SMELTER_REGISTER",
    help="A register of smelters (csv) to look ids up in.",
)
def check_file(file: Path, *, as_json: bool, smelters: Path | None) -> None:
    """Check a disclosure FILE without a database.

    Ends with 0 where the file can be counted (also with errors), 1 where an issue blocks it, 2 where it is refused.
    """
    sys.exit(run(file, as_json=as_json, smelters=smelters))


def run(file: Path, *, as_json: bool, smelters: Path | None = None) -> int:
    """Check, print, and return the exit status; what is wrong with the file is printed, never a traceback."""
    unfit = _why_unfit(file)
    if unfit:
        return _say_nothing_read(file, unfit, as_json=as_json)
    try:
        register = read_known(smelters) if smelters else None
        today = dt.datetime.now(dt.UTC).date()
        listed, names = register or (None, ())
        checked = check_path(file, None, today=today, limits=Limits.large(), smelters=listed, smelter_names=names)
    except ChildLost as lost:
        if lost.refusal is None:
            return _say_nothing_read(file, f"it could not be read ({lost.reason})", as_json=as_json)
        checked = check(lost.refusal, None, today=today)
    except WrongRegister as error:
        return _say_nothing_read(file, str(error), as_json=as_json)
    except Exception as error:  # a person at a terminal is told in one line, whatever broke
        return _say_nothing_read(file, f"it could not be read ({type(error).__name__})", as_json=as_json)
    found = report(checked)
    click.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else _text(file, checked))
    return exit_status(checked)


def exit_status(checked: Checked) -> int:
    """0 countable, 1 an issue of severity block, 2 refused."""
    blocked = any(issue.severity is Severity.BLOCK for issue in checked.issues)
    return 1 if checked.verdict == COUNTABLE and blocked else EXIT[checked.verdict]


def report(checked: Checked) -> dict[str, Any]:
    """Verdict, sheets with their row account and issues with their place, as plain JSON.

    The place is the one in the file: `column` is the name of the column as found there (a column of ours that the file
    lacks has our name, a column without a name its letter), `cell` the cell (C14), blank for a whole row or sheet.
    """
    return {
        "verdict": checked.verdict,
        "format": checked.format,
        "sheets": [
            {"name": s.name, "rows_in": s.rows_in, "rows_stored": s.rows_stored, "rows_listed": s.rows_listed}
            for s in checked.sheets
        ],
        "rows_in": checked.rows_in,
        "rows_stored": checked.rows_stored,
        "rows_listed": checked.rows_listed,
        "issues": [_issue(issue) for issue in checked.issues],
        "issue_total": checked.issue_total,
    }


def _issue(issue: Issue) -> dict[str, Any]:
    message, advice, params = describe(issue)
    return {
        "code": issue.code,
        "cause": issue.cause,
        "severity": issue.severity.value,
        "sheet": issue.sheet,
        "row": issue.row,
        "column": issue.column,
        "cell": str(issue.params.get("cell", "")),
        "value": issue.value,
        "message": message % params,
        "advice": advice % params,
    }


def _why_unfit(file: Path) -> str:
    """Why a path is not even opened; blank for an ordinary file."""
    try:
        whole = file.resolve(strict=True)
        mode = whole.stat().st_mode
    except (OSError, RuntimeError):
        return "there is no such file"
    if stat.S_ISDIR(mode):
        return "it is a folder; name one file"
    if not stat.S_ISREG(mode):
        return "it is a device or a pipe, not a file"
    if any(whole.is_relative_to(folder) for folder in SYSTEM_FOLDERS):
        return "it belongs to the system and is not opened"
    return ""


def _text(file: Path, checked: Checked) -> str:
    """What a person reads: verdict, row account, and the issues by cause, gravest first."""
    groups = group(checked.issues)
    lines = [
        f"{_one_line(file.name)}: {checked.verdict} (format {checked.format})",
        f"Rows in the file {checked.rows_in}, stored {checked.rows_stored}, left out {checked.rows_listed}.",
        *(line for one in groups[:SHOWN] for line in _group_text(one)),
    ]
    if len(groups) > SHOWN:
        lines.append(f"  … {len(groups) - SHOWN} more causes; --json lists every issue.")
    if checked.issue_total > len(checked.issues):
        lines.append(
            f"  … {checked.issue_total - len(checked.issues)} more issues of the least grave kind, not listed."
        )
    return "\n".join(lines)


def _group_text(one: IssueGroup) -> list[str]:
    message, advice, params = describe(one.sample, language="en")
    times = f"{one.count} × " if one.count > 1 else ""
    example = "with different values, for example: " if one.mixed else ""
    more = f" and {one.count - PLACES} more" if one.count > PLACES else ""
    where = "; ".join(filter(None, (_place(issue) for issue in one.places[:PLACES])))
    lines = [f"  {one.severity:8}{times}{example}{_one_line(message % params)}"]
    lines += [f"          where: {where}{more}"] if where else []
    return [*lines, f"          to do: {_one_line(advice % params)}"]


def _place(issue: Issue) -> str:
    """`Sites!C14, Country` as far as it is known."""
    cell = issue.params.get("cell")
    where = f"!{cell}" if cell else f" row {issue.row}" if issue.row else ""
    return _one_line(", ".join(filter(None, (issue.sheet + where, issue.column))))


def _one_line(text: str) -> str:
    """A value from the file cannot steer the terminal."""
    return "".join(c if c.isprintable() else "·" for c in text)


def _say_nothing_read(file: Path, why: str, *, as_json: bool) -> int:
    empty = Checked(REFUSED, "unknown")
    if as_json:
        click.echo(json.dumps(report(empty) | {"error": why}, ensure_ascii=False, indent=2))
    else:
        click.echo(f"{_one_line(file.name)}: {why}.", err=True)
    return EXIT[REFUSED]


if __name__ == "__main__":
    check_file()
