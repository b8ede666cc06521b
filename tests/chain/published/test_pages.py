"""The pages and the commands of published lists: loading, matching, taking back, who may, and what is refused."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select

from framework.chain.published import listings, lists
from framework.ground import jobs
from framework.ground.errors import InvalidInput, NotAllowed, NotFound, RuleBroken, WrongPhase
from models.chain import Product
from models.judging import Conflict
from models.published import FactoryList, FactoryListing, RegistryEntry
from models.records import AuditEvent, Job
from tests.chain.measures.test_loading import rows
from tests.chain.published.listed import DAY, HEAD, LAKESIDE, sent

HARBOUR = "Acme,Far Away Works,9 Other Road,Lima,Peru,F-2"
BROKEN = "Acme,,1 Road,Town,China,F-3"


@pytest.fixture
def here(listed):
    listed.first = listed.opened.built(rows(), name="Northern IT")
    return listed


def browser_of(here, sign_in, kind="lead"):
    organisation = here.round.organisation if kind == "lead" else here.opened.member
    if kind in ("monitor", "supplier"):
        organisation = here.opened.build.organisation(kind)
    user = here.opened.build.user(organisation)
    if kind in ("chair", "evaluator"):
        here.opened.build.appoint(here.round, user, organisation, kind)
    here.session.commit()
    return sign_in(user, organisation)


def place(here):
    return f"/rounds/{here.round.public_id}/factory-lists"


def work(here):
    """The job that looks for sites, as a worker does it."""
    here.session.rollback()
    here.session.info["write"] = True
    for job in here.session.scalars(select(Job).where(Job.kind == lists.LOOK_JOB, Job.state == "waiting")):
        jobs.runner_of(job.kind)(here.session, job, here.clock)
        jobs.finish(job, now=here.clock())
    here.session.commit()


def the_listing(here):
    found = here.session.scalars(select(FactoryListing).order_by(FactoryListing.id)).first()
    number, public_id = found.id, found.source.public_id
    here.session.rollback()
    return f"{place(here)}/{public_id}", f"{place(here)}/{public_id}/{number}"


def test_the_lead_loads_a_list_matches_a_row_sees_it_on_the_model_and_takes_it_back(here, sign_in):
    lead = browser_of(here, sign_in)
    empty = lead.page(place(here))
    loaded = lead.send(place(here), sent(LAKESIDE, HARBOUR, BROKEN), content_type="multipart/form-data")
    work(here)
    listed, row = the_listing(here)

    assert "No factory list is loaded." in empty.text
    assert "2 rows were read." in loaded.text
    assert "It names no factory" in loaded.text
    page = lead.page(listed)
    assert "no site of this round is like it" in page.text
    assert "Lakeside Ltd" in page.text
    side = lead.page(row)
    assert "equal after cleaning" in side.text
    with here.session.no_autoflush:
        site = here.site(here.first).public_id
    here.session.rollback()
    done = lead.send(row, {"act": "match", "site": site})
    assert "1 of 2 rows are matched" in lead.page(listed).text
    assert "is settled" in done.text
    here.session.rollback()
    model = here.first.id
    number = here.session.scalars(select(Product.id).where(Product.submission_id == model)).first()
    lot = f"/rounds/{here.round.public_id}/lots/{here.opened.lot.public_id}"
    submission = here.first.public_id
    here.session.rollback()
    assert "factory list of Fair Label" in lead.page(f"{lot}/products/{number}").text
    behind = lead.page(f"{lot}/measures/{submission}/corroboration?brand=Acme")
    assert "1 other source names it" in behind.text
    assert "factory list of Fair Label" in behind.text
    assert "factory list of Fair Label" not in lead.page(f"{lot}/measures/{submission}/precision?brand=Acme").text
    assert "Taken back." in lead.send(row, {"act": "undo"}).text
    assert "0 of 2 rows are matched" in lead.page(listed).text
    gone = lead.send(listed, {"act": "withdraw"})
    assert "Nothing of it counts." in gone.text
    kinds = here.session.scalars(
        select(AuditEvent.kind).where(AuditEvent.kind.startswith("factory")).order_by(AuditEvent.seq)
    ).all()
    assert kinds == [
        "factory_list.loaded",
        "factory_listing.matched",
        "factory_listing.undone",
        "factory_list.withdrawn",
    ]


@pytest.mark.parametrize(
    ("lines", "change", "said"),
    [
        ([LAKESIDE], {"label": ""}, "Type the name of the label."),
        ([LAKESIDE], {"holder": " "}, "Type the organisation that keeps the list"),
        ([LAKESIDE], {"day": "soon"}, "Give the day that the list speaks of."),
        ([LAKESIDE], {"day": "2099-01-01"}, "lies in the future"),
        ([LAKESIDE], {"label": "x" * 121}, "At most 120 characters."),
        ([BROKEN], {}, "No row of the list could be read."),
        (["x"], {"head": "a"}, "No row of column names was found"),
        ([], {"file": (b"", "list.csv")}, "empty"),
        ([], {"file": (b"", "")}, "Choose a file first."),
        ([], {"file": (b"PK\x03\x04 broken", "list.xlsx")}, "file"),
    ],
)
def test_what_cannot_be_loaded_comes_back_with_what_was_typed_and_what_to_do(here, sign_in, lines, change, said):
    lead = browser_of(here, sign_in)
    data = sent(*lines, head=change.get("head", HEAD)) | {k: v for k, v in change.items() if k not in ("head", "file")}
    if "file" in change:
        content, name = change["file"]
        data["file"] = io.BytesIO(content), name
    answer = lead.post(place(here), data=data, content_type="multipart/form-data")
    text = answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert said in text
    assert change.get("label", "Fair Label") in text
    assert here.session.query(FactoryList).count() == 0


def test_the_same_list_is_not_loaded_twice_and_a_report_of_nothing_read_says_each_row(here, sign_in):
    lead = browser_of(here, sign_in)
    lead.send(place(here), sent(LAKESIDE), content_type="multipart/form-data")
    again = lead.post(place(here), data=sent(LAKESIDE, label=" fair  LABEL"), content_type="multipart/form-data")
    broken = lead.post(place(here), data=sent(BROKEN, label="Other"), content_type="multipart/form-data")

    assert "was loaded for this day before" in again.get_data(as_text=True)
    assert "row 2" in broken.get_data(as_text=True)


def test_lists_are_searched_narrowed_and_paged(here, sign_in):
    here.load(LAKESIDE, *(f"Acme,Works {n},{n} Road,Lima,Peru,P{n}" for n in range(1, 80)))
    lead = browser_of(here, sign_in)
    listed, _row = the_listing(here)

    assert "Works 49" in lead.page(listed).text
    assert "Works 79" in lead.page(f"{listed}?page=2").text
    found = lead.page(f"{listed}?q=works+79")
    assert "1 row" in found.text
    assert "LAKESIDE" not in found.text
    assert "1 row" in lead.page(f"{listed}?state=proposed").text
    assert "No row fits this search." in lead.page(f"{listed}?state=declined&q=%25%00").text
    assert lead.get(f"{listed}?page=99999999999&state=nonsense").status_code == 200


@pytest.mark.parametrize(
    ("who", "reads"),
    [("lead", 200), ("chair", 200), ("member", 403), ("evaluator", 403), ("monitor", 403), ("supplier", 404)],
)
def test_who_sees_and_who_changes(here, sign_in, who, reads):
    here.load()
    browser = browser_of(here, sign_in, who)
    listed, row = the_listing(here)

    for path in (place(here), listed, row):
        assert browser.get(path).status_code == reads
    if who != "lead":
        for path, data in ((place(here), sent(LAKESIDE)), (listed, {"act": "withdraw"}), (row, {"act": "decline"})):
            assert browser.post(path, data=data, content_type="multipart/form-data").status_code in (403, 404)
        assert here.session.scalars(select(FactoryListing.state)).all() == ["open"]
    if who == "chair":
        assert "It is this site" not in browser.page(row).text


def test_a_list_and_a_row_of_another_round_or_list_are_not_found(here, sign_in):
    made = here.load()
    other = here.opened.build.round(state="opened", opened_at=here.clock())
    other.organisation = here.round.organisation
    second = here.load(label="Second")
    here.session.flush()
    public, number, elsewhere = made.public_id, here.rows(second)[0].id, other.public_id
    lead = browser_of(here, sign_in)

    for path in (
        f"/rounds/{elsewhere}/factory-lists/{public}",
        f"{place(here)}/{public}/{number}",
        f"{place(here)}/{public}/{2**40}",
        f"{place(here)}/nobody",
    ):
        assert lead.get(path).status_code == 404
        assert lead.post(path, data={"act": "decline"}).status_code == 404


def test_a_strange_lead_finds_nothing(here, sign_in):
    made = here.load()
    stranger = here.opened.build.round(state="opened", opened_at=here.clock()).organisation
    user = here.opened.build.user(stranger)
    person = here.opened.build.person(stranger, "lead")
    listing = here.rows(made)[0]
    with pytest.raises(NotFound):
        listings.decline(here.session, listing, actor=person, now=here.clock())
    here.session.commit()
    listed, row = the_listing(here)
    browser = sign_in(user, stranger)

    assert [browser.get(path).status_code for path in (place(here), listed, row)] == [404, 404, 404]


@pytest.mark.parametrize("state", ["award", "standstill", "in_force"])
def test_once_the_judging_is_closed_nothing_is_loaded_or_matched(here, state):
    made = here.load()
    here.round.state = state

    with pytest.raises(WrongPhase):
        here.match(made, here.first)
    with pytest.raises(WrongPhase):
        here.load(label="Second")


def test_a_row_is_settled_once_by_a_site_of_the_round_and_only_by_a_person_of_the_lead(here):
    made = here.load(LAKESIDE, HARBOUR)
    listing, far = here.rows(made)
    foreign = here.opened.build.site() if hasattr(here.opened.build, "site") else None
    act = {"actor": here.lead, "now": here.clock()}
    for site in (None, foreign):
        with pytest.raises(RuleBroken):
            listings.match(here.session, far, site, **act)
    with pytest.raises(RuleBroken):
        listings.undo(here.session, far, **act)
    with pytest.raises(NotAllowed):
        here.match(made, here.first, actor=here.opened.build.person(here.opened.member, "member"))
    here.match(made, here.first)
    for again in (listings.decline, lambda s, one, **k: listings.match(s, one, here.site(here.first), **k)):
        with pytest.raises(RuleBroken) as refused:
            again(here.session, listing, **act)
        assert refused.value.code == "listing-settled"
    lists.withdraw(here.session, made, **act)
    with pytest.raises(RuleBroken) as refused:
        listings.undo(here.session, listing, **act)
    assert refused.value.code == "factory-list-withdrawn"


def test_a_long_list_is_looked_up_in_slices(here):
    made = here.load(*(f"Acme,Works {n},{n} Road,Lima,Peru,P{n}" for n in range(5)), look=False)

    assert listings.look_up_next(here.session, made, now=here.clock(), most=3) == 3
    assert here.session.query(Job).filter_by(kind=lists.LOOK_JOB).count() == 2
    assert listings.look_up_next(here.session, made, now=here.clock(), most=3) == 2
    lists.look_again(here.session, made, actor=here.lead, now=here.clock())
    assert listings.look_up_next(here.session, made, now=here.clock()) == 5


def test_the_command_line_loads_a_list_and_decides_nothing(here, app, tmp_path):
    file = tmp_path / "list.csv"
    file.write_text("\n".join([HEAD, LAKESIDE, BROKEN]))
    here.session.commit()
    public_id = here.round.public_id
    here.session.rollback()
    order = ["load-factory-list", str(file), "--label", "Fair Label", "--holder", "Fair Foundation"]
    run = app.test_cli_runner().invoke

    done = run(args=[*order, "--round", public_id, "--day", DAY.isoformat()])
    twice = run(args=[*order, "--round", public_id, "--day", DAY.isoformat()])
    nobody = run(args=[*order, "--round", "nobody", "--day", DAY.isoformat()])

    assert done.exit_code == 0, done.output
    assert "row 3: It names no factory" in done.output
    assert "Loaded 1 rows" in done.output
    assert "before" in twice.output
    assert (twice.exit_code, nobody.exit_code) == (1, 1)
    here.session.rollback()
    assert here.session.scalars(select(FactoryListing.state)).all() == ["open"]


def test_the_command_line_loads_a_registry(here, app, tmp_path):
    file = tmp_path / "os.csv"
    file.write_text("os_id,contributor,brand\nCN2021250D1DTN7,Fair Union,Acme\nx,Fair Union,Acme\n")
    here.session.commit()
    order = ["load-registry", str(file), "--day", DAY.isoformat()]
    done = app.test_cli_runner().invoke(args=[*order, "--scheme", "OS"])
    wrong = app.test_cli_runner().invoke(args=["load-registry", str(file), "--day", "2099-01-01", "--scheme", "os"])

    assert done.exit_code == 0, done.output
    assert "has not the form of this registry" in done.output
    assert wrong.exit_code == 1
    here.session.rollback()
    assert [one.contributor for one in here.session.scalars(select(RegistryEntry))] == ["Fair Union"]


def test_a_brand_or_label_that_is_missing_is_refused_before_anything_is_read(here):
    with pytest.raises(InvalidInput):
        here.load(label=" ")


def tie_to(here, user, submission):
    here.opened.build.add(
        Conflict(
            round=here.round,
            user_id=user.id,
            supplier_id=submission.supplier_id,
            reason="Worked there",
            created_at=here.clock(),
            stated_at=here.clock(),
            stated_by_id=user.id,
        )
    )


def test_a_site_of_a_tender_that_a_conflict_keeps_away_is_not_shown_nor_matched_nor_taken_back(here, sign_in):
    made = here.load()
    user = here.opened.build.user(here.round.organisation)
    tie_to(here, user, here.first)
    tied = here.opened.build.actor(user, here.round.organisation, "lead")
    site = here.site(here.first).public_id

    with pytest.raises(RuleBroken) as refused:
        here.match(made, here.first, actor=tied)
    assert refused.value.code == "site-not-asked"
    here.match(made, here.first)
    with pytest.raises(NotFound):
        listings.undo(here.session, here.rows(made)[0], actor=tied, now=here.clock())
    here.session.commit()
    _listed, row = the_listing(here)
    assert site not in sign_in(user, here.round.organisation).page(row).text


@pytest.mark.statements
def test_a_lead_without_a_statement_is_sent_to_give_one_before_any_list(here, sign_in):
    lead = browser_of(here, sign_in)

    assert lead.get(place(here)).location.endswith("/conflicts")
    assert lead.post(place(here), data=sent(LAKESIDE), content_type="multipart/form-data").status_code == 403
