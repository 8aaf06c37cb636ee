"""Automation in the settings and on a ticket: the rule, solutions, actions, and what came of them."""

import re

import httpx2
import pytest

from tests.receiver import Receiver, listening
from tests.triage.resolving.helping import FORGOTTEN, work
from tests.world import World
from ticketyard.core.jobs import Worker

Client = httpx2.AsyncClient
HOME = "/settings/automation"
SOLUTION = {
    "title": "Choose a new password\nyourself",
    "category": "password_reset",
    "kind": "self_service_link",
    "steps": "Open the page.\n\nChoose a password.",
    "link": "https://password.north.test/",
    "success": "95",
    "minutes": "5",
    "state": "active",
}


@pytest.fixture
async def ada(client: Client, world: World) -> Client:
    await world.log_in(client, world.admin)
    return client


def section(page: str, name: str) -> str:
    return page.partition(f'id="{name}"')[2].partition("</section>")[0]


async def test_the_rule_is_switched_on_and_says_what_it_would_do(
    ada: Client, world: World, worker: Worker
) -> None:
    await world.open(FORGOTTEN)
    await work(world, worker)
    rule = section((await ada.get(HOME)).text, "rule")
    assert "There is no active solution for password_reset." in rule
    kept = await ada.post(f"{HOME}/solutions/new", data=SOLUTION, follow_redirects=True)
    assert "“Choose a new password yourself” is kept." in kept.text
    assert "Choose a new password yourself</a>" in section(kept.text, "solutions")
    rule = section(kept.text, "rule")
    assert "“Choose a new password yourself” is sent." in rule
    assert re.search(r'<td class="num">1</td>', rule)

    form = {"is_on": "true", "category": ["password_reset", "vpn"], "per_requester_per_day": "2"}
    said = await ada.post(f"{HOME}/rule", data=form, follow_redirects=True)
    assert "may be resolved without a person" in said.text
    assert (await ada.get("/api/triage/auto-resolution")).json() == {
        "is_on": True, "categories": ["password_reset", "vpn"], "per_requester_per_day": 2,
    }  # fmt: skip
    done = await world.open(FORGOTTEN)
    await work(world, worker)
    shown = section((await ada.get(HOME)).text, "resolved")
    assert done.number in shown
    assert "Choose a new password yourself" in shown
    unknown = {"is_on": "true", "category": "no such", "per_requester_per_day": "2"}
    assert (
        "flash stop" in (await ada.post(f"{HOME}/rule", data=unknown, follow_redirects=True)).text
    )
    none = await ada.post(
        f"{HOME}/rule", data={"is_on": "true", "per_requester_per_day": "2"}, follow_redirects=True
    )
    assert "no category is chosen" in none.text


async def test_a_solution_is_changed_activated_and_forgotten(ada: Client) -> None:
    made = (await ada.get("/api/solutions")).json()[0]
    path = f"{HOME}/solutions/{made['id']}"
    # A sample's address is not one's own: it cannot be switched on as it is.
    refused = await ada.post(f"{path}/state", data={"state": "active"}, follow_redirects=True)
    assert "flash stop" in refused.text
    form = await ada.get(path)
    assert 'name="version" value="1"' in form.text
    script = {
        **SOLUTION, "kind": "automated_script", "action": "restart_service",
        "parameters": "service: mail\n", "version": "1",
    }  # fmt: skip
    assert (await ada.post(path, data=script)).status_code == 303
    changed = (await ada.get(f"/api/solutions/{made['id']}")).json()
    assert changed["parameters"] == {"service": "mail"}
    assert changed["steps"] == ["Open the page.", "Choose a password."]
    assert (changed["success_rate"], changed["minutes"], changed["version"]) == (0.95, 5, 2)
    assert "service: mail" in (await ada.get(path)).text
    late = await ada.post(path, data={**script, "title": "Mine"})
    assert late.status_code == 422
    assert "Somebody else changed this solution" in late.text
    assert 'value="Mine"' in late.text
    assert 'name="version" value="1"' in late.text
    await ada.post(f"{path}/state", data={"state": "archived"})
    assert (await ada.get(f"/api/solutions/{made['id']}")).json()["state"] == "archived"
    await ada.post(f"{path}/state", data={"state": "burnt"})
    assert (await ada.get(f"/api/solutions/{made['id']}")).json()["state"] == "archived"
    await ada.post(f"{path}/delete")
    for gone in (await ada.get(path), await ada.post(f"{path}/state", data={"state": "active"})):
        assert gone.status_code == 404


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"success": "nan"}, "Success lies between 0 and 100."),
        ({"success": "many"}, "Success is a number."),
        ({"minutes": "0"}, "Minutes lies between"),
        ({"kind": "magic"}, "no such kind"),
        ({"parameters": "service"}, "name: value"),
        ({"title": " "}, "needs a title"),
        ({"link": "javascript:alert(1)"}, "flash stop"),
        ({"category": "no such"}, "flash stop"),
        ({"category": "\x00"}, "flash stop"),
        ({"action": "\x00"}, "flash stop"),
    ],
)
async def test_what_cannot_be_kept_is_said_and_stays_in_the_form(
    ada: Client, changes: dict[str, str], why: str
) -> None:
    answer = await ada.post(f"{HOME}/solutions/new", data={**SOLUTION, **changes})
    assert answer.status_code == 422
    assert why in answer.text
    assert "Choose a password.</textarea>" in answer.text


