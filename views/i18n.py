"""Sentences, numbers, dates and instants in the reader's language and zone."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent
from flask import Flask, g, request, session
from flask_babel import Babel, get_locale, get_translations, ngettext
from flask_babel import gettext as _
from markupsafe import Markup

from framework.ground.act_labels import ACT_LABELS
from framework.ground.errors import RuleBroken
from framework.ground.labels import WHO_LABELS, state_label
from framework.ground.text import Counted, Term
from views.caller import is_call

LANGUAGES = {"en": "English", "nl": "Nederlands", "sv": "Svenska"}
TRANSLATED_PARAMS = frozenset({"state", "who", "act", "possible", "phase", "label"})
LABELS = {"who": WHO_LABELS, "act": ACT_LABELS, "possible": ACT_LABELS}
"""Parameters that carry codes of roles and acts, which people read as labels."""


def init_app(app: Flask) -> None:
    """Set up Babel, the filters and the globals of the templates."""
    Babel(app, locale_selector=choose_language)
    for name in ("number", "money", "date", "instant", "day_time", "percent", "words", "unknown", "joined", "size"):
        app.add_template_filter(globals()[name], name)
    app.jinja_env.globals.update(languages=LANGUAGES, state_label=state_words)


def choose_language() -> str:
    """The language chosen on a page, else the account's, else the browser's, else English.

    A call says its language in a header, else it is the account's; no cookie has a say there.
    """
    if is_call():
        wanted = request.accept_languages.best_match(list(LANGUAGES)) if request.accept_languages else None
        return wanted or getattr(g, "user_language", None) or "en"
    chosen = session.get("language") or getattr(g, "user_language", None)
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(list(LANGUAGES)) or "en"


def current_language() -> str:
    """The language of this page."""
    locale = get_locale()
    return locale.language if locale is not None else "en"


def zone() -> ZoneInfo:
    """The reader's zone."""
    return ZoneInfo(getattr(g, "user_zone", None) or "Europe/Brussels")


def words(template: str, **params: Any) -> str:
    """Translate a template of the framework and fill it in."""
    translated = _chosen(template, params) if template else ""
    return translated % {key: _shown(key, value) for key, value in params.items()} if params else translated


def _chosen(template: str, params: dict[str, Any]) -> str:
    """The translated template, in the form that fits its count where it has two."""
    if isinstance(template, Counted):
        return str(get_translations().ungettext(str(template), template.plural, params.get("count", 0)))
    return str(_(template))


def sentence(error: RuleBroken) -> str:
    """What a broken rule tells the person."""
    return words(error.message, **error.params)


def state_words(entity: str, state: str) -> str:
    """The translated label of a state."""
    return str(_(state_label(entity, state)))


def _shown(key: str, value: Any) -> Any:
    if isinstance(value, Term):
        return value.said(_)
    if key in TRANSLATED_PARAMS and isinstance(value, str):
        return (
            format_list([_label(key, part) for part in value.split(", ")], style="or-short", locale=get_locale())
            if value
            else "–"
        )
    if isinstance(value, list | tuple):
        return joined([str(_shown(key, part)) for part in value])
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | Decimal):
        return number(value)
    if isinstance(value, dt.datetime):
        return instant(value)
    return date(value) if isinstance(value, dt.date) else value


def _label(key: str, code: str) -> str:
    return str(_(LABELS.get(key, {}).get(code, code)))


def unknown(reason: str = "") -> Markup:
    """An em dash that says why under the pointer and on focus; unknown is never 0."""
    said = reason or _("not known")
    shape = Markup('<span class="unknown" tabindex="0">—<span class="unknown__why"> {0}</span></span>')
    return shape.format(said)


def number(value: int | Decimal | float | None, decimals: int | None = None) -> str | Markup:
    """A number grouped in the reader's way; None is unknown."""
    if value is None:
        return unknown()
    pattern = None if decimals is None else "#,##0" + ("." + "0" * decimals if decimals else "")
    return _number(value, pattern, str(get_locale()))


@lru_cache(maxsize=8192)
def _number(value: int | Decimal | float, pattern: str | None, locale: str) -> str:
    """A table shows the same small numbers again and again."""
    return format_decimal(value, format=pattern, locale=locale)


def money(value: Decimal | None, currency: str, decimals: int = 0) -> str | Markup:
    """Money in its currency, net; whole units unless `decimals` asks for more; None is unknown."""
    if value is None:
        return unknown()
    pattern = "¤¤ #,##0" + ("." + "0" * decimals if decimals else "")
    return format_currency(value, currency, format=pattern, locale=get_locale(), currency_digits=False)


def percent(value: Decimal | float | None, decimals: int = 0) -> str | Markup:
    """A percentage given as 0–100."""
    if value is None:
        return unknown()
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "") + " %"
    return format_percent(Decimal(str(value)) / 100, format=pattern, locale=get_locale())


def date(value: dt.date | None) -> str | Markup:
    """A date in the reader's way, month in words."""
    return unknown() if value is None else format_date(value, format="d MMM y", locale=get_locale())


def instant(value: dt.datetime | None, zone_name: str | None = None) -> str | Markup:
    """An instant with its zone: in the zone named, else the reader's."""
    if value is None:
        return unknown()
    local = value.astimezone(ZoneInfo(zone_name) if zone_name else zone())
    shown = format_datetime(local, format="d MMM y HH:mm", tzinfo=local.tzinfo, locale=get_locale())
    return f"{shown} {local.tzname()}"


def hour(value: dt.datetime, zone_name: str) -> str:
    """The time of day of an instant in a zone, to the minute; for what happened just now."""
    return value.astimezone(ZoneInfo(zone_name)).strftime("%H:%M")


def day_time(value: dt.datetime | None, zone_name: str | None = None) -> str | Markup:
    """An instant to the second, with its zone; for receipts and records."""
    if value is None:
        return unknown()
    local = value.astimezone(ZoneInfo(zone_name) if zone_name else zone())
    shown = format_datetime(local, format="d MMM y HH:mm:ss", tzinfo=local.tzinfo, locale=get_locale())
    return f"{shown} {local.strftime('%z')[:3]}:{local.strftime('%z')[3:]} ({zone_name or zone().key})"


def joined(values: list[str]) -> str:
    """A list of words in the reader's way."""
    return format_list(list(values), locale=get_locale())


def size(value: int | None) -> str | Markup:
    """A size of a file in bytes, kB or MB (thousand and million bytes)."""
    if value is None:
        return unknown()
    if value < 1000:
        return ngettext("%(num)s byte", "%(num)s bytes", value)
    if value < 1_000_000:
        return f"{number(Decimal(value) / 1000, 1)} kB"
    return f"{number(Decimal(value) / 1_000_000, 1)} MB"
