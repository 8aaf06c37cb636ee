"""People, teams, keys and the company's settings."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, field_validator

from ticketyard.core.shapes import Body, RowId
from ticketyard.people.accounts import add_person, change_person, set_agent_profile
from ticketyard.people.companies import change_company
from ticketyard.people.keys import create_key, revoke_key
from ticketyard.people.models import ApiKey, Company, Person, Team
from ticketyard.people.queries import get_company, list_keys, list_people, list_teams
from ticketyard.people.teams import add_team, add_team_member, remove_team_member
from ticketyard.web.deps import Acting, Session, may

router = APIRouter(prefix="/api", tags=["people"])


class _In(Body):
    model_config = ConfigDict(str_max_length=2000)


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PersonIn(_In):
    """A new colleague or requester."""

    name: str = Field(min_length=1, max_length=200, examples=["Ana Petrova"])
    email: str | None = Field(None, max_length=320, examples=["ana@example.com"])
    phone: str = Field(
        "", max_length=40, description="With its country.", examples=["+77001234567"]
    )
    role: Literal["admin", "agent", "requester"] = "agent"
    password: str | None = Field(None, max_length=256)


class PersonPatch(_In):
    """What is to change; the rest stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"skills": ["VIP", "KZ"], "is_available": True}]}
    )

    name: str | None = Field(None, min_length=1, max_length=200)
    phone: str | None = Field(
        None, max_length=40, description="With its country, as in +77001234567; empty: none."
    )
    role: Literal["admin", "agent", "requester"] | None = None
    is_active: bool | None = None
    office_id: RowId | None = None
    position: str | None = Field(None, max_length=200)
    skills: list[str] | None = Field(None, max_length=50)
    base_load: int | None = Field(None, ge=0, le=100_000)
    is_available: bool | None = None


class PersonOut(_Out):
    """Somebody of this company."""

    id: int
    name: str
    email: str | None
    phone: str | None
    role: str
    is_active: bool
    created_at: datetime


@router.get("/people", response_model=list[PersonOut], dependencies=[may("people:read")])
async def get_people(session: Session) -> list[Person]:
    """Admins and agents by name."""
    return await list_people(session)


@router.post(
    "/people", response_model=PersonOut, status_code=201, dependencies=[may("people:manage")]
)
async def post_person(body: PersonIn, session: Session, by: Acting) -> Person:
    """Add somebody."""
    return await add_person(
        session,
        name=body.name,
        email=body.email,
        phone=body.phone,
        role=body.role,
        password=body.password,
        by=by,
    )


@router.patch("/people/{person_id}", response_model=PersonOut, dependencies=[may("people:manage")])
async def patch_person(person_id: RowId, body: PersonPatch, session: Session, by: Acting) -> Person:
    """Change somebody's name, number, role, access or agent's profile."""
    person = await change_person(
        session,
        person_id=person_id,
        name=body.name,
        phone=body.phone,
        role=body.role,
        is_active=body.is_active,
        by=by,
    )
    profile = body.model_dump(
        include={"office_id", "position", "skills", "base_load", "is_available"},
        exclude_none=True,
    )
    if profile:
        await set_agent_profile(session, person_id=person_id, by=by, **profile)
    return person


class TeamIn(_In):
    """A new team."""

    name: str = Field(min_length=1, max_length=200, examples=["Network"])
    category: str | None = Field(None, max_length=100)
    description: str = Field("", examples=["Routers, Wi-Fi, VPN and everything between."])


class TeamOut(_Out):
    """A team."""

    id: int
    name: str
    category: str | None
    description: str


@router.get("/teams", response_model=list[TeamOut], dependencies=[may("people:read")])
async def get_teams(session: Session) -> list[Team]:
    """Every team by name."""
    return await list_teams(session)


@router.post("/teams", response_model=TeamOut, status_code=201, dependencies=[may("people:manage")])
async def post_team(body: TeamIn, session: Session) -> Team:
    """Make a team."""
    return await add_team(
        session, name=body.name, category=body.category, description=body.description
    )


@router.put(
    "/teams/{team_id}/members/{person_id}", status_code=204, dependencies=[may("people:manage")]
)
async def put_team_member(team_id: RowId, person_id: RowId, session: Session) -> None:
    """Put an agent into a team."""
    await add_team_member(session, team_id=team_id, person_id=person_id)


@router.delete(
    "/teams/{team_id}/members/{person_id}", status_code=204, dependencies=[may("people:manage")]
)
async def delete_team_member(team_id: RowId, person_id: RowId, session: Session) -> None:
    """Take somebody out of a team."""
    await remove_team_member(session, team_id=team_id, person_id=person_id)


class KeyIn(_In):
    """A new key."""

    name: str = Field(min_length=1, max_length=200, examples=["GLPI production"])
    permissions: list[str] = Field(["tickets:create"], min_length=1, max_length=30)
    sources: list[str] = Field([], max_length=10, examples=[["glpi"]])


class KeyOut(_Out):
    """A key without its secret."""

    id: int
    name: str
    hint: str
    permissions: list[str]
    sources: list[str]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewKeyOut(KeyOut):
    """A key with its secret: the only time it is shown."""

    secret: str


@router.get("/keys", response_model=list[KeyOut], dependencies=[may("keys:manage")])
async def get_keys(session: Session) -> list[ApiKey]:
    """Keys, newest first."""
    return await list_keys(session)


@router.post("/keys", response_model=NewKeyOut, status_code=201, dependencies=[may("keys:manage")])
async def post_key(body: KeyIn, session: Session, by: Acting) -> NewKeyOut:
    """Make a key; its secret is in this answer and nowhere else."""
    key, secret = await create_key(
        session, name=body.name, permissions=body.permissions, sources=body.sources, by=by
    )
    await session.refresh(key)
    return NewKeyOut(**KeyOut.model_validate(key).model_dump(), secret=secret)


@router.delete("/keys/{key_id}", status_code=204, dependencies=[may("keys:manage")])
async def delete_key(key_id: RowId, session: Session, by: Acting) -> None:
    """End a key; it stops working within five seconds everywhere."""
    await revoke_key(session, key_id=key_id, by=by)


class CompanyOut(_Out):
    """The company and its switches."""

    id: int
    name: str
    slug: str
    locale: str
    timezone: str
    languages: list[str]
    auto_categorize: bool
    auto_prioritize: bool
    auto_assign: bool
    assign_spam: bool


class CompanyPatch(_In):
    """What is to change."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"timezone": "Asia/Almaty", "languages": ["ru", "kk"]}]}
    )

    name: str | None = Field(None, min_length=1, max_length=200)
    locale: Literal["en", "ru", "da"] | None = None
    timezone: str | None = Field(None, max_length=64)
    languages: list[str] | None = Field(None, min_length=1, max_length=20)
    auto_categorize: bool | None = None
    auto_prioritize: bool | None = None
    auto_assign: bool | None = None
    assign_spam: bool | None = None

    @field_validator("languages")
    @classmethod
    def _short(cls, value: list[str] | None) -> list[str] | None:
        if value and any(len(each) not in (2, 3) for each in value):
            raise ValueError("languages are given as two letters")
        return value


@router.get("/company", response_model=CompanyOut, dependencies=[may("people:read")])
async def get_own_company(session: Session) -> Company:
    """The company whose desk this is."""
    return await get_company(session)


@router.patch("/company", response_model=CompanyOut, dependencies=[may("settings:manage")])
async def patch_company(body: CompanyPatch, session: Session, by: Acting) -> Company:
    """Change its settings."""
    return await change_company(session, by=by, **body.model_dump(exclude_none=True))
