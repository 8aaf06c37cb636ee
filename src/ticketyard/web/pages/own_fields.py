"""Pure: the company's own fields as a form shows them, and as it sends them back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ticketyard.tickets.errors import BadField
from ticketyard.tickets.fields.values import Rule, typed_value


@dataclass(frozen=True)
class FieldView:
    """One field to fill in. is_odd: what the ticket holds is nothing that the field allows."""

    name: str
    kind: str
    pairs: list[tuple[str, str]]
    help: str
    is_required: bool
    shown: str
    is_odd: bool = False


def field_views(
    rules: Sequence[Rule], values: Mapping[str, Any], *, ask: bool = True
) -> list[FieldView]:
    """The fields with what they hold. ask: whether a form insists on those that are asked for."""
    return [
        FieldView(
            name=rule.name,
            kind=rule.kind,
            pairs=[(each, each) for each in rule.choices],
            help=rule.help,
            is_required=rule.is_required and ask,
            shown=shown_value(values.get(rule.name)),
            is_odd=_is_odd(rule, values.get(rule.name)),
        )
        for rule in rules
    ]


def shown_value(value: Any) -> str:
    """A value as a person reads and types it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def sent_fields(names: Sequence[str], values: Sequence[str]) -> dict[str, str | None]:
    """What a form sent: the names beside their values. Raises BadField where one is missing."""
    if len(names) != len(values):
        raise BadField("Each field has a name and a value.")
    return {name: value.strip() or None for name, value in zip(names, values, strict=True)}


def _is_odd(rule: Rule, value: Any) -> bool:
    try:
        return bool(typed_value(rule, value) != value)
    except BadField:
        return True
