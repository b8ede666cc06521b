"""`match-sites` from the command line: rows, bands, reasons; files that hold no list."""

from __future__ import annotations

import json

from click.testing import CliRunner

from views.match_sites import match_sites

HEAD = "Factory name,Address,Country\n"
ONE = (
    HEAD
    + '"Xin Bo Optical Co., Ltd.","No. 18 Luoshan Rd., Kunshan, Jiangsu",China\nMercury,"33 Honghai Road, Kunshan",China\n'
)
TWO = (
    HEAD
    + '"XINBO OPTICAL","18 Luoshan Road, Kunshan, Jiangsu",China\nMercury,"11 Honghai Road, Kunshan",China\nNordlicht,Kunshan,China\n'
)


def run(folder, *files, options=("--json",)):
    paths = []
    for name, text in files:
        path = folder / name
        path.write_text(text, encoding="utf-8")
        paths.append(str(path))
    return CliRunner().invoke(match_sites, [*paths, *options])


def test_rows_of_two_lists_are_linked_asked_new_or_unplaced(tmp_path):
    done = run(tmp_path, ("one.csv", ONE), ("two.csv", TWO))
    assert done.exit_code == 0, done.output
    rows = {(row["file"], row["row"]): row for row in json.loads(done.output)["rows"]}
    assert rows["one.csv", 2]["site"] == rows["two.csv", 2]["site"]
    assert {rows["one.csv", 2]["band"], rows["two.csv", 2]["band"]} == {"linked"}
    assert rows["one.csv", 3]["band"] == "asked"
    assert rows["one.csv", 3]["asked"] == [rows["two.csv", 3]["site"]]
    assert any("33" in why and "11" in why for why in rows["one.csv", 3]["why"])
    assert rows["two.csv", 4]["band"] == "unplaced"
    assert rows["two.csv", 4]["site"] is None


def test_rows_are_recognised_in_a_base(tmp_path):
    base = tmp_path / "base.csv"
    base.write_text(ONE, encoding="utf-8")
    done = run(tmp_path, ("two.csv", TWO), options=("--base", str(base), "--json"))
    rows = json.loads(done.output)["rows"]
    assert [row["file"] for row in rows] == ["two.csv"] * 3
    assert rows[0]["band"] == "linked"
    assert rows[0]["base"] == [2]


def test_without_json_each_row_is_a_line_for_people(tmp_path):
    lines = run(tmp_path, ("one.csv", ONE), options=()).output.splitlines()
    assert lines[0].startswith("row\tband")
    assert lines[1].startswith("one.csv:2\tnew")


def test_a_file_without_a_list_is_named_and_ends_with_two(tmp_path):
    done = run(tmp_path, ("words.csv", "nothing,here\n1,2\n"))
    assert done.exit_code == 2
    assert "words.csv" in done.output
    assert "no list of sites" in done.output
