"""What reading the cells already showed (D09, D32–D34, D46, D51, D52 and the reading keys), told at the right place."""

from __future__ import annotations

from collections.abc import Iterator

from framework.disclosure.checks.context import Context
from framework.disclosure.columns import sheet_columns
from framework.disclosure.read_column import COLUMN_CAUSES
from framework.ground.issues import Issue


def cell_troubles(context: Context) -> Iterator[Issue]:
    """Troubles of single cells; those that are asked once per column are told once, at the first place."""
    for sheet, table in context.tables.items():
        for column, troubles in table.troubles.items():
            told: set[str] = set()
            for index, trouble, found in troubles:
                whole = trouble.cause if trouble.cause in COLUMN_CAUSES else trouble.code
                if whole in COLUMN_CAUSES and whole in told:
                    continue
                told.add(whole)
                yield context.at(sheet, index, column, trouble.code, trouble.cause, value=found, **trouble.params)


def future_dates(context: Context) -> Iterator[Issue]:
    """D46: a date of the past that lies after the day of receipt."""
    for sheet, table in context.tables.items():
        for name, column in sheet_columns(sheet).items():
            if column.not_after_today:
                values = table.get(name)
                late = {value for value in set(values) if value is not None and value > context.today}
                for index, value in enumerate(values if late else ()):
                    if value in late:
                        yield context.at(sheet, index, name, "date-future")
