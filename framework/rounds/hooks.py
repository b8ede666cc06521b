"""What later phases add to the moves and acts of a round: guards before, effects after; rounds never imports them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy.orm import Session

from framework.ground.lifecycle import Context, Guard

_before: dict[tuple[str, str], list[Guard]] = defaultdict(list)
_after: dict[tuple[str, str], list[Guard]] = defaultdict(list)


def before(entity: str, act: str, function: Guard) -> Guard:
    """Have `function(session, record, context)` called when the act's own guard holds; it raises to refuse.

    Adding the same function twice has no effect, so that a module may be imported anew.
    """
    return _add(_before, entity, act, function)


def after(entity: str, act: str, function: Guard) -> Guard:
    """Have `function(session, record, context)` called after the act's own effect, in the same transaction."""
    return _add(_after, entity, act, function)


def run_before(entity: str, act: str, session: Session, record: Any, context: Context) -> None:
    """Call what was added with `before`, in the order of adding."""
    for function in _before[(entity, act)]:
        function(session, record, context)


def run_after(entity: str, act: str, session: Session, record: Any, context: Context) -> None:
    """Call what was added with `after`, in the order of adding."""
    for function in _after[(entity, act)]:
        function(session, record, context)


def _add(table: dict[tuple[str, str], list[Guard]], entity: str, act: str, function: Guard) -> Guard:
    if function not in table[(entity, act)]:
        table[(entity, act)].append(function)
    return function
