"""Texts: marked for translation where they stand, and made fit for any database."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


class Counted(str):
    """A sentence with a second form for other counts than one; its parameter `count` chooses."""

    plural: str

    def __new__(cls, singular: str, plural: str) -> Counted:
        """The singular form, which remembers the plural one."""
        made = super().__new__(cls, singular)
        made.plural = plural
        return made


class Term(str):
    """A word within a sentence that is translated by itself, such as the name of a mineral; `is_inside`: in lower case."""

    is_inside: bool

    def __new__(cls, word: str, *, is_inside: bool = True) -> Term:
        """The word, which remembers whether it stands within the sentence."""
        made = super().__new__(cls, word)
        made.is_inside = is_inside
        return made

    def said(self, gettext: Callable[[str], str]) -> str:
        """The word in the language of `gettext`."""
        word = gettext(str(self))
        return word.lower() if self.is_inside else word


def filled(template: str, params: Mapping[str, object], gettext: Callable[[str], str]) -> str:
    """A template in the language of `gettext`, filled in, its terms too."""
    return gettext(template) % {key: v.said(gettext) if isinstance(v, Term) else v for key, v in params.items()}


def N_(message: str) -> str:
    """Return `message` unchanged; the extractor finds it, `views.i18n` translates it."""
    return message


def NN_(singular: str, plural: str) -> Counted:
    """Both forms of a sentence about `%(count)s` things; `views.i18n` chooses by the count."""
    return Counted(singular, plural)


def storable(text: str) -> str:
    r"""The same text with NUL and lone surrogates as visible escapes (`\x00`, `\ud800`): PostgreSQL stores neither."""
    return _NOT_STORABLE.sub(_escape, text) if _NOT_STORABLE.search(text) else text


def key_of(name: str) -> str:
    """A name without case and blanks."""
    return "".join(name.split()).casefold()


def _escape(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\u{number:04x}" if number else "\\x00"
