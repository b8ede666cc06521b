"""The application, put together: settings, templates, blueprints, errors, headers."""

from __future__ import annotations

import datetime as dt
import logging
from importlib import import_module

from flask import Flask, Response, current_app, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, CSRFProtect
from govuk_frontend_wtf.main import WTFormsHelpers
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader, StrictUndefined
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix

import models.all  # noqa: F401 - the metadata must be whole
from framework.disclosure.smelters import read_known
from framework.ground import database, signing
from framework.ground.errors import RuleBroken
from framework.ground.files import FileStore
from framework.ground.pdf import NotMade
from framework.ground.sheets.reader import ChildLost
from framework.ground.sheets.workplace import work_below
from framework.rounds import outages
from models.base import db, random_id
from models.sealing import KeyMissing, SealBroken, WrongMasterKey
from views import api, cli, fresh_factor, guard, i18n, keyring, migrating, page, problems, static_files, typed, worker
from views.caller import is_call
from views.settings import ROOT, Settings

logger = logging.getLogger(__name__)

BLUEPRINTS = (
    "views.home",
    "views.people",
    "views.rounds",
    "views.signons",
    "views.charts",
    "views.demand",
    "views.disclosure",
    "views.chain",
    "views.judging",
    "views.award",
    "views.requests",
    "views.assessing",
    "views.contract",
    "views.audit",
    "views.operations",
)

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def build(settings: Settings | None = None) -> Flask:
    """Build the application.

    Raises UnsafeDatabase where the database may lose what was acknowledged, UnsafeKey where others may read the key that
    signs receipts, and WrongRegister for a register of smelters that cannot be read.
    """
    settings = settings or Settings()
    app = Flask(
        "views", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"), static_url_path="/static"
    )
    app.extensions["settings"] = settings
    outages.configure(settings.outage_warning_minutes)
    app.extensions["scanner"] = settings.scanner()
    app.extensions["files"] = FileStore(settings.data_dir / "files", is_scanned=bool(settings.virus_scanner))
    work_below(settings.reading_folder())
    keyring.init_app(app)
    app.extensions["smelters"] = read_known(settings.smelter_register) if settings.smelter_register else None
    _configure(app, settings)
    signing.use(signing.open_key(settings.signing_key()))
    _set_up_templates(app)
    db.init_app(app)
    migrating.init_app(app)
    app.before_request(guard.note_first_byte)
    csrf = CSRFProtect(app)
    i18n.init_app(app)
    guard.init_app(app)
    fresh_factor.init_app(app)
    page.init_app(app)
    static_files.init_app(app)
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(name).blueprint)
    api.init_app(app, csrf)
    worker.init_app(app)
    cli.init_app(app)
    _handle_errors(app)
    app.after_request(_harden)
    _assert_every_route_is_guarded(app)
    with app.app_context():
        database.attach(db.engine)
        if settings.check_database:
            database.assert_safe(db.engine, file_system=database.file_system_of(settings.data_dir))
    return app


def _configure(app: Flask, settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    app.config.update(
        SECRET_KEY=settings.secret(),
        SQLALCHEMY_DATABASE_URI=settings.url(),
        SQLALCHEMY_ENGINE_OPTIONS={"hide_parameters": True},  # an error's text goes to the log; what is sealed must not
        MAX_CONTENT_LENGTH=settings.large_upload_mb * 1_000_000 + 1_000_000,
        MAX_FORM_MEMORY_SIZE=4_000_000,
        MAX_FORM_PARTS=20_000,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.over_tls(),
        PERMANENT_SESSION_LIFETIME=dt.timedelta(hours=settings.session_max_hours),
        TRUSTED_HOSTS=settings.hosts(),
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "translations"),
        WTF_CSRF_TIME_LIMIT=None,
    )
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]


def _set_up_templates(app: Flask) -> None:
    loaders = [
        app.jinja_loader,
        PrefixLoader(
            {
                "govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja"),
                "govuk_frontend_wtf": PackageLoader("govuk_frontend_wtf"),
            }
        ),
    ]
    app.jinja_loader = ChoiceLoader([x for x in loaders if x is not None])
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    WTFormsHelpers(app)
    app.jinja_env.globals.update(once=random_id, settings=app.extensions["settings"])


