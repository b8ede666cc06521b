"""Which sign separates the columns of a text, where other candidates stand in its values."""

from __future__ import annotations

import pytest

from framework.ground.sheets.delimited import read_delimited
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.tally import Budget


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("Name,Place,Note\na,b;c\nd,e,x; y\nf,g;h\n", ","),  # blanks at the end of rows were left out
        ("Name;Address, street, city;Country\na;1 Road, Town;SE\nb;2 Road, Town;SE\n", ";"),
        ("Share;Part\n1,5;2,5\n1,5;3,5\n", ";"),
        ("Sites, as of today\nName;Address\nAlder;1 Road\nElm;2 Road\n", ";"),
        ("Name\tAddress\nAlder\t1 Road, Town\nElm\t2 Road, Town; North\n", "\t"),
        ("Name|Address|Note\nAlder|1 Road\nElm|2 Road\n", "|"),
    ],
)
def test_the_sign_that_cuts_every_row_as_the_header_is_the_separator(text, separator):
    book = read_delimited(text.encode(), name="list", limits=Limits(), budget=Budget())

    assert book.separator == separator
    assert all(len(row.cells) > 1 for row in book.sheets[0].rows[-2:])
