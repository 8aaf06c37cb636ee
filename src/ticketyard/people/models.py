"""Companies, offices, people and what identifies them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Computed, DateTime, ForeignKey, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ticketyard.core.db import Table

_INSTANT = DateTime(timezone=True)


class Company(Table):
    """A tenant: whose desk this is."""

    __tablename__ = "company"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    slug: Mapped[str]
    locale: Mapped[str]
    timezone: Mapped[str]
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text))
    auto_categorize: Mapped[bool]
    auto_prioritize: Mapped[bool]
    auto_assign: Mapped[bool]
    assign_spam: Mapped[bool]
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(_INSTANT)


class Office(Table):
    """A place with an address where agents sit."""

    __tablename__ = "office"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    name: Mapped[str]
    address: Mapped[str]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    located_by: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default="now()")


class Person(Table):
    """Somebody: an admin, an agent, a requester."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    name: Mapped[str]
    email: Mapped[str | None]
    email_key: Mapped[str | None] = mapped_column(Computed("lower(email)", persisted=True))
    phone: Mapped[str | None]
    role: Mapped[str]
    password_hash: Mapped[str | None]
    locale: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    customer_id: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default="now()")
    updated_at: Mapped[datetime] = mapped_column(_INSTANT, server_default="now()")


class Agent(Table):
    """What routing needs to know about a person who answers.

    base_load: work that Ticketyard does not hold, from the import; the load shown to people is
    this plus the agent's open tickets, and is computed, never stored.
    """

    __tablename__ = "agent"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    company_id: Mapped[int]
    office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    position: Mapped[str] = mapped_column(default="")
    skills: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    base_load: Mapped[int] = mapped_column(default=0)
    is_available: Mapped[bool] = mapped_column(default=True)
    external_key: Mapped[str | None]


class Team(Table):
    """Agents who share work; its description is what a ticket is compared with."""

    __tablename__ = "team"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    name: Mapped[str]
    category: Mapped[str | None]
    description: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default="now()")


class TeamMember(Table):
    """Who belongs to which team."""

    __tablename__ = "team_member"

    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    company_id: Mapped[int]
    joined_at: Mapped[datetime] = mapped_column(_INSTANT, server_default="now()")


class ApiKey(Table):
    """A key of an integration; only its hash is kept."""

    __tablename__ = "api_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    name: Mapped[str]
    hint: Mapped[str]
    token_hash: Mapped[str]
    permissions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    sources: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    created_by: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default="now()")
    last_used_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    revoked_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class LoginSession(Table):
    """A person's log-in in one browser; only the token's hash is kept."""

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    token_hash: Mapped[str]
    csrf_token: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default="now()")
    expires_at: Mapped[datetime] = mapped_column(_INSTANT)


class LoginLink(Table):
    """A link that logs a person in once."""

    __tablename__ = "login_link"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    company_id: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    token_hash: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default="now()")
    expires_at: Mapped[datetime] = mapped_column(_INSTANT)
    used_at: Mapped[datetime | None] = mapped_column(_INSTANT)
