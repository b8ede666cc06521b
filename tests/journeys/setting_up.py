"""The lead sets a round up in a browser: every task of the list, from nothing, and then what readiness asks for."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from tests.journeys.conftest import Walker
from views.demo.lots import LOTS as DEMO_LOTS
from views.demo.lots import LotPlan

PLACE = re.compile(r"/rounds/[a-z2-7]{16}")
MEMBERS = ("Zilverduin College", "Town of Mistdijk", "Westerlicht University")
"""The last one never answers: publication refuses it."""
OPENERS = ("Cato Duinker", "Daan Hogeweg", "Bram Okkers")


@dataclass(frozen=True, slots=True)
class Plan:
    """The dates of a round, as days from `today`."""

    today: dt.date
    sign_on: int = 10
    demand: int = 20
    publication: int = 30
    questions: int = 60
    tender: int = 80
    term: int = 100

    def day(self, days: int) -> str:
        """A day as a date field takes it."""
        return (self.today + dt.timedelta(days=days)).isoformat()


LOTS = DEMO_LOTS["demolaptops2026"]
"""The lots of the demonstration's opened round, so that its workbooks answer this one."""


def create(lead: Walker, plan: Plan) -> str:
    """A round from nothing with every task of its set-up done, and three bodies invited; its address."""
    lead.visit("/rounds/new")
    lead.page.fill("input[name=name]", "Laptops and monitors 2027")
    lead.page.check("input[name=jurisdiction][value=nl]")
    lead.press("main form button")
    place = PLACE.search(lead.page.url)
    assert place
    here = place[0]
    _scope(lead, here)
    for lot in LOTS:
        _lot(lead, here, lot)
    _dates(lead, here, plan)
    _agreement(lead, here)
    _criteria(lead, here)
    _clauses(lead, here)
    _invite(lead, here)
    _rules(lead, here)
    return here


def set_figures(lead: Walker, here: str, estimated: int, maximum: int) -> None:
    """Estimated and maximum quantity of each lot, and how members call off."""
    lead.visit(f"{here}/set-up/figures")
    for path in links(lead, r"/set-up/figures/[a-z2-7]{16}$"):
        lead.visit(path)
        lead.page.fill("input[name=qty_estimated]", str(estimated))
        lead.page.fill("input[name=qty_maximum]", str(maximum))
        lead.page.check("input[name=call_off_route][value=mini_competition]")
        _save(lead)


def links(lead: Walker, pattern: str) -> list[str]:
    """Addresses of the links in the main part that match, in their order, each once."""
    found = lead.page.eval_on_selector_all("main a[href]", "all => all.map(a => a.getAttribute('href'))")
    return list(dict.fromkeys(path for path in found if re.search(pattern, path)))


def _scope(lead: Walker, here: str) -> None:
    lead.visit(f"{here}/set-up/scope")
    lead.page.fill("textarea[name=summary]", "Laptops and monitors for two bodies; invented for a test.")
    lead.page.check("input[name=mandate_type][value=cpb]")
    _save(lead)


def _lot(lead: Walker, here: str, lot: LotPlan) -> None:
    lead.visit(f"{here}/set-up/lots/new")
    lead.page.fill("input[name=code]", lot.code)
    lead.page.fill("input[name=name]", lot.name)
    lead.page.fill("input[name=cpv_code]", lot.cpv_code)
    for category in lot.categories:
        lead.page.check(f"input[name=categories][value={category}]")
    lead.page.fill("textarea[name=spec_tiers]", "\n".join(lot.tiers))
    lead.page.fill("input[name=years]", "4")
    _save(lead)
    lead.visit(f"{here}/set-up/disclosure")
    lead.visit(links(lead, r"/set-up/disclosure/[a-z2-7]{16}$")[-1])
    for name in ("required_components", "minerals"):
        wanted = lot.components if name == "required_components" else lot.minerals
        for box in lead.page.locator(f"input[name={name}]").all():
            box.set_checked(box.get_attribute("value") in wanted)
    lead.page.fill("input[name=product_subset]", "every model offered")
    _save(lead)


def _dates(lead: Walker, here: str, plan: Plan) -> None:
    lead.visit(f"{here}/set-up/dates")
    for name, days in (
        ("signon_deadline", plan.sign_on),
        ("demand_deadline", plan.demand),
        ("questions_until", plan.questions),
        ("tender_deadline", plan.tender),
    ):
        lead.page.fill(f"input[name={name}_date]", plan.day(days))
        lead.page.fill(f"input[name={name}_time]", "12:00")
    lead.page.fill("input[name=planned_publication_on]", plan.day(plan.publication))
    lead.page.fill("input[name=term_starts_on]", plan.day(plan.term))
    lead.page.fill("input[name=term_ends_on]", plan.day(plan.term + 4 * 365))
    _save(lead)


def _agreement(lead: Walker, here: str) -> None:
    lead.visit(f"{here}/set-up/members")
    lead.page.fill("textarea[name=data_agreement]", "Each keeps what suppliers disclose to itself.")
    lead.page.fill("input[name=retention_years]", "7")
    _save(lead, "textarea[name=data_agreement]")


def _criteria(lead: Walker, here: str) -> None:
    """Price 50, completeness of disclosure 50; the price formula gets its bounds."""
    for template, weight in (("price", "50"), ("transparency_completeness", "50")):
        lead.visit(f"{here}/set-up/criteria/new?from={template}")
        lead.page.fill("input[name=weight]", weight)
        for name, value in (("low", "400"), ("high", "1500")):
            field = lead.page.locator(f"[name=p_absolute_linear_p_{name}]")
            if template == "price" and field.count():
                field.evaluate("(field, value) => { field.value = value; }", value)
        _save(lead, "input[name=weight]")


def _clauses(lead: Walker, here: str) -> None:
    lead.visit(f"{here}/set-up/clauses")
    lead.send("/set-up/clauses/set")
    clauses = links(lead, r"/set-up/clauses/[a-z2-7]{16}$")
    assert clauses
    for number, path in enumerate(clauses, start=1):
        lead.visit(path)
        lead.page.fill("input[name=notice_reference]", f"section VI.{number}")
        for name, value in (("penalty_rate", "1000"), ("penalty_max_weeks", "10"), ("notice_days", "30")):
            if lead.page.locator(f"input[name={name}]").count():
                lead.page.fill(f"input[name={name}]", value)
        _save(lead)


def _rules(lead: Walker, here: str) -> None:
    lead.visit(f"{here}/set-up/rules")
    lead.page.check("input[name=standstill_confirmed]")
    _save(lead, "input[name=standstill_confirmed]")
    for name in OPENERS:
        lead.visit(f"{here}/set-up/rules")
        person = lead.page.locator("select[name=user] option", has_text=name).first.get_attribute("value")
        lead.page.select_option("select[name=user]", person)
        lead.send("/set-up/openers")


def _invite(lead: Walker, here: str) -> None:
    lead.visit(f"{here}/sign-ons")
    for name in MEMBERS:
        lead.page.get_by_label(name).check()
    lead.send("/sign-ons/invite")


def _save(lead: Walker, field: str = "textarea, input:not([type=hidden])") -> None:
    """Send the form that holds the field, and see that it was taken."""
    form = lead.page.locator("main form", has=lead.page.locator(field)).first
    before = lead.page.url
    with lead.page.expect_navigation():
        form.locator("button").last.click()
    lead.inspect()
    problems = lead.page.locator(".govuk-error-summary").all_inner_texts()
    assert problems == [], f"{before}: {problems}"
