"""`python -m tests.faults 20`: so many seeds one after the other, a line each, and a summary."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

import guardian

from tests.faults.disk import mount_alone
from tests.faults.harness import run
from tests.faults.plan import draw
from tests.faults.words import table_of


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("seeds", type=int, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first one")
    parser.add_argument("--json", type=Path, help="write all of it here as well")
    parser.add_argument("--keep", type=Path, help="copy the home of each seed that breaks here")
    parser.add_argument("--keep-all", action="store_true", help="copy the homes of the others, too")
    parser.add_argument("--dry", action="store_true", help="only say what the seeds draw")
    given = parser.parse_args()
    plans = [draw(seed) for seed in range(given.first, given.first + given.seeds)]
    if given.dry:
        _say(*(f"seed {plan.seed}: {plan}" for plan in plans))
        return 0
    base = Path(tempfile.mkdtemp(prefix="faults-"))
    guardian.begin(base)
    mount_alone()
    results = []
    for plan in plans:
        (folder := base / str(plan.seed)).mkdir()
        results.append(run(plan, folder, keep=given.keep, keeps_all=given.keep_all))
        shutil.rmtree(folder, ignore_errors=True)
        _say(str(results[-1]))
    broken = [result for result in results if result.broken]
    table = table_of(word for result in results for word in result.words)
    drawn = Counter(step.name for plan in plans for step in plan.steps)
    _say(
        "",
        f"{len(results)} seeds, {len(broken)} broken, {sum(drawn.values())} faults of {len(drawn)} kinds,"
        f" {sum(result.entries for result in results):,} entries",
        "From a death to the word of it in GET /jobs/{id}, in seconds:",
        *(
            f"{r['n']:5}  p50 {_s(r['p50_s'])}  p99 {_s(r['p99_s'])}  never {r['never']}  {r['kind']}"
            for r in table
        ),
    )
    if given.json:
        found = {
            "seeds": [
                {
                    "seed": result.plan.seed,
                    "plan": str(result.plan),
                    "ends": result.ends,
                    "broken": result.broken,
                    "words": result.words,
                    "left_out": result.left_out,
                    "entries": result.entries,
                    "took_s": round(result.took_s, 1),
                }
                for result in results
            ],
            "words": table,
        }
        given.json.write_text(json.dumps(found, indent=1))
    return 1 if broken else 0


def _say(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _s(seconds: object) -> str:
    return f"{seconds:6.2f}" if isinstance(seconds, float) else "     -"


if __name__ == "__main__":
    raise SystemExit(main())
