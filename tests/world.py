"""The sample cast that every test knows."""

from dataclasses import dataclass
from functools import cache

import httpx2

from ticketyard.core.auth import Principal, hash_password
from ticketyard.core.resources import Resources
from ticketyard.people.accounts import add_person
from ticketyard.people.companies import found_company
from ticketyard.people.keys import create_key
from ticketyard.people.logging_in import principal_of, start_session
from ticketyard.people.models import Person
from ticketyard.people.teams import add_team, add_team_member
from ticketyard.tickets.categorizing import IT_CATEGORIES, add_categories
from ticketyard.tickets.drafts import NewTicket
from ticketyard.tickets.numbering import Numbers
from ticketyard.tickets.opening import OpenedTicket, open_tickets
from ticketyard.web.deps import COOKIE

PASSWORD = "a long enough password"


@dataclass(frozen=True)
class World:
    """Two companies; the first has people, a team and a key, the second an admin and a key."""

    resources: Resources
    company_id: int
    admin: Person
    ana: Person
    bo: Person
    rita: Person
    key: str
    other_company_id: int
    other_admin: Person
    other_key: str

    def as_person(self, person: Person) -> Principal:
        """The person, acting."""
        return principal_of(person)

    @property
    def system(self) -> Principal:
        """The product itself, in the first company."""
        return Principal.system(self.company_id)

    def put(self, kind: type[object], part: object) -> None:
        """In place of the part that was wired, for everybody who holds these resources."""
        assert isinstance(self.resources.parts, dict)
        self.resources.parts[kind] = part

    async def open(self, title: str = "Printer on fire", **fields: object) -> OpenedTicket:
        """A ticket of the first company, by e-mail from Rita unless told otherwise."""
        given = {"source": "web_form", "title": title, "requester_email": "rita@example.com"}
        async with self.resources.db.transaction(self.company_id) as session:
            (opened,) = await open_tickets(
                session,
                [NewTicket(**{**given, **fields})],  # type: ignore[arg-type]
                numbers=self.resources.part(Numbers),
                now=self.resources.clock(),
                by=self.system,
            )
        return opened

    async def log_in(self, client: httpx2.AsyncClient, person: Person) -> None:
        """Let this client act as the person, as if a password had been typed: cookie kept, CSRF token sent.

        Checking one is slow on purpose; what log-in itself does is tested where it is meant.
        """
        async with self.resources.db.transaction(person.company_id) as session:
            fresh = await start_session(session, person, now=self.resources.clock(), hours=12)
        client.cookies.set(COOKIE, fresh.token, domain=client.base_url.host)
        client.headers["x-csrf-token"] = fresh.csrf_token


@cache
def _hashed() -> str:
    """Hashing is slow on purpose; everybody has the same password, so once is enough."""
    return hash_password(PASSWORD)


async def build_world(resources: Resources) -> World:
    """Make the cast."""
    north = await found_company(resources.db, name="North Desk", slug="north")
    south = await found_company(resources.db, name="South Desk", slug="south")
    by = Principal.system(north)
    async with resources.db.transaction(north) as session:
        await add_categories(session, IT_CATEGORIES)
        people = [
            await add_person(session, name=name, email=email, role=role, by=by)
            for name, email, role in (
                ("Ada Admin", "ada@example.com", "admin"),
                ("Ana Agent", "ana@example.com", "agent"),
                ("Bo Agent", "bo@example.com", "agent"),
                ("Rita Requester", "rita@example.com", "requester"),
            )
        ]
        for person in people:
            person.password_hash = _hashed()
        billing = await add_team(session, name="Billing", description="Invoices and refunds.")
        await add_team_member(session, team_id=billing.id, person_id=people[1].id)
        _, key = await create_key(session, name="Test", by=by)
    async with resources.db.transaction(south) as session:
        await add_categories(session, IT_CATEGORIES)
        other = await add_person(
            session,
            name="Otto Other",
            email="otto@example.com",
            role="admin",
            by=Principal.system(south),
        )
        other.password_hash = _hashed()
        _, other_key = await create_key(session, name="Test", by=Principal.system(south))
    return World(
        resources=resources,
        company_id=north,
        admin=people[0],
        ana=people[1],
        bo=people[2],
        rita=people[3],
        key=key,
        other_company_id=south,
        other_admin=other,
        other_key=other_key,
    )
