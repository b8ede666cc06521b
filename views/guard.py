"""The edge: who asks, may they, one transaction, refusals as facts, one effect for one form."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import (
    Flask,
    abort,
    current_app,
    flash,
    g,
    redirect,
    request,
    session,
    url_for,
)
from sqlalchemy import ColumnElement, inspect, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, joinedload
from werkzeug.wrappers import Response

from framework.chain.measures import judged
from framework.ground import audit, conflicts, jobs
from framework.ground.actors import NOBODY, Actor, Tasks, roles_in, tasks_of
from framework.ground.errors import FactorStale, InvalidInput, NotAllowed, NotFound, RuleBroken
from framework.ground.permissions import OPENED, PUBLIC, SHOWS_TENDERS, TABLE, Permission, may, require
from framework.ground.text import N_, storable
from framework.judging import blind
from framework.people import sessions, tokens
from models.base import db, random_id
from models.contract_disclosure import ContractSubmission
from models.contradictions import Clarification, Contradiction
from models.disclosure import Submission
from models.judging import Assessment, Item
from models.matching import MatchQuestion
from models.records import OneTimeKey
from models.requests import UpstreamRequest
from models.rounds import Lot, Round
from views import caller, clock, keyring, letters, personal, typed
from views.caller import is_call
from views.i18n import sentence

logger = logging.getLogger(__name__)

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
RECORDS = frozenset({Permission.AUDIT_VIEW, Permission.AUDIT_VIEW_ALL})
NAMED_RECORDS: dict[str, Any] = {
    "submission_id": Submission,
    "update_id": ContractSubmission,
    "contradiction_id": Contradiction,
    "clarification_id": Clarification,
    "request_id": UpstreamRequest,
    "item_id": Item,
    "assessment_id": Assessment,
    "question_id": MatchQuestion,
}
"""Names in addresses of records that belong to a tender."""
FRESH_CODE = "fresh_code"
"""The field in which a code of the second factor comes along with a form that was sent before without it."""
View = Callable[..., Any]
T = TypeVar("T")


def init_app(app: Flask) -> None:
    """Hang the guard before and after every request."""
    app.before_request(_identify)
    app.before_request(_second_factor_first)
    app.teardown_request(_touch)
    app.jinja_env.globals.update(actor=actor, may=_may)


def note_first_byte() -> None:
    """Note when the head of the request arrived, before its body is read (trust 4.1)."""
    g.first_byte_at = clock.now()


def permit(permission: Permission) -> Callable[[View], View]:
    """Declare a route's permission.

    A `round_id` in the address becomes `round_`, loaded and checked; a record the person may
    not know answers *not found*. A form sent twice is answered with the first outcome.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(**values: Any) -> Any:
            if PUBLIC not in TABLE[permission].roles and actor().user_id is None:
                return _ask_first("people.sign_in")
            if "round_id" in values:
                values["round_"] = _round(values.pop("round_id"))
            g.attempt, g.attempt_round = permission.value, values.get("round_")
            if not _may(permission, values.get("round_")):
                require(db.session, actor(), permission, values.get("round_"))
            first = _conflicts_first(permission, values)
            if first is not None:
                return first
            if request.method in SAFE:
                letters.put_on(permission, values.get("round_"), actor().user_id)
                letters.require_shown(permission)
            replay = _replayed()
            return replay if replay is not None else view(**values)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return wrap


def reads_first(view: View) -> View:
    """Declare below `permit` that a form's view reads before it takes the write lock, which it does with `write`."""
    view.reads_first = True  # type: ignore[attr-defined]
    return view


def write() -> None:
    """From here on the request writes: what it decides on is loaded anew, under the write lock."""
    if not db.session().info["write"]:
        db.session.rollback()
        db.session().info["write"] = True


def _conflicts_first(permission: Permission, values: dict[str, Any]) -> Response | None:
    """Keep out what a conflict keeps from the asker; who has yet to say where one is, is sent to do so before anything is shown.

    A page reads through a session that leaves these tenders out. A form about one of them is answered as if it were not there.
    """
    round_: Round | None = values.get("round_")
    if permission not in SHOWS_TENDERS | RECORDS or (round_ is not None and round_.state not in OPENED):
        return None
    shows = round_ is not None and permission in SHOWS_TENDERS
    if round_ is not None and shows and conflicts.must_state(db.session(), actor(), round_, roles(round_)):
        if request.method in SAFE and not is_call():
            return redirect(url_for("judging.conflicts", round_id=round_.public_id))
        raise NotAllowed("statement-missing", N_("First say whether you have a conflict of interest."), rule="SD3")
    g.kept_out = conflicts.barred(db.session(), actor().user_id)
    g.is_blind = round_ is not None and shows and _is_blind(permission, round_)
    if request.method in SAFE:
        judged.hide(db.session(), hidden=g.is_blind)
    if g.kept_out and request.method in SAFE:
        conflicts.keep_out(db.session(), g.kept_out)
    elif g.kept_out and round_ is not None:
        _refuse_kept_out(round_, values)
    return None


