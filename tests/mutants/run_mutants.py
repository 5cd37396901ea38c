#!/usr/bin/env python3
"""What `remit test --mutate` and `--coverage` say, held against plain runs of the tests.

A mutant that is one line is written into a copy of the policy, and all its tests are run by `remit test`: they must fail
where it was noticed and pass where it survived, although the trial ran only the tests that touch the place.
"""
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REMIT = os.environ.get("REMIT", str(ROOT / "build/remit"))
SEED = int(os.environ.get("REMIT_SEED", "1"))
POLICIES = sorted(p for p in (ROOT / "rules").iterdir() if p.is_dir())
SAMPLE = 15


def remit(*args, cwd):
    done = subprocess.run([REMIT, *args], cwd=cwd, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout, done.stderr


def one_line(text):
    """As mutants are told: white space is one blank, remarks are left out."""
    parts = re.findall(r'"[^"\n]*"|--[^\n]*|\s+|[^\s"-]+|-', text)
    words = "".join(" " if p.isspace() or p.startswith("--") else p for p in parts)
    return re.sub(r" +", " ", words).strip()


def told(policy, *more):
    code, out, err = remit("test", policy, "--mutate", "--json", *more, cwd=ROOT)
    assert code == 0, (policy, err)
    lines = [json.loads(line) for line in out.splitlines()]
    return lines[:-1], lines[-1]["mutants"]


def written(folder, mutant):
    """Writes a mutant into a copy; False where it is more than a line, or the line cannot be told."""
    path = folder / Path(mutant["file"]).name
    lines = path.read_text().split("\n")
    at = mutant["line"] - 1
    two = mutant["what"] == "the row and the next change places"
    if two or one_line(lines[at]) != mutant["before"] or not mutant["after"]:
        return False
    kept = lines[at]
    lines[at] = mutant["after"]
    path.write_text("\n".join(lines))
    mutant["undo"] = (path, at, kept)
    return True


def undo(mutant):
    path, at, kept = mutant["undo"]
    lines = path.read_text().split("\n")
    lines[at] = kept
    path.write_text("\n".join(lines))


def mutants_hold(policy, rng):
    """Each of a sample is as it was told; gives how many were tried."""
    mutants, sums = told(policy)
    assert sums["noticed"] == sum(m["result"] == "noticed" for m in mutants)
    assert sums["survived"] == sum(m["result"] == "survived" for m in mutants)
    tried = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / policy.name
        shutil.copytree(policy, folder)
        for mutant in rng.sample(mutants, min(SAMPLE, len(mutants))):
            if not written(folder, mutant):
                continue
            code, out, err = remit("test", str(folder), cwd=ROOT)
            undo(mutant)
            wanted = 1 if mutant["result"] == "noticed" else 0
            assert code == wanted, (mutant, code, out[-600:], err[-600:])
            if wanted == 1:
                assert f"FAIL {mutant['by']} (" in out, (mutant, out[-600:])
            tried += 1
    return tried


def coverage(policy, *more):
    code, out, err = remit("test", policy, "--coverage", "--json", *more, cwd=ROOT)
    assert code == 0, (policy, err)
    lines = [json.loads(line) for line in out.splitlines()]
    items = [line for line in lines if "covers" in line]
    tests = [line["test"] for line in lines if "test" in line]
    return tests, items, lines[-1]["coverage"]


def coverage_adds_up(policy, rng):
    """What each half of the tests reaches is together what all reach, and no test is counted twice."""
    tests, items, sums = coverage(policy)
    assert sums["all"]["of"] == len(items)
    assert sums["all"]["reached"] == sum(i["tests"] > 0 for i in items)
    assert all(i["tests"] <= len(tests) for i in items)
    titles = sorted({t for t in tests if sum(t in other for other in tests) == 1})
    half = set(rng.sample(titles, len(titles) // 2))
    if not half or len(titles) != len(tests):
        return
    parts = [coverage(policy, *[w for t in group for w in ("--filter", t)])[1]
             for group in (sorted(half), sorted(set(titles) - half))]
    for whole, a, b in zip(items, *parts):
        assert whole["tests"] == a["tests"] + b["tests"], (whole, a, b)


def a_lost_test_is_seen():
    """Without the tests of one duty, coverage and mutants both say that it is not looked at."""
    policy = ROOT / "rules/receivables"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "receivables"
        shutil.copytree(policy, folder)
        _, before, sums = coverage(folder)
        noticed = told(folder)[1]["noticed"]
        tests = folder / "receivables_test.remit"
        text = tests.read_text()
        cut = [m.start() for m in re.finditer(r'^test "', text, re.M)]
        tests.write_text(text[:cut[len(cut) // 2]])
        _, after, less = coverage(folder)
        assert less["all"]["reached"] < sums["all"]["reached"]
        assert less["all"]["of"] == sums["all"]["of"] and len(before) == len(after)
        assert told(folder)[1]["noticed"] < noticed


def main():
    rng = random.Random(SEED)
    print(f"seed {SEED}")
    passed = failed = 0
    trials = [(f"mutants of {p.name}", lambda p=p: mutants_hold(p, rng)) for p in POLICIES]
    trials += [(f"coverage of {p.name}", lambda p=p: coverage_adds_up(p, rng)) for p in POLICIES]
    trials += [("a lost test is seen", a_lost_test_is_seen)]
    for name, trial in trials:
        try:
            trial()
            passed += 1
        except AssertionError as error:
            failed += 1
            print(f"FAIL {name}: {error}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
