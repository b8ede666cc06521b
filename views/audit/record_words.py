"""The sentences of the record in the reader's language."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from framework.award.mandate import ANSWERS
from framework.ground.audit_labels import PART_LABELS, kind_label
from framework.ground.labels import WHO_LABELS
from framework.ground.text import N_
from framework.ground.trail import Entry
from views.i18n import number, words

ASKED_FOR = dict.fromkeys(("asked for", "asker"), N_("asked for"))
"""What stands in place of the hours before a day where somebody pressed for a reminder."""
_OWN_WORDS: dict[str, dict[str, str]] = {"role": WHO_LABELS, "part": PART_LABELS, "step": ASKED_FOR, "answer": ANSWERS}
_TEMPLATES = frozenset({"label", "source", "state", "act", "what", "why"})


def what(entry: Entry) -> str:
    """The event in the reader's language."""
    return words(entry.template) % {key: _said(key, value) for key, value in entry.params.items()}


def who(entry: Entry) -> str:
    """Who did it, in words; a bidder of a sealed round has no name."""
    if entry.is_bidder:
        return _("a supplier, named after the opening")
    if entry.is_by_link:
        return _("the one asked, by the link")
    return entry.who or _("the system")


def kind_words(kind: str) -> str:
    """What a kind of event is called where one is chosen from a list."""
    template, params = kind_label(kind)
    return words(template) % {key: _said(key, value) for key, value in params.items()}


def _said(key: str, value: Any) -> Any:
    if isinstance(value, int):
        return number(value)
    if not isinstance(value, str):
        return value
    if key in _OWN_WORDS:
        return words(_OWN_WORDS[key].get(value, value))
    return words(value) if key in _TEMPLATES else value
