"""A WordNet of a dozen meanings in the database format, written for these tests."""

from __future__ import annotations

from pathlib import Path

DATA = {
    "noun": (
        """\
00000100 03 n 01 being 0 002 ~ 00000200 n 0000 ~ 00000300 n 0000 | a living thing
00000200 05 n 02 dog 0 domestic_dog 0 003 @ 00000100 n 0000 %p 00000400 n 0000 + 00000100 v 0101 \
| an animal that barks; "the dog barked"
00000300 05 n 01 cat 0 001 @ 00000100 n 0000 | a tame animal that purrs
00000400 08 n 01 tail 0 001 #p 00000200 n 0000 | the hindmost part of an animal
00000500 18 n 01 cur 0 001 ;u 00000600 n 0000 | (ethnic slur) a nasty word for a person
00000600 10 n 01 slur 0 000 | a remark that insults
00000700 18 n 01 Rover 0 001 @i 00000200 n 0000 | a famous dog (1900-1912)
"""
    ),
    "verb": (
        """\
00000100 38 v 01 dog 0 001 + 00000200 n 0101 01 + 08 00 | follow closely; "she dogged his steps"
"""
    ),
    "adj": (
        """\
00000100 00 a 01 tame(a) 0 001 ! 00000200 a 0101 | not wild; "a tame fox" - A. Nobody; "tame cats"
00000200 00 s 01 wild(ip) 0 001 ! 00000100 a 0101 | living in nature, like a `free' beast...
"""
    ),
    "adv": (
        """\
00000100 02 r 01 doggedly 0 001 \\ 00000100 a 0101 | in a stubborn way
"""
    ),
}
SENSES = """\
dog%1:05:00:: 00000200 1 42
domestic_dog%1:05:00:: 00000200 1 0
dog%2:38:00:: 00000100 1 2
cat%1:05:00:: 00000300 1 18
being%1:03:00:: 00000100 1 30
tail%1:08:00:: 00000400 1 5
cur%1:18:00:: 00000500 1 0
slur%1:10:00:: 00000600 1 1
rover%1:18:00:: 00000700 1 0
tame%3:00:00:: 00000100 1 3
wild%5:00:00:tame:00 00000200 1 4
doggedly%4:02:00:: 00000100 1 0
"""
LICENCE = "  1 A licence stands at the top of each file, indented by two spaces.\n"


def write(folder: Path) -> Path:
    for name, lines in DATA.items():
        (folder / f"data.{name}").write_text(LICENCE + lines)
    (folder / "index.sense").write_text(SENSES)
    return folder
