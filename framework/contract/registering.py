"""Register the moves of an agreement with the places where later phases add their guards and effects."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from framework.ground import lifecycle
from framework.ground.lifecycle import Context, Guard
from framework.rounds import hooks

ENTITY = "agreement"


def register(
    act: str,
    guard: Guard | None = None,
    effect: Guard | None = None,
    *,
    source: str = "*",
    noted: tuple[str, ...] = (),
) -> None:
    """Register an act; `hooks.before` and `hooks.after` of `agreement` run after its own guard and effect."""

    def whole_guard(session: Session, record: Any, context: Context) -> None:
        if guard is not None:
            guard(session, record, context)
        hooks.run_before(ENTITY, act, session, record, context)

    def whole_effect(session: Session, record: Any, context: Context) -> None:
        if effect is not None:
            effect(session, record, context)
        hooks.run_after(ENTITY, act, session, record, context)

    lifecycle.register(ENTITY, act, source=source, guard=whole_guard, effect=whole_effect, noted=noted)
