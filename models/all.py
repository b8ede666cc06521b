"""Import every table, so that the metadata is whole."""

from models import chain, demand, disclosure, leverage, matching, people, records, rounds, signons

__all__ = ["chain", "demand", "disclosure", "leverage", "matching", "people", "records", "rounds", "signons"]