def _is_blind(permission: Permission, round_: Round) -> bool:
    """Whether what was found together is kept from the asker; who judges needs none of it, so nobody asks."""
    if permission is Permission.ASSESSMENT_MAKE and round_.state == "judging":
        return True
    return not blind.sees_verdicts(db.session(), round_, actor(), roles(round_))


def _refuse_kept_out(round_: Round, values: dict[str, Any]) -> None:
    """Raise NotFound where the address names a record of a tender that a conflict keeps from the asker."""
    for name, table in NAMED_RECORDS.items():
        public_id = values.get(name)
        if public_id is None:
            continue
        found = db.session.scalar(
            select(table).where(table.public_id == storable(public_id), table.round_id == round_.id)
        )
        if found is not None and conflicts.is_kept_out(db.session(), found, g.kept_out):
            raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))


def actor() -> Actor:
    """Who asks; NOBODY where nobody is signed in."""
    return getattr(g, "actor", NOBODY)


def roles(round_: Round) -> frozenset[str]:
    """The asker's roles in a round; a page that only reads asks for them once."""
    asked = (g.request_ref, round_.id)
    if request.method not in SAFE:
        return roles_in(db.session, actor(), round_)
    if getattr(g, "round_roles", (None,))[0] != asked:
        g.round_roles = (asked, roles_in(db.session, actor(), round_, appointed=_tasks(round_).here))
    found: frozenset[str] = g.round_roles[1]
    return found


def _tasks(round_: Round) -> Tasks:
    """The asker's tasks in a round for whichever organisation; a page that only reads asks for them once."""
    asked = (g.request_ref, round_.id)
    if request.method not in SAFE:
        return tasks_of(db.session(), actor(), round_)
    if getattr(g, "round_tasks", (None,))[0] != asked:
        g.round_tasks = (asked, tasks_of(db.session(), actor(), round_))
    found: Tasks = g.round_tasks[1]
    return found


def holds(permission: Permission, round_: Round) -> bool:
    """Whether the asker holds a permission in a round, however often a page asks."""
    return may(db.session(), actor(), permission, round_, roles=roles(round_), tasks=lambda: _tasks(round_).anywhere)


def _may(permission: str, round_: Round | None = None) -> bool:
    """Whether the asker may do something, for templates."""
    if letters.is_kept(permission):
        return False
    if round_ is None:
        return may(db.session, actor(), Permission(permission))
    return holds(Permission(permission), round_)


def child(table: type[T], public_id: str, round_: Round) -> T:
    """A record of the round by its public id; *not found* where it belongs to another round."""
    found: T | None
    if table is Lot:  # the frame of a page shows figures of all lots: they are asked for once
        found = next((lot for lot in round_.lots if lot.public_id == public_id), None)  # type: ignore[assignment]
    else:
        query = select(table).where(table.public_id == storable(public_id), table.round_id == round_.id)  # type: ignore[attr-defined]
        found = db.session.scalar(query)
    if found is None:
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def done(location: str, message: str = "", category: str = "success") -> Response:
    """Commit the act and answer with a redirect; a replay of the same form gets the same answer."""
    keep_outcome(location)
    db.session.commit()
    if message:
        flash(message, category)
    personal.warn()
    return redirect(location, code=303)


def keep_outcome(location: str) -> None:
    """Keep what became of a form or call under its one-time key, where it has one, in the act's transaction."""
    key = getattr(g, "one_time_key", None)
    if key is not None:
        _taken(key)  # anew where the lock was given back meanwhile
        db.session.execute(update(OneTimeKey).where(*_is(key)).values(location=location))


def first_outcome(claim: dict[str, str]) -> OneTimeKey | None:
    """The outcome that was kept under this key before, with the hash of what was sent; None: the key is this act's now.

    `claim` holds `key`, `actor`, `route` and `body_hash`. Waits for another request that holds the same key.
    """
    query = select(OneTimeKey).where(*_is(claim))
    found = db.session.scalar(query)
    if found is None and _taken(claim):
        g.one_time_key = claim
        return None
    return found or db.session.scalars(query).one()


def refused(error: RuleBroken) -> str:
    """Undo what was begun, write the denied attempt, and give the sentence for the page.

    A second factor given too long ago is no refusal: it is asked for, and the same form then sent again.
    """
    db.session.rollback()
    _leave_out_again()
    if isinstance(error, FactorStale):
        raise error
    if not isinstance(error, InvalidInput):
        note_denied(error)
    _read_letters_apart()
    return sentence(error)


