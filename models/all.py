"""Import every table, so that the metadata is whole."""

from models import (
    chain,
    contradictions,
    demand,
    disclosure,
    leverage,
    matching,
    measures,
    people,
    questions,
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
    "leverage",
    "matching",
    "measures",
    "people",
    "questions",
    "records",
    "requests",
    "rounds",
    "signons",
]
