"""JSON routes and their shapes, one file per resource."""

from fastapi import APIRouter

from ticketyard.web.api import (
    auth,
    distribution,
    email_workflows,
    health,
    intake,
    mail_out,
    mailboxes,
    mails,
    operations,
    people,
    ticket_changes,
    ticket_files,
    ticket_mail,
    tickets,
    triage,
)

# In order of matching: fixed paths below /api/tickets come before /api/tickets/{ticket_id}.
ROUTERS: list[APIRouter] = [
    health.router,
    auth.router,
    people.router,
    operations.router,
    intake.router,
    mailboxes.router,
    mails.router,
    mail_out.router,
    triage.router,
    distribution.router,
    email_workflows.router,
    ticket_mail.router,
    tickets.router,
    ticket_changes.router,
    ticket_files.router,
]
