"""What `make bench` writes: one JSON file with everything, and one table to read."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGES = ("prefect", "fastapi", "uvicorn", "pydantic", "sqlalchemy", "groq", "httpx", "celery", "redis")

Document = Mapping[str, Any]


def machine() -> dict[str, Any]:
    """The machine and the versions that the figures come from."""

    def installed(name: str) -> str | None:
        try:
            return version(name)
        except PackageNotFoundError:
            return None

    def git(*words: str) -> str:
        found = subprocess.run(
            ["git", *words],  # noqa: S607
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        return found.stdout.strip()

    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory_kb = int(Path("/proc/meminfo").read_text().split()[1])
    return {
        "cores": os.cpu_count(),
        "cpu": cpu,
        "memory_gb": round(memory_kb / 1e6, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: installed(name) for name in PACKAGES},
        "commit": git("rev-parse", "--short", "HEAD"),
        "is_changed": bool(git("status", "--porcelain", "--untracked-files=no")),
        "load_before": os.getloadavg()[0],
    }


def middle(turns: Iterable[Document], *names: str) -> float | None:
    """The median of a figure over a side's turns; None where it has none."""
    values = []
    for turn in turns:
        value: Any = turn
        for name in names:
            value = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(value, (int, float)):
            values.append(float(value))
    return statistics.median(values) if values else None


def _bytes_all(turn: Document) -> Document:
    parts = turn.get("bytes_an_entry", {})
    whole = sum(value for name, value in parts.items() if not name.startswith("of it"))
    return dict(turn) | {
        "bytes_all": whole,
        "memory_most": sum(max(m, default=0) for m in turn["memory_mb"].values()),
    }


ROWS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("valid entries a minute", ("entries_a_minute",), "{:,.0f}"),
    ("requests to the model refused (429)", ("refused",), "{:,.0f}"),
    ("requests to the model an entry", ("requests_an_entry",), "{:.2f}"),
    ("tokens billed an entry", ("tokens_an_entry",), "{:,.0f}"),
    ("seconds to the first stored entry", ("first_entry_s",), "{:.1f}"),
    ("CPU an entry, ms, all processes", ("cpu_ms_an_entry_all",), "{:.1f}"),
    ("  the run's process", ("cpu_ms_an_entry", "run"), "{:.1f}"),
    ("  Prefect's server", ("cpu_ms_an_entry", "Prefect's server"), "{:.1f}"),
    ("  worker", ("cpu_ms_an_entry", "worker"), "{:.1f}"),
    ("  our server", ("cpu_ms_an_entry", "server"), "{:.1f}"),
    ("document operations an entry", ("operations_an_entry",), "{:.1f}"),
    ("bytes an entry, bookkeeping included", ("bytes_all",), "{:,.0f}"),
    ("start-up, s", ("up_s",), "{:.1f}"),
    ("memory at most, MB, all processes", ("memory_most",), "{:,.0f}"),
)


def table(found: Document) -> str:
    """The sides side by side, then what only ours has."""
    sides: dict[str, list[Document]] = {}
    for turn in found["turns"]:
        sides.setdefault(turn["side"], []).append(turn if "skipped" in turn else _bytes_all(turn))
    names = list(sides)
    lines = [f"{'':42}" + "".join(f"{name:>16}" for name in names)]

    def cells(values: Sequence[float | None], form: Callable[[float], str]) -> str:
        return "".join(f"{'–' if value is None else form(value):>16}" for value in values)

    for label, path, form in ROWS:
        values = [middle(sides[name], *path) for name in names]
        if any(value is not None for value in values):
            lines.append(f"{label:42}" + cells(values, form.format))
    mine = middle(sides.get("ours", ()), "entries_a_minute")
    ratios = [
        (mine / other) if mine and (other := middle(sides[name], "entries_a_minute")) else None
        for name in names
    ]
    lines.append(f"{'ours learns so many times as many':42}" + cells(ratios, "{:.2f}".format))
    lines += [f"{turn['side']}: left out. {turn['skipped']}" for turn in found["turns"] if "skipped" in turn]
    return "\n".join([*lines, *_of_ours(found)])


def _of_ours(found: Document) -> list[str]:
    lines = []
    if share := found.get("orchestration"):
        told = f"orchestration, CPU ms an entry: {share['orchestration_ms']:.1f}"
        parts = f"Prefect's server {share['server_ms']:.1f}, in the run's process {share['engine_ms']:.1f}"
        lines += ["", f"{told} ({parts})"]
    for name, api in found.get("api", {}).items():
        asked = ", ".join(
            f"{path} p50 {api[path]['p50']:.0f} p99 {api[path]['p99']:.0f}"
            for path in ("GET /jobs", "GET /jobs/{id}")
        )
        lines.append(f"four big jobs, {name}: {asked} ms; {api['words_a_second']:.0f} words a second")
    if launches := found.get("launch"):
        for label in ("POST -> running", "POST -> first entry", "cancel -> cancelled, process gone"):
            values = sorted(1000 * row[label] for row in launches)
            lines.append(f"{label}: median {statistics.median(values):.0f}, most {values[-1]:.0f} ms")
    for watched in found.get("watchers", ()):
        late = f"event to receipt p50 {watched['p50']:.0f}, p99 {watched['p99']:.0f} ms"
        lines.append(
            f"{watched['watchers']:,} watchers: {late}; {watched['kb_a_watcher']:.0f} KB of memory each"
        )
    if memory := found.get("memory"):
        lines.append(
            f"memory over {memory['minutes']:g} minutes, MB (after the first tenth, at the end, most):"
        )
        for name, series in memory["mb"].items():
            if series and max(series):
                lines.append(
                    f"  {name:20}{series[len(series) // 10]:8.0f}{series[-1]:8.0f}{max(series):8.0f}"
                )
    return lines
