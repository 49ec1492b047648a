from __future__ import annotations

import pytest

from flows.models.chat.headers import parse_duration
from tests.world.chat.limits import PLANS, Limiter, Limits, go_duration
from tests.world.clock import Clock


@pytest.fixture
def clock():
    return Clock(lambda: 0.0)


def test_headers_follow_the_formulas_that_were_recorded(clock):
    limiter = Limiter(PLANS["free"], clock)
    limiter.admit(40)
    limiter.admit(33)
    assert limiter.headers() == {
        "x-ratelimit-limit-requests": "1000",
        "x-ratelimit-remaining-requests": "998",
        "x-ratelimit-reset-requests": "2m52.8s",
        "x-ratelimit-limit-tokens": "8000",
        "x-ratelimit-remaining-tokens": "7927",
        "x-ratelimit-reset-tokens": "547ms",
    }


@pytest.mark.parametrize(
    ("limit", "used", "requested", "wait_s"),
    [(6000, 3513, 3166, 6.79), (6000, 5034, 1443, 4.77), (7000, 0, 12903, 50.597)],
)
def test_waits_are_those_of_recorded_refusals(clock, limit, used, requested, wait_s):
    limiter = Limiter(Limits(tpm=limit, rpm=None, rpd=None, tpd=None), clock)
    limiter.admit(used)
    refusal = limiter.admit(requested)
    assert refusal is not None
    assert (refusal.bound, refusal.limit, refusal.used, refusal.requested) == ("TPM", limit, used, requested)
    assert refusal.wait_s == pytest.approx(wait_s, abs=0.02)


def test_a_day_refuses_with_the_recorded_wait(clock):
    limiter = Limiter(Limits(rpm=None, tpm=None, rpd=None, tpd=100_000), clock)
    limiter.admit(97_050)
    refusal = limiter.admit(3619)
    assert refusal is not None
    assert refusal.bound == "TPD"
    assert go_duration(refusal.wait_s) == "9m38.016s"


@pytest.mark.parametrize(("bound", "admitted", "wait_s"), [("RPM", 30, 2.0), ("RPD", 1000, 86.4)])
def test_requests_are_limited_too(clock, bound, admitted, wait_s):
    limits = {"RPM": Limits(rpd=None), "RPD": Limits(rpm=None)}[bound]
    limiter = Limiter(limits, clock)
    assert all(limiter.admit(0) is None for _ in range(admitted))
    refusal = limiter.admit(0)
    assert refusal is not None
    assert (refusal.bound, refusal.used, refusal.requested) == (bound, admitted, 1)
    assert refusal.wait_s == pytest.approx(wait_s)


def test_a_refused_request_spends_nothing(clock):
    limiter = Limiter(Limits(rpm=30, tpm=100, rpd=1000, tpd=None), clock)
    assert limiter.admit(60) is None
    assert limiter.admit(60) is not None
    assert limiter.admit(40) is None


def test_what_was_waited_for_is_there(clock):
    limiter = Limiter(PLANS["free"], clock, minute_level=0.0)
    refusal = limiter.admit(1000)
    assert refusal is not None
    assert refusal.bound == "RPM"
    clock.advance(2.0)
    refusal = limiter.admit(1000)
    assert refusal is not None
    assert refusal.bound == "TPM"
    clock.advance(refusal.wait_s)
    assert limiter.admit(1000) is None


def test_settling_gives_back_what_was_not_used(clock):
    limiter = Limiter(PLANS["free"], clock)
    limiter.admit(5000)
    limiter.settle(5000, 1200)
    assert limiter.buckets["TPM"].level == 6800
    assert limiter.buckets["TPD"].level == 198_800


def test_no_bucket_rises_over_its_limit(clock):
    limiter = Limiter(PLANS["free"], clock)
    clock.advance(3600)
    limiter.settle(500, 0)
    assert limiter.buckets["TPM"].level == 8000


@pytest.mark.parametrize(
    "seconds", [0.001, 0.547, 0.999, 1.0, 7.66, 59.999, 60.0, 179.56, 3600.0, 3723.4, 6836.832]
)
def test_durations_read_back_as_what_they_are(seconds):
    assert parse_duration(go_duration(seconds)) == pytest.approx(seconds, abs=0.001)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.547, "547ms"), (7.66, "7.66s"), (179.56, "2m59.56s"), (3723.4, "1h2m3.4s"), (0, "0s"), (60, "1m0s")],
)
def test_durations_are_written_as_go_does(seconds, text):
    assert go_duration(seconds) == text
