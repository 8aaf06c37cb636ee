"""The API describes itself: OpenAPI 3.1 with a sentence for every route, examples for every body."""

import json
from pathlib import Path
from typing import Any

import pytest

import ticketyard.web
from ticketyard.core.config import Settings
from ticketyard.core.storage import Blobs
from ticketyard.web.app import create_app
from ticketyard.wiring import build_resources, open_database

EXAMPLES = Path(ticketyard.web.__file__).with_name("api_examples.json")


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What /openapi.json serves; describing needs no database, but two seconds."""
    folder = tmp_path_factory.mktemp("described")
    settings = Settings(_env_file=None, data_dir=folder)
    resources = build_resources(
        open_database("postgresql://nobody@nowhere/none"), Blobs.on_disk(folder), settings
    )
    return create_app(resources).openapi()


def _operations(description: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]


def test_it_is_openapi_3_1(description: dict[str, Any]) -> None:
    assert description["openapi"].startswith("3.1.")


def test_every_route_says_what_it_does(description: dict[str, Any]) -> None:
    silent = [name for name, each in _operations(description) if not each.get("description")]

    assert not silent


def test_every_route_has_a_name_of_its_own(description: dict[str, Any]) -> None:
    ids = [each["operationId"] for _, each in _operations(description)]

    assert len(set(ids)) == len(ids)


def test_every_request_body_has_an_example(description: dict[str, Any]) -> None:
    without = [
        name
        for name, each in _operations(description)
        for content in each.get("requestBody", {}).get("content", {}).values()
        if not _has_example(content, description)
    ]

    assert not without


def test_every_json_answer_has_an_example(description: dict[str, Any]) -> None:
    """Routes that answer with nothing, with text or with a file have nothing to show."""
    without = [
        name
        for name, each in _operations(description)
        for code, answer in each["responses"].items()
        if code.startswith("2")
        and "application/json" in answer.get("content", {})
        and not any(
            "example" in other["content"]["application/json"]
            for number, other in each["responses"].items()
            if number.startswith("2") and "application/json" in other.get("content", {})
        )
    ]
    assert not without


def test_the_list_of_tickets_shows_what_it_answers(description: dict[str, Any]) -> None:
    answer = description["paths"]["/api/tickets"]["get"]["responses"]["200"]
    assert {"items", "total"} <= set(answer["content"]["application/json"]["example"])


def test_examples_hold_no_secret_and_no_route_that_is_gone(description: dict[str, Any]) -> None:
    names = {name for name, _ in _operations(description)}
    examples = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    assert not set(examples) - names
    assert "ty_1_" not in EXAMPLES.read_text(encoding="utf-8")


def _has_example(content: dict[str, Any], description: dict[str, Any]) -> bool:
    """An example beside the body or its shape, or one for every field that has to be given."""
    schema = _resolved(content.get("schema", {}), description)
    if "example" in content or "examples" in content or "examples" in schema:
        return True
    fields = schema.get("properties", {})
    wanted = schema.get("required") or list(fields)[:1]
    return bool(wanted) and all(
        "examples" in fields[name]
        or fields[name].get("format") == "binary"
        or fields[name].get("contentMediaType")
        for name in wanted
    )


def _resolved(schema: dict[str, Any], description: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref", "")
    if not reference:
        return schema
    found: dict[str, Any] = description["components"]["schemas"][reference.rsplit("/", 1)[1]]
    return found
