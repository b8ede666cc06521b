"""How the record stands: how many entries, whether unbroken, when a copy of its head last left; in one line."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from framework.ground import heads, verifying
from models.base import db
from models.records import AuditEvent
from views import clock
from views.i18n import date, number
from views.settings import Settings

COPY_IS_OLD_AFTER = dt.timedelta(days=2)


def facts() -> dict[str, Any]:
    """How many entries there are and since when, what the last check found, whether one waits, the line and its tone."""
    query = select(func.count(), func.min(AuditEvent.at), func.max(AuditEvent.seq))
    row = db.session.execute(
        query.execution_options(all_tenders=True)
    ).one()  # what is kept from a reader is not missing
    check, is_gapless = verifying.last(db.session()), row[0] == (row[2] or 0)
    found = {"count": row[0], "since": row[1], "gapless": is_gapless, "check": check}
    return found | {"waits": verifying.is_waiting(db.session()), "line": _line(row[0], row[1], check, is_gapless)}


def _line(count: int, since: dt.datetime | None, check: AuditEvent | None, is_gapless: bool) -> dict[str, str]:
    """Tag, tone and sentence: never a colour alone."""
    if check is not None and verifying.is_amiss(check):
        return {"tag": _("broken"), "tone": "error", "said": amiss(check)}
    if not is_gapless:
        return {"tag": _("broken"), "tone": "error", "said": _("Entries are missing. Tell the operator.")}
    named = {"entries": number(count), "since": date(since.date()) if since else "–"}
    if check is None:
        said = ngettext("%(entries)s entry since %(since)s.", "%(entries)s entries since %(since)s.", count, **named)
        return {"tag": _("not checked"), "tone": "warn", "said": said}
    return _unbroken(count, named)


def _unbroken(count: int, named: dict[str, Any]) -> dict[str, str]:
    settings: Settings = current_app.extensions["settings"]
    copied = heads.last_copy(db.session(), is_mailed=bool(settings.mail_url))
    if copied is not None:
        said = ngettext(
            "%(entries)s entry, unbroken since %(since)s; last outside copy %(copied)s.",
            "%(entries)s entries, unbroken since %(since)s; last outside copy %(copied)s.",
            count,
            copied=date(copied.date()),
            **named,
        )
        is_old = clock.now() - copied > COPY_IS_OLD_AFTER
        return {"tag": _("unbroken"), "tone": "warn" if is_old else "good", "said": said}
    if settings.head_folder is not None or (settings.head_addresses() and settings.mail_url):
        said = ngettext(
            "%(entries)s entry, unbroken since %(since)s; no outside copy has left yet.",
            "%(entries)s entries, unbroken since %(since)s; no outside copy has left yet.",
            count,
            **named,
        )
    else:
        said = ngettext(
            "%(entries)s entry, unbroken since %(since)s; no outside copy leaves, because no recipient is set.",
            "%(entries)s entries, unbroken since %(since)s; no outside copy leaves, because no recipient is set.",
            count,
            **named,
        )
    return {"tag": _("unbroken"), "tone": "warn", "said": said}


def amiss(check: AuditEvent) -> str:
    """What a check found that is not right; blank where all is."""
    if check.data.get("broken_at"):
        named = {"number": number(check.data["broken_at"])}
        return _("Event %(number)s does not follow from the one before. Tell the operator.", **named)
    if check.data.get("head"):
        named = {"number": number(check.data["head"])}
        return _("The entries do not fit the head over %(number)s of them that was signed. Tell the operator.", **named)
    return ""
