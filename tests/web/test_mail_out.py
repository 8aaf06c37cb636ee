"""Mail out over HTTP: who may what, and what the pages say."""

import httpx2
import pytest

from tests.notify.conftest import Desk, desk, settings, sink

__all__ = ["desk", "settings", "sink"]  # fixtures


async def an_answer(desk: Desk) -> int:
    """The id of a mail that was refused for good."""
    ticket = await desk.open()
    desk.sink.refuse_recipients["rita@example.com"] = "550 5.1.1 <b>No such user</b>"
    await desk.answer(ticket, "Try <again>")
    await desk.run()
    desk.sink.refuse_recipients.clear()
    (mail,) = await desk.mails()
    return int(mail.id)


async def test_an_agent_reads_the_servers_words_and_sends_again(
    desk: Desk, client: httpx2.AsyncClient
) -> None:
    mail_id = await an_answer(desk)
    await desk.world.log_in(client, desk.world.ana)
    (listed,) = (await client.get("/api/mail/outgoing", params={"state": "failed"})).json()
    assert listed["id"] == mail_id
    assert not (await client.get("/api/mail/outgoing", params={"state": "sent"})).json()
    one = (await client.get(f"/api/mail/outgoing/{mail_id}")).json()
    assert "Try <again>" in one["body_text"]
    assert [(each["code"], each["accepted"]) for each in one["tries"]] == [(550, False)]
    assert "5.1.1 <b>No such user</b>" in one["tries"][0]["words"]

    again = await client.post(f"/api/mail/outgoing/{mail_id}/send-again")
    assert (again.status_code, again.json()["state"]) == (202, "waiting")
    await desk.run()
    assert (await client.get(f"/api/mail/outgoing/{mail_id}")).json()["state"] == "sent"
    assert len(desk.sink.deliveries) == 1
    refused = await client.post(f"/api/mail/outgoing/{mail_id}/send-again")
    assert (refused.status_code, refused.json()["detail"]) == (409, "This mail has left already.")


async def test_what_is_being_sent_is_not_begun_again(
    desk: Desk, client: httpx2.AsyncClient
) -> None:
    """Two hand-overs of one mail at once would be two mails."""
    mail_id = await an_answer(desk)
    lease = (
        "update outgoing_mail set state = 'waiting', claimed_until = now() + interval '{} minutes'"
    )
    await desk.world.log_in(client, desk.world.ana)
    await desk.rows(lease.format(1))
    path = f"/api/mail/outgoing/{mail_id}/send-again"
    assert (await client.post(path)).status_code == 409
    await desk.rows(lease.format(-1))
    assert (await client.post(path)).status_code == 202


async def test_the_pages_show_it_and_run_nothing(desk: Desk, client: httpx2.AsyncClient) -> None:
    mail_id = await an_answer(desk)
    await desk.world.log_in(client, desk.world.ana)
    log = (await client.get("/settings/mail-log")).text
    assert "&lt;b&gt;No such user&lt;/b&gt;" in log
    assert "<b>No such user" not in log
    page = (await client.get(f"/settings/mail-log/{mail_id}")).text
    assert "Try &lt;again&gt;" in page
    assert "Send again" in page
    answer = await client.post(
        f"/settings/mail-log/{mail_id}/again",
        data={"csrf_token": client.headers["x-csrf-token"]},
    )
    assert answer.status_code == 303
    await desk.run()
    assert "Send again" not in (await client.get(f"/settings/mail-log/{mail_id}")).text


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/mail/templates", None),
        ("PUT", "/api/mail/templates/acknowledgement/en", {"body": "Hi"}),
        ("GET", "/api/mail/signature/company", None),
        ("PUT", "/api/mail/signature/company", {"body": "Hi"}),
        ("POST", "/api/mail/test", {"to": "a@b.dk"}),
        ("GET", "/settings/mail-out", None),
        ("GET", "/settings/mail-out/reply/en", None),
    ],
)
async def test_how_mail_is_worded_is_for_admins(
    desk: Desk, client: httpx2.AsyncClient, method: str, path: str, body: object
) -> None:
    await desk.world.log_in(client, desk.world.ana)
    assert (await client.request(method, path, json=body)).status_code == 403


async def test_requesters_see_no_outbox(desk: Desk, client: httpx2.AsyncClient) -> None:
    mail_id = await an_answer(desk)
    await desk.world.log_in(client, desk.world.rita)
    for path in ("/api/mail/outgoing", f"/api/mail/outgoing/{mail_id}", "/settings/mail-log"):
        assert (await client.get(path)).status_code == 403


