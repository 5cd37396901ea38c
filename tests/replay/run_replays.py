#!/usr/bin/env python3
"""Replays every ledger that a page of the goldens leaves behind: all entries and the digest must be
the same, and as of each of some entries the state must be the one that a run of the inputs up to
there has left.

    run_replays.py [NAME...] [--program PATH] [--all]

Without names and --all a part of the pages is drawn, by REMIT_SEED.

A ledger that a page damages on purpose is opened by no command; the pages that do so are named here.
"""
import argparse
import concurrent.futures
import json
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
import run_goldens  # noqa: E402

TIME_LIMIT_S = 120
PAGES_DRAWN = 40
DAMAGED = {"tests/golden/run/wrong-files.md"}  # pages that damage a ledger on purpose


def call(program, *args):
    p = subprocess.run([program, *args], capture_output=True, text=True, timeout=TIME_LIMIT_S,
                       encoding="utf-8", errors="backslashreplace")
    return p.returncode, p.stdout, p.stderr


def ledgers_in(folder):
    return sorted(d for d, _, files in os.walk(folder) if "data.mdb" in files)


def replayed(program, ledger):
    """'same', 'closed' (no command opens it), or what is wrong."""
    if call(program, "show", "digest", "--ledger", ledger)[0] != 0:
        return "closed"
    code, out, err = call(program, "replay", "--json", "--ledger", ledger)
    if code != 0:
        return f"replay: exit {code}\n{out}{err}"
    told = json.loads(out)
    if not told["same"] or told["digest"] != call(program, "show", "digest", "--ledger", ledger)[1].strip():
        return f"replay: {out}"
    return past_agrees(program, ledger, told["entries"], told["digest"])


def past_agrees(program, ledger, entries, digest):
    """As of the last entry the ledger is what it is, and before the first input it is empty."""
    code, out, err = call(program, "show", "digest", "--ledger", ledger, "--at-index", str(entries - 1))
    if code != 0 or out.strip() != digest:
        return f"as of entry {entries - 1}: exit {code}, {out}{err}instead of {digest}"
    code, out, err = call(program, "show", "duties", "--ledger", ledger, "--at-index", "0", "--json")
    if code != 0 or out != "":
        return f"as of entry 0: exit {code}\n{out}{err}"
    return "same"


class Looker(run_goldens.Runner):
    def __init__(self, program, limit):
        super().__init__(program, limit)
        self.found = []

    def left(self, path, folder):
        for ledger in ledgers_in(folder):
            self.found.append((path, os.path.relpath(ledger, folder), replayed(self.program, ledger)))


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    p.add_argument("names", nargs="*")
    p.add_argument("--all", action="store_true")
    p.add_argument("--program", default=os.environ.get("REMIT", "build/remit"))
    args = p.parse_args()
    runner = Looker(args.program, run_goldens.TIME_LIMIT_S)
    files = run_goldens.files_named(args.names) if args.names else run_goldens.all_files()
    files = [f for f in files if "--ledger" in run_goldens.read(f)]
    seed = os.environ.get("REMIT_SEED", "1")
    if not args.names and not args.all:
        files = random.Random(seed).sample(files, min(PAGES_DRAWN, len(files)))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda f: run_goldens.run_page(runner, f), files))
    wrong = [x for x in runner.found if x[2] not in ("same", "closed")]
    closed = [x for x in runner.found if x[2] == "closed"]
    for path, ledger, why in wrong:
        print(f"{path}: {ledger}: {why}")
    for path, ledger, _ in closed:
        if path not in DAMAGED:
            print(f"{path}: {ledger} cannot be opened")
            wrong.append(None)
    same = sum(x[2] == "same" for x in runner.found)
    if same == 0:
        print("no ledger was replayed")
        wrong.append(None)
    if wrong:
        print(f"repeat: REMIT_SEED={seed} tests/replay/run_replays.py")
    print(f"{same} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
