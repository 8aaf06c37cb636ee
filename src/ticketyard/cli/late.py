"""Commands whose modules are imported when they are called: saying which there are takes no second."""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup


@dataclass(frozen=True)
class Late:
    """Where a command or a group of them stands, as `module:name` in this package, and what the list of
    commands says of it."""

    at: str
    says: str

    def load(self, name: str) -> Any:
        """The whole command, its module imported."""
        module, attribute = self.at.split(":")
        with _nothing_collected():
            found: typer.Typer | Callable[..., None] = getattr(
                import_module(f"ticketyard.cli.{module}"), attribute
            )
        around = typer.Typer(rich_markup_mode="rich")
        if isinstance(found, typer.Typer):
            around.add_typer(found, name=name, help=self.says)
        else:
            around.command(name)(found)
        return typer.main.get_group(around).commands[name]


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Modules stay: looking again and again for garbage among them is a fifth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def group_of(commands: Mapping[str, Late]) -> type[TyperGroup]:
    """A group whose members named here are loaded when they are called."""

    class Group(TyperGroup):
        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            name, command, rest = super().resolve_command(ctx, args)
            if name and name in commands:
                command = commands[name].load(name)
            return name, command, rest

    return Group


def announce(app: typer.Typer, commands: Mapping[str, Late]) -> None:
    """Let the list of commands show them."""

    def called_in_its_own_module() -> None:
        raise NotImplementedError

    for name, each in commands.items():
        app.command(name, help=each.says)(called_in_its_own_module)
