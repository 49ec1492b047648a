"""Words that the dictionary or the rules take for forms of others, and that are none."""

from __future__ import annotations

MISREAD = frozenset(
    (
        "slang:sling 'hood:sling bare:bear fry:ferry opera:opus maria:mare wan:want lan:lin"
        " ne:northeast ai:be arc:arcade goddess:god propeller:propel leveller:level spade:spay an:a"
        " many:much cola:colon galen:gale bed:be feed:fee seed:see shed:she need:nee evening:even"
        " mrs:mr des:de us:u am:a.m. in:inch best:well lei:leu wicked:wick offer:off liver:live"
        " owner:own bother:both layer:lay after:aft homer:home founder:found outer:out litter:lit"
        " quora:quorum nostra:nostrum cava:cavum setter:set goner:gone backer:back easter:east weed:wee"
    ).split()
)
"""Pairs (form:base) that the dictionary or the rules take for a form and its word, and that are none."""

NO_FORMS = frozenset(
    (
        "during anything something nothing everything this his whereas versus unless perhaps always alas vis"
        " gus mars wales mildred alfred boeing beijing viking"
    ).split()
)
"""Words that end like a form and are none."""
