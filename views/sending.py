"""Send the outbox: over SMTP where a server is set, else to the console; tried again with growing pauses."""

from __future__ import annotations

import datetime as dt
import ipaddress
import logging
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import SplitResult, unquote, urlsplit

import click
from flask import current_app
from jinja2 import TemplateError
from sqlalchemy.orm import Session

from framework.ground import jobs, mail
from framework.ground.complaint import Complaint
from models.records import Mail
from views import mailing
from views.settings import Settings

logger = logging.getLogger(__name__)
TIMEOUT = 30
BATCH = 20


class NotEncrypted(smtplib.SMTPException):
    """The server, or somebody between, offers no encryption, and a password would be readable on the way."""


@jobs.periodic("send_mail", every_seconds=5)
def send_due(session: Session, clock: Callable[[], dt.datetime]) -> None:
    """Send what is due, one mail after the other, each claimed in a transaction that ends before the server is asked."""
    for number in mail.due(session, now=clock(), limit=BATCH):
        row = mail.claim(session, number, now=clock())
        session.commit()
        if row is not None:
            _send(session, row, clock)


def _send(session: Session, row: Mail, clock: Callable[[], dt.datetime]) -> None:
    settings: Settings = current_app.extensions["settings"]
    number = row.id
    try:
        message = _message(row, settings)
        session.rollback()
        deliver(message, settings)
    except Exception as error:  # whatever one mail breaks on, the mails behind it must leave
        session.rollback()
        is_lasting = isinstance(error, TemplateError) or not isinstance(error, jobs.ENVIRONMENT)
        mail.failed(session.get_one(Mail, number), type(error).__name__, now=clock(), is_lasting=is_lasting)
        logger.warning("mail %s not sent: %s", number, Complaint.of(error))
    else:
        mail.sent(session.get_one(Mail, number), now=clock(), wipe=bool(settings.mail_url))
    session.commit()


def deliver(message: EmailMessage, settings: Settings) -> None:
    """Hand one message to the server of `mail_url`, or print it where none is set. Raises OSError, SMTPException.

    A password leaves only over an encrypted connection: somebody between could else hide that the server offers one.
    """
    if not settings.mail_url:
        click.echo(
            f"\n--- mail to {message['To']}: {message['Subject']}\n{message.get_body(('plain',)).get_content()}---"
        )
        return
    parts = urlsplit(settings.mail_url)
    with _connected(parts) as server:
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)


def _connected(parts: SplitResult) -> smtplib.SMTP:
    """A connection to the mail server, encrypted where the server can; raises NotEncrypted where it must be and is not."""
    host = parts.hostname or ""
    if parts.scheme == "smtps":
        return smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT, context=ssl.create_default_context())
    server = smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT)
    try:
        server.ehlo_or_helo_if_needed()
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
        elif parts.username and not _is_this_machine(host):
            raise NotEncrypted("the mail server offers no encryption: no password is sent to it")
    except BaseException:
        server.close()
        raise
    return server


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _message(row: Mail, settings: Settings) -> EmailMessage:
    subject, text, page = mailing.render(row)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.mail_from, row.recipient, subject
    message["Date"] = formatdate(row.created_at.timestamp())
    message["Message-ID"] = make_msgid(idstring=row.public_id, domain=urlsplit(settings.base_url).hostname)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    message.add_alternative(page, subtype="html")
    for name, content in mailing.attached(row):
        message.add_attachment(content.encode(), maintype="application", subtype="json", filename=name)
    return message
