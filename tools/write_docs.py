"""Write the parts of docs/ and `.env.example` that are read off the code: `make docs`.

Each table stands between `<!-- name: … -->` and `<!-- end -->` in its page; the words around it are
written by hand. A test fails when a page is behind the code (tests/architecture/test_docs.py).
"""

import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import typer
from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import AliasChoices, SecretStr
from pydantic.fields import FieldInfo

from ticketyard.cli.main import COMMANDS
from ticketyard.cli.main import app as commands
from ticketyard.core.assistant_config import AssistantSettings
from ticketyard.core.config import Settings
from ticketyard.core.events import Event, known_events
from ticketyard.web.api import ROUTERS as API_ROUTERS
from ticketyard.web.deps import access_of
from ticketyard.web.pages import ROUTERS as PAGE_ROUTERS
from ticketyard.wiring import WIRING

ROOT = Path(__file__).resolve().parent.parent


def written() -> dict[Path, str]:
    """Every page that holds something read off the code, as it should be."""
    tables = {
        "settings": settings_table(),
        "events": events_table(),
        "routes": routes_table(API_ROUTERS),
        "pages": routes_table(PAGE_ROUTERS),
        "commands": commands_list(),
        "decisions": decisions_table(),
    }
    pages = {
        ROOT / "docs" / page: _filled(ROOT / "docs" / page, tables)
        for page in ("settings.md", "events.md", "api.md", "commands.md", "decisions/README.md")
    }
    return {**pages, ROOT / ".env.example": env_example()}


def _filled(page: Path, tables: dict[str, str]) -> str:
    def table(found: re.Match[str]) -> str:
        return f"{found[1]}\n\n{tables[found[2]].strip()}\n\n<!-- end -->"

    return re.sub(
        r"(<!-- (\w+): written by `make docs` -->)\n.*?<!-- end -->",
        table,
        page.read_text(),
        flags=re.DOTALL,
    )


# -- settings --------------------------------------------------------------------------------------


def setting_names(setting: FieldInfo) -> list[str]:
    """The variables that set it; the first is the one we recommend."""
    alias = setting.validation_alias
    assert isinstance(alias, AliasChoices)
    return [str(choice) for choice in alias.choices]


def _grouped() -> dict[str, list[tuple[str, FieldInfo]]]:
    """The settings under the comments that head them in core/config.py and beside it."""
    groups: dict[str, list[tuple[str, FieldInfo]]] = {}
    heading = ""
    for line in "".join(map(inspect.getsource, (Settings, AssistantSettings))).splitlines():
        if found := re.fullmatch(r"    # (\w[^#]*)\.", line):
            heading = found[1]
        elif (found := re.match(r"    (\w+): ", line)) and found[1] in Settings.model_fields:
            groups.setdefault(heading, []).append((found[1], Settings.model_fields[found[1]]))
    return groups


def _default(setting: FieldInfo) -> str:
    value: Any = setting.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


def settings_table() -> str:
    lines: list[str] = []
    for heading, settings in _grouped().items():
        lines += [
            f"\n### {heading}\n",
            "| Variable | Default | What it does |",
            "| --- | --- | --- |",
        ]
        for _, setting in settings:
            names = " or ".join(f"`{name}`" for name in setting_names(setting))
            default = _default(setting)
            shown = f"`{default}`" if default else "empty"
            lines.append(f"| {names} | {shown} | {setting.description} |")
    return "\n".join(lines)


def env_example() -> str:
    lines = [
        "# Every setting with its default, written by `make docs` from core/config.py.",
        "# Copy to .env and take the # off what you change; the program starts well without it.",
    ]
    for heading, settings in _grouped().items():
        lines += ["", f"# -- {heading} --"]
        for _, setting in settings:
            lines += [
                "",
                f"# {setting.description}",
                f"#{setting_names(setting)[0]}={_default(setting)}",
            ]
    return "\n".join([*lines, ""])


# -- events ----------------------------------------------------------------------------------------


def _first_paragraph(text: str | None) -> str:
    return " ".join(inspect.cleandoc(text or "").split("\n\n")[0].split())


def events_table() -> str:
    for module in (ROOT / "src" / "ticketyard").glob("*/events.py"):
        importlib.import_module(f"ticketyard.{module.parent.name}.events")
    names = WIRING.names()
    lines = ["| Event | Stored as | Carries | Wakes | Means |", "| --- | --- | --- | --- | --- |"]
    for kind, event in sorted(known_events().items()):
        if not event.__module__.startswith("ticketyard."):
            continue  # a test's own
        carried = ", ".join(f"`{name}`" for name in _carried(event)) or "–"
        woken = ", ".join(f"`{job}`" for job in names.get(kind, ())) or "–"
        lines.append(
            f"| {event.__name__} | `{kind}` | {carried} | {woken} | {_first_paragraph(event.__doc__)} |"
        )
    return "\n".join(lines)


def _carried(event: type[Event]) -> Iterator[str]:
    for each in fields(event):
        if each.name != "ticket_id" or "ticket_id" in inspect.get_annotations(event):
            yield each.name


# -- routes ----------------------------------------------------------------------------------------


def declared_routes(routers: list[APIRouter]) -> Iterator[tuple[str, APIRoute, str]]:
    """Method, route and access (a permission, or `public`) of every route, as they are matched."""
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute):
                (access,) = access_of(list(route.dependencies))
                for method in sorted(route.methods or ()):
                    yield method, route, access.permission or "public"


def routes_table(routers: list[APIRouter]) -> str:
    lines = ["| Request | Needs | What it does |", "| --- | --- | --- |"]
    for method, route, access in declared_routes(routers):
        what = _first_paragraph(route.endpoint.__doc__).replace("|", "\\|")
        lines.append(f"| `{method} {route.path}` | `{access}` | {what} |")
    return "\n".join(lines)


# -- commands --------------------------------------------------------------------------------------


def commands_list() -> str:
    lines: list[str] = []
    for words, command in all_commands():
        lines += ["", f"### `{words}`", "", _first_paragraph(command.help)]
        if any(not getattr(each, "hidden", False) for each in command.params):
            lines.append("")
        for parameter in command.params:
            if parameter.name == "help" or getattr(parameter, "hidden", False):
                continue
            shown = parameter.opts[0]
            shown = shown if shown.startswith("-") else shown.upper()
            lines.append(f"* `{shown}` {getattr(parameter, 'help', None) or ''}".rstrip())
    return "\n".join(lines)


def all_commands() -> Iterator[tuple[str, Any]]:
    """Every command that does something, with the words that call it."""
    listed = typer.main.get_group(commands).commands
    for name, command in listed.items():
        whole = COMMANDS[name].load(name) if name in COMMANDS else command
        yield from _below(whole, f"ticketyard {name}")


def _below(command: Any, words: str) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield words, command
        return
    for name, child in children.items():
        yield from _below(child, f"{words} {name}")


# -- decisions -------------------------------------------------------------------------------------


def decisions_table() -> str:
    lines = ["| Nr. | Decision |", "| --- | --- |"]
    for page in sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md")):
        title = page.read_text().splitlines()[0]
        title = re.sub(r"^#\s*(\d+[.:]?\s*)?", "", title)
        lines.append(f"| {page.name[:4]} | [{title}]({page.name}) |")
    return "\n".join(lines)


def main() -> None:
    for page, text in written().items():
        if not page.exists() or page.read_text() != text:
            page.write_text(text)
            sys.stdout.write(f"written: {page.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
