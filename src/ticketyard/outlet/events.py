"""What happens at the outlet."""

from dataclasses import dataclass
from typing import ClassVar

from ticketyard.core.events import Event


@dataclass(frozen=True, kw_only=True)
class OutletReplayed(Event):
    """Somebody had the broker told again of what happened since an instant."""

    type: ClassVar[str] = "outlet.replayed"
    since: str
    messages: int
