"""`flask demo` loads the demonstration once and serves it with a worker; `flask demo-code` gives a code of the second factor."""

from __future__ import annotations

import datetime as dt
import os
import signal
import socket
import subprocess
import sys
import time

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy import select

from framework.ground import database
from framework.people import second_factor
from models.base import Base, db
from models.rounds import Round
from views.demo import cast as casting
from views.demo import load as loading
from views.settings import ROOT, Settings


@click.command("demo")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=lambda: os.environ.get("PORT") or 5000,
    help="Port on 127.0.0.1; the variable PORT where it is not given.",
)
@click.option("--load-only", is_flag=True, help="Load the demonstration and stop.")
@with_appcontext
def demo(port: int, *, load_only: bool) -> None:
    """Load invented rounds, serve them on 127.0.0.1 and print the log-ins."""
    if not load_only and _is_taken(port):
        raise click.ClickException(
            f"Port {port} is taken: something else answers on http://127.0.0.1:{port}. "
            f"Stop it, or choose another port with: make demo PORT={port + 1}"
        )
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    click.echo("Preparing the demonstration …")
    load(app, now=dt.datetime.now(dt.UTC))
    if not load_only:
        _say(app, port)
        sys.exit(_serve(port))


@click.command("demo-code")
@click.argument("email")
def demo_code(email: str) -> None:
    """Print the code that the second factor of EMAIL, somebody of the demonstration, shows now."""
    if email not in casting.addresses():
        raise click.ClickException(f"Nobody in the demonstration has the address {email}.")
    click.echo(second_factor.code_at(casting.secret_of(email), dt.datetime.now(dt.UTC)))


def load(app: Flask, *, now: dt.datetime) -> bool:
    """Bring the database to this version and load the demonstration; False where it was here already.

    Started again, the open tender closes half an hour from now.
    """
    from flask_migrate import upgrade

    settings: Settings = app.extensions["settings"]
    (settings.data_dir / "files").mkdir(parents=True, exist_ok=True)
    upgrade()
    if database.lacking(db.engine, Base.metadata):
        raise click.ClickException(
            f"The demonstration in {settings.data_dir} was made by an earlier version and does not fit this one. "
            "Remove that folder, or give another with HEFBOOM_DATA_DIR=…"
        )
    session = db.session()
    session.info["write"] = True
    try:
        made = loading.load(session, app.extensions["files"], settings, now=now)
    except loading.RealData as error:
        session.rollback()
        raise click.ClickException(
            f"{settings.data_dir} holds organisations that are not invented. Give the demonstration a folder of its "
            "own with HEFBOOM_DATA_DIR=…"
        ) from error
    session.commit()
    return made


def environment_of(port: int) -> dict[str, str]:
    """The settings under which the demonstration is served; a helping person that was set stays."""
    helps = {"HEFBOOM_HELP_CONTACT": "name=Wilma Wegwijzer (invented)&email=help@hefboom.example&phone=+31 20 000 0000"}
    return helps | os.environ | {"HEFBOOM_DEMO": "true", "HEFBOOM_BASE_URL": f"http://127.0.0.1:{port}"}


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _say(app: Flask, port: int) -> None:
    settings: Settings = app.extensions["settings"]
    with app.app_context():
        round_ = db.session.scalar(select(Round).where(Round.public_id == loading.OPEN_ROUND))
        closes = round_.tender_deadline if round_ is not None else None
        state = round_.state if round_ is not None else ""
        db.session.remove()
    click.echo(f"\nHefboom demonstration: http://127.0.0.1:{port}  (everything in it is invented)\n")
    click.echo(f"Password of everybody: {casting.PASSWORD}\n")
    for role, email in casting.printed():
        asked = casting.has_second_factor(email, settings.needs_second_factor())
        extra = f"  second factor: {casting.secret_of(email)}" if asked else ""
        click.echo(f"  {role:<36} {email:<34}{extra}")
    click.echo("\nA code of the second factor, in another terminal:")
    click.echo("  .venv/bin/flask --app wsgi demo-code lead@waterpoort.example")
    if closes is not None and state == "published":
        click.echo(
            f"\nThe tender “{round_.name if round_ else ''}” closes at {closes.astimezone():%H:%M} (this machine's time)."
        )
    click.echo(f"Data: {settings.data_dir}. Stop with Ctrl-C.\n")


def _serve(port: int) -> int:
    """Serve and work until interrupted; both processes end together."""
    environment = environment_of(port)
    web = ["-m", "gunicorn", "--worker-class", "gthread", "--threads", "8", "--bind", f"127.0.0.1:{port}"]
    commands = ([*web, "--log-level", "warning", "wsgi:app"], ["-m", "flask", "--app", "wsgi", "worker"])
    running = [subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment) for command in commands]
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        while all(process.poll() is None for process in running):
            time.sleep(0.5)
    except KeyboardInterrupt:
        click.echo("\nStopping.")
    for process in running:
        process.terminate()
    for process in running:
        process.wait(timeout=20)
    return max(0, *(process.returncode or 0 for process in running))


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