def _harden(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    if current_app.extensions["settings"].over_tls():
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["Vary"] = "Authorization, Accept-Language" if is_call() else "Cookie"
    return response


def _handle_errors(app: Flask) -> None:
    pages = {
        RuleBroken: _rule_broken,
        CSRFError: _forged,
        SecurityError: _strange_host,
        RequestEntityTooLarge: _too_large,
        HTTPException: lambda error: typed.refusal(error.code or 500, ""),
        StaleDataError: _stale,
        OperationalError: _database_busy,
        ChildLost: _machine_failed,
        WrongMasterKey: _sealed,
        KeyMissing: _sealed,
        SealBroken: _seal_broken,
        NotMade: _no_document,
        500: lambda error: typed.refusal(500, ""),
    }
    for kind, page_of_error in pages.items():
        app.register_error_handler(kind, problems.instead(page_of_error))


def _strange_host(_error: SecurityError) -> Response:
    """Plain words: no address of a page can be made for a host that is not ours."""
    said = _("Nothing is answered under this host name. Use the address that you were given.")
    return Response(said, 400, mimetype="text/plain")


def _forged(_error: CSRFError) -> tuple[str, int]:
    guard.note_forged()
    return typed.refusal(
        400, _("This page was open too long, or you have signed in again since. Load the page again and send it anew.")
    )


def _rule_broken(error: RuleBroken) -> tuple[str, int]:
    message = guard.refused(error)
    return typed.refusal(error.status, "" if error.status == 404 else message)


def _too_large(_error: RequestEntityTooLarge) -> tuple[str, int]:
    """A body beyond what is taken is refused before it is read, so also before anybody asked whose it is."""
    guard.know_asker()
    limit = current_app.extensions["settings"].large_upload_mb
    is_file = (request.content_length or 0) > limit * 1_000_000
    return render_template("errors/413.html", limit=limit if is_file else None, back=typed.page_of_form()), 413


def _stale(_error: StaleDataError) -> tuple[str, int]:
    db.session.rollback()
    return typed.refusal(
        409, _("Somebody else changed this while you were writing. Your text is kept below; load the page again.")
    )


def _machine_failed(_error: ChildLost) -> tuple[str, int]:
    db.session.rollback()
    return typed.refusal(503, _("Nothing was saved; your text is kept. Try again in a moment."))


def _sealed(error: WrongMasterKey | KeyMissing) -> tuple[str, int]:
    """No key, no content: never a sealed text in place of what it says."""
    db.session.rollback()
    logger.error(problems.KEY_AWAY, type(error).__name__)
    return typed.refusal(
        503,
        _(
            "This is sealed, and its key is not at hand. Nothing was saved; your text is kept. Tell the operator: the master "
            "key of the installation is missing or another one."
        ),
    )


def _seal_broken(_error: SealBroken) -> tuple[str, int]:
    db.session.rollback()
    logger.error(problems.SEAL_BROKEN)
    return typed.refusal(
        409,
        _("What is stored of this file was changed outside the product, so it is not shown. Tell the operator."),
    )


def _no_document(error: NotMade) -> tuple[str, int]:
    logger.error("no document was made: %s", error)
    db.session.rollback()
    return typed.refusal(503, _("The PDF could not be made. Try again in a moment, or print the page instead."))


def _database_busy(error: OperationalError) -> tuple[str, int]:
    db.session.rollback()
    if problems.is_busy(error):
        return typed.refusal(503, _("Nothing was saved; your text is kept. Try again in a moment."))
    raise error


def _assert_every_route_is_guarded(app: Flask) -> None:
    """A route without a declared permission stops the start."""
    bare = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and not hasattr(app.view_functions[rule.endpoint], "permission")
    ]
    if bare:
        raise RuntimeError(f"routes without a permission: {', '.join(sorted(bare))}")