def keep_out_again() -> None:
    """From here on a form shows a page: what a conflict, judging blind or by letters keeps from the asker is left out as on any page."""
    _leave_out_again()
    _read_letters()


def _leave_out_again() -> None:
    if getattr(g, "kept_out", None):
        conflicts.keep_out(db.session(), g.kept_out)
    judged.hide(db.session(), hidden=getattr(g, "is_blind", False))


def _read_letters() -> None:
    attempted = getattr(g, "attempt_round", None)
    round_ = db.session.get(Round, inspect(attempted).identity[0]) if attempted is not None else None
    letters.put_on(getattr(g, "attempt", ""), round_, actor().user_id)


def _read_letters_apart() -> None:
    """The same where nothing is left to write: without the write lock, which a page that is made should not hold."""
    session = db.session()
    was_writing, session.info["write"] = session.info["write"], False
    try:
        _read_letters()
    finally:
        session.rollback()
        session.info["write"] = was_writing


def note_denied(error: RuleBroken) -> None:
    """Write a refused attempt in a transaction of its own (law L07g)."""
    what = getattr(error, "attempt", "") or getattr(g, "attempt", "") or f"route:{request.endpoint}"
    attempted = getattr(g, "attempt_round", None)
    # the identity, not `.id`: loading an expired row would take the write lock that the event needs
    round_id = inspect(attempted).identity[0] if attempted is not None else None
    who = actor()
    with Session(db.engine.execution_options(write=True), info={"write": True}) as own:
        subject = own.get(Round, round_id) if round_id is not None else None
        limit = current_app.extensions["settings"].denied_log_limit
        audit.record_denied(own, what, error, actor=who, now=clock.now(), subject=subject, limit=limit)
        own.commit()


def note_forged() -> None:
    """Write down that a form of a signed-in person came without its right token; nothing for somebody unknown.

    The token is looked at before anything else, so who asked and for what is found out here.
    """
    _identify()
    view = current_app.view_functions.get(request.endpoint or "")
    g.attempt = getattr(view, "permission", "")
    public_id = (request.view_args or {}).get("round_id")
    if public_id is not None:
        g.attempt_round = db.session.scalar(select(Round).where(Round.public_id == public_id))
    if actor().user_id is not None:
        refused(NotAllowed("csrf-token", N_("This form did not come from a page of this installation.")))


def release() -> None:
    """Give the write lock back before slow work on bytes; what is needed is loaded anew afterwards."""
    db.session.rollback()


def resume() -> Response | None:
    """After `release`: take the form's key anew; the first outcome where the same form came through meanwhile."""
    return _replayed()


def stay_home(target: str | None) -> str:
    """A `next=` that stays on this site; the start page otherwise."""
    if (
        not target
        or not target.startswith("/")
        or target[1:2] in ("/", "\\")
        or "\\" in target
        or target.lower()[1:4] in ("%2f", "%5c")
    ):
        return url_for("home.start")
    parts = urlsplit(target)
    clean = all(c.isprintable() for c in target)
    return target if not parts.scheme and not parts.netloc and clean else url_for("home.start")


def _round(public_id: str) -> Round:
    query = select(Round).where(Round.public_id == storable(public_id))
    if request.method in SAFE:  # the frame of a page names it; a form may lock the round, which is locked alone
        query = query.options(joinedload(Round.organisation, innerjoin=True))
    found = db.session.scalar(query)
    if found is None:
        g.attempt = "round:view"
        raise NotFound("not-found", N_("There is no such page, or it is not yours to see."))
    return found


def _ask_first(endpoint: str) -> Response | tuple[str, int]:
    """Send a reader on to sign in or to give the second factor; a form is answered with all that was typed."""
    if is_call():
        raise caller.TokenNeeded
    if request.method in SAFE:
        return redirect(url_for(endpoint, next=request.full_path.rstrip("?")))
    signed_in = actor().user_id is not None
    db.session.rollback()
    return typed.sign_in_first(url_for(endpoint, next=typed.page_of_form()), signed_in=signed_in)


def _identify() -> None:
    """Open the reading or writing session of this request and find out who asks."""
    letters.begin()
    db.session().info["write"] = _writes_at_once()
    conflicts.keep_out(db.session(), frozenset())
    judged.hide(db.session(), hidden=False)
    g.request_ref = random_id()
    is_form = not is_call() and "once" in request.form
    g.body_hash = _body_hash() if is_form else ""  # before the first query takes the write lock
    _find_asker()


def _writes_at_once() -> bool:
    """Whether the request takes the write lock with its first question; a form with a key of its own does, for the key is kept first."""
    view = current_app.view_functions.get(request.endpoint or "")
    return request.method not in SAFE and not (getattr(view, "reads_first", False) and "once" not in request.form)


