"""What is said of the commands, without importing what they do."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from ticketyard.cli.main import COMMANDS, app


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_it_says_of_itself(name: str) -> None:
    itself = COMMANDS[name].load(name).help.split("\n\n")[0]
    assert " ".join(itself.split()) == COMMANDS[name].says


def test_the_list_names_every_command_and_imports_none() -> None:
    code = (
        "import sys\n"
        "from ticketyard.cli.main import app\n"
        "app(['--help'], standalone_mode=False)\n"
        "print(*[m for m in ('sqlalchemy', 'numpy', 'ticketyard.core') if m in sys.modules], 'end')"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "end"
    for name, each in COMMANDS.items():
        assert name in told.stdout
        assert each.says.split(".")[0].split()[0] in told.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("key", "create", "--help"), "Make a key and print it"),
        (("triage", "train", "--help"), "ticketyard triage train [OPTIONS]"),
        (("export", "--help"), "ticketyard export [OPTIONS]"),
        (("serve", "--no-such"), "No such option"),
        (("key", "creat"), "Did you mean 'create'"),
        (("exprt",), "Did you mean 'export'"),
        (("version",), "0."),
    ],
)
def test_a_command_answers_for_itself(words: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(app, words, prog_name="ticketyard", env={"COLUMNS": "200"})
    assert said in result.output
