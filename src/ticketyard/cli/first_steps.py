"""What a fresh database needs before anybody can work: a company, its categories, a way in."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ticketyard.cli.runtime import mailboxes_in
from ticketyard.cli.sample import SLUG, load_sample, log_ins
from ticketyard.core.auth import Principal
from ticketyard.core.config import Settings
from ticketyard.core.resources import Resources
from ticketyard.mailboxes.boxes.from_settings import bring_in_step
from ticketyard.people.accounts import add_person
from ticketyard.people.companies import found_company
from ticketyard.people.keys import create_key, find_key
from ticketyard.people.logging_in import make_login_link
from ticketyard.people.queries import company_ids, list_people
from ticketyard.tickets.categorizing import IT_CATEGORIES, add_categories
from ticketyard.wiring import build_resources, build_worker

SYSTEM = "First start"


@dataclass
class Welcome:
    """What is said to whoever started the program."""

    admin_link: str | None = None
    log_ins: list[tuple[str, str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def lines(self, base: str) -> Iterator[str]:
        """The lines to print, with the address it runs at."""
        if self.admin_link:
            yield f"First log-in, works once: [bold]{base}/login/link/{self.admin_link}[/]"
        for role, email, password in self.log_ins:
            yield f"  {role:<10} {email:<32} {password}"
        yield from self.notes


async def prepare_company(resources: Resources, settings: Settings, *, sample: bool) -> Welcome:
    """Make what is missing; a database that has it all is left as it is."""
    welcome = Welcome()
    companies = await company_ids(resources.db)
    if sample:
        if SLUG not in companies:
            # Nobody lives at the sample's addresses: what is played sends no mail.
            silent = settings.model_copy(update={"smtp_host": ""})
            played = build_resources(resources.db, resources.blobs, silent)
            await load_sample(played, build_worker(played, silent))
            companies = await company_ids(resources.db)
        welcome.log_ins = log_ins()
    elif not companies:
        companies = {"main": await first_company_id(resources)}
    first = next(iter(companies.values()))
    await _seed_integration_key(resources, settings, first)
    await bring_in_step(resources, first, mailboxes_in(settings))
    if not sample:
        await _offer_admin_link(resources, first, welcome)
    return welcome


async def first_company_id(resources: Resources) -> int:
    """The first company; made, with the usual categories, where there is none yet."""
    companies = await company_ids(resources.db)
    if companies:
        return next(iter(companies.values()))
    company_id = await found_company(resources.db, name="My company", slug="main")
    async with resources.db.transaction(company_id) as session:
        await add_categories(session, IT_CATEGORIES)
    return company_id


async def _seed_integration_key(resources: Resources, settings: Settings, company_id: int) -> None:
    secret = settings.integration_api_key.get_secret_value().strip()
    if not secret:
        return
    by = Principal.system(company_id, SYSTEM)
    async with resources.db.transaction(company_id) as session:
        if await find_key(session, secret) is None:
            await create_key(session, name="INTEGRATION_API_KEY", secret=secret, by=by)


async def _offer_admin_link(resources: Resources, company_id: int, welcome: Welcome) -> None:
    """As long as no admin can log in, every start gives a new link for the first one."""
    by = Principal.system(company_id, SYSTEM)
    async with resources.db.transaction(company_id) as session:
        admins = await list_people(session, roles=["admin"])
        if any(admin.password_hash and admin.is_active for admin in admins):
            return
        admin = (
            admins[0]
            if admins
            else await add_person(session, name="Admin", email=None, role="admin", by=by)
        )
        welcome.admin_link = await make_login_link(
            session, person_id=admin.id, now=resources.clock()
        )
