"""What an attacker, a broken program or a cat on the keyboard may send; and every way to send it.

The requests are made of the program's own description: each JSON body of the OpenAPI document, each
parameter and form field of each route. One field at a time is spoiled, so that the others lead the
request past the first check and into the code behind it.
"""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import FastAPI
from fastapi.routing import APIRoute

from ticketyard.web.api import ROUTERS as API_ROUTERS
from ticketyard.web.pages import ROUTERS as PAGE_ROUTERS

CANARY = "zq7canary"
MARKUP = f'"><img src=x onerror=alert(1)>{CANARY}'
FORM = "application/x-www-form-urlencoded"
# Streams without an end; test_pages.py listens to them.
ENDLESS = frozenset({"/live"})


def _nested(depth: int, inner: object = CANARY) -> object:
    for _ in range(depth):
        inner = {"a": [inner]}
    return inner


def _shown(value: object) -> str:
    return repr(value)[:40] if not isinstance(value, dict | list) else json.dumps(value)[:40]


# As text, where an address or a form brings nothing else.
TEXTS: tuple[str, ...] = (
    "",
    " \t ",
    "\x00",
    f"{CANARY}\x00\x1b[31m",
    f"'; drop table ticket; -- {CANARY}",
    f"{{{{7*7}}}}${{7*7}}%s%(x)s{{0}}{CANARY}",
    f"\u202egpj.{CANARY}\u2066\u200b",
    f"{CANARY}{'é' * 300}.txt",
    f"../../../../etc/{CANARY}",
    f"{CANARY}\r\nSet-Cookie: stolen=1\r\n\r\n",
    MARKUP,
    f"javascript:alert('{CANARY}')",
    "²",
    "٣٤٥",
    "-1",
    "0",
    "1_000",
    str(2**31),
    str(2**63),
    str(10**40),
    "NaN",
    "-Infinity",
    "1e400",
    "2024-W01-1",
    "9999-12-31T23:59:59.999999+23:59",
    "0001-01-01T00:00:00-23:59",
    "\u0130\u0149\ufb03\U0001f4a9\ufffe",
    "[]",
    '{"a": 1}',
    "A" * 8_000,
)
# What only JSON can say.
VALUES: tuple[object, ...] = (
    *TEXTS,
    None,
    True,
    -1,
    2**31,
    2**63,
    2**70,
    1.5,
    1e308,
    float("nan"),
    float("-inf"),
    "\ud800",
    f"{CANARY}\udfff",
    [],
    {},
    [None],
    [CANARY],
    ["\x00"],
    ["\ud800"],
    [2**70],
    [[]],
    {CANARY: CANARY},
    {"\x00": "\x00"},
    {"\ud800": "\ud800"},
    {"n": 2**70},
    {"n": float("nan")},
    {"": {"": ""}},
    {f"k{n}": n for n in range(500)},
    ["x"] * 500,
    _nested(16),
    _nested(120),
    _nested(300),
    CANARY * 100_000,
)


@dataclass(frozen=True)
class Sent:
    """One request. `what` says which field holds what, for whoever reads a failure."""

    method: str
    route: str
    path: str
    what: str
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.route} [{self.what}]"


