"""Knowledge: send a file."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Response, UploadFile

from ticketyard.core.errors import Refusal
from ticketyard.knowledge.queries import may_publish
from ticketyard.knowledge.reading.kinds import SENTENCES, CannotRead, check_name, kind_of_name
from ticketyard.knowledge.uploading import Upload, take_file
from ticketyard.web.deps import Acting, Parts, Session, WebOptions, may
from ticketyard.web.pages.frame import DeskFrame, Flash, back_to, page
from ticketyard.web.pages.knowledge import category_options, visibility_of

router = APIRouter(prefix="/knowledge", include_in_schema=False)

UPLOAD_MAX_BYTES = 64 * 1024 * 1024
ACCEPTED = ".pdf,.docx,.xlsx,.md,.markdown,.html,.htm,.txt,.text,.log"
_FORM = "/knowledge/upload"
_Line = Annotated[str, Form(max_length=1_000)]
_Word = Annotated[str, Form(max_length=200)]


@router.get("/upload", dependencies=[may("knowledge:write")])
async def get_upload_page(
    session: Session, by: Acting, frame: DeskFrame, options: WebOptions
) -> Response:
    """The form that a file is sent by."""
    return page(
        "knowledge/upload.html",
        frame,
        place="knowledge",
        accepted=ACCEPTED,
        max_bytes=options.max_upload_bytes,
        categories=await category_options(session),
        may_publish=await may_publish(session, by),
    )


@router.post("/upload", dependencies=[may("knowledge:write")], max_body_size=UPLOAD_MAX_BYTES)
async def post_upload(
    parts: Parts,
    options: WebOptions,
    by: Acting,
    file: Annotated[UploadFile | None, File()] = None,
    title: _Line = "",
    category: _Word = "",
    visibility: _Word = "",
) -> Response:
    """Take it; what is wrong with it is said on the page it came from."""
    if file is None or not file.filename:
        return back_to(_FORM, Flash("stop", "Choose a file first."))
    kind = kind_of_name(file.filename)
    if kind is None:
        return back_to(_FORM, Flash("stop", _why_not(file.filename)))
    upload = Upload(
        file.filename, kind, file.file, title.strip(), category or None, visibility_of(visibility)
    )
    try:
        document, is_new = await take_file(parts, upload, max_bytes=options.max_upload_bytes, by=by)
    except Refusal as refusal:
        return back_to(_FORM, Flash("stop", refusal.detail))
    said = (
        Flash("clear", "It is here, and is read now.")
        if is_new
        else Flash("info", "This very file was here already.")
    )
    return back_to(f"/knowledge/{document.file_id}", said)


def _why_not(filename: str) -> str:
    """Of a name that belongs to no kind."""
    try:
        check_name(filename, "word")
    except CannotRead as refusal:
        if refusal.problem != "wrong_extension":
            return SENTENCES[refusal.problem]
    return f"Files of this kind are not read; those ending in {ACCEPTED.replace(',', ', ')} are."
