"""Somebody in the public chat, as a browser would be."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx2

Message = dict[str, Any]


@dataclass
class Visitor:
    """Holds one conversation."""

    client: httpx2.AsyncClient
    company: str = "north"
    headers: dict[str, str] = field(default_factory=dict)
    base: str = ""

    @classmethod
    async def enter(
        cls, client: httpx2.AsyncClient, company: str = "north", **body: str
    ) -> "Visitor":
        """Begin a conversation."""
        answer = await client.post(f"/chat/{company}/conversations", json=body)
        assert answer.status_code == 201, answer.text
        told = answer.json()
        visitor = cls(client, company)
        visitor.headers = {"authorization": f"Bearer {told['token']}"}
        visitor.base = f"/chat/{company}/conversations/{told['conversation_id']}"
        return visitor

    async def post(self, path: str, **body: object) -> httpx2.Response:
        """Any call of this conversation."""
        return await self.client.post(f"{self.base}/{path}", json=body, headers=self.headers)

    async def events(self, text: str) -> list[tuple[str, Any]]:
        """Everything one message brings, in its order."""
        answer = await self.post("messages", text=text)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/event-stream")
        blocks = [each for each in answer.text.split("\n\n") if each.strip()]
        assert blocks[0].startswith(":")
        found = []
        for block in blocks[1:]:
            name, data = block.split("\n", 1)
            found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
        return found

    async def say(self, text: str) -> list[Message]:
        """What is said back."""
        events = await self.events(text)
        assert events[-1][0] == "end", events
        return [data for name, data in events if name == "message"]

    async def choose(self, choice: str) -> list[Message]:
        """Press a button."""
        answer = await self.post("choices", choice=choice)
        assert answer.status_code == 200, answer.text
        messages: list[Message] = answer.json()["messages"]
        return messages

    async def messages(self) -> list[Message]:
        """The conversation as it is shown after a reload."""
        answer = await self.client.get(f"{self.base}/messages", headers=self.headers)
        assert answer.status_code == 200, answer.text
        found: list[Message] = answer.json()["messages"]
        return found


def offered(message: Message) -> list[str]:
    """The buttons below a message."""
    return [each["id"] for each in message["choices"]]
