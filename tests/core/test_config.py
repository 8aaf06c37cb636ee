"""Settings as operators write them."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from ticketyard.core.config import Settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No variables and no .env of whoever runs the tests."""
    for field in Settings.model_fields.values():
        for name in getattr(field.validation_alias, "choices", ()):
            monkeypatch.delenv(str(name), raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_example_file_says_the_defaults(bare: Path) -> None:
    """Also for those whose default is empty: an empty line must not mean the current folder."""
    example = (ROOT / ".env.example").read_text()
    settings = [
        line[1:] for line in example.splitlines() if line[:1] == "#" and line[1:2].isupper()
    ]
    (bare / ".env").write_text("\n".join(settings))

    assert len(settings) == len(Settings.model_fields)
    assert Settings() == Settings(_env_file=None)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("", []),
        ("https://a.example", ["https://a.example"]),
        ("https://a.example, https://b.example,", ["https://a.example", "https://b.example"]),
    ],
)
def test_lists_are_written_with_commas(
    monkeypatch: pytest.MonkeyPatch, given: str, read: list[str]
) -> None:
    monkeypatch.setenv("ALLOWED_ORIGINS", given)

    assert Settings().allowed_origins == read


def test_our_own_name_wins_over_the_common_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9000")
    assert Settings().port == 9000
    monkeypatch.setenv("TICKETYARD_PORT", "9100")
    assert Settings().port == 9100


def test_the_environment_wins_over_the_file(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (bare / ".env").write_text("LOG_LEVEL=ERROR\nSERVICE_NAME=file\nFOREIGN=1\n")
    monkeypatch.setenv("LOG_LEVEL", "WARNING")

    assert (Settings().log_level, Settings().service_name) == ("WARNING", "file")


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "70000"), ("PORT", "http"), ("MAX_UPLOAD_SIZE", "0"), ("LOG_LEVEL", "loud")],
)
def test_what_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError, match=name):
        Settings()


def test_secrets_are_not_shown() -> None:
    settings = Settings(
        _env_file=None,
        database_url="postgresql://a:hidden@db/x",
        minio_secret_key="hidden",
        integration_api_key="hidden",
        metrics_token="hidden",
    )

    assert "hidden" not in repr(settings)
