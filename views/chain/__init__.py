"""Pages of chain."""

from flask import Blueprint

blueprint = Blueprint("chain", __name__)
