"""Settings: the company's own fields, and its own steps of work."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from ticketyard.core.errors import Refusal
from ticketyard.core.shapes import RowId
from ticketyard.tickets.fields.defining import add_field, change_field, delete_field, get_field
from ticketyard.tickets.lifecycle import STATUSES
from ticketyard.tickets.queries import list_fields
from ticketyard.tickets.steps.course import DEFAULT, STEPS_MAX
from ticketyard.tickets.steps.setting import list_steps, set_steps
from ticketyard.web.deps import Acting, Session, may
from ticketyard.web.pages import wording
from ticketyard.web.pages.frame import DeskFrame, Flash, Frame, back_to, page

router = APIRouter(prefix="/settings", include_in_schema=False)

KIND_WORDS = {
    "text": "Text",
    "number": "Number",
    "date": "Date",
    "choice": "Choice",
    "yes_no": "Yes or no",
}
SPARE_STEPS = 2
_NEW: dict[str, Any] = {
    "name": "", "kind": "text", "choices": "", "help": "", "is_required": False, "on_form": False,
}  # fmt: skip
_Line = Annotated[str, Form(max_length=1_000)]
_Texts = Annotated[list[str] | None, Form()]
_Row = tuple[str, str, str]


@router.get("/fields", dependencies=[may("settings:manage")])
async def get_fields(session: Session, frame: DeskFrame) -> Response:
    """The fields there are, and the form of a new one."""
    return await _fields(session, frame, _NEW)


@router.post("/fields", dependencies=[may("settings:manage")])
async def post_field(
    session: Session,
    by: Acting,
    frame: DeskFrame,
    name: _Line = "",
    kind: Annotated[str, Form(max_length=20)] = "text",
    choices: Annotated[str, Form(max_length=20_000)] = "",
    help_text: _Line = "",
    is_required: Annotated[str, Form(max_length=5)] = "",
    on_form: Annotated[str, Form(max_length=5)] = "",
) -> Response:
    """Define a field."""
    given: dict[str, Any] = {
        "name": name,
        "kind": kind,
        "choices": choices,
        "help": help_text,
        "is_required": bool(is_required),
        "on_form": bool(on_form),
    }
    try:
        async with session.begin_nested():
            lines = choices.splitlines() if kind == "choice" else []
            field = await add_field(session, by=by, **{**given, "choices": lines})
    except Refusal as refusal:
        return await _fields(session, frame, given, refusal=refusal.detail)
    return back_to("/settings/fields", Flash("clear", f"Tickets have “{field.name}” now."))


@router.post("/fields/{field_id}", dependencies=[may("settings:manage")])
async def post_change(
    field_id: RowId,
    session: Session,
    by: Acting,
    frame: DeskFrame,
    choices: Annotated[str, Form(max_length=20_000)] = "",
    help_text: _Line = "",
    is_required: Annotated[str, Form(max_length=5)] = "",
    on_form: Annotated[str, Form(max_length=5)] = "",
    is_active: Annotated[str, Form(max_length=5)] = "",
    order: Annotated[str, Form(max_length=5)] = "0",
) -> Response:
    """Change a field."""
    changes: dict[str, Any] = {
        "choices": choices.splitlines(),
        "help": help_text,
        "is_required": bool(is_required),
        "on_form": bool(on_form),
        "is_active": bool(is_active),
        "sort_order": int(order) if order.isascii() and order.isdigit() else 0,
    }
    field = await get_field(session, min(field_id, 2**31 - 1))
    try:
        async with session.begin_nested():
            await change_field(session, field_id=field.id, changes=changes, by=by)
    except Refusal as refusal:
        return await _fields(session, frame, _NEW, refusal=refusal.detail)
    return back_to("/settings/fields", Flash("clear", f"“{field.name}” is saved."))


@router.post("/fields/{field_id}/delete", dependencies=[may("settings:manage")])
async def post_delete(field_id: RowId, session: Session, by: Acting) -> Response:
    """Forget a field."""
    await delete_field(session, field_id=min(field_id, 2**31 - 1), by=by)
    said = "The field is gone. What tickets hold under its name stays."
    return back_to("/settings/fields", Flash("clear", said))


async def _fields(
    session: Session, frame: Frame, given: dict[str, Any], *, refusal: str = ""
) -> Response:
    return page(
        "settings/fields.html",
        frame,
        place="settings",
        tab="fields",
        status=422 if refusal else 200,
        fields=await list_fields(session, all_of_them=True),
        given=given,
        refusal=refusal,
        kinds=list(KIND_WORDS.items()),
        kind_words=KIND_WORDS,
    )


# -- steps of work ---------------------------------------------------------------------------------


@router.get("/steps", dependencies=[may("settings:manage")])
async def get_steps(session: Session, frame: DeskFrame) -> Response:
    """The steps in their order."""
    steps = await list_steps(session)
    return _steps(frame, [(each.name, each.status, each.name) for each in steps], steps == DEFAULT)


@router.post("/steps", dependencies=[may("settings:manage")])
async def post_steps(
    session: Session,
    by: Acting,
    frame: DeskFrame,
    step: _Texts = None,
    stands_for: _Texts = None,
    was: _Texts = None,
    place: _Texts = None,
    then: Annotated[str, Form(max_length=20)] = "save",
) -> Response:
    """Save them in the order of their places; an emptied line is left out. `then` more shows further
    lines."""
    given = list(zip(step or (), stands_for or (), was or (), strict=False))[: STEPS_MAX + 1]
    rows = _in_order(given, place or ())
    filled = [] if then == "default" else [row for row in rows if row[0].strip()]
    if then == "more":
        return _steps(frame, rows, False)
    try:
        async with session.begin_nested():
            await set_steps(
                session,
                steps=[(name, status) for name, status, _ in filled],
                renamed={before: name for name, _, before in filled if before},
                by=by,
            )
    except Refusal as refusal:
        return _steps(frame, rows, False, refusal=refusal.detail)
    return back_to("/settings/steps", Flash("clear", "Saved. The board shows these steps."))


def _in_order(rows: list[_Row], places: Sequence[str]) -> list[_Row]:
    """By the place that each line was given. Where two want the same, the one that was moved there
    pushes the other back, or forward when it came from above."""

    def wanted(index: int) -> tuple[int, int]:
        word = places[index].strip() if index < len(places) else ""
        place = int(word) if word.isdecimal() and len(word) < 5 else index + 1
        return place, (place > index + 1) - (place < index + 1)

    return [rows[index] for index in sorted(range(len(rows)), key=wanted)]


def _steps(frame: Frame, rows: list[_Row], is_default: bool, *, refusal: str = "") -> Response:
    spare = [("", "in_progress", "")] * min(SPARE_STEPS, max(0, STEPS_MAX - len(rows)))
    return page(
        "settings/steps.html",
        frame,
        place="settings",
        tab="steps",
        status=422 if refusal else 200,
        rows=[*rows, *spare],
        is_default=is_default,
        refusal=refusal,
        statuses=[(value, wording.STATUS[value]) for value in STATUSES],
    )
