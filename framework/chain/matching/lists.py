"""Lists from files as statements, and what matching came to as plain JSON; needs no database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from framework.chain.matching.batch import Matched
from framework.chain.matching.reasons import Reason, reasons
from framework.ground.place_scores import Statement, statement
from framework.ground.places import legal_forms_of

ID_COLUMNS = {"os_id": "os", "smelter_id": "cid", "gln": "gln"}
"""Columns of ours that hold a registry id, and its scheme."""
NOTHING_ALIKE = Reason("nothing-alike")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of one file: the name of the file, the row in it from 1, the name as written, the statement."""

    file: str
    row: int
    name: str
    said: Statement


def of_records(file: str, records: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    """The rows of a checked list of sites (`{"row", "values"}`) that name or place anything."""
    for record in records:
        values = record["values"]
        name = _text(values, "site_legal_name")
        said = statement(
            name,
            _text(values, "address_line"),
            local_name=_text(values, "site_local_name"),
            city=_text(values, "city"),
            region=_text(values, "region"),
            country=_code(values),
            ids=frozenset(_ids(values)),
            pin=_pin(values),
        )
        yield Row(file, record["row"], name, said)


def report(rows: Sequence[Row], base: Sequence[Row], matched: Matched) -> dict[str, Any]:
    """`{"rows": [{"file", "row", "site", "band", "asked", "score", "why", "base"}]}`; rows of one place share `site`.

    `asked` are the other sites in question. `score` is the one of the likest other row, 0 to 100, or null. `base` are
    the rows of the base that are the same site.
    """
    entries = [*rows, *base]
    in_base: dict[int, list[int]] = {}
    for number in range(len(rows), len(entries)):
        in_base.setdefault(matched.sites.of(number), []).append(entries[number].row)
    told = []
    for row, verdict in zip(rows, matched.verdicts, strict=True):
        best = verdict.best
        why = reasons(row.said, best.other, best.likeness, legal_forms_of(row.name)) if best else (NOTHING_ALIKE,)
        told.append(
            {
                "file": row.file,
                "row": row.row,
                "site": None if verdict.site is None else site_name(verdict.site),
                "band": verdict.band.value,
                "asked": [site_name(site) for site in verdict.asked],
                "score": None if verdict.score is None else round(verdict.score, 1),
                "rule": verdict.rule.value,
                "why": [reason.text() for reason in why],
                "base": in_base.get(verdict.site, []) if isinstance(verdict.site, int) else [],
            }
        )
    return {"rows": told}


def site_name(site: object) -> str:
    """The name of a site within one run."""
    return f"s{int(str(site)) + 1}"


def _ids(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for column, scheme in ID_COLUMNS.items():
        value = "".join(_text(values, column).upper().split())
        if value:
            yield scheme, value


def _pin(values: Mapping[str, Any]) -> tuple[float, float] | None:
    latitude, longitude = values.get("latitude"), values.get("longitude")
    if latitude is None or longitude is None:
        return None
    return float(latitude), float(longitude)


def _code(values: Mapping[str, Any]) -> str:
    country = _text(values, "country")
    return country if len(country) == 2 else ""


def _text(values: Mapping[str, Any], column: str) -> str:
    value = values.get(column)
    return "" if value is None else str(value).strip()
