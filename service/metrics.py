"""The server's metrics, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_REQUEST_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)
_LAG_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 1.0, 2.5, 10.0, 60.0)


class Metrics:
    """The metrics of one app. Route labels are templates, so the number of series is bounded."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.starts = Counter(
            "learn_starts", "Jobs started through the server", ["mode"], registry=self._registry
        )
        self.refusals = Counter(
            "learn_refusals",
            "Requests refused by access control",
            ["status"],
            registry=self._registry,
        )
        self.requests = Counter(
            "learn_http_requests", "Requests answered", ["method", "route", "status"], registry=self._registry
        )
        self.request_seconds = Histogram(
            "learn_http_request_seconds",
            "Time to the complete response",
            ["route"],
            buckets=_REQUEST_S,
            registry=self._registry,
        )
        self.frames = Counter("learn_frames", "Job frames sent to subscribers", registry=self._registry)
        self.watchers = Gauge("learn_watchers", "Open WebSockets", registry=self._registry)
        self.relay_lag_seconds = Histogram(
            "learn_relay_lag_seconds",
            "Delay from Prefect's event to the relay",
            buckets=_LAG_S,
            registry=self._registry,
        )
        self.relay_is_live = Gauge(
            "learn_relay_live", "1 while Prefect's event stream is connected", registry=self._registry
        )

    def text(self) -> bytes:
        """All metrics in Prometheus text format."""
        return generate_latest(self._registry)
