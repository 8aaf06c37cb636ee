"""Pure: whether what was taken off a list is a Celery message at all, so that Celery can judge the rest.

Source: Celery's message protocol, versions 1 and 2, as kombu lays it into Redis.
"""

import base64
import binascii
import json

_JSON = "application/json"


def is_message(envelope: object) -> bool:
    """An envelope with all that its reader takes for granted, around a body of the right shape.

    A body that is no JSON, or of another content type, is left to Celery, which refuses and drops it.
    """
    if not isinstance(envelope, dict):
        return False
    headers, properties = envelope.get("headers"), envelope.get("properties")
    if not isinstance(headers, dict) or not isinstance(properties, dict):
        return False
    if not isinstance(envelope.get("body"), str) or not _is_addressed(properties):
        return False
    if "task" in headers and not (
        isinstance(headers["task"], str) and isinstance(headers.get("id"), str)
    ):
        return False
    return envelope.get("content-type") != _JSON or _is_call(envelope, "task" in headers)


def _is_addressed(properties: dict[str, object]) -> bool:
    to = properties.get("delivery_info")
    return (
        isinstance(properties.get("delivery_tag"), str)
        and isinstance(to, dict)
        and all(isinstance(to.get(name), str) for name in ("exchange", "routing_key"))
    )


def _is_call(envelope: dict[str, object], is_second_version: bool) -> bool:
    """Arguments, named arguments and a third part in version 2; one object in version 1."""
    text = str(envelope["body"])
    properties = envelope["properties"]
    try:
        if isinstance(properties, dict) and properties.get("body_encoding") == "base64":
            text = base64.b64decode(text).decode()
        body = json.loads(text)
    except (ValueError, binascii.Error, RecursionError):
        return True
    if not is_second_version:
        return isinstance(body, dict)
    return (
        isinstance(body, list)
        and len(body) == 3
        and isinstance(body[0], list)
        and isinstance(body[1], dict)
        and isinstance(body[2], dict | None)
    )
