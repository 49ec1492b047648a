"""Pages found in an answer."""

from __future__ import annotations


def page(body, title):
    return next(page for page in body["query"]["pages"] if page["title"] == title)
