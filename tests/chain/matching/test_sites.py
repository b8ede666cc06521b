"""The sites of a round and the page of each: who sees what, names, merging, splitting, taking back."""

from __future__ import annotations

import io

import openpyxl
import pytest
from sqlalchemy import insert, select

from framework.chain import site_page, sites
from framework.chain.matching import acts, decided, forms, merging, naming, undoing
from framework.chain.matching.questions import Sight
from framework.chain.sites import Filters
from framework.ground.errors import RuleBroken
from models.chain import Mention, Site
from models.disclosure import SubmissionRow
from models.matching import MatchDecision, MatchQuestion, SiteName
from models.people import User
from models.records import AuditEvent
from tests.chain.matching.test_acts import HEAD, NEIGHBOUR, OTHER, SPELT, SURE, mentions, rows, state
from tests.chain.matching.test_queue import queries_of
from tests.chain.opened import HARBOUR, STREET, Opened, hand_counted
from tests.memory import remembered

IDS = ("CN2021250D1DTN7", "CN2020318PE6A7H")


@pytest.fixture
@remembered
def lead(opened):
    return opened.build.person(opened.round.organisation, "lead")


@pytest.fixture
def page(opened, sign_in, session):
    """A function that gives the browser of the lead, once all is built."""

    def browser():
        user = opened.build.user(opened.round.organisation)
        session.commit()
        return sign_in(user, opened.round.organisation)

    return browser


def numbered(place, os_id):
    name, line = place
    return [*HEAD, ("3_sites", {"site_legal_name": name, "address_line": line, "country": "CN", "os_id": os_id})]


def listed(opened, reader, filters=None, **more):
    found, _page = sites.listing(opened.session, opened.round, reader, filters or Filters(), **more)
    return [one.mention.name for one in found]


def at(opened):
    return f"/rounds/{opened.round.public_id}/sites"


def test_the_list_holds_every_site_once_and_is_narrowed_and_sorted(opened):
    opened.built(rows(SURE, OTHER))
    opened.built([*rows(SPELT), ("3_sites", dict(HARBOUR))])
    lead = opened.reader(opened.round.organisation)

    assert listed(opened, lead) == ["Harbour Ltd", "Lakeside Optics Ltd", "Redstone Battery"]
    assert listed(opened, lead, Filters(named_by="several")) == ["Lakeside Optics Ltd"]
    assert listed(opened, lead, Filters(country="VN")) == ["Harbour Ltd"]
    assert listed(opened, lead, Filters(text="co., ltd")) == ["Lakeside Optics Ltd"], "another row of it says so"
    assert listed(opened, lead, Filters(text="mill kunshan")) == ["Redstone Battery"]
    assert listed(opened, lead, Filters(precision="zone")) == []
    assert listed(opened, lead, sort="-suppliers")[0] == "Lakeside Optics Ltd"
    assert listed(opened, lead, sort="-name")[0] == "Redstone Battery"
    covered = {"covers": lambda text: text.replace("Redstone", "Bidder A")}
    assert listed(opened, lead, Filters(text="redstone"), **covered) == []
    assert listed(opened, lead, **covered) == ["Redstone Battery", "Harbour Ltd", "Lakeside Optics Ltd"]
    assert listed(opened, lead, sort="-name", **covered)[-1] == "Redstone Battery"
    assert listed(opened, lead, sort="country", **covered) == ["Redstone Battery", "Lakeside Optics Ltd", "Harbour Ltd"]
    assert listed(opened, lead, sort="-country", **covered)[1:] == ["Redstone Battery", "Lakeside Optics Ltd"]
    assert listed(opened, lead, sort="-suppliers", **covered)[:2] == ["Lakeside Optics Ltd", "Redstone Battery"]
    assert listed(opened, lead, size=1, asked=2, **covered) == ["Harbour Ltd"]


