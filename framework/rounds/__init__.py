"""Set-up, terms, readiness, publication and deadline of a round; importing it registers the moves up to publication."""

from framework.rounds import deadline, moves, publication, steps

__all__ = ["deadline", "moves", "publication", "steps"]
