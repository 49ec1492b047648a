"""What is left of one model's quota: four token buckets for requests and tokens per minute and per day,
refilled steadily, as providers count.

All times are seconds of one clock read by the caller. Values are frozen; every function returns a new one.
"""

from flows.core.quota.buckets import MINUTE_S, Quota, QuotaBucket, QuotaLimits, Window
from flows.core.quota.observing import Seen, left, not_refilled, observe, remember, spent
from flows.core.quota.reserving import (
    LONGEST_REFUSAL_S,
    LONGEST_WAIT_S,
    DayUsedUp,
    Granted,
    TooLarge,
    Wait,
    charge,
    reserve,
)

__all__ = [
    "LONGEST_REFUSAL_S",
    "LONGEST_WAIT_S",
    "MINUTE_S",
    "DayUsedUp",
    "Granted",
    "Quota",
    "QuotaBucket",
    "QuotaLimits",
    "Seen",
    "TooLarge",
    "Wait",
    "Window",
    "charge",
    "left",
    "not_refilled",
    "observe",
    "remember",
    "reserve",
    "spent",
]
