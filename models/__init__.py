"""Tables: typed columns, constraints, tiny derived properties."""

from models.base import Base, db

__all__ = ["Base", "db"]
