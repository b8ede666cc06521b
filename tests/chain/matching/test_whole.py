"""The whole base at once: pairs found by the model, asked once of those who may be asked, and the same model for two engines."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter

import pytest
from sqlalchemy import select

from benchmarks import factories
from framework.chain.matching import acts, dialects, moving, proposing, whole
from models.chain import Mention, Site
from models.matching import MatchQuestion, SiteForm, SiteId
from models.records import AuditEvent
from tests.chain.matching.test_acts import OTHER, SPELT, SURE, rows
from tests.memory import remembered

GATE = ("Lakeside Optics Limited", "58 First Avenue, Kunshan, Jiangsu")


def place(folder):
    return whole.Workplace(folder / "models", folder / "spill", 500, threads=2)


def found(opened, folder):
    opened.session.flush()
    often = proposing.word_counts(opened.session)
    return whole.find(lambda: proposing.described(opened.session), often, place(folder))


def apart(opened, *submissions):
    """Put the mentions of each submission on a site of its own, as rounds before there was matching have it."""
    from framework.chain.matching import placing

    made = []
    for submission in submissions:
        theirs = select(Mention).where(Mention.submission_id == submission.id).order_by(Mention.id)
        for mention in opened.session.scalars(theirs).all():
            site = placing.make_site(opened.session, mention, now=opened.clock())
            old, mention.site_id = mention.site_id, site
            made.append((site, old, mention))
    moving.settle(opened.session, {n for site, old, _m in made for n in (site, old)}, now=opened.clock())
    return [opened.session.get_one(Site, site) for site, _old, _mention in made]


@pytest.fixture
@remembered
def twins(opened):
    """Two sites that the same lead's rounds describe in two spellings, never compared; and a third that is another."""
    one, two = opened.built(rows(SURE, OTHER)), opened.built(rows(SPELT))
    return apart(opened, one, two)


def waiting(opened):
    return opened.session.scalars(select(MatchQuestion).order_by(MatchQuestion.id)).all()


def propose(opened, pairs):
    return proposing.propose(opened.session, pairs, now=opened.clock())


def test_two_sites_of_one_place_are_found_and_asked_once(opened, twins, tmp_path):
    lakeside, _redstone, spelt = twins
    pairs = found(opened, tmp_path).pairs
    assert [(pair.site, pair.other) for pair in pairs] == [(lakeside.id, spelt.id)]
    assert propose(opened, pairs) == {"asked": 1}
    (question,) = waiting(opened)
    assert (question.source, question.candidates, question.state) == ("batch", [lakeside.id], "open")
    assert question.mention.site_id == spelt.id
    event = opened.session.scalars(select(AuditEvent).where(AuditEvent.kind == "site.proposed")).one()
    assert (event.data, event.round_id) == ({"questions": 1}, opened.round.id)
    assert propose(opened, found(opened, tmp_path).pairs) == {"waiting": 1}
    assert waiting(opened) == [question]
    assert list((tmp_path / "spill").iterdir()) == []


def test_an_answer_makes_them_one_and_they_are_found_no_more(opened, twins, tmp_path):
    lakeside, _redstone, spelt = twins
    lead = opened.build.person(opened.round.organisation, "lead")
    propose(opened, found(opened, tmp_path).pairs)
    (question,) = waiting(opened)
    acts.answer(opened.session, question, "same", site=lakeside, motive="one gate", actor=lead, now=opened.clock())
    assert spelt.merged_into_id == lakeside.id
    assert found(opened, tmp_path).pairs == ()


def test_what_a_person_told_apart_is_never_proposed_again(opened, twins, tmp_path):
    lead = opened.build.person(opened.round.organisation, "lead")
    pairs = found(opened, tmp_path).pairs
    propose(opened, pairs)
    (question,) = waiting(opened)
    acts.answer(opened.session, question, "different", site=None, motive="two", actor=lead, now=opened.clock())
    assert propose(opened, found(opened, tmp_path).pairs) == {"told_apart": 1}
    assert len(waiting(opened)) == 1


def test_a_lead_is_asked_only_about_sites_that_its_own_rounds_describe(opened, twins, tmp_path):
    _lakeside, _redstone, spelt = twins
    stranger = opened.build.round(opened.build.organisation("lead"), state="opened", opened_at=opened.clock())
    mention = opened.session.scalars(select(Mention).where(Mention.site_id == spelt.id)).one()
    mention.submission.round = stranger
    opened.session.flush()
    assert propose(opened, found(opened, tmp_path).pairs) == {"unseen": 1}
    assert waiting(opened) == []


def test_the_rules_hold_back_what_the_model_is_sure_of(opened, twins):
    lakeside, redstone, spelt = twins
    forms = {form.site_id: form.id for form in opened.session.scalars(select(SiteForm))}
    far = whole.Pair(lakeside.id, redstone.id, forms[lakeside.id], forms[redstone.id], 0.99)
    gone = whole.Pair(lakeside.id, spelt.id, forms[lakeside.id], 0, 0.99)
    assert propose(opened, [far, gone]) == {"held_back": 2}
    near = whole.Pair(lakeside.id, spelt.id, forms[lakeside.id], forms[spelt.id], 0.99)
    opened.session.add_all(SiteId(site_id=s.id, scheme="os", value=f"X{s.id}") for s in (lakeside, spelt))
    assert propose(opened, [near]) == {"held_back": 1}


