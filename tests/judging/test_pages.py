"""The pages of judging: nothing is shown before the statement, and what a conflict keeps out is nowhere."""

from __future__ import annotations

import io
import json
import zipfile

import openpyxl
import pytest
from sqlalchemy import select

from framework.judging.conflicts import UNDERTAKING
from models.judging import Assessment, Conflict, ConflictStatement, Selection
from models.people import Organisation, User
from tests.memory import remembered

SECRET = "Northern IT"


@pytest.fixture
@remembered
def browsers(world, sign_in):
    """A browser for each person of the world."""
    people = {
        "lead": world.lead,
        "second": world.second_lead,
        "chair": world.chair,
        "evaluator": world.evaluators[1],
    }
    world.session.commit()
    return {
        key: sign_in(world.session.get(User, one.user_id), world.session.get(Organisation, one.organisation_id))
        for key, one in people.items()
    }


def here(world, tail=""):
    return f"/rounds/{world.round.public_id}{tail}"


def declare(world, browser, *submissions, **more):
    form = {"sign": "yes"}
    for one in submissions:
        form |= {f"bidder-{one.supplier.public_id}": "yes", f"reason-{one.supplier.public_id}": "worked there"}
    return browser.post(here(world, "/judging/conflicts"), data=form | more)


@pytest.mark.statements
@pytest.mark.parametrize("who", ["lead", "chair", "evaluator"])
def test_nothing_of_the_tenders_is_shown_before_the_statement(world, browsers, who):
    browser = browsers[who]
    lot = f"/lots/{world.lot.public_id}/comparison"
    pages = [lot, "/submissions", "/sites", "/leverage", f"/submissions/{world.north.public_id}"]

    before = [browser.get(here(world, page)) for page in pages]
    assert {one.status_code for one in before} <= {302, 404}
    assert any(one.status_code == 302 and "/judging/conflicts" in one.location for one in before)
    listed = browser.get(here(world, "/judging/conflicts"))
    assert listed.status_code == 200
    assert SECRET in listed.text
    assert "Bolt" in listed.text

    declare(world, browser)

    assert browser.get(here(world, lot)).status_code == 200


@pytest.mark.statements
def test_a_form_sent_before_the_statement_is_refused(world, browsers):
    answer = browsers["lead"].post(here(world, f"/judging/selection/{world.north.public_id}"), data={"act": "admit"})

    assert answer.status_code == 403
    assert world.session.scalars(select(Selection)).all() == []


@pytest.mark.statements
def test_the_statement_takes_one_click_more_than_conflicts_and_needs_no_script(world, browsers):
    answer = declare(world, browsers["chair"], world.north)

    assert answer.status_code == 303
    statement = world.session.scalars(select(ConflictStatement)).one()
    assert (statement.user_id, statement.undertaking) == (world.chair.user_id, UNDERTAKING)
    assert world.session.scalars(select(Conflict.supplier_id)).all() == [world.north.supplier_id]


@pytest.mark.statements
@pytest.mark.parametrize(
    ("more", "said"),
    [
        (lambda w: {f"bidder-{w.north.supplier.public_id}": "yes"}, "Say in a few words what the tie is."),
        (lambda w: {f"reason-{w.north.supplier.public_id}": "x"}, "You gave a reason and no tick."),
        (lambda w: {"sign": "", "brand-0": "yes", "reason-0": "x"}, "Sign the undertaking of confidentiality."),
    ],
)
def test_what_is_missing_is_said_at_its_place_and_what_was_typed_stays(world, browsers, more, said):
    answer = declare(world, browsers["chair"], **more(world))

    assert answer.status_code == 422
    assert said in answer.text
    assert world.session.scalars(select(ConflictStatement)).all() == []


@pytest.mark.statements
@pytest.mark.parametrize("who", ["lead", "chair", "evaluator"])
def test_a_conflict_leaves_the_tender_out_of_every_page(world, browsers, who):
    browser = browsers[who]
    declare(world, browsers["second"])
    declare(world, browser, world.north)
    number = world.north.public_id
    lot = f"/lots/{world.lot.public_id}"

    shown = [
        browser.get(here(world, page), follow_redirects=True)
        for page in (f"{lot}/comparison", "/submissions", "/sites", "/contradictions", "/not-applicable", "/judging")
    ]
    assert {one.status_code for one in shown} <= {200, 403}
    for one in shown:
        assert SECRET not in one.text
        assert number not in one.text
        assert "Acme" not in one.text
    assert any("Southern IT" in one.text for one in shown)
    gone = [f"/submissions/{number}", f"/judging/tenders/{number}", f"/judging/selection/{number}"]
    assert {browser.get(here(world, page)).status_code for page in gone} <= {404, 403}
    assert browser.get(here(world, f"/submissions/{number}")).status_code == 404


