"""The web form, with files: read it, keep the files, file the ticket. For the API and the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from fastapi import Request
from starlette.datastructures import UploadFile

from ticketyard.core.auth import Principal
from ticketyard.core.errors import TooLarge
from ticketyard.core.shapes import field_name, storable, unreadable
from ticketyard.intake.own_fields import with_typed_fields
from ticketyard.intake.receiving import RawMessage, Received, receive
from ticketyard.intake.sources.web_form import read_web_form
from ticketyard.people.queries import default_company_id
from ticketyard.tickets.attaching import keep_file
from ticketyard.tickets.drafts import KeptFile
from ticketyard.web.deps import resources_of, web_settings_of

FILES = "files"
FILES_MAX = 20
FIELDS_MAX = 80
# Whatever a form carries: read from disk piece by piece, so it may be large.
FORM_BODY_MAX_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class FilledForm:
    """A form as it was sent: its texts, and its files, which lie in temporary storage."""

    fields: Mapping[str, str]
    files: Sequence[UploadFile]
    custom_fields: Mapping[str, str | None] = field(default_factory=dict)


async def form_author(request: Request) -> Principal:
    """Who files what strangers write: the form itself, in the first company."""
    state = request.app.state
    if not hasattr(state, "form_company_id"):
        state.form_company_id = await default_company_id(resources_of(request).db)
    return Principal.system(state.form_company_id, name="Web form")


async def read_form(request: Request) -> FilledForm:
    """The form of a request. Raises TooLarge for a file above MAX_UPLOAD_SIZE, Unreadable for a
    file in a text field or a text among the files."""
    limit = web_settings_of(request).max_upload_bytes
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit * FILES_MAX + 2**20:
        raise TooLarge(f"A file has {limit:,} bytes at most.")
    fields: dict[str, str] = {}
    files: list[UploadFile] = []
    form = await request.form(max_files=FILES_MAX, max_fields=FIELDS_MAX)
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            if name != FILES:
                raise unreadable(field_name(name), f"Files belong into `{FILES}`")
            if value.size and value.size > limit:
                raise TooLarge(f"A file has {limit:,} bytes at most.")
            # A browser sends an empty part for a file box in which nothing was chosen.
            if value.size or value.filename:
                files.append(value)
        elif name == FILES:
            if value:
                raise unreadable(FILES, "Input should be a file")
        else:
            fields[name] = value
    return FilledForm(fields, files)


async def file_form(
    request: Request,
    form: FilledForm,
    *,
    by: Principal | None = None,
    key: str | None = None,
    once: str | None = None,
) -> tuple[Received, list[KeptFile]]:
    """File what the form says, with its files.

    by: who files it; the form of the first company, unless told otherwise.
    key: the sender's Idempotency-Key.  once: the hidden token of a form page, so that a second
    click is no second ticket. Raises Unreadable, TooLarge, KeyReused.
    """
    resources = resources_of(request)
    by = by or await form_author(request)
    told: dict[str, Any] = dict(form.fields)
    if form.custom_fields:
        told["custom_fields"] = dict(form.custom_fields)
    arrival = read_web_form(told)
    # Before files are kept for a form that is refused.
    arrival = await with_typed_fields(resources, by.company_id, arrival)
    files = [
        await keep_file(
            resources.blobs,
            by.company_id,
            filename=each.filename,
            content=await each.read(),
            content_type=each.content_type,
            max_bytes=web_settings_of(request).max_upload_bytes,
        )
        for each in form.files
    ]
    message = RawMessage(content=_raw(told, files), key=key, once=once)
    arrival = arrival.with_files(files)
    return await receive(resources, arrival, message=message, by=by), files


def _raw(fields: Mapping[str, Any], files: Sequence[KeptFile]) -> bytes:
    """The form as it is kept. Of a file its hash: the bytes themselves are in the blob storage."""
    told: dict[str, Any] = {
        "fields": storable(dict(fields)),
        "files": [
            {"filename": each.filename, "sha256": each.sha256, "size_bytes": each.size_bytes}
            for each in files
        ],
    }
    return orjson.dumps(told)