async def test_an_admin_words_mail_and_goes_back(desk: Desk, client: httpx2.AsyncClient) -> None:
    await desk.world.log_in(client, desk.world.admin)
    path = "/api/mail/templates/acknowledgement/da"
    own = {"subject": "{{ticket_title}}", "body": "Hej {{ requester_name }}", "is_active": False}
    saved = (await client.put(path, json=own)).json()
    assert (saved["body"], saved["is_own"], saved["is_active"]) == (own["body"], True, False)
    wrong = await client.put(path, json={"body": "Hej {{password}}"})
    assert wrong.status_code == 422
    assert "{{password}}" in wrong.json()["detail"]
    for bad in ("{% if x %}", "{{ 7*7 }}", "{{", "{{ticket_number.__class__}}"):
        assert (await client.put(path, json={"body": bad})).status_code == 422, bad
    back = (await client.put(path, json={})).json()
    assert (back["is_own"], back["is_active"]) == (False, False)
    assert all(
        not each["is_active"]
        for each in (await client.get("/api/mail/templates")).json()
        if each["name"] == "acknowledgement"
    )
    assert (await client.put("/api/mail/templates/nosuch/en", json={})).status_code == 404
    assert (await client.put("/api/mail/templates/reply/xx", json={})).status_code == 404
    assert (
        await client.put("/api/mail/templates/reply/en", json={"body": "Hi"})
    ).status_code == 422


async def test_the_editor_previews_without_saving(desk: Desk, client: httpx2.AsyncClient) -> None:
    await desk.world.log_in(client, desk.world.admin)
    path = "/settings/mail-out/acknowledgement/en"
    token = {"csrf_token": client.headers["x-csrf-token"]}
    given = {**token, "subject": "About {{ticket_title}}", "body": "Dear {{requester_name}}"}
    shown = (await client.post(path, data={**given, "then": "preview"})).text
    assert "Dear Rita Requester" in shown
    assert "Dear" not in (await client.get(path)).text
    wrong = {**given, "body": "Dear {{nobody}}", "then": "save"}
    refused = await client.post(path, data=wrong)
    assert refused.status_code == 422
    assert "There is no placeholder" in refused.text
    assert "Dear {{nobody}}" in refused.text
    assert (await client.post(path, data={**given, "then": "save"})).status_code == 303
    assert "Dear {{requester_name}}" in (await client.get(path)).text
    assert (await client.post(path, data={**token, "then": "reset"})).status_code == 303
    assert "Dear" not in (await client.get(path)).text


async def test_a_test_mail_shows_whether_mail_leaves(
    desk: Desk, client: httpx2.AsyncClient
) -> None:
    await desk.world.log_in(client, desk.world.admin)
    queued = await client.post("/api/mail/test", json={"to": "boss@example.com"})
    assert (queued.status_code, queued.json()["kind"]) == (202, "test")
    await desk.run()
    (came,) = desk.sink.deliveries
    assert came.recipients == ["boss@example.com"]
    assert "Ada Admin asked whether mail leaves" in came.text
    page = await client.post(
        "/settings/mail-out/test",
        data={"csrf_token": client.headers["x-csrf-token"], "to": "no address"},
    )
    assert (page.status_code, "No mail can be sent to this address." in page.text) == (422, True)


async def test_signatures_are_set_by_their_owners(desk: Desk, client: httpx2.AsyncClient) -> None:
    await desk.world.log_in(client, desk.world.ana)
    assert (await client.get("/api/mail/signature")).json() == {"body": ""}
    assert (await client.put("/api/mail/signature", json={"body": " Ana\n"})).json() == {
        "body": "Ana"
    }
    form = {"csrf_token": client.headers["x-csrf-token"], "body": "Ana P."}
    assert (await client.post("/settings/account/signature", data=form)).status_code == 303
    assert "Ana P." in (await client.get("/settings/account")).text
    await desk.world.log_in(client, desk.world.bo)
    assert (await client.get("/api/mail/signature")).json() == {"body": ""}


async def test_mail_to_ourselves_is_not_sent_by_hand_either(
    desk: Desk, client: httpx2.AsyncClient
) -> None:
    ticket = await desk.open(requester_email="desk@north.example")
    await desk.answer(ticket)
    await desk.run()
    (mail,) = await desk.mails()
    await desk.world.log_in(client, desk.world.ana)
    assert (await client.post(f"/api/mail/outgoing/{mail.id}/send-again")).status_code == 409
    await desk.run()
    assert not desk.sink.deliveries
