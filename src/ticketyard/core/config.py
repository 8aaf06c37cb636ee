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

from ticketyard.core.assistant_config import AssistantSettings
from ticketyard.core.public_addresses import read_allowed


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


class Settings(AssistantSettings, BaseSettings):
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
        validation_alias=AliasChoices("DATABASE_URL"),
        description="PostgreSQL to use; empty starts the embedded one in the data directory.",
    )
    data_dir: Path = Field(
        Path("data"),
        validation_alias=AliasChoices("TICKETYARD_DATA_DIR", "DATA_DIR"),
        description="Where the embedded database and, without MinIO, the attachments live.",
    )
    upload_dir: Path | None = Field(
        None,
        validation_alias=AliasChoices("UPLOAD_DIR", "UPLOAD_PATH"),
        description="Folder for attachments; empty means `blobs` inside the data directory.",
    )
    max_upload_size: int = Field(
        10_485_760,
        gt=0,
        validation_alias=AliasChoices("MAX_UPLOAD_SIZE"),
        description="Largest single uploaded file, in bytes; a larger one is refused with 413.",
    )
    minio_endpoint: str = Field(
        "",
        validation_alias=AliasChoices("MINIO_ENDPOINT"),
        description="Host and port of S3-compatible storage for attachments; empty keeps on disk.",
    )
    minio_access_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("MINIO_ACCESS_KEY"),
        description="Its access key.",
    )
    minio_secret_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("MINIO_SECRET_KEY"),
        description="Its secret key.",
    )
    minio_bucket: str = Field(
        "attachments",
        validation_alias=AliasChoices("MINIO_BUCKET"),
        description="Bucket that holds the attachments; must exist.",
    )
    minio_secure: bool = Field(
        False,
        validation_alias=AliasChoices("MINIO_SECURE"),
        description="Speak TLS to that storage.",
    )

    # The web.
    metrics_token: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("TICKETYARD_METRICS_TOKEN"),
        description="Needed to read /metrics; empty lets this machine alone read it.",
    )
    host: str = Field(
        "127.0.0.1",
        validation_alias=AliasChoices("TICKETYARD_HOST", "HOST"),
        description="Address to listen on.",
    )
    port: int = Field(
        8000,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("TICKETYARD_PORT", "PORT"),
        description="Port to listen on.",
    )
    allowed_origins: _Words = Field(
        default_factory=list,
        validation_alias=AliasChoices("ALLOWED_ORIGINS"),
        description="Other origins whose pages may call the API, with commas; none by default.",
    )
    trusted_proxies: _Words = Field(
        default_factory=list,
        validation_alias=AliasChoices("TICKETYARD_TRUSTED_PROXIES"),
        description="Addresses or networks of proxies whose X-Forwarded-For is believed, with commas.",
    )
    secure_cookies: bool = Field(
        False,
        validation_alias=AliasChoices("TICKETYARD_SECURE_COOKIES"),
        description="Send the session cookie over HTTPS only; switch on behind TLS.",
    )
    session_hours: int = Field(
        12,
        gt=0,
        validation_alias=AliasChoices("TICKETYARD_SESSION_HOURS"),
        description="How long a log-in lasts without being used, in hours.",
    )

    # Integrations.
    integration_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("INTEGRATION_API_KEY"),
        description="Seeds the first API key for integrations; empty seeds none and matches none.",
    )
    glpi_enabled: bool = Field(
        True,
        validation_alias=AliasChoices("GLPI_ENABLED"),
        description="Take tickets from GLPI; off answers 503 and keeps nothing.",
    )
    solman_enabled: bool = Field(
        True,
        validation_alias=AliasChoices("SOLMAN_ENABLED"),
        description="Take incidents from SAP Solution Manager; off answers 503 and keeps nothing.",
    )
    geocoder_user_agent: str = Field(
        "",
        validation_alias=AliasChoices("GEOCODER_USER_AGENT"),
        description="Name given to Nominatim; with geocoder_url, switches online geocoding on.",
    )
    geocoder_url: str = Field(
        "",
        validation_alias=AliasChoices("TICKETYARD_GEOCODER_URL"),
        description="Base address of a Nominatim server; empty uses the offline gazetteer alone.",
    )

    outgoing_allowed: Annotated[_Words, AfterValidator(_networks_and_names)] = Field(
        default_factory=list,
        validation_alias=AliasChoices("TICKETYARD_OUTGOING_ALLOWED"),
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
            validation_alias=AliasChoices("EMAIL_CREDENTIALS"),
            description=(
                "Mailboxes as a JSON list of `{username, password, imap_server}`; docs/email.md names the "
                "other keys. More can be added in the desk."
            ),
        )
    )
    email_polling_interval: int = Field(
        300,
        ge=5,
        validation_alias=AliasChoices("EMAIL_POLLING_INTERVAL", "EMAIL_CHECK_INTERVAL"),
        description="How often a mailbox is read where its server cannot tell of new mail, in seconds.",
    )
    ticket_enabled: bool = Field(
        True,
        validation_alias=AliasChoices("TICKET_ENABLED"),
        description="Make tickets of mail; off keeps every mail waiting.",
    )
    ticket_email_integration: bool = Field(
        True,
        validation_alias=AliasChoices("TICKET_EMAIL_INTEGRATION"),
        description="The same switch under the name of the mail integration: both must be on.",
    )
    ticket_auto_assign: bool = Field(
        False,
        validation_alias=AliasChoices("TICKET_AUTO_ASSIGN"),
        description="Give every ticket made of mail to one agent.",
    )
    ticket_default_assignee_id: int | None = Field(
        None,
        validation_alias=AliasChoices("TICKET_DEFAULT_ASSIGNEE_ID"),
        description="The agent's id, where TICKET_AUTO_ASSIGN is on.",
    )
    ticket_default_priority: Literal["low", "normal", "medium", "high", "urgent", "critical"] = (
        Field(
            "normal",
            validation_alias=AliasChoices("TICKET_DEFAULT_PRIORITY"),
            description="Priority of a mail whose subject and tags name none; normal leaves it to triage.",
        )
    )
    email_workflows_enabled: bool = Field(
        True,
        validation_alias=AliasChoices("EMAIL_WORKFLOWS_ENABLED"),
        description="Run workflows on mail; off makes a plain ticket of each.",
    )
    test_routes: bool = Field(
        False,
        validation_alias=AliasChoices("TICKETYARD_TEST_ROUTES"),
        description="Open /api/test, where admins can play incoming mail; never in production.",
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("TICKETYARD_SECRET_KEY"),
        description=(
            "Seals the passwords of mailboxes in the database; empty makes a key file in the data "
            "directory. Machines that share a database need the same."
        ),
    )

    # Mail out.
    smtp_host: str = Field(
        "",
        validation_alias=AliasChoices("SMTP_HOST"),
        description="Server that mail leaves by; empty sends nothing, save from mailboxes with one.",
    )
    smtp_port: int = Field(
        587, ge=1, le=65535, validation_alias=AliasChoices("SMTP_PORT"), description="Its port."
    )
    smtp_username: str = Field(
        "",
        validation_alias=AliasChoices("SMTP_USERNAME"),
        description="User there; empty logs in nobody.",
    )
    smtp_password: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("SMTP_PASSWORD"),
        description="The user's password.",
    )
    smtp_security: Literal["tls", "starttls", "none"] = Field(
        "starttls",
        validation_alias=AliasChoices("TICKETYARD_SMTP_SECURITY"),
        description="tls from the first byte, starttls, or none (this machine only).",
    )
    from_email: str = Field(
        "",
        validation_alias=AliasChoices("FROM_EMAIL", "SMTP_FROM_EMAIL"),
        description="Sender of mail about tickets that came by no mailbox.",
    )
    public_url: str = Field(
        "",
        validation_alias=AliasChoices("TICKETYARD_PUBLIC_URL"),
        description="Where people reach this desk in a browser; mails link there. Empty: no links.",
    )

    # Work in the background.
    worker_concurrency: int = Field(
        4,
        ge=1,
        validation_alias=AliasChoices("TICKETYARD_WORKER_CONCURRENCY"),
        description="How many jobs one worker process runs at a time.",
    )
    job_max_attempts: int = Field(
        5,
        ge=1,
        validation_alias=AliasChoices("TICKETYARD_JOB_MAX_ATTEMPTS"),
        description="How often a job is tried before it goes to the dead-letter list.",
    )

    # Logs.
    service_name: str = Field(
        "ticketyard",
        validation_alias=AliasChoices("SERVICE_NAME"),
        description="Name written in log lines and by /health.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO",
        validation_alias=AliasChoices("LOG_LEVEL"),
        description="Least level that is logged.",
    )
    log_format: Literal["auto", "json", "text"] = Field(
        "auto",
        validation_alias=AliasChoices("TICKETYARD_LOG_FORMAT"),
        description="Log lines as JSON or as text; auto is text on a terminal, else JSON.",
    )
