"""The rows of an answer as a form sends them and as the page shows them."""

from __future__ import annotations

import re

from flask import request

from framework.chain.requests.blocks import FIELDS, MOST_BLOCKS, OF_A_SITE, SITE, Block

_FIELD = re.compile(r"r(\d{1,4})-(\d{1,2})-([a-z_]{1,12})\Z")


def typed() -> dict[int, list[Block]]:
    """The blocks that the form sent, by the position of the asked row; whatever else it sent is left alone."""
    found: dict[int, dict[int, Block]] = {}
    for key, value in request.form.items():
        match = _FIELD.match(key)
        if match and match.group(3) in ("answer", *FIELDS) and int(match.group(2)) <= MOST_BLOCKS:
            found.setdefault(int(match.group(1)), {}).setdefault(int(match.group(2)), {})[match.group(3)] = value
    return {position: [blocks[number] for number in sorted(blocks)] for position, blocks in found.items()}


def stamp() -> int:
    """Which saving of the draft the form was made after; 0 for none or nonsense."""
    text = request.form.get("stamp", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def page_number() -> int:
    """The page of rows that the form was on; the first for nonsense."""
    text = request.form.get("page", "")
    return int(text) if text.isdecimal() and len(text) < 5 else 1


def blocks_to_show(blocks: list[Block], is_more: bool) -> list[Block]:
    """The blocks of a row to show: at least one, and a blank one more where it was asked for."""
    shown: list[Block] = [_as_site(block) for block in blocks] or [{}]
    return [*shown, {}] if is_more and len(shown) < MOST_BLOCKS and blocks else shown


def _as_site(block: Block) -> Block:
    """Where a site is filled in and nothing was chosen, that it is made there is what will be sent."""
    is_site = not block.get("answer") and any(block.get(name) for name in OF_A_SITE)
    return {**block, "answer": SITE} if is_site else block
