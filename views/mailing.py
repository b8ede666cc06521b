"""Turn a row of the outbox into the words of a mail: subject, text and page, in the reader's language."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_babel import force_locale

from framework.disclosure import notices, sealing
from models.base import db
from models.records import Mail
from models.sealing import Ring, holding
from views import keyring, letters
from views.page import help_contact
from views.settings import Settings


def render(mail: Mail) -> tuple[str, str, str]:
    """Subject, text half and HTML half of `templates/mail/<template>`, in `mail.language`; needs an application context.

    The template says the subject in its block `subject` (text half). The link of the act is `mail.secret`, else the
    parameter `path`, made absolute with the installation's own address and no other. Raises TemplateNotFound for an
    unknown template.
    """
    with force_locale(mail.language), holding(_keys_of(mail)):
        words = context_of(mail)
        text_half = current_app.jinja_env.get_template(f"mail/{mail.template}.txt")
        subject = "".join(text_half.blocks["subject"](text_half.new_context(words)))
        words["subject"] = " ".join(subject.split())
        page = current_app.jinja_env.get_template(f"mail/{mail.template}.html")
        return words["subject"], _tidy(text_half.render(words)), page.render(words)


def attached(mail: Mail) -> list[tuple[str, str]]:
    """Names and texts of the files that go with a mail: a signed receipt, a head of the record."""
    with holding(_keys_of(mail)):
        given = notices.opened(mail.params)
    receipt = [(f"receipt-{given['receipt']}.json", str(given["proof"]))] if given.get("proof") else []
    return [*receipt, *([(f"head-{given['size']}.jsonl", f"{given['head']}\n")] if given.get("head") else [])]


def _keys_of(mail: Mail) -> Ring:
    """The keys of what lies sealed in a mail."""
    with keyring.with_master(current_app._get_current_object()):  # type: ignore[attr-defined]
        return sealing.of_ids(db.session(), keyring.master(), notices.keys_needed(mail.params))


def absolute(path: str) -> str:
    """The canonical address of a path of this installation; never taken from a request (T36)."""
    settings: Settings = current_app.extensions["settings"]
    return f"{settings.base_url.rstrip('/')}/{path.lstrip('/')}"


def context_of(mail: Mail) -> dict[str, Any]:
    """What a template is given; whoever judges by letters is told letters."""
    path = mail.secret or str(mail.params.get("path", ""))
    given = {"recipient": "", **notices.opened(mail.params)}
    reads = letters.of_mail(mail)
    if reads is not None:
        given = reads.over_all(given)
    return given | {
        "subject": "",
        "act_url": absolute(path) if path else "",
        "help_contact": help_contact(),
        "current_language": mail.language,
    }


def _tidy(text: str) -> str:
    """At most one empty line between paragraphs, one line break at the end."""
    lines: list[str] = []
    for line in (raw.rstrip() for raw in text.strip().splitlines()):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines) + "\n"
