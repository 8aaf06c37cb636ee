"""A database that is in use is brought to this version with everything that is in it."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.conftest import Cluster
from ticketyard.migrations.running import upgrade

COMPANY = """
    insert into company (name, slug) values ('North', 'north'), ('South', 'south');
    select set_config('app.company_id', '2', false);
    insert into ticket (company_id, number, title, source)
    values (2, 'TKT-20260101-001', 'Camera dark', 'alert');
"""


@pytest.fixture
def empty(cluster: Cluster) -> Iterator[str]:
    """The URL of a database without a table."""
    url = cluster.clone("template0", "filled")
    with psycopg.connect(cluster.postgres.url("filled", "postgres"), autocommit=True) as admin:
        admin.execute("create extension if not exists vector")
    yield url
    cluster.drop(url)


def run(url: str, statements: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(COMPANY + statements)


def rows(url: str, query: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        connection.execute("select set_config('app.company_id', '2', false)")
        return connection.execute(query).fetchall()


def test_alerts_of_before_they_folded_are_kept(empty: str) -> None:
    upgrade(empty, to="0007")
    run(
        empty,
        "insert into alert (company_id, ticket_id, provider_id, vendor_alert_id)"
        " values (2, 1, 'cam', 'A-1'), (2, 1, 'cam', null)",
    )
    upgrade(empty)
    assert rows(empty, "select fingerprint, title from alert order by id") == [
        ("id:A-1", "Camera dark"),
        ("one:2", "Camera dark"),
    ]


def test_a_model_in_use_stays_in_use(empty: str) -> None:
    upgrade(empty, to="0012")
    run(
        empty,
        """
        insert into triage_model (company_id, field, version, model, labels, examples, embedder,
          metrics, origin, is_current, trained_by)
        values (2, 'category', 1, 'old', '{a,b}', 10, 'none', '{}', 'csv', false, 'Ada'),
               (2, 'category', 2, 'new', '{a,b}', 20, 'none', '{}', 'csv', true, 'Ada');
        insert into analysis (company_id, ticket_id, state, category, need_admin)
        values (2, 1, 'done', 'a', false);
        """,
    )
    upgrade(empty)
    assert rows(
        empty,
        "select version, state, promoted_by, sha256 = sha256(model) from triage_model order by 1",
    ) == [(1, "retired", None, True), (2, "current", "Ada", True)]
    assert rows(empty, "select was_sure from analysis") == [(True,)]


@pytest.mark.parametrize("table", ["alert", "ticket", "triage_model", "analysis"])
def test_what_was_opened_for_the_owner_is_shut_again(cluster: Cluster, table: str) -> None:
    url = cluster.clone()
    forced = rows(url, f"select relforcerowsecurity from pg_class where relname = '{table}'")
    cluster.drop(url)
    assert forced == [(True,)]