async def test_an_endpoint_is_named_and_its_secret_shown_once(ada: Client) -> None:
    path = f"{HOME}/actions/unlock_account"
    assert "Nobody does it" in (await ada.get(path)).text
    refused = await ada.post(path, data={"url": "ftp://it.north.test/"})
    assert refused.status_code == 422
    assert "field-error" in refused.text
    url = {"url": "https://it.north.test/unlock", "is_enabled": "true"}
    made = await ada.post(path, data=url)
    secret = re.search(r'id="secret">(whsec_[^<]+)<', made.text)
    assert secret
    assert secret.group(1) not in (await ada.get(path)).text
    assert (await ada.post(path, data=url)).status_code == 303
    renewed = await ada.post(path, data={**url, "new_secret": "true"})
    assert 'id="secret"' in renewed.text
    assert secret.group(1) not in renewed.text
    await ada.post(path, data={"url": url["url"]})
    assert "Switched off" in (await ada.get(HOME)).text
    await ada.post(f"{path}/delete")
    assert "Nobody does it" in (await ada.get(path)).text
    assert (await ada.get(f"{HOME}/actions/fly")).status_code == 404


async def test_an_agent_runs_an_action_and_sees_what_came_of_it(
    client: Client, world: World, worker: Worker
) -> None:
    ticket = await world.open("I am locked out")
    place = f"/tickets/{ticket.number}"
    await world.log_in(client, world.admin)
    assert 'id="actions"' not in (await client.get(place)).text
    told = Receiver(body=b'{"status": "success", "message": "<b>Unlocked.</b>"}')
    async with listening(told) as receiver:
        form = {"url": receiver.url, "is_enabled": "true"}
        assert (await client.post(f"{HOME}/actions/vpn_reconnect", data=form)).status_code == 200
        await world.log_in(client, world.ana)
        panel = section((await client.get(place)).text, "actions")
        assert panel.count("<details") == 1
        assert 'value="rita@example.com"' in panel
        key = re.search(r'name="key" value="(\w+)"', panel)
        assert key
        run = {"action": "vpn_reconnect", "key": key.group(1), "given": "rita@example.com"}
        for _ in range(2):
            assert (await client.post(f"{place}/actions", data=run)).status_code == 303
        waiting = (await client.get(f"{place}/actions")).text
        assert "sse:desk" in waiting
        assert "Waiting" in waiting
        await work(world, worker)
    done = (await client.get(f"{place}/actions")).text
    assert "sse:desk" not in done
    assert "&lt;b&gt;Unlocked.&lt;/b&gt;" in done
    assert done.count("vpn_reconnect</span>") == 1
    odd = {"action": "vpn_reconnect", "key": "another-press", "given": "rita\x00"}
    assert (await client.post(f"{place}/actions", data=odd)).status_code == 303
    nobody = {"action": "restart_service", "key": "a-third-press", "given": " "}
    refused = await client.post(f"{place}/actions", data=nobody, follow_redirects=True)
    assert "restart_service needs service" in refused.text
    await world.log_in(client, world.admin)
    assert ticket.number in section((await client.get(HOME)).text, "runs")


async def test_agents_and_requesters_do_not_set_it_up(client: Client, world: World) -> None:
    for person in (world.ana, world.rita):
        client.cookies.clear()
        await world.log_in(client, person)
        for path in (HOME, f"{HOME}/solutions/new", f"{HOME}/actions/unlock_account"):
            assert (await client.get(path)).status_code == 403
        assert (await client.post(f"{HOME}/rule", data={"is_on": "true"})).status_code == 403
    ticket = await world.open("Mine", requester_email=world.rita.email)
    run = {"action": "unlock_account", "key": "k" * 8}
    refused = await client.post(f"/tickets/{ticket.number}/actions", data=run)
    assert refused.status_code in (403, 404)
