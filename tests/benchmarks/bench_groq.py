"""How much of Groq's quota a big job uses, and what an entry costs, against the world with real latencies.

nice -n 5 .venv/bin/python -m tests.benchmarks.bench_groq --plan developer --seconds 60
nice -n 5 .venv/bin/python -m tests.benchmarks.bench_groq --plan free --seconds 300

The bucket is empty at the start (free: full). Tokens settled are those that the world charged to the limits
of the binding model.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx

from tests.world.chat.limits import PLANS


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--plan", choices=("developer", "free"), default="developer")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--skip", type=float, default=10.0, help="seconds of filling up that are not counted")
    parser.add_argument("--concurrency", type=int, default=0)
    parser.add_argument("--proposing", choices=("lexicon", "zipf"), default="lexicon")
    parser.add_argument("--sources", default="auto")
    parser.add_argument("--port", type=int, default=4871)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-groq-") as home:
        world = subprocess.Popen(
            [
                *(
                    sys.executable,
                    "-m",
                    "tests.world",
                    "--plan",
                    given.plan,
                    "--latency",
                    "1",
                    "--proposing",
                    given.proposing,
                ),
                *("--level", "0" if given.plan == "developer" else "1"),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            for line in world.stdout or ():
                if line.startswith("# report: "):
                    report_url = line.split()[2]
                    break
                name, _, value = line.removeprefix("export ").strip().partition("=")
                os.environ[name] = value
            os.environ |= {
                "LEARN_HOME": home,
                "PREFECT_HOME": f"{home}/prefect",
                "LEARN_CONCURRENCY": str(given.concurrency),
            }
            os.environ |= {
                "LEARN_SOURCES": given.sources,
                "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
                "PREFECT_LOGGING_LEVEL": "WARNING",
            }
            asyncio.run(measure(given, report_url, Path(home)))
        finally:
            world.terminate()
            world.wait()


async def measure(given: argparse.Namespace, report_url: str, home: Path) -> None:
    from flows.settings import read_settings
    from service.stack.environment import adopted, client_environment
    from service.stack.prefect_server import ensure_server, stop_if_unused, take_lease

    settings = read_settings().model_copy(update={"prefect_port": given.port})
    lease = await take_lease(settings)
    try:
        url = await ensure_server(settings, say=print)
        with adopted(client_environment(settings, url) | {"PREFECT_HOME": str(home / "prefect")}):
            from flows import big_learning

            began = time.time()
            job = await big_learning(minutes=given.seconds / 60)
            took_s = time.time() - began
    finally:
        lease.close()
        await stop_if_unused(settings, within_s=5)
    async with httpx.AsyncClient(timeout=30) as client:
        log = (await client.get(f"{report_url}?log=1")).json()["log"]
    show(given, [r for r in log if r["route"] == "chat"], job, began, took_s)
    wiki = Counter((r["route"], r["status"]) for r in log if r["route"] not in {"chat", "models"})
    print(f"other requests: {dict(wiki)}")


def show(given: argparse.Namespace, chat: list[dict], job, began: float, took_s: float) -> None:
    counts, stored = job.counts, max(1, job.counts.stored)
    done = [(r["began"] + r["took_s"] - began, r) for r in chat if r["took_s"] is not None]
    for model in sorted({r["model"] for r in chat}):
        mine = [(at, r) for at, r in done if r["model"] == model]
        settled = sum(r["charged"] for at, r in mine if given.skip <= at < given.seconds)
        most = PLANS[given.plan].tpm * (given.seconds - given.skip) / 60
        print(
            f"{model}: {settled:,} tokens settled from {given.skip:g} to {given.seconds:g} s:"
            f" {settled / most:.1%} of {most:,.0f}; ",
            end="",
        )
        print(
            f"statuses {dict(Counter(r['status'] for _, r in mine))}; by task"
            f" {dict(Counter(r['task'] for _, r in mine))}"
        )
        seconds = Counter(int(at // 5) for at, r in mine for _ in range(r["charged"]))
        print("  each 5 s: " + " ".join(f"{seconds[at]:,}" for at in range(int(given.seconds // 5) + 1)))
    refused = sum(r["status"] == 429 for r in chat)
    print(
        f"429: {refused} of {len(chat)} requests, {refused / max(1, len(chat)):.2%}; 413:"
        f" {sum(r['status'] == 413 for r in chat)}"
    )
    print(
        f"stored {counts.stored}, defined {counts.defined}, failed {counts.failed}, end {job.end_reason!r},"
        f" {took_s:.1f} s"
    )
    print(f"errors {job.errors}")
    print(f"usage of the job: {job.usage}")
    for task in ("propose", "define", "enrich"):
        of_task = [r for r in chat if r["task"] == task and r["status"] in {200, 499}]
        tokens_in, tokens_out = sum(r["tokens_in"] for r in of_task), sum(r["tokens_out"] for r in of_task)
        cached = sum(r["tokens_cached"] for r in of_task)
        requested = sum(r["requested"] for r in of_task)
        print(
            f"  {task}: {len(of_task)} requests, an entry {tokens_in / stored:.1f} in ({cached / stored:.1f}"
            f" cached) {tokens_out / stored:.1f} out; ",
            end="",
        )
        print(f"reserved {requested / max(1, tokens_in + tokens_out):.2f}x")
    billed = sum(r["tokens_in"] + r["tokens_out"] for r in chat)
    print(f"tokens billed an entry: {billed / stored:.1f}")


if __name__ == "__main__":
    main()
