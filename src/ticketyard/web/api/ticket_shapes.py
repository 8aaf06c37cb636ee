"""The shapes of the ticket routes: what may be asked and sent."""

from typing import Annotated, Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ticketyard.core.shapes import Body
from ticketyard.insights.ticket_query import TicketQuery, with_cursor
from ticketyard.tickets.bulk import BULK_MAX, BulkChange
from ticketyard.tickets.errors import BadField
from ticketyard.tickets.labelling import Changes

Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
Version = Annotated[int | None, Field(ge=1, le=2**31 - 1, examples=[7])]
Texts = list[str]


class FiltersIn(BaseModel):
    """The filters that the list and its export share. Repeat one to allow several values."""

    model_config = ConfigDict(extra="forbid")

    status: Texts = []
    priority: Texts = []
    severity: Texts = []
    category: Texts = Field([], description="By name, in any case.")
    sentiment: Texts = Field([], description="positive, neutral, negative, or in Russian.")
    language: Texts = Field([], description="RU, KZ, ENG, or another code.")
    segment: Texts = []
    source: Texts = []
    assigned_to: Texts = Field([], description="An agent's id, `me`, or `none`.")
    assigned_to_id: Texts = []
    unassigned: str | None = None
    team: Texts = Field([], description="By id or name.")
    office: Texts = Field([], description="The assignee's, by id or name.")
    requester_email: Texts = []
    camera_id: Texts = []
    organization_id: Texts = []
    provider_id: Texts = []
    tag: Texts = Field([], description="Repeated: all of them.")
    field: Texts = Field([], description="A custom field, as in `Floor:3`. Repeated: all of them.")
    number: Texts = []
    created_after: str | None = Field(None, description="From this instant on.")
    created_before: str | None = Field(None, description="Before this instant.")
    needs_review: str | None = None
    sla_breach: str | None = Field(None, description="Whether a promise was broken.")
    due_before: str | None = Field(None, description="Those with a clock due before this instant.")
    q: str | None = Field(
        None, description='Full text: words, "phrases", or, -without; or a ticket number.'
    )
    search: str | None = Field(None, description="The same as q.")

    def where(self, person_id: int | None) -> dict[str, tuple[str, ...]]:
        """As TicketQuery takes them. person_id: whom `me` means."""
        plain = (
            "status", "priority", "severity", "category", "sentiment", "language", "segment",
            "source", "requester_email", "camera_id", "organization_id", "provider_id", "tag",
            "field", "number",
        )  # fmt: skip
        where: dict[str, tuple[str, ...]] = {}
        for name in plain:
            where[name] = tuple(getattr(self, name))
        for name in (
            "unassigned",
            "created_after",
            "created_before",
            "needs_review",
            "sla_breach",
            "due_before",
        ):
            value = getattr(self, name)
            where[name] = () if value is None else (value,)
        where["q"] = tuple(word for word in (self.q or self.search,) if word)
        for name in ("team", "office"):
            where[f"{name}_id"], where[name] = _ids_and_names(getattr(self, name))
        return where | _assignee([*self.assigned_to, *self.assigned_to_id], person_id, where)


def _ids_and_names(values: Texts) -> tuple[tuple[str, ...], tuple[str, ...]]:
    ids = tuple(each for each in values if each.strip().isdigit())
    names = tuple(each for each in values if not each.strip().isdigit())
    if ids and names:
        raise BadField("Teams and offices by id or by name, not both at once.")
    return ids, names