@pytest.mark.statements
def test_a_barred_lead_cannot_decide_about_the_tender_nor_learn_of_it(world, browsers):
    declare(world, browsers["lead"], world.north)
    declare(world, browsers["second"])

    barred = browsers["lead"].post(here(world, f"/judging/selection/{world.north.public_id}"), data={"act": "admit"})
    free = browsers["second"].post(here(world, f"/judging/selection/{world.north.public_id}"), data={"act": "admit"})

    assert (barred.status_code, free.status_code) == (404, 303)


def ready(world, browsers):
    """Everything the start needs."""
    for one in world.everybody:
        world.state(one)
    world.admit()
    world.session.commit()
    browsers["lead"].post(here(world, "/judging/share"))


def test_the_board_says_what_is_missing_shares_out_and_starts(world, browsers):
    lead = browsers["lead"]
    first = lead.get(here(world, "/judging"))
    assert "2 bidders are neither admitted nor excluded." in first.text
    early = lead.post(here(world, "/judging/start"))
    assert (early.status_code, world.round.state) == (409, "opened")

    ready(world, browsers)
    page = lead.get(here(world, "/judging"))
    assert "Everything is ready. The judging can start." in page.text
    assert lead.post(here(world, "/judging/start")).status_code == 303

    world.session.expire_all()
    assert world.round.state == "judging"
    assert {world.north.state, world.south.state} == {"in_review"}
    assert lead.get(here(world, "/judging")).status_code == 200


def test_a_sheet_that_comes_back_unchanged_changes_nothing_and_one_cell_is_one_change(world, browsers):
    ready(world, browsers)
    chair = browsers["chair"]
    content = chair.get(here(world, "/judging/assignments.xlsx")).data
    same = chair.post(here(world, "/judging/assignments"), data={"file": (io.BytesIO(content), "same.xlsx")})
    assert "This workbook changes nothing." in same.text

    preview = chair.post(
        here(world, "/judging/assignments"), data={"file": (io.BytesIO(one_cell_less(content)), "one.xlsx")}
    )
    assert preview.text.count("gives up:") == 1

    form = {name: _value(preview.text, name) for name in ("plan", "seal")}
    without = chair.post(here(world, "/judging/assignments/apply"), data=form)
    assert without.status_code == 303
    assert _voided(world) == 0, "a motive is needed"
    chair.post(here(world, "/judging/assignments/apply"), data=form | {"motive": "ill"})
    assert _voided(world) == 1
    chair.post(here(world, "/judging/assignments/apply"), data=form | {"motive": "ill again"})
    assert _voided(world) == 1, "two tabs: the second one is stale"


def one_cell_less(content):
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    head = next(row for row in sheet.iter_rows() if any("@" in str(cell.value) for cell in row))
    row = head[0].row + 1
    column = next(cell.column for cell in head if "@" in str(cell.value) and sheet.cell(row, cell.column).value == "x")
    sheet.cell(row, column).value = None
    changed = io.BytesIO()
    book.save(changed)
    return changed.getvalue()


def test_a_sheet_of_a_chair_who_is_tied_to_a_tender_is_done_for_the_others(world, browsers):
    ready(world, browsers)
    world.state(world.chair, world.north)
    world.session.commit()
    chair = browsers["chair"]
    content = chair.get(here(world, "/judging/assignments.xlsx")).data
    sent = {"file": (io.BytesIO(one_cell_less(content)), "one.xlsx")}
    preview = chair.post(here(world, "/judging/assignments"), data=sent)

    form = {name: _value(preview.text, name) for name in ("plan", "seal")}
    chair.post(here(world, "/judging/assignments/apply"), data=form | {"motive": "ill"})

    assert _voided(world) == 1


def _voided(world):
    world.session.expire_all()
    return len(world.session.scalars(select(Assessment.id).where(Assessment.state == "voided")).all())


def _value(text, name):
    import re

    found = re.search(rf'name="{name}"[^>]*>([^<]*)</textarea>|name="{name}" value="([^"]*)"', text)
    return (found.group(1) or found.group(2) or "").strip()


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([["Item", "nobody@example.org"], ["zzz", "x"]], "is no item of this round"),
        ([["Item", "nobody@example.org"], ["zzz", "x"]], "no evaluator of this round has this address"),
        ([["a", "b"]], "No evaluator stands in the head"),
    ],
)
def test_a_sheet_that_is_not_understood_is_told_and_does_nothing(world, browsers, cells, said):
    ready(world, browsers)
    text = "\n".join(",".join(row) for row in cells)

    answer = browsers["chair"].post(
        here(world, "/judging/assignments"),
        data={"file": (io.BytesIO(text.encode()), "odd.csv")},
        follow_redirects=True,
    )

    assert said in answer.text
    assert "Make all these changes" not in answer.text


