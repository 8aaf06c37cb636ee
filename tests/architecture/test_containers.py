"""Dockerfile and compose file, read with care, since no engine may be at hand to try them."""

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from ticketyard.core.config import Settings
from tools.write_docs import all_commands, setting_names

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {name for each in Settings.model_fields.values() for name in setting_names(each)}
INSTRUCTIONS = frozenset(
    {
        *("ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK"),
        *("LABEL", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
    }
)
# A name and a version, from the default registry: no host, no `latest`.
PINNED = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+)?:(?!latest)[\w.-]*\d[\w.-]*")


@dataclass
class Stage:
    """What lies between one FROM and the next."""

    image: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        return [arguments for name, arguments in self.steps if name == instruction]


def read_dockerfile(text: str) -> list[Stage]:
    """The stages. Raises ValueError for what Docker would not understand."""
    joined = re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", text))
    stages: list[Stage] = []
    for line in filter(str.strip, joined.splitlines()):
        name, _, arguments = line.strip().partition(" ")
        if name not in INSTRUCTIONS:
            raise ValueError(f"no instruction: {name}")
        if name == "FROM":
            image, *alias = arguments.split()
            stages.append(Stage(image, alias[1] if alias else str(len(stages))))
        else:
            stages[-1].steps.append((name, arguments.strip()))
    return stages


def environment(stage: Stage) -> dict[str, str]:
    pairs = (pair for line in stage.all("ENV") for pair in shlex.split(line))
    return dict(pair.split("=", 1) for pair in pairs)


def known_commands() -> set[str]:
    return {words for words, _ in all_commands()}


@pytest.fixture
def stages() -> list[Stage]:
    return read_dockerfile((ROOT / "Dockerfile").read_text())


@pytest.fixture
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def test_a_misspelt_instruction_is_noticed() -> None:
    with pytest.raises(ValueError, match="RUNN"):
        read_dockerfile("FROM a:1\nRUNN true\n")


def test_images_of_the_dockerfile_are_pinned(stages: list[Stage]) -> None:
    assert not [stage.image for stage in stages if not PINNED.fullmatch(stage.image)]


def test_what_is_copied_exists(stages: list[Stage]) -> None:
    names = {stage.name for stage in stages}
    for stage in stages:
        for line in stage.all("COPY"):
            *sources, _target = [word for word in line.split() if not word.startswith("--")]
            origin = re.search(r"--from=(\S+)", line)
            if origin:
                assert origin[1] in names, line
            else:
                assert not [each for each in sources if not (ROOT / each).exists()], line


def test_what_is_copied_is_not_ignored(stages: list[Stage]) -> None:
    ignored = set((ROOT / ".dockerignore").read_text().split())
    copied = {
        word
        for stage in stages
        for line in stage.all("COPY")
        if "--from" not in line
        for word in line.split()[:-1]
    }
    assert not copied & ignored
    assert {".git", ".venv", ".env", "data", "node_modules"} <= ignored


def test_the_image_runs_without_power_and_says_whether_it_is_well(stages: list[Stage]) -> None:
    final = stages[-1]
    (command,) = final.all("CMD")
    (health,) = final.all("HEALTHCHECK")

    assert final.all("USER")[-1] not in ("root", "0")
    assert " ".join(json.loads(command)) in known_commands()
    assert "/health" in health
    assert json.loads(health[health.index("CMD ") + 4 :])
    assert {name for name in environment(final) if name.startswith("TICKETYARD")} <= SETTINGS


def test_the_image_installs_only_what_is_locked(stages: list[Stage]) -> None:
    installs = [
        part
        for stage in stages
        for line in stage.all("RUN")
        for part in line.split("&&")
        if "pip install" in part
    ]
    assert installs
    assert all("--require-hashes" in each or "--no-deps /wheel" in each for each in installs)


def test_compose_has_the_services_of_a_desk(compose: dict[str, Any]) -> None:
    services = compose["services"]

    assert {"db", "minio", "migrate", "app"} <= set(services)
    for name, service in services.items():
        if "build" in service:
            assert (ROOT / service["build"] / "Dockerfile").exists()
        else:
            assert PINNED.fullmatch(service["image"]), name
        assert set(service.get("depends_on", {})) <= set(services), name


def test_compose_waits_for_what_is_healthy(compose: dict[str, Any]) -> None:
    services = compose["services"]

    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert services[needed]["healthcheck"]["test"], needed
            else:
                assert how["condition"] == "service_completed_successfully", (name, needed)
                assert services[needed]["restart"] == "no", needed


def test_compose_speaks_of_settings_and_commands_that_exist(compose: dict[str, Any]) -> None:
    ours = {name: each for name, each in compose["services"].items() if "build" in each}

    assert {"migrate", "app"} <= set(ours)
    for name, service in ours.items():
        assert set(service["environment"]) <= SETTINGS, name
        assert " ".join(service["command"]) in known_commands(), name


def test_compose_keeps_what_must_last_in_named_volumes(compose: dict[str, Any]) -> None:
    mounted = {
        volume.split(":")[0]
        for service in compose["services"].values()
        for volume in service.get("volumes", ())
    }
    assert mounted == set(compose["volumes"])


def test_compose_holds_no_secret(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for key, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET_KEY|API_KEY|TOKEN", key):
                assert re.fullmatch(r"\$\{\w+:[?-][^}]*\}", value), (name, key)
