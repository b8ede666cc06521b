"""A base of a million sites and a list of ten thousand rows: `python -m benchmarks.million [SITES [ROWS]]`.

The list is recognised twice: with the index in memory, and row by row with the index in the database. Each is a process
of its own and is measured by the processor time and the memory of that process.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from benchmarks import factories
from benchmarks.pool import NOW, _application
from benchmarks.result import Figure, Result
from benchmarks.watch import _memory
from framework.chain.matching import stored
from framework.chain.matching.batch import Base, match
from framework.chain.matching.decide import DEFAULT, Band, decide
from framework.ground.place_scores import Statement
from models.base import db
from models.chain import Site

SITES, ROWS, ADDED = 1_000_000, 10_000, 200
MOST_SECONDS_IN_MEMORY, MOST_SECONDS_IN_DATABASE, MOST_MB, MOST_MS_ADDED = 60.0, 200.0, 200.0, 5.0
MOST_LOST = 0.005
AT_ONCE = 20_000
LOOK_EVERY = 100


@dataclass(slots=True)
class Measured:
    """What a process measured: seconds of processor time, MB, and what became of the rows, by name."""

    seconds: dict[str, float] = field(default_factory=dict)
    megabytes: dict[str, float] = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)

    def timed(self, name: str, work: Callable[[], Any]) -> Any:
        """What some work gives; its seconds are kept under a name."""
        begun = time.process_time()
        given = work()
        self.seconds[name] = time.process_time() - begun
        self.megabytes[name] = _memory(os.getpid())[1]
        return given

    def judge(self, query: factories.Query, band: Band, tied_to: int | None, asked: Iterable[object]) -> None:
        """Count what a row came to."""
        kind = "decoys" if query.truth is None else "true rows"
        self.rows[kind] += 1
        if band is Band.LINKED:
            self.rows["tied wrongly" if tied_to is None or tied_to != query.truth else "tied rightly"] += 1
        elif band is Band.ASKED:
            self.rows[f"{kind} asked"] += 1
            self.rows["right site in question"] += query.truth is not None and query.truth in set(asked)
        elif query.truth is not None:
            self.rows["true rows taken for new"] += 1


def run(size: int = SITES, wanted: int = ROWS) -> Result:
    """Make the base, recognise the list in memory, load the database, recognise it there."""
    wanted = min(wanted, size // 5)
    with tempfile.TemporaryDirectory() as folder:
        queries, memory = _apart(in_memory, size, wanted, folder)
        database = _apart(in_database, queries, folder)
        size_of_file = sum(path.stat().st_size for path in Path(folder).glob("*.sqlite*")) / 1e6
    figures = (
        *_figures(memory, "in memory", MOST_SECONDS_IN_MEMORY, wanted),
        *_figures(database, "in the database", MOST_SECONDS_IN_DATABASE, wanted),
        Figure("memory with the index in the database", round(database.megabytes["list"], 1), "MB", MOST_MB),
        Figure("adding a description", round(database.seconds["adding"] / ADDED * 1000, 2), "ms", MOST_MS_ADDED),
    )
    facts = {
        "index in memory": f"built in {memory.seconds['build']:.0f} s of processor time, names and addresses cleaned in "
        f"that; {memory.megabytes['build']:.0f} MB, {memory.megabytes['list']:.0f} MB with the list",
        "index in the database": f"loaded in {memory.seconds['load']:.0f} s of processor time, {size_of_file:.0f} MB",
        **{f"rows, index {where}": _told(one) for where, one in (("in memory", memory), ("in the database", database))},
    }
    return Result(f"A list of {wanted} rows in a base of {size:,} sites".replace(",", " "), figures, facts)


def in_memory(size: int, wanted: int, folder: str) -> tuple[list[factories.Query], Measured]:
    """Build the base in memory and recognise the list in it; then load it into a database in the folder."""
    measured, chosen = Measured(), factories.chosen(size, wanted)
    kept: list[factories.Place] = []
    base = measured.timed("build", lambda: Base(_statements(size, set(chosen), kept)))
    queries = factories.queries(kept, chosen)
    rows, matched = measured.timed("list", lambda: _matched(queries, base))
    for number, (query, verdict) in enumerate(zip(queries, matched.verdicts, strict=True)):
        numbers = {matched.sites.of(len(rows) + query.truth): query.truth} if query.truth is not None else {}
        tied = numbers.get(matched.sites.of(number))
        measured.judge(query, verdict.band, tied, (numbers.get(site) for site in verdict.asked))
        if query.truth is not None:
            measured.rows["among the candidates"] += query.truth in base.index.candidates(rows[number])
    measured.timed("load", lambda: _load(base.entries, Path(folder)))
    return queries, measured


def in_database(queries: Sequence[factories.Query], folder: str) -> Measured:
    """Recognise the list row by row with the index in the database; then add some descriptions."""
    measured = Measured()
    app = _application(Path(folder))
    with app.app_context():
        session = db.session()
        session.info["write"] = True

        def recognise() -> None:
            for query in queries:
                said = query.place.said()
                found = stored.candidates(session, said)
                if query.truth is not None:
                    measured.rows["among the candidates"] += query.truth + 1 in {one.site for one in found}
                if all(one.likeness.score < DEFAULT.ask_score for one in found):
                    found += stored.second_look(session, said)
                verdict = decide(said, found)
                tied = verdict.site - 1 if isinstance(verdict.site, int) else None
                measured.judge(query, verdict.band, tied, (int(str(site)) - 1 for site in verdict.asked))
                if sum(measured.rows[kind] for kind in ("true rows", "decoys")) % LOOK_EVERY == 0:
                    peak.append(_memory(os.getpid())[1])

        peak: list[float] = []
        measured.timed("list", recognise)
        measured.megabytes["list"] = max([*peak, measured.megabytes["list"]])
        fresh = [one.place.said() for one in queries if one.truth is None][:ADDED]

        def add() -> None:
            for number in range(ADDED):
                stored.add(session, [(number + 1, fresh[number % len(fresh)])])
            session.commit()

        measured.timed("adding", add)
        db.session.remove()
    return measured


def _matched(queries: Sequence[factories.Query], base: Base) -> tuple[list[Statement], Any]:
    rows = [query.place.said() for query in queries]
    return rows, match(rows, base)


def _statements(size: int, chosen: set[int], kept: list[factories.Place]) -> Iterator[Statement]:
    """The statements of a base; the places that are queried are kept by the way."""
    for number, place in enumerate(factories.base(size)):
        if number in chosen:
            kept.append(place)
        yield place.said()


def _load(entries: Sequence[Statement], folder: Path) -> None:
    """Sites numbered from 1 and the index of them, in a database of its own."""
    app = _application(folder)
    with app.app_context():
        session = db.session()
        session.info["write"] = True
        for start in range(0, len(entries), AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, len(entries)))
            sites = [
                {"id": n + 1, "public_id": f"b{n}", "created_at": NOW, "version": 1, "name": entries[n].name[:200]}
                for n in numbers
            ]
            session.execute(insert(Site), sites)
        stored.load(session, lambda: enumerate(entries, start=1))
        session.commit()
        db.session.remove()


def _apart(work: Callable[..., Any], *given: Any) -> Any:
    """What some work gives, done in a process of its own."""
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


def _figures(measured: Measured, where: str, most: float, wanted: int) -> tuple[Figure, ...]:
    rows = measured.rows
    lost = 1 - rows["among the candidates"] / rows["true rows"]
    return (
        Figure(f"a list of {wanted} rows, index {where}", measured.seconds["list"], "s", most),
        Figure(f"true sites not among the candidates, index {where}", round(lost, 5), "", MOST_LOST),
        Figure(f"rows tied wrongly, index {where}", rows["tied wrongly"], "rows", 0),
    )


def _told(measured: Measured) -> str:
    rows = measured.rows
    each = measured.seconds["list"] / (rows["true rows"] + rows["decoys"]) * 1000
    names = (
        "tied rightly", "tied wrongly", "true rows asked", "right site in question", "true rows taken for new",
        "decoys asked",
    )  # fmt: skip
    said = ", ".join(f"{name} {rows[name]}" for name in names)
    return f"{rows['true rows']} true and {rows['decoys']} decoys; {said}; {each:.1f} ms of processor time a row"


def main() -> int:
    """Measure and print; the exit code counts the bars that were missed."""
    from benchmarks.bytecode import keep_bytecode
    from benchmarks.run import page

    keep_bytecode()
    result = run(*map(int, sys.argv[1:3]))
    print(page([result], NOW.date()))
    return sum(not figure.passes for figure in result.figures)


if __name__ == "__main__":
    sys.exit(main())
