"""The letter as a PDF, read back: the same words as the page in each language, every row, one hash, the same bytes for everybody."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from framework.chain.requests import letters
from framework.chain.requests.acts import Party
from framework.ground import pdf
from tests.chain.requests.asking import BRAND, MAKER
from tests.chain.requests.test_pages import CANARIES, asked, here
from tests.leaving.payloads import PAYLOADS

HEADINGS = {
    "en": "Request for information about the supply chain",
    "nl": "Verzoek om informatie over de toeleveringsketen",
    "sv": "Begäran om uppgifter om leveranskedjan",
}
DAYS = {"en": "7 Dec 2026", "nl": "7 dec 2026", "sv": "7 dec. 2026"}


@pytest.fixture
def backend() -> str:
    """A letter is the same from either database."""
    return "sqlite"


def pages_of(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


def squeezed(text: str) -> str:
    return "".join(text.split())


def rewrite(request, **changes):
    """Other facts in the letter, sealed anew."""
    request.letter = request.letter | changes
    request.letter_sha256 = letters.digest(request.letter)


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
def test_the_pdf_says_what_the_page_says_in_each_language(asking, anybody, language):
    request, path = asked(asking)

    answer = anybody.get(f"{path}letter-{language}.pdf")
    content = PdfReader(io.BytesIO(answer.data))
    found = squeezed("".join(pages_of(answer.data)))
    page = squeezed(anybody.page(f"{path}letter-{language}").text)

    assert answer.headers["Content-Disposition"] == f"attachment; filename={request.reference}-{language}.pdf"
    assert answer.mimetype == "application/pdf"
    for word in (
        HEADINGS[language],
        request.reference,
        request.letter_sha256,
        "Acme Brand",
        "chain@acme.example",
        "Northern IT",
        "For the tender.",
        asking.round.name,
        asking.round.organisation.name,
        DAYS[language],
    ):
        assert squeezed(word) in found, word
        assert squeezed(word) in page, word
    assert f"/rounds/{asking.round.public_id}/requests/{request.public_id}" in found
    assert content.trailer["/Root"]["/Lang"] == language
    assert content.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert content.metadata.author == asking.round.organisation.name
    assert content.metadata.creation_date == request.asked_at.replace(microsecond=0)


def test_whoever_fetches_it_and_when_gets_the_same_bytes(asking, anybody, person):
    request, path = asked(asking)
    first = anybody.get(f"{path}letter-nl.pdf").data
    asking.clock.forward(days=2)
    second = person().get(f"{here(asking)}/{request.public_id}/letter-nl.pdf").data

    assert first == second
    assert path.split("/")[2].encode() not in first


def test_sixty_rows_break_over_pages_with_their_head_on_each(asking, anybody):
    request, path = asked(asking)
    row = request.letter["rows"][0]
    rewrite(request, rows=[row | {"no": number, "model": f"Model {number}x"} for number in range(1, 61)])
    asking.session.commit()

    pages = pages_of(anybody.get(f"{path}letter-en.pdf").data)

    assert len(pages) > 1
    for number, page in enumerate(pages, start=1):
        assert f"{number} / {len(pages)}" in page
        assert request.letter_sha256 in squeezed(page)
        assert "What is asked" in page or not any(f"Model {row}x" in page for row in range(1, 61))
    found = squeezed("".join(pages))
    assert [number for number in range(1, 61) if f"Model{number}x" not in found] == []


def test_texts_of_people_come_out_letter_by_letter(asking, anybody):
    request, path = asked(asking, why='#read("/etc/passwd") *bold* $x$ ] \\ #import "@preview/a:0.1.0"\n<b> = -')
    row = request.letter["rows"][0]
    rewrite(request, rows=[row | {"no": n, "brand": text, "model": text} for n, text in enumerate(PAYLOADS, start=1)])
    asking.session.commit()

    found = squeezed("".join(pages_of(anybody.get(f"{path}letter-en.pdf").data)))

    assert squeezed(request.why) in found
    assert [text for text in PAYLOADS if squeezed(pdf.legible(text)) not in found] == []


def test_what_the_typefaces_lack_is_told_in_the_language_of_the_letter(asking, anybody):
    _request, path = asked(asking, why="Made by 富士康?")

    found = squeezed("".join(pages_of(anybody.get(f"{path}letter-sv.pdf").data)))

    assert squeezed("Made by [U+5BCC U+58EB U+5EB7]?") in found
    assert squeezed("Tecken som saknas i dokumentets typsnitt") in found


def test_the_pdf_speaks_of_its_own_asker_alone(asking, anybody):
    first = asking.ask()
    _request, path = asked(asking, to=Party("Other Brand", "b@other.example"))
    child = asking.pass_on(first, to=MAKER)
    behind = f"/requests/{asking.token(child)}/"
    asking.session.commit()

    own = squeezed("".join(pages_of(anybody.get(f"{path}letter-en.pdf").data)))
    onward = squeezed("".join(pages_of(anybody.get(f"{behind}letter-en.pdf").data)))

    assert f"/public/rounds/{asking.round.public_id}" in onward
    assert squeezed("Acme Brand was asked and passes the question on to you.") in onward
    for canary in (*CANARIES, first.reference, first.public_id, BRAND.email):
        assert squeezed(canary) not in own
    assert first.public_id not in onward


def test_a_pdf_in_no_language_is_not_found(asking, anybody):
    _request, path = asked(asking)

    assert anybody.get(f"{path}letter-xx.pdf").status_code == 404


def test_a_document_that_cannot_be_made_is_told_and_the_page_stays(asking, anybody, monkeypatch):
    _request, path = asked(asking)
    monkeypatch.setattr(pdf, "SECONDS", 0.01)

    answer = anybody.get(f"{path}letter-en.pdf")

    assert answer.status_code == 503
    assert "The PDF could not be made." in answer.get_data(as_text=True)
    assert anybody.get(f"{path}letter-en").status_code == 200
