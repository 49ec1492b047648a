"""The waits that servers ask for, in their forms."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.boundary.waits import advised_wait_s, wait_s

NOW = datetime(2026, 11, 29, 12, 0, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=61)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("1.5", 1.5),
        (" 7 ", 7),
        ("+7", 7),
        ("7s", 7),
        ("1m30s", 90),
        ("2h", 7200),
        ("500ms", 0.5),
        ("250µs", 250e-6),
        ("250μs", 250e-6),
        ("7 seconds", 7),
        ("1 Minute and 30 seconds", 90),
        ("1 hour, 2 min", 3720),
        ("1d", 86_400),
        ("PT30S", 30),
        ("PT1H0.5S", 3600.5),
        ("P1DT1M", 86_460),
        ("00:00:30", 30),
        ("01:02:03.5", 3723.5),
        (SOON.isoformat(), 61),
        (SOON.isoformat().replace("+00:00", "Z"), 61),
        ("2026-11-29 12:01:01 UTC", 61),
        ("2026-11-29T13:01:01+01:00", 61),
        (format_datetime(SOON, usegmt=True), 61),
        (SOON.strftime("%A, %d-%b-%y %H:%M:%S GMT"), 61),
        (SOON.strftime("%a, %d %b %Y %H:%M:%S"), 61),
        (str(int(SOON.timestamp())), 61),
        (str(int(SOON.timestamp() * 1000)), 61),
        ("Wed, 21 Oct 2015 07:28:00 GMT", pytest.approx(-350_540_000, rel=0.01)),
        ("-5", None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("1e2", None),
        ("0x10", None),
        ("１２", None),
        ("P", None),
        ("PT", None),
        ("5 requests", None),
        ("5s!", None),
        ("2026-99-99", None),
        ("Wed, 21 Oct 99999999999999999999 07:28:00 GMT", None),
        ("Wed, 21 Oct 2015 99:99:99 GMT", None),
    ],
)
def test_a_wait_is_read_in_any_form(text, seconds):
    assert wait_s(text, NOW) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Rate limit reached. Please try again in 1m26.4s. Need more?", 86.4),
        ("Please try again in 2h", 7200),
        ("Please retry in 39.5s.", 39.5),
        ("PLEASE RETRY IN 5S", 5),
        ("Please retry after 26 seconds.", 26),
        ("Retry after 1 minute.", 60),
        ("No deployments available, Try again in 60 seconds.", 60),
        ("Please try your request again in 3 minutes", 180),
        ("try again in 1 minute and 30 seconds", 90),
        ("try again in about 2 minutes", 120),
        ("Please wait 20 seconds before sending another", 20),
        ("wait for 5s", 5),
        ("limit resets in 45 seconds", 45),
        ("retry_after: 12", 12),
        ('{"retry_after": 12.5}', 12.5),
        ("retryDelay=7s", 7),
        ("Retry-After: 9", 9),
        ("Try again at 2026-11-29T12:01:01Z", 61),
        ("You will regain access on 2026-11-30 at 12:00 UTC.", 86_400),
        ("try again in 5s, or in a minute; resets in 40s", 40),
        ("try again in a few seconds", None),
        ("try again later", None),
        ("wait 5", None),
        ("retry at most 3 times", None),
        ("retry in 2 requests", None),
        ("try again at 2020-01-01", None),
        ("", None),
    ],
)
def test_advice_to_wait_is_found_in_a_text(text, seconds):
    assert advised_wait_s(text, NOW) == pytest.approx(seconds)


@given(st.text(alphabet=st.sampled_from("0123456789.:+-PTDHMS smhdµ,andGMTOct\ud800٣é\n"), max_size=40))
def test_nothing_raises(text):
    assert wait_s(text, NOW) is None or isinstance(wait_s(text, NOW), float)
    told = advised_wait_s(f"try again in {text}", NOW)
    assert told is None or told >= 0