def test_the_monitor_reads_the_sites_in_the_order_of_what_it_may_read(opened, sign_in, session):
    places = ("Zulu IT Works", "58 First Avenue, Kunshan"), ("Harbour Ltd", "12 Quay Road, Dalian")
    opened.built(rows(*places), name="Zulu IT")
    monitor = opened.build.organisation("monitor")
    user = opened.build.user(monitor)
    session.commit()
    browser = sign_in(user, monitor)

    text = browser.page(at(opened)).text
    book = openpyxl.load_workbook(io.BytesIO(browser.get(f"{at(opened)}.xlsx").data)).worksheets[0]

    assert text.index("Bidder A Works") < text.index("Harbour Ltd")
    assert [book[row][0].value for row in (2, 3)] == ["Bidder A Works", "Harbour Ltd"]


@pytest.mark.parametrize(
    ("who", "state", "seen"),
    [
        ("lead", "opened", True),
        ("member", "opened", True),
        ("evaluator", "opened", True),
        ("monitor", "opened", True),
        ("supplier", "opened", False),
        ("lead", "published", False),
    ],
)
def test_the_sites_have_a_tab_for_who_may_see_them(opened, sign_in, session, who, state, seen):
    submission = opened.built(rows(SURE))
    site = session.scalars(select(Site.public_id)).one()
    bodies = {"lead": opened.round.organisation, "member": opened.member, "supplier": submission.supplier}
    body = bodies.get(who) or opened.build.organisation("monitor" if who == "monitor" else "buyer")
    user = opened.build.user(body)
    if who == "evaluator":
        opened.build.appoint(opened.round, user, body, "evaluator")
    opened.round.state = state
    session.commit()
    browser = sign_in(user, body)
    tab = f'<a href="{at(opened)}"'

    assert (tab in browser.get(f"/rounds/{opened.round.public_id}").get_data(as_text=True)) is seen
    for place in ("", "?sort=-rows&country=CN", f"/{site}") if seen else ():
        assert f'{tab} aria-current="page">Sites</a>' in browser.get(at(opened) + place).get_data(as_text=True)


@pytest.mark.parametrize(
    ("level", "who", "seen"),
    [
        ("lead_and_monitor", "lead", True),
        ("lead_and_monitor", "monitor", True),
        ("lead_and_monitor", "member", False),
        ("buyers_linked", "member", True),
        ("buyers_linked", "other", False),
        ("consortium", "other", True),
    ],
)
def test_a_confidential_site_is_seen_by_those_who_may(opened, sign_in, session, level, who, seen):
    found = hand_counted()
    next(values for sheet, values in found if sheet == "3_sites")["confidentiality"] = level
    opened.built(found)
    monitor, other = opened.build.organisation("monitor"), opened.build.sign_on(opened.round, state="confirmed")
    bodies = {"lead": opened.round.organisation, "monitor": monitor, "member": opened.member}
    body = bodies.get(who, other.organisation)
    site = session.scalars(select(Site.public_id).where(Site.name == STREET["site_legal_name"])).one()
    user = opened.build.user(body)
    session.commit()
    browser = sign_in(user, body)

    assert (STREET["site_legal_name"] in browser.page(at(opened)).text) is seen
    assert browser.get(f"{at(opened)}/{site}").status_code == (200 if seen else 404)
    book = openpyxl.load_workbook(io.BytesIO(browser.get(f"{at(opened)}.xlsx").data)).worksheets[0]
    assert (STREET["site_legal_name"] in {row[0].value for row in book}) is seen


def test_what_is_not_opened_and_rounds_of_others_show_nothing(opened, page, session, build, clock, sign_in):
    opened.built(rows(SURE))
    opened.supplier(rows(OTHER), state="counted")
    others = Opened(session, build, clock)
    others.number = 100
    others.built(rows(SPELT))
    site = session.scalars(select(Site.public_id)).first()
    stranger = build.user(others.member)
    lead = page()

    shown = lead.page(f"{at(opened)}/{site}").text
    assert "1 row of other leads, which you may not see, names it too." in shown
    assert SPELT[0] not in shown
    assert OTHER[0] not in lead.page(at(opened)).text
    assert lead.get(at(others)).status_code == 404
    theirs = sign_in(stranger, others.member)
    for place in ("", f"/{site}", f"/{site}/merge", f"/{site}/split", "/decisions", ".xlsx"):
        assert theirs.get(f"{at(opened)}{place}").status_code == 404


