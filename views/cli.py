"""The command line: `flask --app wsgi …`."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from framework.ground import database, heads, verifying
from framework.ground.actors import SYSTEM
from framework.ground.errors import RuleBroken
from framework.people import accounts, second_factor
from models.base import db
from models.people import ROLES, Organisation
from views import clock, i18n, permissions_page
from views.check_file import check_file
from views.match_base import match_base
from views.published import load_factory_list, load_registry
from views.smelters import smelters


def init_app(app: Flask) -> None:
    """Hang the commands on the application."""
    for command in (init, worker, user, routes_permissions, verify_log, check_file, match_base, smelters):
        app.cli.add_command(command)
    app.cli.add_command(load_factory_list)
    app.cli.add_command(load_registry)
    _add_demo(app)


@click.command("init")
@with_appcontext
def init() -> None:
    """Make the folders and bring the database to this version; safe to run again."""
    from flask_migrate import upgrade

    settings = current_app.extensions["settings"]
    (settings.data_dir / "files").mkdir(parents=True, exist_ok=True)
    upgrade()
    if settings.check_database:
        database.assert_safe(db.engine)
    click.echo(f"Ready: {db.engine.url.render_as_string(hide_password=True)}, files in {settings.data_dir / 'files'}")


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Do jobs and whatever comes round, until interrupted."""
    from views import beat
    from views.worker import queue_of

    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    beat.sweep_readings(app)
    over = threading.Event()
    thread = threading.Thread(target=beat.Beat(app).run, args=(over,), daemon=True, name="beat")
    thread.start()
    signal.signal(signal.SIGTERM, _as_interrupt)
    click.echo("Worker ready.")
    try:
        queue_of(app).create_consumer(
            workers=app.extensions["settings"].workers(), periodic=False, initial_delay=0.1, max_delay=1.0
        ).run()
    finally:
        over.set()
        thread.join(timeout=5)


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@click.group("user")
def user() -> None:
    """Accounts."""


@user.command("create")
@click.option("--email", prompt=True)
@click.option("--name", prompt=True)
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
@click.option("--organisation", default="", help="Name or public id of the organisation; needed with a role.")
@click.option("--country", default="", help="Two letters; asked where the operator's own organisation is made.")
@click.option("--role", "roles", multiple=True, type=click.Choice(ROLES), help="Role held there; may be repeated.")
@click.option("--language", default="en", type=click.Choice(tuple(i18n.LANGUAGES)))
@with_appcontext
def create_user(
    email: str, name: str, password: str, organisation: str, country: str, roles: tuple[str, ...], language: str
) -> None:
    """Make an account; for the first operator of an installation, and for support."""
    if roles and not organisation:
        raise click.UsageError("A role is held in an organisation: name it with --organisation.")
    db.session().info["write"] = True
    try:
        body = _organisation(organisation, country, roles)
        made = accounts.create_user(
            db.session(),
            email=email,
            name=name,
            password=password,
            organisation=body,
            roles=roles,
            actor=SYSTEM,
            now=clock.now(),
            language=language,
            key=second_factor.key_from(current_app.extensions["settings"].secret()),
        )
        db.session.commit()
    except RuleBroken as error:
        db.session.rollback()
        raise click.ClickException(error.message % error.params) from error
    except OperationalError as error:
        db.session.rollback()
        raise click.ClickException(
            "The database cannot be written now: another act is writing, or it cannot be reached. "
            "Nothing was saved. Try again in a moment."
        ) from error
    click.echo(f"{made.email} may sign in.")


def _organisation(given: str, country: str, roles: tuple[str, ...]) -> Organisation | None:
    """The organisation named; the operator's own is made where there is none yet."""
    if not given:
        return None
    query = select(Organisation).where((Organisation.public_id == given) | (Organisation.name == given))
    found = db.session.scalar(query)
    if found is None and "operator" in roles:
        from framework.people import organisations

        where = country or click.prompt(f"Country of “{given}”, in two letters")
        details = organisations.Details(name=given, kind="operator", country=where)
        return organisations.create(db.session(), details, actor=SYSTEM, now=clock.now())
    if found is None:
        raise click.ClickException(f"There is no organisation “{given}”.")
    return found


@click.command("routes-permissions")
@with_appcontext
def routes_permissions() -> None:
    """Print every route with its methods and the permission it needs."""
    for methods, rule, permission in permissions_page.routes(current_app._get_current_object()):  # type: ignore[attr-defined]
        click.echo(f"{methods:10} {permission:28} {rule}")


@click.command("verify-log")
@with_appcontext
def verify_log() -> None:
    """Check the record from its first event to its last, against every signed head; ends with 1 where it is broken."""
    found = verifying.walked(db.session())
    if found.broken_at:
        raise click.ClickException(f"The record is broken at event {found.broken_at}.")
    if found.head:
        raise click.ClickException(
            f"The record does not fit its signed head over {found.head} entries, or the signature of that does not hold."
        )
    click.echo(f"{found.events} events, unbroken; {heads.count(db.session())} signed heads fit.")


def _add_demo(app: Flask) -> None:
    """The demonstration round brings its own commands (`views.demo.init_app`), where this installation ships it."""
    try:
        from views.demo import init_app as add
    except ImportError:
        return
    add(app)
