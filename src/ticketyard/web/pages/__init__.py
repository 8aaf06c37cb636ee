"""Server-rendered screens, one file per screen."""

from fastapi import APIRouter

from ticketyard.web.pages import (
    agents,
    dashboard,
    imports,
    kept,
    live,
    mail_log,
    mail_out,
    mail_workflows,
    mailboxes,
    mails,
    own_tickets,
    public_form,
    queue,
    reference,
    settings,
    signing_in,
    ticket,
)

ROUTERS: list[APIRouter] = [
    signing_in.router,
    live.router,
    queue.router,
    ticket.router,
    mails.router,
    own_tickets.router,
    agents.router,
    imports.router,
    dashboard.router,
    kept.router,
    mail_workflows.router,
    settings.router,
    mail_out.router,
    mail_log.router,
    mailboxes.router,
    public_form.router,
    reference.router,
]
