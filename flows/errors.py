"""Every error that this package raises on purpose, in one tree, sorted by what the caller can do.

* LearningError
  x InvalidInput                 fix the input: names the field and the remedy
    - UnknownTopic
  x ConfigurationError           fix the installation: names the setting and the remedy
    - LexiconMissing
    - ExtraMissing
    - LanguageMismatch
    - SchemaTooNew
    - StoreReadOnly
    - SourceRefused
    - AddressInUse
  x TransientError               try again later; stage tasks retry these, and only these
    - RateLimited
    - ModelUnavailable
    - SourceUnavailable
    - StoreUnavailable
  x OutputError                  ask differently: fewer words, a larger budget, another model
    - MalformedOutput
    - RequestTooLarge
    - Refused
  x QuotaExhausted               stop, and try again when the provider's daily quota has reset
  x StaleAttempt                 stop: a newer attempt of the same job has taken over
  x StoreFull                    stop: the disk or the store's quota is full
  x StoreInUse                   close the store everywhere else first
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any


class LearningError(Exception):
    """Base of all errors that the learning pipeline raises."""


class InvalidInput(LearningError, ValueError):
    """A value entered by a person cannot be used.

    `field` is the parameter's name, `problem` what is wrong with it, `remedy` what to do instead; together
    they read "field: problem. remedy". `code` and `params` say the same for programs: a pydantic error type
    with its bounds, such as `less_than_equal` with `le`, or a code of ours.
    """

    def __init__(
        self,
        field: str,
        problem: str,
        remedy: str = "",
        *,
        code: str = "invalid",
        params: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{field}: {problem}. {remedy}".rstrip())
        self.field = field
        self.problem = problem
        self.remedy = remedy
        self.code = code
        self.params = dict(params or {})


class UnknownTopic(InvalidInput):
    """The language model knows no word near the topic."""


class ConfigurationError(LearningError):
    """The installation or its settings cannot work; the message says how to fix them."""


class LexiconMissing(ConfigurationError):
    """The lexicon's file was not built or is not readable."""


class ExtraMissing(ConfigurationError):
    """A setting requires a library that a plain installation does not include."""


class LanguageMismatch(ConfigurationError):
    """A store was opened for another language than the one it holds."""


class SchemaTooNew(ConfigurationError):
    """A store was written by a newer version of this package."""


class StoreReadOnly(ConfigurationError):
    """A store cannot be written, for example because its file is read-only; it can perhaps be read."""


class SourceRefused(ConfigurationError):
    """A research source refuses and will keep refusing until something is changed; research continues without
    it.
    """


class AddressInUse(ConfigurationError):
    """Another program is using the requested port."""


class TransientError(LearningError):
    """The same call may succeed later.

    `retry_after_s` is the provider's own advice in seconds, if given.
    """

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RateLimited(TransientError):
    """A provider refused the call because its limit per minute is used up."""


class ModelUnavailable(TransientError):
    """A language model did not answer, or answered with an error."""


class SourceUnavailable(TransientError):
    """A research source did not answer, or answered with an error."""


class StoreUnavailable(TransientError):
    """The store did not answer in time, for example because another process holds its lock."""


class StoreInUse(LearningError):
    """The store is open elsewhere, so it cannot be replaced."""


class OutputError(LearningError):
    """A language model's answer is not usable as it is."""


class MalformedOutput(OutputError):
    """The answer does not match the requested shape. `salvage` is the text received, if any."""

    def __init__(self, message: str, *, salvage: str = "") -> None:
        super().__init__(message)
        self.salvage = salvage


class RequestTooLarge(OutputError):
    """The request exceeds the model's limit for one call: split it."""


class Refused(OutputError):
    """The model or the provider's filter declined to answer."""


class QuotaExhausted(LearningError):
    """The daily limit is used up. `until` is when it resets, if the provider said so."""

    def __init__(self, message: str, *, until: datetime | None = None) -> None:
        super().__init__(message)
        self.until = until


class StaleAttempt(LearningError):
    """A newer attempt of the same job has begun, so this one can no longer write."""


class StoreFull(LearningError):
    """The store is full; what was committed before remains."""