def know_asker() -> None:
    """Find out who asks where a request was refused before anybody looked at it, so that its page keeps the frame."""
    if not hasattr(g, "actor"):
        db.session().info["write"] = False
        g.request_ref = random_id()
        _find_asker()


def _find_asker() -> None:
    g.live_session, g.actor = None, NOBODY
    if is_call():
        g.token, g.actor = caller.find()
        keyring.hold_for(g.actor)
        return
    token = session.get("sid")
    if token:
        settings = current_app.extensions["settings"]
        live = sessions.find(db.session(), token, now=clock.now(), idle_minutes=settings.session_idle_minutes)
        g.live_session = live
        needed = settings.needs_second_factor()
        g.actor = sessions.actor_of(db.session(), live, now=clock.now(), request_ref=g.request_ref, factor_roles=needed)
        keyring.hold_for(g.actor)
        if live is not None:
            g.user_language, g.user_zone = live.user.language, live.user.zone
            g.touch = live.id if live.last_seen_at < clock.now() - sessions.TOUCH_EVERY else None


def _second_factor_first() -> Response | tuple[str, int] | None:
    """Whoever holds a role that needs a second factor gives it before anything else."""
    who = actor()
    if is_call():  # its token was made with one; see framework.people.tokens.require_factor
        return None
    needed = current_app.extensions["settings"].needs_second_factor()
    if who.user_id is None or who.second_factor or not (who.roles & needed or _appointed(who, needed)):
        return None
    if request.endpoint in SECOND_FACTOR_FREE:
        return None
    return _ask_first("people.second_factor")


SECOND_FACTOR_FREE = {
    "static",
    "people.second_factor",
    "people.second_factor_send",
    "people.sign_out",
    "home.language",
    "people.recovery_codes",
    "people.recovery_codes_send",
}


def _appointed(who: Actor, needed: frozenset[str]) -> bool:
    from models.people import Appointment

    wanted = needed & {"chair", "opener", "evaluator"}
    query = select(Appointment.id).where(
        Appointment.user_id == who.user_id, Appointment.role.in_(wanted), Appointment.withdrawn_at.is_(None)
    )
    return db.session.scalar(query.limit(1)) is not None


def _touch(_error: BaseException | None) -> None:
    conflicts.keep_out(db.session(), frozenset())
    letters.end()
    used = getattr(g, "touch", None)
    if used is None:
        return
    touch = tokens.touch if is_call() else sessions.touch
    db.session.remove()
    try:
        with Session(db.engine.execution_options(write=True), info={"write": True}) as own:
            touch(own, used, now=clock.now())
            own.commit()
    except OperationalError as error:  # a database that is busy costs the note of the visit, never the answer
        logger.warning("no note of a visit: %s", jobs.reason(error))


def _replayed() -> Response | None:
    """The answer to a form that was sent before with the same content, or None; a new key is kept with the act's transaction.

    The same key with other content is a form that somebody went back to and changed: it goes on as a new act.
    """
    key = request.form.get("once", "") if request.method not in SAFE and not is_call() else ""
    if not key:
        return None
    if len(key) > 64:
        abort(400)
    claim = {"key": key, "actor": actor().session_ref or "-", "route": str(request.endpoint), "body_hash": g.body_hash}
    found = first_outcome(claim)
    if found is None or found.body_hash != claim["body_hash"]:
        return None
    location = found.location or url_for("home.start")
    release()
    return redirect(location, code=303)


def _is(claim: dict[str, str]) -> tuple[ColumnElement[bool], ...]:
    return OneTimeKey.key == claim["key"], OneTimeKey.actor == claim["actor"], OneTimeKey.route == claim["route"]


def _taken(claim: dict[str, str]) -> bool:
    """Write the key, waiting for another request that holds it; False where that one did the act."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    written = insert(OneTimeKey).values(**claim, at=clock.now()).on_conflict_do_nothing().returning(OneTimeKey.id)
    return db.session.scalar(written) is not None


def _is_hashed(name: str) -> bool:
    return name not in ("csrf_token", FRESH_CODE) and not typed.is_passphrase(name)


def _body_hash() -> str:
    """Keyed hash of what was sent, fields without their token and the bytes of the files: the database tells nothing of it.

    An opener's passphrase stays out: whoever takes database and secrets could try passphrases on such a hash.
    """
    pairs = sorted((k, v) for k, v in request.form.items(multi=True) if _is_hashed(k))
    digest = hmac.new(str(current_app.secret_key).encode(), repr(pairs).encode(), "sha256")
    for name, sent in sorted(request.files.items(multi=True), key=lambda pair: pair[0]):
        sent.stream.seek(0)
        digest.update(repr((name, sent.filename, hashlib.file_digest(sent.stream, "sha256").hexdigest())).encode())  # type: ignore[arg-type]
        sent.stream.seek(0)
    return digest.hexdigest()
