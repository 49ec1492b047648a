"""Many watchers on one running job and one facade: `bench_watchers.py [WATCHERS] [CHANGES] [flood]` (1,000
and 20), or by pytest.

Figures: milliseconds from the moment at which Prefect says that a state began to its receipt, over all
watchers and changes; and the growth of the facade's resident memory by watcher. The watchers are in a process
of their own, on the same machine; one more never reads. With `flood` one more process takes all places that
are left and then asks for another fifty times a second; how often it was refused is told.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT), str(ROOT / "tests" / "service")]

AT_ONCE = 20
"""Connections that are opened at the same time."""
BETWEEN_S = 1.5


async def watch_all(url, job_id, count):
    """The second process: watches, says when all have their first frame, and what they got."""
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed

    opening = asyncio.Semaphore(AT_ONCE)
    left = count
    parsed = {}
    got = [[] for _ in range(count)]
    codes = [None] * count

    async def one(number):
        nonlocal left
        async with opening:
            connected = await connect(
                f"ws{url.removeprefix('http')}/ws/jobs/{job_id}",
                open_timeout=120,
                ping_interval=None,
                proxy=None,
            )
            first = await connected.recv(decode=False)
        got[number].append((time.time(), first))
        left -= 1
        if left == 0:
            print("ready", flush=True)
        async with connected:
            with suppress(ConnectionClosed):
                while True:
                    text = await connected.recv(decode=False)
                    got[number].append((time.time(), text))
            codes[number] = connected.close_code

    await asyncio.gather(*map(one, range(count)))
    late, made, ways, ends, by_change = [], [], {}, {}, {}
    for number, received in enumerate(got):
        states = []
        for at, text in received:
            if text not in parsed:
                parsed[text] = frame = json.loads(text)
                sent = datetime.fromisoformat(frame["sent_at"])
                made += [
                    (sent - datetime.fromisoformat(e["occurred"])).total_seconds() * 1000
                    for e in frame["events"]
                    if e["kind"][:6] == "state."
                ]
            for event in parsed[text]["events"]:
                if event["kind"].startswith("state."):
                    states.append(event["id"])
                    late.append((at - datetime.fromisoformat(event["occurred"]).timestamp()) * 1000)
                    by_change.setdefault(f"{event['id']} {event['kind']}", []).append(late[-1])
        ways[tuple(states)] = ways.get(tuple(states), 0) + 1
        end = f"{parsed[received[-1][1]]['status']} {codes[number]}"
        ends[end] = ends.get(end, 0) + 1
    late.sort()
    frames = sum(map(len, got))
    share = (
        {"frame_made_p50": round(sorted(made)[len(made) // 2], 1), "frames": frames}
        | {f"p{p}": round(late[min(len(late) - 1, len(late) * p // 100)], 1) for p in (50, 90, 99)}
        if late
        else {}
    )
    print(
        json.dumps(
            {
                **share,
                "most": round(late[-1], 1),
                "by_change": {
                    name: f"{min(each):.0f} to {max(each):.0f}" for name, each in by_change.items()
                },
                "changes": sorted(map(len, ways)),
                "ways": len(ways),
                "ends": ends,
            }
        ),
        flush=True,
    )


async def flood(url, job_id):
    """The third process: holds all places that it gets, and asks for more until it is told to end."""
    from websockets.asyncio.client import connect
    from websockets.exceptions import InvalidStatus

    address = f"ws{url.removeprefix('http')}/ws/jobs/{job_id}"
    held, refused = [], {}
    ended = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
    while not ended.done():
        try:
            held.append(await connect(address, open_timeout=60, ping_interval=None, proxy=None))
        except InvalidStatus as error:
            status = error.response.status_code
            refused[status] = refused.get(status, 0) + 1
            await asyncio.sleep(0.02)
    print(json.dumps({"flood_held": len(held), "flood_refused": refused}), flush=True)
    os._exit(0)


def resident_kb(pid):
    return next(
        int(line.split()[1])
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmRSS:")
    )


def cpu_s(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def deaf(url, job_id):
    """A watcher that says hello and never reads."""
    parts = urlsplit(url)
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect((parts.hostname, parts.port))
    key = b64encode(os.urandom(16)).decode()
    head = (
        f"GET /ws/jobs/{job_id} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection:"
        " Upgrade\r\n"
    )
    line.sendall(f"{head}Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
    return line


async def measure(home, count, changes, *, has_flood):
    from own_facade import OwnFacade, ToldJob
    from prefect.states import Paused, Running

    from flows.stores import open_store
    from tests.service.deploying import deploy

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    await deploy()
    url = f"sqlite:///{home / 'knowledge.db'}"
    async with open_store(url, language="en") as store:
        told = await (await ToldJob.start(store)).begin()
        limits = {"LEARN_MAX_CONNECTIONS": str(count + 200), "LEARN_MAX_CLIENT_CONNECTIONS": str(count + 20)}
        facade = OwnFacade(home, port, url, **limits).start()
        line, flooding = None, {}
        try:
            async with httpx.AsyncClient(timeout=60) as client:
                for _ in range(3):
                    await client.get(f"{facade.url}/jobs/{told.job_id}")
            before_kb = resident_kb(facade.pid)
            clients = await asyncio.create_subprocess_exec(
                sys.executable,
                __file__,
                "--watch",
                facade.url,
                str(told.job_id),
                str(count),
                stdout=subprocess.PIPE,
            )
            opened = time.monotonic()
            assert (await asyncio.wait_for(clients.stdout.readline(), 300)) == b"ready\n"
            opened = time.monotonic() - opened
            after_kb = resident_kb(facade.pid)
            line = deaf(facade.url, told.job_id)
            if has_flood:
                third = await asyncio.create_subprocess_exec(
                    sys.executable,
                    __file__,
                    "--flood",
                    facade.url,
                    str(told.job_id),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                )
                await asyncio.sleep(3)
            began, used = time.monotonic(), cpu_s(facade.pid)
            for number in range(changes):
                await told.do(*(f"line {number}.{n}" for n in range(5)))
                await asyncio.sleep(BETWEEN_S)
                await told.put(Paused() if number % 2 else Running())
                await asyncio.sleep(BETWEEN_S / 3)
            used, took = cpu_s(facade.pid) - used, time.monotonic() - began
            if has_flood:
                flooding = json.loads((await asyncio.wait_for(third.communicate(b"\n"), 60))[0])
            await told.end()
            found = json.loads(await asyncio.wait_for(clients.stdout.readline(), 120))
            await clients.wait()
        finally:
            if line is not None:
                line.close()
            facade.stop()
    found |= {
        "watchers": count,
        "wanted": changes + 1,
        "kb_a_watcher": round((after_kb - before_kb) / count, 1),
        "opened_in_s": round(opened, 1),
    }
    return (
        found
        | {
            "facade_us_a_frame": round(used * 1e6 / found["frames"]),
            "facade_cpu_share": round(used / took, 2),
            "load": os.getloadavg()[0],
        }
        | flooding
    )


def run(count=1000, changes=20, *, has_flood=False):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    from flows.settings import Settings
    from service.stack.environment import adopted, client_environment
    from service.stack.prefect_server import prefect_server, stop_if_unused

    async def all_of_it():
        with tempfile.TemporaryDirectory(prefix="bench-watchers-") as folder:
            home = Path(folder)
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                settings = Settings(home=home, prefect_port=free.getsockname()[1])
            try:
                async with prefect_server(settings, say=lambda text: print(text, file=sys.stderr)) as url:
                    with adopted(client_environment(settings, url) | {"LEARN_HOME": str(home)}):
                        return await measure(home, count, changes, has_flood=has_flood)
            finally:
                await stop_if_unused(settings, within_s=5)

    return asyncio.run(all_of_it())


def test_every_watcher_gets_every_change():
    found = run(300, 6)
    print(found)
    assert found["changes"] == [found["wanted"]]
    assert found["ends"] == {"completed 1000": 300}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--watch"]:
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
        asyncio.run(watch_all(sys.argv[2], sys.argv[3], int(sys.argv[4])))
    elif sys.argv[1:2] == ["--flood"]:
        asyncio.run(flood(sys.argv[2], sys.argv[3]))
    else:
        print(
            json.dumps(
                run(*(int(n) for n in sys.argv[1:] if n.isdigit()), has_flood="flood" in sys.argv), indent=2
            )
        )
