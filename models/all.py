"""Import every table, so that the metadata is whole."""

from models import (
    chain,
    contradictions,
    demand,
    disclosure,
    judging,
    leverage,
    matching,
    measures,
    people,
    published,
    questions,
    receipts,
    records,
    requests,
    rounds,
    signons,
)

__all__ = [
    "chain",
    "contradictions",
    "demand",
    "disclosure",
    "judging",
    "leverage",
    "matching",
    "measures",
    "people",
    "published",
    "questions",
    "receipts",
    "records",
    "requests",
    "rounds",
    "signons",
]
