"""Two editors of one declaration in every order: no value is overwritten that its editor was not shown, nothing typed is lost."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field, replace

from framework.demand import declare, rules, saving
from framework.demand.cells import FACTS, Cell, Cells, cells_of, lines_of
from framework.demand.declare import LinesBroken
from framework.demand.lines import Line, Scope
from framework.demand.merge import Merged
from framework.demand.saving import Clashing, Seen
from models.demand import Demand
from tests.demand.conftest import World, line

INTERLEAVINGS = 1000 if os.environ.get("HEFBOOM_BARS") == "1" else 100
STEPS = 8


@dataclass
class Editor:
    """A person with a page open: what it was made of, what it showed, and what the fields hold now."""

    world: World
    person: int
    chance: random.Random
    seen: Seen = field(default_factory=lambda: Seen(0))
    shown: Cells = field(default_factory=dict)
    fields: Cells = field(default_factory=dict)

    def load(self) -> None:
        draft = stands(self.world)
        self.seen = Seen(draft.version, draft.public_id)
        self.shown = saving.standing(draft)
        self.fields = dict(self.shown)

    def type(self) -> None:
        """Change, add, empty or rename a row, or write the note; what is typed keeps the rules by itself."""
        years = self.world.lot.years
        lines = lines_of(self.fields, years)
        facts = {cell: value for cell, value in self.fields.items() if cell.place == FACTS}
        if self.chance.random() < 0.1:
            facts[Cell(*FACTS, "note", 0)] = f"Note {self.chance.randint(1, 3)}"
        else:
            lines = self.typed(lines)
        self.fields = self.as_shown(cells_of(lines, years) | facts)

    def as_shown(self, cells: Cells) -> Cells:
        """The cells as the fields of a page hold them."""
        years = self.world.lot.years
        facts = {cell: value for cell, value in cells.items() if cell.place == FACTS}
        return cells_of(lines_of(cells, years), years) | facts

    def typed(self, lines: list[Line]) -> list[Line]:
        chance, act = self.chance, self.chance.random()
        place = (chance.choice(["laptop", "monitor"]), chance.choice(["standard", "power"]), "NL")
        row = [one for one in lines if one.key[:3] == place]
        rest = [one for one in lines if one.key[:3] != place]
        if not row or act < 0.2:
            firm, expected, most = sorted(chance.choices(range(6), k=3))
            added = line(chance.randint(1, 2), 0, qty_firm=firm, qty_expected=expected, qty_max=most)
            added = replace(added, category=place[0], spec_tier=place[1])
            return [*rest, *(one for one in row if one.year_no != added.year_no), added]
        if act < 0.3:
            return rest
        if act < 0.4:
            taken = {one.key for one in rest}
            moved = [replace(one, spec_tier="standard" if place[1] == "power" else "power") for one in row]
            return [*rest, *(one for one in moved if one.key not in taken)]
        if act < 0.5:
            return [
                *rest,
                *(replace(one, baseline_qty=chance.randint(1, 9) if not n else None) for n, one in enumerate(row)),
            ]
        changed = chance.randrange(len(row))
        return [*rest, *row[:changed], self.figure(row[changed]), *row[changed + 1 :]]

    def figure(self, one: Line) -> Line:
        """One figure of a line changed within what its own line allows, or its quantities given up with a reason."""
        chance = self.chance
        if not one.is_known:
            return replace(one, qty_firm=0, qty_expected=1, qty_max=2, not_known_reason="")
        firm, expected, most = one.qty_firm or 0, one.qty_expected or 0, one.qty_max or 0
        return chance.choice(
            [
                replace(one, qty_firm=chance.randint(0, expected)),
                replace(one, qty_expected=chance.randint(firm, most)),
                replace(one, qty_max=chance.randint(expected, expected + 9)),
                replace(one, certainty=chance.choice(["planned", "budgeted", "indicative"])),
                replace(one, qty_firm=None, qty_expected=None, qty_max=None, not_known_reason=chance.choice("ab")),
            ]
        )

    def save(self) -> None:
        """Press save, or let the page save by itself, and hold what happened against what was shown and typed."""
        by_itself = self.chance.random() < 0.5
        before = saving.standing(stands(self.world))
        try:
            saved = saving.save(
                self.world.session, self.world.lot, self.fields, seen=self.seen, actor=self.world.actor(0, self.person),
                now=self.world.clock(), apart=by_itself,
            )  # fmt: skip
        except Clashing as clash:
            assert not by_itself
            self.world.session.rollback()
            assert saving.standing(stands(self.world)) == before
            self.hold_page(before, clash.merged)
            wished = clash.merged.wished
        except LinesBroken:
            self.world.session.rollback()
            assert rules.check(lines_of(self.fields, self.world.lot.years), Scope.of(self.world.lot)), (
                "a mix is refused"
            )
            assert saving.standing(stands(self.world)) == before
            return
        else:
            self.world.session.commit()
            self.hold_save(before, saved.merged)
            wished = saved.merged.wished
        self.load()
        self.fields = self.as_shown(wished)

    def hold_save(self, before: Cells, merged: Merged) -> None:
        """What a save did: it changed no cell whose value was not shown, and took or named all that was typed."""
        after = saving.standing(stands(self.world))
        told = {one.cell: one for one in merged.clashes}
        for cell in {*before, *after, *self.shown, *self.fields}:
            if before.get(cell) != after.get(cell):
                assert before.get(cell) == self.shown.get(cell), f"{cell}: overwritten unseen"
            if self.fields.get(cell) != self.shown.get(cell) and after.get(cell) != self.fields.get(cell):
                assert (told[cell].mine, told[cell].theirs) == (self.fields.get(cell), after.get(cell))

    def hold_page(self, before: Cells, merged: Merged) -> None:
        """What the page of a clash shows: all that was typed in its field, and every saved value that saving again replaces."""
        told = {one.cell: one for one in merged.clashes}
        for cell in {*before, *self.shown, *self.fields}:
            if self.fields.get(cell) != self.shown.get(cell):
                assert merged.wished.get(cell) == self.fields.get(cell), f"{cell}: what was typed is lost"
            if merged.wished.get(cell) != before.get(cell) and before.get(cell) != self.shown.get(cell):
                assert told[cell].theirs == before.get(cell), f"{cell}: the other value is not shown"


def stands(world: World) -> Demand:
    world.session.expire_all()
    draft = declare.latest(world.session, world.lot, world.members[0].id, states=("draft",), anew=True)
    assert draft is not None
    return draft


def test_editors_in_every_order_overwrite_nothing_unseen_and_lose_nothing(world: World):
    world.draft(line(1, 5), line(2, 5), line(1, 3, category="monitor", value_expected=None))
    world.session.commit()
    clashes = 0
    for seed in range(INTERLEAVINGS):
        chance = random.Random(seed)
        editors = [Editor(world, person, chance) for person in (0, 1)]
        for editor in editors:
            editor.load()
        for __ in range(STEPS):
            editor = chance.choice(editors)
            chance.choice([editor.type, editor.type, editor.save])()
        for editor in editors:
            editor.save()
            clashes += editor.fields != editor.shown

    assert clashes > INTERLEAVINGS / 20, "the editors never met"
