"""Which database a URL names."""

from __future__ import annotations

import re
from typing import NamedTuple, Self
from urllib.parse import unquote

from flows.errors import ConfigurationError

DEFAULT_DATABASE = "(default)"
_PROJECT = re.compile(r"(?:[a-z0-9.-]{1,100}:)?[a-z][a-z0-9-]{2,61}[a-z0-9]")
_DATABASE = re.compile(r"\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9]")


class Location(NamedTuple):
    """A database of a Google Cloud project."""

    project: str
    database: str = DEFAULT_DATABASE

    @classmethod
    def parse(cls, location: str) -> Self:
        """The location in the part of a URL after `firestore://`: `project` or `project/database`.

        Raises ConfigurationError.
        """
        project, _, database = unquote(location).rstrip("/").partition("/")
        database = database or DEFAULT_DATABASE
        if not _PROJECT.fullmatch(project) or not _DATABASE.fullmatch(database):
            raise ConfigurationError(
                f"LEARN_STORE: firestore://{location} is not a valid database URL. Use firestore://project-id"
                " for the default database or firestore://project-id/database-id"
            )
        return cls(project, database)

    @property
    def url(self) -> str:
        """As in LEARN_STORE."""
        return f"firestore://{self.project}/{self.database}"

    @property
    def name(self) -> str:
        """As in Firestore's API."""
        return f"projects/{self.project}/databases/{self.database}"
