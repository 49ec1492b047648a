"""What the real client makes of one answer of a server."""

import json

import httpx

from flows.core.prompts import Prompt
from flows.errors import LearningError
from flows.models.chat.client import GroqClient

PROMPT = Prompt("define", "s" * 400, "u" * 400, ("cat",))


class _Body(httpx.AsyncByteStream):
    """A body that is decoded only when it is read, as one from the network."""

    def __init__(self, content):
        self.content = content

    async def __aiter__(self):
        yield self.content


def client_of(status, body, headers=None):
    """A client of a server that gives this answer to all."""
    text = body if isinstance(body, bytes | str) else json.dumps(body)
    content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")

    async def handle(_request):
        return httpx.Response(status, stream=_Body(content), headers=headers or {})

    client = GroqClient(api_key="k", base_url="http://x.test", silence_s=2, whole_s=3)
    client._http._transport = httpx.MockTransport(handle)
    client._http._mounts = {}
    return client


async def answered(status, body, headers=None):
    """What one request gives: the reply, or our error."""
    async with client_of(status, body, headers) as client:
        try:
            return await client.complete("m", PROMPT, max_tokens=5)
        except LearningError as error:
            return error


async def listed(status, body, headers=None):
    """What the list of models gives: the names, or our error."""
    async with client_of(status, body, headers) as client:
        try:
            return await client.models()
        except LearningError as error:
            return error


def told(message, **more):
    """A refusal in OpenAI's form."""
    return json.dumps({"error": {"message": message, **more}})
