"""JSON routes and their shapes, one file per resource."""

from fastapi import APIRouter

from ticketyard.web.api import (
    alert_intake,
    alerts,
    auth,
    desk_setup,
    distribution,
    email_workflows,
    health,
    intake,
    mail_out,
    mailboxes,
    mails,
    operations,
    people,
    reports,
    ready,
    related_tickets,
    ticket_changes,
    ticket_files,
    ticket_mail,
    tickets,
    triage,
    webhooks,
)

# In order of matching: fixed paths below /api/tickets come before /api/tickets/{ticket_id}.
ROUTERS: list[APIRouter] = [
    health.router,
    auth.router,
    people.router,
    operations.router,
    reports.router,
    intake.router,
    alert_intake.router,
    alerts.router,
    mailboxes.router,
    mails.router,
    mail_out.router,
    triage.router,
    webhooks.router,
    distribution.router,
    email_workflows.router,
    ticket_mail.router,
    desk_setup.router,
    ready.router,
    tickets.router,
    ticket_changes.router,
    related_tickets.router,
    ticket_files.router,
]
