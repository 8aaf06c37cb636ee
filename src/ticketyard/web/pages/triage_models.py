"""What triage learned: its versions, trainings as they run, examples held back, and what is allowed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, File, Form, Response, UploadFile
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.chat.model import ChatModel
from ticketyard.core.auth import Principal
from ticketyard.core.errors import Refusal
from ticketyard.core.resources import Resources
from ticketyard.core.shapes import RowId
from ticketyard.people.companies import set_settings
from ticketyard.people.queries import get_company, list_teams
from ticketyard.triage.engines import Engines
from ticketyard.triage.learning.deciding import accept_examples, dismiss_examples
from ticketyard.triage.learning.errors import CannotPromote
from ticketyard.triage.learning.examples import parse_examples
from ticketyard.triage.learning.models import ExampleAside, TrainingRun
from ticketyard.triage.learning.queries import (
    find_shadow_report,
    list_aside,
    list_trainings,
    list_versions,
)
from ticketyard.triage.learning.runs import ExamplesFile, ask_for_training
from ticketyard.triage.learning.setting import (
    LEAST_ERROR,
    MOST_ERROR,
    LearningSettings,
    get_learning_settings,
    set_learning_settings,
)
from ticketyard.triage.learning.shadowing import JUDGED_LEAST
from ticketyard.triage.learning.versions import REASON_MAX, RULES, promote_version, roll_back
from ticketyard.triage.queries import CATEGORY, TEAM, get_model_threshold
from ticketyard.triage.second_opinion.rules import SETTING, OpinionRules, wish_of
from ticketyard.web.deps import Acting, Parts, Session, may
from ticketyard.web.pages.frame import (
    DeskFrame,
    Flash,
    Frame,
    OwnFrame,
    back_to,
    fragment,
    page,
)
from ticketyard.web.pages.triage_version_view import current_of, views_of

router = APIRouter(prefix="/triage/models", include_in_schema=False)

HOME = "/triage/models"
TRAINING_MAX_BYTES = 50 * 1024 * 1024
TRAININGS_SHOWN = 10
ASIDE_SHOWN = 50
ERRORS = (1, 2, 3, 5, 10, 15, 20)
ASKED = {
    "off": "about no ticket",
    "unsure": "about tickets triage is unsure of",
    "all": "about all",
}
RUN_STATES = {
    "waiting": ("Waiting", ""),
    "running": ("Running", "accent"),
    "promoted": ("Put in use", "clear"),
    "shadow": ("In the shadow", "accent"),
    "rejected": ("Rejected", "stop"),
    "refused": ("Refused", "caution"),
    "failed": ("Failed", "stop"),
    "abandoned": ("Given up", "caution"),
}
CAUSES = {
    "asked": "by hand",
    "count": "after so many new tickets",
    "timetable": "by the timetable",
    "csv": "with a file",
}
Field = Annotated[str, Form(pattern="^(category|team)$")]


@dataclass(frozen=True)
class _Wish:
    """What is allowed, as it was typed; problems by field, empty where it can be so."""

    max_error: str
    threshold: str
    shadow: bool
    language_model: str

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong with it. Shares are said in a hundred here, as they are drawn."""
        found = {}
        share, at = _share(self.max_error), _share(self.threshold)
        if share is None or not LEAST_ERROR <= share <= MOST_ERROR:
            found["max_error"] = (
                f"Say a number from {LEAST_ERROR * 100:g} to {MOST_ERROR * 100:g}, in a hundred."
            )
        if self.threshold.strip() and (at is None or not 0 <= at <= 1):
            found["threshold"] = "Say a number from 0 to 100, or nothing."
        return found

    @property
    def settings(self) -> LearningSettings:
        """What it means, where nothing is wrong with it."""
        return LearningSettings(
            max_error=_share(self.max_error) or 0.0,
            threshold=_share(self.threshold),
            shadow=self.shadow,
        )


def _share(typed: str) -> float | None:
    """What was typed in a hundred as a share of one; None where it is no number."""
    try:
        return float(typed.replace(",", ".")) / 100
    except ValueError:
        return None


@router.get("", dependencies=[may("triage:train")])
async def get_models_page(session: Session, parts: Parts, frame: DeskFrame) -> Response:
    """Everything about what was learned of categories, and of teams where that was taught."""
    return await _page(session, parts, frame)


