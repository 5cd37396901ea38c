#!/usr/bin/env python3
"""Stands in for `remit` where run_oracle.py is tested: answers with the oracle's own lines.

It knows only generated policies: their name tells kind and seed. A ledger is the list of its runs. The flaw named
in REMIT_FLAW is put into the answers, so that a test can see it found.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from pathlib import Path
from typing import Any, Optional

import events as ce
import streams
from duties import HEX, Oracle, Unknown, as_line

FLAW = os.environ.get("REMIT_FLAW", "")


def option(words: list[str], name: str) -> Optional[str]:
    return words[words.index(name) + 1] if name in words else None


def concrete(value: Any) -> Any:
    """Something for what the specification leaves free."""
    if isinstance(value, dict):
        return {name: concrete(inner) for name, inner in value.items()
                if not (isinstance(inner, Unknown) and inner.optional)}
    if isinstance(value, Unknown):
        made = hashlib.sha256(value.pattern.encode()).hexdigest()
        return "event/remit:input/" + made if value.pattern.startswith("event") else \
            made if value.pattern == HEX else "a message"
    return value


def replay(runs: list[dict[str, Any]]) -> Oracle:
    kind, seed = re.findall(r'policy "Oracle (\w+) (\d+)"', runs[0]["policy"])[0]
    case = streams.make_wild(int(seed)) if kind == "wild" else streams.make_lawful(int(seed))
    oracle = Oracle(case.policy)
    for run in runs:
        oracle.run(run["lines"], run["until"], run["not_after"])
    return oracle


def run(words: list[str], book: Path) -> None:
    runs = json.loads(book.read_text()) if book.exists() else []
    events = Path(option(words, "--events") or "").read_text(encoding="utf-8")
    runs.append({"policy": Path(option(words, "--policy") or "").read_text(encoding="utf-8"),
                 "lines": events.split("\n")[:-1], "until": ce.parse_instant(option(words, "--until")),
                 "not_after": ce.parse_instant(option(words, "--not-after")), "batch": option(words, "--batch")})
    book.parent.mkdir(exist_ok=True)
    book.write_text(json.dumps(runs))
    if 'policy "Probe"' in runs[0]["policy"]:
        return
    lines = [as_line(concrete(effect.members)) for effect in replay(runs).effects]
    if FLAW == "lost" and lines:
        del lines[len(lines) // 2]
    if FLAW == "spaced":
        lines = [line.replace('"data":', '"data": ') for line in lines]
    if FLAW == "again" and runs[-1] in runs[:-1]:
        lines.append(lines[-1])
    Path(option(words, "--effects") or "").write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def show(words: list[str], book: Path) -> None:
    runs = json.loads(book.read_text())
    oracle = replay(runs)
    if words[1] == "duties":
        lines = oracle.show_duties()
        print(*(lines[::-1] if FLAW != "duties" else lines[1:]), sep="\n")
        return
    covered = str(oracle.state()) if "--state" in words else str((oracle.journal, oracle.state()))
    if FLAW == "batch" and "--state" not in words:
        covered += str(runs[0]["batch"])
    if FLAW == "state" and "--state" in words:
        covered += str(len(runs))
    print(hashlib.sha256(covered.encode()).hexdigest())


def main() -> int:
    words = sys.argv[1:]
    book = Path(option(words, "--ledger") or "", "runs.json")
    if words[0] == "run" and FLAW != "bare":
        run(words, book)
    elif words[0] == "show":
        show(words, book)
    else:
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
