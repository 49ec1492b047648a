"""What an error of Google's client means, by its status and fields."""

from __future__ import annotations

import pytest
from google.api_core import exceptions
from google.auth.exceptions import DefaultCredentialsError, TransportError
from google.rpc import error_details_pb2 as details

from flows.errors import ConfigurationError, StoreFull, StoreUnavailable
from flows.stores.firestore.driver.failures import translated


@pytest.mark.parametrize(
    ("raised", "meaning", "says"),
    [
        (exceptions.ServiceUnavailable("connection refused"), StoreUnavailable, "connection refused"),
        (exceptions.DeadlineExceeded("504"), StoreUnavailable, "in time"),
        (exceptions.Aborted("too much contention"), StoreUnavailable, "contention"),
        (exceptions.ResourceExhausted("Quota exceeded."), StoreFull, "billing"),
        (exceptions.ResourceExhausted("Bandwidth exhausted"), StoreFull, "capacity"),
        (
            exceptions.ResourceExhausted("slow down", details=[details.RetryInfo()]),
            StoreUnavailable,
            "slow down",
        ),
        (
            exceptions.ResourceExhausted(
                "Quota exceeded for quota metric 'Writes'",
                error_info=details.ErrorInfo(reason="RATE_LIMIT_EXCEEDED", domain="googleapis.com"),
            ),
            StoreUnavailable,
            "Writes",
        ),
        (
            exceptions.ResourceExhausted(
                "no more today", error_info=details.ErrorInfo(reason="RESOURCE_QUOTA_EXCEEDED")
            ),
            StoreFull,
            "no more today",
        ),
        (
            exceptions.PermissionDenied("Missing or insufficient permissions."),
            ConfigurationError,
            "roles/datastore.user",
        ),
        (
            exceptions.NotFound("The database (default) does not exist for project p"),
            ConfigurationError,
            "LEARN_STORE",
        ),
        (
            exceptions.FailedPrecondition("The query requires an index."),
            ConfigurationError,
            "firestore:indexes",
        ),
        (exceptions.FailedPrecondition("Datastore Mode"), ConfigurationError, "Datastore Mode"),
        (DefaultCredentialsError("not found"), ConfigurationError, "GOOGLE_APPLICATION_CREDENTIALS"),
        (TransportError("no route"), StoreUnavailable, "no route"),
        (exceptions.InvalidArgument("a mistake of ours"), exceptions.InvalidArgument, "ours"),
    ],
)
def test_each_error_of_the_client_has_a_meaning_and_a_way_out(place, raised, meaning, says):
    with pytest.raises(meaning, match=says), translated(place):
        raise raised
