"""The pages of a file in a format of others: what was read with its cells, a confirmed shift, and persons nowhere."""

from __future__ import annotations

import io
import zipfile

import pytest
from sqlalchemy import inspect, select, text

from framework.disclosure import releasing
from models.base import db
from models.disclosure import Correction, SubmissionIssue, SubmissionRow
from tests.disclosure.foreign.rmi_books import CANARY, good, write
from tests.disclosure.test_mending import codes
from tests.disclosure.test_pages import Tender
from tests.memory import remembered

LETTERS = "ABCDEFGHIJKLMNOPQR"


@pytest.fixture
@remembered
def tender(session, build, clock, sign_in):
    return Tender(session, build, clock, sign_in)


def send(tender, folder, cells):
    return tender.send(write(folder / "rmi.xlsx", cells).read_bytes(), name="rmi.xlsx").text


def shifted(cells):
    cells["Smelter List"] = {LETTERS[LETTERS.index(a[0]) + 1] + a[1:]: v for a, v in cells["Smelter List"].items()}
    return cells


def test_a_supplier_sees_every_answer_in_our_words_with_its_cell(tender, tmp_path):
    page = send(tender, tmp_path, good("CMRT", "6.5"))
    told = tender.browser.page(f"{tender.version()}/declared").text

    assert "See what we read, answer by answer" in page
    for words in ("Harbour Metals Ltd", "Declaration!D8", "Is there a policy on where minerals come from?"):
        assert words in told
    for words in ("Declaration!D41", "More than 75 %", "comment of row 75", "Invented Smelter 3", "CID900003"):
        assert words in told
    assert "Smelter List!5" in told
    assert "conformance" not in told


def test_the_row_account_calls_the_sheets_what_the_file_calls_them(tender, tmp_path):
    page = send(tender, tmp_path, good("CMRT", "6.5"))

    assert "Instructions" in page
    assert "0_submission" not in page
    assert "5_smelters" not in page


def test_lists_of_mines_and_products_have_their_own_tables(tender, tmp_path):
    send(tender, tmp_path, good("EMRT", "2.1"))

    mines = tender.browser.page(f"{tender.version()}/declared?list=mines").text
    products = tender.browser.page(f"{tender.version()}/declared?list=1_products").text

    assert "mine name" in mines
    assert "(row 5)" in mines
    assert "requester_number 6" in products


def test_a_file_of_ours_has_no_such_page(tender):
    tender.send()

    assert tender.browser.get(f"{tender.version()}/declared").status_code == 404


def test_columns_that_stand_aside_are_shown_confirmed_read_and_taken_back(tender, tmp_path):
    page = send(tender, tmp_path, shifted(good("CMRT", "6.5")))
    asked = tender.browser.page(f"{tender.version()}/shift").text
    done = tender.browser.send(f"{tender.version()}/shift", {}).text

    smelters = select(SubmissionRow).where(SubmissionRow.sheet == "5_smelters").order_by(SubmissionRow.id)
    read = tender.session.scalars(smelters).all()
    stored = [row.read_values["smelter_id"] for row in read if row.read_values]
    assert "See how the columns would be read" in page
    assert "one place further right" in asked
    assert "Invented Smelter 0" in asked
    assert CANARY not in asked
    assert "The columns are read as you confirmed." in done
    assert stored == ["CID900000", "CID900001", "CID900002", "CID900003"]

    batch = tender.session.scalars(select(Correction.batch)).one()
    tender.browser.send(f"{tender.version()}/mended/{batch}/undo", {})

    assert "columns-shifted" in codes(tender)


def test_readers_of_the_opened_round_see_it_too_and_others_do_not(tender, tmp_path):
    send(tender, tmp_path, good("CMRT", "6.5"))
    tender.browser.send(f"{tender.version()}/count")
    tender.writing()
    lead = tender.person(tender.round.organisation, "lead")
    tender.writing()
    stranger = tender.person(tender.build.organisation("supplier"), "supplier")
    number = tender.submissions()[0].public_id
    sealed = lead.get(f"{tender.here}/submissions/{number}/declared").status_code
    open_it(tender)

    told = lead.page(f"{tender.here}/submissions/{number}/declared").text
    markup = lead.get(f"{tender.here}/submissions/{number}/declared").data.decode()
    opened = lead.page(f"{tender.here}/submissions/{number}").text

    assert sealed in (404, 409)
    assert "Declaration!D38" in told
    assert "Declaration, answers" in opened
    assert f"/submissions/{number}/rows/" in markup
    assert stranger.get(f"{tender.here}/submissions/{number}/declared").status_code in (403, 404)


def open_it(tender):
    """Open what was received."""
    session = tender.writing()
    [submission] = tender.submissions()
    session = tender.writing()
    submission.state = "opened"
    submission.opened_at = tender.round.opened_at = tender.clock.now
    tender.round.state = "opened"
    releasing.release(session, submission)
    session.commit()


@pytest.mark.parametrize(("kind", "version"), [("CMRT", "6.5"), ("CMRT", "2.02"), ("EMRT", "2.1"), ("AMRT", "1.3")])
def test_no_person_of_the_file_is_in_database_log_pages_or_downloads(tender, tmp_path, caplog, kind, version):
    caplog.set_level("DEBUG")
    cells = good(kind, version)
    sheet = next(name for name in cells if name.startswith("Smelter"))
    cells[sheet] |= {"K40": CANARY, "F6": "#N/A"}
    page = send(tender, tmp_path, cells)
    home = tender.version()
    answers = [
        tender.browser.get(f"{home}{part}") for part in ("/declared", "/receipt", "/issues.xlsx", "/marked.xlsx")
    ]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert CANARY not in page + answers[0].text + answers[1].text + caplog.text
    assert not [name for answer in answers[2:] for name, content in parts(answer.data) if CANARY.encode() in content]
    assert [place for place, content in everything_stored(tender) if CANARY in content or "canary@" in content] == []


def parts(content: bytes):
    """Name and bytes of every part of a workbook."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return [(name, book.read(name)) for name in book.namelist()]


def everything_stored(tender):
    """Table and text of every row of the database."""
    tender.session.rollback()
    for table in inspect(db.engine).get_table_names():
        for row in tender.session.execute(text(f'SELECT * FROM "{table}"')):
            yield table, str(tuple(row))


def codes_of(tender, place):
    number = tender.submissions()[place].id
    return set(tender.session.scalars(select(SubmissionIssue.code).where(SubmissionIssue.submission_id == number)))


def test_products_are_tied_to_the_models_of_any_earlier_version_that_stands(tender, tmp_path):
    def of_product(number: str):
        cells = good("CMRT", "6.5")
        cells["Declaration"] |= {"D9": "B. Product (or List of Products)"}
        cells["Product List"] |= {"B6": number, "C6": "Named otherwise"}
        return cells

    number = str(tender.tables()["1_products"][0]["product_ref"])
    send(tender, tmp_path, of_product(number))
    nothing_known = codes_of(tender, 0)
    tender.send()
    told = []
    for place, one in enumerate((number, number, "Another-1"), start=2):
        cells = of_product(one)
        cells["Declaration"]["D10"] = f"Version {place}"
        send(tender, tmp_path, cells)
        told.append("scope-not-our-models" in codes_of(tender, place))

    assert "scope-not-our-models" in nothing_known
    assert told == [False, False, True]
