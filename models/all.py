"""Import every table, so that the metadata is whole."""

from models import chain, contradictions, demand, disclosure, matching, people, records, rounds, signons

__all__ = ["chain", "contradictions", "demand", "disclosure", "matching", "people", "records", "rounds", "signons"]
