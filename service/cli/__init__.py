"""`learn …`: the command line."""

from __future__ import annotations

import os
import sys


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 failed, 2 usage error, 130 interrupted."""
    if os.name != "posix":
        sys.stderr.write("learn runs on Linux and macOS only. On Windows, run it in WSL.\n")
        return 1
    try:
        from service.cli.app import main as run

        return run(arguments)
    except KeyboardInterrupt:  # while modules are still being imported
        sys.stderr.write("Interrupted.\n")
        return 130
