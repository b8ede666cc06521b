"""`match-base`: which sites of the whole base may be one, put as questions to the leads that may be asked."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import OperationalError

from framework.chain.matching import proposing, whole
from models.base import db
from views import clock
from views.worker import writing_session

SAID = {
    "asked": "questions for leads",
    "waiting": "are asked already",
    "held_back": "held back by the rules",
    "told_apart": "told apart by a person before",
    "unseen": "described by no lead whole",
    "settled": "settled under the same description",
    "full": "wait until a question with many sites is answered",
}


@click.command("match-base")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@with_appcontext
def match_base(*, as_json: bool) -> None:
    """Find sites of the whole base that may be one, and ask the leads about them.

    Nothing is decided. A second run asks nothing twice. Ends with 1 where the folders cannot be written or the database
    cannot be written now; what was asked until then stays.
    """
    settings = current_app.extensions["settings"]
    place = whole.Workplace(settings.data_dir / "models", settings.spill_folder(), settings.match_memory_mb)
    try:
        found = _found(place)
        outcomes = _proposed(found.pairs)
    except OSError as error:
        raise click.ClickException(f"The folders for models and spilling cannot be written: {error}") from error
    except whole.NotCompared as error:
        raise click.ClickException(
            "The sites could not be compared: give more memory (HEFBOOM_MATCH_MEMORY_MB) or a folder with more room "
            f"(HEFBOOM_MATCH_SPILL_DIR). {error}"
        ) from error
    except OperationalError as error:
        raise click.ClickException(
            "The database cannot be read or written now. What was asked until then stays; run the command again."
        ) from error
    report = _report(found, outcomes, place)
    click.echo(json.dumps(report, indent=1) if as_json else _text(report))


def _found(place: whole.Workplace) -> whole.Found:
    session = db.session()
    try:
        _tell("Reading the descriptions of all sites")
        often = proposing.word_counts(session)
        return whole.find(lambda: proposing.described(session), often, place, _tell)
    finally:
        session.rollback()


def _proposed(pairs: tuple[whole.Pair, ...]) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    for some in proposing.slices(pairs):
        with writing_session() as session:
            came_to = proposing.propose(session, some, now=clock.now())
            session.commit()
        outcomes.update(came_to)
        _tell(f"{outcomes.total()} of {len(pairs)} pairs looked at, {outcomes['asked']} asked")
    return outcomes


def _report(found: whole.Found, outcomes: Counter[str], place: whole.Workplace) -> dict[str, Any]:
    return {
        "rows": found.rows,
        "pairs": len(found.pairs),
        "model": str(place.model) if place.model.is_file() else None,
        "trained": found.trained,
        **{outcome: outcomes[outcome] for outcome in proposing.OUTCOMES},
    }


def _text(report: dict[str, Any]) -> str:
    head = f"{report['rows']} descriptions compared, {report['pairs']} pairs of sites are probably one:"
    return "\n".join([head, *(f"{report[outcome]:>9} {said}" for outcome, said in SAID.items())])


def _tell(text: str) -> None:
    click.echo(text, err=True)
