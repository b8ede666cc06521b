"""The parts of an xlsx package, changed one by one: what is not changed is written as it was read, byte for byte."""

from __future__ import annotations

import posixpath
import zipfile
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from xml.sax.saxutils import quoteattr

from framework.ground.sheets.container import Container
from framework.ground.sheets.limits import Limits
from framework.ground.sheets.splice import Edits, Found, Unusual, find
from framework.ground.sheets.xml import SEPARATOR

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/"
_RELATIONSHIP = f"{_PACKAGE}relationships{SEPARATOR}Relationship"
_OVERRIDE = f"{_PACKAGE}content-types{SEPARATOR}Override"
_DEFAULT = f"{_PACKAGE}content-types{SEPARATOR}Default"
_TYPES = "[Content_Types].xml"
_NO_LINKS = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns="{_PACKAGE}relationships"/>'
_AT = (2020, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Link:
    """A relationship; `target` is the name of a part, or an address where it leads outside."""

    id: str
    kind: str
    target: str
    outside: bool


class Parts:
    """A package of which parts are read, changed, added and taken away; nothing is written before `save`."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.limits = limits
        self._container = Container(path, limits)
        self._names = list(self._container.parts)
        self._changed: dict[str, bytes] = {}

    @property
    def names(self) -> list[str]:
        """The names of all parts, in the order of the package."""
        return list(self._names)

    @property
    def changed(self) -> frozenset[str]:
        """The names of parts that were changed or added."""
        return frozenset(self._changed)

    def actual(self, name: str) -> str | None:
        """The name of a part as the package writes it; case is ignored."""
        folded = name.casefold()
        return next((one for one in self._names if one.casefold() == folded), None)

    def read(self, name: str) -> bytes:
        """The bytes of a part as they are now. Raises `Unusual` where there is none."""
        if name in self._changed:
            return self._changed[name]
        actual = self.actual(name)
        if actual is None:
            raise Unusual(name)
        return self._changed[actual] if actual in self._changed else self._container.read(self._container.parts[actual])

    def write(self, name: str, data: bytes) -> None:
        """Change a part, or add one."""
        name = self.actual(name) or name
        if name not in self._names:
            self._names.append(name)
        self._changed[name] = data

    def remove(self, name: str) -> None:
        """Take a part away, with its relationships and its content type."""
        for gone in (name, _links_name(name)):
            actual = self.actual(gone)
            if actual is not None:
                self._names.remove(actual)
                self._changed.pop(actual, None)
        types = self._types()
        edits = Edits(types)
        for one in types.of(_OVERRIDE):
            if one.attributes.get("PartName", "").casefold() == f"/{name}".casefold():
                edits.remove(one)
        self.write(_TYPES, edits.done())

    def add(self, pattern: str, data: bytes, content_type: str) -> str:
        """Add a part under the first free name of a pattern such as `xl/comments%d.xml`; its name."""
        name = next(one for one in (pattern % number for number in count(1)) if self.actual(one) is None)
        self.write(name, data)
        ending = name.rpartition(".")[2]
        types = self._types()
        edits = Edits(types)
        if ending == "vml":
            if all(one.attributes.get("Extension", "").lower() != ending for one in types.of(_DEFAULT)):
                new = f"<{types.prefix}Default Extension={quoteattr(ending)} ContentType={quoteattr(content_type)}/>"
                edits.insert(types.root.inner, new)
        else:
            new = f"<{types.prefix}Override PartName={quoteattr('/' + name)} ContentType={quoteattr(content_type)}/>"
            edits.append(types.root, new)
        self.write(_TYPES, edits.done())
        return name

    def links(self, source: str) -> list[Link]:
        """The relationships of a part; of the package itself for ''."""
        if self.actual(_links_name(source)) is None:
            return []
        found = self._links(source)
        return [
            Link(
                one.attributes.get("Id", ""),
                one.attributes.get("Type", "").rpartition("/")[2],
                _target(source, one.attributes.get("Target", "")),
                one.attributes.get("TargetMode") == "External",
            )
            for one in found.of(_RELATIONSHIP)
        ]

    def linked(self, source: str, kind: str) -> Link | None:
        """The first relationship of a kind that leads to a part."""
        return next((one for one in self.links(source) if one.kind == kind and not one.outside), None)

    def link(self, source: str, kind: str, target: str) -> str:
        """Add a relationship to a part; its id."""
        if self.actual(_links_name(source)) is None:
            self.write(_links_name(source), _NO_LINKS.encode())
        taken = {one.id for one in self.links(source)}
        new = next(one for one in (f"rId{number}" for number in count(len(taken) + 1)) if one not in taken)
        found = self._links(source)
        edits = Edits(found)
        said = f'Id="{new}" Type="{OFFICE}/{kind}" Target={quoteattr("/" + target)}'
        edits.append(found.root, f"<{found.prefix}Relationship {said}/>")
        self.write(_links_name(source), edits.done())
        return new

    def unlink(self, source: str, link_id: str) -> None:
        """Take a relationship away."""
        found = self._links(source)
        edits = Edits(found)
        for one in found.of(_RELATIONSHIP):
            if one.attributes.get("Id") == link_id:
                edits.remove(one)
        self.write(_links_name(source), edits.done())

    def save(self, path: Path) -> None:
        """Write the package: every part in its order, those not changed with the bytes they had."""
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in self._names:
                entry = zipfile.ZipInfo(name, _AT)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, self.read(name))

    def _types(self) -> Found:
        return find(_TYPES, self.read(_TYPES), self.limits, lambda path, _said: 0 if len(path) == 1 else None)

    def _links(self, source: str) -> Found:
        name = _links_name(source)
        return find(name, self.read(name), self.limits, lambda path, _said: 0 if len(path) == 1 else None)


def _links_name(source: str) -> str:
    folder, name = posixpath.split(source)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _target(source: str, target: str) -> str:
    folder = posixpath.dirname(source)
    return posixpath.normpath(posixpath.join("/", folder, target.replace("\\", "/"))).lstrip("/")
