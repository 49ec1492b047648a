"""Firestore's errors as ours."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from google.api_core import exceptions
from google.auth import exceptions as auth_exceptions
from google.rpc import error_details_pb2 as details

from flows.errors import ConfigurationError, LearningError, StoreFull, StoreUnavailable
from flows.stores.firestore.driver.location import Location

TRANSIENT = (
    exceptions.ServiceUnavailable,
    exceptions.DeadlineExceeded,
    exceptions.InternalServerError,
    exceptions.ResourceExhausted,
    exceptions.Aborted,
    exceptions.Cancelled,
    exceptions.Unknown,
    auth_exceptions.TransportError,
)
"""Errors after which the same call may succeed. A write may have happened all the same."""
_A_MOMENT = frozenset({"RATE_LIMIT_EXCEEDED"})
"""Google's reasons (`google.api.ErrorReason`) for a limit that passes by itself."""
CONFLICT = (exceptions.FailedPrecondition, exceptions.AlreadyExists, exceptions.NotFound)
"""Errors of a commit one of whose documents is not as expected; nothing was written."""


@contextmanager
def translated(place: Location) -> Generator[None]:
    """Raise the client's errors as ours, with the cause chained.

    An invalid request of our own passes unchanged.
    """
    try:
        yield
    except (exceptions.GoogleAPICallError, auth_exceptions.GoogleAuthError, TimeoutError) as error:
        meaning = _meaning(error, place)
        if meaning is None:
            raise
        raise meaning from error


def _meaning(error: Exception, place: Location) -> LearningError | None:
    text = " ".join(str(error).split())[:300]
    # raised only after calls were repeated for a while, so a burst is over by then
    if isinstance(error, exceptions.ResourceExhausted) and not _passes(error):
        return StoreFull(
            f"{place.url}: the project's quota or Firestore's capacity is used up ({text}). If it is the"
            " daily quota, wait until tomorrow, or enable billing"
        )
    if isinstance(error, (*TRANSIENT, TimeoutError)):
        return StoreUnavailable(f"{place.url} did not answer in time: {text or type(error).__name__}")
    # of a query; a commit's is a conflict
    if isinstance(error, exceptions.FailedPrecondition):
        return ConfigurationError(
            f"LEARN_STORE: {place.url} cannot answer a query: {text} If an index is missing, deploy it with:"
            " firebase deploy --only firestore:indexes"
        )
    if isinstance(error, (exceptions.PermissionDenied, exceptions.Unauthenticated)):
        return ConfigurationError(
            f"LEARN_STORE: {place.url} denies access to this account. Grant it the role Cloud Datastore User"
            f" (roles/datastore.user). {text}"
        )
    if isinstance(error, auth_exceptions.GoogleAuthError):
        return ConfigurationError(
            "GOOGLE_APPLICATION_CREDENTIALS: no usable Firestore credentials. Set it to a service account's"
            f" key file, or run: gcloud auth application-default login. {text}"
        )
    if isinstance(error, exceptions.NotFound):
        return ConfigurationError(
            f"LEARN_STORE: {place.url} does not exist. Create it with: gcloud firestore databases create."
            f" {text}"
        )
    return None


def _passes(error: exceptions.ResourceExhausted) -> bool:
    """Whether fields of the response say that the limit is temporary: by a reason, or by when to
    try again.
    """
    return error.reason in _A_MOMENT or any(isinstance(each, details.RetryInfo) for each in error.details)
