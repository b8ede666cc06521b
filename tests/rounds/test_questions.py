"""Questions: asked by suppliers, answered to all without the asker's name, versioned, exported (law L08, L19; mail M5)."""

from __future__ import annotations

import datetime as dt
import io
import json

import openpyxl
import pytest
from pypdf import PdfReader
from sqlalchemy import not_, select

from framework.ground import sealed, trail
from framework.ground.errors import InvalidInput, MoveRefused, NotAllowed, NotFound, RuleBroken
from framework.rounds import question_lists, question_names, questions, steps
from framework.rounds.next_action import Reader, next_step
from models.questions import AnswerVersion, PublicAnswer, Question
from models.records import AuditEvent, Mail
from tests.rounds.asking import Tendering

assert steps


@pytest.fixture
def tendering(build):
    made = Tendering(build)
    yield made
    made.session.close()


def asked(tendering, text="Does the monitor need a stand?", actor=None):
    return questions.ask(
        tendering.session, tendering.round, text, actor=actor or tendering.asker, now=tendering.clock()
    )


def drafted(tendering, *chosen):
    return questions.draft(
        tendering.session, tendering.round, list(chosen), actor=tendering.first, now=tendering.clock()
    )


def saved(tendering, answer, text="Yes, it does.", question="Does the monitor need a stand?"):
    questions.save(
        tendering.session,
        answer,
        question=question,
        text=text,
        version=answer.version,
        actor=tendering.first,
        now=tendering.clock(),
    )
    tendering.session.flush()


def published(tendering, answer, **more):
    made = questions.publish(
        tendering.session,
        answer,
        version=answer.version,
        actor=tendering.first,
        now=tendering.clock(),
        **more,
    )
    tendering.session.flush()
    tendering.session.expire_all()
    return made


def answered(tendering, text="Does the monitor need a stand?"):
    answer = drafted(tendering, asked(tendering, text))
    saved(tendering, answer, question=text)
    published(tendering, answer)
    return answer


def test_an_answer_goes_to_all_once_and_names_nobody(tendering):
    tendering.invite(tendering.rival)
    answer = answered(tendering)

    everybody = [tendering.user(one).email for one in (tendering.asker, tendering.other, tendering.buyer)]
    assert tendering.addresses("question_answered") == sorted(everybody)
    mails = tendering.session.scalars(select(Mail).where(Mail.template == "question_answered")).all()
    for mail in mails:
        said = json.dumps(mail.params)
        assert "stand" not in said
        assert "Zeewind" not in said
    assert answer.number == 1
    (event,) = tendering.events("round.answer_question")
    assert event.actor_id == tendering.first.user_id
    assert event.data == {"number": 1, "version_no": 1, "names_seen": False}


def test_a_grouped_answer_answers_every_question_of_the_group(tendering):
    first, second = asked(tendering), asked(tendering, "A stand?", actor=tendering.other)
    answer = drafted(tendering, first, second)
    assert {questions.state_of(one) for one in (first, second)} == {"drafted"}
    saved(tendering, answer)
    published(tendering, answer)
    third = asked(tendering, "Stand or no stand?")
    questions.join(tendering.session, answer, [third], actor=tendering.first, now=tendering.clock())

    assert {questions.state_of(one) for one in (first, second, third)} == {"answered"}
    assert len(tendering.addresses("question_answered")) == 3
    assert first.text == "Does the monitor need a stand?"


def test_a_correction_is_a_new_version_with_its_reason_and_the_older_one_stays(tendering):
    answer = answered(tendering)
    with pytest.raises(MoveRefused) as refused:
        published(tendering, answer, reason="None.")
    assert refused.value.code == "nothing-changed"
    saved(tendering, answer, "No, it does not.")
    with pytest.raises(InvalidInput):
        published(tendering, answer)
    published(tendering, answer, reason="The lot was misread.")

    versions = tendering.session.scalars(select(AnswerVersion).order_by(AnswerVersion.version_no)).all()
    assert [(one.version_no, one.answer, one.reason) for one in versions] == [
        (1, "Yes, it does.", ""),
        (2, "No, it does not.", "The lot was misread."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "We of Zeewind Computers B.V. ask",
        "zeewind computers sells these",
        "ZEEWIND asks",
        "as ZéeWind says",
        "zeewindcomputers",
        "mail to w.devries@zeewind.example",
        "see www.zeewind.example/specs",
        "Ms. de Vries asked",
        "Wilhelmina wants to know",
    ],
)
def test_names_of_the_asker_are_found_in_every_writing(tendering, text):
    answer = drafted(tendering, asked(tendering))
    saved(tendering, answer, text)

    assert questions.names(tendering.session, answer)
    with pytest.raises(MoveRefused) as refused:
        published(tendering, answer)
    assert refused.value.code == "names-in-text"
    made = published(tendering, answer, names_seen=True)
    assert made.version_no == 1


