"""Is it alive, is it ready, and its counters for Prometheus."""

from datetime import datetime
from typing import Any

import psycopg
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ticketyard.core.auth import same
from ticketyard.core.errors import NotAllowed
from ticketyard.core.log import get_logger
from ticketyard.migrations.running import head
from ticketyard.outlet.queries import list_health
from ticketyard.web.deps import Parts, WebOptions, public

log = get_logger(__name__)
router = APIRouter(tags=["operations"])


class Health(BaseModel):
    """Spec 2's answer."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "service": "ticketyard",
                    "status": "healthy",
                    "timestamp": "2026-11-21T09:30:00Z",
                }
            ]
        }
    }

    service: str
    status: str
    timestamp: datetime
    error: str | None = None


# Public: load balancers and container engines ask without a key, and learn nothing else.
@router.get(
    "/health",
    response_model=Health,
    response_model_exclude_none=True,
    dependencies=[public()],
    responses={503: {"model": Health, "description": "The database does not answer."}},
)
async def get_health(resources: Parts, options: WebOptions) -> Health | JSONResponse:
    """Alive and able to reach the database; 503 when it is not."""
    now = resources.clock()
    try:
        async with resources.db.anonymous() as session:
            await session.execute(text("select 1"))
    except (SQLAlchemyError, psycopg.Error, OSError) as error:
        log.warning("unhealthy", error=str(error))
        sick = Health(
            service=options.service_name,
            status="unhealthy",
            timestamp=now,
            error="The database does not answer.",
        )
        return JSONResponse(sick.model_dump(mode="json"), 503)
    return Health(service=options.service_name, status="healthy", timestamp=now)


class Readiness(BaseModel):
    """Whether this program may be sent requests."""

    ready: bool
    problem: str | None = None


# Public: as /health.
@router.get("/ready", response_model=Readiness, dependencies=[public()])
async def get_ready(resources: Parts) -> Readiness | JSONResponse:
    """Ready when the database answers and has the tables of this version; else 503."""
    try:
        async with resources.db.anonymous() as session:
            version = await session.scalar(text("select ticketyard_version()"))
    except (SQLAlchemyError, psycopg.Error, OSError):
        return JSONResponse({"ready": False, "problem": "The database does not answer."}, 503)
    if version != head():
        return JSONResponse(
            {"ready": False, "problem": "The database needs `ticketyard migrate`."}, 503
        )
    return Readiness(ready=True)


# Public on loopback only by default: a token opens it to a scraper elsewhere.
@router.get("/metrics", dependencies=[public()], response_class=Response)
async def get_metrics(request: Request, resources: Parts, options: WebOptions) -> Response:
    """Counters in the Prometheus text format; from another machine, only with the token."""
    token = options.metrics_token
    shown = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not (same(token, shown) or (not token and _is_local(request))):
        raise NotAllowed("Metrics are read on this machine, or with the metrics token.")
    gauges = [
        *await _job_gauges(resources),
        *await _mailbox_gauges(resources),
        *await _outlet_gauges(resources),
    ]
    lines = generate_latest(REGISTRY) + _rendered(gauges)
    return Response(lines, media_type=CONTENT_TYPE_LATEST)


def _is_local(request: Request) -> bool:
    """Whether somebody on this machine asks. A proxy here that asks for others says so."""
    if {"forwarded", "x-forwarded-for", "x-real-ip", "via"} & set(request.headers):
        return False
    return request.client is None or request.client.host in ("127.0.0.1", "::1")


async def _job_gauges(resources: Parts) -> list[Metric]:
    waiting = GaugeMetricFamily(
        "ticketyard_job_items_waiting", "Work that waits, by job.", labels=["job"]
    )
    dead = GaugeMetricFamily(
        "ticketyard_job_items_dead", "Work that was given up, by job.", labels=["job"]
    )
    async with resources.db.anonymous() as session:
        for row in await session.execute(text("select job, waiting, dead from job_counts()")):
            waiting.add_metric([row.job], row.waiting)
            dead.add_metric([row.job], row.dead)
    return [waiting, dead]


async def _mailbox_gauges(resources: Parts) -> list[Metric]:
    failing = GaugeMetricFamily(
        "ticketyard_mailbox_failing", "1 while a mailbox cannot be read.", labels=["mailbox"]
    )
    since = GaugeMetricFamily(
        "ticketyard_mailbox_seconds_since_success",
        "Since a mailbox was last read to its end.",
        labels=["mailbox"],
    )
    async with resources.db.anonymous() as session:
        for row in await session.execute(text("select * from mailbox_health()")):
            failing.add_metric([str(row.mailbox_id)], row.is_failing)
            since.add_metric([str(row.mailbox_id)], row.seconds_since_success)
    return [failing, since]


async def _outlet_gauges(resources: Parts) -> list[Metric]:
    waiting = GaugeMetricFamily(
        "ticketyard_outlet_waiting", "Messages that wait for the Celery broker.", labels=["company"]
    )
    seconds = GaugeMetricFamily(
        "ticketyard_outlet_seconds_waiting", "How long the oldest has waited.", labels=["company"]
    )
    dead = GaugeMetricFamily(
        "ticketyard_outlet_failed", "Messages that were given up.", labels=["company"]
    )
    async with resources.db.anonymous() as session:
        for each in await list_health(session):
            waiting.add_metric([str(each.company_id)], each.waiting)
            seconds.add_metric([str(each.company_id)], each.seconds_waiting)
            dead.add_metric([str(each.company_id)], each.failed)
    return [waiting, seconds, dead]


def _rendered(metrics: list[Any]) -> bytes:
    class _Once:
        def collect(self) -> list[Any]:
            return metrics

    return generate_latest(_Once())
