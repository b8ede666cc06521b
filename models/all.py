"""Import every table, so that the metadata is whole."""

from models import chain, demand, disclosure, matching, measures, people, records, rounds, signons

__all__ = ["chain", "demand", "disclosure", "matching", "measures", "people", "records", "rounds", "signons"]
