"""From opened rows to figures: a hand-counted lot, who may see what, shared sites, the rows behind every figure."""

from __future__ import annotations

import io
import random

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from framework.chain import behind as behind_figures
from framework.chain import comparison
from framework.chain.build import build as build_chain
from framework.disclosure import confidentiality
from models.base import db
from models.chain import ChainBuild, Link, LotFigures, Mention, SharedSite
from models.disclosure import SubmissionRow
from tests.chain.opened import BAT, FA, MB, STREET, hand_counted


def test_the_figures_of_a_hand_counted_lot(opened):
    found = opened.figures(opened.built(hand_counted()))

    assert (found["products"], found["nodes"], found["disclosed"], found["precise"]) == (2, 6, 4, 3)
    assert found["kinds"] == {FA: [2, 2], MB: [1, 2], BAT: [1, 2]}
    assert found["reasons"] == {"unknown": 2}
    assert (found["minerals_asked"], found["minerals_answered"], found["smelters"]) == (2, 1, 1)
    assert (found["sites"], found["audits_valid"], found["audits_expired"]) == (3, 1, 1)
    assert found["due_diligence"] == {"full": 1, "none": 1}


def test_a_refusal_with_proof_is_told_apart_and_an_open_not_applicable_stays_asked(opened):
    rows = hand_counted()
    rows[6][1]["not_disclosed_evidence"] = "letter.pdf"
    rows.append(
        (
            "2_components",
            {
                "component_ref": "P2-BA",
                "product_ref": "P2",
                "component_type": BAT,
                "not_disclosed_reason": "not_applicable",
            },
        )
    )

    found = opened.figures(opened.built(rows))

    assert found["nodes"] == 6
    assert found["reasons"] == {"supplier_refused": 1, "not_applicable": 1}


def test_a_link_that_ended_before_the_deadline_discloses_nothing_now(opened):
    rows = hand_counted()
    rows[12][1]["valid_to"] = "2025-01-01"

    found = opened.figures(opened.built(rows))

    assert found["disclosed"] == 3
    assert found["reasons"] == {"trade_secret": 1, "unknown": 2}


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_the_order_of_rows_changes_no_figure(opened, seed):
    rows = hand_counted()
    expected = opened.figures(opened.built(rows))
    random.Random(seed).shuffle(rows)

    assert opened.figures(opened.built(rows)) == expected


@pytest.mark.parametrize("state", ["counted", "checked", "late"])
def test_nothing_is_derived_from_a_submission_that_is_not_opened(opened, state):
    assert opened.built(hand_counted(), state=state) is not None

    for table in (ChainBuild, Mention, Link, LotFigures, SharedSite):
        assert opened.session.scalar(select(func.count()).select_from(table)) == 0


def test_building_twice_changes_nothing(opened):
    submission = opened.built(hand_counted())

    build_chain(opened.session, submission, now=opened.clock())

    assert opened.session.scalar(select(func.count()).select_from(Mention)) == 3


def test_sites_of_two_suppliers_are_shared_with_the_quantity_behind_them(opened):
    opened.built(hand_counted())
    opened.built(hand_counted())
    lead = opened.reader(opened.round.organisation)

    found = comparison.compare(opened.session, opened.lot, lead)

    assert {(s.site.site.name, s.site.suppliers, s.quantity) for s in found.shared} == {
        ("Lakeside Ltd", 2, 420),
        ("Harbour Ltd", 2, 420),
    }


def test_a_confidential_site_is_shared_for_the_lead_and_not_for_members(opened):
    opened.built(hand_counted())
    opened.built(hand_counted())
    member = opened.reader(opened.member)

    found = comparison.compare(opened.session, opened.lot, member)

    assert [s.site.site.name for s in found.shared] == ["Lakeside Ltd"]


def test_a_company_wide_list_is_shown_and_scores_nothing(opened):
    opened.built(hand_counted())
    listed = opened.built([("sites", dict(STREET))], format="site-list")
    lead = opened.reader(opened.round.organisation)

    found = comparison.compare(opened.session, opened.lot, lead)

    line = next(one for one in found.lines if one.submission.id == listed.id)
    assert (line.figures["company_wide"], line.figures["products"], line.figures["nodes"]) == (1, 0, 0)
    assert [(s.site.site.name, s.site.suppliers, s.site.linked_suppliers) for s in found.shared] == [
        ("Lakeside Ltd", 2, 1)
    ]


LEVELS = ("public", "consortium", "buyers_linked", "lead_and_monitor")


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("lead", LEVELS),
        ("evaluator", LEVELS),
        ("monitor", LEVELS),
        ("linked member", LEVELS[:3]),
        ("other member", LEVELS[:2]),
    ],
)
def test_who_sees_a_row_of_which_level(opened, who, sees):
    rows = hand_counted()
    for number, level in enumerate(LEVELS):
        ref = f"L{number}"
        site = {"site_ref": ref, "site_legal_name": ref, "address_line": f"{number} Road", "country": "CN"}
        rows += [("3_sites", site | {"confidentiality": level}), ("4_links", {"product_ref": "P1", "site_ref": ref})]
    submission = opened.built(rows)
    reader = {
        "lead": lambda: opened.reader(opened.round.organisation),
        "monitor": lambda: opened.reader(opened.build.organisation("monitor")),
        "linked member": lambda: opened.reader(opened.member),
        "other member": lambda: opened.reader(opened.build.sign_on(opened.round, state="confirmed").organisation),
        "evaluator": lambda: appointed(opened, "evaluator"),
    }[who]()
    levels = confidentiality.levels_of(opened.session, submission)

    sites = select(SubmissionRow).where(SubmissionRow.sheet == "3_sites").order_by(SubmissionRow.id)
    found = opened.session.scalars(sites).all()

    seen = {row.read_values["confidentiality"] for row in found[3:] if reader.may_see(*levels.of(row))}
    assert seen == set(sees)


