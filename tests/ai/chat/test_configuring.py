"""What the settings make of it, and the one short question of `doctor`."""

from pathlib import Path
from typing import Any

import pytest

from tests.model_server import ModelServer, Turn, serving
from ticketyard.ai.chat.model import ChatModel
from ticketyard.ai.chat.trying import try_out
from ticketyard.ai.embedding import EmbedderAway
from ticketyard.ai.remote_embedding import RemoteEmbedder
from ticketyard.core.config import Settings
from ticketyard.core.resources import Resources
from ticketyard.core.storage import Blobs
from ticketyard.triage.engines import Engines
from ticketyard.triage.second_opinion.rules import OpinionRules
from ticketyard.wiring import build_resources, open_database

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


def made_of(folder: Path, **settings: Any) -> Resources:
    return build_resources(
        open_database(NOWHERE),
        Blobs.on_disk(folder),
        Settings(_env_file=None, data_dir=folder, **settings),
    )


@pytest.mark.parametrize(
    ("settings", "url", "model"),
    [
        ({"openai_api_key": "k"}, "https://api.openai.com/v1", "gpt-4o-mini"),
        ({"openai_base_url": "http://gpu.example/v1/"}, "http://gpu.example/v1", "gpt-4o-mini"),
        (
            {"openai_base_url": "http://gpu.example/v1", "openai_model": "q"},
            "http://gpu.example/v1",
            "q",
        ),
        (
            {"ollama_base_url": "http://127.0.0.1:11434"},
            "http://127.0.0.1:11434/v1",
            "llama3.1:8b",
        ),
        (
            {"ollama_base_url": "http://gpu:11434/v1/", "ollama_model": "m"},
            "http://gpu:11434/v1",
            "m",
        ),
        (
            {"openai_api_key": "k", "ollama_base_url": "http://gpu"},
            "https://api.openai.com/v1",
            "gpt-4o-mini",
        ),
    ],
)
def test_a_model_is_where_the_settings_say(
    tmp_path: Path, settings: dict[str, str], url: str, model: str
) -> None:
    server = made_of(tmp_path, **settings).part(ChatModel).server
    assert server is not None
    assert (server.url, server.model) == (url, model)


def test_without_settings_there_is_none(tmp_path: Path) -> None:
    resources = made_of(tmp_path)
    assert not resources.part(ChatModel).is_on
    assert resources.part(OpinionRules) == OpinionRules("unsure", 1_000_000)
    assert not isinstance(resources.part(Engines).embedder, RemoteEmbedder)


def test_a_key_is_in_no_words(tmp_path: Path) -> None:
    chat = made_of(tmp_path, openai_api_key="sk-secret").part(ChatModel)
    assert "sk-secret" not in f"{chat.server!r} {chat!r}"


async def test_a_server_that_the_operator_named_may_stand_in_the_house(tmp_path: Path) -> None:
    with serving() as server:
        chat = made_of(tmp_path, openai_base_url=server.url).part(ChatModel)
        trial = await try_out(chat)
        assert trial.is_good
        assert "gpt-4o-mini at http://127.0.0.1" in trial.words
        assert len(server.got) == 1


@pytest.mark.parametrize(
    ("turn", "words"),
    [
        (Turn(status=401), "key is not taken"),
        (Turn(does="html"), "TICKETYARD_MODEL_OUTPUT"),
        (Turn(does="hang"), "no end of the answer"),
        (Turn(status=404), "model's name"),
        (Turn(args={"colour": "red"}), "but wrongly"),
    ],
)
async def test_a_trial_says_in_our_words_what_is_wrong(
    tmp_path: Path, turn: Turn, words: str
) -> None:
    with serving(ModelServer(usual=turn)) as server:
        chat = made_of(tmp_path, openai_base_url=server.url, model_deadline_seconds=1)
        trial = await try_out(chat.part(ChatModel))
    assert not trial.is_good
    assert words in trial.words
    assert "secret words" not in trial.words


async def test_no_model_is_no_fault() -> None:
    trial = await try_out(ChatModel())
    assert (trial.is_good, trial.words) == (True, "none is configured")


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"embeddings_provider": "ollama"}, "remote:nomic-embed-text"),
        (
            {"embeddings_provider": "openai", "openai_api_key": "k"},
            "remote:text-embedding-3-small",
        ),
        (
            {"embeddings_provider": "openai", "embeddings_model": "bge-m3"},
            "remote:bge-m3",
        ),
    ],
)
def test_vectors_come_from_where_the_settings_say(
    tmp_path: Path, settings: dict[str, str], name: str
) -> None:
    assert made_of(tmp_path, **settings).part(Engines).embedder.name == name


def test_an_embedding_server_in_the_house_is_reached(tmp_path: Path) -> None:
    with serving() as server:
        given = {"embeddings_provider": "openai", "openai_base_url": server.url}
        embedder = made_of(tmp_path, **given).part(Engines).embedder
        assert embedder.embed(["one"]).shape == (1, 8)
        server.usual = Turn(status=500)
        with pytest.raises(EmbedderAway):
            embedder.embed(["two"])
