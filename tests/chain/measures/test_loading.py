"""From opened rows to measures: what each cell is worth, what confidential rows give away, and figures that stay true."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest
from sqlalchemy import select

from framework.chain import comparison
from framework.chain.matching import merging, undoing
from framework.chain.measures import brands, facts, reading, stored
from framework.chain.measures.product import Figures, measure
from framework.disclosure.veil import opened as opened_ones
from framework.ground import jobs
from models.chain import Mention, Product, Site
from models.disclosure import SmelterListing, SmelterLoad
from models.measures import LotMeasures, ProductMeasures
from models.records import Job
from tests.chain.opened import BAT, FA, MB, STREET, hand_counted
from tests.memory import remembered

WORKERS = {
    "workers_total": "120",
    "workers_women_pct": 40,
    "workers_migrant_or_agency_pct": 5,
    "trade_union": "no",
    "worker_committee": "yes",
}
WHOLE = STREET | {"parent_company": "Lakeside Group", "facility_type": FA} | WORKERS
LINK = {"product_ref": "P1", "site_ref": "S1", "share_of_production_pct": 100, "valid_from": "2025-01-01"}


def rows(*more, site=None, link=None, product=None, head=None):
    """One model with one assembly site, told in full."""
    return [
        (
            "0_submission",
            {"brand": "Acme", "scope": "contract_models", "data_as_of": "2026-09-01"} | (head or {}),
        ),
        (
            "1_products",
            {"product_ref": "P1", "lot": "L1", "brand": "Acme", "model_name": "One", "category": "laptop"}
            | (product or {}),
        ),
        ("3_sites", {"site_ref": "S1"} | WHOLE | (site or {})),
        ("4_links", LINK | {"site_ref": (site or {}).get("site_ref", "S1")} | (link or {})),
        *more,
    ]


@pytest.fixture
@remembered
def small(opened):
    """A round that asks for the final assembly alone, on a day that tests can count from."""
    opened.lot.required_components, opened.lot.minerals = [], []
    opened.round.tender_deadline = dt.datetime(2026, 10, 1, 10, tzinfo=dt.UTC)
    opened.session.flush()
    return opened


def said(opened, submission, *, number=0):
    products = opened.session.scalars(
        select(Product).where(Product.submission_id == submission.id).order_by(Product.id)
    ).all()
    return facts.load(opened.session, opened.round, products, opened_ones(opened.session, opened.round))[number]


def figures(opened, submission, *, number=0):
    found = said(opened, submission, number=number)
    return measure(found.nodes, found.on, facts.scale(opened.round))


@pytest.mark.parametrize(
    ("site", "link", "completeness"),
    [
        ({}, {}, "1"),
        ({"parent_company": "", "facility_type": ""}, {}, "0.70"),
        ({"trade_union": "unknown", "workers_total": None}, {"share_of_production_pct": None}, "0.91"),
        ({"address_line": ""}, {}, "0.75"),
        ({"address_line": "", "os_id": "CN2021250D1DTN7"}, {}, "0.75"),
        ({"site_legal_name": ""}, {}, "0.75"),
        ({}, {"valid_from": None, "share_of_production_pct": None}, "0.90"),
        ({}, {"share_of_production_pct": 60}, "0.60"),
    ],
)
def test_completeness_of_a_loaded_site(small, site, link, completeness):
    found = figures(small, small.built(rows(site=site, link=link)))

    assert found.values["completeness"] == Fraction(completeness)


@pytest.mark.parametrize(
    ("link", "head", "freshness"),
    [
        ({}, {}, "1"),
        ({"row_as_of": "2025-11-01"}, {}, "0.90"),
        ({}, {"data_as_of": "2025-03-01"}, "0.75"),
        ({"row_as_of": "2027-01-01"}, {}, None),
        ({}, {"data_as_of": None}, None),
    ],
)
def test_a_row_is_as_old_as_it_says_else_as_its_brand(small, link, head, freshness):
    found = figures(small, small.built(rows(link=link, head=head)))

    assert found.values["freshness"] == (None if freshness is None else Fraction(freshness))


@pytest.mark.parametrize(
    ("link", "whole"),
    [
        ({}, True),
        ({"share_of_production_pct": 60}, False),
        ({"share_of_production_pct": None, "dual_sourced": False}, True),
        ({"share_of_production_pct": None}, False),
    ],
)
def test_an_assembly_is_known_in_whole_by_shares_or_by_its_one_maker(small, link, whole):
    assert figures(small, small.built(rows(link=link))).whole is whole


@pytest.mark.parametrize("values", [{"valid_to": "2026-01-01"}, {"valid_from": "2027-01-01"}])
def test_a_link_that_does_not_hold_on_the_day_discloses_nothing(small, values):
    found = said(small, small.built(rows(link=values)))

    assert [node.is_disclosed for node in found.nodes] == [False]


def test_a_file_about_the_whole_company_is_not_scored(small):
    found = said(small, small.built(rows(head={"scope": "company_wide"})))

    assert [(node.is_disclosed, node.reason) for node in found.nodes] == [(False, facts.COMPANY_WIDE)]


def test_a_hand_counted_lot(opened):
    submission = opened.built(hand_counted())

    one, two = said(opened, submission), said(opened, submission, number=1)

    assert [(n.level, n.kind, n.is_disclosed) for n in one.nodes] == [
        ("fa", FA, True),
        ("co", MB, True),
        ("co", BAT, True),
        ("sm", "tin", True),
        ("sm", "gold", False),
    ]
    assert [n.reason for n in two.nodes] == ["", "unknown", facts.ABSENT, "", "unknown"]


@pytest.mark.parametrize(
    ("smelter", "completeness", "precision"),
    [
        (
            {"smelter_name": "Tin Works", "smelter_city": "Muntok", "smelter_country": "ID", "smelter_id": "CID1"},
            "1",
            "0.6",
        ),
        ({"smelter_name": "Tin Works", "smelter_city": "Muntok", "smelter_country": "ID"}, "65/85", "0.6"),
        ({"smelter_name": "Tin Works"}, "40/85", "0"),
    ],
)
def test_a_smelter_is_worth_what_is_told_of_it(small, smelter, completeness, precision):
    small.lot.minerals = ["tin"]
    found = said(small, small.built(rows(("5_smelters", {"mineral": "tin", "applies_to": "company"} | smelter))))

    alone = measure([node for node in found.nodes if node.level == "sm"], found.on, facts.scale(small.round))
    assert alone.values["completeness"] == Fraction(completeness)
    assert alone.values["precision"] == Fraction(precision)


def test_origins_of_a_mineral_are_countries_else_names_of_mines(small):
    small.lot.minerals, small.lot.asks_mines = ["tin", "gold"], True
    tin = {"mineral": "tin", "applies_to": "P1", "smelter_name": "Works", "mine_or_origin_country": ["ID", "BO"]}
    gold = {"mineral": "gold", "applies_to": "company", "smelter_name": "Works", "mine_name": "Deep Shaft"}
    found = said(small, small.built(rows(("5_smelters", tin), ("5_smelters", gold))))

    told = {
        node.kind: [(p.told.origin, p.precision) for p in node.places] for node in found.nodes if node.level == "mi"
    }

    assert told == {"tin": [("ID", "country"), ("BO", "country")], "gold": [("Deep Shaft", "name_only")]}


def test_another_supplier_of_the_brand_corroborates_and_its_copy_does_not(small):
    first = small.built(rows())
    assert figures(small, first).values["corroboration"] == 0

    copy = small.supplier(rows())
    copy.file.sha256 = "b" * 64
    build(small, copy)
    assert figures(small, first).values["corroboration"] == 0

    other = small.supplier(rows(site={"site_ref": "X9"}))
    other.file.sha256 = "c" * 64
    build(small, other)

    assert figures(small, first).values["corroboration"] == 1
    assert said(small, first).nodes[0].places[0].told.backing.copies[-1] == 1


def build(opened, submission):
    from framework.chain.build import build as build_chain

    build_chain(opened.session, submission, now=opened.clock())


def second(opened, **values):
    """Another supplier that names the same site under a key of its own, in a file of its own."""
    submission = opened.supplier(rows(**({"site": {"site_ref": "X9"}} | values)))
    submission.file.sha256 = f"{submission.id:064d}"
    build(opened, submission)
    return submission


@pytest.mark.parametrize("brand", ["acme", " ACME "])
def test_a_brand_in_other_spelling_is_the_same_brand(small, brand):
    first = small.built(rows())
    second(small, product={"brand": brand}, head={"brand": brand})

    assert figures(small, first).values["corroboration"] == 1


def test_another_brand_at_the_same_site_says_nothing_of_this_one(small):
    first = small.built(rows())
    second(small, product={"brand": "Other"}, head={"brand": "Other"})

    assert figures(small, first).values["corroboration"] == 0


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ({}, 1),
        ({"report_shared": "none"}, 0),
        ({"scheme": "brand_own"}, 0),
        ({"valid_until": "2026-09-30"}, 0),
        ({"auditor_body": "ACME"}, 0),
    ],
)
def test_a_shared_valid_report_of_somebody_else_is_a_source(small, values, count):
    audit = {
        "audit_ref": "A1",
        "site_ref": "S1",
        "scheme": "sa8000",
        "auditor_body": "Open Auditing",
        "valid_until": "2027-01-01",
        "report_shared": "summary",
    }
    first = small.built(rows(("6_audits", audit | values)))

    assert said(small, first).nodes[0].places[0].sources == count


@pytest.mark.parametrize(("day", "count"), [(dt.date(2026, 9, 1), 1), (dt.date(2026, 11, 1), 0)])
def test_a_register_of_the_day_lists_a_smelter(small, day, count):
    small.lot.minerals = ["tin"]
    load = small.build.add(SmelterLoad(source="A list", day=day, sha256="a" * 64, created_at=small.clock()))
    small.build.add(SmelterListing(load_id=load.id, mineral="tin", name="Tin Works", number="CID000001"))
    row = {"mineral": "tin", "applies_to": "company", "smelter_name": "Tin Works", "smelter_id": "CID000001"}

    found = said(small, small.built(rows(("5_smelters", row))))

    assert found.nodes[1].places[0].sources == count


def test_smelters_and_origins_are_corroborated_by_other_files(small):
    small.lot.minerals, small.lot.asks_mines = ["tin"], True
    row = {"mineral": "tin", "applies_to": "company", "smelter_name": "Tin Works", "mine_or_origin_country": ["ID"]}
    first = small.built(rows(("5_smelters", row)))
    other = small.supplier(rows(("5_smelters", row | {"smelter_name": "TIN  works"}), site={"site_ref": "X9"}))
    other.file.sha256 = "b" * 64
    build(small, other)

    assert [node.places[0].sources for node in said(small, first).nodes] == [1, 1, 1]


def the_stored(opened, submission):
    opened.session.flush()
    found = opened.session.scalars(select(ProductMeasures).where(ProductMeasures.submission_id == submission.id)).one()
    assert not found.is_stale
    return Figures.read(found.figures)


def test_stored_figures_change_when_another_submission_is_built(small):
    first = small.built(rows())
    assert the_stored(small, first).values["corroboration"] == 0

    second(small)

    assert the_stored(small, first).values["corroboration"] == 1
    assert the_stored(small, first) == figures(small, first)


def test_stored_figures_change_with_merges_splits_and_taking_back(small):
    first = small.built(rows())
    other = second(small, site={"site_ref": "X9", "site_legal_name": "Redstone Ltd", "address_line": "7 Mill Lane"})
    lead = small.build.person(small.round.organisation, "lead")
    one, two = [
        small.session.get_one(
            Site, small.session.scalars(select(Mention.site_id).where(Mention.submission_id == s.id)).one()
        )
        for s in (first, other)
    ]
    assert the_stored(small, first).values["corroboration"] == 0

    decision = merging.merge(small.session, two, one, small.round, motive="One gate.", actor=lead, now=small.clock())
    small.work()
    assert [the_stored(small, s).values["corroboration"] for s in (first, other)] == [1, 1]

    undoing.undo(small.session, decision, small.round, actor=lead, now=small.clock())
    small.work()
    assert [the_stored(small, s).values["corroboration"] for s in (first, other)] == [0, 0]


def test_more_than_one_slice_is_counted_by_a_job(small, monkeypatch):
    monkeypatch.setattr(stored, "SLICE", 1)
    monkeypatch.setattr(stored.count_next, "__kwdefaults__", {"most": 1})
    again = (
        "1_products",
        {"product_ref": "P2", "lot": "L1", "brand": "Acme", "model_name": "Two", "category": "laptop"},
    )
    submission = small.built(rows(again))
    lead = small.reader(small.round.organisation)
    line = comparison.compare(small.session, small.lot, lead).lines[0]
    assert reading.overview(small.session, small.lot, line, lead).stale == 1
    job = small.session.scalars(select(Job).where(Job.kind == stored.MEASURE_JOB)).one()
    assert job.payload == {"round": small.round.public_id}

    assert stored.count_next(small.session, small.round, now=small.clock()) == 1

    assert reading.overview(small.session, small.lot, line, lead).stale == 0
    assert small.session.query(ProductMeasures).filter_by(submission_id=submission.id, is_stale=False).count() == 2


def test_what_was_built_before_there_were_measures_is_counted(small):
    small.built(rows())
    small.session.query(ProductMeasures).delete()
    small.session.query(LotMeasures).delete()

    assert stored.go_on(small.session, now=small.clock()) == 1
    assert stored.go_on(small.session, now=small.clock()) == 0
    stored.count_next(small.session, small.round, now=small.clock())

    assert small.session.query(LotMeasures).count() == 1


@pytest.mark.parametrize(
    ("state", "minutes", "begun"), [("waiting", 0, 0), ("running", 0, 0), ("failed", 59, 0), ("failed", 61, 1)]
)
def test_a_job_that_failed_for_good_is_begun_again_after_a_rest(small, state, minutes, begun):
    small.built(rows())
    small.session.query(ProductMeasures).update({"is_stale": True})
    job = jobs.enqueue(small.session, stored.MEASURE_JOB, now=small.clock(), round=small.round.public_id)
    job.state, job.finished_at = state, small.clock() if state == "failed" else None

    assert stored.go_on(small.session, now=small.clock() + dt.timedelta(minutes=minutes)) == begun


def test_a_job_that_failed_for_good_does_not_keep_the_next_slice_from_being_counted(small):
    small.built(rows(("1_products", {"product_ref": "P2", "lot": "L1", "brand": "Acme", "model_name": "Two"})))
    small.session.query(ProductMeasures).update({"is_stale": True})
    job = jobs.enqueue(small.session, stored.MEASURE_JOB, now=small.clock(), round=small.round.public_id)
    job.state, job.finished_at = "failed", small.clock()

    stored.count_next(small.session, small.round, now=small.clock(), most=1)

    assert small.session.query(Job).filter_by(kind=stored.MEASURE_JOB, state="waiting").count() == 1


@pytest.mark.parametrize("state", ["counted", "checked", "late"])
def test_nothing_is_measured_before_the_opening(small, state):
    small.built(rows(), state=state)

    assert small.session.query(ProductMeasures).count() == 0


def test_a_line_a_brand_a_supplier_and_a_lot_are_rolled_up_by_the_pool(small):
    other = (
        "1_products",
        {"product_ref": "P2", "lot": "L1", "brand": "Beta", "model_name": "Two", "category": "laptop"},
    )
    small.built(rows(other))
    second(small)
    lead = small.reader(small.round.organisation)
    line = comparison.compare(small.session, small.lot, lead).lines[0]

    found = reading.overview(small.session, small.lot, line, lead)

    told = [one.values["completeness"].value for one in (found.line, found.brand, found.supplier, found.lot)]
    assert told == [1, 1, Fraction(1, 2), Fraction(3, 4)]
    assert (found.line.quantity, found.supplier.quantity) == (210, 420)


def test_gaps_of_confidential_rows_are_shown_to_those_who_see_the_rows(small):
    small.built(rows(site={"parent_company": "", "confidentiality": "lead_and_monitor"}))
    lead, member = small.reader(small.round.organisation), small.reader(small.member)
    line = comparison.compare(small.session, small.lot, lead).lines[0]

    of_lead = reading.overview(small.session, small.lot, line, lead)
    of_member = reading.overview(small.session, small.lot, line, member)

    assert [one.gap.what for one in of_lead.gaps["completeness"]] == ["parent"]
    assert not of_lead.hides_gaps
    assert (of_member.gaps["completeness"], of_member.hides_gaps) == ([], True)
    assert of_member.line == of_lead.line


def test_a_confidential_row_of_another_supplier_is_no_source_to_members(small):
    first = small.built(rows())
    second(small, site={"site_ref": "X9", "confidentiality": "lead_and_monitor"})

    backing = said(small, first).nodes[0].places[0].told.backing

    assert backing.sources == (0, 0, 1)


def test_a_row_for_linked_members_is_a_source_to_them_within_its_lot(small):
    first = small.built(rows())
    second(small, site={"site_ref": "X9", "confidentiality": "buyers_linked"})

    assert said(small, first).nodes[0].places[0].told.backing.sources == (0, 1, 1)


def brand_of(opened, reader):
    lines = comparison.lines(opened.session, opened.lot, reader)
    submissions = opened_ones(opened.session, opened.round)
    return brands.brand(opened.session, opened.lot, lines, lines[0], reader, submissions)


@pytest.mark.parametrize(
    ("values", "verdicts"),
    [
        ({}, [brands.AGREE]),
        ({"link": {"share_of_production_pct": 60}}, [brands.SHARES_DIFFER]),
        ({"link": {"share_of_production_pct": None}}, [brands.SHARE_MISSING]),
        (
            {"site": {"site_ref": "X9", "site_legal_name": "Redstone Ltd", "address_line": "7 Mill Lane"}},
            [brands.ONE_TELLS, brands.ONE_TELLS],
        ),
        ({"product": {"model_name": "Quite another"}}, [brands.ONE_OFFERS]),
    ],
)
def test_a_brand_page_says_where_suppliers_differ(small, values, verdicts):
    small.built(rows())
    second(small, **values)

    found = brand_of(small, small.reader(small.round.organisation))

    assert [row.verdict for row in found.models[0].rows] == verdicts
    assert len(found.lines) == 2
    assert not found.hides


def test_a_brand_page_says_of_a_confidential_place_only_that_it_is_confidential(small):
    small.built(rows())
    second(small, site={"site_ref": "X9", "confidentiality": "lead_and_monitor"})

    found = brand_of(small, small.reader(small.member))

    row = found.models[0].rows[0]
    assert [cell.state for cell in row.cells] == [brands.NAMED, brands.HIDDEN]
    assert (row.verdict, found.hides) == (brands.ONE_OFFERS, True)
