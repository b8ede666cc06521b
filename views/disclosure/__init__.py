"""Pages of disclosure."""

from flask import Blueprint

blueprint = Blueprint("disclosure", __name__)
