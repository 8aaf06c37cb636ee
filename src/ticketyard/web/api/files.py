"""Files of knowledge over HTTP: sent, listed, read, deleted (spec 4).

With and without a slash at the end: the documents write it, and clients leave it out.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Query, Response, UploadFile

from ticketyard.core.auth import Principal
from ticketyard.core.shapes import RowId
from ticketyard.knowledge.filing import delete_document, describe_file, request_reading
from ticketyard.knowledge.models import Document
from ticketyard.knowledge.queries import (
    Wanted,
    count_chunks,
    count_documents,
    get_visible_document,
    list_chunks,
    list_documents,
)
from ticketyard.knowledge.reading.kinds import Kind
from ticketyard.knowledge.uploading import Upload, take_file
from ticketyard.people.errors import CompanyNotFound
from ticketyard.web.api.knowledge_shapes import (
    ChunksOut,
    FileOut,
    FilePatch,
    FilesOut,
    Visibility,
    chunk_out,
    file_out,
)
from ticketyard.web.deps import Acting, Parts, Session, WebOptions, may
from ticketyard.web.idempotency import IdempotentRoute
from ticketyard.web.knowledge_files import send_content

router = APIRouter(prefix="/api/files", tags=["knowledge"], route_class=IdempotentRoute)

# Of one request; the file itself is held to MAX_UPLOAD_SIZE.
UPLOAD_MAX_BYTES = 64 * 1024 * 1024
FILE: tuple[str, ...] = ("file",)
_ANY_OFFSET = Query(0, ge=0, le=2**31 - 1)


@router.post("", status_code=201, max_body_size=UPLOAD_MAX_BYTES, include_in_schema=False,
             name="post_file_too", dependencies=[may("knowledge:write")])  # fmt: skip
@router.post(
    "/",
    status_code=201,
    max_body_size=UPLOAD_MAX_BYTES,
    dependencies=[may("knowledge:write")],
)
async def post_file(
    answer: Response,
    parts: Parts,
    options: WebOptions,
    by: Acting,
    file: Annotated[UploadFile, File(description="The file.", examples=["guide.pdf"])],
    kind: Annotated[Kind, Form(description="Must fit the file's name.", examples=["pdf"])],
    company: Annotated[RowId | None, Form(description="Your own; may be left out.")] = None,
    title: Annotated[str, Form(max_length=1_000)] = "",
    category: Annotated[str, Form(max_length=200)] = "",
    visibility: Annotated[Visibility, Form()] = "internal",
) -> FileOut:
    """Send a file to be read and found.

    It is looked at before the answer: 400 where name, kind and bytes do not belong together, or where
    it cannot be read (locked, with macros, of Office 97). It is read afterwards: `state` goes from
    waiting over reading to ready or failed. The same bytes again are answered with 200 and the first
    document.
    """
    _check_company(company, by)
    upload = Upload(file.filename or "", kind, file.file, title, category, visibility)
    document, is_new = await take_file(parts, upload, max_bytes=options.max_upload_bytes, by=by)
    if not is_new:
        answer.status_code = 200
    return file_out(document)


@router.get(
    "", include_in_schema=False, name="get_files_too", dependencies=[may("knowledge:read_public")]
)
@router.get("/", dependencies=[may("knowledge:read_public")])
async def get_files(
    session: Session,
    by: Acting,
    company_id: RowId | None = None,
    state: Literal["waiting", "reading", "ready", "failed"] | None = None,
    visibility: Visibility | None = None,
    q: str = Query("", max_length=200, description="Words of the title or the file's name."),
    limit: int = Query(50, ge=1, le=200),
    offset: int = _ANY_OFFSET,
) -> FilesOut:
    """The company's files, those changed last first; to requesters the public ones."""
    _check_company(company_id, by)
    wanted = Wanted(
        sources=FILE,
        state=state or "",
        visibility=visibility or "",
        words=q,
        limit=limit,
        offset=offset,
    )
    found = await list_documents(session, wanted, by)
    return FilesOut(
        items=[file_out(each) for each in found],
        total=await count_documents(session, wanted, by),
        limit=limit,
        offset=offset,
    )


@router.get(
    "/{file_id}",
    include_in_schema=False,
    name="get_file_too",
    dependencies=[may("knowledge:read_public")],
)
@router.get("/{file_id}/", dependencies=[may("knowledge:read_public")])
async def get_file(file_id: str, session: Session, by: Acting) -> FileOut:
    """One file, and how far it is on its way to being found."""
    document = await get_visible_document(session, file_id, by, FILE)
    return await _counted(session, document)


@router.patch("/{file_id}/", dependencies=[may("knowledge:write")])
async def patch_file(file_id: str, body: FilePatch, session: Session, by: Acting) -> FileOut:
    """Say otherwise what it is called, what it is about and who may find it; it is then read anew."""
    document = await get_visible_document(session, file_id, by, FILE)
    given = body.model_fields_set
    changed = await describe_file(
        session,
        file_id=file_id,
        title=body.title if body.title is not None else document.title,
        category=body.category if "category" in given else document.category,
        visibility=body.visibility or _visibility_of(document),
        by=by,
    )
    return await _counted(session, changed)


@router.delete(
    "/{file_id}",
    include_in_schema=False,
    name="delete_file_too",
    status_code=204,
    dependencies=[may("knowledge:write")],
)
@router.delete("/{file_id}/", status_code=204, dependencies=[may("knowledge:write")])
async def delete_file(file_id: str, session: Session, by: Acting) -> None:
    """Delete it. With the answer, nothing is found of it any more."""
    await delete_document(session, file_id=file_id, sources=FILE, by=by)


@router.post("/{file_id}/reading", status_code=202, dependencies=[may("knowledge:write")])
async def post_reading(file_id: str, session: Session, by: Acting) -> FileOut:
    """Let it be read once more, one that could not be read for instance."""
    await get_visible_document(session, file_id, by, FILE)
    return file_out(await request_reading(session, file_id=file_id, by=by))


@router.get("/{file_id}/chunks", dependencies=[may("knowledge:read")])
async def get_chunks(
    file_id: str,
    session: Session,
    by: Acting,
    limit: int = Query(50, ge=1, le=200),
    offset: int = _ANY_OFFSET,
) -> ChunksOut:
    """The pieces that a document is found by, of files and of articles."""
    document = await get_visible_document(session, file_id, by)
    chunks = await list_chunks(session, document.id, limit=limit, offset=offset)
    counted = await count_chunks(session, [document.id])
    return ChunksOut(
        items=[chunk_out(document, each) for each in chunks],
        total=counted.get(document.id, 0),
        limit=limit,
        offset=offset,
    )


@router.get(
    "/{file_id}/content", dependencies=[may("knowledge:read_public")], response_class=Response
)
async def get_content(file_id: str, parts: Parts, by: Acting) -> Response:
    """The bytes of the file, to be saved."""
    return await send_content(parts, file_id, by)


def _check_company(given: int | None, by: Principal) -> None:
    """Whose files: one's own. Of another company one does not hear whether there is one."""
    if given is not None and given != by.company_id:
        raise CompanyNotFound("There is no such company.")


async def _counted(session: Session, document: Document) -> FileOut:
    counted = await count_chunks(session, [document.id])
    return file_out(document, counted.get(document.id, 0))


def _visibility_of(document: Document) -> Visibility:
    return "public" if document.visibility == "public" else "internal"
