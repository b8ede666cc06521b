"""The installation's register of smelters: what it says of an id, and what is wrong with a file that is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from framework.disclosure.smelters import WrongRegister, read_known

HEAD = "id,name,country,mineral,listed_from,listed_until\n"


def register(folder: Path, text: str) -> Path:
    path = folder / "smelters.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_id_is_listed_until_its_last_stretch_ended(tmp_path: Path):
    rows = (
        "cid999001,Invented Tin,ID,tin,2020-01-01,\n"
        "CID999002,Invented Gold,PE,gold,2019-01-01,2021-06-30\n"
        "CID999002,Invented Gold,PE,gold,2022-01-01,2024-06-30\n"
        "CID999003,Invented Cobalt,CD,cobalt,2019-01-01,2020-01-01\n"
        "CID999003,Invented Cobalt,CD,cobalt,2023-01-01,\n"
    )

    known = read_known(register(tmp_path, HEAD + rows)).listed

    assert known == {"CID999001": None, "CID999002": "2024-06-30", "CID999003": None}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,name\nCID999001,x\n", "country, mineral, listed_from, listed_until"),
        (HEAD + "CID999001,x,ID,tin,2020-01-01,soon\n", "line 2: listed_until is no date"),
    ],
)
def test_a_file_that_is_no_register_is_told_with_its_place(text: str, said: str, tmp_path: Path):
    with pytest.raises(WrongRegister, match=said):
        read_known(register(tmp_path, text))


def test_a_register_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(WrongRegister, match="could not be read"):
        read_known(tmp_path / "none.csv")