async def _page(
    session: AsyncSession, parts: Resources, frame: Frame, refused: _Wish | None = None
) -> Response:
    """The page; refused: what was typed about what is allowed and cannot be so."""
    versions = await list_versions(session, embedder=parts.part(Engines).embedder.name)
    current = current_of(versions, CATEGORY)
    return page(
        "triage/models.html",
        frame,
        place="triage",
        tab="models",
        status=422 if refused else 200,
        refused=refused,
        judged_least=JUDGED_LEAST,
        current=current,
        threshold=await get_model_threshold(session, current.version) if current else None,
        shadow=await find_shadow_report(session),
        versions=views_of(versions, CATEGORY),
        team_current=current_of(versions, TEAM),
        team_versions=views_of(versions, TEAM),
        aside=await _aside(session),
        settings=await get_learning_settings(session),
        errors=ERRORS,
        model=await _model(session, parts),
        asked=ASKED,
        **await _trainings(session),
    )


@router.get("/trainings", dependencies=[may("triage:train")])
async def get_trainings(session: Session, frame: OwnFrame) -> Response:
    """The trainings as they stand; asked for again while one is under way."""
    view = await _trainings(session)
    answer = fragment("triage/trainings.html", frame, **view)
    if not view["is_running"]:
        # What has ended may have changed everything else on the page.
        answer.headers["HX-Refresh"] = "true"
    return answer


@router.post("/training", dependencies=[may("triage:train")], max_body_size=TRAINING_MAX_BYTES)
async def post_training(
    session: Session,
    parts: Parts,
    by: Acting,
    file: Annotated[UploadFile | None, File()] = None,
    text_column: Annotated[str, Form(max_length=200)] = "",
    label_column: Annotated[str, Form(max_length=200)] = "",
    anyway: Annotated[str, Form(max_length=5)] = "",
    field: Field = CATEGORY,
) -> Response:
    """Teach it now, from a file too where one is given."""
    try:
        kept = await _kept(parts, by, file, text_column or None, label_column or None)
        async with session.begin_nested():
            await ask_for_training(
                session,
                by=by,
                cause="csv" if kept else "asked",
                field=CATEGORY if kept else field,
                file=kept,
                is_forced=bool(anyway),
            )
    except Refusal as refusal:
        return back_to(HOME, Flash("stop", refusal.detail))
    return back_to(HOME, Flash("clear", "It begins in a moment; the version in use goes on."))


async def _kept(
    parts: Resources,
    by: Principal,
    file: UploadFile | None,
    text_column: str | None,
    label_column: str | None,
) -> ExamplesFile | None:
    """The file in the storage, once it is known to hold examples. Raises BadExamples."""
    if file is None or not file.filename:
        return None
    data = await file.read()
    await asyncio.to_thread(
        parse_examples, data, text_column=text_column, label_column=label_column
    )
    # Under a name of its own, so that it can go when the training ends.
    key = await parts.blobs.put_file(by.company_id, f"training/{uuid4()}", BytesIO(data))
    return ExamplesFile(key, text_column, label_column)


@router.post("/versions/{model_version}/use", dependencies=[may("triage:train")])
async def post_use(
    model_version: RowId, session: Session, parts: Parts, by: Acting, field: Field = CATEGORY
) -> Response:
    """Put a version in use. One that is not there is an address that leads nowhere."""
    try:
        async with session.begin_nested():
            await promote_version(
                session,
                version=_small(model_version),
                by=by,
                field=field,
                embedder=parts.part(Engines).embedder,
            )
    except CannotPromote as refusal:
        return back_to(HOME, Flash("stop", refusal.detail))
    return back_to(HOME, Flash("clear", f"Version {model_version} answers from now on."))


