"""The demonstration, loaded once on SQLite, and copied for whoever needs one."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from models.base import Base, db
from tests.conftest import NOW, Clock, fast_folder, hash_cheaply
from views import create_app
from views.demo import load
from views.settings import Settings


def empty_application(folder: Path) -> Flask:
    """An application on an empty SQLite database in `folder`, whose clock stands still."""
    settings = Settings(
        data_dir=folder,
        database_url=f"sqlite:///{folder / 'demo.sqlite'}",
        master_key_file=folder / "master.key",
        secret_key="test" * 10,
        check_database=False,
        base_url="http://localhost",
        second_factor_roles="lead,chair,opener,operator",
        session_idle_minutes=1_000_000,
        session_max_hours=100_000,
        demo=True,
    )
    made = create_app(settings)
    made.testing = True
    made.config["WTF_CSRF_ENABLED"] = False
    made.extensions["clock"] = Clock(NOW)
    with made.app_context():
        Base.metadata.create_all(db.engine)
    return made


def start(app: Flask) -> bool:
    """What `flask demo` does with the database, at the application's time."""
    with app.app_context():
        session = db.session()
        session.info["write"] = True
        made = load.load(session, app.extensions["files"], app.extensions["settings"], now=app.extensions["clock"]())
        session.commit()
        db.session.remove()
    return made


def played(factory: pytest.TempPathFactory) -> Path:
    """The folder of the demonstration one minute after its start: played by whichever worker of a run asks first."""
    base = factory.getbasetemp()
    whole = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demonstration"
    with whole.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            folder = fast_folder(factory, "playing")
            app = empty_application(folder)
            with hash_cheaply():
                assert start(app)
            with app.app_context():
                db.engine.dispose()
            shutil.copytree(folder, base / "copying")
            (base / "copying").rename(whole)
            shutil.rmtree(folder, ignore_errors=True)
    return whole


@contextmanager
def demonstration(factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A demonstration of one's own, which goes at the end."""
    folder = fast_folder(factory, "demo")
    shutil.copytree(played(factory), folder, dirs_exist_ok=True)
    app = empty_application(folder)
    try:
        yield app
    finally:
        with app.app_context():
            db.engine.dispose()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The demonstration, one minute after its start."""
    with demonstration(tmp_path_factory) as app:
        yield app
