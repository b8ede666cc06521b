"""The outbox: mail is a row in the act's transaction; it leaves after the commit."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy.orm import Session

from models.people import User
from models.records import Mail
from models.rounds import Round


def post(
    session: Session,
    template: str,
    *,
    to: User | str,
    now: dt.datetime,
    language: str | None = None,
    secret: str = "",
    round_: Round | None = None,
    **params: Any,
) -> Mail:
    """Put one mail into the outbox.

    `template` names a folder entry of `templates/mail/`; `params` are plain JSON for it.
    `secret` is a path with a token: it is stored apart and wiped once the mail has left.
    """
    address = to if isinstance(to, str) else to.email
    chosen = language or ("en" if isinstance(to, str) else to.language)
    mail = Mail(
        recipient=address,
        language=chosen,
        template=template,
        params=params,
        secret=secret,
        round_id=round_.id if round_ is not None else None,
        next_try_at=now,
        created_at=now,
    )
    session.add(mail)
    return mail