@pytest.mark.parametrize("text", ["The sea wind is strong", "Computers and monitors", "Nordlicht is not the asker", ""])
def test_words_that_name_nobody_are_no_names(tendering, text):
    answer = drafted(tendering, asked(tendering))
    saved(tendering, answer, text)

    assert questions.names(tendering.session, answer) == []


def test_the_reason_of_a_correction_and_those_who_withdrew_are_looked_at_too(tendering):
    answer = answered(tendering)
    other = asked(tendering, "A stand?", actor=tendering.other)
    questions.withdraw(tendering.session, other, actor=tendering.other, now=tendering.clock())
    saved(tendering, answer, "No, it does not.")
    name = tendering.user(tendering.other).name

    assert questions.names(tendering.session, answer) == []
    for reason in ("Zeewind misread the lot.", f"{name} misread the lot."):
        assert questions.names(tendering.session, answer, reason)
        with pytest.raises(MoveRefused, match="names-in-text"):
            published(tendering, answer, reason=reason)
    assert published(tendering, answer, reason="The lot was misread.").version_no == 2


def test_a_name_needs_its_words_in_a_row():
    assert question_names.stands_in("Sea Wind", ["the", "sea", "wind", "blows"])
    assert not question_names.stands_in("Sea Wind", ["sea", "of", "wind"])
    assert not question_names.stands_in("", ["sea"])


def test_questions_end_to_the_second_and_the_refusal_says_what_to_do(tendering):
    until = tendering.round.questions_until
    tendering.clock.now = until
    asked(tendering)
    tendering.clock.now = until + dt.timedelta(microseconds=1)

    with pytest.raises(MoveRefused) as refused:
        asked(tendering)

    assert refused.value.code == "questions-over"
    assert "write to the contact" in refused.value.message


@pytest.mark.parametrize("who", ["first", "buyer"])
def test_only_suppliers_ask(tendering, who):
    with pytest.raises((NotAllowed, NotFound)):
        asked(tendering, actor=getattr(tendering, who))


@pytest.mark.parametrize("who", ["asker", "other", "buyer"])
def test_only_the_lead_answers(tendering, who):
    question = asked(tendering)

    with pytest.raises(RuleBroken) as refused:
        questions.draft(
            tendering.session, tendering.round, [question], actor=getattr(tendering, who), now=tendering.clock()
        )

    assert refused.value.code in ("role-missing", "not-found")


def test_nothing_is_answered_after_the_deadline(tendering):
    question = asked(tendering)
    tendering.clock.now = tendering.round.tender_deadline + dt.timedelta(seconds=1)

    with pytest.raises(MoveRefused) as refused:
        drafted(tendering, question)

    assert refused.value.code == "deadline-passed"


def test_a_question_is_taken_back_until_it_is_answered_and_only_by_its_supplier(tendering):
    first = asked(tendering)
    with pytest.raises(NotFound):
        questions.withdraw(tendering.session, first, actor=tendering.other, now=tendering.clock())
    questions.withdraw(tendering.session, first, actor=tendering.asker, now=tendering.clock())
    answer = answered(tendering)

    assert questions.state_of(first) == "withdrawn"
    with pytest.raises(MoveRefused) as refused:
        questions.withdraw(tendering.session, answer.questions[0], actor=tendering.asker, now=tendering.clock())
    assert refused.value.code == "already-answered"


def test_a_draft_put_aside_frees_its_questions_and_can_be_taken_up_again(tendering):
    question = asked(tendering)
    answer = drafted(tendering, question)
    saved(tendering, answer)
    questions.discard(tendering.session, answer, actor=tendering.first, now=tendering.clock())
    assert questions.state_of(question) == "waiting"
    questions.restore(tendering.session, answer, actor=tendering.first, now=tendering.clock())

    assert questions.state_of(question) == "drafted"
    assert answer.answer == "Yes, it does."


def test_a_draft_whose_questions_another_answer_took_does_not_come_back(tendering):
    question = asked(tendering)
    old = drafted(tendering, question)
    questions.discard(tendering.session, old, actor=tendering.first, now=tendering.clock())
    drafted(tendering, question)
    tendering.session.flush()
    tendering.session.expire_all()

    with pytest.raises(MoveRefused):
        questions.restore(tendering.session, old, actor=tendering.first, now=tendering.clock())


