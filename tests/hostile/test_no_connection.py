"""A file that names addresses reaches none of them: nothing connects, looks up a name or knocks at the door it names."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from framework.disclosure.check_file import check
from framework.disclosure.marked import mark
from framework.ground.sheets.cells import Refusal
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.reader import run_in_child
from framework.ground.sheets.reading import read_here
from tests.disclosure.workbooks import SCOPE, TODAY
from tests.hostile import raw
from tests.hostile.make import ODS_CELL, ODS_ROW, _ods
from tests.hostile.raw import HEAD, SHEET, cell, pack, parts, row

PLACE = "http://127.0.0.1:{port}/x"
TABLE = row(1, cell("A1", "Site name"), cell("B1", "Address"), cell("C1", "Country"))


def _with_cells(*cells: str) -> bytes:
    return raw.workbook(TABLE + row(2, cell("A2", "Works"), cell("B2", "58 First Avenue"), cell("C2", "CN"), *cells))


def _formulas(place: str) -> bytes:
    called = (f'WEBSERVICE("{place}")', f'HYPERLINK("{place}","x")', f'IMAGE("{place}")', f"'[{place}]S'!A1")
    return _with_cells(*(cell(f"{'DEFG'[n]}2", 4, formula=formula) for n, formula in enumerate(called)))


def _link(place: str) -> bytes:
    """A link of a cell, an outside workbook, a picture and a template that lie elsewhere."""
    kinds = ("hyperlink", "externalLinkPath", "image", "attachedTemplate")
    listed = "".join(
        f'<Relationship Id="r{n}" Type="{raw.OFFICE}/{kind}" Target="{place}" TargetMode="External"/>'
        for n, kind in enumerate(kinds)
    )
    links = f'{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{listed}</Relationships>'
    linked = raw.sheet(TABLE, after='<hyperlinks><hyperlink ref="A1" r:id="r0"/></hyperlinks>')
    return pack({**parts(sheet=linked), "xl/worksheets/_rels/sheet1.xml.rels": links})


def _entity(place: str) -> bytes:
    files = parts(TABLE)
    declared = f'<!DOCTYPE x [<!ENTITY a SYSTEM "{place}">]>'
    return pack({**files, SHEET: str(files[SHEET]).replace(HEAD, HEAD + declared, 1)})


def _schema(place: str) -> bytes:
    located = f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="{raw.MAIN} {place}"'
    return raw.workbook(sheet=raw.sheet(TABLE).replace("<worksheet ", f"<worksheet {located} ", 1))


def _connection(place: str) -> bytes:
    inside = f'{HEAD}<connections xmlns="{raw.MAIN}"><connection id="1" refreshOnLoad="1"><webPr url="{place}"/></connection></connections>'
    return pack({**parts(TABLE), "xl/connections.xml": inside})


def _open_document(place: str) -> bytes:
    linked = ODS_CELL.format(f' table:formula="of:=WEBSERVICE(&quot;{place}&quot;)"')
    source = f'<table:table-source xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="{place}"/>'
    return _ods(source + ODS_ROW.format("", linked))


def _csv(place: str) -> bytes:
    return f'Site name,Address,Country\n"=WEBSERVICE(""{place}"")",{place},CN\n'.encode()


FILES: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "formulas": (".xlsx", _formulas),
    "links": (".xlsx", _link),
    "entity": (".xlsx", _entity),
    "schema": (".xlsx", _schema),
    "connection": (".xlsx", _connection),
    "open document": (".ods", _open_document),
    "csv": (".csv", _csv),
}


class Spy:
    """Hears of every use of a socket in this process while it listens."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, tuple[Any, ...]]] = []
        self.listens = False
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.listens and event.startswith(("socket.", "urllib.", "http.client", "ftplib.", "subprocess.")):
            self.heard.append((event, arguments))


@pytest.fixture(scope="module")
def spy() -> Spy:
    return Spy()


@pytest.fixture
def door() -> Iterator[socket.socket]:
    """A port that would take a connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def nobody_knocked(door: socket.socket) -> bool:
    try:
        door.accept()[0].close()
    except BlockingIOError:
        return True
    return False


@pytest.mark.parametrize("name", FILES)
def test_reading_and_marking_a_file_connects_to_nothing(
    name: str, door: socket.socket, spy: Spy, tmp_path: Path
) -> None:
    suffix, build = FILES[name]
    path = tmp_path / f"list{suffix}"
    path.write_bytes(build(PLACE.format(port=door.getsockname()[1])))

    spy.listens = True
    book = read_here(path, Limits.quick())
    found = check(book, SCOPE, today=TODAY)
    spy.listens = False
    in_child = run_in_child(path, "framework.ground.sheets.codec:book_as_json", {}, Limits.quick())
    if found.format == "site-list":
        mark(path, found.issues, language="en", gettext=str, form=found.format)

    assert spy.heard == []
    assert nobody_knocked(door)
    assert isinstance(book, Refusal) == (in_child.refusal is not None)


def test_the_spy_hears_a_connection(door: socket.socket, spy: Spy) -> None:
    spy.listens = True
    socket.create_connection(door.getsockname()).close()
    spy.listens = False

    heard, spy.heard = spy.heard, []
    assert "socket.connect" in {event for event, _arguments in heard}
    assert not nobody_knocked(door)
