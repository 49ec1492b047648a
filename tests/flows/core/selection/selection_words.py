"""A small vocabulary, and what screening makes of it."""

from __future__ import annotations

from flows.core.selection import judge, screen

BASES = {
    "cats": ["cat"],
    "colours": ["colour"],
    "colors": ["color"],
    "found": ["find", "found"],
    "leaves": ["leaf", "leave"],
}


ONE_MEANING = [{"colour", "color"}, {"ice cream", "ice-cream"}, {"cafe", "café"}, {"centre", "center"}]


def base_forms(key):
    return BASES.get(key, [])


def are_variants(one, other):
    return {one, other} in ONE_MEANING


def screened(*proposed, processed=()):
    pairs = [(item, "model") if isinstance(item, str) else item for item in proposed]
    return screen(pairs, processed=processed, base_forms=base_forms, are_variants=are_variants)


def judged(*proposed, processed=(), taken=None, limit=100):
    return judge(screened(*proposed, processed=processed), taken=taken or {}, limit=limit)


def outcomes(candidates):
    return [(c.text, c.verdict, c.reason) for c in candidates]