def test_two_tabs_do_not_overwrite_each_other(tendering):
    answer = drafted(tendering, asked(tendering))
    known = answer.version
    saved(tendering, answer, "First.")
    for act in (
        lambda: questions.save(
            tendering.session,
            answer,
            question="x",
            text="Second.",
            version=known,
            actor=tendering.second,
            now=tendering.clock(),
        ),
        lambda: questions.publish(
            tendering.session, answer, version=known, actor=tendering.second, now=tendering.clock()
        ),
    ):
        with pytest.raises(RuleBroken) as refused:
            act()
        assert refused.value.code == "stale"
    assert answer.answer == "First."


def test_a_question_is_answered_in_one_answer_only(tendering):
    question = asked(tendering)
    drafted(tendering, question)

    with pytest.raises(MoveRefused) as refused:
        drafted(tendering, question)

    assert refused.value.code == "stale"


def test_numbers_follow_the_order_of_publication(tendering):
    late, early = (drafted(tendering, asked(tendering, text)) for text in ("A?", "B?"))
    for answer in (early, late):
        saved(tendering, answer)
        published(tendering, answer)

    assert (early.number, late.number) == (1, 2)


def test_the_record_shows_the_asker_to_nobody_also_after_the_opening(tendering):
    question = asked(tendering)
    for opened in (None, tendering.clock()):
        tendering.round.opened_at = opened
        tendering.round.state = "opened" if opened else "published"
        tendering.session.flush()
        event = tendering.session.scalars(select(AuditEvent).where(AuditEvent.kind == "question.asked")).one()
        (entry,) = trail.entries(tendering.session, [event])
        by_name = trail.of_everything(trail.Filters(person="Wilhelmina"))

        assert (entry.who, entry.organisation, entry.is_bidder) == ("", "", True)
        assert trail.count(tendering.session, by_name) == 0
    assert question.public_id


def test_the_outbox_lists_no_notice_to_suppliers_also_after_the_opening(tendering):
    answered(tendering)
    tendering.round.opened_at, tendering.round.state = tendering.clock(), "opened"
    tendering.session.flush()
    listed = tendering.session.scalars(select(Mail.recipient).where(not_(sealed.is_mail_to_bidder()))).all()

    assert listed == [tendering.user(tendering.buyer).email]


def test_the_lead_is_told_how_many_wait(tendering):
    reader = Reader(tendering.first, frozenset({"lead"}), tendering.clock())
    asked(tendering)
    tendering.session.flush()

    step = next_step(tendering.session, tendering.round, reader)

    assert (step.page, step.params["count"]) == ("rounds.asked", 1)
    assert question_lists.waiting(tendering.session, tendering.round) == 1


# The pages


@pytest.fixture
def browsers(tendering, sign_in):
    bodies = {"first": "lead", "asker": "supplier", "other": "rival", "buyer": "member"}
    return {who: sign_in(tendering.user(getattr(tendering, who)), getattr(tendering, b)) for who, b in bodies.items()}


def go_through(tendering, browsers, session, text="Is Zeewind right?", answer="It is right."):
    """Ask, draft, check and publish by the pages."""
    browsers["asker"].send(f"{tendering.here}/questions", {"text": text})
    session.expire_all()
    question = session.scalars(select(Question).order_by(Question.id.desc())).first()
    browsers["first"].send(f"{tendering.here}/questions/answers", {"question": question.public_id})
    session.expire_all()
    made = session.scalars(select(PublicAnswer).order_by(PublicAnswer.id.desc())).first()
    page = f"{tendering.here}/questions/answers/{made.public_id}"
    browsers["first"].send(
        page, {"question": "Is this right?", "answer": answer, "version": made.version, "then": "check"}
    )
    session.expire_all()
    browsers["first"].send(f"{page}/check", {"version": made.version})
    session.expire_all()
    return made


def test_by_the_pages_both_wordings_are_kept_and_only_one_is_public(tendering, browsers, session, client):
    go_through(tendering, browsers, session)

    own = browsers["asker"].page(f"{tendering.here}/questions").text
    rival = browsers["other"].page(f"{tendering.here}/questions").text
    public = client.page(f"{tendering.public}/questions").text
    lead = browsers["first"].page(f"{tendering.here}/questions/asked").text

    assert "Is Zeewind right?" in own
    assert "Is Zeewind right?" in lead
    assert "Zeewind Computers" in lead
    for page in (rival, public):
        assert "Is this right?" in page
        assert "It is right." in page
        assert "Zeewind" not in page
        assert "Vries" not in page