def appointed(opened, role):
    user = opened.build.user(opened.member)
    opened.build.appoint(opened.round, user, opened.member, role)
    return confidentiality.reader_of(opened.session, opened.round, opened.build.actor(user, opened.member))


def test_few_confidential_sites_are_not_counted_out_to_members(opened):
    opened.built(hand_counted())

    member = comparison.compare(opened.session, opened.lot, opened.reader(opened.member)).lines[0]
    lead = comparison.compare(opened.session, opened.lot, opened.reader(opened.round.organisation)).lines[0]

    assert (lead.figures["audits_valid"], member.figures["audits_valid"]) == (1, None)


@pytest.mark.parametrize("measure", [m for m in behind_figures.MEASURES if m not in ("company_wide", "sub_components")])
def test_every_figure_leads_to_sheet_and_row_in_two_clicks(pages, measure):
    browsers, here, there, ids = pages
    page = browsers["lead"].get(f"{there}?column={measure}").get_data(as_text=True)
    link = f"{there}/{ids[0]}/{measure}?brand=Acme"

    behind = browsers["lead"].get(link).get_data(as_text=True)
    row = behind.split(f"{here}/submissions/{ids[0]}/rows/")[1].split('"')[0]
    shown = browsers["lead"].page(f"{here}/submissions/{ids[0]}/rows/{row}")

    assert link in page
    assert "of sheet" in shown.text
    assert "a" * 64 in shown.text


def test_the_monitor_reads_letters_and_never_a_bidders_name(pages):
    browsers, here, there, ids = pages

    paths = (there, f"{here}/submissions", f"{here}/submissions/{ids[0]}?sheet=0_submission")
    for path in (*paths, f"{there}/{ids[0]}/disclosed?brand=1"):
        text = browsers["monitor"].page(path).text
        assert "Bidder A" in text, path
        assert "Northern IT" not in text, path
    assert browsers["monitor"].get(f"{here}/submissions/{ids[0]}/original").status_code == 404


def test_a_member_reads_no_confidential_row(pages):
    browsers, here, there, ids = pages

    text = browsers["member"].page(f"{here}/submissions/{ids[0]}?sheet=3_sites").text
    behind = browsers["member"].page(f"{there}/{ids[0]}/components?brand=Acme").text

    assert "Lakeside Ltd" in text
    assert "Harbour Ltd" not in text
    assert "Some rows are confidential" in text
    assert "Some rows are confidential" in behind
    assert browsers["member"].get(f"{here}/submissions/{ids[0]}/original").status_code == 404


def test_the_workbook_holds_numbers_and_no_formula(pages):
    browsers, _here, there, _ids = pages

    answer = browsers["lead"].get(f"{there}.xlsx")

    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert "=Evil Reseller" in [cell.value for cell in cells]
    assert {type(cell.value) for cell in book.worksheets[0][2][2:]} == {int, float, type(None)}


@pytest.mark.parametrize("asked_for", ["", "?column=changes&q=it&sort=-audits"])
@pytest.mark.parametrize("role", ["lead", "member", "monitor"])
def test_the_comparison_needs_at_most_25_queries(pages, role, asked_for):
    browsers, _here, there, _ids = pages
    asked = []
    listen = lambda *arguments: asked.append(arguments[2])  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        browsers[role].page(there + asked_for)
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)

    selects = [sql for sql in asked if sql.lstrip().upper().startswith("SELECT")]
    assert len(selects) <= 25, f"{len(selects)}\n" + "\n".join(selects)


@pytest.mark.parametrize("key", ["supplier", "brand", "disclosed", "precise", "minerals", "audits", "due_diligence"])
def test_the_comparison_sorts_both_ways_and_an_unknown_order_is_the_usual_one(pages, key):
    browsers, _here, there, _ids = pages

    for sort in (key, f"-{key}", "nonsense"):
        browsers["member"].page(f"{there}?sort={sort}")
    text = browsers["lead"].page(f"{there}?sort=supplier").text.split("opens the rows behind it")[1]

    assert text.index("=Evil Reseller") < text.index("Northern IT")


def test_a_shared_site_says_who_names_it_and_where(pages):
    browsers, _here, there, _ids = pages
    page = browsers["lead"].get(there).get_data(as_text=True)
    site = page.split(f"{there.removesuffix('/comparison')}/sites/")[1].split('"')[0]

    text = browsers["lead"].page(f"{there.removesuffix('/comparison')}/sites/{site}").text

    assert "Northern IT" in text
    assert "3_sites, row" in text


def test_a_stranger_finds_nothing_of_it(pages, build, sign_in, session):
    _browsers, here, there, ids = pages
    session.rollback()
    session.info["write"] = True
    other = build.organisation("supplier")
    stranger = sign_in(build.user(other), other)

    for path in (
        there,
        f"{there}.xlsx",
        f"{here}/submissions/{ids[0]}",
        f"{here}/comparison",
        f"{there}/{ids[0]}/products",
    ):
        assert stranger.get(path).status_code == 404, path
