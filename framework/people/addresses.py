"""Names and mail addresses as people type them: cleaned, and folded so that look-alikes are one."""

from __future__ import annotations

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

from framework.ground.errors import InvalidInput
from framework.ground.text import N_

NAME_MAX = 200


def clean_name(value: str, field: str = "name", *, longest: int = NAME_MAX) -> str:
    """One line of text without control characters, trimmed; raises InvalidInput naming `field` (W27)."""
    name = unicodedata.normalize("NFC", value).strip(" \t")
    if not name:
        raise InvalidInput("name-missing", N_("Fill in a name."), field=field)
    if any(unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") for c in name):
        raise InvalidInput("name-line-break", N_("A name cannot contain a line break."), field=field)
    if len(name) > longest:
        raise InvalidInput(
            "name-too-long",
            N_("At most %(limit)s characters."),
            field=field,
            limit=longest,
        )
    return name


def clean_email(value: str, field: str = "email") -> str:
    """A mail address in its usual writing; raises InvalidInput. No address is looked up on the network."""
    try:
        found = validate_email(value.strip(" \t"), check_deliverability=False)
    except EmailNotValidError as error:
        raise InvalidInput(
            "email-invalid",
            N_("Enter a mail address such as name@example.org."),
            field=field,
        ) from error
    if len(found.normalized) > 254:
        raise InvalidInput(
            "email-too-long",
            N_("At most %(limit)s characters."),
            field=field,
            limit=254,
        )
    return found.normalized


def fold_email(value: str) -> str:
    """The address as it is compared: NFKC and case-folded, so that look-alike writings are the same account (I02)."""
    return _fold(value).strip()


def fold_name(value: str) -> str:
    """The name as it is compared: folded, without punctuation, single spaces."""
    letters = re.sub(r"[\W_]+", " ", _fold(value)).strip()
    return (letters or _fold(value).strip())[:NAME_MAX]


def _fold(value: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())
