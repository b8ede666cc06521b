"""Import every table, so that the metadata is whole."""

from models import chain, demand, disclosure, matching, people, records, requests, rounds, signons

__all__ = ["chain", "demand", "disclosure", "matching", "people", "records", "requests", "rounds", "signons"]
