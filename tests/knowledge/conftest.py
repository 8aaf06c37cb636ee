"""The desk waits for no hour: what the timetable does is called by name where it is tested."""

import pytest

from tests.conftest import without_timetable
from ticketyard.core.jobs import Wiring


@pytest.fixture
def wiring() -> Wiring:
    return without_timetable()
