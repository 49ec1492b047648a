"""Firestore's errors as ours."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from google.api_core import exceptions
from google.auth import exceptions as auth_exceptions

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
    if isinstance(error, exceptions.ResourceExhausted) and "quota" in text.lower():
        return StoreFull(
            f"{place.url}: the project's quota is used up ({text}). Wait until tomorrow, or enable billing"
        )
    if isinstance(error, (*TRANSIENT, TimeoutError)):
        return StoreUnavailable(f"{place.url} did not answer in time: {text or type(error).__name__}")
    if isinstance(error, exceptions.FailedPrecondition) and "index" in text.lower():
        return ConfigurationError(
            f"LEARN_STORE: {place.url} lacks an index. Deploy it with: firebase deploy --only"
            f" firestore:indexes. {text}"
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