def test_the_text_of_another_lead_is_never_the_name_of_a_site(opened, page, session, build, clock):
    others = Opened(session, build, clock)
    others.number = 100
    others.built(rows(SPELT))
    for _supplier in range(2):
        opened.built([*rows(SURE), ("4_links", {"product_ref": "P1", "site_ref": "S0"})])
    site = session.scalars(select(Site)).one()
    public_id = site.public_id
    assert site.name == SPELT[0]
    lead = page()

    lot = f"/rounds/{opened.round.public_id}/lots/{opened.lot.public_id}"
    for place in (at(opened), f"{at(opened)}/{public_id}", f"{lot}/comparison", f"{lot}/sites/{public_id}"):
        assert SPELT[0] not in lead.page(place).text
        assert SURE[0] in lead.page(place).text


def test_the_monitor_reads_no_bidder_on_the_pages_of_sites(opened, sign_in, session):
    opened.built(rows(("Northern IT Works", "58 First Avenue, Kunshan")), name="Northern IT")
    monitor = opened.build.organisation("monitor")
    user, site = opened.build.user(monitor), session.scalars(select(Site.public_id)).one()
    session.commit()
    browser = sign_in(user, monitor)

    for place in (at(opened), f"{at(opened)}/{site}", f"{at(opened)}/questions"):
        assert "northern" not in browser.get(place).get_data(as_text=True).casefold(), place
    assert "Bidder A Works" in browser.page(at(opened)).text
    assert "No site fits" in browser.page(f"{at(opened)}?q=Northern").text
    book = openpyxl.load_workbook(io.BytesIO(browser.get(f"{at(opened)}.xlsx").data)).worksheets[0]
    assert book[2][0].value == "Bidder A Works"


def test_the_page_of_a_site_shows_rows_models_audits_and_why(opened, page, session):
    opened.built(hand_counted(), name="Northern IT")
    opened.built(hand_counted(), name="Southern IT")
    site = session.scalars(select(Site.public_id).where(Site.name == STREET["site_legal_name"])).one()
    lead = page()

    shown = lead.get(f"{at(opened)}/{site}").get_data(as_text=True)
    text = lead.page(f"{at(opened)}/{site}").text

    assert "2 suppliers of this round name it" in text
    assert "tied: the description says the same" in text
    assert "column=site_legal_name" in shown, "the cell of the file"
    assert "(Lakeside Ltd)" not in text, "nothing was merged"
    assert "4 models and components" in text
    assert "valid until 1 Jan 2027" in text
    assert "What it makes for" in text, "the page of the lot where it is shared"


def test_the_plants_of_a_company_stand_together_and_stay_apart(opened, session):
    sheet = {"country": "CN", "parent_company": "Xinbo Group"}
    opened.built(
        [
            *HEAD,
            (
                "3_sites",
                sheet | {"site_legal_name": "Xinbo Optical Plant 1", "address_line": "18 Luoshan Road, Kunshan"},
            ),
            ("3_sites", sheet | {"site_legal_name": "Brightlens", "address_line": "7 Mill Lane, Suzhou"}),
            ("3_sites", {"site_legal_name": "Xinbo Optical Co., Ltd. Plant 2", "address_line": "9 Quay Road, Dalian"}),
            ("3_sites", {"site_legal_name": "Optical Works", "address_line": "3 Hill Road, Wuhan", "country": "CN"}),
        ]
    )
    first = session.scalars(select(Site).order_by(Site.id)).first()
    reader = opened.reader(opened.round.organisation)
    described = site_page.descriptions(session, first, opened.round, reader)

    found = site_page.of_its_company(session, first, described, opened.round, reader)

    assert {mention.name for _site, mention in found} == {"Brightlens", "Xinbo Optical Co., Ltd. Plant 2"}


