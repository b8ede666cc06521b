"""An opener's own key where a round is sealed with shares: choose its passphrase, print the sheet, unlock it to open."""

from __future__ import annotations

import segno
from flask import current_app, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from framework.ground import separation, shares
from framework.ground.errors import InvalidInput, NotFound, RuleBroken
from framework.ground.permissions import Permission
from framework.ground.text import N_
from framework.people import limits
from framework.rounds import opener_keys, readiness_facts
from models.base import db
from models.rounds import Round
from views import clock, guard
from views.disclosure import blueprint
from views.guard import actor, permit
from views.people.account import me

Answer = str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]


@blueprint.get("/rounds/<round_id>/opening/passphrase")
@permit(Permission.OPENER_KEY_SHOW)
def opener_key(round_: Round) -> str:
    """What the own passphrase is for, whether one is chosen, and the forms to choose it and to see the sheet."""
    return _page(round_)


@blueprint.post("/rounds/<round_id>/opening/passphrase")
@permit(Permission.OPENER_KEY_CHOOSE)
def choose_passphrase(round_: Round) -> Answer:
    """Take a passphrase and answer with the recovery sheet, once: it stands in this answer and nowhere else."""
    _require_shares(round_)
    separation.require_fresh_factor(db.session(), round_, actor=actor(), now=clock.now())
    who, what = (me().email, me().password_hash), shares.of_opener(me().public_id, round_.public_id)
    guard.release()
    try:
        made = shares.make(_typed_twice(*who), what)
        first = guard.resume()
        if first is not None:
            return first
        replaces = request.form.get("replaces", "")
        opener_keys.keep(db.session(), round_, made, replaces=replaces, actor=actor(), now=clock.now())
    except RuleBroken as error:
        return _refused(round_, error)
    return _committed_sheet(round_, made.private)


@blueprint.post("/rounds/<round_id>/opening/recovery-sheet")
@permit(Permission.OPENER_KEY_SHOW)
def recovery_sheet(round_: Round) -> Answer:
    """The recovery sheet once more, for whoever still knows the passphrase."""
    _require_shares(round_)
    try:
        private, rows = unlocked(round_)
    except RuleBroken as error:
        return _refused(round_, error)
    first = guard.resume()
    if first is not None:
        return first
    limits.give_back(db.session(), rows)
    opener_keys.note_shown(db.session(), round_, actor=actor(), now=clock.now())
    return _committed_sheet(round_, private)


def unlocked(round_: Round) -> tuple[bytes, list[int]]:
    """The asker's private key by what was typed, and the counted try, to be given back with the act it is for.

    What was begun is given back: stretching a passphrase takes a moment, and nobody waits for it. Go on with
    `guard.resume`. Raises InvalidInput, MoveRefused and TooManyTries; a wrong passphrase is written down (law L07g).
    """
    typed = request.form.get("passphrase", "")
    if not typed.strip():
        raise InvalidInput("text-missing", N_("Fill this in."), field="passphrase")
    held = opener_keys.held(opener_keys.own(db.session(), round_, actor()), round_)
    guard.release()
    limit = current_app.extensions["settings"].login_limit
    subject = limits.private(f"{actor().user_id}")
    rows = limits.take(db.session(), limits.Limit("opener_key", subject, limit), now=clock.now())
    db.session.commit()
    try:
        return shares.unlocked(held, typed), rows
    except shares.WrongPassphrase as error:
        guard.note_denied(error)
        raise


def waiting(error: RuleBroken) -> dict[str, str]:
    """The header that says for how long no more tries are taken."""
    return {"Retry-After": str(error.seconds)} if isinstance(error, limits.TooManyTries) else {}


def _typed_twice(email: str, password_hash: str | None) -> str:
    first, second = request.form.get("passphrase", ""), request.form.get("passphrase_again", "")
    return opener_keys.acceptable(first, second, email=email, password_hash=password_hash)


def _require_shares(round_: Round) -> None:
    if not opener_keys.is_on(round_):
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))


def _refused(round_: Round, error: RuleBroken) -> Answer:
    if error.status == 404:
        raise error
    said = guard.refused(error)
    field = error.field if isinstance(error, InvalidInput) else ""
    return _page(round_, said, field), error.status, waiting(error)


def _page(round_: Round, problem: str = "", field: str = "") -> str:
    _require_shares(round_)
    facts = readiness_facts.gather(db.session(), round_)
    now = clock.now()
    return render_template(
        "disclosure/opener_key.html",
        round_=round_,
        key=opener_keys.own(db.session(), round_, actor()),
        may_choose=round_.state in opener_keys.CHOOSABLE,
        shares=len(facts.openers),
        needed=opener_keys.persons_needed(round_),
        least=opener_keys.SHORTEST,
        problem=problem,
        field=field,
        asked=request.endpoint,
        needs_code=separation.is_factor_stale(db.session(), round_, actor=actor(), now=now),
        code_field=guard.FRESH_CODE,
    )


def _committed_sheet(round_: Round, private: bytes) -> Response:
    """Commit the act, then show the sheet. A form that is sent again leads to the page, not to the sheet."""
    guard.keep_outcome(url_for(".opener_key", round_id=round_.public_id))
    db.session.commit()
    code = shares.written_code(private)
    picture = segno.make(code, error="m").svg_data_uri(scale=5, border=4, dark="#000000", light="#ffffff")
    page = render_template(
        "disclosure/recovery_sheet.html",
        round_=round_,
        opener=me(),
        at=clock.now(),
        groups=code.split("-"),
        picture=picture,
        needed=opener_keys.persons_needed(round_),
    )
    answer = make_response(page)
    answer.headers["Cache-Control"] = "no-store"
    return answer
