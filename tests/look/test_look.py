"""The frame and every component keep the rules of every page, under strict undefined names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.look.preview import ERRORS, ROOT, preview_app
from tests.pages import inspect


def fetch(path: str) -> str:
    """The text of a preview page; the client raises where a template fails."""
    response = preview_app().test_client().get(path)
    assert response.status_code == 200
    return response.get_data(as_text=True)


def test_a_page_with_every_component_keeps_the_rules_of_every_page():
    page = inspect(fetch("/?sort=-pieces&country=CN"))

    assert "Everything on one page" in page.text


@pytest.mark.parametrize("code", ERRORS)
def test_an_error_page_says_what_to_do_next(code: int):
    page = inspect(fetch(f"/errors/{code}"))

    assert "Help from a person" in page.text


def test_a_sort_link_turns_the_order_round_and_keeps_the_filters():
    html = fetch("/?sort=pieces&country=CN&page=3")

    assert 'href="?country=CN&amp;sort=-pieces"' in html
    assert 'aria-sort="ascending"' in html


def test_pages_keep_the_rest_of_the_address():
    html = fetch("/?country=CN&page=2")

    assert 'href="?country=CN&amp;page=3"' in html


def test_an_unknown_figure_is_a_dash_with_its_reason():
    html = fetch("/")

    assert re.search(r'class="unknown" tabindex="0">—<span class="unknown__why"> Not declared yet<', html)


def test_a_sealed_phase_says_so_in_words():
    html = fetch("/")

    assert "(sealed)" in html
    assert html.count('aria-current="step"') == 2


def test_an_error_stands_in_the_summary_and_at_the_field():
    html = fetch("/")

    assert '<a href="#name">Enter the name of the round.</a>' in html
    assert 'id="name-error"' in html
    assert 'href="#route-0"' in html


@pytest.mark.parametrize("kind", ["txt", "html"])
def test_a_mail_carries_its_one_link_and_a_human(kind: str):
    text = fetch(f"/mail/{kind}")

    assert "https://x.example/1" in text
    assert "Maja Lind" in text


def test_templates_carry_no_inline_style_or_script():
    found = [
        path.name
        for path in (ROOT / "templates").rglob("*.html")
        if re.search(r"\sstyle=|<style|\son[a-z]+=\"|<script(?![^>]*\ssrc=)", path.read_text(encoding="utf-8"))
    ]

    assert found == []


def test_our_styles_ask_for_no_font_or_foreign_address():
    own = [ROOT / "static" / name for name in ("hefboom.css", "govuk.scss", "hefboom.js", "enable.js")]

    texts = "".join(Path(path).read_text(encoding="utf-8") for path in own)

    assert not re.search(r"@font-face|https?://", texts)


STACKED = [path for path in sorted((ROOT / "templates").rglob("*.html")) if "grid--stacked" in path.read_text("utf-8")]


@pytest.mark.parametrize("template", STACKED, ids=lambda path: path.stem)
def test_every_cell_of_a_table_that_is_stacked_on_a_small_screen_names_its_column(template: Path):
    tables = re.findall(r'<table class="grid grid--stacked[^>]*>.*?</table>', template.read_text("utf-8"), re.DOTALL)

    assert tables
    assert [cell for table in tables for cell in re.findall(r"<td\b[^>]*>", table) if "data-label=" not in cell] == []
