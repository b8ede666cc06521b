"""News to one person about one round as one mail: it waits a while, grows meanwhile, and is dropped once all of it was seen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from framework.ground.mail import post
from models.people import User
from models.records import Mail
from models.rounds import Round

WAIT = dt.timedelta(minutes=15)
"""How long the first news waits for others; what comes later begins another mail."""


def add(
    session: Session,
    template: str,
    *,
    to: User,
    round_: Round,
    item: dict[str, Any],
    page: str,
    now: dt.datetime,
    **params: Any,
) -> Mail:
    """Tell of one thing more, in the mail that still waits or in a new one.

    `item` is plain JSON with `key` (the same thing again takes its place) and `path`, the page to act on; `page` is the
    page of all such things, to which a mail about several leads.
    """
    waiting = session.scalars(_waiting(template, to.email, round_.id).with_for_update()).first()
    if waiting is None:
        waiting = post(session, template, to=to, now=now, round_=round_, recipient=to.name, items=[], **params)
        waiting.next_try_at = now + WAIT
    others = [one for one in waiting.params["items"] if one["key"] != item["key"]]
    _keep(waiting, [*others, item], page)
    session.flush()
    return waiting


def waits(session: Session, template: str, address: str, round_id: int, keys: Collection[str]) -> bool:
    """Whether a mail to this address waits that tells of one of these things."""
    found = session.scalars(_waiting(template, address, round_id)).all()
    return any(one["key"] in keys for mail in found for one in mail.params["items"])


def seen(session: Session, template: str, address: str, round_id: int, keys: Collection[str]) -> None:
    """Leave these things out of the mail that waits: their reader has seen them. An empty mail does not leave."""
    for mail in session.scalars(_waiting(template, address, round_id).with_for_update()):
        left = [one for one in mail.params["items"] if one["key"] not in keys]
        if left:
            _keep(mail, left, str(mail.params["page"]))
        else:
            mail.state = "dropped"


def _keep(mail: Mail, items: list[dict[str, Any]], page: str) -> None:
    path = items[0]["path"] if len(items) == 1 else page
    mail.params = {**mail.params, "items": items, "page": page, "path": path}


def _waiting(template: str, address: str, round_id: int) -> Select[Mail]:
    """Mails that were not tried yet: one that is on its way is not changed any more."""
    return (
        select(Mail)
        .where(
            Mail.template == template,
            Mail.recipient == address,
            Mail.round_id == round_id,
            Mail.state == "waiting",
            Mail.attempts == 0,
        )
        .order_by(Mail.id)
        .execution_options(populate_existing=True)
    )
