"""Whether the time of a token's compare tells of the token: `python tests/benchmarks/bench_token.py [CALLS]`
(40,000 a class), or by pytest.

Guesses of one length, in random order: one whose first character is wrong (of a session: of its signature),
and one whose last one is. Figures: the median time of each, nanoseconds, and Welch's t of their difference
over calls within the quickest 90 %; beyond ±4.5 a difference is taken for real (as the dudect method does). A
compare that stops at the first wrong character is measured the same way, to show that a leak would be seen.
"""

from __future__ import annotations

import json
import random
import secrets
import statistics
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))

from service.api.middleware.access import Access
from service.settings import FacadeSettings

REAL = 4.5
KEPT = 0.9


def stops_early(given, wanted):
    return all(a == b for a, b in zip(given, wanted, strict=True))


def t_value(one, other):
    spread = statistics.variance(one) / len(one) + statistics.variance(other) / len(other)
    return (statistics.fmean(one) - statistics.fmean(other)) / spread**0.5


def measure(compare, token, calls, *, at=0):
    def wrong_at(place):
        return token[:place] + ("x" if token[place] != "x" else "y") + token[place + 1 :]

    guesses = {"first": wrong_at(at), "last": wrong_at(len(token) - 1)}
    order = random.sample([*guesses] * calls, 2 * calls)
    took = {name: [] for name in guesses}
    for name in order:
        guess = guesses[name]
        began = time.perf_counter_ns()
        compare(guess)
        took[name].append(time.perf_counter_ns() - began)
    kept = {name: sorted(times)[: int(len(times) * KEPT)] for name, times in took.items()}
    return {
        **{f"{name}_ns": round(statistics.median(times)) for name, times in kept.items()},
        "t": round(t_value(kept["first"], kept["last"]), 2),
    }


def run(calls=40_000):
    token = secrets.token_hex(32)
    access = Access(FacadeSettings(api_token=token))
    cookie, _ = access.new_session()
    return {
        "token": measure(access.is_token, token, calls),
        "session": measure(access._is_session, cookie, calls, at=cookie.rindex(".") + 1),
        "one that leaks": measure(lambda given: stops_early(given, token), token, calls),
    }


def test_the_time_tells_nothing_of_the_token():
    found = run(20_000)
    print(found)
    assert abs(found["one that leaks"]["t"]) > REAL
    assert min(abs(run(20_000)["token"]["t"]) for _ in range(3)) < REAL


if __name__ == "__main__":
    print(json.dumps(run(*map(int, sys.argv[1:])), indent=2))
