"""Fields of amounts and rates: what is typed is read exactly or refused at the field, however long it is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import Form

from views.demand.price_forms import RateField
from views.rounds.fields import AmountField


class Typed(Form):
    amount = AmountField("Amount")
    rate = RateField("Rate")


FIELDS = ("amount", "rate")


@pytest.fixture(autouse=True)
def asked(app: Any) -> Any:
    with app.test_request_context("/"):
        yield


def typed(name: str, text: str) -> Any:
    form = Typed(MultiDict({name: text}))
    form.validate()
    return form[name]


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize(
    "text",
    [
        *("9" * digits for digits in (16, 21, 25, 27, 300, 5000)),
        "1" * 25 + ".5",
        "-" + "1" * 25,
        "\uff11" * 25,
        "\u0661" * 25,
        "1e5",
        "1E+400",
        "NaN",
        "sNaN",
        "Infinity",
        "-inf",
        "1_000",
        "0x10",
    ],
)
def test_what_cannot_be_kept_is_refused_at_the_field(name: str, text: str) -> None:
    field = typed(name, text)

    assert len(field.errors) == 1
    assert field._value() == text


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("amount", "9" * 15, "9" * 15),
        ("amount", "-" + "9" * 15, "-" + "9" * 15),
        ("amount", "1,234.56", "1234.56"),
        ("amount", "\uff11\uff12.5", "12.5"),
        ("rate", "0.12345678", "0.12345678"),
        ("rate", "\u0661\u0662", "12"),
        ("rate", "9" * 15, "9" * 15),
    ],
)
def test_what_can_be_kept_is_read_exactly(name: str, text: str, read: str) -> None:
    field = typed(name, text)

    assert (list(field.errors), field.data) == ([], Decimal(read))


@pytest.mark.parametrize(("name", "text"), [("amount", "0.125"), ("rate", "0.123456789")])
def test_more_decimals_than_are_kept_are_refused(name: str, text: str) -> None:
    assert "decimals" in typed(name, text).errors[0]