def test_a_list_of_ten_thousand_sites_asks_the_database_no_more(opened, page, session):
    submission = opened.built(rows(SURE))
    row = session.scalars(select(SubmissionRow.id)).first()
    now = opened.clock()
    session.execute(
        insert(Site),
        [{"public_id": f"site{n:012d}", "name": f"Works {n}", "created_at": now, "version": 1} for n in range(10_000)],
    )
    numbers = session.scalars(select(Site.id).where(Site.public_id.startswith("site0"))).all()
    common = {"submission_id": submission.id, "row_id": row, "precision": "site", "country": "CN", "place_key": "x"}
    session.execute(
        insert(Mention), [common | {"site_id": n, "name": f"Works {n}", "address": f"{n} Hill Road"} for n in numbers]
    )
    lead = page()
    lead.get(at(opened))

    assert "10,001 sites" in lead.page(at(opened)).text
    assert queries_of(lead, at(opened)) <= 15, "head of the round and sign-in included"
    assert queries_of(lead, f"{at(opened)}?q=hill&sort=-country&page=7") <= 15


def test_a_typed_name_finds_the_site_from_then_on(opened, lead, session):
    opened.built(rows(SURE))
    site = session.scalars(select(Site)).one()
    said = {"actor": lead, "now": opened.clock(), "motive": "trade register"}

    naming.add_name(session, site, "Mirrorlake Instruments Co., Ltd.", "former_name", opened.round, **said)
    (found,) = mentions(opened, opened.built(rows(("Mirrorlake Instruments", SURE[1]))))

    assert found.site_id == site.id
    assert naming.NAMED in session.scalars(select(AuditEvent.kind).where(AuditEvent.round_id == opened.round.id)).all()
    with pytest.raises(RuleBroken, match="name-known"):
        naming.add_name(session, site, "MIRRORLAKE INSTRUMENTS", "also_known_as", opened.round, **said)
    for text, kind in ((" ", "former_name"), ("…", "former_name"), ("Mirror", "nickname")):
        with pytest.raises(RuleBroken, match="name-missing"):
            naming.add_name(session, site, text, kind, opened.round, **said)


def test_a_removed_name_finds_the_site_no_more(opened, lead, session):
    opened.built(rows(SURE))
    site = session.scalars(select(Site)).one()
    before = state(opened)
    given = naming.add_name(
        session, site, "湖畔光学", "other_script", opened.round, motive="", actor=lead, now=opened.clock()
    )
    name = session.scalars(select(SiteName)).one()

    ended = naming.end_name(session, site, name, opened.round, actor=lead, now=opened.clock())

    assert state(opened) == before
    with pytest.raises(RuleBroken, match="name-gone"):
        naming.end_name(session, site, name, opened.round, actor=lead, now=opened.clock())
    with pytest.raises(RuleBroken, match="later-decision"):
        undoing.undo(session, given, opened.round, actor=lead, now=opened.clock())
    undoing.undo(session, ended, opened.round, actor=lead, now=opened.clock())
    assert [one.text for one in forms.names_of(session, [site.id])[site.id]] == ["湖畔光学"]


def test_a_name_in_its_own_script_ties_equal_script(opened, lead, session):
    opened.built(rows(SURE))
    site = session.scalars(select(Site)).one()
    naming.add_name(session, site, "湖畔光学", "other_script", opened.round, motive="", actor=lead, now=opened.clock())

    (found,) = mentions(opened, opened.built(rows(("湖畔光学有限公司", SURE[1]))))

    assert found.site_id == site.id


