"""Pages of signons."""

from flask import Blueprint

blueprint = Blueprint("signons", __name__)
