"""What comes in, made fit for any database before a page sees it: addresses, queries, forms and names of files.

PostgreSQL stores no NUL and no lone surrogate, and no column holds a number of any length. What is no text is escaped
visibly, so that an odd identifier is one that nobody has; what the database still cannot hold is answered with words.
"""

from __future__ import annotations

import logging
from functools import cached_property

from flask import Flask, Request, request
from flask_babel import gettext as _
from sqlalchemy.exc import DataError
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.routing import IntegerConverter

from framework.ground.complaint import Complaint
from framework.ground.text import N_, storable
from models.base import db
from views import guard, problems, typed
from views.caller import is_call
from views.i18n import words

logger = logging.getLogger(__name__)
UNFIT = N_("Something that was sent is too long or too large a number to be kept. Shorten it and send it again.")


class StorableRequest(Request):
    """A request whose query, form and names of files are texts that any database can hold."""

    @cached_property
    def args(self) -> MultiDict[str, str]:  # type: ignore[override]
        """The query."""
        return _storable(super().args)

    def _load_form_data(self) -> None:
        """Read the body once, as the frame does, then what stands in it."""
        if "form" in self.__dict__:
            return
        super()._load_form_data()
        self.__dict__["form"] = _storable(self.form)
        for sent in self.files.values():
            sent.filename = storable(sent.filename) if sent.filename else sent.filename


class ShortInteger(IntegerConverter):
    """A number in an address: so many digits as the key of a row can have, else there is no such page."""

    regex = r"\d{1,9}"


def init_app(app: Flask) -> None:
    """Before any route is hung: take care of what comes in, and of what no database holds."""
    app.request_class = StorableRequest
    app.url_map.converters["int"] = ShortInteger
    app.before_request(_make_address_storable)
    for kind in (DataError, OverflowError):
        app.register_error_handler(kind, _unfit)


def _make_address_storable() -> None:
    if request.view_args:
        told = {name: storable(v) if isinstance(v, str) else v for name, v in request.view_args.items()}
        request.view_args = told


def _storable(sent: MultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    return ImmutableMultiDict([(storable(name), storable(value)) for name, value in sent.items(multi=True)])


def _unfit(error: Exception) -> object:
    """The database could not hold a text or a number: nothing was stored, and what was typed stays on the page."""
    db.session.rollback()
    guard.know_asker()
    logger.error("what was sent does not fit the database: %s", Complaint.of(error))
    return problems.problem(400, detail=words(UNFIT)) if is_call() else typed.refusal(400, _(UNFIT))
