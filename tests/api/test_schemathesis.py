"""schemathesis against the whole interface: what fits the document is taken, what does not is refused as it says."""

from __future__ import annotations

import itertools
import os

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode

from tests.conftest import BACKENDS

IN_FULL = bool(os.environ.get("HEFBOOM_BARS"))
EXAMPLES = 60 if IN_FULL else 3
KEYS = itertools.count()


@pytest.fixture
def backend(request):
    """Each database in the full run; the short one leaves what is particular to one to test_intake."""
    return request.param


@pytest.fixture
def interface(app, supplier, monkeypatch):
    """The interface with a version sent already, limits out of the way, nothing read while one waits."""
    monkeypatch.setattr(app.extensions["settings"], "inline_mb", 0)
    monkeypatch.setattr(app.extensions["settings"], "api_calls_per_minute", 100_000)
    monkeypatch.setattr(app.extensions["settings"], "api_uploads_per_hour", 100_000)
    monkeypatch.setattr(app.extensions["settings"], "api_wrong_tokens", 100_000)
    received = supplier.program.send().get_json()
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app), {
        "round_id": received["round_id"],
        "submission_id": received["id"],
    }


@pytest.mark.parametrize("backend", BACKENDS if IN_FULL else BACKENDS[:1], indirect=True)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fits", "does-not-fit"])
def test_schemathesis_finds_nothing(interface, supplier, mode):
    schema, there = interface

    seen = {
        operation.label: called(operation, mode, supplier.program.secret, address)
        for operation in (found.ok() for found in schema.get_all_operations())
        for address in ({}, {name: one for name, one in there.items() if f"{{{name}}}" in operation.path})
    }

    assert len(seen) == 9
    if mode is GenerationMode.POSITIVE:
        assert {label for label, statuses in seen.items() if not statuses & {200, 201, 409}} == set()


def called(operation, mode, secret: str, address: dict[str, str]) -> set[int]:
    """Call with what schemathesis makes up, at an address that is there where one is given; the statuses answered."""
    statuses: set[int] = set()

    @given(operation.as_strategy(generation_mode=mode, path_parameters=address or None))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def call(case):
        own = {"Authorization": f"Bearer {secret}"}
        if mode is GenerationMode.POSITIVE:  # a key is new for each act, which the document cannot say
            own["Idempotency-Key"] = f"schemathesis-{next(KEYS)}"
        statuses.add(case.call_and_validate(headers=own).status_code)

    call()
    return statuses
