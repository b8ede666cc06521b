"""Filters of the pages of leverage: money from cents, parts of a whole, words for what is no site, links that keep the choices."""

from __future__ import annotations

from fractions import Fraction
from urllib.parse import urlencode

from flask import request
from flask_babel import gettext as _
from markupsafe import Markup

from framework.chain.leverage.export import BUCKET_WORDS, money_of
from framework.ground.codelists import country_name
from framework.ground.terms import COMPONENT_TYPES, label_of
from views.chain import blueprint
from views.i18n import current_language, money, percent, words

PAGE = 50
"""Rows of a table on one page."""
CHOICES = ("by", "kind", "offer", "leaves", "q", "sort", "page", "country")
"""What the address of the page may hold."""


@blueprint.app_template_filter("cents_money")
def cents_money(cents: int, currency: str) -> str | Markup:
    """Cents as money."""
    return money(money_of(cents), currency)


@blueprint.app_template_filter("ratio")
def ratio(part: Fraction | int) -> str | Markup:
    """A part of one in percent."""
    return percent(round(float(part) * 100, 6), 1)


@blueprint.app_template_filter("part_of")
def part_of(part: int, whole: int) -> str | Markup:
    """A number in percent of another."""
    return ratio(Fraction(part, whole)) if whole else percent(None)


@blueprint.app_template_filter("bucket_words")
def bucket_words(status: str) -> str:
    """What comes from no site, in words."""
    return words(BUCKET_WORDS[status])


@blueprint.app_template_filter("component_words")
def component_words(kind: str) -> str:
    """A component type in words."""
    return words(label_of(COMPONENT_TYPES, kind))


@blueprint.app_template_filter("country_words")
def country_words(code: str) -> str:
    """A country in the reader's language."""
    return country_name(code, current_language()) if code else _("no country told")


@blueprint.app_template_global("here_with")
def here_with(*without: str, **changes: str) -> str:
    """The address of this page with other choices: those named are dropped, those given are set, the rest is kept."""
    kept = {key: request.args[key] for key in CHOICES if request.args.get(key) and key not in without}
    return "?" + urlencode(kept | changes)
