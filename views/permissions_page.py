"""Every route with the permission it declares: for the command line, and for the tests that hold them to it."""

from __future__ import annotations

from flask import Flask

SAFE = {"HEAD", "OPTIONS"}


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """Methods, address and permission of every route but the static files, by address."""
    found = [
        (
            ",".join(sorted((rule.methods or set()) - SAFE)),
            rule.rule,
            str(getattr(app.view_functions[rule.endpoint], "permission", "")),
        )
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
    ]
    return sorted(found, key=lambda row: (row[1], row[0]))