def test_names_follow_a_merge_and_come_back(opened, lead, session):
    one, other = mentions(opened, opened.built(rows(SURE, OTHER)))
    lakeside, redstone = (session.get_one(Site, found.site_id) for found in (one, other))
    said = {"actor": lead, "now": opened.clock(), "motive": "bought"}
    naming.add_name(session, redstone, "Crimson Cells", "former_name", opened.round, **said)
    before = state(opened)

    merged = merging.merge(session, redstone, lakeside, opened.round, **said)

    assert [name.text for name in forms.names_of(session, [lakeside.id])[lakeside.id]] == ["Crimson Cells"]
    undoing.undo(session, merged, opened.round, actor=lead, now=opened.clock())
    assert state(opened) == before


def test_names_are_typed_and_removed_on_the_page(opened, page, session):
    opened.built(rows(SURE))
    home = f"{at(opened)}/{session.scalars(select(Site.public_id)).one()}"
    lead = page()

    assert "Type the name" in lead.send(f"{home}/names", {"name": "", "kind": "former_name"}, status=422).text
    given = lead.send(f"{home}/names", {"name": "Crimson Cells", "kind": "former_name", "motive": "register"}).text
    assert "Crimson Cells former name" in given
    assert "a name typed : register" in given.replace("typed:", "typed :")
    number = session.scalars(select(SiteName.id)).one()
    session.rollback()
    assert SURE[0] in lead.page(f"{at(opened)}?q=crimson").text
    assert "a typed name removed" in lead.send(f"{home}/names/{number}/remove").text
    assert lead.post(f"{home}/names/{number}/remove").status_code == 404


def test_two_sites_are_merged_on_the_page_and_the_old_id_leads_to_the_survivor(opened, page, session):
    opened.built(rows(SURE, OTHER))
    lakeside, redstone = session.scalars(select(Site.public_id).order_by(Site.id)).all()
    lead = page()

    hits = lead.page(f"{at(opened)}/{redstone}/merge?q=lakeside").text
    preview = lead.page(f"{at(opened)}/{redstone}/merge?other={lakeside}").text
    refused = lead.send(f"{at(opened)}/{redstone}/merge", {"other": lakeside, "survivor": lakeside}, status=422).text
    done = lead.send(
        f"{at(opened)}/{redstone}/merge", {"other": lakeside, "survivor": lakeside, "motive": "bought"}
    ).text
    old = lead.get(f"{at(opened)}/{redstone}")

    assert "Lakeside Optics Ltd" in hits
    assert "Make them one site" in preview
    assert "Say in a few words why" in refused
    assert "Redstone Battery, part of this site since" in done
    assert old.status_code == 302
    assert "Redstone Battery has been part of this site since" in lead.page(f"{at(opened)}/{redstone}").text
    again = lead.send(f"{at(opened)}/{lakeside}/merge", {"other": redstone, "motive": "again"}, status=422).text
    assert "These are one site already" in again
    number = session.scalars(select(MatchDecision.id).where(MatchDecision.kind == "merge")).one()
    session.rollback()
    lead.send(f"{at(opened)}/decisions/{number}/undo")
    assert lead.get(f"{at(opened)}/{redstone}").status_code == 200


def test_what_a_registry_tells_apart_is_merged_by_two_persons_only(opened, sign_in, session):
    opened.built(numbered(SURE, IDS[0]))
    opened.built(numbered(OTHER, IDS[1]))
    one, other = session.scalars(select(Site.public_id).order_by(Site.id)).all()
    body = opened.round.organisation
    first, second = (opened.build.user(body, name=name) for name in ("Anna Berg", "Bo Dahl"))
    session.commit()
    anna, bo = sign_in(first, body), sign_in(second, body)
    form = {"other": one, "survivor": one, "motive": "the registry errs"}

    assert "a second person must confirm" in anna.page(f"{at(opened)}/{other}/merge?other={one}").text
    proposed = anna.send(f"{at(opened)}/{other}/merge", form).text
    assert "Another person must confirm it" in proposed
    assert "already proposed" in anna.send(f"{at(opened)}/{other}/merge", form, status=422).text
    assert "Another person must confirm" in anna.send(f"{at(opened)}/{other}/merge/confirm").text
    assert anna.get(f"{at(opened)}/{other}").status_code == 200, "still two"
    assert "Anna Berg proposed" in bo.page(f"{at(opened)}/{other}").text
    assert "The two sites are one now" in bo.send(f"{at(opened)}/{other}/merge/confirm").text
    assert bo.get(f"{at(opened)}/{other}").status_code == 302


