"""Pure: fill the placeholders of a template, `{{ticket_number}}`.

Values are put in once and never read again, so that braces a customer wrote stay what they are.
"""

import re
from collections.abc import Mapping

from ticketyard.notify.errors import BadTemplate

_PLACE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]{0,40})\s*\}\}")
_BRACES = re.compile(r"\{\{|\}\}|\{%|%\}")


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its placeholders filled; one that nobody knows becomes nothing. A line of
    placeholders that all came out empty goes, with the gap it would leave."""
    lines: list[str] = []
    for line in template.replace("\r\n", "\n").split("\n"):
        filled = _PLACE.sub(lambda place: values.get(place[1], ""), line)
        if filled.strip() or not _PLACE.search(line):
            lines.append(filled)
        elif lines and not lines[-1].strip():
            lines.pop()
    return "\n".join(lines).strip("\n")


def check_template(template: str, allowed: frozenset[str]) -> None:
    """Raises BadTemplate for a placeholder that is not allowed, or braces that are none."""
    named = _PLACE.findall(template)
    unknown = [each for each in named if each not in allowed]
    if unknown:
        raise BadTemplate(
            f"There is no placeholder {{{{{unknown[0]}}}}} here; there are "
            f"{', '.join(f'{{{{{each}}}}}' for each in sorted(allowed))}."
        )
    if _BRACES.search(_PLACE.sub("", template)):
        raise BadTemplate("Braces that are no placeholder: write {{name}}.")
