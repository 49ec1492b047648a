"""Exports that other programs open: cells that are no formulas, lines that are one line."""

import csv
import io
import json

import pytest

from flows.knowledge import Entry
from service.exports.formats import encoded, json_line
from tests.flows.stores.store_documents import entry


async def rows(*entries):
    async def all_of_them():
        for one in entries:
            yield one

    content = b"".join([piece async for piece in encoded(all_of_them(), "csv")])
    assert content.startswith(b"\xef\xbb\xbf")
    content = content.decode("utf-8-sig")
    return content, list(csv.DictReader(io.StringIO(content, newline="")))


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3+cmd",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "＝1+1",
        "-",
        "--",
        "+",
        "-a",
    ],
)
async def test_a_text_that_looks_like_a_formula_is_text(text):
    content, (row,) = await rows(entry("cat", definition=text))
    assert row["definition"] == f"'{text}"
    assert "\"'" in content


@pytest.mark.parametrize("text", ["-5", "+3.5", "-1,234.5", "-2e-7", "-40%", "a=b", "'quoted'", "x", "1-2"])
async def test_numbers_and_other_texts_stay(text):
    _, (row,) = await rows(entry("cat", definition=text))
    assert row["definition"] == text


async def test_a_separator_of_another_country_opens_no_cell_and_numbers_are_numbers():
    content, (row,) = await rows(entry("cat", definition="a;=1+1"))
    assert '"a;=1+1"' in content
    assert row["definition"] == "a;=1+1"
    given = list(csv.reader(io.StringIO(content, newline=""), quoting=csv.QUOTE_NONNUMERIC))
    assert isinstance(given[1][given[0].index("round")], float)


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\u2028\x85é\u2029"])
def test_a_line_is_one_line_for_every_reader(mark):
    made = entry("cat", definition=f"A{mark}B", examples=(f"{mark}C",))
    line = json_line(made)
    assert len(line.decode().splitlines()) == 1
    assert json.loads(line)["definition"] == f"A{mark}B"
    assert Entry.model_validate_json(line) == made
