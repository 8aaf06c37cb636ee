"""`ticketyard mail run`: fetch and file mail, on its own or beside `serve` (docs/decisions/0071).

A module of its own, because `serve` starts it by name: so it loads neither the web nor the other
commands.
"""

import asyncio
import os
from contextlib import AbstractContextManager, nullcontext

import typer
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ticketyard.cli.beside import Attached, work_until_told
from ticketyard.cli.runtime import Ground, ground, load_settings, mailboxes_in, resources_on
from ticketyard.core.resources import Resources
from ticketyard.mailboxes.boxes.from_settings import bring_in_step
from ticketyard.mailboxes.mail_room import MailRoom


def run(attached: Attached = False) -> None:
    """Fetch and file mail only, on as many machines as wanted: one of them reads a mailbox."""
    settings = load_settings()
    base: AbstractContextManager[Ground] = ground(settings)
    if attached:
        base = nullcontext(Ground(settings, settings.database_url.get_secret_value()))
    with base as standing:
        asyncio.Runner().run(_work(standing, attached=attached))
    # Threads that still wait for a mail server are not waited for.
    os._exit(0)


async def _work(base: Ground, *, attached: bool) -> None:
    async with resources_on(base) as resources:
        if not attached:
            from ticketyard.cli.first_steps import first_company_id

            company_id = await first_company_id(resources)
            await bring_in_step(resources, company_id, mailboxes_in(base.settings))
        running = MailRoom(resources).run()
        await work_until_told(running, attached=attached, greeting="fetches mail.")


async def is_mail_wanted(resources: Resources) -> bool:
    """Whether there is a mailbox to read, or mail that waits: else the process is not started."""
    try:
        async with resources.db.anonymous() as session:
            return bool(
                await session.scalar(
                    text("select exists (select from mailbox_directory()) or exists"
                         " (select from waiting_mail())")
                )
            )  # fmt: skip
    except (SQLAlchemyError, OSError):
        return False


if __name__ == "__main__":
    typer.run(run)