class Routes:
    """Every route of the program, with a request that it would take, and how to spoil it.

    objects: what is put in for each name in a path, and for the ids in bodies.
    """

    def __init__(self, app: FastAPI, objects: Mapping[str, str]) -> None:
        self._objects = objects
        self._described = app.openapi()

    def __iter__(self) -> Iterator[tuple[str, APIRoute]]:
        for router in (*API_ROUTERS, *PAGE_ROUTERS):
            for route in router.routes:
                if isinstance(route, APIRoute) and route.path not in ENDLESS:
                    for method in sorted(route.methods or ()):
                        yield method, route

    def plain(self, method: str, route: APIRoute) -> Sent:
        """A request as it should be."""
        kind, body = self._body(method, route)
        return self._sent(method, route, "as it should be", kind, body)

    def spoiled(self, method: str, route: APIRoute) -> Iterator[Iterator[Sent]]:
        """For each thing one can say to this route, a stream of requests that say it wrongly."""
        kind, body = self._body(method, route)
        for name in re.findall(r"{(\w+)", route.path):
            yield (
                self._sent(method, route, f"path {name}={_shown(value)}", kind, body, {name: value})
                for value in TEXTS
                if value
            )
        operation = self._described["paths"].get(route.path, {}).get(method.lower(), {})
        named = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"}
        named |= {each.alias for each in route.dependant.query_params}
        for name in sorted(named - {"wait"}):
            yield (
                self._sent(
                    method, route, f"query {name}={_shown(value)}", kind, body, query={name: value}
                )
                for value in TEXTS
            )
        for name in body:
            values = VALUES if kind == "application/json" else TEXTS
            yield (
                self._sent(
                    method, route, f"body {name}={_shown(value)}", kind, {**body, name: value}
                )
                for value in values
            )
            if isinstance(body[name], dict):
                yield from self._inner(method, route, kind, body, name)
        if kind:
            yield self._whole(method, route, kind, body)

    def _inner(
        self, method: str, route: APIRoute, kind: str, body: dict[str, Any], name: str
    ) -> Iterator[Iterator[Sent]]:
        for inner in body[name]:
            yield (
                self._sent(
                    method,
                    route,
                    f"body {name}.{inner}={_shown(value)}",
                    kind,
                    {**body, name: {**body[name], inner: value}},
                )
                for value in VALUES
            )

    def _whole(
        self, method: str, route: APIRoute, kind: str, body: dict[str, Any]
    ) -> Iterator[Sent]:
        plain = self.plain(method, route)
        boundary = "multipart/form-data; boundary=b"
        part = b'--b\r\nContent-Disposition: form-data; name="%b"; filename="a.csv"\r\n\r\nx'
        first = next(iter(body), "x").encode()
        for what, content, said in (
            ("nothing", b"", kind),
            ("no JSON", b'{"' + CANARY.encode(), kind),
            ("no UTF-8", b'{"a": "\xff\xfe' + CANARY.encode() + b'"}', kind),
            ("a list", b'["' + CANARY.encode() + b'"]', kind),
            ("a number", b"1e999", kind),
            ("brackets", b"[" * 100_000, kind),
            ("an unknown field", json.dumps({**body, CANARY: MARKUP}).encode(), kind),
            ("no content type", plain.content, ""),
            ("plain text", plain.content, "text/plain"),
            ("an odd content type", plain.content, "application/json; charset=utf-16"),
            ("a content type that is none", plain.content, f"{CANARY}\x7f;;=;"),
            ("XML", f"<!DOCTYPE x SYSTEM 'file:///{CANARY}'>".encode(), "application/xml"),
            ("a form cut short", part % first, boundary),
            ("a form without a boundary", part % first, "multipart/form-data"),
            ("parts of nothing", b"--b--\r\n", boundary),
            ("an unknown charset", part % first, f"{boundary}; charset={CANARY}"),
            ("a charset that cannot", part % b"\xd0\xb0", f"{boundary}; charset=undefined"),
            (
                "a lone surrogate by charset",
                b'--b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n\\ud800\r\n--b--\r\n'
                % first,
                f"{boundary}; charset=unicode_escape",
            ),
            (
                "twice the same",
                urlencode([(name, MARKUP) for name in [*body, *body]]).encode(),
                FORM,
            ),
            ("an odd form", b"%zz=%&&&=;\xff\x00=%00&" + first + b"=%ff%fe", FORM),
        ):
            yield Sent(
                method,
                route.path,
                plain.path,
                f"body is {what}",
                content,
                {"content-type": said} if said else {},
            )

    # -- how a request is put together -------------------------------------------------------------

    def _sent(
        self,
        method: str,
        route: APIRoute,
        what: str,
        kind: str,
        body: Mapping[str, object],
        names: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Sent:
        given = {**self._objects, **(names or {})}
        path = re.sub(r"{(\w+)(?::\w+)?}", lambda name: quote(given[name[1]], safe=""), route.path)
        if query:
            path += f"?{urlencode(query)}"
        if not kind:
            return Sent(method, route.path, path, what)
        content = json.dumps(body).encode()
        if kind != "application/json":
            kind, content = "multipart/form-data; boundary=b", _multipart(body)
        return Sent(method, route.path, path, what, content, {"content-type": kind})

    def _body(self, method: str, route: APIRoute) -> tuple[str, dict[str, Any]]:
        """How this route's body is written, and one that it would take."""
        operation = self._described["paths"].get(route.path, {}).get(method.lower(), {})
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            body = self._example(content["application/json"])
            return "application/json", self._with_ids(body)
        if content or route.dependant.body_params:
            names = [each.alias for each in route.dependant.body_params]
            for each in content.values():
                names += self._resolved(each["schema"])["properties"]
            return FORM, {name: self._objects.get(name, "some text") for name in names}
        return "", {}

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        name = schema.get("$ref", "").rsplit("/", 1)[-1]
        found: dict[str, Any] = self._described["components"]["schemas"][name] if name else schema
        return found

    def _example(self, content: dict[str, Any]) -> dict[str, Any]:
        schema = self._resolved(content["schema"])
        if "example" in content:
            return dict(copy.deepcopy(content["example"]))
        if "examples" in content:
            return dict(copy.deepcopy(next(iter(content["examples"].values()))["value"]))
        shown = copy.deepcopy(schema["examples"][0]) if "examples" in schema else {}
        for name, each in schema["properties"].items():
            if name not in shown and each.get("examples"):
                shown[name] = each["examples"][0]
        return dict(shown)

    def _with_ids(self, body: dict[str, Any]) -> dict[str, Any]:
        # The key in the examples is nobody's, and would be asked before anything else.
        body.pop("api_key", None)
        for name in body:
            if name in self._objects and self._objects[name].isdigit():
                body[name] = int(self._objects[name])
            elif f"{name}".removesuffix("s") in self._objects and name.endswith("_ids"):
                body[name] = [int(self._objects[name.removesuffix("s")])]
        return body


def _multipart(body: Mapping[str, object]) -> bytes:
    """A form whose fields are sent as files where the name says that they are."""
    parts = b""
    for name, value in body.items():
        words = str(value).encode("utf-8", "replace")
        if name in FILES:
            odd = str(value).replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
            head = f'; filename="{odd or "f"}"\r\nContent-Type: text/html{odd[:40]}'
            head = "".join(mark for mark in head if mark not in "\x00")
            words = b"<script>" + words
        else:
            head = ""
        parts += (
            f'--b\r\nContent-Disposition: form-data; name="{name}"{head}\r\n\r\n'.encode()
            + words
            + b"\r\n"
        )
    return parts + b"--b--\r\n"


FILES = frozenset(
    {
        "file", "files", "attachments", "offices", "managers", "tickets", "business_units_csv",
        "managers_csv", "tickets_csv",
    }
)  # fmt: skip
