"""Writes the server's OpenAPI document to ui/openapi.json, the bounds in it to ui/src/api/limits.json,
and which statuses are open to ui/src/api/statuses.json: `python ui/dump_openapi.py`. With `--check` it says
whether they are up to date.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from flows.knowledge import FINAL_STATUSES, OPEN_STATUSES
from flows.settings import Settings
from service.api.app import create_app
from service.settings import FacadeSettings

HERE = Path(__file__).parent
TARGET = HERE / "openapi.json"
LIMITS = HERE / "src/api/limits.json"
STATUSES = HERE / "src/api/statuses.json"
REQUESTS = {"big": "StartBigJob", "quick": "StartQuickJob", "deep": "StartDeepJob"}
QUERIES = {
    "search": ("/knowledge", {"q"}),
    "graph": ("/graph/{word}", {"depth", "limit"}),
    "events": ("/jobs/{job_id}/events", {"limit"}),
    "rounds": ("/jobs/{job_id}/rounds", {"limit"}),
    "jobs": ("/jobs", {"limit"}),
}
BOUNDS = ("exclusiveMinimum", "minimum", "maximum", "minLength", "maxLength", "maxItems", "default")


def dumped() -> str:
    """The document as the server serves it, in a stable order and without the version of the package."""
    with tempfile.TemporaryDirectory() as home:
        document = create_app(Settings(home=Path(home), store="memory://"), FacadeSettings()).openapi()
    document["info"]["version"] = "0"
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def limits(document: dict[str, Any]) -> str:
    """The bounds of the request bodies and of some queries, by kind of job or query, and field."""
    schemas = document["components"]["schemas"]
    found = {
        mode: {
            field: _bounds(about) for field, about in schemas[name]["properties"].items() if field != "mode"
        }
        for mode, name in REQUESTS.items()
    }
    for name, (path, fields) in QUERIES.items():
        asked = document["paths"][path]["get"]["parameters"]
        found[name] = {each["name"]: _bounds(each["schema"]) for each in asked if each["name"] in fields}
    return json.dumps(found, indent=2, sort_keys=True) + "\n"


def statuses() -> str:
    """The statuses of open jobs, and of those that have ended."""
    return json.dumps({"final": sorted(FINAL_STATUSES), "open": OPEN_STATUSES}, indent=2) + "\n"


def _bounds(about: dict[str, Any]) -> dict[str, Any]:
    kinds = [about, *about.get("anyOf", [])]
    return {name: kind[name] for kind in kinds for name in BOUNDS if kind.get(name) is not None}


def main() -> None:
    """Write the document and what is read from it, or fail when it is not what is there."""
    text = dumped()
    files = ((TARGET, text), (LIMITS, limits(json.loads(text))), (STATUSES, statuses()))
    for target, wanted in files:
        if "--check" not in sys.argv:
            target.write_text(wanted)
        elif not target.is_file() or target.read_text() != wanted:
            sys.exit(f"{target} is not what the server serves. Renew it and the types: make ui-types")


if __name__ == "__main__":
    main()
