"""Pages of the operator: the mail that leaves, the state of the installation."""

from __future__ import annotations

import datetime as dt
import shutil

from flask import Blueprint, current_app, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, not_, select
from werkzeug.wrappers import Response

from framework.ground import jobs, mail, sealed
from framework.ground.errors import NotFound
from framework.ground.mail_labels import MAIL_LABELS
from framework.ground.paging import page_of
from framework.ground.permissions import Permission
from framework.ground.text import N_
from models.base import db
from models.records import MAIL_STATES, Job, Mail
from views import beat, clock, guard, mailing, scanning, sending  # noqa: F401 - beat and sending register what comes round
from views.guard import permit

blueprint = Blueprint("operations", __name__)

PAGE = 50
WORKER_SILENT_AFTER = dt.timedelta(minutes=2)
STATES = {"waiting": N_("Waiting"), "sent": N_("Sent"), "failed": N_("Failed"), "dropped": N_("Dropped")}


@blueprint.get("/outbox")
@permit(Permission.OUTBOX_VIEW)
def outbox() -> str:
    """The mail that leaves, newest first; of a sealed round only whether its mail gets through."""
    state = request.args.get("state", "")
    query = select(Mail).where(not_(sealed.is_mail_to_bidder()))
    if state in MAIL_STATES:
        query = query.where(Mail.state == state)
    if request.args.get("q", "").strip():
        query = query.where(Mail.recipient.icontains(request.args["q"].strip(), autoescape=True))
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = page_of(request.args.get("page"), total, PAGE)
    rows = db.session.scalars(query.order_by(Mail.id.desc()).limit(page.size).offset(page.offset)).all()
    return render_template(
        "operations/outbox.html",
        rows=rows,
        unlisted=sealed.failed_mails(db.session()),
        total=total,
        page=page.number,
        pages=page.pages,
        subjects=MAIL_LABELS,
        counts=_mail_counts(),
        labels=STATES,
        on_console=_on_console(),
    )


@blueprint.get("/outbox/<mail_id>")
@permit(Permission.OUTBOX_VIEW)
def one_mail(mail_id: str) -> str:
    """One mail as its reader gets it; its secret link is shown only where no mail server is set."""
    row = _mail(mail_id)
    if _is_sealed(row):
        return render_template("operations/sealed_mail.html", row=row, labels=STATES)
    subject, text, _page = mailing.render(row)
    if row.secret and not _on_console():
        text = text.replace(mailing.absolute(row.secret), _("(a personal link, not shown here)"))
    link = mailing.absolute(row.secret) if row.secret and _on_console() else ""
    return render_template("operations/mail.html", row=row, subject=subject, text=text, link=link, labels=STATES)


@blueprint.post("/outbox/<mail_id>/again")
@permit(Permission.OUTBOX_VIEW)
def again(mail_id: str) -> Response:
    """Put a failed mail back into the outbox."""
    row = _mail(mail_id)
    if row.state == "failed":
        mail.send_again(row, now=clock.now())
    return guard.done(url_for("operations.outbox"), _("The mail is tried again."))


@blueprint.post("/outbox/sealed/again")
@permit(Permission.OUTBOX_VIEW)
def sealed_again() -> Response:
    """Put the failed mails of sealed rounds back into the outbox, unseen."""
    for row in db.session.scalars(select(Mail).where(Mail.state == "failed", sealed.is_mail_to_bidder())):
        mail.send_again(row, now=clock.now())
    return guard.done(url_for("operations.outbox"), _("The failed mails of the sealed rounds are tried again."))


@blueprint.get("/health")
@permit(Permission.HEALTH_VIEW)
def health() -> str:
    """Worker, queue, outbox, disk: what an operator must know before somebody calls."""
    settings = current_app.extensions["settings"]
    ticked = _last_tick()
    disk = shutil.disk_usage(settings.data_dir)
    oldest = db.session.scalar(select(func.min(Job.queued_at)).where(Job.state == "waiting"))
    return render_template(
        "operations/health.html",
        ticked=ticked,
        is_silent=ticked is None or clock.now() - ticked > WORKER_SILENT_AFTER,
        jobs=_job_counts(),
        mails=_mail_counts(),
        oldest=oldest,
        held_up=jobs.held_up(db.session()),
        failed=db.session.scalars(select(Job).where(Job.state == "failed").order_by(Job.id.desc()).limit(20)).all(),
        disk=disk,
        dialect=db.engine.dialect.name,
        on_console=_on_console(),
        scanner=scanning.health(),
        labels=STATES | {"running": N_("Running"), "done": N_("Done"), "cancelled": N_("Cancelled")},
    )


@blueprint.get("/healthz")
@permit(Permission.PUBLIC)
def healthz() -> tuple[dict[str, str], int]:
    """For a watcher: 200 where the database answers, and whether a worker ticked lately; nothing else is told."""
    db.session.execute(select(1))
    ticked = _last_tick()
    alive = ticked is not None and clock.now() - ticked <= WORKER_SILENT_AFTER
    return {"database": "ok", "worker": "ok" if alive else "silent"}, 200


def _mail(mail_id: str) -> Mail:
    found = db.session.scalar(select(Mail).where(Mail.public_id == mail_id))
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def _is_sealed(row: Mail) -> bool:
    """Whether this mail would tell who takes part in a sealed round."""
    query = select(Mail.id).where(Mail.id == row.id, sealed.is_mail_to_bidder())
    return db.session.scalar(query) is not None


def _mail_counts() -> dict[str, int]:
    """By state, without the mails whose number would tell how many take part in a sealed round."""
    query = select(Mail.state, func.count().label("number")).where(not_(sealed.is_mail_to_bidder()))
    return {row.state: row.number for row in db.session.execute(query.group_by(Mail.state))}


def _job_counts() -> dict[str, int]:
    rows = db.session.execute(select(Job.state, func.count().label("number")).group_by(Job.state))
    return {row.state: row.number for row in rows}


def _on_console() -> bool:
    return not current_app.extensions["settings"].mail_url


def _last_tick() -> dt.datetime | None:
    path = beat.alive(current_app)
    return dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC) if path.exists() else None
