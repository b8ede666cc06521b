"""Words within sentences, such as minerals, are in the language of the sentence."""

from __future__ import annotations

import pytest
from flask_babel import force_locale
from flask_babel import gettext as _

from framework.ground.issue_catalogue import describe, make
from framework.ground.text import filled
from views.i18n import words

ISSUES = {
    "X06": make("question-contradiction", value="Yes", mineral="tin"),
    "X16": make("mineral-out-of-scope", value="tantalum", count=3),
    "X17": make("mineral-missing", value="tungsten"),
}


@pytest.mark.parametrize(
    ("code", "language", "word"),
    [
        ("X06", "sv", "tenn"),
        ("X16", "nl", "tantaal"),
        ("X16", "en", "tantalum"),
        ("X17", "nl", "Wolfraam"),
        ("X17", "sv", "Volfram"),
    ],
)
def test_a_mineral_is_named_in_the_language_of_the_remark(app, code, language, word):
    message, _advice, params = describe(ISSUES[code], language=language)

    with app.test_request_context(), force_locale(language):
        assert word in words(message, **params)
        assert word in filled(message, params, _)
