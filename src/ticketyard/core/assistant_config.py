"""The settings of what learns, finds and answers; the others stand in config.py."""

from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, BaseModel, Field, SecretStr


class AssistantSettings(BaseModel):
    """What the operator may choose about learning, knowledge and language models."""

    # Learning.
    analyze_training_threshold: int = Field(
        100,
        ge=1,
        validation_alias=AliasChoices("ANALYZE_TRAINING_THRESHOLD"),
        description=(
            "After how many analyses triage looks whether there is anything new to learn, at most once "
            "an hour."
        ),
    )

    # The Celery outlet.
    rag_broker_url: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("RAG_BROKER_URL", "CELERY_BROKER_URL"),
        description=(
            "Celery broker that is told of tickets and files, `redis://…` or `amqp://…`; empty tells "
            "nobody. Needs the extra `celery`."
        ),
    )
    rag_task_queue: str = Field(
        "rag_events",
        min_length=1,
        validation_alias=AliasChoices("RAG_TASK_QUEUE"),
        description="Queue of that broker.",
    )
    rag_files_base_path: Path | None = Field(
        None,
        validation_alias=AliasChoices("RAG_FILES_BASE_PATH"),
        description=(
            "Folder below which a consumer finds uploaded files, and outside of which ours opens none; "
            "empty tells absolute paths."
        ),
    )
    celery_result_backend: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("CELERY_RESULT_BACKEND"),
        description="Where `celery -A ticketyard.celery worker` leaves results; empty leaves none.",
    )
    celery_visibility_seconds: int = Field(
        300,
        ge=1,
        validation_alias=AliasChoices("TICKETYARD_CELERY_VISIBILITY_SECONDS"),
        description=(
            "After how many seconds Redis hands out again what a consumer took and died over; a longer "
            "task is not disturbed."
        ),
    )

    # Finding knowledge.
    rag_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("RAG_API_KEY"),
        description="Opens /rag for the first company as X-RAG-API-KEY; empty opens it to our own keys alone.",
    )
    rag_retrieve_k: int = Field(
        12,
        ge=1,
        le=50,
        validation_alias=AliasChoices("RAG_RETRIEVE_K"),
        description="How many pieces of knowledge an answer is looked for in.",
    )
    rag_top_k: int = Field(
        6,
        ge=1,
        le=50,
        validation_alias=AliasChoices("RAG_TOP_K"),
        description="How many of these an answer is made of.",
    )
    rag_min_score: float = Field(
        0.25,
        ge=0,
        le=1,
        validation_alias=AliasChoices("RAG_MIN_SCORE"),
        description="How likely to help a piece must be to be given at all, 0 to 1.",
    )
    rerank_enabled: bool = Field(
        True,
        validation_alias=AliasChoices("RERANK_ENABLED"),
        description="Rank by the learned model; off ranks by a weighted sum of words and meaning.",
    )
    chat_last_n: int = Field(
        12,
        ge=1,
        le=100,
        validation_alias=AliasChoices("CHAT_LAST_N"),
        description="How many of a conversation's last messages are still read.",
    )
    summary_every_n: int = Field(
        8,
        ge=1,
        le=100,
        validation_alias=AliasChoices("SUMMARY_EVERY_N"),
        description="After how many of a person's messages the summary of what was said is renewed.",
    )
    qdrant_url: str = Field(
        "",
        validation_alias=AliasChoices("QDRANT_URL"),
        description=(
            "Qdrant server that keeps the vectors; empty keeps them in PostgreSQL. Needs the extra `qdrant`."
        ),
    )
    qdrant_api_key: SecretStr = Field(
        SecretStr(""), validation_alias=AliasChoices("QDRANT_API_KEY"), description="Its API key."
    )
    qdrant_collection: str = Field(
        "kb_main",
        min_length=1,
        validation_alias=AliasChoices("QDRANT_COLLECTION"),
        description="Collection there; made when missing.",
    )

    # A language model.
    openai_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("OPENAI_API_KEY"),
        description="Key of OpenAI or of what speaks like it; with it or OPENAI_BASE_URL a model is asked.",
    )
    openai_base_url: str = Field(
        "",
        validation_alias=AliasChoices("OPENAI_BASE_URL"),
        description="Address of a server that speaks like OpenAI, with its `/v1`; empty is OpenAI itself.",
    )
    openai_model: str = Field(
        "gpt-4o-mini",
        min_length=1,
        validation_alias=AliasChoices("OPENAI_MODEL"),
        description="The model asked there.",
    )
    ollama_base_url: str = Field(
        "",
        validation_alias=AliasChoices("OLLAMA_BASE_URL"),
        description="Address of an Ollama server, asked where no OpenAI is named; empty asks none.",
    )
    ollama_model: str = Field(
        "llama3.1:8b",
        min_length=1,
        validation_alias=AliasChoices("OLLAMA_MODEL"),
        description="The model asked there.",
    )
    model_asked_for: Literal["off", "unsure", "all"] = Field(
        "unsure",
        validation_alias=AliasChoices("TICKETYARD_MODEL_ASKED_FOR"),
        description=(
            "Tickets a model is asked about: those whose category is not sure, all, or none; a company "
            "may choose otherwise."
        ),
    )
    model_output: Literal["tool", "native", "prompted"] = Field(
        "tool",
        validation_alias=AliasChoices("TICKETYARD_MODEL_OUTPUT"),
        description=(
            "How the shape of its answer is asked for: by a tool to call, by a JSON schema, or in words "
            "for servers that know neither."
        ),
    )
    model_deadline_seconds: float = Field(
        20,
        gt=0,
        le=120,
        validation_alias=AliasChoices("TICKETYARD_MODEL_DEADLINE_SECONDS"),
        description="How long one question may take, with every try, in seconds.",
    )
    model_at_once: int = Field(
        4,
        ge=1,
        le=64,
        validation_alias=AliasChoices("TICKETYARD_MODEL_AT_ONCE"),
        description="How many questions a process asks at a time.",
    )
    model_requests_per_minute: int = Field(
        60,
        ge=0,
        validation_alias=AliasChoices("TICKETYARD_MODEL_REQUESTS_PER_MINUTE"),
        description="How many questions a process asks in a minute; 0 is without limit.",
    )
    model_tokens_per_day: int = Field(
        1_000_000,
        ge=0,
        validation_alias=AliasChoices("TICKETYARD_MODEL_TOKENS_PER_DAY"),
        description="Tokens a company may use up on a day (UTC); 0 is without limit.",
    )
    embeddings_provider: Literal["local", "openai", "ollama"] = Field(
        "local",
        validation_alias=AliasChoices("EMBEDDINGS_PROVIDER"),
        description="Who turns texts into vectors: this machine, or the server of OPENAI_* or OLLAMA_*.",
    )
    embeddings_model: str = Field(
        "",
        validation_alias=AliasChoices("EMBEDDINGS_MODEL"),
        description=(
            "The model for that, on a server; empty is text-embedding-3-small there and nomic-embed-text "
            "on Ollama. This machine has all-MiniLM-L6-v2 alone."
        ),
    )
    langfuse_enabled: bool = Field(
        False,
        validation_alias=AliasChoices("LANGFUSE_ENABLED"),
        description="Send traces of what a model is asked to Langfuse: how long, how many tokens, no text.",
    )
    langfuse_public_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("LANGFUSE_PUBLIC_KEY"),
        description="Its public key.",
    )
    langfuse_secret_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=AliasChoices("LANGFUSE_SECRET_KEY"),
        description="Its secret key.",
    )
    langfuse_base_url: str = Field(
        "https://cloud.langfuse.com",
        validation_alias=AliasChoices("LANGFUSE_BASE_URL"),
        description="Where Langfuse is.",
    )
