"""Run workflows on a mail: what its classification triggers, step by step, and recorded."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.core.errors import Refusal
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.mailboxes.landing.classifying import Label
from ticketyard.mailboxes.landing.deciding import Landing
from ticketyard.mailboxes.landing.lookups import Lookups
from ticketyard.mailboxes.landing.opening import Wish
from ticketyard.mailboxes.landing.placing import Placed
from ticketyard.mailboxes.landing.reading import ReadMessage
from ticketyard.mailboxes.mail_rules import MailRules
from ticketyard.mailboxes.models import EmailWorkflow, WorkflowExecution
from ticketyard.mailboxes.workflows.steps import Step, check_steps
from ticketyard.mailboxes.workflows.taking_steps import Run, take_step

log = get_logger(__name__)

SPAM_TAG = "spam"


class Runner:
    """The company's workflows, ready to run in one transaction."""

    def __init__(
        self, session: AsyncSession, resources: Resources, workflows: Sequence[EmailWorkflow]
    ) -> None:
        self._session = session
        self._resources = resources
        self._workflows = workflows

    def matching(self, label: Label) -> list[EmailWorkflow]:
        """Those that this label triggers, in the order in which they run."""
        return [each for each in self._workflows if is_triggered(each, label)]

    async def run(
        self,
        workflows: Sequence[EmailWorkflow],
        message: ReadMessage,
        landing: Landing,
        label: Label,
        lookups: Lookups,
        by: Principal,
    ) -> Placed:
        """Take their steps; a mail that no step filed becomes a ticket all the same."""
        wish = wish_for(label)
        run = Run(self._session, self._resources, message, landing, lookups, wish, by)
        for workflow in workflows:
            account = await self._run_one(workflow, run)
            self._record(workflow, message, label, account)
        if run.placed is None:
            run.workflow = ""
            await run.place(landing, wish)
        assert run.placed is not None
        return run.placed

    async def _run_one(self, workflow: EmailWorkflow, run: Run) -> "_Account":
        given = workflow.workflow_steps
        # Whoever wrote it past us may have written anything.
        total = len(given) if isinstance(given, list) else 0
        account = _Account(self._resources.clock(), steps_total=total)
        if run.is_ignored:
            account.status = "skipped"
            account.error_message = "An earlier workflow ignored the mail."
            return account
        run.workflow = workflow.name
        try:
            steps = check_steps(workflow.workflow_steps)
        except Refusal as refusal:
            account.fail(refusal.detail)
            return account
        for number, step in enumerate(steps, 1):
            problem = await self._take(run, step, account)
            if problem is not None:
                account.fail(f"Step {number} ({step.action}): {problem}")
                account.leave_out(steps[number:])
                log.warning(
                    "workflow_step_failed",
                    workflow_id=workflow.id,
                    inbound_id=run.message.inbound_id,
                    step=number,
                    action=step.action,
                )
                break
        return account

    async def _take(self, run: Run, step: Step, account: "_Account") -> str | None:
        """Why the step could not be taken; what it had done by then is undone."""
        before = run.placed
        try:
            async with self._session.begin_nested():
                result = await take_step(run, step)
                await self._session.flush()
        except Refusal as refusal:
            problem = refusal.detail
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            problem = "The database did not take it."
        else:
            account.result.append({"action": step.action, "status": "completed", **result})
            account.steps_completed += 1
            return None
        run.placed = before
        account.result.append({"action": step.action, "status": "failed", "error": problem})
        return problem

    def _record(
        self, workflow: EmailWorkflow, message: ReadMessage, label: Label, account: "_Account"
    ) -> None:
        self._session.add(
            WorkflowExecution(
                company_id=company_of(self._session),
                workflow_id=workflow.id,
                workflow_name=workflow.name,
                inbound_id=message.inbound_id,
                email_message_id=f"<{message.log_id}>",
                classification=label.name,
                confidence=label.confidence,
                status=account.status,
                steps_total=account.steps_total,
                steps_completed=account.steps_completed,
                result=account.result,
                error_message=account.error_message,
                started_at=account.started_at,
                completed_at=self._resources.clock(),
            )
        )


@dataclass
class _Account:
    """What is to be told of a run."""

    started_at: datetime
    steps_total: int
    status: str = "completed"
    steps_completed: int = 0
    result: list[dict[str, Any]] = field(default_factory=list)
    error_message: str | None = None

    def fail(self, problem: str) -> None:
        self.status = "failed"
        self.error_message = problem[:1000]

    def leave_out(self, steps: Sequence[Step]) -> None:
        self.result += [{"action": each.action, "status": "skipped"} for each in steps]


def is_triggered(workflow: EmailWorkflow, label: Label) -> bool:
    """Whether the workflow runs on a mail of this kind."""
    return (
        workflow.enabled
        and workflow.classification_trigger == label.name
        # The column holds four bytes: 0.7 comes back as a little more.
        and label.confidence >= round(workflow.confidence_threshold, 4)
    )


def wish_for(label: Label) -> Wish:
    """What the kind of a mail itself asks of a ticket that it opens."""
    return Wish(tags=(SPAM_TAG,), unwanted=True) if label.is_spam else Wish()


async def load_runner(session: AsyncSession, resources: Resources) -> Runner:
    """The runner for this batch; without workflows where they are switched off."""
    if not resources.part(MailRules).workflows:
        return Runner(session, resources, [])
    found = await session.scalars(
        select(EmailWorkflow)
        .where(EmailWorkflow.company_id == company_of(session), EmailWorkflow.enabled)
        .order_by(EmailWorkflow.priority, EmailWorkflow.id)
    )
    return Runner(session, resources, list(found))
