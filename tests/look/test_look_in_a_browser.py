"""The preview page in a real browser, under the real content security policy."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from tests.look.preview import ROOT, preview_app

pytestmark = pytest.mark.browser

AXE = (ROOT / "static" / "vendor" / "axe.min.js").resolve()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, preview_app(), threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def opened(chromium: Browser, address: str, *, width: int, script: bool = True) -> tuple[Page, list[str]]:
    """The preview page and what the browser complained about."""
    page = chromium.new_context(viewport={"width": width, "height": 800}, java_script_enabled=script).new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    return page, complaints


def test_axe_finds_nothing_serious(chromium: Browser, address: str):
    page, _ = opened(chromium, address, width=1280)
    page.evaluate(f"{AXE.read_text(encoding='utf-8')};0")

    found = page.evaluate("axe.run()")

    assert [v["id"] for v in found["violations"] if v["impact"] in ("serious", "critical")] == []


def test_nothing_breaks_the_content_security_policy(chromium: Browser, address: str):
    _, complaints = opened(chromium, address, width=1280)

    assert complaints == []


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_the_page_does_not_scroll_sideways(chromium: Browser, address: str, width: int):
    page, _ = opened(chromium, address, width=width)

    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_slash_key_goes_to_search_and_a_question_mark_lists_the_keys(chromium: Browser, address: str):
    page, _ = opened(chromium, address, width=1280)

    page.keyboard.press("/")
    in_search = page.evaluate("document.activeElement.type")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")

    assert in_search == "search"
    assert page.locator("#keys-help").is_visible()


def test_a_form_is_sent_once(chromium: Browser, address: str):
    page, _ = opened(chromium, address, width=1280)

    refused = page.evaluate(
        """() => {
          const form = document.querySelector('form[enctype]');
          const second = () => new SubmitEvent('submit', { bubbles: true, cancelable: true });
          return [form.dispatchEvent(second()), form.dispatchEvent(second())];
        }"""
    )

    assert refused == [True, False]


def test_without_script_everything_is_there(chromium: Browser, address: str):
    page, _ = opened(chromium, address, width=1280, script=False)

    assert page.locator("h1").inner_text() == "Everything on one page"
    assert page.locator("input[type=file]").is_visible()


ANSWERS = """() => {
  document.querySelector("main").innerHTML = `<form><button type="submit" disabled hidden>x</button>
    <label for="why">Why</label><input id="why" name="why"><label><input type="radio" name="site" id="two" data-key="2">2</label>
    <button type="submit" value="same" data-key="s">Same</button>
    <button type="submit" value="different" data-key="d" data-needs="why">Different</button></form>`;
  window.sent = [];
  document.addEventListener("submit", (e) => { e.preventDefault(); window.sent.push(e.submitter.value); }, true);
}"""
"""A form with keys: one answer that needs nothing, one that needs a reason, one of two sites to choose."""


@pytest.fixture
def answers(chromium: Browser, address: str) -> Page:
    page, _ = opened(chromium, address, width=1280)
    page.evaluate(ANSWERS)
    return page


def test_a_key_presses_its_button_and_one_that_needs_a_reason_goes_there_first(answers: Page):
    answers.keyboard.press("2")
    answers.keyboard.press("d")
    assert answers.evaluate("document.activeElement.id") == "why"
    answers.keyboard.press("Enter")
    assert answers.evaluate("window.sent") == [], "nothing is said yet"
    answers.keyboard.type("two gates, s and d")
    assert answers.evaluate("window.sent") == [], "keys are letters while typing"
    answers.keyboard.press("Enter")

    assert answers.evaluate("window.sent") == ["different"]
    assert answers.evaluate("document.getElementById('two').checked")


def test_a_key_works_after_a_choice_was_clicked_and_enter_alone_answers_nothing(answers: Page):
    answers.focus("#why")
    answers.keyboard.type("two gates")
    answers.keyboard.press("Enter")
    assert answers.evaluate("window.sent") == []
    answers.click("#two")
    answers.keyboard.press("s")

    assert answers.evaluate("window.sent") == ["same"]


def test_keys_that_are_switched_off_do_nothing(answers: Page):
    answers.evaluate("localStorage.setItem('hefboom-keys-off', 'yes')")
    answers.keyboard.press("s")
    answers.evaluate("localStorage.removeItem('hefboom-keys-off')")

    assert answers.evaluate("window.sent") == []
