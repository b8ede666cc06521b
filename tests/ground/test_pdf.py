"""Documents as PDF: texts as they are, tags, the same bytes for the same values, bounds, and nothing read that is not a template."""

from __future__ import annotations

import datetime as dt
import io
import re
import shutil
import sys
import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from framework.ground import pdf

ABOUT = pdf.About("Notice 7", "nl", "Region North", dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC), "Tekens ontbreken.")
PLAIN = '#import "frame.typ": *\n#show: frame.with("the foot")\n= #said(about.title)\n#said(values.text)\n'

MARKUP = (
    '#read("/etc/passwd")',
    '#import "@preview/cetz:0.4.0": *',
    '#include "frame.typ"',
    '#sys.inputs #panic() #eval("1+1")',
    "*bold* _slanted_ `raw` ~ --- ...",
    "$x^2$ <label> @label",
    "] ) } [ ( {",
    "= no heading",
    "// no comment",
    "/* nor this */",
    "- no item",
    "+ no item",
    "/ no: term",
    "\\ \\u{41} \\n %s %(x)s {{7*7}}",
    "\"quoted\" 'single'",
    "https://example.org/#a",
    "<script>alert(1)</script>",
)


@pytest.fixture
def templates(tmp_path, monkeypatch):
    """A folder of templates with one that shows a text and nothing else."""
    shutil.copy(pdf.TEMPLATES / "frame.typ", tmp_path)
    (tmp_path / "plain.typ").write_text(PLAIN, encoding="utf-8")
    monkeypatch.setattr(pdf, "TEMPLATES", tmp_path)
    return tmp_path


def reader(content: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(content))


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in reader(content).pages)


def letters(text: str) -> str:
    """Without white space: where a line ends is the layout's."""
    return "".join(text.split())


def plain(text: str) -> bytes:
    return pdf.document("plain", {"text": text}, ABOUT)


def test_markup_comes_out_letter_by_letter(templates):
    found = letters(text_of(plain("\n".join(MARKUP))))

    assert [text for text in MARKUP if letters(text) not in found] == []
    assert "root:" not in found


@pytest.mark.parametrize("word", ["https://example.org/" + "a" * 400, "A" * 400, "a@" * 200])
def test_a_word_longer_than_a_line_is_broken_and_read_back_whole(templates, word):
    found = text_of(plain(f"Before {word} after"))

    assert word in letters(found)
    assert max(map(len, found.splitlines())) < 120


def test_the_same_values_give_the_same_bytes_and_others_do_not(templates):
    first, second, other = plain("A"), plain("A"), plain("B")

    assert first == second
    assert first != other


def test_a_document_is_tagged_and_says_its_title_language_author_and_date(templates):
    found = reader(plain("A"))

    assert found.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert found.trailer["/Root"]["/Lang"] == "nl"
    assert found.metadata.title == "Notice 7"
    assert found.metadata.author == "Region North"
    assert found.metadata.creation_date == ABOUT.created_at
    claims = found.trailer["/Root"]["/Metadata"].get_data().decode("utf-8")
    assert "<pdfuaid:part>1<" in claims
    assert "<pdfaid:part>2<" in claims


def test_no_typeface_comes_from_the_machine(templates):
    fonts = {
        str(font.get_object()["/BaseFont"]).split("+")[1]
        for font in reader(plain("A Ω Ж ☐")).pages[0]["/Resources"]["/Font"].values()
    }

    assert {re.sub(r"[-_].*|\d+$", "", font) for font in fonts} <= {"LibertinusSerif", "NewCM", "DejaVuSansMono"}


def test_what_the_typefaces_lack_stands_as_code_points_and_is_told(templates):
    found = letters(text_of(plain("Plant 富士康, Shenzhen\x07")))

    assert letters("Plant [U+5BCC U+58EB U+5EB7], Shenzhen[U+0007]") in found
    assert letters(ABOUT.lacking) in found
    assert letters(ABOUT.lacking) not in letters(text_of(plain("Plant [A], Shenzhen")))


COVERED = [chr(code) for first, last in pdf._COVERED for code in range(first, last + 1)]


def test_every_character_that_is_said_to_be_covered_can_be_set_and_read_back(templates):
    shown = [one for one in COVERED if not one.isspace()]

    found = set(unicodedata.normalize("NFKD", text_of(plain(" ".join(shown)))))

    assert [one for one in shown if not set(unicodedata.normalize("NFKD", one)) <= found] == []


@given(st.text())
def test_a_text_that_was_made_legible_holds_covered_characters_alone(text):
    shown = pdf.legible(text)

    assert set(shown) <= set(COVERED)
    assert pdf.legible(shown) == shown


@given(st.text(alphabet=COVERED))
def test_a_text_of_covered_characters_stays_as_it_is(text):
    assert pdf.legible(text) == text


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000 + "]" * 20_000,
        "".join(map(chr, range(0x100))) + "\u202e\u2066\ufeff\u2028\ufffe\ufffd",
        "مصنع في شنجن עברית ไทย हिन्दी",
        "e" + "\u0301" * 2000,
        "\ud800 \udfff",
        "A" * 50_000,
        "1234 " * 20_000,
    ],
    ids=["brackets", "controls", "scripts", "marks", "surrogates", "one word", "words"],
)
def test_hostile_text_is_set(templates, text):
    assert plain(text).startswith(b"%PDF-")


@pytest.mark.slow
def test_a_megabyte_of_text_is_set_or_given_up_in_time(templates):
    began = dt.datetime.now(dt.UTC)
    with suppress(pdf.NotMade):
        plain("Lorem ipsum " * 87_000)

    assert (dt.datetime.now(dt.UTC) - began).total_seconds() < pdf.SECONDS + 5


def test_a_document_that_takes_too_long_is_given_up(templates, monkeypatch):
    monkeypatch.setattr(pdf, "SECONDS", 0.01)

    with pytest.raises(pdf.NotMade):
        plain("A")


@pytest.mark.parametrize(
    "source",
    ['#read("/etc/passwd")', '#read("../../../etc/passwd")', '#import "@preview/example:0.1.0": *', "#nothing", "= A"],
    ids=["absolute", "above", "package", "unknown name", "no title"],
)
def test_a_template_that_reaches_out_or_is_broken_gives_no_document(templates, source):
    (templates / "bad.typ").write_text(source + "\n#json(bytes(sys.inputs.values)).text", encoding="utf-8")

    with pytest.raises(pdf.NotMade) as caught:
        pdf.document("bad", {"text": "secret canary"}, ABOUT)

    assert "canary" not in str(caught.value)


def test_no_template_names_a_package():
    named = [path.name for path in pdf.TEMPLATES.glob("*.typ") if "@" in path.read_text(encoding="utf-8")]

    assert named == []


def test_the_application_loads_no_typesetter():
    assert "typst" not in sys.modules
