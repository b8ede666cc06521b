"""The demonstration: an invented consortium, its rounds and its workbooks; `flask demo` loads and serves it."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Hang the commands of the demonstration on the application."""
    from views.demo.commands import demo, demo_code

    app.cli.add_command(demo)
    app.cli.add_command(demo_code)
