"""Take the answers shown in the API's description from a running sample company.

    SMTP_HOST=127.0.0.1 SMTP_PORT=9 FROM_EMAIL=desk@tobylgy.example \\
        RAG_BROKER_URL=redis://127.0.0.1:9 ticketyard demo &   # a fresh one
    python tools/take_api_examples.py http://127.0.0.1:8000 admin@tobylgy.example <password>

Every JSON answer of the API is asked for once, cut to one item a list, and written to
src/ticketyard/web/api_examples.json; a test fails when a route has none.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import httpx2

TARGET = Path(__file__).resolve().parents[1] / "src" / "ticketyard" / "web" / "api_examples.json"
WORDS = {"title": "Printer on floor 3 is jammed", "description": "It beeps and prints nothing."}
WHO = {"email": "rita@example.com", "name": "Rita"}
ASKED_BY = {"requester_email": "rita@example.com", "requester_name": "Rita"}
SECRET = ("secret", "csrf_token")
FILE = {"files": ("jam.txt", b"Error 13", "text/plain")}

OFFICES = "Офис,Адрес\nАстана,ул. Сауран 12\n"
MANAGERS = (
    "ФИО,Должность,Офис,Навыки,Количество обращений в работе\nЭнгель Пётр,Специалист,Астана,KZ,2\n"
)
TICKETS = (
    "GUID клиента,Пол клиента,Дата рождения,Описание,Вложения,Сегмент клиента,Страна,Область,"
    "Населённый пункт,Улица,Дом\n"
    "0b7a4a0e-5d0c-4a55-9c8f-2f6f5f5f0001,Женский,1990-05-04,Как открыть счёт?,,Mass,Казахстан,,"
    "Астана,Сауран,12\n"
)
LEARNT = "text,category\n" + "".join(
    f"The printer on floor {n} is jammed again,printer\nNo network in room {n},network\n"
    for n in range(40)
)

_WATCH = {
    "name": "Nobody looks at critical alerts",
    "priorities": ["critical"],
    "levels": [
        {"wait_seconds": 0, "actions": [{"do": "notify", "to": "on_call", "id": 1}]},
        {"wait_seconds": 900, "actions": [{"do": "notify", "to": "admins"}]},
    ],
}

# Method, path as described, values of its braces, and what is sent.
CALLS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("GET", "/health", {}),
    ("GET", "/ready", {}),
    ("GET", "/api/auth/me", {}),
    ("GET", "/api/people", {}),
    ("POST", "/api/people", {"json": {"name": "Ana Petrova", "email": "ana@example.com"}}),
    ("PATCH", "/api/people/{person_id}", {"json": {"skills": ["VIP", "KZ"]}}),
    ("POST", "/api/teams", {"json": {"name": "Night shift", "description": "From ten to six."}}),
    ("GET", "/api/teams", {}),
    ("POST", "/api/keys", {"json": {"name": "GLPI production", "sources": ["glpi"]}}),
    ("GET", "/api/keys", {}),
    ("GET", "/api/company", {}),
    ("PATCH", "/api/company", {"json": {"assign_spam": False}}),
    ("POST", "/api/categories", {"json": {
        "name": "furniture", "description": "Desks and chairs."}}),
    ("PATCH", "/api/categories/{category_id}", {"json": {"name": "office furniture"}}),
    ("GET", "/api/categories", {}),
    ("PUT", "/api/mail/signature/company", {"json": {"body": "North Desk, room 4"}}),
    ("GET", "/api/mail/signature/company", {}),
    ("PUT", "/api/mail/signature", {"json": {"body": "Ana Petrova\n+7 700 123 45 67"}}),
    ("GET", "/api/mail/signature", {}),
    ("GET", "/api/mail/templates", {}),
    ("PUT", "/api/mail/templates/{template_name}/{locale}", {"json": {
        "subject": "{{ticket_title}}", "body": "It has the number {{ticket_number}}."}}),
    ("POST", "/api/mail/test", {"json": {"to": "rita@example.com"}}),
    ("GET", "/api/mail/outgoing", {}),
    ("GET", "/api/mail/outgoing/{outgoing_id}", {}),
    ("POST", "/api/mail/outgoing/{outgoing_id}/send-again", {}),
    ("GET", "/api/reports/measures", {}),
    ("GET", "/api/reports", {"params": {"by": "priority", "period": "30d"}}),
    ("POST", "/api/report-schedules", {"json": {
        "name": "Weekly figures", "by": "team", "every": "week", "hour": 7,
        "recipients": ["lead@example.com"]}}),
    ("GET", "/api/report-schedules", {}),
    ("PUT", "/api/report-schedules/{schedule_id}", {"json": {
        "name": "Weekly figures", "by": "team", "every": "week", "hour": 8,
        "recipients": ["lead@example.com"]}}),
    ("POST", "/api/shift-roster", {"json": {
        "name": "Network, on call", "zone": "Asia/Almaty", "people": [2, 3],
        "starts_on": "2026-01-05"}}),
    ("GET", "/api/shift-roster", {}),
    ("GET", "/api/shift-roster/{rota_id}", {}),
    ("PUT", "/api/shift-roster/{rota_id}", {"json": {
        "name": "Network, on call", "zone": "Asia/Almaty", "people": [3, 2],
        "starts_on": "2026-01-05"}}),
    ("POST", "/api/shift-roster/{rota_id}/shifts", {"json": {
        "person_id": 2, "starts_at": "2030-12-24T08:00:00Z", "ends_at": "2030-12-27T08:00:00Z"}}),
    ("POST", "/api/escalation-policies", {"json": _WATCH}),
    ("GET", "/api/escalation-policies", {}),
    ("PUT", "/api/escalation-policies/{escalation_id}", {"json": _WATCH}),
    ("POST", "/api/escalation-policies/preview", {"json": {"ticket_id": 1}}),
    ("POST", "/api/escalation-policies/{escalation_id}/test-fire", {"json": {"ticket_id": 1}}),
    ("GET", "/api/tickets/{ticket_id}/escalations", {}),
    ("GET", "/api/webhooks/events", {}),
    ("POST", "/api/webhooks", {"json": {
        "url": "https://hooks.example.com/ticketyard", "event_types": ["ticket.*", "sla.*"],
        "name": "Reporting"}}),
    ("GET", "/api/webhooks", {}),
    ("PATCH", "/api/webhooks/{webhook_id}", {"json": {"is_enabled": True}}),
    ("POST", "/api/webhooks/{webhook_id}/secret", {}),
    ("POST", "/api/webhooks/{webhook_id}/test", {}),
    ("GET", "/api/webhooks/{webhook_id}/deliveries", {}),
    ("POST", "/api/webhooks/{webhook_id}/deliveries/{delivery_id}/replay", {}),
    ("POST", "/api/webhooks/{webhook_id}/replay", {"json": {
        "since": "2025-12-15T00:00:00Z", "only_failed": True}}),
    ("GET", "/api/notifications", {}),
    ("POST", "/api/notifications/read", {"json": {}}),
    ("GET", "/api/notifications/preferences", {}),
    ("PUT", "/api/notifications/preferences", {"json": {"preferences": [
        {"kind": "commented", "channel": "email", "is_on": True}]}}),
    ("POST", "/api/notifications/targets", {"json": {
        "kind": "slack", "name": "#service-desk",
        "url": "https://hooks.example.com/services/T0/B0/x", "event_kinds": ["sla_breached"]}}),
    ("GET", "/api/notifications/targets", {}),
    ("PATCH", "/api/notifications/targets/{target_id}", {"json": {"is_enabled": True}}),
    ("POST", "/api/notifications/targets/{target_id}/test", {}),
    ("GET", "/api/notifications/log", {}),
    ("GET", "/api/outlet", {}),
    ("GET", "/api/outlet/messages", {}),
    ("POST", "/api/outlet/replay", {"json": {"since": "2025-12-15T00:00:00Z"}}),
    ("POST", "/api/files/", {"data": {"kind": "text", "category": "printer"}, "files": {
        "file": ("jam.txt", b"Open the back door of the printer. Pull the paper out.")}}),
    ("GET", "/api/files/", {}),
    ("GET", "/api/files/{file_id}/", {}),
    ("PATCH", "/api/files/{file_id}/", {"json": {"title": "Paper jams, step by step"}}),
    ("POST", "/api/files/{file_id}/reading", {}),
    ("GET", "/api/files/{file_id}/chunks", {}),
    ("POST", "/api/articles", {"json": {
        "title": "The VPN asks for a code", "category": "vpn", "visibility": "public",
        "body": "1. Open **Authenticator**.\n2. Type the six digits."}}),
    ("GET", "/api/articles", {}),
    ("GET", "/api/articles/{article_id}", {}),
    ("PUT", "/api/articles/{article_id}", {"json": {
        "title": "The VPN asks for a code", "category": "vpn", "visibility": "public",
        "body": "1. Open **Authenticator**.\n2. Type the six digits.\n3. Wait for the lamp."}}),
    ("PUT", "/api/articles/{article_id}/publication", {"json": {"publication": "published"}}),
    ("PUT", "/api/articles/{article_id}/vote", {"json": {"is_helpful": True}}),
    ("GET", "/api/articles/{article_id}/versions", {}),
    ("GET", "/api/knowledge/gaps", {}),
    ("GET", "/api/knowledge/gaps/{gap_id}", {}),
    ("POST", "/api/knowledge/gaps/{gap_id}/article", {}),
    ("PUT", "/api/knowledge/gaps/{gap_id}/state", {"json": {"state": "dismissed"}}),
    ("GET", "/api/knowledge/proposals", {}),
    ("GET", "/api/knowledge/ranking", {}),
    ("PUT", "/api/knowledge/ranking", {"json": {"version": None}}),
    ("GET", "/api/knowledge/deflection", {}),
    ("GET", "/api/dead-letters", {}),
    ("POST", "/api/dead-letters/retry", {"json": {}}),
    ("POST", "/api/tickets/web-form", {"json": WORDS | WHO}),
    ("POST", "/api/tickets/web-form/with-attachments", {"data": WORDS | WHO, "files": FILE}),
    ("POST", "/api/tickets/glpi", {"json": {"ticket_data": WORDS | ASKED_BY | {"id": "4711"}}}),
    ("POST", "/api/tickets/solman", {"json": {"ticket_data": {
        "IncidentID": "8000001234", "ShortText": WORDS["title"], "Priority": "3: Medium",
        "ReporterEmail": "rita@example.com", "ReporterName": "Rita"}}}),
    ("POST", "/api/tickets/email", {"json": {"email_data": {
        "subject": WORDS["title"], "body": WORDS["description"], "message_id": "<1@example.com>",
        "from": WHO}}}),
    ("POST", "/api/tickets/unified", {"json": {"source": "GLPI", "data": WORDS | ASKED_BY}}),
    ("POST", "/api/tickets/chatbot", {"json": {
        "query": WORDS["description"], "user_id": "rita", "user_email": "rita@example.com",
        "user_name": "Rita", "context": {}}}),
    ("POST", "/api/tickets", {"json": {
        "title": "Camera offline", "severity": "high", "camera_id": 17, "provider_id": "acme-vms",
        "vendor_alert_id": "evt-1"}}),
    ("POST", "/api/tickets/alarm", {"json": {
        "alarm_type": "camera_offline", "event_id": "evt-31", "camera_id": 0,
        "provider_id": "acme-vms"}}),
    ("POST", "/api/alerts/alertmanager", {"json": {"version": "4", "status": "firing", "alerts": [{
        "status": "firing", "labels": {"alertname": "DiskFull", "severity": "critical"},
        "annotations": {"summary": "The disk of db1 is full."},
        "startsAt": "2025-12-15T09:30:00Z", "fingerprint": "c6eadffa33fcdf37"}]}}),
    ("POST", "/api/alerts/cloudevents", {"json": {
        "specversion": "1.0", "id": "A234-1", "source": "https://plant.example/line/3",
        "type": "com.example.overheated", "data": {"title": "Press 7 is too hot"}}}),
    ("POST", "/api/alerts/oncall", {"json": {
        "alert_uid": "u-1", "title": "The whole system is down", "state": "alerting"}}),
    ("POST", "/api/alert-mappings", {"json": {"name": "zabbix", "definition": {
        "provider_id": "zabbix", "title": "{event.name}", "severity": "event.severity"}}}),
    ("GET", "/api/alert-mappings", {}),
    ("PATCH", "/api/alert-mappings/{mapping_id}", {"json": {"definition": {
        "provider_id": "zabbix", "title": "{event.name}", "state": "event.value"}}}),
    ("POST", "/api/alerts/generic/{mapping_name}", {"json": {
        "event": {"name": "Disk full", "severity": "High"}}}),
    ("GET", "/api/alerts", {}),
    ("GET", "/api/alerts/quality", {}),
    ("GET", "/api/alerts/{alert_id}", {}),
    ("GET", "/api/alert-providers", {}),
    ("GET", "/api/alert-providers/{provider_id}", {}),
    ("PATCH", "/api/alert-providers/{provider_id}", {"json": {"group_by": ["labels.cluster"]}}),
    ("POST", "/api/maintenance-windows", {"json": {
        "name": "Camera firmware", "starts_at": "2035-12-15T22:00:00Z",
        "ends_at": "2035-12-16T02:00:00Z", "camera_ids": [0, 7]}}),
    ("GET", "/api/maintenance-windows", {}),
    ("PATCH", "/api/maintenance-windows/{window_id}", {"json": {
        "ends_at": "2035-12-16T04:00:00Z"}}),
    ("DELETE", "/api/maintenance-windows/{window_id}", {}),
    ("POST", "/api/heartbeats", {"json": {"name": "nightly-backup", "every_seconds": 86400}}),
    ("POST", "/api/heartbeats/{heartbeat_id}/beat", {}),
    ("GET", "/api/heartbeats", {}),
    ("GET", "/api/heartbeats/{heartbeat_id}", {}),
    ("PATCH", "/api/heartbeats/{heartbeat_id}", {"json": {"grace_seconds": 600}}),
    ("GET", "/api/tickets", {"params": {"size": 1, "source": "csv"}}),
    ("POST", "/api/analyze", {"json": {"description": WORDS["description"], "company_id": 1}}),
    ("GET", "/api/tickets/{ticket_id}/analysis", {}),
    ("GET", "/rag/health", {}),
    ("POST", "/rag/retrieve", {"json": {"query": "How do I clear a paper jam?", "company_id": 1}}),
    ("GET", "/api/tickets/search/suggestions", {"params": {"q": "paper jam"}}),
    ("POST", "/rag/solution", {"json": {
        "ticket_description": "The printer reports a paper jam.", "company_id": 1}}),
    ("GET", "/api/tickets/{ticket_id}/solution", {}),
    ("PUT", "/api/tickets/{ticket_id}/solution", {"json": {
        "steps": ["Open the rear tray.", "Pull the paper out."]}}),
    ("PUT", "/api/tickets/{ticket_id}/category", {"json": {"category": "Консультация"}}),
    ("PUT", "/api/tickets/{ticket_id}/team", {"json": {"team_id": 1}}),
    ("GET", "/api/triage/auto-resolution", {}),
    ("PATCH", "/api/triage/auto-resolution", {"json": {"per_requester_per_day": 2}}),
    ("POST", "/api/solutions", {"json": {
        "title": "Choose a new password yourself", "category": "password_reset",
        "kind": "self_service_link", "steps": ["Open the page.", "Choose a new password."],
        "link": "https://password.north.example/", "success_rate": 0.95, "minutes": 5,
        "state": "active"}}),
    ("GET", "/api/solutions", {"params": {"state": "active"}}),
    ("GET", "/api/solutions/{solution_id}", {}),
    ("PATCH", "/api/solutions/{solution_id}", {"json": {"minutes": 4}}),
    ("GET", "/api/tickets/{ticket_id}/auto-resolution", {}),
    ("GET", "/api/tickets/{ticket_id}/solutions", {}),
    ("GET", "/api/actions", {}),
    ("PUT", "/api/actions/{action_name}/endpoint", {"json": {
        "url": "https://it.north.example/actions/password"}}),
    ("POST", "/api/tickets/{ticket_id}/actions", {"json": {
        "action": "password_reset", "parameters": {"user": "rita@example.com"}}}),
    ("GET", "/api/tickets/{ticket_id}/actions", {}),
    ("GET", "/api/triage/review", {}),
    ("GET", "/api/triage/quality", {"params": {"period": "30d"}}),
    ("POST", "/api/upload", {"files": {
        "business_units_csv": ("offices.csv", OFFICES, "text/csv"),
        "managers_csv": ("managers.csv", MANAGERS, "text/csv"),
        "tickets_csv": ("tickets.csv", TICKETS, "text/csv")}}),
    ("POST", "/api/triage/training", {"files": {"file": ("train.csv", LEARNT, "text/csv")},
        "data": {"anyway": "true"}}),
    ("GET", "/api/triage/trainings", {}),
    ("POST", "/api/triage/evaluation", {"files": {"file": ("held-out.csv", LEARNT, "text/csv")}}),
    ("POST", "/api/triage/rollback", {"json": {}}),
    ("POST", "/api/triage/models/{model_version}/promote", {}),
    ("GET", "/api/triage/models", {}),
    ("GET", "/api/triage/aside", {}),
    ("PATCH", "/api/triage/learning", {"json": {"max_error": 0.05}}),
    ("GET", "/api/triage/learning", {}),
    ("PUT", "/api/triage/language-model", {"json": {"asked_for": "unsure"}}),
    ("GET", "/api/triage/language-model", {}),
    ("POST", "/api/process", {}),
    ("GET", "/api/imports", {}),
    ("GET", "/api/imports/{import_id}", {}),
    ("GET", "/api/managers", {}),
    ("GET", "/api/business-units", {}),
    ("GET", "/api/dashboard/stats", {}),
    ("GET", "/api/tickets/{ticket_id}/receipt", {}),
    ("POST", "/api/tickets/{ticket_id}/routing", {}),
    ("GET", "/api/mailboxes", {}),
    ("POST", "/api/mailboxes", {"json": {
        "address": "support@example.com", "imap_server": "imap.example.com",
        "username": "support@example.com", "password": "for this mailbox alone",
        "is_enabled": False}}),
    ("GET", "/api/mailboxes/{mailbox_id}", {}),
    ("PATCH", "/api/mailboxes/{mailbox_id}", {"json": {"poll_seconds": 60}}),
    ("POST", "/api/mailboxes/{mailbox_id}/test", {}),
    ("GET", "/api/mailboxes/{mailbox_id}/ledger", {}),
    ("GET", "/api/mails", {"params": {"outcome": "reply"}}),
    ("GET", "/api/mails/{mail_id}", {}),
    ("POST", "/api/mails/{mail_id}/move", {"json": {"to": "{ticket_id}"}}),
    ("GET", "/api/tickets/stats", {}),
    ("POST", "/api/tickets/views", {"json": {"name": "Urgent", "query": {"priority": "urgent"}}}),
    ("GET", "/api/tickets/views", {}),
    ("POST", "/api/tickets/bulk", {"json": {"ticket_ids": ["{ticket_id}"], "add_tags": ["vip"]}}),
    ("PUT", "/api/tickets/{ticket_id}", {"json": {"priority": "high"}}),
    ("PATCH", "/api/tickets/{ticket_id}", {"json": {"priority": "medium"}}),
    ("PUT", "/api/tickets/{ticket_id}/tags", {"json": {"tags": ["vip", "call back"]}}),
    ("POST", "/api/tickets/{ticket_id}/acknowledge", {}),
    ("PATCH", "/api/tickets/{ticket_id}/status", {"json": {"status": "pending"}}),
    ("PUT", "/api/tickets/{ticket_id}/assignee", {"json": {"agent_id": 3}}),
    ("DELETE", "/api/tickets/{ticket_id}/assignee", {}),
    ("POST", "/api/tickets/{ticket_id}/assign", {"json": {"assigned_to_user_id": 3}}),
    ("POST", "/api/tickets/{ticket_id}/comments", {"json": {"comment": "We are on it."}}),
    ("POST", "/api/tickets/{ticket_id}/attachments", {"files": FILE}),
    ("GET", "/api/tickets/{ticket_id}/attachments", {}),
    ("GET", "/api/tickets/{ticket_id}", {}),
    ("GET", "/api/tickets/{ticket_id}/history", {}),
    ("GET", "/api/tickets/{ticket_id}/sla", {}),
    ("POST", "/api/sla-calendars", {"json": {
        "name": "Munich office", "zone": "Europe/Berlin", "country": "DE", "subdivision": "BY",
        "hours": {"monday": [["09:00", "12:30"], ["13:00", "17:00"]]}}}),
    ("GET", "/api/sla-calendars", {}),
    ("GET", "/api/sla-calendars/{calendar_id}", {}),
    ("PUT", "/api/sla-calendars/{calendar_id}", {"json": {
        "name": "Around the clock", "zone": "UTC", "always": True}}),
    ("POST", "/api/sla-policies", {"json": {
        "name": "Gold", "calendar_id": 1, "organization_id": "acme",
        "targets": {"first_response": {"any": 3600}, "resolution": {"any": 86400}}}}),
    ("POST", "/api/sla-policies/preview", {"json": {"policy": {
        "name": "Quick", "calendar_id": 1, "priorities": ["medium"],
        "targets": {"resolution": {"any": 7200}}}}}),
    ("GET", "/api/sla-policies", {}),
    ("GET", "/api/sla-policies/{policy_id}", {}),
    ("PUT", "/api/sla-policies/{policy_id}", {"json": {
        "name": "Standard", "calendar_id": 1,
        "targets": {"first_response": {"any": 14400}, "resolution": {"any": 86400}}}}),
    ("PATCH", "/api/tickets/{ticket_id}/status", {"json": {"status": "resolved"}}),
    ("GET", "/api/tickets/{ticket_id}/report", {}),
    ("POST", "/api/tickets/{ticket_id}/feedback", {"json": {"helpful": True, "rating": 5}}),
    ("POST", "/api/tickets/{ticket_id}/article", {"json": {"visibility": "internal"}}),
    ("POST", "/api/email-workflows", {"json": {
        "name": "Support Email → Ticket", "classification_trigger": "support_request",
        "confidence_threshold": 0.7,
        "workflow_steps": [{"action": "create_ticket", "params": {"priority": "high"}}]}}),
    ("GET", "/api/email-workflows", {}),
    ("GET", "/api/email-workflows/{workflow_id}", {}),
    ("PATCH", "/api/email-workflows/{workflow_id}", {"json": {"enabled": True}}),
    ("POST", "/api/custom-fields", {"json": {
        "name": "Building", "kind": "choice", "choices": ["North", "South"]}}),
    ("GET", "/api/custom-fields", {}),
    ("PATCH", "/api/custom-fields/{field_id}", {"json": {"on_form": True}}),
    ("POST", "/api/macros", {"json": {"name": "Waits for parts", "actions": {
        "status": "pending", "comment": "Dear {requester}, the part is on its way."}}}),
    ("GET", "/api/macros", {}),
    ("GET", "/api/macros/{macro_id}", {}),
    ("PATCH", "/api/macros/{macro_id}", {"json": {"description": "Until the part is here."}}),
    ("POST", "/api/ticket-templates", {"json": {
        "name": "New colleague", "title": "New colleague: ", "tags": ["joiner"]}}),
    ("GET", "/api/ticket-templates", {}),
    ("GET", "/api/ticket-templates/{template_id}", {}),
    ("PATCH", "/api/ticket-templates/{template_id}", {"json": {"priority": "high"}}),
    ("GET", "/api/steps", {}),
    ("PUT", "/api/steps", {"json": {"steps": []}}),
    ("GET", "/api/board", {}),
    # From here on the ticket is one opened by hand.
    ("POST", "/api/tickets/by-hand", {"json": {
        "template_id": 1, "title": "New colleague: Cy", "requester_email": "rita@example.com"}}),
    ("POST", "/api/tickets/{ticket_id}/step", {"json": {"step": "In Progress"}}),
    ("POST", "/api/tickets/{ticket_id}/macro", {"json": {"macro_id": 1}}),
    ("POST", "/api/tickets/{ticket_id}/advance", {"json": {}}),
    ("POST", "/api/tickets/{ticket_id}/split", {"json": {
        "comment_ids": ["{comment_id}"], "title": "The lamp flickers as well"}}),
    ("POST", "/api/tickets/{ticket_id}/follow-up", {"json": {"description": "It is back."}}),
    ("POST", "/api/tickets/{ticket_id}/links", {"json": {"other": 1, "kind": "relates"}}),
    ("GET", "/api/tickets/{ticket_id}/links", {}),
    ("POST", "/api/tickets/{ticket_id}/merge", {"json": {"into": 2}}),
    # From here on the ticket is the one this mail opens.
    ("POST", "/api/test/email-to-ticket", {"json": {"email_data": {
        "message_id": "<abc123@example.com>", "subject": "Help with network issue",
        "from_address": "customer@example.com", "body": "Our internet is down. Can you help?"}}}),
    ("GET", "/api/tickets/{ticket_id}/emails", {}),
    ("GET", "/api/tickets/by-email/{email_address}", {}),
    ("GET", "/api/email-workflows/executions", {}),
    ("POST", "/api/email-workflows/dry-run", {"json": {"message_id": "{mail_id}"}}),
)  # fmt: skip


def main(base: str, email: str, password: str) -> None:
    """Ask for everything and write it down."""
    with httpx2.Client(base_url=base, timeout=60) as client:
        login = {"email": email, "password": password}
        came_in = client.post("/api/auth/login", json=login).json()
        client.headers["X-CSRF-Token"] = came_in["csrf_token"]
        taken = {"POST /api/auth/login": _cut(came_in)}
        known = {"import_id": "1", "person_id": "2", "outgoing_id": "1"}
        known |= {"field_id": "1", "macro_id": "1", "template_id": "1"}
        known |= {
            "schedule_id": "1",
            "rota_id": "1",
            "escalation_id": "1",
            "webhook_id": "1",
            "delivery_id": "1",
            "target_id": "1",
        }
        known |= {"template_name": "acknowledgement", "locale": "en", "workflow_id": "1"}
        known |= {"mapping_id": "1", "mapping_name": "zabbix", "alert_id": "1", "window_id": "1"}
        known |= {"solution_id": "5", "action_name": "password_reset"}
        known |= {"model_version": "2"}
        known |= {"heartbeat_id": "1", "provider_id": "alertmanager"}
        known |= {"email_address": "customer@example.com", "calendar_id": "1", "policy_id": "1"}
        first = client.get("/api/tickets", params={"size": 1, "source": "csv", "segment": "VIP"})
        known["ticket_id"] = str(first.json()["items"][0]["id"])
        mails = client.get("/api/mails", params={"outcome": "reply"}).json()["mails"]
        known |= {"mailbox_id": "1", "mail_id": str(mails[0]["id"])}
        _teach(client)
        known["gap_id"] = _ask_in_vain(client)
        for method, path, sent in CALLS:
            answer = client.request(method, _filled(path, known), **_sent(sent, known))
            if answer.is_error:
                raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
            taken[f"{method} {path}"] = _cut(answer.json())
            if path == "/api/triage/training":
                _wait_for_training(client)
            known |= _named(path, answer.json())
            if path.startswith("/api/files/"):
                _wait_for_reading(client, known["file_id"])
            if path in ("/api/test/email-to-ticket", "/api/tickets/by-hand"):
                known["ticket_id"] = str(answer.json()["ticket_id"])
            if path.endswith("/macro"):
                detail = client.get(f"/api/tickets/{known['ticket_id']}").json()
                known["comment_id"] = str(detail["comments"][-1]["id"])
        taken |= _chat(client)
    text = json.dumps(taken, ensure_ascii=False, indent=1, sort_keys=True)
    TARGET.write_text(text + "\n", encoding="utf-8")


def _chat(client: httpx2.Client) -> dict[str, Any]:
    """A conversation. The code that comes by mail nobody here can read: its example stays as it was."""
    path, desk = "/chat/{company}", "/chat/tobylgy"
    about = f"{path}/conversations/{{conversation_id}}"
    by_code = f"POST {about}/identity/code"
    taken = {by_code: json.loads(TARGET.read_text(encoding="utf-8"))[by_code]}
    taken[f"GET {path}/config"] = client.get(f"{desk}/config").json()
    opened = client.post(f"{desk}/conversations", json={"language": "en"}).json()
    taken[f"POST {path}/conversations"] = {**opened, "token": "(shown this once)"}
    mine = f"{desk}/conversations/{opened['conversation_id']}"
    shown = {"Authorization": f"Bearer {opened['token']}"}
    client.post(f"{mine}/messages", json={"text": "How do I clear a paper jam?"}, headers=shown)
    taken[f"GET {about}/messages"] = client.get(f"{mine}/messages", headers=shown).json()
    email = {"email": "rita@example.com"}
    taken[f"POST {about}/identity"] = client.post(
        f"{mine}/identity", json=email, headers=shown
    ).json()
    taken[f"POST {about}/choices"] = client.post(
        f"{mine}/choices", json={"choice": "cancel"}, headers=shown
    ).json()
    return taken


def _teach(client: httpx2.Client) -> None:
    """Leave a version to go back to."""
    sent = {"files": {"file": ("train.csv", LEARNT, "text/csv")}, "data": {"anyway": "true"}}
    client.post("/api/triage/training", **sent)  # type: ignore[arg-type]
    _wait_for_training(client)


def _ask_in_vain(client: httpx2.Client) -> str:
    """Leave a question that nobody could answer; questions are put together every two minutes."""
    asked = {"message": "How do I get a parking permit for the garage?", "company_id": 1}
    client.post("/rag/chat", json=asked)
    while not (gaps := client.get("/api/knowledge/gaps").json()["items"]):
        time.sleep(5)
    return str(gaps[0]["id"])


def _named(path: str, told: Any) -> dict[str, str]:
    """What is made now and asked for afterwards by its id."""
    names = {
        "/api/files/": ("file_id", "uuid"),
        "/api/articles": ("article_id", "id"),
        "/api/categories": ("category_id", "id"),
    }
    if path not in names or isinstance(told, list) or "items" in told:
        return {}
    known, name = names[path]
    return {known: str(told[name])}


def _wait_for_reading(client: httpx2.Client, file_id: str) -> None:
    while client.get(f"/api/files/{file_id}/").json()["state"] in ("waiting", "reading"):
        time.sleep(0.5)


def _wait_for_training(client: httpx2.Client) -> None:
    while client.get("/api/triage/trainings").json()[0]["state"] in ("waiting", "running"):
        time.sleep(0.5)


def _filled(path: str, known: dict[str, str]) -> str:
    for name, value in known.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def _sent(sent: dict[str, Any], known: dict[str, str]) -> dict[str, Any]:
    if "json" not in sent:
        return sent
    return {**sent, "json": json.loads(_filled(json.dumps(sent["json"]), known))}


def _cut(value: Any) -> Any:
    """One item a list, no secret."""
    if isinstance(value, list):
        return [_cut(each) for each in value[:1]]
    if isinstance(value, dict):
        return {name: "…" if name in SECRET else _cut(each) for name, each in value.items()}
    return value


if __name__ == "__main__":
    main(*sys.argv[1:])
