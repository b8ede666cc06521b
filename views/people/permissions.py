"""Who may do what: the permission table, made from the table the product itself asks."""

from __future__ import annotations

from flask import render_template

from framework.ground.labels import PHASES, ROLE_LABELS, state_label
from framework.ground.permissions import ANY, PERSONAS, PUBLIC, SIGNED_IN, TABLE, Rule
from framework.ground.permissions import Permission as Held
from views.guard import permit
from views.people import blueprint


@blueprint.get("/permissions")
@permit(Held.PUBLIC)
def permissions() -> str:
    """The whole table: a row for each permission, a column for each kind of reader."""
    columns = [*PERSONAS, "admin"]
    rows = [
        {"rule": rule, "held": [_holds(rule, p) for p in columns], "states": _states(rule)} for rule in TABLE.values()
    ]
    return render_template("people/permissions.html", rows=rows, columns=[ROLE_LABELS[p] for p in columns])


def _holds(rule: Rule, persona: str) -> bool:
    if PUBLIC in rule.roles:
        return True
    return persona != PUBLIC if SIGNED_IN in rule.roles else persona in rule.roles


def _states(rule: Rule) -> list[str] | None:
    """Labels of the states of a round in which the permission holds; None where every state or none is concerned."""
    if not rule.states or rule.states == ANY:
        return None
    return [state_label("round", state) for state in PHASES if state in rule.states]
