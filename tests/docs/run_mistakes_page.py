#!/usr/bin/env python3
"""docs/mistakes.md promises no more than is so: its mistakes, made again, give no smaller shares."""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "prop"))
sys.dont_write_bytecode = True

import run_mistakes as mistakes  # noqa: E402

SMALLER, SMALLER_EACH = 1.0, 5.0  # points of percent by which a share may be smaller: policies and texts change


def promised(page):
    """The shares of each kind on the page."""
    rows = re.findall(r"^\| ([a-z ]+) \| \d+ \| ([\d.]+)% \| ([\d.]+)% \| ([\d.]+)% \|$", page, re.M)
    return {name: [float(x) for x in figures] for name, *figures in rows}


def main():
    with open(mistakes.PAGE, encoding="utf-8") as f:
        rows = promised(f.read())
    tallies, broken = mistakes.try_all(mistakes.PAGE_SEED, mistakes.PAGE_COUNT, again=False)
    measured = {name.replace("_", " "): mistakes.shares(t) for name, t in tallies.items()}
    measured["all"] = mistakes.shares(mistakes.total_of(tallies))
    wrong = [f"a mistake broke something: {b}" for b in broken]
    if list(rows) != list(measured):
        wrong.append("docs/mistakes.md has other kinds: tests/prop/run_mistakes.py --page writes it")
    for name in set(rows) & set(measured):
        spare = SMALLER if name == "all" else SMALLER_EACH
        for title, page, now in zip(("right line", "named", "at most one more"), rows[name], measured[name]):
            if 100 * now < page - spare:
                wrong.append(f"{name}, {title}: docs/mistakes.md says {page}%, measured is {now:.1%}")
    for line in wrong:
        print(line)
    print(f"{len(measured) - min(len(measured), len(wrong))} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
