"""The limits hold when several servers count at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.orm import Session

from framework.people import limits
from models.base import db


def test_parallel_tries_do_not_pass_the_limit_together(app, session, clock):
    engine = db.engine.execution_options(write=True)
    one = limits.Limit("sign_in_user", "somebody", 10)
    limits.take(session, one, now=clock.now)
    session.commit()

    def attempt(_number: int) -> bool:
        with Session(engine, info={"write": True}) as own:
            try:
                limits.take(own, one, now=clock.now)
            except limits.TooManyTries:
                return False
            own.commit()
            return True

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(attempt, range(40)))

    assert sum(taken) == 9
