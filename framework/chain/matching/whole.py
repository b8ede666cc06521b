"""The whole base at once: which sites may be one, found by a model over all descriptions, without being asked for any.

splink trains the model and DuckDB compares, on disk where memory is short. Both are loaded here only when a run begins:
no web process and no worker carries them. A larger engine takes the same model (`docs/scaling.md`).
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framework.chain.matching.dialects import comparisons
from framework.chain.matching.index import INDEX_TOKENS, area
from framework.ground.places import RULESET

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from splink import Linker

PROBABILITY = 0.9
"""From this probability on a pair is proposed."""
MOST_SHARED = 2_000
"""A word of more descriptions than this joins none."""
RANDOM_PAIRS, TRAINING_PAIRS, SEED = 2e6, 2e6, 1
LEAST_TRAINED = 5_000
"""Fewer descriptions teach nothing: the shares with which a training begins stand."""
RULE_RECALL = 0.15
"""Share of equal pairs that country, name and address alone would find."""
AT_ONCE = 50_000
MODEL = "match-model.json"
COLUMNS = ("unique_id", "form", "site", "country", "name", "address", "numbers", "tok")

Told = Callable[[str], None]


class NotCompared(Exception):
    """The engine could not finish: too little memory or disk for this base; the text is the engine's own."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where a run works: the folder of its model, the folder for what does not fit in memory, MB of memory, threads."""

    models: Path
    spill: Path
    memory_mb: int
    threads: int = 0

    @property
    def model(self) -> Path:
        """The file of the model; its name holds the ruleset whose forms it was trained on."""
        return self.models / f"{Path(MODEL).stem}-{RULESET}{Path(MODEL).suffix}"


@dataclass(frozen=True, slots=True)
class Described:
    """One description of a site: its number, the site's, and its comparable form as stored."""

    form: int
    site: int
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sites that may be one: the descriptions that say so, and how probable it is, 0 to 1. `site` is the lesser."""

    site: int
    other: int
    form: int
    other_form: int
    probability: float


@dataclass(frozen=True, slots=True)
class Found:
    """What a run found: pairs of sites, the number of compared rows, and whether the model was trained on them."""

    pairs: tuple[Pair, ...]
    rows: int
    trained: bool


def find(
    described: Callable[[], Iterable[Described]], often: Counter[str], place: Workplace, told: Told = lambda _text: None
) -> Found:
    """The pairs of sites that are probably one, the likeliest first; `often` says in how many descriptions a word stands.

    Raises OSError where the folders cannot be written, NotCompared where the engine cannot finish.
    """
    from duckdb import Error
    from splink.internals.exceptions import SplinkException

    place.spill.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="match-base-", dir=place.spill))
    try:
        connection = _connection(place, folder)
        try:
            rows = _load(connection, _rows(described(), often))
            told(f"{rows} descriptions are loaded")
            return _found(connection, rows, place, told)
        except (Error, SplinkException) as error:
            raise NotCompared(str(error)) from error
        finally:
            connection.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def settings(dialect: str) -> dict[str, Any]:
    """The model in words of an engine: what is compared, how, and which pairs at all."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "unique_id",
        "comparisons": comparisons(dialect),
        "blocking_rules_to_generate_predictions": [
            {
                "blocking_rule": "l.country = r.country and l.tok = r.tok and l.site <> r.site",
                "sql_dialect": dialect,
                "arrays_to_explode": ["tok"],
            }
        ],
        "probability_two_random_records_match": 1e-6,
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
        "additional_columns_to_retain": ["site", "form"],
    }


def _connection(place: Workplace, folder: Path) -> DuckDBPyConnection:
    import duckdb

    return duckdb.connect(
        ":memory:",
        config={
            "memory_limit": f"{place.memory_mb}MB",
            "temp_directory": str(folder),
            "threads": str(place.threads or os.cpu_count() or 1),
            "preserve_insertion_order": "false",
        },
    )


