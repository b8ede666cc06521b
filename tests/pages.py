"""A test client that inspects every HTML page it fetches: one h1, a title, labels, no duplicate ids, no inline script."""

from __future__ import annotations

from html.parser import HTMLParser

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class Page(HTMLParser):
    """What matters of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.headings = 0
        self.titles = 0
        self.labelled: set[str] = set()
        self.fields: list[tuple[str, dict[str, str | None]]] = []
        self.faults: list[str] = []
        self.words: list[str] = []
        self._skip = 0
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self._open.append(tag)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        self.headings += tag == "h1"
        self.titles += tag == "title" and "svg" not in self._open
        if tag == "label" and found.get("for"):
            self.labelled.add(str(found["for"]))
        if tag in ("input", "select", "textarea") and found.get("type") not in ("hidden", "submit", "button"):
            self.fields.append((tag, found))
        if tag == "script" and not found.get("src"):
            self.faults.append("inline script")
        if "style" in found or any(name.startswith("on") for name in found):
            self.faults.append(f"inline style or handler on <{tag}>")
        if tag in ("script", "style"):
            self._skip += 1
        if tag in ("input", "img", "br", "meta", "link", "hr", "col", "wbr", "source"):
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._skip -= 1
        while self._open and self._open.pop() != tag:
            continue

    def handle_data(self, data: str) -> None:
        if not self._skip and data.strip():
            self.words.append(" ".join(data.split()))

    @property
    def text(self) -> str:
        """The words of the page, one space between."""
        return " ".join(self.words)


def inspect(html: str) -> Page:
    """Read a page and raise AssertionError where it breaks the rules of every page."""
    page = Page(html)
    assert page.headings == 1, f"{page.headings} h1"
    assert page.titles == 1, f"{page.titles} titles"
    doubled = {i for i in page.ids if page.ids.count(i) > 1}
    assert not doubled, f"ids twice: {doubled}"
    assert not page.faults, page.faults
    for tag, found in page.fields:
        named = found.get("aria-label") or found.get("aria-labelledby") or found.get("id") in page.labelled
        assert named, f"<{tag} name={found.get('name')}> has no label"
    return page


class InspectingClient(FlaskClient):
    """The client; `page(path)` fetches and returns the inspected page."""

    def open(self, *args, **kwargs) -> TestResponse:  # type: ignore[no-untyped-def,override]
        response = super().open(*args, **kwargs)
        if response.mimetype == "text/html" and response.status_code not in (301, 302, 303, 308) and response.data:
            inspect(response.get_data(as_text=True))
        return response

    def page(self, path: str, status: int = 200) -> Page:
        """Fetch a page, follow redirects, check the status, return it."""
        response = self.get(path, follow_redirects=True)
        assert response.status_code == status, (response.status_code, Page(response.get_data(as_text=True)).text[:500])
        return Page(response.get_data(as_text=True))

    def send(self, path: str, data: dict | None = None, status: int = 200, **kwargs) -> Page:  # type: ignore[no-untyped-def,type-arg]
        """Send a form, follow the redirect, check the status, return the page."""
        response = self.post(path, data=data or {}, follow_redirects=True, **kwargs)
        assert response.status_code == status, (response.status_code, Page(response.get_data(as_text=True)).text[:500])
        return Page(response.get_data(as_text=True))
