"""One page of a long list: whatever number is asked for, the page is one that exists."""

from __future__ import annotations

from dataclasses import dataclass

_MOST_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Page:
    """A page by its number from 1, of how many, and where its part of `total` entries begins."""

    number: int
    pages: int
    size: int
    total: int

    @property
    def offset(self) -> int:
        """How many entries stand before it."""
        return (self.number - 1) * self.size


def page_of(asked: str | int | None, total: int, size: int) -> Page:
    """The page asked for, of `total` entries with `size` to a page: the first for nonsense, the last for too much."""
    pages = max(1, -(-total // size))
    digits = str(asked).strip()
    number = int(digits[:_MOST_DIGITS]) if digits.isdecimal() else 1
    return Page(min(max(number, 1), pages), pages, size, total)
