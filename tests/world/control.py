"""Looks at a running world and changes it, over its own routes: the same for one in a thread and one in a
process.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import httpx

from tests.world.chat.limits import PLANS, Limits
from tests.world.faults import Fault
from tests.world.state import Settings

CONTACT = "world@example.org"
_TIMEOUT_S = 30.0


def environment(url: str, settings: Settings) -> dict[str, str]:
    """The variables that point the whole stack at a world."""
    limits = PLANS[settings.plan]
    return {
        "GROQ_API_KEY": settings.key,
        "GROQ_BASE_URL": url,
        "WIKIMEDIA_CONTACT": CONTACT,
        "LEARN_WIKIPEDIA_URL": f"{url}/w/api.php",
        "LEARN_WIKTIONARY_URL": f"{url}/wiktionary/w/api.php",
        "LEARN_REQUESTS_PER_MINUTE": str(limits.rpm or 0),
        "LEARN_TOKENS_PER_MINUTE": str(limits.tpm or 0),
        "LEARN_REQUESTS_PER_DAY": str(limits.rpd or 0),
        "LEARN_TOKENS_PER_DAY": str(limits.tpd or 0),
    }


class Control:
    """One world's address and what can be asked of it. Close it when done."""

    def __init__(self, url: str, settings: Settings) -> None:
        self.url, self.settings = url, settings
        self._client = httpx.Client(base_url=url, timeout=_TIMEOUT_S, trust_env=False)

    def close(self) -> None:
        self._client.close()

    @property
    def environment(self) -> dict[str, str]:
        return environment(self.url, self.settings)

    @property
    def key(self) -> str:
        return self.settings.key

    def report(self, *, log: bool = False) -> dict[str, Any]:
        """What was observed; with `log` every single request."""
        found: dict[str, Any] = self._ask("GET", f"/world/report?log={int(log)}")
        return found

    def log(self, route: str | None = None) -> list[dict[str, Any]]:
        """The requests so far, in order of arrival."""
        return [record for record in self.report(log=True)["log"] if route in {None, record["route"]}]

    def statuses(self, route: str) -> dict[int, int]:
        """How often each status was answered on a route, all models together."""
        found: dict[int, int] = {}
        for counts in self.report()["requests"].get(route, {}).values():
            for status, count in counts.items():
                found[int(status)] = found.get(int(status), 0) + count
        return found

    def settled(self, model: str, since: float, until: float) -> int:
        """Tokens that were charged to a model's limits between two moments, in seconds since the epoch."""
        return sum(
            r["charged"]
            for r in self.log("chat")
            if r["model"] == model and r["took_s"] is not None and since <= r["began"] + r["took_s"] < until
        )

    def plan(self, *faults: Fault) -> None:
        """Bring about these faults and no others from now on."""
        self._ask("PUT", "/world/faults", _dumped(faults))

    def add(self, *faults: Fault) -> None:
        self._ask("POST", "/world/faults", _dumped(faults))

    def struck(self) -> list[dict[str, Any]]:
        """The plan with how often each fault met a fitting request and struck."""
        found: list[dict[str, Any]] = self._ask("GET", "/world/faults")
        return found

    def advance(self, seconds: float) -> None:
        """Let time pass at once for limits and caches."""
        self._ask("POST", "/world/clock", {"seconds": seconds})

    def limit(self, model: str, limits: Limits, *, level: float = 1.0, day_level: float = 1.0) -> None:
        """Give a model new limits with new buckets."""
        self._ask(
            "PUT", "/world/limits", {"model": model, "level": level, "day_level": day_level} | asdict(limits)
        )

    def forget(self) -> None:
        """Begin to observe anew."""
        self._ask("POST", "/world/reset")

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        return self._client.request(method, path, json=body).raise_for_status().json()


def _dumped(faults: Iterable[Fault]) -> list[dict[str, Any]]:
    return [fault.model_dump(mode="json", exclude_defaults=True) | {"kind": fault.kind} for fault in faults]
