"""Pictures for the README and the home page, of the demonstration and of a judged round: `python -m benchmarks.screenshots`."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Page, sync_playwright

from framework.people import second_factor
from tests.browser import start_browser
from views.demo import cast

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
HOME = ROOT / "static" / "pictures"
WIDTH, HEIGHT = 1200, 860
EDITORS = ("officer@vinterdal.example", "approver@vinterdal.example")
POOLED = "demolaptops2026"
SAVED_AFTER_MS = 2500
"""A page saves within a second of the last key."""
JUDGED = ("opening-record", "judging", "discussion", "comparison-with-verdicts")
"""Pages that the demonstration has not come to: the journey of a judged round takes them."""


def main() -> int:
    """Start a demonstration of its own, take its pictures, stop it; then walk through a judged round for four more."""
    with tempfile.TemporaryDirectory() as folder:
        port = _free_port()
        environment = os.environ | {"HEFBOOM_DATA_DIR": folder, "PORT": str(port)}
        process = subprocess.Popen([sys.executable, "-m", "flask", "--app", "wsgi", "demo"], cwd=ROOT, env=environment)
        try:
            _wait(f"http://127.0.0.1:{port}/")
            _take(f"http://127.0.0.1:{port}")
            _take_together(f"http://127.0.0.1:{port}", environment)
        finally:
            process.terminate()
            process.wait(timeout=30)
    _walk()
    HOME.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PICTURES / "comparison.png", HOME / "comparison.png")
    return 0


def _walk() -> None:
    with tempfile.TemporaryDirectory() as folder:
        journey = [sys.executable, "-m", "pytest", "-q", "tests/journeys/test_judged_round.py"]
        subprocess.run(journey, cwd=ROOT, env=os.environ | {"HEFBOOM_PICTURES": folder}, check=True)
        for name in JUDGED:
            shutil.copyfile(Path(folder) / f"{name}.png", PICTURES / f"{name}.png")


def _take(base: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = start_browser(playwright)
        page = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}).new_page()
        _sign_in(page, base, "lead@waterpoort.example")
        _shoot(page, f"{base}/rounds/demolaptops2026/pool", "round")
        _shoot(page, f"{base}/rounds/demolaptops2026/comparison", "comparison")
        page = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}).new_page()
        _sign_in(page, base, "officer@vinterdal.example")
        page.goto(f"{base}/rounds/demotablets2027/demand")
        page.locator("main a[href*='/lots/']").first.click()
        _shoot(page, page.url, "demand")
        page = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}).new_page()
        _sign_in(page, base, "supplier@zeewind.example")
        page.goto(f"{base}/rounds/demodesktops2027/disclosure")
        page.set_input_files("#file", str(ROOT / "data" / "demo" / "desktops-2027-zeewind-with-errors.xlsx"))
        page.wait_for_url(re.compile(r"/disclosure/[a-z2-7]{16}"))
        page.locator("#remarks").scroll_into_view_if_needed()
        page.screenshot(path=PICTURES / "check.png")
        browser.close()


def _take_together(base: str, environment: dict[str, str]) -> None:
    """What members do together: one grid with two editors, the pool, a leverage brief and its one page."""
    with sync_playwright() as playwright:
        browser = start_browser(playwright)
        pages = [browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}).new_page() for _page in range(3)]
        lead, first, second = pages
        for page, email in zip(pages, ("lead@waterpoort.example", *EDITORS), strict=True):
            _sign_in(page, base, email)
        _two_editors(first, second, base)
        lead.goto(f"{base}/rounds/{POOLED}/pool")
        _from_heading(lead, "pool")
        lead.goto(f"{base}/rounds/{POOLED}/briefs/new")
        lead.check("input[name=audience][value=public]")
        lead.fill("[name=asked]", "Name the factory of every model on offer, and let the independent monitor in.")
        lead.locator("main form button").last.click()
        _from_heading(lead, "brief")
        public_id = lead.url.rsplit("/", 1)[-1]
        browser.close()
    page = [sys.executable, "-m", "benchmarks.brief_page", public_id, str(PICTURES / "brief-page.png")]
    subprocess.run(page, cwd=ROOT, env=environment, check=True)


def _two_editors(first: Page, second: Page, base: str) -> None:
    """Both change the same cell; the first has no connection meanwhile, and is shown both values after it."""
    first.goto(f"{base}/rounds/demotablets2027/demand")
    first.locator("main a[href*='/lots/']").first.click()
    second.goto(first.url)
    first.goto(first.url)
    first.context.set_offline(True)
    for page, value in ((first, "5250"), (second, "5600")):
        page.fill("[name=expected-1-1]", value)
        page.locator("[name=expected-1-1]").blur()
        page.wait_for_timeout(SAVED_AFTER_MS)
    first.context.set_offline(False)
    first.locator("[data-clashes] li").first.wait_for()
    _from_heading(first, "demand-two-editors")


def _from_heading(page: Page, name: str) -> None:
    page.evaluate("scrollTo(0, document.querySelector('h1').offsetTop - 48)")
    page.screenshot(path=PICTURES / f"{name}.png")


def _sign_in(page: Page, base: str, email: str) -> None:
    page.goto(f"{base}/sign-in")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", cast.PASSWORD)
    page.locator("main form button").first.click()
    if "second-factor" in page.url:
        page.fill("input[name=code]", second_factor.code_at(cast.secret_of(email), dt.datetime.now(dt.UTC)))
        page.locator("main form button").first.click()


def _shoot(page: Page, address: str, name: str) -> None:
    page.goto(address)
    page.screenshot(path=PICTURES / f"{name}.png")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(address: str, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with urlopen(address, timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.5)
    raise RuntimeError("the demonstration did not start")


if __name__ == "__main__":
    sys.exit(main())
