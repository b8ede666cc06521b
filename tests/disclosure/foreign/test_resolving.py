"""Blank cells of smelters filled from the file's own look-up and from our register; names and ids that disagree."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from framework.disclosure import smelter_loads
from framework.disclosure.check_file import check
from framework.disclosure.checked import Checked
from framework.disclosure.foreign.resolving import SmelterName
from framework.disclosure.smelters import Row
from framework.ground.actors import SYSTEM
from framework.ground.errors import InvalidInput
from tests.disclosure.foreign.rmi_books import Cells, good, write
from tests.disclosure.workbooks import TODAY, read

LETTERS = "ABCDEFGHIJKLMNOPQ"
REGISTER = (
    SmelterName("tin", "Old Reed Tin", "Hollow Reed Metals", "CID910001", "BO", "2BOL004"),
    SmelterName("gold", "Twin Gold", "Twin Gold One", "CID910002", "CH"),
    SmelterName("gold", "Twin Gold", "Twin Gold Two", "CID910003", "PE"),
    SmelterName("gold", "Salt Wren", "Salt Wren Refinery", "CID910004", "BE"),
)
LISTED: dict[str, str | None] = {one.number: None for one in REGISTER}


def with_row(row: dict[str, object], *, lookup: list[tuple[object, ...]] | None = None) -> Cells:
    """A declaration with one row of smelters, and a look-up sheet of its own where one is given."""
    cells = good("CMRT", "6.5")
    cells["Smelter List"] = {"B4": "label"} | {f"{letter}5": value for letter, value in row.items()}
    if lookup:
        rows = [("Metal", "Look-up", "Standard name", "Country", "Id"), *lookup]
        cells["Smelter Look-up"] = {f"{LETTERS[x]}{y}": v for y, row in enumerate(rows, 4) for x, v in enumerate(row)}
    return cells


def checked(folder: Path, cells: Cells) -> Checked:
    book = read(write(folder / "x.xlsx", cells))
    return check(book, None, today=TODAY, smelters=LISTED, smelter_names=REGISTER)


def smelter_of(found: Checked) -> dict[str, object]:
    [row] = found.tables["5_smelters"]
    return row["values"]


def test_an_id_typed_alone_brings_mineral_name_and_country_from_the_register(tmp_path: Path):
    found = checked(tmp_path, with_row({"A": "CID910001"}))

    given = smelter_of(found)
    [told] = [issue for issue in found.issues if issue.code == "resolved-by-register"]
    assert (given["mineral"], given["smelter_name"], given["smelter_country"]) == ("tin", "Hollow Reed Metals", "BO")
    assert told.params["cells"] == ["D5", "B5", "E5"]
    assert found.tables["5_smelters"][0]["found"] == {"smelter_name": "", "mineral": "", "smelter_country": ""}
    assert "smelter-row-incomplete" not in {issue.code for issue in found.issues}


@pytest.mark.parametrize(
    ("version", "row", "cells"),
    [("2.02", {"B": "Tin", "F": "CID910001"}, ["D5", "E5"]), ("3.01", {"B": "Tin", "C": "Old Reed Tin"}, ["F5", "E5"])],
)
def test_older_forms_are_filled_in_their_own_columns(
    version: str, row: dict[str, str], cells: list[str], tmp_path: Path
):
    book = good("CMRT", version)
    book["Smelter List"] = {"B4": "label"} | {f"{letter}5": value for letter, value in row.items()}

    found = checked(tmp_path, book)

    [told] = [issue for issue in found.issues if issue.code == "resolved-by-register"]
    assert told.params["cells"] == cells
    assert smelter_of(found)["smelter_name"] == "Hollow Reed Metals"


def test_the_look_up_of_the_file_comes_before_the_register_and_is_not_kept(tmp_path: Path):
    own = [
        ("Gold", "Salt Wren", "Salt Wren of the File", "CHINA", "CID920001"),
        ("Tin", "Never Used", "x", "CHINA", "CID920002"),
    ]

    found = checked(tmp_path, with_row({"B": "Gold", "C": "SALT  WREN Ltd"}, lookup=own))

    given = smelter_of(found)
    assert (given["smelter_id"], given["smelter_name"], given["smelter_country"], given["resolved_from"]) == (
        "CID920001",
        "Salt Wren of the File",
        "CN",
        "file",
    )
    assert "Never Used" not in str(found.to_json())
    assert [(i.cause, i.value) for i in found.issues if i.code == "smelter-unknown"] == []


def test_an_alias_of_several_smelters_is_never_resolved_alone(tmp_path: Path):
    found = checked(tmp_path, with_row({"B": "Gold", "C": "Twin Gold", "E": "CHINA"}))

    [told] = [issue for issue in found.issues if issue.code == "smelter-alias-ambiguous"]
    assert (told.params["cell"], told.params["candidates"]) == ("C5", "CID910002, CID910003")
    assert "smelter_id" not in smelter_of(found)


def test_a_name_and_an_id_of_different_smelters_are_told(tmp_path: Path):
    found = checked(tmp_path, with_row({"B": "Gold", "C": "Salt Wren", "E": "CHINA", "F": "CID910002"}))

    [told] = [issue for issue in found.issues if issue.code == "smelter-name-id-mismatch"]
    assert (told.params["cell"], told.value, told.params["other"]) == ("F5", "CID910002", "CID910004")


def test_an_older_id_becomes_the_present_one_by_a_row_of_the_register(tmp_path: Path):
    tied = checked(tmp_path, with_row({"B": "Tin", "C": "Some Tin", "E": "CHINA", "F": "2bol004"}))
    loose = checked(tmp_path, with_row({"B": "Tin", "C": "Some Tin", "E": "CHINA", "F": "2BOL009"}))

    assert (smelter_of(tied)["smelter_id"], tied.tables["5_smelters"][0]["found"]["smelter_id"]) == (
        "CID910001",
        "2BOL004",
    )
    assert [(i.cause, i.value) for i in loose.issues if i.code == "registry-form"] == [("older id", "2BOL009")]


def test_a_smelter_not_listed_keeps_the_name_its_row_gives(tmp_path: Path):
    row = {"B": "Gold", "C": "smelter NOT listed", "D": "Own Words", "E": "CHINA"}

    given = smelter_of(checked(tmp_path, with_row(row)))

    assert (given["smelter_name"], given.get("smelter_id")) == ("Own Words", None)


def test_loads_are_dated_and_old_ones_say_what_was_listed_before(session, clock):
    older, newer = [Row(REGISTER[0], None), Row(REGISTER[1], None)], [Row(REGISTER[1], None)]
    load = {"sha256": "a" * 64, "actor": SYSTEM, "now": clock()}
    smelter_loads.load(session, older, source="published list", day=dt.date(2024, 4, 26), **load)
    smelter_loads.load(session, newer, source="published list", day=dt.date(2025, 4, 25), **load)

    known = smelter_loads.known(session)

    assert known.listed == {"CID910001": "2024-04-26", "CID910002": None}
    assert REGISTER[0] in known.names
    with pytest.raises(InvalidInput):
        smelter_loads.load(session, newer, source="published list", day=dt.date(2025, 4, 25), **load)


def test_without_a_load_there_is_no_register(session):
    assert smelter_loads.known(session) is None


def test_an_operator_loads_a_list_from_the_command_line(app, tmp_path: Path):
    path = tmp_path / "list.csv"
    path.write_text("id,name,country,mineral,older_id\ncid910001,Reed,Bolivia,Tin,2BOL004\n", encoding="utf-8")
    runner = app.test_cli_runner()

    done = runner.invoke(args=["smelters", "load", str(path), "--day", "2025-04-25", "--source", "published list"])
    again = runner.invoke(args=["smelters", "load", str(path), "--day", "2025-04-25", "--source", "published list"])
    shown = runner.invoke(args=["smelters", "loads"])

    assert (done.exit_code, again.exit_code) == (0, 1), done.output
    assert shown.output == "2025-04-25  published list\n"
