"""Background entry points of insights."""

from ticketyard.core.resources import Resources
from ticketyard.insights.reports.mailing import mail_due_reports


async def mail_reports(resources: Resources, company_id: int) -> None:
    """Send the reports that are due."""
    await mail_due_reports(resources, company_id)
