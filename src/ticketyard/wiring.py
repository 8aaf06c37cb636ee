"""The whole product on one page: which event wakes which listeners, what the program is made of."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ticketyard.ai.chat.model import ChatModel
from ticketyard.ai.chat.question import ChatServer
from ticketyard.ai.chat.tracing import Langfuse
from ticketyard.ai.embedding import Embedder
from ticketyard.ai.remote_embedding import RemoteEmbedder
from ticketyard.alerts import jobs as alerts
from ticketyard.alerts.events import AlertStormStarted
from ticketyard.alerts.filing import AlertDoor, FingerprintFields
from ticketyard.core.config import Settings
from ticketyard.core.db import Database
from ticketyard.core.embedded import EmbeddedPostgres
from ticketyard.core.jobs import Wiring, Worker
from ticketyard.core.outgoing import Outgoing
from ticketyard.core.outgoing_address import BadUrl, read_url
from ticketyard.core.pruning import prune_expired
from ticketyard.core.resources import Resources
from ticketyard.core.sealing import Sealer
from ticketyard.core.storage import Blobs
from ticketyard.escalation import jobs as escalation
from ticketyard.escalation.events import EscalationReached
from ticketyard.insights import jobs as insights
from ticketyard.insights.ticket_list import TicketList
from ticketyard.intake import jobs as intake
from ticketyard.intake.events import (
    ImportRequested,
    ImportStored,
    MessageDismissed,
    MessageOpened,
)
from ticketyard.knowledge import jobs as knowledge
from ticketyard.knowledge.chatting.conversing import ChatMemory
from ticketyard.knowledge.events import FileDeleted
from ticketyard.knowledge.lane import ReadingLane
from ticketyard.knowledge.retrieving import jobs as retrieving
from ticketyard.knowledge.retrieving.index import PieceIndex, RetrievalOptions
from ticketyard.knowledge.retrieving.qdrant import QdrantVectors, open_qdrant
from ticketyard.mailboxes import jobs as mailboxes
from ticketyard.mailboxes.events import MailBounced, MailboxFailing
from ticketyard.mailboxes.mail_rules import MailRules
from ticketyard.notify import jobs as notify
from ticketyard.notify.events import MailQueued
from ticketyard.notify.sending import Postman
from ticketyard.notify.servers import MailOut, SmtpServer
from ticketyard.outlet import jobs as outlet
from ticketyard.outlet.broker import BrokerAt
from ticketyard.outlet.consuming.handling import Handlers
from ticketyard.outlet.consuming.told_files import forget_told_file, take_told_file
from ticketyard.outlet.consuming.told_tickets import answer_told_ticket
from ticketyard.outlet.lane import Lane
from ticketyard.outlet.locating import FilesAt
from ticketyard.routing import jobs as routing
from ticketyard.routing.events import MapAsked, ProcessingRequested
from ticketyard.routing.geocoding import Geocoder
from ticketyard.sla import jobs as sla
from ticketyard.sla.events import ServiceLevelsChanged, SlaBreached, SlaWarned
from ticketyard.sla.timing import Timer
from ticketyard.tickets.events import (
    CommentAdded,
    TicketAssigned,
    TicketChanged,
    TicketMergedInto,
    TicketOpened,
    TicketReread,
    TicketSplit,
    TicketStatusChanged,
)
from ticketyard.tickets.numbering import Numbers
from ticketyard.triage import jobs as triage
from ticketyard.triage.engines import Engines
from ticketyard.triage.events import TicketTriaged, TriageCorrected, TriageRevised
from ticketyard.triage.learning import jobs as learning
from ticketyard.triage.learning.counting import LearningRules
from ticketyard.triage.learning.events import (
    EnoughAnalysed,
    ModelPromoted,
    ModelRolledBack,
    TrainingRequested,
)
from ticketyard.triage.resolving.actions import Actions
from ticketyard.triage.resolving.events import ActionRequested
from ticketyard.triage.second_opinion.asker import Asker
from ticketyard.triage.second_opinion.rules import OpinionRules
from ticketyard.webhooks import jobs as webhooks
from ticketyard.webhooks.delivering import PublicUrl
from ticketyard.webhooks.events import WebhookDisabled

OPENAI_URL = "https://api.openai.com/v1"
OLLAMA_URL = "http://127.0.0.1:11434"

WIRING = Wiring(
    listeners={
        TicketOpened: [
            sla.follow_tickets,
            escalation.start_on_opening,
            triage.triage_tickets,
            notify.acknowledge,
        ],
        TicketReread: [triage.triage_tickets],
        TrainingRequested: [learning.train_requested],
        EnoughAnalysed: [learning.train_by_count],
        ModelPromoted: [triage.reanalyse_waiting],
        ModelRolledBack: [triage.reanalyse_waiting],
        TicketTriaged: [
            triage.resolve_tickets,
            routing.place_tickets,
            escalation.start_on_opening,
            knowledge.propose_for_tickets,
        ],
        ActionRequested: [triage.run_actions],
        TriageCorrected: [routing.resort_tickets],
        TriageRevised: [routing.resort_tickets],
        CommentAdded: [sla.follow_tickets, notify.mail_answers, notify.tell_agents],
        TicketStatusChanged: [
            sla.follow_tickets,
            escalation.start_on_reopening,
            notify.tell_requesters,
        ],
        TicketMergedInto: [
            alerts.follow_merged,
            sla.follow_tickets,
            mailboxes.follow_merges,
        ],
        TicketSplit: [mailboxes.follow_merges],
        TicketChanged: [sla.follow_tickets, escalation.start_on_opening],
        TicketAssigned: [sla.follow_tickets, notify.tell_agents],
        SlaWarned: [escalation.start_on_promise, notify.tell_agents],
        SlaBreached: [escalation.start_on_promise, notify.tell_agents],
        EscalationReached: [notify.tell_agents],
        AlertStormStarted: [notify.tell_agents],
        ServiceLevelsChanged: [sla.follow_rules],
        MailboxFailing: [notify.tell_agents],
        WebhookDisabled: [notify.tell_agents],
        MailBounced: [notify.take_back_bounced],
        MailQueued: [notify.send_queued],
        MessageOpened: [mailboxes.follow_looked_at],
        MessageDismissed: [mailboxes.follow_looked_at],
        MapAsked: [routing.ask_the_map],
        ProcessingRequested: [routing.process_tickets],
        ImportRequested: [intake.read_imports],
        ImportStored: [routing.close_imports],
        FileDeleted: [knowledge.delete_bytes],
    },
    jobs=(
        learning.run_training,
        notify.send_due_mail,
        notify.send_notifications,
        webhooks.deliver_due,
        triage.run_due_actions,
    ),
    timetable=(
        ("* * * * * */2", alerts.keep_alerts_up),
        ("* * * * * */5", escalation.climb_due),
        ("* * * * *", notify.wake_postman),
        ("* * * * * */2", retrieving.copy_vectors),
        ("* * * * * */30", webhooks.wake_webhooks),
        ("* * * * * */30", notify.wake_notifications),
        ("41 2 * * *", prune_expired),
        ("*/5 * * * *", sla.count_the_uncounted),
        ("23 3 1 * *", sla.fill_holidays),
        ("51 2 * * *", webhooks.prune_deliveries),
        ("53 2 * * *", outlet.prune_outlet),
        ("*/5 * * * *", outlet.mind_outlet),
        ("55 2 * * *", notify.prune_notifications),
        ("*/5 * * * *", triage.retry_untriaged),
        ("*/5 * * * *", knowledge.retry_unanswered),
        ("* * * * *", learning.look_after_trainings),
        ("37 1 * * *", learning.train_nightly),
        ("* * * * *", triage.wake_actions),
        ("*/5 * * * *", insights.mail_reports),
        ("*/10 * * * *", routing.close_late_imports),
    ),
)


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


def open_database(url: str) -> Database:
    """The database with the listeners of this program."""
    return Database(url, listeners=WIRING.names())


def build_resources(db: Database, blobs: Blobs, settings: Settings) -> Resources:
    """Everything a route or a job may reach."""
    return Resources(db=db, blobs=blobs, parts=_parts(db, settings))


def _parts(db: Database, settings: Settings) -> Mapping[type[Any], Any]:
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
            engines.embedder,
            _retrieval(settings),
            _qdrant(settings, engines.embedder.dimensions),
        ),
        Outgoing: outgoing,
        Geocoder: _geocoder(settings),
        MailRules: _mail_rules(settings),
        Sealer: _sealer(settings),
        MailOut: _mail_out(settings),
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
    )


def _qdrant(settings: Settings, dimensions: int) -> QdrantVectors | None:
    if not settings.qdrant_url or not dimensions:
        return None
    key = settings.qdrant_api_key.get_secret_value()
    return open_qdrant(settings.qdrant_url, key, settings.qdrant_collection, dimensions)


def build_worker(resources: Resources, settings: Settings) -> Worker:
    """The worker that runs what this page says."""
    return Worker(
        resources,
        WIRING,
        concurrency=settings.worker_concurrency,
        max_attempts=settings.job_max_attempts,
    )


def build_asker(resources: Resources) -> Asker:
    """What asks the language model; runs beside the worker."""
    return Asker(resources)


def build_timer(resources: Resources) -> Timer:
    """What tells warnings and breaches on time; runs beside the worker."""
    return Timer(resources)


def build_lane(resources: Resources) -> Lane:
    """What tells a Celery broker what happened; runs beside the worker."""
    return Lane(resources)


def consumer_handlers() -> Handlers:
    """What is done about a broker's messages: the same verbs that our own listeners call."""
    return Handlers(
        file_uploaded=take_told_file,
        file_deleted=forget_told_file,
        ticket_created=answer_told_ticket,
    )


def build_reading_lane(resources: Resources) -> ReadingLane:
    """What reads documents; runs beside the worker."""
    return ReadingLane(resources)


def embedded(settings: Settings) -> EmbeddedPostgres | None:
    """The PostgreSQL that comes along, unless a DATABASE_URL is given."""
    if settings.database_url.get_secret_value():
        return None
    return EmbeddedPostgres(Path(settings.data_dir) / "postgres")