@router.post("/rollback", dependencies=[may("triage:train")])
async def post_rollback(
    session: Session,
    parts: Parts,
    by: Acting,
    field: Field = CATEGORY,
    to: Annotated[str, Form(pattern="^(before|rules)$")] = "before",
    reason: Annotated[str, Form(max_length=REASON_MAX)] = "",
) -> Response:
    """Go back to what answered before the present version, or to the rules."""
    try:
        async with session.begin_nested():
            model = await roll_back(
                session,
                by=by,
                field=field,
                embedder=parts.part(Engines).embedder,
                to=RULES if to == "rules" else None,
                reason=" ".join(reason.split()),
            )
    except Refusal as refusal:
        return back_to(HOME, Flash("stop", refusal.detail))
    who = f"Version {model.version} answers again." if model else "Rules answer again."
    return back_to(HOME, Flash("clear", who))


@router.post("/aside", dependencies=[may("triage:train")])
async def post_aside(
    session: Session,
    by: Acting,
    decision: Annotated[str, Form(pattern="^(accept|drop)$")],
    example: Annotated[list[RowId] | None, Form()] = None,
) -> Response:
    """Learn held-back examples all the same, or never."""
    place = f"{HOME}#aside"
    if not example:
        return back_to(place, Flash("caution", "Tick the examples that you mean."))
    decide = accept_examples if decision == "accept" else dismiss_examples
    try:
        async with session.begin_nested():
            found = await decide(session, example[:ASIDE_SHOWN], by=by)
    except Refusal as refusal:
        return back_to(place, Flash("stop", refusal.detail))
    what = "learned by the next training" if decision == "accept" else "never learned"
    noun = "example is" if len(found) == 1 else "examples are"
    return back_to(place, Flash("clear", f"{len(found)} {noun} {what}."))


@router.post("/settings", dependencies=[may("triage:train")])
async def post_settings(
    session: Session,
    parts: Parts,
    frame: DeskFrame,
    by: Acting,
    max_error: Annotated[str, Form(max_length=10)] = "",
    threshold: Annotated[str, Form(max_length=10)] = "",
    shadow: Annotated[str, Form(max_length=5)] = "",
    language_model: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """How often it may be wrong, whether a new version is tried first, what a model is asked."""
    wish = _Wish(max_error, threshold, bool(shadow), language_model)
    if wish.problems:
        return await _page(session, parts, frame, wish)
    await set_learning_settings(session, wish.settings, by=by)
    if language_model in ASKED:
        await set_settings(session, by=by, **{SETTING: language_model})
    said = Flash("clear", "Saved; it holds for tickets from now on.")
    return back_to(f"{HOME}#settings", said)


async def _trainings(session: AsyncSession) -> dict[str, Any]:
    trainings = await list_trainings(session, limit=TRAININGS_SHOWN)
    return {
        "trainings": [_training(each) for each in trainings],
        "is_running": any(each.ended_at is None for each in trainings),
    }


def _training(run: TrainingRun) -> dict[str, Any]:
    words, kind = RUN_STATES.get(run.state, (run.state, ""))
    return {
        "id": run.id,
        "field": run.field,
        "state": run.state,
        "words": words,
        "kind": kind,
        "is_over": run.ended_at is not None,
        "percent": round(run.progress * 100),
        "stage": run.stage,
        "cause": CAUSES.get(run.cause, run.cause),
        "by": run.by_name,
        "at": run.asked_at,
        "ended_at": run.ended_at,
        "reason": run.reason,
        "version": run.version,
        "examples": run.examples,
        "fresh": run.fresh,
        "aside": run.aside,
    }


async def _aside(session: AsyncSession) -> list[dict[str, Any]]:
    """What is held back, its labels as people know them: a team is kept by its number."""
    teams = {str(team.id): team.name for team in await list_teams(session)}
    return [
        {"example": each, "label": _label(each, each.label, teams),
         "says": _label(each, each.says or "", teams)}
        for each in await list_aside(session, limit=ASIDE_SHOWN)
    ]  # fmt: skip


def _label(example: ExampleAside, label: str, teams: Mapping[str, str]) -> str:
    return teams.get(label, label) if example.field == TEAM else label


async def _model(session: AsyncSession, parts: Resources) -> dict[str, str] | None:
    """The language model's name and what it is asked about here; None where none is configured."""
    chat = parts.part(ChatModel)
    if not chat.is_on:
        return None
    wish = wish_of((await get_company(session)).settings, parts.part(OpinionRules))
    return {"name": chat.name, "asked": wish}


def _small(version: int) -> int:
    return min(version, 2**31 - 1)