def test_by_hand_a_tick_gives_and_the_chair_takes_away_with_a_reason(world, browsers):
    ready(world, browsers)
    page = here(world, f"/judging/tenders/{world.north.public_id}")
    one = world.session.scalars(select(Assessment).where(Assessment.submission_id == world.north.id)).first()
    user = world.session.get(User, one.user_id)
    pair = f"{one.item.public_id}:{user.public_id}"

    lead = browsers["lead"].post(page, data={"had": [pair], "motive": "no"})
    no_reason = browsers["chair"].post(page, data={"had": [pair]})
    done = browsers["chair"].post(page, data={"had": [pair], "motive": "ill"})
    again = browsers["chair"].post(page, data={"had": [pair], "motive": "ill"})

    assert (lead.status_code, no_reason.status_code, done.status_code, again.status_code) == (403, 422, 303, 409)
    back = browsers["chair"].post(page, data={"pair": [pair]})
    assert back.status_code == 303
    assert browsers["chair"].get(page).status_code == 200


def test_an_exclusion_takes_ground_evidence_hearing_and_two_persons(world, browsers):
    page = here(world, f"/judging/selection/{world.north.public_id}")
    form = {
        "act": "propose",
        "ground": "mandatory",
        "motive": "convicted",
        "evidence": "extract",
        "heard_on": "2026-11-20",
        "heard_words": "had nothing to say",
    }
    empty = browsers["lead"].post(page, data={"act": "propose"})
    assert empty.status_code == 422
    assert "It is heard before it is excluded." in empty.text
    assert browsers["lead"].post(page, data=form).status_code == 303
    assert browsers["lead"].post(page, data={"act": "confirm"}).status_code == 409, "the same person"
    assert "exclusion proposed" in browsers["second"].get(here(world, "/judging/selection")).text
    assert browsers["second"].post(page, data={"act": "confirm"}).status_code == 303

    world.session.expire_all()
    assert world.north.state == "excluded"
    assert world.session.scalars(select(Selection.ground)).all() == ["mandatory"]
    assert world.north.reason == "convicted"


def test_evaluators_are_named_from_members_alone(world, browsers, build):
    stranger = build.organisation("buyer")
    user = build.user(stranger)
    member = build.user(world.members[1])
    world.session.commit()
    page = here(world, "/judging/judges")

    def name(person, body, role="evaluator"):
        return browsers["lead"].post(page, data={"person": f"{person.public_id} {body.public_id}", "role": role})

    assert name(user, stranger).status_code == 403
    assert name(member, world.members[1]).status_code == 303
    assert name(member, world.members[1]).status_code == 422
    profile = f"{page}/{member.public_id}"
    assert browsers["lead"].post(profile, data={"capacity": "7", "languages": "NL, sv"}).status_code == 303
    assert browsers["lead"].post(profile, data={"capacity": "8", "version": ""}).status_code == 409, "two tabs"
    assert browsers["lead"].post(profile, data={"capacity": "seven", "version": "1"}).status_code == 422
    assert browsers["lead"].post(profile, data={"languages": "Dutch", "version": "1"}).status_code == 422
    assert browsers["lead"].post(profile, data={"withdraw": "evaluator"}).status_code == 303
    assert browsers["chair"].get(page).status_code == 403


def test_another_leads_round_is_not_found(world, browsers, build, clock, sign_in):
    other = build.organisation("lead")
    user = build.user(other)
    world.session.commit()
    stranger = sign_in(user, other)

    pages = ["", "/conflicts", "/judges", "/selection", "/assignments.xlsx", f"/tenders/{world.north.public_id}"]
    assert {stranger.get(here(world, f"/judging{page}")).status_code for page in pages} == {404}


@pytest.mark.statements
def test_whoever_has_a_conflict_still_sees_that_the_record_is_whole(world, browsers):
    declare(world, browsers["lead"])
    browsers["lead"].post(here(world, f"/judging/selection/{world.north.public_id}"), data={"act": "admit"})
    tied = browsers["second"]
    declare(world, tied, world.north)

    tied.post(here(world, "/record/verify"))
    page = tied.get(here(world)).text
    bundle = zipfile.ZipFile(io.BytesIO(tied.get(here(world, "/record/bundle.zip")).data))
    log = next(name for name in bundle.namelist() if name.endswith("log.jsonl"))
    entries = [json.loads(one) for one in bundle.read(log).decode().splitlines()]

    assert "Entries are missing" not in page
    assert ", unbroken since" in page
    assert [one["seq"] for one in entries] == list(range(1, len(entries) + 1))
    assert world.north.public_id not in "".join(map(str, entries))
