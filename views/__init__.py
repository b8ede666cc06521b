"""The web and the command line. Importing the package costs nothing; `create_app` brings the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from views.settings import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application; raises UnsafeDatabase where the database may lose what was acknowledged."""
    from views.application import build

    return build(settings)