def test_a_proposal_to_merge_is_withdrawn(opened, page, session):
    opened.built(numbered(SURE, IDS[0]))
    opened.built(numbered(OTHER, IDS[1]))
    one, other = session.scalars(select(Site.public_id).order_by(Site.id)).all()
    lead = page()
    lead.send(f"{at(opened)}/{other}/merge", {"other": one, "survivor": one, "motive": "the registry errs"})

    assert "The proposal is withdrawn" in lead.send(f"{at(opened)}/{other}/merge/withdraw").text
    assert "Nobody has proposed this" in lead.send(f"{at(opened)}/{other}/merge/withdraw").text


def test_descriptions_are_taken_out_on_the_page_into_a_new_or_a_known_site(opened, page, session):
    opened.built(rows(SURE, OTHER))
    opened.built(rows(SPELT, ("Lakeside Optics", "58 First Avenue, Kunshan, Jiangsu")))
    site, other = session.scalars(select(Site.public_id).order_by(Site.id)).all()[:2]
    texts = {mention.name: mention.id for mention in session.scalars(select(Mention))}
    lead, there = page(), f"{at(opened)}/{site}/split"
    chosen = {"mention": texts["Lakeside Optics"]}

    assert "Jiangsu" in lead.page(there).text
    assert "Redstone Battery" in lead.page(f"{there}?q=mill").text
    assert "Choose where" in lead.send(there, chosen | {"motive": "gate 2"}, status=422).text
    assert "Choose some" in lead.send(there, {"to": "new", "motive": "gate 2"}, status=422).text
    moved = lead.send(there, chosen | {"to": other, "motive": "gate 2"}).text
    assert "moved to another site" in moved
    assert "Redstone Battery" in moved
    number = session.scalars(select(MatchDecision.id).where(MatchDecision.kind == "move")).one()
    session.rollback()
    lead.send(f"{at(opened)}/decisions/{number}/undo")
    assert "taken out of a site" in lead.send(there, chosen | {"to": "new", "motive": "gate 2"}).text


def test_what_a_person_moved_stays_where_it_was_put_when_the_list_comes_again(opened, lead, session):
    first = opened.built(rows(SURE, OTHER))
    one, other = mentions(opened, first)
    added = ("Lakeside Optics Ltd", "58 First Avenue, Kunshan, Jiangsu")
    (moved,) = mentions(opened, opened.built(rows(added)))
    assert moved.site_id == one.site_id
    target = session.get_one(Site, other.site_id)
    said = {"actor": lead, "now": opened.clock(), "motive": "gate 2"}
    merging.split(session, session.get_one(Site, one.site_id), [moved], opened.round, into=target, **said)

    (again,) = mentions(opened, opened.built(rows(added)))
    (as_before,) = mentions(opened, opened.built(rows(SURE)))

    assert again.site_id == target.id
    assert as_before.site_id == one.site_id
    assert session.scalar(select(MatchQuestion.id)) is None


def test_ids_that_differ_are_not_moved_together(opened, lead, session):
    first = opened.built([*numbered(SURE, IDS[0]), *numbered(("Lakeside Optics Works", "9 Hill Road"), IDS[0])[2:]])
    one, two = mentions(opened, first)
    (other,) = mentions(opened, opened.built(numbered(OTHER, IDS[1])))
    two.site_id = one.site_id
    session.flush()

    with pytest.raises(RuleBroken, match="ids-differ"):
        merging.split(
            session,
            session.get_one(Site, one.site_id),
            [two],
            opened.round,
            into=session.get_one(Site, other.site_id),
            motive="gate 2",
            actor=lead,
            now=opened.clock(),
        )


