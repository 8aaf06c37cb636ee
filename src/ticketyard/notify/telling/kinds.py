"""Pure: what agents are told of, by which channels, and what holds where nobody chose."""

from collections.abc import Mapping
from typing import Final

KINDS: Final = (
    "assigned",
    "mentioned",
    "commented",
    "sla_warned",
    "sla_breached",
    "escalated",
    "handed_over",
    "alert_storm",
    "mailbox_failing",
    "webhook_disabled",
)
# What only those who keep the desk running are told.
FOR_ADMINS: Final = frozenset({"alert_storm", "mailbox_failing", "webhook_disabled"})
CHANNELS: Final = ("in_app", "email", "sms")
_MAILED: Final = frozenset({"assigned", "mentioned", "sla_breached", "escalated"} | FOR_ADMINS)
# What a new chat is told of unless somebody says otherwise.
FOR_CHATS: Final = ("alert_storm",)

Chosen = Mapping[tuple[str, str], bool]


def is_wanted(kind: str, channel: str, chosen: Chosen) -> bool:
    """Whether somebody who chose these wants it. By default all on the desk, what cannot wait by
    mail, and nothing on the telephone."""
    default = channel == "in_app" or (channel == "email" and kind in _MAILED)
    return chosen.get((kind, channel), default)
