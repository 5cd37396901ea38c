#!/usr/bin/env python3
"""What the journal costs: W2 by Remit as it is, by a program whose journal is neither hashed nor written, and by Remit
with a signature at the end. The three take turns, run by run.

    journal.py [--events N] [--runs N]

The second program is build/remit with one file compiled anew (REMIT_NO_JOURNAL in engine/ledger/journal.c): entries are
made as ever and stay in memory, without tree and disk. What it leaves behind proves nothing. `cmake --build build` first.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import work
from run_bench import timed

ROOT = work.ROOT
BUILD = ROOT / "build"


def without_journal(folder):
    """The program without tree and disk."""
    one, library, program = folder / "journal.c.o", folder / "libremit.a", folder / "remit-without"
    run = lambda *words: subprocess.run(list(map(str, words)), check=True)
    run(work.CC, "-std=gnu17", "-O2", "-g", "-D_GNU_SOURCE", "-DREMIT_NO_JOURNAL", "-fvisibility=hidden", "-fno-common",
        f"-I{ROOT}", "-c", ROOT / "engine/ledger/journal.c", "-o", one)
    shutil.copy(BUILD / "libremit.a", library)
    run("ar", "r", library, one)
    objects = sorted((BUILD / "CMakeFiles/remit-cli.dir").rglob("*.o"))
    run(work.CC, "-o", program, *objects, library, "-llmdb", "-lcrypto")
    return program


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--runs", type=int, default=5)
    opt = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="remit-journal-") as name:
        folder = Path(name)
        events, ledger, key = folder / "w2.ndjson", folder / "ledger", folder / "key"
        work.generate(work.build(folder)["gen"], "w2", opt.events, 1, events, False)
        subprocess.run([BUILD / "remit", "key", "make", key, "--name", "bench"], check=True, stdout=subprocess.DEVNULL)
        base = ["run", "--quiet", "--ledger", ledger, "--policy", work.POLICY["w2"], "--events", events]
        calls = {
            "without": [without_journal(folder), *base],
            "with": [BUILD / "remit", *base],
            "signed": [BUILD / "remit", *base, "--sign", key, "--checkpoint", folder / "checkpoint"],
        }
        took = {name: [] for name in calls}
        said = {}
        for turn in range(opt.runs):
            order = list(calls.items())
            for name, call in order[turn % 3:] + order[:turn % 3]:  # nobody is always first
                shutil.rmtree(ledger, ignore_errors=True)
                Path(f"{key}.seen").unlink(missing_ok=True)
                os.sync()
                took[name].append(timed(call, folder / name))
                said[name] = (folder / name).read_bytes()
        if len(set(said.values())) != 1:
            sys.exit("the effects are not the same")
        print(f"W2, {opt.events:,} events, {opt.runs} runs each, in turn; speed of the second beside the first")
        for a, b in (("without", "with"), ("with", "signed")):
            wall = median(x["wall"] / y["wall"] for x, y in zip(took[a], took[b]))
            cpu = median(x["cpu"] / y["cpu"] for x, y in zip(took[a], took[b]))
            best = [min(one["cpu"] for one in took[name]) for name in (a, b)]
            each = [one * 1e6 / opt.events for one in best]
            print(f"  {a:>8} -> {b:<8}{wall:>8.1%} by the clock{cpu:>8.1%} by processor time"
                  f"{best[0] / best[1]:>8.1%} by the best runs' ({each[0]:.2f} -> {each[1]:.2f} us an event)")


if __name__ == "__main__":
    main()