def test_later_decisions_are_listed_and_confirmed_before_one_is_taken_back(opened, page, session):
    opened.built(rows(SURE, OTHER))
    lakeside, redstone = session.scalars(select(Site.public_id).order_by(Site.id)).all()
    moved = session.scalars(select(Mention.id).where(Mention.name == OTHER[0])).one()
    lead = page()
    lead.send(f"{at(opened)}/{redstone}/merge", {"other": lakeside, "survivor": lakeside, "motive": "bought"})
    lead.send(f"{at(opened)}/{lakeside}/split", {"mention": moved, "to": "new", "motive": "sold again"})
    first, second = session.scalars(
        select(MatchDecision.id).where(MatchDecision.actor_id.is_not(None)).order_by(MatchDecision.id)
    ).all()
    session.rollback()

    shown = lead.page(f"{at(opened)}/decisions/{first}/undo").text
    refused = lead.send(f"{at(opened)}/decisions/{first}/undo", status=422).text
    done = lead.send(f"{at(opened)}/decisions/{first}/undo", {"also": second})

    assert "sold again" in shown
    assert "Take 2 decisions back" in shown
    assert "Later decisions stand on this one: 1" in refused
    assert done.text.count("taken back") >= 4
    assert lead.get(f"{at(opened)}/{redstone}").status_code == 200


def test_what_another_lead_decided_later_stays(opened, lead, session, build, clock):
    others = Opened(session, build, clock)
    others.number = 100
    one, other = mentions(opened, opened.built(rows(SURE, OTHER)))
    their = build.person(others.round.organisation, "lead")
    lakeside, redstone = (session.get_one(Site, found.site_id) for found in (one, other))
    said = {"now": clock(), "motive": "why"}
    merged = merging.merge(session, redstone, lakeside, opened.round, actor=lead, **said)
    later = merging.split(session, lakeside, [other], others.round, actor=their, **said)

    with pytest.raises(RuleBroken, match="later-elsewhere"):
        undoing.undo(session, merged, opened.round, actor=lead, now=clock(), also=[later.id])


@pytest.mark.parametrize("who", ["member", "monitor", "evaluator"])
def test_only_the_lead_merges_splits_and_names(opened, sign_in, session, who):
    opened.built(rows(SURE, OTHER))
    site, other = session.scalars(select(Site.public_id).order_by(Site.id)).all()
    body = {"member": opened.member}.get(who) or opened.build.organisation({"monitor": "monitor"}.get(who, "buyer"))
    user = opened.build.user(body)
    if who == "evaluator":
        opened.build.appoint(opened.round, user, body, "evaluator")
    session.commit()
    browser = sign_in(user, body)

    assert browser.get(f"{at(opened)}/{site}").status_code == 200
    for place in ("merge", "split"):
        assert browser.get(f"{at(opened)}/{site}/{place}").status_code == 403
    for place in ("merge", "split", "names", "merge/confirm", "merge/withdraw", "names/1/remove"):
        answer = browser.post(f"{at(opened)}/{site}/{place}", data={"other": other, "motive": "why", "name": "X"})
        assert answer.status_code == 403, place


def test_an_answer_keeps_what_spoke_for_and_against(opened, lead, session):
    opened.built(rows(SURE))
    opened.built(rows(NEIGHBOUR))
    question = session.scalars(select(MatchQuestion)).one()

    made = acts.answer(session, question, "different", site=None, motive="no", actor=lead, now=opened.clock())

    assert made.score == 840
    assert ["G1", {"one": "60", "other": "58"}] in made.reasons


