"""What the program is made of, built from the settings: each part a route or a job may reach."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ticketyard.ai.chat.model import ChatModel
from ticketyard.ai.chat.question import ChatServer
from ticketyard.ai.chat.tracing import Langfuse
from ticketyard.ai.embedding import Embedder
from ticketyard.ai.remote_embedding import RemoteEmbedder
from ticketyard.alerts.filing import AlertDoor, FingerprintFields
from ticketyard.core.config import Settings
from ticketyard.core.db import Database
from ticketyard.core.outgoing import Outgoing
from ticketyard.core.outgoing_address import BadUrl, read_url
from ticketyard.core.sealing import Sealer
from ticketyard.core.storage import Blobs
from ticketyard.insights.ticket_list import TicketList
from ticketyard.knowledge.chatting.conversing import ChatMemory
from ticketyard.knowledge.retrieving.index import PieceIndex, RetrievalOptions
from ticketyard.knowledge.retrieving.qdrant import QdrantVectors, open_qdrant
from ticketyard.mailboxes.mail_rules import MailRules
from ticketyard.notify.sending import Postman
from ticketyard.notify.servers import MailOut, SmtpServer
from ticketyard.outlet.broker import BrokerAt
from ticketyard.outlet.locating import FilesAt
from ticketyard.routing.geocoding import Geocoder
from ticketyard.tickets.numbering import Numbers
from ticketyard.triage.engines import Engines
from ticketyard.triage.learning.counting import LearningRules
from ticketyard.triage.resolving.actions import Actions
from ticketyard.triage.resolving.deciding import MailDoor
from ticketyard.triage.second_opinion.rules import OpinionRules
from ticketyard.webhooks.delivering import PublicUrl

OPENAI_URL = "https://api.openai.com/v1"
OLLAMA_URL = "http://127.0.0.1:11434"


def open_blobs(settings: Settings) -> Blobs:
    """Where attachments are kept, as the settings say."""
    folder = _blobs_folder(settings)
    if folder is None:
        return Blobs.in_s3(
            endpoint=settings.minio_endpoint,
            bucket=settings.minio_bucket,
            access_key=settings.minio_access_key.get_secret_value(),
            secret_key=settings.minio_secret_key.get_secret_value(),
            secure=settings.minio_secure,
        )
    return Blobs.on_disk(folder)


def _blobs_folder(settings: Settings) -> Path | None:
    if settings.minio_endpoint:
        return None
    return settings.upload_dir or settings.data_dir / "blobs"


def _files_at(settings: Settings) -> FilesAt:
    return FilesAt(
        base=settings.rag_files_base_path,
        own=_blobs_folder(settings),
        max_bytes=settings.max_upload_size,
    )


def build_parts(db: Database, settings: Settings) -> Mapping[type[Any], Any]:
    """What later packages bring along, by its class."""
    outgoing = Outgoing(settings.outgoing_allowed)
    engines = Engines(_embedder(settings))
    return {
        Numbers: Numbers(db),
        AlertDoor: AlertDoor(db),
        FingerprintFields: FingerprintFields(),
        TicketList: TicketList(db),
        LearningRules: LearningRules(settings.analyze_training_threshold),
        Engines: engines,
        Actions: Actions.installed(),
        ChatModel: _chat_model(settings),
        OpinionRules: OpinionRules(settings.model_asked_for, settings.model_tokens_per_day),
        ChatMemory: ChatMemory(settings.chat_last_n, settings.summary_every_n),
        PieceIndex: PieceIndex(
            engines.embedder, _retrieval(settings), _qdrant(settings, engines.embedder)
        ),
        Outgoing: outgoing,
        Geocoder: _geocoder(settings),
        MailRules: _mail_rules(settings),
        Sealer: _sealer(settings),
        MailOut: _mail_out(settings),
        MailDoor: MailDoor(bool(settings.smtp_host), bool(settings.from_email)),
        Postman: Postman(lambda: db.clock(), outgoing),
        PublicUrl: PublicUrl(settings.public_url),
        BrokerAt: BrokerAt(settings.rag_broker_url.get_secret_value(), settings.rag_task_queue),
        FilesAt: _files_at(settings),
    }


def _chat_model(settings: Settings) -> ChatModel:
    """The operator named the servers, so these may stand in the operator's own house."""
    server, langfuse = _chat_server(settings), _langfuse(settings)
    hosts = _hosts(server.url if server else "", langfuse.url if langfuse else "")
    outgoing = Outgoing([*settings.outgoing_allowed, *hosts])
    return ChatModel(server, outgoing, langfuse=langfuse)


