"""What standard streams take, in real processes: any text, and any reader."""

import json
import os
import subprocess
import sys

import pytest

TEXT = "naïve 東京 😀 \ud83d “x” → y"


def run(program, **environment):
    return subprocess.run(
        ["bash", "-c", program],  # noqa: S607
        capture_output=True,
        env={**os.environ, "PYTHON": sys.executable, "TEXT": json.dumps(TEXT), **environment},
        check=False,
        timeout=60,
    )


WRITES = """
import json, os, sys
from service.cli.output.streams import accept_any_text
accept_any_text(is_json=True)
text = json.loads(os.environ["TEXT"])
print(json.dumps({"text": text}, ensure_ascii=False))
print(text, file=sys.stderr)
"""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8", "ascii:strict"])
def test_any_text_is_written_in_any_encoding_and_json_stays_json(encoding):
    done = run('$PYTHON -c "$PROGRAM"', PROGRAM=WRITES, PYTHONIOENCODING=encoding)
    assert (done.returncode, bool(done.stderr)) == (0, True)
    assert json.loads(done.stdout.decode(encoding.partition(":")[0])) == {"text": TEXT}


def test_people_read_signs_in_their_plain_form():
    program = WRITES.replace("is_json=True", "is_json=False")
    done = run('$PYTHON -c "$PROGRAM"', PROGRAM=program, PYTHONIOENCODING="ascii")
    assert done.stderr.decode() == 'na\\u00efve \\u6771\\u4eac \\ud83d\\ude00 \\ud83d "x" -> y\n'


def test_a_stream_that_is_closed_goes_nowhere():
    done = run('$PYTHON -c "$PROGRAM" >&- 2>&-; echo $?', PROGRAM=WRITES)
    assert done.stdout == b"0\n"


TALKS = """
import sys, time
from service.cli.output.console import out, say
from service.cli.output.progress import _write_line
from service.cli.output.streams import outlive_readers
outlive_readers()
for number in range(20):
    _write_line(f"line {number}")
    out().print("table")
    say("said")
    time.sleep(0.01)
with open(sys.argv[1], "w") as file:
    file.write("done")
"""


@pytest.mark.parametrize("reader", ["head -3", "true", "head -c 1"])
def test_what_is_at_work_outlives_who_reads(reader, tmp_path):
    end = tmp_path / "end"
    done = run(f'$PYTHON -c "$PROGRAM" {end} 2>&1 | {reader}; echo ${{PIPESTATUS[0]}}', PROGRAM=TALKS)
    assert end.read_text() == "done"
    assert done.stdout.splitlines()[-1].endswith(b"0")
    assert done.stderr == b""


def test_a_reader_that_stays_gets_everything(tmp_path):
    done = run(f'$PYTHON -c "$PROGRAM" {tmp_path / "end"} | cat', PROGRAM=TALKS)
    assert done.stdout.count(b"line") == done.stdout.count(b"table") == done.stderr.count(b"said") == 20