@pytest.fixture
@remembered
def told_twice(opened, lead, session):
    """A round whose file meets that of an earlier round of the same lead, with something decided in each; the id of the site."""
    earlier = Opened(session, opened.build, opened.clock)
    earlier.round.organisation, earlier.number = opened.round.organisation, 100
    earlier.built(rows(SURE, OTHER))
    kept = {one.name: session.get_one(Site, one.site_id) for one in session.scalars(select(Mention))}
    said = {"actor": lead, "now": opened.clock()}
    naming.add_name(session, kept[SURE[0]], "Mirror Works", "former_name", earlier.round, motive="a secret", **said)
    opened.built(rows(SURE, NEIGHBOUR))
    question = session.scalars(select(MatchQuestion)).one()
    acts.answer(session, question, "neighbour", site=None, motive="two gates", **said)
    return opened, kept[SURE[0]].public_id


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ("lead", {"two gates", "a secret", "numbers differ"}),
        ("evaluator", {"two gates"}),
        ("member", set()),
    ],
)
def test_what_was_decided_is_for_who_sees_every_row_and_other_rounds_are_for_the_lead(
    told_twice, sign_in, session, who, told
):
    opened, site = told_twice
    body = {"lead": opened.round.organisation, "member": opened.member}.get(who) or opened.build.organisation("buyer")
    user = opened.build.user(body)
    if who == "evaluator":
        opened.build.appoint(opened.round, user, body, "evaluator")
    session.commit()
    browser = sign_in(user, body)

    def words_of(place):
        shown = browser.page(f"{at(opened)}/{place}").text
        return {one for one in ("two gates", "a secret", "numbers differ") if one in shown}

    assert words_of(site) == told
    assert ("What was decided" in browser.page(f"{at(opened)}/{site}").text) is (who != "member")
    if who != "member":
        assert words_of("decisions") == told


def test_who_decided_elsewhere_and_why_is_not_searched(opened, lead, session, build, clock):
    others = Opened(session, build, clock)
    others.number = 100
    their = build.person(others.round.organisation, "lead")
    session.get_one(User, their.user_id).name = "Carla Falk"
    (found,) = mentions(opened, opened.built(rows(SURE)))
    others.built(rows(SURE))
    site = session.get_one(Site, found.site_id)
    naming.add_name(session, site, "Crimson", "former_name", others.round, motive="hidden", actor=their, now=clock())
    naming.add_name(session, site, "Scarlet", "former_name", opened.round, motive="bought", actor=lead, now=clock())

    def hits(**narrowed):
        found, _page = decided.page(session, Sight(opened.round, True), decided.Filters(**narrowed))
        return [one.motive for one in found]

    assert hits() == ["bought", ""]
    assert hits(text="bought") == ["bought"]
    assert hits(text="hidden") == hits(text="Falk") == []
    assert hits(text="Lakeside") == ["bought", ""]
    assert hits(person=session.get_one(User, their.user_id).public_id) == []


def test_a_proposal_to_merge_is_of_one_lead_and_another_has_its_own(opened, sign_in, session, build, clock):
    others = Opened(session, build, clock)
    others.number = 100
    for one in (opened, others):
        one.built(numbered(SURE, IDS[0]))
        one.built(numbered(OTHER, IDS[1]))
    site, other = session.scalars(select(Site.public_id).order_by(Site.id)).all()
    bodies = [one.round.organisation for one in (opened, others)]
    users = [(build.user(body), body) for body in (*bodies, bodies[0])]
    session.commit()
    ours, theirs, second = (sign_in(user, body) for user, body in users)
    form = {"other": site, "survivor": site, "motive": "our own secret"}
    here, there = (f"{at(one)}/{other}" for one in (opened, others))

    ours.send(f"{here}/merge", form)
    shown = theirs.page(there).text
    assert "our own secret" not in shown
    assert "proposed to make" not in shown
    for act in ("withdraw", "confirm"):
        assert "Nobody has proposed this" in theirs.send(f"{there}/merge/{act}").text
    assert "Another person must confirm it" in theirs.send(f"{there}/merge", form | {"motive": "theirs"}).text
    assert "The proposal is withdrawn" in theirs.send(f"{there}/merge/withdraw").text
    assert "our own secret" in second.page(here).text
    assert "The two sites are one now" in second.send(f"{here}/merge/confirm").text
