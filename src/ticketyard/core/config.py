"""Every setting, typed and with its unit in the name; read once, at start-up.

The spec documents' own names are read as they are (`DATABASE_URL`, `UPLOAD_DIR`, …); ours start
with `TICKETYARD_`. `docs/settings.md` and `.env.example` list each one, and a test keeps all three
in step.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _named(*names: str) -> AliasChoices:
    return AliasChoices(*names)


def _split(value: object) -> object:
    return (
        [word.strip() for word in value.split(",") if word.strip()]
        if isinstance(value, str)
        else value
    )


_Words = Annotated[list[str], NoDecode, BeforeValidator(_split)]


class Settings(BaseSettings):
    """What the operator may choose. Unknown and empty variables of the environment are ignored."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", populate_by_name=True
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
