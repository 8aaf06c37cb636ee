"""Pure: an entry of a ticket's history as a sentence."""

from collections.abc import Callable, Mapping
from typing import Any

from ticketyard.web.pages import wording

Payload = Mapping[str, Any]


def tell(event_type: str, payload: Payload) -> str:
    """What happened, in words. An event nobody foresaw is shown by its name."""
    teller = _TELLERS.get(event_type)
    return teller(payload) if teller else event_type.replace(".", " ").replace("_", " ")


def _opened(payload: Payload) -> str:
    return f"Opened by {wording.word(wording.SOURCE, payload.get('source'))}"


def _moved(payload: Payload) -> str:
    before = wording.word(wording.STATUS, payload.get("before"))
    after = wording.word(wording.STATUS, payload.get("after"))
    return f"{before} → {after}"


def _assigned(payload: Payload) -> str:
    return f"Given to {payload.get('agent_name', 'an agent')}"


def _commented(payload: Payload) -> str:
    return "Internal note" if payload.get("is_internal") else "Reply"


def _changed(payload: Payload) -> str:
    parts = []
    for name, (before, after) in payload.get("changes", {}).items():
        label = name.replace("_", " ").capitalize()
        parts.append(f"{label}: {_value(before)} → {_value(after)}")
    return "; ".join(parts) or "Changed"


def _triaged(payload: Payload) -> str:
    if payload.get("failed"):
        return "Could not be read yet; it is tried again"
    found = payload.get("category") or "no category sure enough"
    return f"Read: {found}{', please check' if payload.get('need_admin') else ''}"


def _corrected(payload: Payload) -> str:
    if payload.get("before") == payload.get("after"):
        return f"{str(payload.get('field')).capitalize()} confirmed: {payload.get('after')}"
    return f"{str(payload.get('field')).capitalize()} corrected to {payload.get('after')}"


def _revised(payload: Payload) -> str:
    before, after = payload.get("before"), payload.get("after")
    if before != after:
        return (
            f"A second opinion: {after or 'no category sure enough'} instead of {before or 'none'}"
        )
    return f"A second opinion: urgency {payload.get('urgency_before')} → {payload.get('urgency_after')}"


def _auto_resolved(payload: Payload) -> str:
    return f"Resolved automatically: {payload.get('title', 'by a solution')}"


def _proposed(payload: Payload) -> str:
    if payload.get("needs_human"):
        return "Nothing is known that answers it"
    return f"An answer was found, {payload.get('steps')} steps, {payload.get('confidence', 0):.0%} sure"


def _action_requested(payload: Payload) -> str:
    return f"Action {_action(payload)} is run"


def _action_finished(payload: Payload) -> str:
    ended = "succeeded" if payload.get("status") == "success" else "failed"
    return f"Action {_action(payload)} {ended}"


def _action(payload: Payload) -> str:
    return str(payload.get("action", "")).replace("_", " ")


def _mail_filed(payload: Payload) -> str:
    kind = "Mail added" if payload.get("joined") else "Opened by mail"
    return f"{kind} from {payload.get('sender', 'somebody')}: {payload.get('why', '')}".rstrip(": ")


def _mail_moved(payload: Payload) -> str:
    if payload.get("ticket_id") != payload.get("to_ticket_id"):
        return f"A mail was moved to {payload.get('to_number', 'another ticket')}"
    left = payload.get("from_number")
    return f"A mail was moved here from {left}" if left else "A mail was added here by hand"


def _mail_bounced(payload: Payload) -> str:
    to = ", ".join(map(str, payload.get("recipients", []))) or "somebody"
    return f"Our mail to {to} {'came back' if payload.get('permanent') else 'is delayed'}"


def _mail_out(payload: Payload, did: str) -> str:
    kind = wording.word(_MAIL_KIND, payload.get("kind"))
    return f"{kind} to {payload.get('to', 'somebody')} {did}"


def _took_in(payload: Payload) -> str:
    said = payload.get("comments") or 0
    return f"{payload.get('merged_number', 'A ticket')} was merged into this one, with {said} said"


def _linked(payload: Payload, gone: str = "") -> str:
    way = str(payload.get("kind", "relates")).replace("_", " ")
    return f"{gone or 'Linked'}: {way} {payload.get('other_number', 'a ticket')}"


def _alert(payload: Payload, did: str) -> str:
    return f"The alert “{payload.get('title', '')}” {did}"


def _alert_fired(payload: Payload) -> str:
    return _alert(payload, "fires again" if payload.get("again") else "fires")


def _alert_flapping(payload: Payload) -> str:
    flaps = payload.get("is_flapping")
    return _alert(payload, "flaps" if flaps else "has calmed down")


def _storm_ended(payload: Payload) -> str:
    return f"The storm from {payload.get('provider_id')} is over: {payload.get('alerts')} alerts"


def _value(value: Any) -> str:
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {item}" for name, item in value.items())
    return str(value)[:120]


_MAIL_KIND = {
    "reply": "Answer",
    "acknowledgement": "Acknowledgement",
    "notice": "Notice",
    "notification": "Notification",
    "test": "Test mail",
}


def _warned(payload: Payload) -> str:
    clock = wording.word({}, payload.get("clock"))
    return f"{clock}: {payload.get('percent')}% of the time have passed"


def _breached(payload: Payload) -> str:
    return str(payload.get("reason", "A promise was broken"))


def _escalated(payload: Payload) -> str:
    done = " ".join(str(each) for each in payload.get("done", ()))
    return f"Escalation {payload.get('policy', '')}, level {payload.get('level')}: {done}"


def _withdrawn(payload: Payload) -> str:
    return f"{str(payload.get('field')).capitalize()} taken back: {payload.get('before')}"


