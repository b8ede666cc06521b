"""Pages of disclosure: upload, receipt, issues, counting, opening."""

from flask import Blueprint

blueprint = Blueprint("disclosure", __name__)

from views.disclosure import findings, opened, opening, upload, work  # noqa: E402 - the routes hang on the blueprint

__all__ = ["blueprint", "findings", "opened", "opening", "upload", "work"]
