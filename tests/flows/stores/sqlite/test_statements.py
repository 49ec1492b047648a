"""The SQL statements of the SQLite store."""

from __future__ import annotations

import pytest

from flows.stores.sqlite.statements import STATEMENTS, statements_by_name


def test_every_statement_has_its_name():
    assert STATEMENTS["job"].startswith("SELECT document FROM jobs")


def test_two_statements_of_one_name_are_refused():
    with pytest.raises(ValueError, match="more than one statement twice"):
        statements_by_name("-- twice: a\nSELECT 1\n\n-- once: b\nSELECT 2\n\n-- twice: c\nSELECT 3\n")