@pytest.mark.parametrize("language", ["en", "nl", "sv"])
def test_every_page_opens_in_every_language(tendering, browsers, session, client, language):
    made = go_through(tendering, browsers, session)
    for browser in (*browsers.values(), client):
        browser.post(f"/language/{language}", data={"next": "/"})
    pages = {
        "asker": ("/questions",),
        "first": (
            "/questions/asked",
            "/questions/asked?state=answered&q=right",
            f"/questions/answers/{made.public_id}",
            f"/questions/answers/{made.public_id}/check",
        ),
    }
    for who, paths in pages.items():
        for path in paths:
            browsers[who].page(tendering.here + path)
    client.page(f"{tendering.public}/questions?q=right")
    client.page(tendering.public)


def test_roles_and_other_tenants_see_no_asker(tendering, browsers, session, build, sign_in, client):
    stranger = build.organisation("lead")
    other_lead = sign_in(build.user(stranger), stranger)
    elsewhere = build.round(tendering.lead, state="published")
    session.commit()
    made = go_through(tendering, browsers, session)
    paths = ("/questions/asked", "/questions/asked.xlsx", f"/questions/answers/{made.public_id}")
    for path in paths:
        browsers["buyer"].page(tendering.here + path, status=403)
        browsers["asker"].page(tendering.here + path, status=403)
        other_lead.page(tendering.here + path, status=404)
    browsers["first"].page(f"/rounds/{elsewhere.public_id}/questions/answers/{made.public_id}", status=404)
    browsers["buyer"].page(f"{tendering.here}/questions", status=403)
    question = session.scalars(select(Question)).one()
    gone = browsers["other"].post(f"{tendering.here}/questions/{question.public_id}/withdraw")
    assert gone.status_code == 404


def test_a_late_question_is_refused_on_the_page_with_what_to_do(tendering, browsers):
    tendering.round.questions_until = tendering.clock() - dt.timedelta(minutes=1)
    tendering.session.commit()

    page = browsers["asker"].page(f"{tendering.here}/questions").text
    sent = browsers["asker"].send(f"{tendering.here}/questions", {"text": "Too late?"}, status=409).text

    assert "Too late to ask here" in page
    assert "write to the contact for questions" in sent


def test_the_files_hold_every_version_and_never_the_asker(tendering, browsers, session, client):
    made = go_through(tendering, browsers, session)
    page = f"{tendering.here}/questions/answers/{made.public_id}"
    browsers["first"].send(
        page, {"question": "Is this right?", "answer": "Not quite.", "version": made.version, "then": "check"}
    )
    session.expire_all()
    browsers["first"].send(f"{page}/check", {"version": made.version, "reason": "Mistaken."})

    table = client.get(f"{tendering.public}/questions.csv").get_data(as_text=True)
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{tendering.public}/questions.xlsx").data))
    first = client.get(f"{tendering.public}/questions-nl.pdf").data
    kept = browsers["first"].get(f"{tendering.here}/questions/asked.xlsx").data
    lead = openpyxl.load_workbook(io.BytesIO(kept)).worksheets[0]
    tendering.clock.forward(days=1)
    again = client.get(f"{tendering.public}/questions-nl.pdf").data
    said = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(first)).pages)

    assert first == again
    cells = " ".join(str(cell.value) for sheet in book for row in sheet for cell in row)
    for text in (table, cells, said):
        assert "It is right." in text
        assert "Not quite." in text
        assert "Zeewind" not in text
    assert lead["B2"].value == "Zeewind Computers B.V."
    assert lead["D2"].value == "Is Zeewind right?"


def test_a_long_list_is_paged_and_searched(tendering, client, session):
    for number in range(30):
        answered(tendering, f"Question of number {number}x?")
    session.commit()

    first = client.page(f"{tendering.public}/questions").text
    second = client.page(f"{tendering.public}/questions?page=2").text
    found = client.page(f"{tendering.public}/questions?q=number+29x").text

    assert ("number 0x" in first, "number 29x" in first, "number 29x" in second) == (True, False, True)
    assert ("number 29x" in found, "number 3x" in found) == (True, False)


def test_an_empty_page_says_who_takes_the_next_step(tendering, browsers, client):
    assert "The lead answers questions here." in client.page(f"{tendering.public}/questions").text
    assert "what suppliers ask" in browsers["first"].page(f"{tendering.here}/questions/asked").text