def _chat_server(settings: Settings) -> ChatServer | None:
    """OpenAI, or what speaks like it, before Ollama; none where neither is named."""
    key = settings.openai_api_key.get_secret_value()
    if key or settings.openai_base_url:
        url, model = settings.openai_base_url or OPENAI_URL, settings.openai_model
    elif settings.ollama_base_url:
        url, model = _ollama_url(settings), settings.ollama_model
    else:
        return None
    return ChatServer(
        url=url.rstrip("/"),
        model=model,
        key=key,
        mode=settings.model_output,
        deadline_seconds=settings.model_deadline_seconds,
        at_once=settings.model_at_once,
        per_minute=settings.model_requests_per_minute,
    )


def _ollama_url(settings: Settings) -> str:
    base = settings.ollama_base_url.rstrip("/") or OLLAMA_URL
    return base if base.endswith("/v1") else f"{base}/v1"


def _langfuse(settings: Settings) -> Langfuse | None:
    if not settings.langfuse_enabled:
        return None
    return Langfuse(
        settings.langfuse_base_url,
        settings.langfuse_public_key.get_secret_value(),
        settings.langfuse_secret_key.get_secret_value(),
        settings.service_name,
    )


def _embedder(settings: Settings) -> Embedder | None:
    """Vectors from a server, where the operator named one; else the model that comes along."""
    if settings.embeddings_provider == "local":
        return None
    is_ollama = settings.embeddings_provider == "ollama"
    url = _ollama_url(settings) if is_ollama else settings.openai_base_url or OPENAI_URL
    usual = "nomic-embed-text" if is_ollama else "text-embedding-3-small"
    return RemoteEmbedder(
        url.rstrip("/"),
        settings.embeddings_model or usual,
        Outgoing([*settings.outgoing_allowed, *_hosts(url)]),
        key="" if is_ollama else settings.openai_api_key.get_secret_value(),
    )


def _hosts(*urls: str) -> list[str]:
    """The names in these addresses; what is no address is found out by whoever speaks to it."""
    found = []
    for url in urls:
        with suppress(BadUrl):
            found += [read_url(url).host] if url else []
    return found


def _geocoder(settings: Settings) -> Geocoder:
    """The operator named its server, so that may stand in the operator's own house."""
    url = settings.geocoder_url
    named = _hosts(url if "//" in url or not url else f"https://{url}")
    outgoing = Outgoing([*settings.outgoing_allowed, *named])
    return Geocoder(url, settings.geocoder_user_agent, outgoing)


def _mail_rules(settings: Settings) -> MailRules:
    priority = settings.ticket_default_priority
    return MailRules(
        tickets=settings.ticket_enabled and settings.ticket_email_integration,
        workflows=settings.email_workflows_enabled,
        default_assignee_id=(
            settings.ticket_default_assignee_id if settings.ticket_auto_assign else None
        ),
        default_priority=None if priority in ("normal", "medium") else priority,
        poll_seconds=settings.email_polling_interval,
    )


def _mail_out(settings: Settings) -> MailOut:
    server = SmtpServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        username=settings.smtp_username,
        password=settings.smtp_password.get_secret_value(),
    )
    return MailOut(
        server=server if settings.smtp_host else None,
        from_email=settings.from_email,
        public_url=settings.public_url,
    )


def _sealer(settings: Settings) -> Sealer:
    key = settings.secret_key.get_secret_value()
    return Sealer(key) if key else Sealer.from_folder(settings.data_dir)


def _retrieval(settings: Settings) -> RetrievalOptions:
    return RetrievalOptions(
        retrieve_k=settings.rag_retrieve_k,
        top_k=settings.rag_top_k,
        min_score=settings.rag_min_score,
        rerank=settings.rerank_enabled,
        rag_key=settings.rag_api_key.get_secret_value(),
        collection=settings.qdrant_collection,
    )


def _qdrant(settings: Settings, embedder: Embedder) -> QdrantVectors | None:
    if not settings.qdrant_url or not embedder.dimensions:
        return None
    key = settings.qdrant_api_key.get_secret_value()
    return open_qdrant(settings.qdrant_url, key, settings.qdrant_collection)
