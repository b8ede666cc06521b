"""A served application, a browser, and people who walk through its pages; every page they come to is inspected."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from framework.people import second_factor
from models.base import db
from tests.conftest import Clock, fast_folder
from tests.demo.conftest import demonstration, empty_application
from views.demo import cast
from views.settings import ROOT

AXE = (ROOT / "static" / "vendor" / "axe.min.js").read_text(encoding="utf-8")
FAULTS = """axe.run({ resultTypes: ["violations"] }).then((found) => found.violations.map(
  (one) => ({ id: one.id, impact: one.impact, html: one.nodes[0].html })))"""
"""What is wrong alone: handing over all that was looked at takes longer than looking."""
GRAVE = ("serious", "critical")
PUBLIC_ID = re.compile(r"[a-z2-7]{16}")


class Served:
    """An application on a port of its own; `walk(email)` is somebody's browser."""

    def __init__(self, app: Flask, browser: Browser) -> None:
        self.app, self.browser = app, browser
        self.seen: set[str] = set()
        self.people: dict[tuple[str, int, bool], Walker] = {}
        self.clock: Clock = app.extensions["clock"]
        app.config["WTF_CSRF_ENABLED"] = True
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self) -> None:
        for walker in self.people.values():
            walker.page.context.close()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        with self.app.app_context():
            db.engine.dispose()

    @contextmanager
    def walk(self, email: str, *, width: int = 1280, script: bool = True) -> Iterator[Walker]:
        """Somebody signed in, in a browser of their own, which stays open for the next time."""
        key = (email, width, script)
        if key not in self.people:
            context = self.browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script)
            context.set_default_timeout(20_000)
            self.people[key] = Walker(self, context.new_page(), script=script)
            self.people[key].sign_in(email)
        yield self.people[key]
        assert self.people[key].faults == []


class Walker:
    """A person at a browser."""

    def __init__(self, served: Served, page: Page, *, script: bool) -> None:
        self.served, self.page, self.script = served, page, script
        self.faults: list[str] = []
        self.email = ""
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))

    def sign_in(self, email: str) -> None:
        self.served.clock.forward(minutes=1)
        self.page.goto(f"{self.served.address}/sign-in")
        self.page.fill("#email", email)
        self.page.fill("#password", cast.PASSWORD)
        self.page.press("#password", "Enter")
        self.page.wait_for_url(lambda url: not url.endswith("/sign-in"))
        if "second-factor" in self.page.url:
            self.page.fill("#code", second_factor.code_at(cast.secret_of(email), self.served.clock()))
            self.page.press("#code", "Enter")
            self.page.wait_for_url(lambda url: "second-factor" not in url)
        self.email = email

    def visit(self, path: str) -> int:
        """Go to an address; its status. The page is inspected."""
        answer = self.page.goto(self.served.address + path)
        self.inspect()
        return answer.status if answer is not None else 0

    def press(self, selector: str) -> None:
        """Press what sends a form, and wait for the page that answers; give the second factor where it is asked for."""
        with self.page.expect_navigation():
            self.page.locator(selector).first.click()
        self.inspect()
        if self.page.locator("#fresh_code").count():
            self.served.clock.forward(minutes=1)  # a code is taken once
            code = second_factor.code_at(cast.secret_of(self.email), self.served.clock())
            self.page.fill("#fresh_code", code)
            with self.page.expect_navigation():
                self.page.locator("main form button").click()
            self.inspect()

    def send(self, action: str) -> None:
        """Press the first button of the form that goes to an address ending so."""
        self.press(f'form[action$="{action}"] button')

    def text(self) -> str:
        """The words of the page."""
        return self.page.inner_text("main")

    def inspect(self) -> None:
        """Note what the accessibility rules find, where scripts run; each kind of page once for each application."""
        kind = PUBLIC_ID.sub("…", self.page.url)
        if not self.script or kind in self.served.seen:
            return
        self.served.seen.add(kind)
        self.page.evaluate(f"{AXE};0")
        for fault in self.page.evaluate(FAULTS):
            if fault["impact"] in GRAVE:
                self.faults.append(f"{self.page.url}: {fault['id']} {fault['html'][:200]}")


@pytest.fixture
def served(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An empty application, served."""
    folder = fast_folder(tmp_path_factory, "journey")
    found = Served(empty_application(folder), chromium)
    yield found
    found.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def served_demo(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demonstration, served."""
    with demonstration(tmp_path_factory) as app:
        found = Served(app, chromium)
        yield found
        found.close()
