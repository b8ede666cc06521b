"""Pages of demand."""

from flask import Blueprint

blueprint = Blueprint("demand", __name__)
