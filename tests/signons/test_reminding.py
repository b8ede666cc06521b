"""Bodies are reminded before sign-on and demand end: whoever is incomplete, nobody else, and no more once it is done."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import event, select

from framework.demand.reminding import DEMAND
from framework.ground.errors import MoveRefused, NotAllowed
from framework.people import invitations
from framework.rounds import reminding
from framework.signons import acts
from framework.signons import reminding as of_sign_on
from framework.signons.reminding import SIGN_ON
from models.people import OneUseLink, RoleGrant
from models.records import AuditEvent, Mail
from models.reminders import BodyReminder
from tests.memory import remembered
from views import mailing


class Waiting:
    """A round whose sign-on ends in ten days and demand in ten days too, with an invited, an interested and a confirmed buyer."""

    @remembered
    def __init__(self, session, build, clock, state):
        self.session, self.build, self.clock = session, build, clock
        self.round = build.round(state=state)
        end = clock() + dt.timedelta(days=10)
        self.round.signon_deadline = self.round.demand_deadline = end
        self.round.planned_publication_on = (end + dt.timedelta(days=20)).date()
        self.lot = build.lot(self.round)
        self.sign_ons = {name: self.body(name) for name in ("invited", "interested", "confirmed")}
        self.lead = build.person(self.round.organisation)
        clock.forward(hours=1)
        session.flush()

    def body(self, state):
        organisation = self.build.organisation(name=f"Body {state}")
        self.build.user(organisation)
        return self.build.sign_on(self.round, organisation, state=state)

    def go(self, deadline=SIGN_ON):
        return reminding.go_round(self.session, self.clock, deadline)

    def told(self, template="sign_on_reminder"):
        query = (
            select(BodyReminder.organisation_id, BodyReminder.step_hours)
            .join(Mail, Mail.id == BodyReminder.mail_id)
            .where(Mail.template == template, Mail.state == "waiting")
            .order_by(BodyReminder.id)
        )
        names = {one.organisation_id: name for name, one in self.sign_ons.items()}
        return [(names[row[0]], row[1]) for row in self.session.execute(query)]


@pytest.fixture
@remembered
def signing(session, build, clock):
    return Waiting(session, build, clock, "sign_on")


@pytest.fixture
@remembered
def declaring(session, build, clock):
    return Waiting(session, build, clock, "demand")


def test_each_step_reminds_those_whose_turn_it_is_once(signing):
    assert signing.go() == 0, "ten days before"
    signing.clock.forward(days=3)
    assert signing.go() == 2
    assert signing.told() == [("invited", 168), ("interested", 168)]
    assert signing.go() == 0, "once a step"
    signing.clock.forward(days=5)
    assert signing.go() == 2
    assert signing.told()[2:] == [("invited", 48), ("interested", 48)]
    signing.clock.forward(days=2)
    assert signing.go() == 0, "the end has passed"


def test_steps_missed_while_the_job_was_off_make_one_mail(signing):
    signing.clock.forward(days=9, hours=21)
    assert signing.go() == 2
    assert {step for _body, step in signing.told()} == {4}


def test_who_is_done_gets_none_and_what_waits_is_taken_back(signing):
    signing.clock.forward(days=3)
    signing.go()
    signing.sign_ons["invited"].state = "left"
    signing.session.flush()
    signing.clock.forward(minutes=1)
    assert signing.go() == 0
    assert signing.told() == [("interested", 168)]
    signing.clock.forward(days=5)
    signing.go()
    assert [body for body, _step in signing.told()] == ["interested"] * 2


def test_a_later_deadline_begins_anew_and_one_invited_after_a_step_waits_for_the_next(signing):
    signing.clock.forward(days=4)
    late = signing.body("invited")
    signing.sign_ons["late"] = late
    signing.session.flush()
    signing.go()
    assert [body for body, _step in signing.told()] == ["invited", "interested"]
    signing.round.signon_deadline += dt.timedelta(days=2)
    signing.session.flush()
    signing.clock.forward(days=1)
    assert signing.go() == 3, "seven days before the new end"
    assert [body for body, _step in signing.told()][2:] == ["invited", "interested", "late"]


def test_nobody_is_reminded_in_a_phase_in_which_it_can_be_done_no_more(signing):
    signing.clock.forward(days=3)
    signing.go()
    signing.round.state = "cancelled"
    signing.round.cancelled_reason = "Not needed."
    signing.session.flush()
    assert signing.go() == 0
    assert signing.told() == []


def test_one_event_says_how_many_and_by_which_step(signing, session):
    signing.clock.forward(days=3)
    signing.go()
    event = session.scalars(select(AuditEvent).where(AuditEvent.kind == "sign_on.reminded")).one()
    assert event.data == {"members": 2, "mails": 2, "step": "168 h"}


def test_the_lead_reminds_all_at_most_once_a_day(signing):
    who = {"actor": signing.lead, "now": signing.clock()}
    assert of_sign_on.remind(signing.session, signing.round, **who) == (2, 2)
    assert [step for _body, step in signing.told()] == [None, None]
    with pytest.raises(MoveRefused) as told:
        of_sign_on.remind(signing.session, signing.round, **who)
    assert told.value.code == "reminded-already"
    who["now"] = signing.clock.forward(days=1)
    assert of_sign_on.remind(signing.session, signing.round, **who) == (2, 2)
    for one in ("invited", "interested"):
        signing.sign_ons[one].state = "left"
    signing.session.flush()
    with pytest.raises(MoveRefused) as told:
        of_sign_on.remind(signing.session, signing.round, **who)
    assert told.value.code == "nobody-missing"
    with pytest.raises(NotAllowed):
        of_sign_on.remind(
            signing.session,
            signing.round,
            actor=signing.build.person(signing.sign_ons["confirmed"].organisation),
            now=signing.clock(),
        )


def test_demand_reminds_members_with_a_lot_left_and_not_those_that_were_only_invited(declaring):
    declaring.clock.forward(days=3)
    assert declaring.go(DEMAND) == 2
    assert declaring.told("demand_reminder") == [("interested", 168), ("confirmed", 168)]
    member = declaring.sign_ons["confirmed"].organisation
    declaring.build.demand(declaring.lot, member, state="accepted")
    declaring.session.flush()
    declaring.clock.forward(minutes=1)
    assert declaring.go(DEMAND) == 0
    assert declaring.told("demand_reminder") == [("interested", 168)], "what waited is taken back"


def test_who_holds_the_role_no_more_gets_none(signing):
    grant = signing.session.scalars(
        select(RoleGrant).where(RoleGrant.organisation_id == signing.sign_ons["invited"].organisation_id)
    ).one()
    grant.ends_at = signing.clock() + dt.timedelta(days=1)
    signing.session.flush()
    signing.clock.forward(days=3)
    assert signing.go() == 1
    assert [body for body, _step in signing.told()] == ["interested"]


def test_bodies_without_anybody_to_write_to_keep_nobody_from_its_turn(signing, build, monkeypatch):
    monkeypatch.setattr(reminding, "AT_ONCE", 2)
    for number in range(5):
        empty = build.organisation(name=f"Empty {number}")
        build.sign_on(signing.round, empty, state="invited")
    for number in range(3):
        signing.sign_ons[f"late {number}"] = signing.body("invited")
    signing.session.flush()
    signing.clock.forward(days=3)
    assert signing.go() == 5, "in portions of two, those without people left out"
    reminded = select(AuditEvent).where(AuditEvent.kind == "sign_on.reminded").order_by(AuditEvent.seq)
    events = signing.session.scalars(reminded).all()
    assert [one.data["members"] for one in events] == [2, 2, 1]


def test_many_bodies_take_a_fixed_number_of_questions(signing, build):
    for _number in range(60):
        signing.body("invited")
    signing.session.flush()
    signing.clock.forward(days=3)
    asked = []

    def note(state):
        if state.is_select:
            asked.append(state.statement)

    event.listen(signing.session, "do_orm_execute", note)
    assert signing.go() == 62
    event.remove(signing.session, "do_orm_execute", note)
    assert len(asked) < 30


def test_the_list_shows_the_button_while_somebody_is_missing(signing, sign_in, session):
    from models.people import Organisation, User

    user = session.get_one(User, signing.lead.user_id)
    lead = sign_in(user, session.get_one(Organisation, signing.lead.organisation_id))
    session.commit()
    here = f"/rounds/{signing.round.public_id}/sign-ons"
    assert f'action="{here}/remind"' in lead.get(here).text
    answer = lead.post(f"{here}/remind")
    assert answer.status_code == 303
    assert "2 reminders leave by mail." in lead.get(here).text
    lead.post(f"{here}/remind")
    assert "less than a day ago" in lead.get(here).text


class TestNobodyHasAnAccountYet:
    """A body whose first person was invited and has not come in: that person is reminded while the invitation is open."""

    @pytest.fixture
    def alone(self, signing, build):
        body = build.organisation(name="Newly invited")
        sign_on = acts.invite(
            signing.session,
            signing.round,
            body,
            actor=signing.lead,
            now=signing.clock(),
            email="first@example.org",
            contact_name="F. Person",
            language="nl",
        )
        signing.sign_ons["new"] = sign_on
        for name in ("invited", "interested"):
            signing.sign_ons[name].state = "left"
        signing.session.flush()
        return signing

    def mails(self, world):
        query = select(Mail).where(Mail.recipient == "first@example.org").order_by(Mail.id)
        return world.session.scalars(query).all()

    def test_the_first_person_is_reminded_with_a_new_link_in_its_language(self, alone):
        alone.clock.forward(days=3)

        assert alone.go() == 1

        first, reminder = self.mails(alone)
        assert (reminder.template, reminder.language) == ("invitation", "nl")
        assert reminder.params["recipient"] == "F. Person"
        assert reminder.params["is_reminder"]
        assert reminder.secret != first.secret
        old, new = alone.session.scalars(select(OneUseLink).order_by(OneUseLink.id)).all()
        assert old.revoked_at is not None
        assert (new.revoked_at, new.used_at) == (None, None)
        assert new.expires_at >= alone.round.signon_deadline
        assert alone.told("invitation") == [("new", 168)]
        assert alone.go() == 0, "once a step"

    def test_the_new_link_brings_the_person_in(self, alone):
        alone.clock.forward(days=3)
        alone.go()
        token = self.mails(alone)[-1].secret.rpartition("/")[2]

        _link, user = invitations.accept_as_new(
            alone.session, token, name="F. Person", password="paper boats on dry land", language="nl", now=alone.clock()
        )
        alone.clock.forward(days=5)

        assert alone.go() == 1
        last = alone.session.scalars(select(Mail).order_by(Mail.id.desc())).first()
        assert (last.template, last.recipient) == ("sign_on_reminder", user.email)

    @pytest.mark.parametrize("over", ["ended", "revoked"])
    def test_an_invitation_that_is_over_is_not_repeated(self, alone, over):
        link = alone.session.scalars(select(OneUseLink)).one()
        if over == "revoked":
            link.revoked_at = alone.clock()
        else:
            link.expires_at = alone.clock() + dt.timedelta(days=1)
        alone.session.flush()
        alone.clock.forward(days=3)

        assert alone.go() == 0
        assert len(self.mails(alone)) == 1

    def test_what_waits_is_taken_back_where_the_body_declines(self, alone):
        alone.clock.forward(days=3)
        alone.go()
        alone.sign_ons["new"].state = "refused"
        alone.session.flush()

        alone.go()

        assert [one.state for one in self.mails(alone)] == ["waiting", "dropped"]

    def test_the_lead_reminds_it_by_hand_at_most_once_a_day(self, alone):
        who = {"actor": alone.lead, "now": alone.clock.forward(days=1)}

        assert of_sign_on.remind(alone.session, alone.round, **who) == (1, 1)
        with pytest.raises(MoveRefused, match="reminded-already"):
            of_sign_on.remind(alone.session, alone.round, **who)
        sent = select(AuditEvent.actor_id).where(AuditEvent.kind == "invitation.sent").order_by(AuditEvent.seq)
        assert alone.session.scalars(sent).all()[-1] == alone.lead.user_id

    @pytest.mark.parametrize("is_newer_open", [True, False])
    def test_the_old_link_says_whether_a_newer_mail_holds_one_that_works(self, alone, client, is_newer_open):
        alone.clock.forward(days=3)
        alone.go()
        if not is_newer_open:
            newer = alone.session.scalars(select(OneUseLink).order_by(OneUseLink.id.desc()).limit(1)).one()
            newer.revoked_at = alone.clock()
        old = self.mails(alone)[0].secret
        alone.session.commit()

        page = client.page(old, 409)
        pressed = client.send(f"{old}/again", status=409)

        said = "The link in that mail works" if is_newer_open else "This link was withdrawn."
        assert said in page.text
        assert said in pressed.text

    @pytest.mark.parametrize("language", ["en", "nl", "sv"])
    def test_the_mail_says_that_it_reminds(self, alone, app, language):
        alone.clock.forward(days=3)
        alone.go()
        mail = self.mails(alone)[-1]
        mail.language = language

        subject, text, page = mailing.render(mail)

        assert subject.startswith({"en": "Reminder", "nl": "Herinnering", "sv": "Påminnelse"}[language])
        assert mail.secret in text
        assert mail.secret in page
