"""Looking at a file before any reader may: kind, container, one streaming walk, lane; in milliseconds, with no tree."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from framework.ground.sheets import progress
from framework.ground.sheets.cells import Refusal, SheetFacts
from framework.ground.sheets.container import Container
from framework.ground.sheets.kind import Kind, first_kind, is_two_kinds
from framework.ground.sheets.limits import MIB, Limits
from framework.ground.sheets.package import (
    Package,
    SheetPart,
    attached,
    check_foreign,
    check_other_parts,
    package_kind,
    read_package,
)
from framework.ground.sheets.refused import Refused, damaged, refused
from framework.ground.sheets.scan import SheetScan
from framework.ground.sheets.strings import StringFacts, iter_strings, string_facts
from framework.ground.sheets.styles import Styles, read_styles
from framework.ground.sheets.tally import Budget, Tally
from framework.ground.sheets.walk import SheetWalk, Workshop
from framework.ground.sheets.xml import NotPlain

_NOT_TABLES = {
    Kind.EMPTY: "file-empty",
    Kind.HTML: "file-is-web-page",
    Kind.ENCRYPTED: "file-password",
    Kind.NUMBERS: "file-numbers",
    Kind.ZIPPED_WORKBOOK: "file-is-zip",
}
_READ = frozenset({Kind.XLSX, Kind.XLSM, Kind.XLSB, Kind.XLS, Kind.ODS, Kind.CSV, Kind.CSV_ZIP})


@dataclass(frozen=True, slots=True)
class Preflight:
    """What the look at the file found. `facts` is by sheet name and empty for kinds that have no walk."""

    kind: Kind
    lane: str = "quick"
    facts: dict[str, SheetFacts] = field(default_factory=dict)
    date1904: bool = False
    refusal: Refusal | None = None


@dataclass(slots=True)
class Examined:
    """A file that passed every guard before reading."""

    kind: Kind
    container: Container | None = None
    package: Package | None = None
    workshop: Workshop = field(default_factory=lambda: Workshop(Styles(), StringFacts()))
    facts: dict[str, SheetFacts] = field(default_factory=dict)
    plain: dict[str, bool] = field(default_factory=dict)
    lane: str = "quick"


def preflight(path: Path, limits: Limits) -> Preflight:
    """Look at a file under these limits. Never raises for what is in the file: see `refusal`.

    `lane` says whether the file keeps within the quick lane or needs the large one.
    """
    try:
        found = examine(path, limits)
    except Refused as error:
        return Preflight(_kind_or_binary(path, limits), refusal=with_lane(error.refusal, limits))
    date1904 = found.package.date1904 if found.package else False
    return Preflight(found.kind, found.lane, found.facts, date1904)


def passes_task(path: Path, arguments: dict[str, Any]) -> bool:
    """The work of a child: whether the file at `path` passes under `arguments["limits"]`."""
    return preflight(path, Limits.from_dict(arguments["limits"])).refusal is None


def with_lane(refusal: Refusal, limits: Limits) -> Refusal:
    """A refusal of the quick lane that the large lane may lift says so in `lane`."""
    wider = {"file-too-large", "too-many-rows", "too-many-cells"}
    lift = refusal.key in wider or (refusal.key == "file-unpacks-too-large" and refusal.detail in ("total", "strings"))
    return replace(refusal, lane="large") if lift and limits.lane == "quick" else refusal


def kind_of(path: Path, limits: Limits) -> Kind:
    """The kind of a file by its content alone; raises `Refused` where a zip is not a proper one."""
    kind = first_kind(path)
    return package_kind(Container(path, limits)) if kind is Kind.ZIP else kind


def _kind_or_binary(path: Path, limits: Limits) -> Kind:
    try:
        return kind_of(path, limits)
    except Refused:
        return first_kind(path)


def examine(path: Path, limits: Limits) -> Examined:
    """Size, kind, container, walk, in this order; raises `Refused` at the first broken guard."""
    size = path.stat().st_size
    if size > limits.upload_mb * MIB:
        raise refused("file-too-large", found=-(-size // MIB), limit=limits.upload_mb)
    kind = first_kind(path)
    if is_two_kinds(path, kind):
        raise refused("file-two-kinds", str(kind))
    container = Container(path, limits) if kind is Kind.ZIP else None
    kind = package_kind(container) if container is not None else kind
    if kind not in _READ:
        raise refused(_NOT_TABLES.get(kind, "file-wrong-kind"), str(kind), **_inside(container, kind))
    found = Examined(kind, container)
    if container is not None:
        progress.start(progress.OPENING, sum(part.size for part in container.parts.values()))
    if container is not None and kind in (Kind.XLSX, Kind.XLSM, Kind.XLSB):
        _examine_package(found, container, limits)
    found.lane = _lane(found, size)
    return found


def _inside(container: Container | None, kind: Kind) -> dict[str, object]:
    if container is not None and kind is Kind.ZIPPED_WORKBOOK:
        return {"kind": str(kind), "name": next(iter(container.parts))}
    return {"kind": str(kind)}


def _examine_package(found: Examined, container: Container, limits: Limits) -> None:
    check_foreign(container, found.kind)
    if found.kind is Kind.XLSB:
        check_other_parts(container, ())
        return
    package = found.package = read_package(container, limits)
    walked = [part for part in (package.strings, package.styles) if part] + [sheet.part for sheet in package.sheets]
    counts = check_other_parts(container, walked)
    found.workshop = _workshop(container, package, limits)
    budget = Budget(ranges=package.names)
    for sheet in package.sheets:
        facts, found.plain[sheet.name] = walk_sheet(container, sheet, found.workshop, budget, limits)
        facts.notes, facts.pictures = attached(container, sheet, counts)
        found.facts[sheet.name] = facts
    _check_content(found)


def _check_content(found: Examined) -> None:
    facts = found.facts.values()
    if package_lacks_strings(found):
        raise damaged("strings-missing")
    if not any(fact.valued_cells or fact.formula_cells for fact in facts):
        raise refused("table-is-picture" if any(fact.pictures for fact in facts) else "file-empty", "no-cells")


def package_lacks_strings(found: Examined) -> bool:
    """True where cells point to shared strings and the file has none at all."""
    package = found.package
    return package is not None and package.strings is None and any(f.bad_string_index for f in found.facts.values())


def _workshop(container: Container, package: Package, limits: Limits) -> Workshop:
    styles = Styles()
    if package.styles is not None:
        styles = read_styles(package.styles.name, container.stream(package.styles), limits)
    strings = StringFacts()
    if (part := package.strings) is not None:
        strings = string_facts(part.name, lambda: container.stream(part), limits)
    return Workshop(styles, strings, package.date1904)


def walk_sheet(
    container: Container, sheet: SheetPart, workshop: Workshop, budget: Budget, limits: Limits
) -> tuple[SheetFacts, bool]:
    """The facts of one sheet, and whether it is written in the plain dialect; raises `Refused`."""
    spent = replace(budget)
    tally = Tally(sheet.name, limits, budget)
    try:
        SheetScan(sheet.part.name, tally, workshop).scan(container.stream(sheet.part))
        return tally.facts, True
    except NotPlain:
        budget.cells, budget.ranges = spent.cells, spent.ranges
        return walk_sheet_slowly(container, sheet, workshop, budget, limits).tally.facts, False


def walk_sheet_slowly(
    container: Container, sheet: SheetPart, workshop: Workshop, budget: Budget, limits: Limits, *, keep: bool = False
) -> SheetWalk:
    """Walk one sheet element by element; with `keep`, its rows come along. Raises `Refused`."""
    walk = SheetWalk(sheet.part.name, Tally(sheet.name, limits, budget), workshop, keep=keep)
    walk.walk(container.stream(sheet.part))
    return walk


def load_strings(found: Examined, limits: Limits) -> Workshop:
    """The workshop with the shared strings themselves."""
    part = found.package.strings if found.package else None
    if part is None or found.container is None:
        return found.workshop
    stream = found.container.stream(part)
    return replace(found.workshop, strings=list(iter_strings(part.name, stream, limits)))


def _lane(found: Examined, size: int) -> str:
    quick = Limits.quick()
    facts = found.facts.values()
    parts = found.container.parts.values() if found.container else ()
    within = (
        size <= quick.upload_mb * MIB,
        sum(part.size for part in parts) <= quick.zip_total_mib * MIB,
        sum(fact.valued_cells for fact in facts) <= quick.max_cells,
        found.workshop.string_facts.count <= quick.max_strings,
        all(fact.rows <= quick.max_rows for fact in facts),
        all(fact.rows + fact.empty_rows <= quick.max_row_elements for fact in facts),
    )
    return "quick" if all(within) else "large"
