"""Pure: what the operator decided about mail that becomes tickets (contracts 3.5)."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class MailRules:
    """tickets: mail becomes tickets at all.  default_priority: None leaves it to triage.

    poll_seconds: between two readings of a mailbox whose server cannot tell of new mail.
    """

    tickets: bool = True
    workflows: bool = True
    default_assignee_id: int | None = None
    default_priority: str | None = None
    poll_seconds: int = 300
