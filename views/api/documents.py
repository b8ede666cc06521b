"""The description of the interface: as an OpenAPI document for programs, as a page for people, both from the same routes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template

from framework.disclosure.findings import SEVERITIES
from framework.ground.permissions import Permission
from framework.people import tokens
from views.guard import permit
from views.problems import BY_STATUS

Spec = dict[str, Any]
page = Blueprint("api_page", __name__)


@dataclass(frozen=True, slots=True)
class Operation:
    """One call as the page shows it; texts are templates to translate."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    parameters: tuple[Spec, ...]
    takes: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]
    """Status and name of the schema of what it answers with."""
    refusals: tuple[str, ...]


@page.get("/api/v1/openapi.json")
@permit(Permission.PUBLIC)
def openapi() -> Response:
    """The OpenAPI document, in English."""
    return jsonify(document())


@page.get("/api/")
@permit(Permission.PUBLIC)
def about() -> str:
    """The interface for people: calls, what they take and answer, refusals, examples."""
    spec = document()
    return render_template(
        "api/page.html",
        base=current_app.extensions["settings"].base_url.rstrip("/"),
        description=spec["info"]["description"],
        operations=operations(spec),
        schemas=_schemas(spec),
        refusals=BY_STATUS,
        scopes=tokens.SCOPES,
        severities=SEVERITIES,
        most_days=tokens.MOST_DAYS,
        keep_days=current_app.extensions["settings"].idempotency_keep_days,
    )


def document() -> Spec:
    """The OpenAPI document as plain data."""
    found: Spec = current_app.extensions["interface"].spec.to_dict()
    return found


def operations(spec: Spec) -> list[Operation]:
    """Every call of the document, in its order."""
    return [
        _operation(method, path, spec["paths"][path])
        for path in spec["paths"]
        for method in spec["paths"][path]
        if method in ("get", "post")
    ]


def _operation(method: str, path: str, described: Spec) -> Operation:
    one = described[method]
    answers = {status: _schema_name(answer) for status, answer in one["responses"].items()}
    return Operation(
        name=f"{method}-{path.removeprefix('/api/v1/').replace('/', '-').replace('{', '').replace('}', '')}",
        method=method.upper(),
        path=path,
        summary=one["summary"],
        description=one["description"],
        scope=one["x-scope"],
        parameters=(*described.get("parameters", ()), *one.get("parameters", ())),
        takes=tuple(one.get("requestBody", {}).get("content", {})),
        answers=tuple((status, name) for status, name in answers.items() if status < "300"),
        refusals=tuple(sorted(status for status in answers if status >= "400")),
    )


def _schema_name(answer: Spec) -> str:
    return next((_last(kind["schema"].get("$ref", "")) for kind in answer.get("content", {}).values()), "")


def _schemas(spec: Spec) -> dict[str, list[Spec]]:
    """Fields of everything that is answered with, by the name of the schema."""
    return {
        name: [_field(field, described) for field, described in schema.get("properties", {}).items()]
        for name, schema in spec["components"]["schemas"].items()
    }


def _field(name: str, described: Spec) -> Spec:
    inner = described.get("items", described)
    pointer = inner.get("$ref") or next((one.get("$ref", "") for one in inner.get("allOf", ())), "")
    return {
        "name": name,
        "kind": described.get("format") or described.get("type", "object"),
        "of": _last(pointer),
        "is_list": described.get("type") == "array",
        "may_be_null": bool(described.get("nullable")),
        "description": described.get("description", ""),
        "example": described.get("example"),
    }


def _last(pointer: str) -> str:
    return str(pointer).rpartition("/")[2]
