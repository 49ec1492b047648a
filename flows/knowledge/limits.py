"""Every bound on what a person may request; flows, HTTP API, command line and (through OpenAPI) the dashboard
read it here.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

MAX_MINUTES = 10.0
"""Working time, across restarts."""
QUICK_MINUTES = 2.0
"""Time limit of a quick job; not configurable."""
MAX_GIVEN_WORDS = 500
"""Per job."""
MAX_WORD_LENGTH = 60
"""In characters."""
MAX_WORD_PARTS = 4
"""Words per headword, such as the three of "red blood cell"."""
MAX_TOPIC_LENGTH = 200
"""In characters."""
MAX_LIMIT = 500
QUICK_LIMIT = 20
DEEP_LIMIT = 40
MAX_ENTRIES = 1_000_000
MAX_CANDIDATES_PER_ROUND = 5_000
CANDIDATES_PER_ROUND = 1_000
MAX_WORDS_PER_ROUND = 1_000
WORDS_PER_ROUND = 200
MAX_PAGE = 200
"""Items per page of a list."""
MAX_ROUNDS_PAGE = 50
MAX_LISTED_JOBS = 1_000
"""Jobs that `learn jobs` lists, and among which it looks for a shortened id."""
MAX_GRAPH_WORDS = 500
MAX_GRAPH_STEPS = 3
"""Steps from a word."""
MAX_LOOKED_UP = 500
"""Characters of a word in a path; what is behind them is ignored."""
MAX_CURSOR_LENGTH = 500
"""In characters."""
MAX_KEY_LENGTH = 200
"""Of an Idempotency-Key, in characters."""
MAX_SEARCH_LENGTH = 200
"""In characters."""

Minutes = Annotated[float, Field(gt=0, le=MAX_MINUTES)]
GivenWords = Annotated[list[str], Field(max_length=MAX_GIVEN_WORDS)]
TopicText = Annotated[str, Field(max_length=MAX_TOPIC_LENGTH)]
WordLimit = Annotated[int, Field(ge=1, le=MAX_LIMIT)]
MaxEntries = Annotated[int, Field(ge=1, le=MAX_ENTRIES)]
CandidatesPerRound = Annotated[int, Field(ge=1, le=MAX_CANDIDATES_PER_ROUND)]
WordsPerRound = Annotated[int, Field(ge=1, le=MAX_WORDS_PER_ROUND)]
