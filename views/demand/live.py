"""The count while members type: a few figures of the pool that the lead's page asks for again and again."""

from __future__ import annotations

from typing import Any

from flask import g, jsonify
from flask_babel import gettext as _
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from framework.demand import pool
from framework.ground.permissions import Permission
from models.base import db
from models.demand import Demand
from models.rounds import Round
from views import clock
from views.demand import blueprint
from views.guard import permit
from views.i18n import day_time, number


@blueprint.get("/rounds/<round_id>/pool/live.json")
@permit(Permission.DEMAND_BOARD)
def pool_live(round_: Round) -> Response:
    """The figures of `figures` by key, in the reader's words; nothing of a draft but that there is one."""
    g.touch = None  # a page that asks by itself is no visit: the session ends as if nobody sat there
    answer: Response = jsonify(figures=figures(round_))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def figures(round_: Round) -> dict[str, str]:
    """What stands on the page and what replaces it, by the same keys: by lot the pool and the answers, and how many work on a draft."""
    found = pool.figures(db.session(), round_)
    drafts = dict(_drafts(round_))
    told: dict[str, Any] = {"at": _("Counted at %(time)s", time=day_time(clock.now(), round_.zone))}
    for lot in found.lots:
        knows = lot.total.is_known and bool(lot.by_member)
        told |= {
            f"{lot.public_id}-expected": number(lot.total.expected) if knows else "–",
            f"{lot.public_id}-maximum": number(lot.total.maximum) if knows else "–",
            f"{lot.public_id}-answered": number(len(lot.by_member)),
            f"{lot.public_id}-waiting": number(len(lot.waiting)),
            f"{lot.public_id}-missing": number(len(lot.missing)),
            f"{lot.public_id}-drafts": number(drafts.get(lot.lot_id, 0)),
        }
    return {key: str(value) for key, value in told.items()}


def _drafts(round_: Round) -> list[tuple[int, int]]:
    query = select(Demand.lot_id, func.count()).where(Demand.round_id == round_.id, Demand.state == "draft")
    return [(lot, count) for lot, count in db.session.execute(query.group_by(Demand.lot_id))]
