"""The command line: accounts, routes, the chain of the record, one file checked."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, text

from framework.ground import audit_ddl, database
from models.base import db
from models.people import Organisation, User
from views.check_file import check_file


def test_an_operator_is_made_with_the_own_organisation(app, session):
    done = app.test_cli_runner().invoke(
        args=[
            "user",
            "create",
            "--email",
            "op@example.org",
            "--name",
            "O. Perator",
            "--password",
            "a long pass phrase 77",
            "--organisation",
            "House",
            "--country",
            "NL",
            "--role",
            "operator",
        ]
    )

    session.expire_all()
    assert done.exit_code == 0, done.output
    assert session.scalars(select(User.email)).all() == ["op@example.org"]


PERSON = ("user", "create", "--email", "op@example.org", "--name", "O", "--password", "a long pass phrase 77")


def test_the_country_of_the_operators_own_organisation_is_asked(app, session):
    asked = app.test_cli_runner().invoke(args=[*PERSON, "--organisation", "House", "--role", "operator"], input="SE\n")

    session.expire_all()
    assert asked.exit_code == 0, asked.output
    assert session.scalars(select(Organisation.country)).all() == ["SE"]


def test_a_role_without_an_organisation_is_refused(app, session):
    done = app.test_cli_runner().invoke(args=[*PERSON, "--role", "lead"])

    assert (done.exit_code, "--organisation" in done.output) == (2, True)
    assert session.scalars(select(User)).all() == []


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_command_that_cannot_write_says_so_in_one_sentence(app, session, monkeypatch):
    monkeypatch.setitem(database.SQLITE_PRAGMAS, "busy_timeout", "1")
    session.close()
    with app.app_context():
        db.engine.dispose()
        with db.engine.execution_options(write=True).connect() as writer:
            writer.exec_driver_sql("SELECT 1")
            done = app.test_cli_runner().invoke(args=[*PERSON])
        db.engine.dispose()

    assert (done.exit_code, "cannot be written now" in done.output) == (1, True)


@pytest.mark.parametrize(("args", "said"), [(["demo-code", "nobody@example.org"], "Nobody"), (["demo"], "--port")])
def test_a_wrong_word_to_the_demonstration_is_one_sentence(app, monkeypatch, args, said):
    monkeypatch.setenv("PORT", "abc")

    done = app.test_cli_runner().invoke(args=args)

    assert done.exit_code != 0
    assert said in done.output
    assert "Traceback" not in done.output


def test_a_bad_address_is_one_line_not_a_traceback(app, session):
    done = app.test_cli_runner().invoke(
        args=["user", "create", "--email", "op", "--name", "O", "--password", "a long pass phrase 77"]
    )

    assert done.exit_code == 1
    assert "Traceback" not in done.output


def test_every_route_is_listed_with_its_permission(app):
    done = app.test_cli_runner().invoke(args=["routes-permissions"])

    assert "sign_on:confirm" in done.output
    assert len(done.output.splitlines()) == len([r for r in app.url_map.iter_rules() if r.endpoint != "static"])


def test_a_broken_chain_is_found(app, session, build, clock):
    from framework.signons import acts

    round_ = build.round()
    acts.invite(session, round_, build.organisation("buyer"), actor=build.person(round_.organisation), now=clock())
    session.commit()
    good = app.test_cli_runner().invoke(args=["verify-log"])
    forge(session)

    bad = app.test_cli_runner().invoke(args=["verify-log"])

    assert (good.exit_code, good.output.strip()) == (0, "1 events, unbroken; 0 signed heads fit.")
    assert (bad.exit_code, "broken at event 1" in bad.output) == (1, True)


def forge(session):
    """Somebody with the keys of the database takes the triggers away and rewrites an event."""
    dialect = session.get_bind().dialect.name
    for statement in (
        *audit_ddl.unprotect(dialect),
        "UPDATE audit_event SET kind = 'forged'",
        *audit_ddl.protect(dialect),
    ):
        session.execute(text(statement))
    session.commit()


def test_a_file_that_is_no_table_is_refused_without_a_traceback(tmp_path):
    from click.testing import CliRunner

    file = tmp_path / "holiday.xlsx"
    file.write_bytes(b"PK\x03\x04 not a workbook")

    done = CliRunner().invoke(check_file, [str(file), "--json"])

    assert done.exit_code == 2
    assert json.loads(done.output)["verdict"] == "refused"


def test_a_file_that_is_not_there_is_said_in_one_line(tmp_path):
    from click.testing import CliRunner

    done = CliRunner().invoke(check_file, [str(tmp_path / "nothing.xlsx")])

    assert (done.exit_code, "there is no such file" in done.output) == (2, True)


def test_a_table_without_known_columns_is_blocked(tmp_path):
    from click.testing import CliRunner

    file = tmp_path / "list.csv"
    file.write_text("a,b\n1,2\n", encoding="utf-8")

    done = CliRunner().invoke(check_file, [str(file)])

    assert done.exit_code == 1, done.output


@pytest.mark.parametrize(
    ("path", "said"),
    [("/dev/null", "device"), ("/proc/self/status", "belongs to the system"), ("/tmp", "folder")],
    ids=["device", "system", "folder"],
)
def test_what_is_no_ordinary_file_is_named_and_not_opened(path, said):
    from click.testing import CliRunner

    done = CliRunner().invoke(check_file, [path])

    assert done.exit_code == 2
    assert said in done.output


def test_a_link_to_a_device_is_not_followed_into_it(tmp_path):
    from click.testing import CliRunner

    link = tmp_path / "list.csv"
    link.symlink_to("/dev/zero")

    done = CliRunner().invoke(check_file, [str(link)])

    assert (done.exit_code, "device" in done.output) == (2, True)


def test_a_checked_file_is_told_by_cause_with_places_and_advice(tmp_path):
    from click.testing import CliRunner

    file = tmp_path / "sites.csv"
    rows = "Lakeside Ltd,58 First Avenue,Kunshan,Chna\n"
    file.write_text("name,address,city,country\n" + rows * 7, encoding="utf-8")

    said = CliRunner().invoke(check_file, [str(file)]).output
    as_json = json.loads(CliRunner().invoke(check_file, [str(file), "--json"]).output)

    assert "7 × The country “Chna” was not recognised." in said
    assert "sites!D2, country" in said
    assert "and 2 more" in said
    assert "to do: Did you mean China (CN)?" in said
    assert sum(issue["advice"].startswith("Did you mean CN?") for issue in as_json["issues"]) == 7
