"""A job at work, played to a page."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime


class Replay:
    """Plays the facade's part on the live line: frames as a job at work sends them."""

    def __init__(self, page, url, job_id):
        self.sockets = []
        self.frame = page.request.get(f"{url}/jobs/{job_id}").json()
        self.number = 0
        page.route_web_socket(
            re.compile("/ws/jobs/"),
            lambda socket: self.sockets.append(socket),  # noqa: PLW0108  Playwright marks it
        )

    def send(self):
        self.number += 1
        now = datetime.now(UTC)
        events = [
            {
                "id": f"9.{self.number}.{n}",
                "occurred": now.isoformat(),
                "kind": "words.learned",
                "text": "20 words learned",
                "words": [f"w{n}x{m}" for m in range(20)],
            }
            for n in range(5)
        ]
        counts = self.frame["counts"] | {"stored": self.number * 100}
        stages = {
            s: {"done": self.number * 100, "in_flight": 60}
            for s in ("propose", "research", "synthesize", "enrich")
        }
        frame = self.frame | {
            "counts": counts,
            "stages": stages,
            "events": events,
            "cursor": "",
            "live": True,
            "gap": False,
            "sent_at": now.isoformat(),
        }
        self.sockets[-1].send(json.dumps(frame))
