"""One request to Groq and its answer, through the groq package, in one event loop.

No retries: the stages decide on those.
"""

from __future__ import annotations

import asyncio
import codecs
import json
from types import TracebackType
from typing import Any, Self

import groq
import httpx
from groq.types.chat import ChatCompletion

from flows.core.prompts import Prompt
from flows.errors import ConfigurationError, LearningError, ModelUnavailable, TransientError
from flows.models.chat.errors import Rejected, Unanswered, of_body, server_name, translate
from flows.models.chat.headers import read_headers
from flows.models.chat.reply import Reply, reply_of
from flows.models.chat.schemas import SCHEMAS

CONNECT_S = 5.0
CONNECTIONS = 64

_TEMPERATURES = {"propose": 1.0, "define": 0.2, "enrich": 0.5, "deepen": 0.5}


class GroqClient:
    """A connection to Groq, open inside `async with`, in the event loop that opened it.

    A request may be silent for `silence_s` seconds and take `whole_s` in all, however slowly it arrives.
    """

    def __init__(self, *, api_key: str, base_url: str, silence_s: float, whole_s: float) -> None:
        self.server = server_name(base_url)
        self._whole_s = whole_s
        timeout = httpx.Timeout(silence_s, connect=CONNECT_S)
        self._http = httpx.AsyncClient(
            timeout=timeout,
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
            event_hooks={"response": [_with_a_charset]},
        )
        self._groq = groq.AsyncGroq(
            api_key=api_key, base_url=base_url, max_retries=0, timeout=timeout, http_client=self._http
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._groq.close()

    async def models(self) -> frozenset[str]:
        """The models available to the account.

        Raises ConfigurationError for an invalid key or address, and TransientError.
        """
        try:
            async with asyncio.timeout(self._whole_s):
                listed = (await self._groq.models.list()).data
            return _names(listed)
        except Exception as error:
            meant = self._meant(error, "a list of models")
            if isinstance(meant, TransientError) or (
                isinstance(meant, ConfigurationError) and not isinstance(meant, Rejected)
            ):
                raise meant from error
            # what it would mean for a prompt means nothing here; the requests will show it
            raise ModelUnavailable(f"{self.server} did not answer with a list of models") from error

    async def complete(self, model: str, prompt: Prompt, *, max_tokens: int, is_strict: bool = True) -> Reply:
        """Answer a prompt in at most this many tokens.

        Raises the errors of `translate`.
        """
        try:
            async with asyncio.timeout(self._whole_s):
                raw = await self._groq.chat.completions.with_raw_response.create(
                    **_request(model, prompt, max_tokens, is_strict=is_strict)
                )
                completion = await _completion(raw, self.server)
            headers = {name.lower(): value for name, value in raw.headers.items()}
            return reply_of(
                completion, read_headers(headers), characters=prompt.characters, server=self.server
            )
        except Exception as error:
            meant = self._meant(error, "a completion")
            if meant is error:
                raise
            raise meant from error

    def _meant(self, error: Exception, what: str) -> LearningError:
        """Turn a failed request into one of our errors.

        Whatever a server sends, only our own errors are raised. The SDK itself fails on some responses in
        other ways, for example on a proxy's error page, which it returns as plain text.
        """
        if isinstance(error, LearningError):
            return error
        if isinstance(error, TimeoutError):
            return Unanswered(f"{self.server} did not answer in time")
        if isinstance(error, groq.APIError):
            return translate(error, self.server)
        return ModelUnavailable(f"{self.server} did not answer with {what}")


def _names(listed: Any) -> frozenset[str]:  # noqa: ANN401  any JSON
    """The names in a list of models, skipping entries without one. Raises TypeError if it is not a list."""
    if not isinstance(listed, list):
        raise TypeError
    names = frozenset(name for each in listed if isinstance(name := getattr(each, "id", None), str) and name)
    if listed and not names:
        raise TypeError
    return names


async def _with_a_charset(response: httpx.Response) -> None:
    """Read the response as UTF-8 if its charset is not a text encoding, such as "hex": decoding it would
    raise.
    """
    charset = response.charset_encoding
    if charset is None:
        return
    try:
        codecs.getincrementaldecoder(charset)(errors="replace").decode(bytes(range(256)), final=True)
    except (LookupError, ValueError, TypeError, AssertionError, AttributeError):
        response.encoding = "utf-8"


def _request(model: str, prompt: Prompt, max_tokens: int, *, is_strict: bool) -> dict[str, Any]:
    schema = {"name": prompt.task, "strict": "gpt-oss" in model, "schema": SCHEMAS[prompt.task]}
    form = {"type": "json_schema", "json_schema": schema} if is_strict else {"type": "json_object"}
    system = (
        prompt.system
        if is_strict
        else f"{prompt.system} Answer with JSON alone, of this schema: {json.dumps(SCHEMAS[prompt.task])}"
    )
    request = {
        "model": model,
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": prompt.user}],
        "response_format": form,
        "max_completion_tokens": max_tokens,
        "temperature": _TEMPERATURES[prompt.task],
    }
    if "gpt-oss" in model:
        request |= {"reasoning_effort": "low", "include_reasoning": False}
    return request


async def _completion(raw: Any, server: str) -> ChatCompletion:  # noqa: ANN401  the package hides its type
    """The completion in a response, whatever its charset.

    Raises ValueError, or our error if the response contains one.
    """
    try:
        completion: ChatCompletion = await raw.parse()
    except UnicodeDecodeError:
        completion = ChatCompletion.construct(**json.loads(raw.http_response.text))
    told = completion.model_extra or {}
    if told.get("error") and not completion.choices:
        raise of_body(told, server)
    first = completion.choices[0] if completion.choices else None
    told = getattr(first, "model_extra", None) or {}
    if told.get("error") and not getattr(getattr(first, "message", None), "content", None):
        raise of_body(told, server)
    return completion
