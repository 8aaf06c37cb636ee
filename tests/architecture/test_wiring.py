"""The table of who listens to what holds together."""

import inspect
import typing
from collections.abc import Sequence

from ticketyard.core.jobs import name_of
from ticketyard.core.resources import Resources
from ticketyard.wiring import WIRING


def test_a_listener_takes_what_its_events_are() -> None:
    for event, listeners in WIRING.listeners.items():
        for listener in listeners:
            resources, company_id, events = inspect.signature(listener).parameters.values()
            hints = typing.get_type_hints(listener)
            assert inspect.iscoroutinefunction(listener), listener
            assert hints[resources.name] is Resources, listener
            assert hints[company_id.name] is int, listener
            kinds = typing.get_args(hints[events.name])
            assert typing.get_origin(hints[events.name]) is Sequence, listener
            assert any(issubclass(event, kind) for kind in _each(kinds[0])), (listener, event)


def _each(kind: object) -> tuple[type, ...]:
    return typing.get_args(kind) or (typing.cast(type, kind),)


def test_job_names_are_unique() -> None:
    """A name is stored in the queue: two functions of one name would take each other's work."""
    functions = {
        *(each for group in WIRING.listeners.values() for each in group),
        *WIRING.jobs,
        *(job for _, job in WIRING.timetable),
    }
    assert len({name_of(each) for each in functions}) == len(functions)


def test_jobs_and_timetables_are_coroutines_over_resources_and_company() -> None:
    for job in (*WIRING.jobs, *(job for _, job in WIRING.timetable)):
        first, second, *_ = inspect.signature(job).parameters.values()
        hints = typing.get_type_hints(job)
        assert inspect.iscoroutinefunction(job), job
        assert hints[first.name] is Resources, job
        assert hints[second.name] is int, job
