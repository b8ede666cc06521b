"""What published lists count for: independence, days, brands, and stored figures that stay true."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from framework.chain.measures import stored
from framework.chain.measures.formulas import independent_ones, publishers_beyond
from framework.chain.measures.publishers import ids_of
from framework.chain.published import listings, lists, registries
from framework.disclosure.published_lists import read_entries
from framework.ground.errors import InvalidInput
from models.measures import ProductMeasures
from models.published import RegistryEntry
from tests.chain.measures.test_loading import figures, rows, said, second
from tests.chain.published.listed import DAY, LAKESIDE, book_of

ID, OTHER_ID = "CN2021250D1DTN7", "CN20190983B6AP6"
LATE = dt.date(2026, 10, 2)


def sources(here, submission):
    return said(here.opened, submission).nodes[0].places[0].sources


def published(here, submission):
    backing = said(here.opened, submission).nodes[0].places[0].told.backing
    return [(one.kind, one.name, one.by) for one in backing.published]


def entries(here, *lines, day=DAY, scheme="os"):
    read = read_entries(book_of(*lines, head="os_id,contributor,brand"), scheme)
    return registries.load(here.session, scheme, day, read, sha256="e" * 64, actor=here.lead, now=here.clock())


def built(here, **values):
    return here.opened.built(rows(**values))


def stale(here, submission):
    query = select(ProductMeasures.is_stale).where(ProductMeasures.submission_id == submission.id)
    return here.session.scalars(query.execution_options(populate_existing=True)).all()


def count(here):
    stored.count_next(here.session, here.round, now=here.clock())


def test_a_row_counts_once_a_person_matched_it_and_no_longer_when_taken_back(listed):
    first = built(listed)
    made = listed.load()
    assert sources(listed, first) == 0, "the program matches nothing"

    listing = listed.match(made, first)
    assert sources(listed, first) == 1
    assert published(listed, first) == [("list", "Fair Label", "Fair Foundation")]
    assert figures(listed.opened, first).values["corroboration"] == 1

    listings.undo(listed.session, listing, actor=listed.lead, now=listed.clock())
    assert sources(listed, first) == 0


def test_a_declined_row_and_a_list_taken_back_count_for_nothing(listed):
    first = built(listed)
    made = listed.load()
    listing = listed.rows(made)[0]
    listings.decline(listed.session, listing, actor=listed.lead, now=listed.clock())
    assert sources(listed, first) == 0
    listings.undo(listed.session, listing, actor=listed.lead, now=listed.clock())
    listed.match(made, first)

    lists.withdraw(listed.session, made, actor=listed.lead, now=listed.clock())

    assert sources(listed, first) == 0
    assert listed.load().id != made.id, "it may be loaded again"


@pytest.mark.parametrize(("day", "expected"), [(dt.date(2026, 10, 1), 1), (LATE, 0)])
def test_a_list_of_a_day_after_the_deadline_does_not_count(listed, day, expected):
    listed.clock.now = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    first = built(listed)
    listed.match(listed.load(day=day), first)
    entry = built(listed, site={"site_ref": "S2", "os_id": ID, "site_legal_name": "Harbour Ltd"})
    entries(listed, f"{ID},Fair Union,Acme", day=day)

    assert sources(listed, first) == expected
    assert sources(listed, entry) == expected


@pytest.mark.parametrize(("brand", "expected"), [(" ACME ", 1), ("Other", 0)])
def test_a_list_counts_for_the_brand_that_it_names(listed, brand, expected):
    first = built(listed)
    listed.match(listed.load(LAKESIDE.replace("Acme", brand)), first)

    assert sources(listed, first) == expected


def test_a_list_counts_for_the_brand_itself_but_not_where_the_brand_or_supplier_keeps_it(listed):
    own = listed.opened.built(rows(), name="Acme", kind="brand")
    for holder, expected in (("ACME", 0), ("Fair Foundation", 1)):
        listed.match(listed.load(label=holder, holder=holder), own)
        assert sources(listed, own) == expected


def test_a_list_follows_a_site_that_became_part_of_another(listed):
    from framework.chain.matching import merging

    first = built(listed)
    other = second(
        listed.opened, site={"site_ref": "X9", "site_legal_name": "Redstone Ltd", "address_line": "7 Mill Lane"}
    )
    listed.match(listed.load(), other)
    assert sources(listed, first) == 0

    gone, stays = listed.site(other), listed.site(first)
    merging.merge(listed.session, gone, stays, listed.round, motive="One gate.", actor=listed.lead, now=listed.clock())

    assert ("list", "Fair Label", "Fair Foundation") in published(listed, first)


def test_an_entry_of_somebody_else_counts_for_its_brand_where_the_row_gives_its_id(listed):
    first = built(listed, site={"os_id": ID})
    entries(listed, f"{ID},Fair Union,Acme", f"{OTHER_ID},Other Union,Acme", f"{ID},Third Union,", f"{ID},Fourth,Other")

    assert published(listed, first) == [("registry", "os", "Fair Union")]
    assert sources(listed, first) == 1


def test_the_other_ids_of_a_row_lead_to_entries_too(listed):
    first = built(listed, site={"other_registry_id": "rba: 12-34 | GLN:4012345000009"})
    read = read_entries(book_of("4012345000009,Fair Union,Acme", head="gln,contributor,brand"), "gln")
    registries.load(listed.session, "gln", DAY, read, sha256="e" * 64, actor=listed.lead, now=listed.clock())

    assert sources(listed, first) == 1
    assert ids_of(" cn-1 ", {"other_registry_id": "rba: 12-34|odd", "gln": "4"}) == {
        ("os", "CN1"),
        ("rba", "1234"),
        ("gln", "4"),
    }


def test_an_entry_of_the_reporting_party_its_registration_or_the_brand_is_left_out(listed):
    first = listed.opened.built(rows(site={"os_id": ID}), name="Northern IT")
    first.supplier.registration_no = "5560 1"
    listed.opened.build.organisation("supplier", supplier_kind="brand", name="Twin", registration_no="55601")
    entries(listed, f"{ID},northern it,Acme", f"{ID},ACME,Acme", f"{ID},Twin,Acme")

    assert published(listed, first) == []
    assert sources(listed, first) == 0


def test_a_contributor_that_is_another_supplier_or_keeps_the_list_too_counts_once(listed):
    first = built(listed, site={"os_id": ID})
    other = second(listed.opened)
    assert sources(listed, first) == 1

    entries(listed, f"{ID},{other.supplier.name},Acme", f"{ID},Fair Foundation,Acme")
    assert sources(listed, first) == 2
    listed.match(listed.load(), first)
    assert sources(listed, first) == 2


def test_stored_figures_are_marked_by_every_act_and_counted_again(listed):
    first = built(listed)
    bystander = listed.opened.built(
        rows(
            site={"site_ref": "B", "site_legal_name": "Harbour Ltd", "address_line": "1 Quay"},
            head={"brand": "Other"},
            product={"brand": "Other"},
        )
    )
    count(listed)
    made = listed.load()
    assert stale(listed, first) == [False], "nothing counts yet"

    listing = listed.match(made, first)
    assert (stale(listed, first), stale(listed, bystander)) == ([True], [False])
    count(listed)
    assert figures(listed.opened, first).values["corroboration"] == 1
    listings.undo(listed.session, listing, actor=listed.lead, now=listed.clock())
    assert stale(listed, first) == [True]
    count(listed)
    listed.match(made, first)
    count(listed)
    lists.withdraw(listed.session, made, actor=listed.lead, now=listed.clock())
    assert (stale(listed, first), stale(listed, bystander)) == ([True], [False])


def test_a_registry_marks_the_products_of_the_brands_it_names(listed):
    first = built(listed, site={"os_id": ID})
    count(listed)
    entries(listed, f"{ID},Fair Union,Other")
    assert stale(listed, first) == [False]

    entries(listed, f"{ID},Fair Union,acme", day=DAY - dt.timedelta(1))

    assert stale(listed, first) == [True]
    assert listed.session.query(RegistryEntry).count() == 2, "earlier loads stay"


@pytest.mark.parametrize(("day", "code"), [(DAY, "list-loaded"), (dt.date(2099, 1, 1), "list-in-future")])
def test_a_registry_is_not_loaded_twice_for_a_day_nor_for_the_future(listed, day, code):
    entries(listed, f"{ID},Fair Union,Acme")

    with pytest.raises(InvalidInput) as refused:
        entries(listed, f"{ID},Fair Union,Acme", day=day)

    assert refused.value.code == code


NAMES = st.sampled_from("abcdef")
MARKS = st.frozensets(st.sampled_from(["by:1", "by:2", "file:1", "file:2", "row:1", "name:a", "name:b"]), min_size=1)
PUBLISHERS = st.lists(st.tuples(NAMES, MARKS), max_size=6)


@given(own=MARKS, told=st.lists(MARKS, max_size=5), some=PUBLISHERS, more=PUBLISHERS)
def test_one_more_publisher_never_makes_them_fewer_and_their_order_does_not_matter(own, told, some, more):
    ones = independent_ones(own, told)
    before = publishers_beyond(own, ones, some)

    assert before <= publishers_beyond(own, ones, [*some, *more]) <= before + len(more)
    assert publishers_beyond(own, ones, [*more, *some]) == publishers_beyond(own, ones, [*some, *more])
    assert publishers_beyond(own, ones, [*some, *some]) == before


@given(own=MARKS, told=st.lists(MARKS, max_size=5), some=PUBLISHERS)
def test_the_reporting_party_and_sources_that_count_already_are_no_publishers(own, told, some):
    ones = independent_ones(own, told)
    own_ones = [(name, marks | {min(own)}) for name, marks in some]

    assert publishers_beyond(own, ones, own_ones) == 0
    assert publishers_beyond(own, ones, [(name, marks | {min(group)}) for name, marks in some for group in ones]) == 0
