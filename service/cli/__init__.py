"""`learn …`: the command line."""

from __future__ import annotations


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns its exit code: 0 done, 1 failed, 2 usage, 130 interrupted."""
    from service.cli.app import main as run

    return run(arguments)
