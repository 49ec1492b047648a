"""Irregular forms that simplemma's dictionary misreads, mostly because they are also words of their own
(build time).
"""

from __future__ import annotations

IRREGULAR: tuple[tuple[str, str], ...] = tuple(
    (form, base)
    for form, _, base in (
        pair.partition(":")
        for pair in (
            "bent:bend bit:bite bore:bear born:bear bound:bind broke:break drunk:drink felt:feel gone:go"
            " ground:grind left:leave rose:rise rung:ring shook:shake shot:shoot slew:slay swore:swear"
            " thought:think trod:tread won:win wound:wind worse:bad less:little least:little more:much"
            " most:much further:far eldest:old axes:axis bases:basis calves:calf data:datum halves:half"
            " leaves:leaf lives:life loaves:loaf people:person shelves:shelf thieves:thief wives:wife"
        ).split()
    )
)
