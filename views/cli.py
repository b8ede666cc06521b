"""The command line: `flask --app wsgi …`."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Hang the commands on the application."""
