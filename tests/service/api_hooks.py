"""What a schema cannot say, for schemathesis: the rules of words, and cursors, which come from answers."""

from __future__ import annotations

import schemathesis
from hypothesis import strategies as st

from flows.stores.cursors import encode_cursor
from service.live.topic import LogPosition

KNOWN = ("moss", "and/or", "naïve")

schemathesis.openapi.format("word", st.sampled_from(["photosynthesis", "take off", "naïve", "and/or"]))
schemathesis.openapi.format("topic", st.sampled_from(["astronomy", " Music", "sea", ""]))
schemathesis.openapi.format("known-word", st.sampled_from(KNOWN))
CURSORS = {
    "/jobs": encode_cursor("jobs", 2**50, ""),
    "/jobs/{job_id}/events": LogPosition().cursor,
    "/knowledge": encode_cursor("newest", 2**50, ""),
    "/frontier": encode_cursor("frontier", 20, ""),
}


@schemathesis.hook
def before_call(context, case, kwargs):
    """A cursor belongs to the list that it came from, and that of the newest entries to no search for
    a text.
    """
    del context, kwargs
    query = case.query or {}
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    for name in ("cursor", "after", "before"):
        if isinstance(query.get(name), str) and case.operation.path in CURSORS:
            query[name] = CURSORS[case.operation.path]
    if query.get("q"):
        query.pop("cursor", None)
