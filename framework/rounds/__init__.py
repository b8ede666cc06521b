"""Set-up, terms, publication, questions, deadline of a round; importing it registers the moves up to publication."""

from framework.rounds import calendar_dates, deadline, moves, publication, question_lists, steps

__all__ = ["calendar_dates", "deadline", "moves", "publication", "question_lists", "steps"]