def _assignee(
    values: Texts, person_id: int | None, where: dict[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    words = [each.strip().lower() for each in values if each.strip()]
    if "none" in words:
        if len(words) > 1:
            raise BadField("Either some assignees, or none.")
        return {"unassigned": ("true",)}
    return {"assignee_id": tuple(str(person_id or 0) if each == "me" else each for each in words)}


class ListIn(FiltersIn):
    """A page of the list, in any of the three styles of the documents, or along a cursor."""

    page: int | None = Field(None, ge=1, le=1_000_000)
    size: int | None = Field(None, ge=1, le=200)
    limit: int | None = Field(None, ge=1, le=500)
    offset: int | None = Field(None, ge=0, le=10_000_000)
    skip: int | None = Field(None, ge=0, le=10_000_000)
    cursor: str | None = Field(None, max_length=400, description="`next_cursor` of a page before.")
    sort: str | None = Field(
        None,
        max_length=40,
        description="created_at, updated_at, due, priority, severity, number, id or relevance; "
        "a minus before it: falling. Newest first by default.",
    )
    sort_by: str | None = Field(None, max_length=40)
    sort_order: str | None = Field(None, pattern="^(?i:asc|desc)$")

    def query(self, person_id: int | None) -> TicketQuery:
        """The question meant. Raises BadField."""
        limit = self.size or self.limit or (20 if self.skip is not None else 50)
        limit = 100 if self.offset is not None and not (self.size or self.limit) else limit
        if sum(each is not None for each in (self.page, self.offset, self.skip, self.cursor)) > 1:
            raise BadField("Choose one way to page: page, offset, skip or cursor.")
        offset = self.offset or self.skip or ((self.page or 1) - 1) * limit
        sort, descending = self._order()
        query = TicketQuery(
            where=self.where(person_id),
            sort=sort,
            descending=descending,
            limit=limit,
            offset=offset,
        )
        return with_cursor(query, self.cursor) if self.cursor else query

    def _order(self) -> tuple[str, bool]:
        if self.sort:
            return self.sort.removeprefix("-"), self.sort.startswith("-")
        descending = (self.sort_order or "desc").lower() == "desc"
        return self.sort_by or ("relevance" if self.q or self.search else "created_at"), descending


_REPEATABLE = frozenset(
    name for name, field in ListIn.model_fields.items() if field.annotation == list[str]
)
# What FastAPI would have said of the parameters, had it read them.
LIST_PARAMETERS = {
    "parameters": [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in ListIn.model_json_schema()["properties"].items()
    ]
}


async def read_list(request: Request) -> ListIn:
    """What the address of the list asks for.

    Read here and not by FastAPI, which spends more on thirty parameters than the whole page costs.
    """
    given: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name in _REPEATABLE:
            given.setdefault(name, []).append(value)
        else:
            given[name] = value
    try:
        return ListIn.model_validate(given)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise RequestValidationError(
            [{**each, "loc": ("query", *each["loc"])} for each in faults]
        ) from None


class StatusIn(Body):
    """A new status. `reason` is kept in the history, `comment` in the thread."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"status": "in_progress", "comment": "On it."}]},
    )

    # Missing or odd, it is answered with 400 as spec 2 has it, not by the shape.
    status: Any = None
    comment: str | None = None
    reason: str | None = None
    resolution: str | None = None
    is_internal: bool = False
    version: Version = None


class CommentIn(Body):
    """What to write on the ticket; an internal comment is never shown to requesters."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"comment": "Please try again.", "is_internal": False}]},
    )

    # Missing or odd, it is answered with 400 as spec 2 has it, not by the shape.
    comment: Any = None
    is_internal: bool = False
    version: Version = None


class AssigneeIn(Body):
    """The agent who owns the ticket from now on."""

    agent_id: Id = Field(examples=[3])
    reason: str | None = Field(None, max_length=2_000)
    version: Version = None


class AssignIn(Body):
    """The same in the words of spec 2."""

    assigned_to_user_id: Id = Field(examples=[3])
    version: Version = None


class UpdateIn(Body):
    """Spec 1's update; `notes` become an internal comment."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"status": "in_progress", "notes": "Called back."}]},
    )

    status: str | None = None
    priority: str | None = None
    assigned_to_id: Id | None = None
    notes: str | None = None
    version: Version = None


class FeedbackIn(Body):
    """How it went, in the requester's eyes."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"rating": 5, "helpful": True, "feedback": "Quick."}]},
    )

    ticket_id: int | str | None = Field(None, description="As in the path; not needed.")
    helpful: bool | None = None
    feedback: str | None = Field(None, examples=["Quick and kind."])
    rating: int | None = Field(None, ge=1, le=5, examples=[5])


class TagsIn(Body):
    """All the tags the ticket shall have."""

    tags: list[str] = Field(max_length=100, examples=[["printer", "third floor"]])
    version: Version = None


class FieldsIn(Body):
    """What is to change; a field that is not sent stays, one that is null is emptied."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"priority": "high", "custom_fields": {"floor": 3}}]},
    )

    title: str | None = None
    priority: str | None = None
    severity: str | None = None
    urgency: int | None = Field(None, ge=1, le=10)
    category: str | None = None
    subcategory: str | None = None
    team_id: Id | None = None
    tags: list[str] | None = Field(None, max_length=100)
    add_tags: list[str] = Field([], max_length=100)
    remove_tags: list[str] = Field([], max_length=100)
    custom_fields: dict[str, Any] | None = None
    version: Version = None

    def changes(self) -> Changes:
        """What was sent."""
        return Changes.of(self.model_dump(exclude_unset=True, exclude={"version"}))


def _references(value: object) -> object:
    return value if isinstance(value, list) else [value]


class BulkIn(Body):
    """One change to many tickets: a macro first, then the changes, then merging into another."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"ticket_ids": [1, "TKT-20251215-002"], "status": "resolved"}]
        },
    )

    macro_id: Id | None = None
    merge_into: Annotated[int | str | None, Field(union_mode="left_to_right")] = None
    ticket_ids: Annotated[
        list[Annotated[int | str, Field(union_mode="left_to_right")]],
        BeforeValidator(_references),
        Field(min_length=1, max_length=BULK_MAX),
    ]
    status: str | None = None
    priority: str | None = None
    category: str | None = None
    team_id: Id | None = None
    assignee_id: Id | None = None
    release: bool = False
    add_tags: list[str] = Field([], max_length=100)
    remove_tags: list[str] = Field([], max_length=100)
    severity: str | None = None
    urgency: int | None = Field(None, ge=1, le=10)
    custom_fields: dict[str, Any] | None = None
    comment: str | None = None
    is_internal: bool = False
    reason: str | None = Field(None, max_length=2_000)

    def change(self) -> BulkChange:
        """What is done to each."""
        fields = {
            "priority", "severity", "urgency", "category", "team_id", "add_tags", "remove_tags",
            "custom_fields",
        }  # fmt: skip
        given = self.model_dump(include=fields, exclude_unset=True)
        return BulkChange(
            changes=Changes.of(given) if given else None,
            comment=self.comment,
            is_internal=self.is_internal,
            assignee_id=self.assignee_id,
            release=self.release,
            status=self.status,
            reason=self.reason,
            macro_id=self.macro_id,
            merge_into=self.merge_into,
        )


class ViewIn(Body):
    """Filters to keep under a name."""

    name: str = Field(min_length=1, max_length=60, examples=["My open tickets"])
    query: dict[str, Any] = Field(examples=[{"status": "open", "assigned_to": "me"}])
