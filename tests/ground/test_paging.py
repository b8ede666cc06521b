"""Pages of lists: what is asked for and what is there."""

from __future__ import annotations

import pytest

from framework.ground.mail_labels import MAIL_LABELS
from framework.ground.paging import page_of
from views.settings import ROOT


@pytest.mark.parametrize(
    ("asked", "total", "number"),
    [
        ("1", 0, 1),
        ("2", 100, 2),
        ("2", 50, 1),
        ("-4", 100, 1),
        ("0", 100, 1),
        ("99", 100, 2),
        ("1" + "0" * 22, 100, 2),
        ("x", 100, 1),
        ("²", 100, 1),
        ("", 100, 1),
        (None, 100, 1),
        (2, 100, 2),
    ],
)
def test_the_page_shown_is_one_that_exists(asked, total, number):
    assert page_of(asked, total, 50).number == number


def test_a_page_knows_where_it_begins_and_how_many_there_are():
    page = page_of("3", 101, 50)

    assert (page.offset, page.pages) == (100, 3)


def test_every_kind_of_mail_has_a_name():
    templates = {path.stem for path in (ROOT / "templates" / "mail").glob("*.html")} - {"base"}

    assert set(MAIL_LABELS) == templates
