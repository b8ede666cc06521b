"""A sealed round walked through by everybody, from the suppliers' files to the comparison with verdicts; presses are counted.

The targets are those of `docs/walk.md`. The round is published by the acts of the demonstration.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from framework.disclosure import counting
from framework.disclosure.workbook import write_filled
from framework.rounds import editing
from models.disclosure import Submission
from models.judging import Verdict
from models.rounds import Round
from tests.journeys.conftest import Served, Walker
from tests.journeys.hands import Hands, shoot
from tests.journeys.test_round import do_jobs, writing
from views import keyring
from views.demo import stage as acts
from views.demo import workbooks
from views.demo.cast import MEMBERS
from views.demo.lots import LOTS, LotPlan

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.statements]

KEY = "demolaptops2026"
HERE = f"/rounds/{KEY}"
LAPTOPS = LotPlan(
    "LAP",
    "Laptops",
    "30213100-6",
    ("laptop",),
    ("final_assembly", "mainboard_pcba", "display_panel", "battery"),
    ("tin",),
    ("standard", "power"),
    "mini_competition",
)
WEIGHTS = {
    "price": "50",
    "transparency_completeness": "20",
    "transparency_precision": "5",
    "transparency_reliability": "10",
    "due_diligence": "15",
}
ITEMS = 6
"""Of a supplier: final assembly, three components, one mineral, and one criterion with points."""
LEAD, SECOND_LEAD, CHAIR = "lead@waterpoort.example", "lead2@waterpoort.example", "chair@mistdijk.example"
OPENERS = ("opener1@waterpoort.example", "opener2@mistdijk.example")
EVALUATORS = ("evaluator@westerlicht.example", "approver@kalmoes.example", "approver@vinterdal.example")
NAMES = {
    EVALUATORS[0]: "Saar Lindeman",
    EVALUATORS[1]: "Karel Brems",
    EVALUATORS[2]: "Ragnar Islund",
    CHAIR: "Roos Kantelaar",
}
VALUES = {EVALUATORS[0]: "310004", EVALUATORS[1]: "111114", EVALUATORS[2]: "110104"}
"""What each gives the six items of the first supplier: they lie too far apart on the first alone."""
UNDER_AGREEMENT = "110004"
TYPED = "The audit covers this place and was valid on the day."
FOUND = "The report was read together: it covers the line, but not the whole site."


@pytest.fixture
def story(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    """A published round whose deadline is in half an hour."""
    monkeypatch.setitem(LOTS, KEY, (LAPTOPS,))
    monkeypatch.setattr(acts, "WEIGHTS", WEIGHTS)
    found = Story(served, tmp_path)
    found.publish()
    return found


def test_a_sealed_round_is_judged_together(story: Story) -> None:
    story.replace_a_file()
    story.send_one_in_time_and_one_late()
    story.open_together()
    story.state_conflicts()
    story.prepare()
    for email in EVALUATORS:
        story.judge(email)
    story.moderate()
    story.compare()
    story.verify()


class Story:
    """One round and everybody in it."""

    def __init__(self, served: Served, folder: Path) -> None:
        self.served, self.folder = served, folder

    def publish(self) -> None:
        """Six members sign on and declare; the terms are published and the suppliers invited."""
        with keyring.with_master(self.served.app), writing(self.served) as stage:
            dates = acts.Dates(-80, -60, -45, -8, stage.today + dt.timedelta(minutes=30))
            stage.now = stage.day(-100)
            round_ = acts.begin(stage, KEY, dates, summary="Laptops for six buyers; all invented.")
            editing.edit_settings(
                stage.session, round_, {"min_evaluators": 3}, version=round_.version, actor=stage.lead, now=stage.now
            )
            stage.session.flush()
            acts.open_signons(stage, round_)
            for member in MEMBERS:
                acts.sign_on(stage, round_, member)
                acts.confirm(stage, round_, member)
            stage.now = stage.day(-78)
            acts.open_demand(stage, round_)
            for member in MEMBERS:
                acts.declared(stage, round_, "LAP", member)
            stage.now = stage.day(-55)
            acts.lock_demand(stage, round_)
            stage.now = stage.day(-40)
            acts.publish(stage, round_, "2026/S 000-000001 (invented)")

    def replace_a_file(self) -> None:
        """The first supplier sends, and then a second file in its place: three presses each (F1)."""
        with self.served.walk("supplier@zeewind.example") as supplier:
            hands = Hands(supplier)
            self.send(hands, self.workbook("zeewind", audits=False), sends=True)
            assert "Counted and sealed" in supplier.text()
            assert hands.clicks == 3
            hands = Hands(supplier)
            self.send(hands, self.workbook("zeewind"), sends=True)
            assert hands.clicks == 3
        assert self.states("zeewind") == ["replaced", "counted"]

    def send_one_in_time_and_one_late(self) -> None:
        """The second sends without scripts, in four presses; its second file comes after the deadline and stays shut."""
        with self.served.walk("supplier@papierboot.example", script=False) as supplier:
            hands = Hands(supplier)
            self.send(hands, self.workbook("papierboot"), sends=False)
            assert "Counted and sealed" in supplier.text()
            assert hands.clicks == 4
            self.served.clock.forward(minutes=60)
            late = Hands(supplier)
            supplier.visit(f"{HERE}/disclosure")
            late.choose(self.workbook("papierboot", audits=False), sends=False)
            late.click("form[enctype] button")
            assert "after the deadline" in supplier.text()
            shoot(supplier, "late")
        with keyring.with_master(self.served.app), writing(self.served) as stage:
            for round_ in counting.due_rounds(stage.session, now=self.served.clock()):
                counting.close_receipt(stage.session, round_, clock=self.served.clock, files=stage.files)
        assert self.states("papierboot") == ["counted", "late"]

    def open_together(self) -> None:
        """Two openers, each on a device of their own, one without scripts: two presses each (F7)."""
        clicks = 0
        for email, script in zip(OPENERS, (True, False), strict=True):
            with self.served.walk(email, script=script) as opener:
                self.served.clock.forward(minutes=15)  # their code is no longer fresh, as on an ordinary day
                if clicks:
                    self.served.clock.forward(minutes=-15)
                opener.visit(HERE)
                hands = Hands(opener)
                hands.click("a", text="Confirm the opening")
                shoot(opener, "opening")
                hands.type_code()
                hands.click("form[action$='/opening'] button")
                assert "Your code" not in opener.text()
                clicks += hands.clicks
        assert clicks == 4
        assert self.state() == "opened"
        do_jobs(self.served)
        with self.served.walk(OPENERS[0]) as opener:
            opener.visit(f"{HERE}/opening/record")
            said = opener.text()
            assert "Zeewind IT Trade" in said
            assert "Late files, kept unopened" in said
            shoot(opener, "opening-record")

    def state_conflicts(self) -> None:
        """The lead names the judges; everybody says over one list where a conflict is: conflicts + 1 presses (F9)."""
        with self.served.walk(LEAD) as lead:
            lead.visit(f"{HERE}/judging/conflicts")
            self.sign(lead)
            for email, name in NAMES.items():
                lead.visit(f"{HERE}/judging/judges")
                person = lead.page.locator("#person option", has_text=name).first.get_attribute("value")
                lead.page.select_option("#person", person)
                lead.press(f"button[value={'chair' if email == CHAIR else 'evaluator'}]")
        for email in (*EVALUATORS, CHAIR, *OPENERS):
            with self.served.walk(email, script=email != OPENERS[1]) as judge:
                judge.visit(HERE if email in OPENERS else f"{HERE}/comparison")
                if email in OPENERS:
                    judge.press(".next a")
                assert judge.page.url.endswith("/judging/conflicts")
                if email == EVALUATORS[0]:
                    shoot(judge, "conflicts")
                self.sign(judge)
        with self.served.walk(SECOND_LEAD, script=False) as second:
            second.visit(f"{HERE}/judging/conflicts")
            self.sign(second, "Papierboot")
            assert second.visit(f"{HERE}/submissions") == 200
            assert "Papierboot" not in second.text()

    def sign(self, walker: Walker, bidder: str = "") -> None:
        """Give the statement, with a tie to one bidder or none."""
        hands = Hands(walker)
        if bidder:
            row = walker.page.locator("tr", has_text=bidder).first
            hands.clicks += 1
            row.locator("input[type=checkbox]").check()
            row.locator("input[type=text], input:not([type])").first.fill("Worked there until last year.")
        hands.click("button[name=sign]")
        assert hands.clicks <= bool(bidder) + 1

    def prepare(self) -> None:
        """The lead admits both, lets the program share out, and starts."""
        with self.served.walk(LEAD) as lead:
            for _bidder in range(2):
                lead.visit(f"{HERE}/judging/selection")
                lead.page.locator("form", has=lead.page.locator("input[value=admit]")).first.wait_for()
                with lead.page.expect_navigation():
                    lead.page.get_by_role("button", name="Admit").first.click()
                lead.inspect()
            lead.visit(f"{HERE}/judging")
            lead.send("/judging/share")
            shoot(lead, "board")
            lead.send("/judging/start")
        assert self.state() == "judging"

    def judge(self, email: str) -> None:
        """One evaluator judges both tenders: seven keys each and no pointer (F8); then all of a tender is final in one act."""
        with self.served.walk(email) as judge:
            judge.visit(HERE)
            Hands(judge).click("a", text="Judge")
            shoot(judge, "pile")
            for supplier, digits in (("Zeewind", VALUES[email]), ("Papierboot", UNDER_AGREEMENT)):
                judge.visit(f"{HERE}/judging/mine")
                judge.page.locator("tbody tr", has_text=supplier).locator("a").first.click()
                self.score(judge, digits)
                judge.send("/finish")
                assert "6 assessments are final" in judge.page.inner_text("body")
            self.sees_nothing(judge)

    def score(self, judge: Walker, digits: str) -> None:
        """A digit for each item and one key to go on; points have no text of a level, so their motive is typed."""
        judge.page.wait_for_selector(".judge--now")
        judge.inspect()
        scoring, hands = judge.page.url, Hands(judge)
        for digit in digits:
            hands.key(digit)
        judge.page.keyboard.type("Four parts of the process are described for these models.")
        hands.key("Control+Enter", leads_on=True)
        assert (hands.keys, hands.clicks) == (ITEMS + 1, 0)
        assert judge.page.url == f"{scoring}/finish"
        if digits == VALUES[EVALUATORS[0]]:
            judge.page.goto(scoring)
            judge.page.wait_for_selector(".judge--now")
            judge.page.locator("textarea[name=motive]").first.fill(TYPED)
            judge.page.locator("[data-saved]", has_text="Saving").wait_for(state="detached")
            shoot(judge, "judging")
            judge.press("a:text('Look over')")
            shoot(judge, "finish")

    def sees_nothing(self, judge: Walker) -> None:
        """What was found by others is not shown before one asked for it, though all own ones are final."""
        judge.visit(f"{HERE}/judging/discussion")
        assert "Zeewind IT Trade are final" in judge.text()
        assert judge.page.locator("svg.strip").count() == 0
        assert "Saar Lindeman" not in judge.text()

    def moderate(self) -> None:
        """The chair finds the item furthest apart in two presses (F10) and writes down what the discussion found."""
        with self.served.walk(EVALUATORS[0]) as judge:
            judge.visit(f"{HERE}/judging/discussion")
            judge.press(".next a")
            judge.send("/look")
            assert judge.page.locator("svg.strip").count() == ITEMS
        with self.served.walk(CHAIR) as chair:
            chair.visit(HERE)
            hands = Hands(chair)
            hands.click("nav.tabs a", text="Discussion")
            shoot(chair, "discussion")
            hands.click("tbody th a")
            assert hands.clicks == 2
            assert TYPED in chair.text()
            shoot(chair, "item")
            chair.page.check("input[value=E2]")
            chair.page.fill("#motive", FOUND)
            chair.page.get_by_label("Dissent of Westerlicht University").fill("We stay with E3.")
            chair.press("form[action$='/moderate'] button")
            assert "We stay with E3." in chair.text()
            shoot(chair, "moderated")
        assert self.verdicts() == {"moderated": 1, "agreed": 2 * ITEMS - 1}
        do_jobs(self.served)

    def compare(self) -> None:
        """The comparison shows the verdicts as the fifth measure; a figure leads to its items, an item to its cell."""
        with self.served.walk(LEAD) as lead:
            lead.visit(HERE)
            Hands(lead).click("nav.tabs a", text="Comparison")
            assert "eliability" in lead.text()
            shoot(lead, "comparison-with-verdicts")

    def verify(self) -> None:
        """The lead checks the record in two presses (F11), and so does another without scripts."""
        for email, script in ((LEAD, True), (SECOND_LEAD, False)):
            with self.served.walk(email, script=script) as reader:
                reader.visit(HERE)
                hands = Hands(reader)
                hands.click("nav.tabs a", text="Record")
                hands.click("button", text="Verify the record")
                assert hands.clicks == 2
                do_jobs(self.served)
                reader.visit(f"{HERE}/record")
                said = reader.text()
                assert "each event following from the one before" in said, said[700:1500]

    def send(self, hands: Hands, path: Path, *, sends: bool) -> None:
        """Follow the mail, choose the file, count it."""
        hands.follow(f"{HERE}/disclosure")
        hands.choose(path, sends=sends)
        if not sends:
            hands.click("form[enctype] button")
        assert re.search(r"/disclosure/[a-z2-7]{16}$", hands.page.url)
        hands.click("form[action$='/count'] button")

    def workbook(self, supplier: str, *, audits: bool = True) -> Path:
        """The supplier's disclosure for this round: its laptops and one mineral."""
        known = next(d for d in workbooks.DISCLOSURES if d.supplier == supplier and d.round_id == KEY)
        planned = replace(
            known,
            products=tuple(_asked(one) for one in known.products if one.lot == "LAP"),
            smelters=known.smelters[:1],
            audits=known.audits if audits else (),
        )
        tables = workbooks.tables_of(planned)
        for row in tables["6_audits"]:
            row |= {"report_shared": "full", "evidence_file": "report.pdf"}
        path = self.folder / f"{supplier}{'' if audits else '-without-audits'}.xlsx"
        write_filled(path, workbooks.scope_of(planned), tables)
        return path

    def states(self, supplier: str) -> list[str]:
        """The states of a supplier's versions, oldest first."""
        with writing(self.served) as stage:
            body = stage.cast.organisations[supplier]
            query = select(Submission.state).where(Submission.supplier_id == body.id).order_by(Submission.version_no)
            return list(stage.session.scalars(query))

    def verdicts(self) -> Counter[str]:
        """How many verdicts are in which state."""
        with writing(self.served) as stage:
            return Counter(stage.session.scalars(select(Verdict.state)))

    def state(self) -> str:
        """The state of the round."""
        with writing(self.served) as stage:
            return str(stage.session.scalars(select(Round.state).where(Round.public_id == KEY)).one())


def _asked(product: workbooks.Product) -> workbooks.Product:
    """A model with what this round asks of it, assembled at its first site alone."""
    made = {kind: sites for kind, sites in product.made_by.items() if kind in LAPTOPS.components}
    made["final_assembly"] = ((made["final_assembly"][0][0], 100),)
    return replace(product, made_by=made, untold={})
