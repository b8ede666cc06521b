"""Migrations of the database: what they need is loaded when somebody migrates, for no page and no job does."""

from __future__ import annotations

from typing import Any

from flask import Flask

from models.base import db
from views.settings import ROOT

_NAME = "migrate"


def init_app(app: Flask) -> None:
    """Let `flask db` and `flask_migrate.upgrade` find the migrations of this application."""
    app.extensions[_NAME] = _WhenAsked(app)


class _WhenAsked:
    """Stands where the extension looks for its settings, and makes room for them at the first look."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def __getattr__(self, name: str) -> Any:
        from flask_migrate import Migrate

        Migrate(self._app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
        return getattr(self._app.extensions[_NAME], name)
