from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx

from tests.world.chat.limits import PLANS, Limits
from tests.world.conftest import AGENT, BIG, SMALL, about, request
from tests.world.faults import Fault

ROOT = Path(__file__).parents[2]


async def test_the_report_counts_by_route_model_and_status(world, ask, read):
    await ask(**about("define", ["dog"]))
    await ask(**about("define", ["cat"]))
    await ask(**about("enrich", ["dog"]) | {"model": SMALL})
    await ask.refusal(**about("define", ["dog"]) | {"model": "gone"})
    read.raw(titles="Dog")
    report = world.report()
    assert report["requests"] == {
        "chat": {BIG: {"200": 2}, SMALL: {"200": 1}, "gone": {"404": 1}},
        "wikipedia": {"-": {"200": 1}},
    }
    assert report["at_once"] == {"chat": 0, "wikipedia": 0}
    assert world.statuses("chat") == {200: 3, 404: 1}
    world.forget()
    assert world.report()["requests"] == {}


async def test_the_log_tells_each_request(world, ask, read):
    await ask(**about("define", ["dog", "cat"]))
    read.raw(titles="Dog|Cat")
    define, look_up = world.log()
    assert (define["route"], define["task"], define["words"], define["status"], define["model"]) == (
        "chat",
        "define",
        ["dog", "cat"],
        200,
        BIG,
    )
    assert define["requested"] == define["tokens_in"] + 4000
    assert define["agent"].startswith("AsyncGroq/Python")
    assert (look_up["route"], look_up["words"], look_up["agent"]) == (
        "wikipedia",
        ["Dog", "Cat"],
        AGENT["user-agent"],
    )


async def test_settled_tokens_are_told_by_second_model_and_task(world, ask):
    completion, _ = await ask(**about("define", ["dog"]))
    report = world.report()
    total = completion.usage.total_tokens
    assert sum(report["settled_by_second"][BIG].values()) == total
    assert report["tokens"][f"{BIG} define"] == report["tokens"][BIG]
    assert report["tokens"][BIG]["tokens_out"] == completion.usage.completion_tokens
    assert world.settled(BIG, report["began"], report["now"]) == total
    assert world.settled(BIG, report["now"], report["now"] + 60) == 0
    assert world.settled(SMALL, report["began"], report["now"]) == 0


async def test_levels_follow_requests_and_the_clock(world, ask):
    await ask(**about("define", ["dog"]))
    spent = world.report()["levels"][BIG]
    assert spent["RPM"] < 30
    assert spent["TPM"] < 8000
    world.advance(60)
    full = world.report()["levels"][BIG]
    assert (full["RPM"], full["TPM"]) == (30, 8000)
    assert full["TPD"] < 200_000


async def test_limits_can_change_while_it_runs(world, ask):
    world.limit(BIG, Limits(rpm=None, tpm=None, rpd=None, tpd=100))
    assert "(TPD): Limit 100" in (await ask.refusal(**about("define", ["dog"]))).body["error"]["message"]
    world.limit(BIG, PLANS["developer"], level=0.5)
    _, headers = await ask(**about("define", ["dog"]))
    assert headers["x-ratelimit-limit-tokens"] == "250000"
    assert int(headers["x-ratelimit-remaining-tokens"]) < 126_000


def test_its_variables_are_those_that_the_settings_read(world, monkeypatch):
    from flows.settings import Settings

    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.writes_with_groq
    assert settings.groq_base_url == world.url
    assert settings.source_names == ("lexicon", "wikipedia", "wiktionary")
    assert settings.wikipedia_url == f"{world.url}/w/api.php"
    assert settings.wiktionary_url == f"{world.url}/wiktionary/w/api.php"
    assert (
        settings.requests_per_minute,
        settings.tokens_per_minute,
        settings.requests_per_day,
        settings.tokens_per_day,
    ) == (30, 8000, 1000, 200_000)


async def test_it_runs_in_a_process_of_its_own(make_world, make_asker):
    world = make_world(
        process=True, plan="developer", level=0.5, seed=4, faults=(Fault(kind="server_error", times=1),)
    )
    ask = make_asker(world)
    assert (await ask.refusal(**about("define", ["dog"]))).status_code == 500
    _, headers = await ask(**about("define", ["dog"]))
    assert headers["x-ratelimit-limit-tokens"] == "250000"
    assert world.statuses("chat") == {500: 1, 200: 1}


def test_it_runs_by_itself_and_says_how_to_point_at_it(tmp_path):
    plan = tmp_path / "faults.json"
    plan.write_text('[{"kind": "unavailable", "route": "models"}]')
    command = [sys.executable, "-m", "tests.world", "--plan=developer", "--latency=0", f"--faults={plan}"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}
    ) as process:
        try:
            lines = iter(process.stdout.readline, "")
            told = dict(
                line.removeprefix("export ").strip().split("=", 1)
                for line, _ in zip(lines, range(9), strict=False)
            )
            response = httpx.get(
                told["GROQ_BASE_URL"] + "/openai/v1/models",
                headers={"authorization": f"Bearer {told['GROQ_API_KEY']}"},
            )
        finally:
            process.terminate()
    assert response.status_code == 503
    assert told["LEARN_TOKENS_PER_MINUTE"] == "250000"
    assert told["LEARN_TOKENS_PER_DAY"] == "0"
    assert set(told) >= {"WIKIMEDIA_CONTACT", "LEARN_WIKIPEDIA_URL", "LEARN_WIKTIONARY_URL"}


async def test_proposals_repeat_themselves_when_that_is_asked_for(make_world, make_asker):
    ask = make_asker(make_world(proposing="zipf", plan="unlimited"))
    body = request(
        "propose",
        {"task": "propose", "count": 100, "cells": ["animal, 1-20000"], "topic": None, "avoid": ["cat"]},
        model=SMALL,
    )
    answers = [(await ask.answer(**body))["words"] for _ in range(4)]
    assert all(len(set(words)) == 100 for words in answers)
    assert len({word for words in answers for word in words}) < 330
    ask = make_asker(make_world(plan="unlimited"))
    answers = [(await ask.answer(**body))["words"] for _ in range(4)]
    assert len({word for words in answers for word in words}) == 400
