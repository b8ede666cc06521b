"""The one exception of this package: a refusal on its way out; no function of `reader` lets it escape."""

from __future__ import annotations

from framework.ground.sheets.cells import Refusal

LARGE_LANE_MAY_HELP = frozenset({"file-too-large", "file-unpacks-too-large", "too-many-rows", "too-many-cells"})


class Refused(Exception):
    """A guard was broken; `refusal` says which."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.key, refusal.detail)


def refused(key: str, detail: str = "", **params: object) -> Refused:
    """The exception to raise for one refusal key of the catalogue of bad inputs."""
    return Refused(Refusal(key, detail, params))


def damaged(detail: str, **params: object) -> Refused:
    """Not a proper workbook; `detail` tells support which check refused."""
    return refused("file-damaged", detail, **params)