_TELLERS: dict[str, Callable[[Payload], str]] = {
    "alert.fired": _alert_fired,
    "alert.recovered": lambda payload: _alert(payload, "has recovered"),
    "alert.suppressed": lambda payload: _alert(payload, "is held back"),
    "alert.flapping": _alert_flapping,
    "alert.storm_started": lambda payload: f"An alert storm from {payload.get('provider_id')}",
    "alert.storm_ended": _storm_ended,
    "alert.heartbeat_missed": lambda payload: f"Nothing is heard of {payload.get('name')}",
    "alert.heartbeat_returned": lambda payload: f"{payload.get('name')} is heard of again",
    "ticket.opened": _opened,
    "ticket.reread": lambda _: "Its text was replaced by a new import",
    "ticket.status_changed": _moved,
    "ticket.assigned": _assigned,
    "ticket.released": lambda _: "Released to the queue",
    "ticket.comment_added": _commented,
    "ticket.changed": _changed,
    "ticket.file_attached": lambda payload: f"File attached: {payload.get('filename', '')}",
    "ticket.triaged": _triaged,
    "triage.corrected": _corrected,
    "triage.revised": _revised,
    "triage.correction_withdrawn": _withdrawn,
    "ticket.auto_resolved": _auto_resolved,
    "ticket.solution_proposed": _proposed,
    "ticket.solution_asked_again": lambda _: "The knowledge is looked through again",
    "ticket.solution_written": lambda payload: (
        f"Its solution was written down in {payload.get('steps')} steps"
    ),
    "action.requested": _action_requested,
    "action.finished": _action_finished,
    "solution.changed": lambda payload: (
        f"Solution “{payload.get('title', '')}” {payload.get('what', 'changed')}"
    ),
    "automation.changed": lambda payload: f"Automation changed: {payload.get('what', '')}",
    "triage.example_decided": lambda payload: (
        f"As an example of {payload.get('label')} it was {payload.get('state')}"
    ),
    "mail.filed": _mail_filed,
    "mail.moved": _mail_moved,
    "mail.bounced": _mail_bounced,
    "mail.workflow_changed": lambda payload: (
        f"Mail workflow “{payload.get('name', '')}” {payload.get('what', 'changed')}"
    ),
    "mail.queued": lambda payload: _mail_out(payload, "is due to be sent"),
    "mail.sent": lambda payload: _mail_out(payload, "was sent"),
    "mail.text_changed": lambda payload: f"Words of mail changed: {payload.get('what', '')}",
    "mail.failed": lambda payload: (
        f"{_mail_out(payload, 'could not be sent')}: {payload.get('reason', '')}".rstrip(": ")
    ),
    "ticket.merged": lambda payload: f"Merged into {payload.get('into_number', 'another ticket')}",
    "ticket.took_in": _took_in,
    "ticket.split": lambda payload: (
        f"{len(payload.get('comment_ids', []))} comments went to {payload.get('new_number')}"
    ),
    "ticket.followed_up": lambda payload: f"It goes on in {payload.get('new_number')}",
    "ticket.linked": _linked,
    "ticket.unlinked": lambda payload: _linked(payload, "No longer linked"),
    "ticket.macro_applied": lambda payload: f"Macro “{payload.get('name', '')}”",
    "ticket.stepped": lambda payload: f"{payload.get('before')} → {payload.get('after')}",
    "desk.category_renamed": lambda payload: (
        f"Category “{payload.get('before')}” is called “{payload.get('after')}”"
    ),
    "desk.changed": lambda payload: (
        f"{str(payload.get('what', '')).replace('_', ' ').capitalize()} {payload.get('how', '')}:"
        f" {payload.get('name', '')}"
    ),
    "notification.target_changed": lambda payload: (
        f"{payload.get('name', 'A chat')} {payload.get('what', 'changed')}"
    ),
    "outlet.ticket_event_taken": lambda payload: (
        f"Another system told of ticket {payload.get('told_ticket_id')}"
    ),
    "outlet.replayed": lambda payload: (
        f"Told the Celery broker again of {payload.get('messages', 0)} events"
    ),
    "webhook.changed": lambda payload: (
        f"Webhook to {payload.get('host', 'a host')} {payload.get('what', 'changed')}"
    ),
    "webhook.disabled": lambda payload: (
        f"Webhook to {payload.get('host', 'a host')} switched off: {payload.get('reason', '')}"
    ),
    "article.saved": lambda payload: f"Article “{payload.get('title', '')}” saved",
    "article.moved": lambda payload: (
        f"Article “{payload.get('title', '')}”: {payload.get('before')} → {payload.get('after')}"
    ),
    "article.deleted": lambda payload: f"Article “{payload.get('title', '')}” deleted",
    "file.uploaded": lambda payload: f"File {payload.get('original_name', '')} added to knowledge",
    "file.deleted": lambda _: "A file of knowledge was deleted",
    "knowledge.read": lambda payload: f"“{payload.get('title', '')}” was read and can be found",
    "knowledge.unreadable": lambda payload: (
        f"“{payload.get('title', '')}” could not be read: {payload.get('problem', '')}"
    ),
    "chat.handed_over": lambda _: "Asked for a person in the chat",
    "ticket.routed": lambda payload: str(payload.get("reason") or "Routed"),
    "ticket.unrouted": lambda payload: str(payload.get("reason") or "Nobody was found"),
    "sla.warned": _warned,
    "sla.breached": _breached,
    "escalation.reached": _escalated,
    "escalation.stopped": lambda payload: (
        f"Escalation {payload.get('policy', '')} ended: {payload.get('reason', '')}"
    ),
}
