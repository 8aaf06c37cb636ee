"""Every setting, typed and with its unit in the name; read once, at start-up.

The spec documents' own names are read as they are (`DATABASE_URL`, `UPLOAD_DIR`, …); ours start
with `TICKETYARD_`. `docs/settings.md` and `.env.example` list each one, and a test keeps all three
in step.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ticketyard.core.public_addresses import read_allowed


def _named(*names: str) -> AliasChoices:
    return AliasChoices(*names)


def _split(value: object) -> object:
    return (
        [word.strip() for word in value.split(",") if word.strip()]
        if isinstance(value, str)
        else value
    )


def _mailboxes(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        # The text itself holds passwords, and an error would show it.
        raise ValueError("not JSON") from None


_Words = Annotated[list[str], NoDecode, BeforeValidator(_split)]


def _networks_and_names(words: list[str]) -> list[str]:
    read_allowed(words)
    return words


class Settings(BaseSettings):
    """What the operator may choose. Unknown and empty variables of the environment are ignored."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        populate_by_name=True,
        # A wrong value may be a secret.
        hide_input_in_errors=True,
    )

    # Where things are kept.
    database_url: SecretStr = Field(
        SecretStr(""),
        validation_alias=_named("DATABASE_URL"),
        description="PostgreSQL to use; empty starts the embedded one in the data directory.",
    )
    data_dir: Path = Field(
        Path("data"),
        validation_alias=_named("TICKETYARD_DATA_DIR", "DATA_DIR"),
        description="Where the embedded database and, without MinIO, the attachments live.",
    )
    upload_dir: Path | None = Field(
        None,
        validation_alias=_named("UPLOAD_DIR", "UPLOAD_PATH"),
        description="Folder for attachments; empty means `blobs` inside the data directory.",
    )
    max_upload_size: int = Field(
        10_485_760,
        gt=0,
        validation_alias=_named("MAX_UPLOAD_SIZE"),
        description="Largest single uploaded file, in bytes; a larger one is refused with 413.",
    )
    minio_endpoint: str = Field(
        "",
        validation_alias=_named("MINIO_ENDPOINT"),
        description="Host and port of S3-compatible storage for attachments; empty keeps on disk.",
    )
    minio_access_key: SecretStr = Field(
        SecretStr(""), validation_alias=_named("MINIO_ACCESS_KEY"), description="Its access key."
    )
    minio_secret_key: SecretStr = Field(
        SecretStr(""), validation_alias=_named("MINIO_SECRET_KEY"), description="Its secret key."
    )
    minio_bucket: str = Field(
        "attachments",
        validation_alias=_named("MINIO_BUCKET"),
        description="Bucket that holds the attachments; must exist.",
    )
    minio_secure: bool = Field(
        False, validation_alias=_named("MINIO_SECURE"), description="Speak TLS to that storage."
    )

    # The web.
    metrics_token: SecretStr = Field(
        SecretStr(""),
        validation_alias=_named("TICKETYARD_METRICS_TOKEN"),
        description="Needed to read /metrics; empty lets this machine alone read it.",
    )
    host: str = Field(
        "127.0.0.1",
        validation_alias=_named("TICKETYARD_HOST", "HOST"),
        description="Address to listen on.",
    )
    port: int = Field(
        8000,
        ge=0,
        le=65535,
        validation_alias=_named("TICKETYARD_PORT", "PORT"),
        description="Port to listen on.",
    )
    allowed_origins: _Words = Field(
        default_factory=list,
        validation_alias=_named("ALLOWED_ORIGINS"),
        description="Other origins whose pages may call the API, with commas; none by default.",
    )
    trusted_proxies: _Words = Field(
        default_factory=list,
        validation_alias=_named("TICKETYARD_TRUSTED_PROXIES"),
        description="Addresses or networks of proxies whose X-Forwarded-For is believed, with commas.",
    )
    secure_cookies: bool = Field(
        False,
        validation_alias=_named("TICKETYARD_SECURE_COOKIES"),
        description="Send the session cookie over HTTPS only; switch on behind TLS.",
    )
    session_hours: int = Field(
        12,
        gt=0,
        validation_alias=_named("TICKETYARD_SESSION_HOURS"),
        description="How long a log-in lasts without being used, in hours.",
    )

    # Integrations.
    integration_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=_named("INTEGRATION_API_KEY"),
        description="Seeds the first API key for integrations; empty seeds none and matches none.",
    )
    glpi_enabled: bool = Field(
        True,
        validation_alias=_named("GLPI_ENABLED"),
        description="Take tickets from GLPI; off answers 503 and keeps nothing.",
    )
    solman_enabled: bool = Field(
        True,
        validation_alias=_named("SOLMAN_ENABLED"),
        description="Take incidents from SAP Solution Manager; off answers 503 and keeps nothing.",
    )
    geocoder_user_agent: str = Field(
        "",
        validation_alias=_named("GEOCODER_USER_AGENT"),
        description="Name given to Nominatim; with geocoder_url, switches online geocoding on.",
    )
    geocoder_url: str = Field(
        "",
        validation_alias=_named("TICKETYARD_GEOCODER_URL"),
        description="Base address of a Nominatim server; empty uses the offline gazetteer alone.",
    )

    outgoing_allowed: Annotated[_Words, AfterValidator(_networks_and_names)] = Field(
        default_factory=list,
        validation_alias=_named("TICKETYARD_OUTGOING_ALLOWED"),
        description=(
            "Networks, addresses or names of your own that webhooks, notifications and token requests may "
            "reach, with commas; others reach the public Internet alone."
        ),
    )

    # Mail in.
    email_credentials: Annotated[list[dict[str, Any]], NoDecode, BeforeValidator(_mailboxes)] = (
        Field(
            default_factory=list,
            repr=False,
            validation_alias=_named("EMAIL_CREDENTIALS"),
            description=(
                "Mailboxes as a JSON list of `{username, password, imap_server}`; docs/email.md names the "
                "other keys. More can be added in the desk."
            ),
        )
    )
    email_polling_interval: int = Field(
        300,
        ge=5,
        validation_alias=_named("EMAIL_POLLING_INTERVAL", "EMAIL_CHECK_INTERVAL"),
        description="How often a mailbox is read where its server cannot tell of new mail, in seconds.",
    )
    ticket_enabled: bool = Field(
        True,
        validation_alias=_named("TICKET_ENABLED"),
        description="Make tickets of mail; off keeps every mail waiting.",
    )
    ticket_email_integration: bool = Field(
        True,
        validation_alias=_named("TICKET_EMAIL_INTEGRATION"),
        description="The same switch under the name of the mail integration: both must be on.",
    )
    ticket_auto_assign: bool = Field(
        False,
        validation_alias=_named("TICKET_AUTO_ASSIGN"),
        description="Give every ticket made of mail to one agent.",
    )
    ticket_default_assignee_id: int | None = Field(
        None,
        validation_alias=_named("TICKET_DEFAULT_ASSIGNEE_ID"),
        description="The agent's id, where TICKET_AUTO_ASSIGN is on.",
    )
    ticket_default_priority: Literal["low", "normal", "medium", "high", "urgent", "critical"] = (
        Field(
            "normal",
            validation_alias=_named("TICKET_DEFAULT_PRIORITY"),
            description="Priority of a mail whose subject and tags name none; normal leaves it to triage.",
        )
    )
    email_workflows_enabled: bool = Field(
        True,
        validation_alias=_named("EMAIL_WORKFLOWS_ENABLED"),
        description="Run workflows on mail; off makes a plain ticket of each.",
    )
    test_routes: bool = Field(
        False,
        validation_alias=_named("TICKETYARD_TEST_ROUTES"),
        description="Open /api/test, where admins can play incoming mail; never in production.",
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=_named("TICKETYARD_SECRET_KEY"),
        description=(
            "Seals the passwords of mailboxes in the database; empty makes a key file in the data "
            "directory. Machines that share a database need the same."
        ),
    )

    # Mail out.
    smtp_host: str = Field(
        "",
        validation_alias=_named("SMTP_HOST"),
        description="Server that mail leaves by; empty sends nothing, save from mailboxes with one.",
    )
    smtp_port: int = Field(
        587, ge=1, le=65535, validation_alias=_named("SMTP_PORT"), description="Its port."
    )
    smtp_username: str = Field(
        "",
        validation_alias=_named("SMTP_USERNAME"),
        description="User there; empty logs in nobody.",
    )
    smtp_password: SecretStr = Field(
        SecretStr(""), validation_alias=_named("SMTP_PASSWORD"), description="The user's password."
    )
    smtp_security: Literal["tls", "starttls", "none"] = Field(
        "starttls",
        validation_alias=_named("TICKETYARD_SMTP_SECURITY"),
        description="tls from the first byte, starttls, or none (this machine only).",
    )
    from_email: str = Field(
        "",
        validation_alias=_named("FROM_EMAIL", "SMTP_FROM_EMAIL"),
        description="Sender of mail about tickets that came by no mailbox.",
    )
    public_url: str = Field(
        "",
        validation_alias=_named("TICKETYARD_PUBLIC_URL"),
        description="Where people reach this desk in a browser; mails link there. Empty: no links.",
    )

    # Work in the background.
    worker_concurrency: int = Field(
        4,
        ge=1,
        validation_alias=_named("TICKETYARD_WORKER_CONCURRENCY"),
        description="How many jobs one worker process runs at a time.",
    )
    job_max_attempts: int = Field(
        5,
        ge=1,
        validation_alias=_named("TICKETYARD_JOB_MAX_ATTEMPTS"),
        description="How often a job is tried before it goes to the dead-letter list.",
    )

    # Learning.
    analyze_training_threshold: int = Field(
        100,
        ge=1,
        validation_alias=_named("ANALYZE_TRAINING_THRESHOLD"),
        description=(
            "After how many analyses triage looks whether there is anything new to learn, at most once "
            "an hour."
        ),
    )

    # The Celery outlet.
    rag_broker_url: SecretStr = Field(
        SecretStr(""),
        validation_alias=_named("RAG_BROKER_URL", "CELERY_BROKER_URL"),
        description=(
            "Celery broker that is told of tickets and files, `redis://…` or `amqp://…`; empty tells "
            "nobody. Needs the extra `celery`."
        ),
    )
    rag_task_queue: str = Field(
        "rag_events",
        min_length=1,
        validation_alias=_named("RAG_TASK_QUEUE"),
        description="Queue of that broker.",
    )
    rag_files_base_path: Path | None = Field(
        None,
        validation_alias=_named("RAG_FILES_BASE_PATH"),
        description=(
            "Folder below which a consumer finds uploaded files, and outside of which ours opens none; "
            "empty tells absolute paths."
        ),
    )
    celery_result_backend: SecretStr = Field(
        SecretStr(""),
        validation_alias=_named("CELERY_RESULT_BACKEND"),
        description="Where `celery -A ticketyard.celery worker` leaves results; empty leaves none.",
    )
    celery_visibility_seconds: int = Field(
        300,
        ge=1,
        validation_alias=_named("TICKETYARD_CELERY_VISIBILITY_SECONDS"),
        description=(
            "After how many seconds Redis hands out again what a consumer took and died over; a longer "
            "task is not disturbed."
        ),
    )

    # Finding knowledge.
    rag_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=_named("RAG_API_KEY"),
        description="Opens /rag for the first company as X-RAG-API-KEY; empty opens it to our own keys alone.",
    )
    rag_retrieve_k: int = Field(
        12,
        ge=1,
        le=50,
        validation_alias=_named("RAG_RETRIEVE_K"),
        description="How many pieces of knowledge an answer is looked for in.",
    )
    rag_top_k: int = Field(
        6,
        ge=1,
        le=50,
        validation_alias=_named("RAG_TOP_K"),
        description="How many of these an answer is made of.",
    )
    rag_min_score: float = Field(
        0.25,
        ge=0,
        le=1,
        validation_alias=_named("RAG_MIN_SCORE"),
        description="How likely to help a piece must be to be given at all, 0 to 1.",
    )
    rerank_enabled: bool = Field(
        True,
        validation_alias=_named("RERANK_ENABLED"),
        description="Rank by the learned model; off ranks by a weighted sum of words and meaning.",
    )
    chat_last_n: int = Field(
        12,
        ge=1,
        le=100,
        validation_alias=_named("CHAT_LAST_N"),
        description="How many of a conversation's last messages are still read.",
    )
    summary_every_n: int = Field(
        8,
        ge=1,
        le=100,
        validation_alias=_named("SUMMARY_EVERY_N"),
        description="After how many of a person's messages the summary of what was said is renewed.",
    )
    qdrant_url: str = Field(
        "",
        validation_alias=_named("QDRANT_URL"),
        description="Qdrant server that keeps the vectors; empty keeps them in PostgreSQL. Needs the extra `qdrant`.",
    )
    qdrant_api_key: SecretStr = Field(
        SecretStr(""), validation_alias=_named("QDRANT_API_KEY"), description="Its API key."
    )
    qdrant_collection: str = Field(
        "kb_main",
        min_length=1,
        validation_alias=_named("QDRANT_COLLECTION"),
        description="Collection there; made when missing.",
    )

    # A language model.
    openai_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=_named("OPENAI_API_KEY"),
        description="Key of OpenAI or of what speaks like it; with it or OPENAI_BASE_URL a model is asked.",
    )
    openai_base_url: str = Field(
        "",
        validation_alias=_named("OPENAI_BASE_URL"),
        description="Address of a server that speaks like OpenAI, with its `/v1`; empty is OpenAI itself.",
    )
    openai_model: str = Field(
        "gpt-4o-mini",
        min_length=1,
        validation_alias=_named("OPENAI_MODEL"),
        description="The model asked there.",
    )
    ollama_base_url: str = Field(
        "",
        validation_alias=_named("OLLAMA_BASE_URL"),
        description="Address of an Ollama server, asked where no OpenAI is named; empty asks none.",
    )
    ollama_model: str = Field(
        "llama3.1:8b",
        min_length=1,
        validation_alias=_named("OLLAMA_MODEL"),
        description="The model asked there.",
    )
    model_asked_for: Literal["off", "unsure", "all"] = Field(
        "unsure",
        validation_alias=_named("TICKETYARD_MODEL_ASKED_FOR"),
        description=(
            "Tickets a model is asked about: those whose category is not sure, all, or none; a company "
            "may choose otherwise."
        ),
    )
    model_output: Literal["tool", "native", "prompted"] = Field(
        "tool",
        validation_alias=_named("TICKETYARD_MODEL_OUTPUT"),
        description=(
            "How the shape of its answer is asked for: by a tool to call, by a JSON schema, or in words "
            "for servers that know neither."
        ),
    )
    model_deadline_seconds: float = Field(
        20,
        gt=0,
        le=120,
        validation_alias=_named("TICKETYARD_MODEL_DEADLINE_SECONDS"),
        description="How long one question may take, with every try, in seconds.",
    )
    model_at_once: int = Field(
        4,
        ge=1,
        le=64,
        validation_alias=_named("TICKETYARD_MODEL_AT_ONCE"),
        description="How many questions a process asks at a time.",
    )
    model_requests_per_minute: int = Field(
        60,
        ge=0,
        validation_alias=_named("TICKETYARD_MODEL_REQUESTS_PER_MINUTE"),
        description="How many questions a process asks in a minute; 0 is without limit.",
    )
    model_tokens_per_day: int = Field(
        1_000_000,
        ge=0,
        validation_alias=_named("TICKETYARD_MODEL_TOKENS_PER_DAY"),
        description="Tokens a company may use up on a day (UTC); 0 is without limit.",
    )
    embeddings_provider: Literal["local", "openai", "ollama"] = Field(
        "local",
        validation_alias=_named("EMBEDDINGS_PROVIDER"),
        description="Who turns texts into vectors: this machine, or the server of OPENAI_* or OLLAMA_*.",
    )
    embeddings_model: str = Field(
        "",
        validation_alias=_named("EMBEDDINGS_MODEL"),
        description=(
            "The model for that, on a server; empty is text-embedding-3-small there and nomic-embed-text "
            "on Ollama. This machine has all-MiniLM-L6-v2 alone."
        ),
    )
    langfuse_enabled: bool = Field(
        False,
        validation_alias=_named("LANGFUSE_ENABLED"),
        description="Send traces of what a model is asked to Langfuse: how long, how many tokens, no text.",
    )
    langfuse_public_key: SecretStr = Field(
        SecretStr(""), validation_alias=_named("LANGFUSE_PUBLIC_KEY"), description="Its public key."
    )
    langfuse_secret_key: SecretStr = Field(
        SecretStr(""), validation_alias=_named("LANGFUSE_SECRET_KEY"), description="Its secret key."
    )
    langfuse_base_url: str = Field(
        "https://cloud.langfuse.com",
        validation_alias=_named("LANGFUSE_BASE_URL"),
        description="Where Langfuse is.",
    )

    # Logs.
    service_name: str = Field(
        "ticketyard",
        validation_alias=_named("SERVICE_NAME"),
        description="Name written in log lines and by /health.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", validation_alias=_named("LOG_LEVEL"), description="Least level that is logged."
    )
    log_format: Literal["auto", "json", "text"] = Field(
        "auto",
        validation_alias=_named("TICKETYARD_LOG_FORMAT"),
        description="Log lines as JSON or as text; auto is text on a terminal, else JSON.",
    )
