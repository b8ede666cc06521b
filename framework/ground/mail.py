"""The outbox: mail is a row in the act's transaction; it leaves after the commit."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.people import User
from models.records import Mail
from models.rounds import Round

BACK_OFF = (dt.timedelta(minutes=1), dt.timedelta(minutes=5), dt.timedelta(minutes=30), dt.timedelta(hours=2))
MAX_ATTEMPTS = 10


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


def due(session: Session, *, now: dt.datetime, limit: int) -> list[int]:
    """Numbers of the mails to send now, oldest first."""
    query = select(Mail.id).where(Mail.state == "waiting", Mail.next_try_at <= now).order_by(Mail.id).limit(limit)
    return list(session.scalars(query))


def claim(session: Session, number: int, *, now: dt.datetime) -> Mail | None:
    """Take one mail for sending; None where another worker has it.

    The next attempt is set first: a worker that dies while it sends loses nothing, at worst the mail is sent twice.
    """
    query = select(Mail).where(Mail.id == number).with_for_update().execution_options(populate_existing=True)
    mail = session.scalar(query)
    if mail is None or mail.state != "waiting" or mail.next_try_at > now:
        return None
    mail.next_try_at = now + BACK_OFF[min(mail.attempts, len(BACK_OFF) - 1)]
    mail.attempts += 1
    return mail


def sent(mail: Mail, *, now: dt.datetime, wipe: bool) -> None:
    """Mark a mail as sent; `wipe` takes its secret away, because it has reached its reader."""
    mail.state, mail.sent_at, mail.error = "sent", now, ""
    if wipe:
        mail.secret = ""


def failed(mail: Mail, error: str, *, now: dt.datetime, is_lasting: bool = False) -> None:
    """Note an attempt that failed: after the tenth it has failed for good, until the operator sends it again.

    `is_lasting`: the mail itself cannot be made or sent, so that trying again would not help; it has failed at once.
    """
    mail.error = error[:300]
    if is_lasting or mail.attempts >= MAX_ATTEMPTS:
        mail.state = "failed"


def send_again(mail: Mail, *, now: dt.datetime) -> None:
    """Put a failed mail back into the outbox."""
    mail.state, mail.attempts, mail.next_try_at, mail.error = "waiting", 0, now, ""