def test_a_waiting_question_about_the_description_takes_one_site_more(opened, twins):
    lakeside, _redstone, spelt = twins
    (gate,) = apart(opened, opened.built(rows(GATE)))
    for question in waiting(opened):
        opened.session.delete(question)
    forms = {form.site_id: form.id for form in opened.session.scalars(select(SiteForm))}
    pairs = [whole.Pair(one.id, gate.id, forms[one.id], forms[gate.id], 0.99) for one in (lakeside, spelt)]
    assert propose(opened, pairs) == {"asked": 2}
    (question,) = waiting(opened)
    assert question.candidates == [lakeside.id, spelt.id]


def many(size):
    """A base with one spoilt copy of every fiftieth site, as descriptions, and the true pairs."""
    places = list(factories.base(size))
    numbers = factories.chosen(size, size // 50)
    chance = factories.random.Random(7)
    said = [one.said() for one in [*places, *(factories.spoilt(places[n], chance) for n in numbers)]]
    truth = {(number, size + at) for at, number in enumerate(numbers)}
    return said, truth


@pytest.mark.slow
def test_a_model_is_trained_on_a_base_and_kept_with_its_ruleset(tmp_path):
    said, truth = many(5_000)
    often = Counter(word for one in said for word in one.words)
    told = []
    forms = [whole.Described(n, n, one.to_json()) for n, one in enumerate(said)]
    done = whole.find(lambda: forms, often, place(tmp_path), told.append)
    assert done.trained
    assert {(pair.site, pair.other) for pair in done.pairs} >= {*sorted(truth)[:95]} & truth
    assert len(truth & {(pair.site, pair.other) for pair in done.pairs}) >= 0.95 * len(truth)
    (model,) = (tmp_path / "models").iterdir()
    assert model.name == f"match-model-{whole.RULESET}.json"
    assert {one["output_column_name"] for one in json.loads(model.read_text())["comparisons"]} == {
        "name",
        "address",
        "numbers",
    }
    assert any("learns" in text for text in told)


@pytest.mark.parametrize(
    ("engine", "common", "names"),
    [
        ("duckdb", "len(list_intersect(address_l, address_r))", "jaro_winkler_similarity(name_l, name_r) >= 0.95"),
        ("spark", "size(array_intersect(address_l, address_r))", "levenshtein(name_l, name_r) <= 1"),
    ],
)
def test_the_model_is_told_in_the_words_of_both_engines(engine, common, names):
    import sqlglot
    from splink import SettingsCreator

    made = SettingsCreator.from_path_or_dict(whole.settings(engine)).create_settings_dict(engine)
    said = [level["sql_condition"] for one in made["comparisons"] for level in one["comparison_levels"]]
    assert any(common in text for text in said)
    assert names in said
    other = ({*dialects.DIALECTS} - {engine}).pop()
    foreign = {
        text.split("(")[0].split(".")[-1] for text in (dialects.DIALECTS[other].common, *dialects.DIALECTS[other].names)
    }
    assert not any(f"{word}(" in text for word in foreign for text in said)
    for text in {*said} - {"ELSE"}:
        assert sqlglot.parse_one(text, read=engine).sql(dialect=engine)


@pytest.mark.parametrize("engine", dialects.DIALECTS)
def test_the_shares_of_every_comparison_sum_to_one(engine):
    for one in dialects.comparisons(engine):
        levels = [level for level in one["comparison_levels"] if not level.get("is_null_level")]
        for share in ("m_probability", "u_probability"):
            assert sum(level[share] for level in levels) == pytest.approx(1)
            assert all(0 < level[share] < 1 for level in levels)


def test_neither_the_web_nor_a_worker_carries_the_engine():
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, wsgi, views.worker, views.beat, views.match_base; print({'splink', 'duckdb'} & {*sys.modules})",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "set()"


def test_the_command_tells_what_it_found(app, opened, twins):
    opened.session.commit()
    runner = app.test_cli_runner()
    done = runner.invoke(args=["match-base", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert {name: told[name] for name in ("rows", "pairs", "asked", "trained")} == {
        "rows": 3,
        "pairs": 1,
        "asked": 1,
        "trained": False,
    }
    assert "descriptions" in done.stderr
    again = runner.invoke(args=["match-base"])
    assert "1 are asked already" in again.stdout


def test_too_little_memory_and_folders_that_cannot_be_written_end_in_plain_words(app, opened, twins, tmp_path):
    opened.session.commit()
    settings, runner = app.extensions["settings"], app.test_cli_runner()
    given = settings.match_memory_mb, settings.match_spill_dir
    try:
        settings.match_memory_mb = 1
        done = runner.invoke(args=["match-base"])
        assert done.exit_code == 1
        assert "HEFBOOM_MATCH_MEMORY_MB" in done.stderr
        settings.match_memory_mb, settings.match_spill_dir = given[0], tmp_path / "taken"
        (tmp_path / "taken").write_text("a file")
        done = runner.invoke(args=["match-base"])
        assert done.exit_code == 1
        assert "cannot be written" in done.stderr
    finally:
        settings.match_memory_mb, settings.match_spill_dir = given
    assert waiting(opened) == []
