"""Checks of the providers: Groq, Wikipedia and Wiktionary.

They use no tokens and never show a key.
"""

from __future__ import annotations

from collections.abc import Sequence

from flows.core.progress import format_duration
from flows.core.quota import not_refilled
from flows.errors import ConfigurationError, ExtraMissing, RateLimited, SourceUnavailable, TransientError
from flows.extras import needing
from flows.knowledge import DAY_S
from flows.settings import GROQ_KEYS_PAGE, Settings
from flows.sources import load_wiktionary
from service.cli.doctor.doctor import Check
from service.cli.store_to_read import store_to_read

ANSWER_S = 8.0
_WELL_KNOWN = "Earth"


async def groq(settings: Settings) -> list[Check]:
    """Whether Groq is configured and reachable, accepts the key and offers the models, and how much daily
    quota is left.
    """
    if settings.groq_api_key is None:
        if settings.model == "groq":
            return [
                Check(
                    "groq",
                    "fail",
                    "LEARN_MODEL is groq, but GROQ_API_KEY is not set",
                    f"Create a key at {GROQ_KEYS_PAGE}, or set LEARN_MODEL=lexicon.",
                )
            ]
        return [
            Check(
                "groq",
                "ok",
                "not configured; jobs use the lexicon",
                f"To use a language model, set GROQ_API_KEY (keys: {GROQ_KEYS_PAGE}).",
            )
        ]
    if not settings.writes_with_groq:
        return [Check("groq", "ok", "key found but not used, because LEARN_MODEL is lexicon")]
    from flows.models.chat.account import asking
    from flows.models.chat.errors import GROQ, server_name

    try:
        with needing("groq", asked_by=asking(settings), otherwise="Or set LEARN_MODEL=lexicon."):
            from flows.models.chat.client import GroqClient
    except ExtraMissing as error:
        return [Check("groq", "fail", str(error))]
    server = server_name(settings.groq_base_url)
    try:
        key = settings.groq_api_key.get_secret_value()
        async with GroqClient(
            api_key=key, base_url=settings.groq_base_url, silence_s=ANSWER_S, whole_s=ANSWER_S
        ) as client:
            offered = await client.models()
    except ConfigurationError as error:
        return [
            Check(
                "groq", "fail", str(error), f"Check your keys at {GROQ_KEYS_PAGE}." if server == GROQ else ""
            )
        ]
    except TransientError as error:
        return [
            Check(
                "groq",
                "fail",
                f"can't reach {settings.groq_base_url}: {error}",
                "See https://groqstatus.com, or try again later."
                if server == GROQ
                else "Start that server, or correct or unset GROQ_BASE_URL.",
            )
        ]
    wanted = tuple(dict.fromkeys((*settings.write_models, *settings.propose_models)))
    gone = [model for model in wanted if model not in offered]
    if len(gone) == len(wanted):
        offer = ", ".join(sorted(offered)[:6])
        return [
            Check(
                "groq",
                "fail",
                f"key accepted, but {server} does not offer {', '.join(gone)}",
                f"Set LEARN_WRITE_MODELS to an available model: {offer}.",
            )
        ]
    told = f"key accepted, {', '.join(model for model in wanted if model in offered)} available"
    state = Check(
        "groq",
        "warn",
        f"{told}; not available: {', '.join(gone)}",
        "Remove it from LEARN_WRITE_MODELS and LEARN_PROPOSE_MODELS.",
    )
    return [
        state if gone else Check("groq", "ok", told),
        *await _quotas(settings, [model for model in wanted if model in offered]),
    ]


async def _quotas(settings: Settings, models: Sequence[str]) -> list[Check]:
    """The quota left, as the store remembers it. A daily limit refills steadily."""
    try:
        async with store_to_read(settings.store, language=settings.language) as (store, _):
            return [
                _quota(
                    model,
                    usage.requests,
                    usage.tokens,
                    (store.now() - usage.started_at).total_seconds(),
                    settings,
                )
                for model in models
                for usage in await store.quota_usage(model)
                if usage.window == "day"
            ]
    except (ConfigurationError, TransientError):
        return []  # the store's own check says why


def _quota(model: str, requests: int, tokens: int, age_s: float, settings: Settings) -> Check:
    parts, is_empty = [], False
    for what, limit, spent in (
        ("requests", settings.requests_per_day, requests),
        ("tokens", settings.tokens_per_day, tokens),
    ):
        if limit:
            left = max(0, round(limit - not_refilled(spent, limit, DAY_S, age_s)))
            is_empty = is_empty or left < limit / 100
            parts.append(f"{left:,} of {limit:,} {what}")
    if not parts:
        return Check("quota", "ok", f"{model}: no daily limit configured")
    finding = f"{model}: about {' and '.join(parts)} per day left"
    return Check(
        "quota",
        "warn" if is_empty else "ok",
        finding,
        "The quota refills steadily over the day. You can also use another model." if is_empty else "",
    )


async def wikimedia(settings: Settings) -> list[Check]:
    """Whether Wikipedia and Wiktionary are enabled and reachable."""
    names = [
        name
        for name in ("wikipedia", "wiktionary")
        if name in settings.source_names or "auto" in settings.sources
    ]
    if not settings.wikimedia_contact:
        is_wanted = bool({"wikipedia", "wiktionary"} & set(settings.sources))
        remedy = (
            "Set WIKIMEDIA_CONTACT to an email or web address where you can be reached; Wikimedia"
            " requires one."
        )
        return [
            Check(
                "wikimedia",
                "warn" if is_wanted else "ok",
                "not used, because no contact is set; the lexicon is the only source",
                remedy,
            )
        ]
    from flows.sources.wikimedia.action_api import ActionApi
    from flows.sources.wikimedia.pace import Pace

    found = []
    for name in names:
        url = settings.wikipedia_url if name == "wikipedia" else settings.wiktionary_url
        try:
            if name == "wiktionary":
                load_wiktionary(settings)
            pace = Pace(per_minute=60, at_once=1)
            async with ActionApi(
                url, name=name.title(), contact=settings.wikimedia_contact, pace=pace, timeout_s=ANSWER_S
            ) as api:
                has_page = bool(await api.find([_WELL_KNOWN]))
        except ExtraMissing as error:
            found.append(Check(name, "fail", str(error)))
        except ConfigurationError as error:
            found.append(Check(name, "fail", str(error), "Correct WIKIMEDIA_CONTACT or the URL."))
        except RateLimited as error:
            wait = f" Try again in {format_duration(error.retry_after_s)}." if error.retry_after_s else ""
            found.append(
                Check(
                    name,
                    "warn",
                    f"{url} is rate limiting: {error}",
                    f"The limit is 200 requests a minute.{wait}",
                )
            )
        except SourceUnavailable as error:
            found.append(
                Check(
                    name,
                    "fail",
                    f"{url}: {error}",
                    "Check the network. Jobs continue with the lexicon only.",
                )
            )
        else:
            what = f"{url} responds" if has_page else f"{url} responds, but has no page “{_WELL_KNOWN}”"
            found.append(
                Check(name, "ok" if has_page else "warn", what, "" if has_page else "Check the URL.")
            )
    return found
