"""The one family of errors for broken rules: a stable code, a message template, parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from framework.ground.text import N_


class RuleBroken(Exception):
    """A rule of the house was broken by a request; nothing was changed.

    `code` is stable and never translated. `message` is a template with named
    placeholders (`%(name)s`), translated at the edge. `rule` names the source
    where there is one: a row of the law (L05), a readiness row (R6), a separation
    of duties (SD5). `attempt` names the move that was refused (`round.publish`), where one was.
    """

    code = "rule-broken"
    status = 409
    attempt = ""
    is_attempt = False
    """Whether it was an attempt at what is not this actor's or not open now, which a lead is told of (law L07g)."""

    def __init__(self, code: str | None = None, message: str = "", *, rule: str = "", **params: object) -> None:
        self.code = code or self.code
        self.message = message or N_("This is not possible.")
        self.rule = rule
        self.params = params
        super().__init__(self.code, params)


class NotFound(RuleBroken):
    """The record does not exist, or this actor may not know that it does."""

    code = "not-found"
    status = 404
    is_attempt = True


class NotAllowed(RuleBroken):
    """The record is visible, the act is not this actor's."""

    code = "not-allowed"
    status = 403
    is_attempt = True


class WrongPhase(RuleBroken):
    """The act is this actor's, but not in the present phase of the round."""

    code = "wrong-phase"
    is_attempt = True


class MoveRefused(RuleBroken):
    """A state change that the lifecycle table does not list, or whose guard does not hold."""

    code = "move-refused"


class FactorStale(NotAllowed):
    """The act asks for a second factor given just now (SD1); giving it and sending the same form again does the act."""

    code = "factor-stale"
    is_attempt = False


class InvalidInput(RuleBroken):
    """What was typed or sent cannot be taken; `field` says where, `also` what else is wrong with the same form."""

    code = "invalid-input"
    status = 422
    also: tuple[InvalidInput, ...] = ()

    def __init__(self, code: str, message: str, *, field: str = "", rule: str = "", **params: object) -> None:
        super().__init__(code, message, rule=rule, **params)
        self.field = field


def taken(*checks: Callable[[], Any]) -> list[Any]:
    """What every check of a form gives; raises the first InvalidInput with the others, so that all is told at once."""
    given, wrong = [], []
    for check in checks:
        try:
            given.append(check())
        except InvalidInput as error:
            wrong.append(error)
    if wrong:
        wrong[0].also = tuple(wrong[1:])
        raise wrong[0]
    return given


class Stale(RuleBroken):
    """Somebody else changed the record since it was read."""

    code = "stale"


class FileRefused(RuleBroken):
    """A file that cannot be taken at all; `key` is the cause named in the issue catalogue."""

    code = "file-refused"
    status = 422
