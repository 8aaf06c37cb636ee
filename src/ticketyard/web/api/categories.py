"""The company's list of categories."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from ticketyard.core.shapes import Body, RowId
from ticketyard.people.queries import get_company
from ticketyard.tickets.categorizing import (
    DESCRIPTION_MAX,
    NAME_MAX,
    add_category,
    change_category,
)
from ticketyard.tickets.models import Category
from ticketyard.tickets.names import former_names
from ticketyard.tickets.queries import list_categories
from ticketyard.web.deps import Acting, Session, may

router = APIRouter(prefix="/api/categories", tags=["people"])


class CategoryOut(BaseModel):
    """One category. One that is not active can be chosen for no ticket; tickets that have it keep it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str = Field(examples=["network"])
    description: str
    is_active: bool
    former_names: list[str] = Field([], description="Still understood, the oldest first.")


class CategoryIn(Body):
    """A new category. What it is about helps triage to find it before there are examples."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "furniture", "description": "Desks and chairs."}]}
    )

    name: str = Field(min_length=1, max_length=NAME_MAX)
    description: str = Field("", max_length=DESCRIPTION_MAX)


class CategoryChangeIn(Body):
    """What is to change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "office furniture"}]})

    name: str | None = Field(None, min_length=1, max_length=NAME_MAX)
    description: str | None = Field(None, max_length=DESCRIPTION_MAX)
    is_active: bool | None = None


@router.get("", response_model=list[CategoryOut], dependencies=[may("tickets:read")])
async def get_categories(
    session: Session,
    retired: Annotated[bool, Query(description="Those out of use, too.")] = False,
) -> list[CategoryOut]:
    """The categories in their order."""
    return [await _shown(session, each) for each in await list_categories(session, retired=retired)]


@router.post("", response_model=CategoryOut, status_code=201, dependencies=[may("settings:manage")])
async def post_category(body: CategoryIn, session: Session, by: Acting) -> CategoryOut:
    """Add a category."""
    added = await add_category(session, name=body.name, description=body.description, by=by)
    return await _shown(session, added)


@router.patch("/{category_id}", response_model=CategoryOut, dependencies=[may("settings:manage")])
async def patch_category(
    category_id: RowId, body: CategoryChangeIn, session: Session, by: Acting
) -> CategoryOut:
    """Rename a category, describe it, take it out of use or back. Tickets, policies, examples and
    what was learned go on under the new name; the old one is understood."""
    changed = await change_category(session, category_id=category_id, by=by, **body.model_dump())
    return await _shown(session, changed)


async def _shown(session: Session, category: Category) -> CategoryOut:
    former = former_names((await get_company(session)).settings).get(category.name, ())
    names = [name for name in former if name != category.name]
    return CategoryOut.model_validate(category).model_copy(update={"former_names": names})
