"""Writes the facade's OpenAPI document to ui/openapi.json: `python ui/dump_openapi.py`, or with `--check`
says whether it is up to date.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from flows.settings import Settings
from service.api.app import create_app
from service.settings import FacadeSettings

TARGET = Path(__file__).with_name("openapi.json")


def dumped() -> str:
    """The document as the facade serves it, in a stable order and without the version of the package."""
    with tempfile.TemporaryDirectory() as home:
        document = create_app(Settings(home=Path(home), store="memory://"), FacadeSettings()).openapi()
    document["info"]["version"] = "0"
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the document, or fail when it is not the one that is there."""
    text = dumped()
    if "--check" not in sys.argv:
        TARGET.write_text(text)
    elif not TARGET.is_file() or TARGET.read_text() != text:
        sys.exit("ui/openapi.json is not what the facade serves. Renew it and the types: make ui-types")


if __name__ == "__main__":
    main()
