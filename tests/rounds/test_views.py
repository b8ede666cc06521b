"""Pages of rounds, fetched as lead, member, supplier and stranger."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from models.base import db
from tests.rounds.ready import Ready

PAGES = (
    "",
    "/set-up",
    "/set-up/scope",
    "/set-up/members",
    "/set-up/dates",
    "/set-up/rules",
    "/set-up/lots",
    "/set-up/figures",
    "/set-up/disclosure",
    "/set-up/criteria",
    "/set-up/criteria/new",
    "/set-up/criteria/new?from=price",
    "/set-up/clauses",
    "/set-up/clauses/new",
    "/phase",
    "/readiness",
    "/readiness/refusals",
    "/publish",
    "/cancel",
    "/copy",
    "/preview",
    "/terms",
)


@pytest.fixture
def ready(build):
    return Ready(build)


@pytest.fixture
def lead(ready, sign_in):
    return sign_in(ready.person_of(ready.first), ready.lead)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_of_a_round_opens_for_its_lead_in_at_most_25_queries(ready, lead, page):
    counted = []
    listen = lambda *_args: counted.append(_args[2])  # noqa: E731
    engine = db.engine
    path = f"/rounds/{ready.round.public_id}{page}"
    event.listen(engine, "before_cursor_execute", listen)
    try:
        shown = lead.page(path)
    finally:
        event.remove(engine, "before_cursor_execute", listen)

    assert ready.round.name in shown.text
    selects = [sql for sql in counted if sql.lstrip().upper().startswith("SELECT")]
    assert len(selects) <= 25, "\n".join(" ".join(sql.split("FROM", 1)[-1].split())[:110] for sql in selects)
