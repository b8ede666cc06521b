"""What somebody does at a page, counted as the targets count it: a click is a press of pointer or Enter on a control.

Typing and scrolling are free, and so is waiting. Keys that stand for a press of a control are counted apart.
"""

from __future__ import annotations

import os
from pathlib import Path

from framework.people import second_factor
from tests.journeys.conftest import Walker
from views.demo import cast

PICTURES = os.environ.get("HEFBOOM_PICTURES", "")
"""A folder for pictures of the pages walked through; blank: none are taken."""


class Hands:
    """The presses and keys of one person from here on."""

    def __init__(self, walker: Walker) -> None:
        self.walker, self.page = walker, walker.page
        self.clicks, self.keys = 0, 0

    def click(self, selector: str, *, text: str = "", leads_on: bool = True) -> None:
        """Press a control; `leads_on` waits for the page that follows and inspects it."""
        self.clicks += 1
        place = self.page.locator(selector, has_text=text) if text else self.page.locator(selector)
        if not leads_on:
            place.first.click()
            return
        with self.page.expect_navigation():
            place.first.click()
        self.walker.inspect()

    def follow(self, address: str) -> None:
        """Press a link in a mail."""
        self.clicks += 1
        self.walker.visit(address)

    def choose(self, path: Path, *, sends: bool) -> None:
        """Choose a file on its field, or drop it there; with scripts that sends it."""
        self.clicks += 1
        if not sends:
            self.page.set_input_files("#file", str(path))
            return
        with self.page.expect_navigation():
            self.page.set_input_files("#file", str(path))
        self.walker.inspect()

    def type(self, selector: str, text: str) -> None:
        """Type into a field."""
        self.page.locator(selector).first.fill(text)

    def type_code(self) -> None:
        """Type the code of the second factor, where the page asks for one."""
        if self.page.locator("#fresh_code").count():
            self.walker.served.clock.forward(minutes=1)  # a code is taken once
            now = self.walker.served.clock()
            self.type("#fresh_code", second_factor.code_at(cast.secret_of(self.walker.email), now))

    def key(self, key: str, *, leads_on: bool = False) -> None:
        """Press a key that does something by itself."""
        self.keys += 1
        if not leads_on:
            self.page.keyboard.press(key)
            return
        with self.page.expect_navigation():
            self.page.keyboard.press(key)
        self.walker.inspect()


def shoot(walker: Walker, name: str) -> None:
    """Keep pictures of the page where a folder for them is named: from its heading on, whole, and whole on a telephone."""
    if not PICTURES:
        return
    page, folder = walker.page, Path(PICTURES)
    if walker.script:
        page.evaluate("scrollTo(0, document.querySelector('h1').offsetTop - 24)")
        page.screenshot(path=folder / f"{name}.png")
    page.screenshot(path=folder / f"{name}-whole.png", full_page=True)
    size = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 900})
    page.screenshot(path=folder / f"{name}-narrow.png", full_page=True)
    page.set_viewport_size(size)