def _rows(described: Iterable[Described], often: Counter[str]) -> Iterator[tuple[Any, ...]]:
    """One row for each name of each description, as `COLUMNS` says."""
    number = 0
    for one in described:
        data = one.data
        words = data["address"].split()
        for name in data["names"] or [""]:
            rare = sorted((w for w in {*words, *name.split()} if often[w] <= MOST_SHARED), key=lambda w: (often[w], w))
            number += 1
            yield (
                number,
                one.form,
                one.site,
                area(data["country"]),
                name or None,
                sorted(set(words)),
                data["numbers"],
                rare[:INDEX_TOKENS],
            )


def _load(connection: DuckDBPyConnection, rows: Iterator[tuple[Any, ...]]) -> int:
    """Write rows into the table `place`; how many there are."""
    import pyarrow as pa

    texts = pa.list_(pa.string())
    kinds = (pa.int64(), pa.int64(), pa.int64(), pa.string(), pa.string(), texts, texts, texts)
    schema = pa.schema(list(zip(COLUMNS, kinds, strict=True)))
    connection.execute(
        "create table place (unique_id bigint, form bigint, site bigint, country varchar, name varchar, "
        "address varchar[], numbers varchar[], tok varchar[])"
    )
    count = 0
    while some := list(islice(rows, AT_ONCE)):
        columns = [list(column) for column in zip(*some, strict=True)]
        table = pa.Table.from_arrays([pa.array(c, kind) for c, kind in zip(columns, kinds, strict=True)], schema=schema)
        connection.register("batch", table)
        connection.execute("insert into place select * from batch")
        connection.unregister("batch")
        count += len(some)
    return count


def _found(connection: DuckDBPyConnection, rows: int, place: Workplace, told: Told) -> Found:
    from splink import DuckDBAPI, Linker

    logging.getLogger("splink").setLevel(logging.ERROR)
    if rows < 2:
        return Found((), rows, trained=False)
    # The one line that another engine changes: see docs/scaling.md.
    api = DuckDBAPI(connection=connection)
    dialect = api.sql_dialect.sql_dialect_str
    linker = Linker(api.register("place"), _model(place, dialect, trains=rows >= LEAST_TRAINED), log_level=None)
    trained = rows >= LEAST_TRAINED and _train(linker, told)
    if trained:
        place.models.mkdir(parents=True, exist_ok=True)
        linker.misc.save_model_to_json(str(place.model), overwrite=True)
        told(f"the model is kept in {place.model}")
    predicted = linker.inference.predict(threshold_match_probability=PROBABILITY, warning_mode="never")
    pairs = connection.execute(_LIKELIEST.format(table=predicted.physical_name)).fetchall()
    told(f"{len(pairs)} pairs of sites are probably one")
    return Found(tuple(Pair(*pair) for pair in pairs), rows, trained=trained)


_LIKELIEST = """
select least(site_l, site_r), greatest(site_l, site_r),
    arg_max(case when site_l < site_r then form_l else form_r end, (match_probability, -form_l, -form_r)),
    arg_max(case when site_l < site_r then form_r else form_l end, (match_probability, -form_l, -form_r)),
    max(match_probability)
from {table} group by all order by 5 desc, 1, 2
"""


def _model(place: Workplace, dialect: str, *, trains: bool) -> dict[str, Any]:
    """The model to begin with; a base too small to learn from uses what an earlier one taught, where that is kept."""
    if trains or not place.model.is_file():
        return settings(dialect)
    kept: dict[str, Any] = json.loads(place.model.read_text(encoding="utf-8"))
    return kept


def _train(linker: Linker, told: Told) -> bool:
    """Learn from the rows themselves; False where they hold too few likely pairs to learn from."""
    from splink import block_on
    from splink.internals.exceptions import EMTrainingException

    training = linker.training
    try:
        training.estimate_probability_two_random_records_match(
            ["l.country = r.country and l.name = r.name and l.address = r.address"], recall=RULE_RECALL
        )
        training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=SEED)
        for columns in (("country", "name"), ("country", "address")):
            told(f"the model learns from pairs with one {columns[-1]}")
            training.estimate_parameters_using_expectation_maximisation(block_on(*columns), max_pairs=TRAINING_PAIRS)
    except (EMTrainingException, ValueError) as error:
        told(f"nothing was learned: {error}")
        return False
    return True
