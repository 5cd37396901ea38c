#!/usr/bin/env python3
"""Random KPIs and streams through `remit`, judged by the oracle of kpis.py.

    run_kpis.py [--remit build/remit] [--seed N] [--cases K] [--keep DIR]

Each case compares all effect lines to the byte. Laws, on the same case: any batch size and a repeat give the same
digest and the same effects; events of one instant may come in any order; parts cut by ticks between the events say
the same. Ends with `N passed, N failed`; exit 0 or 1.
"""
import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import kpis as oracle

sys.dont_write_bytecode = True
TIMEOUT = 120


def lines_of(events):
    return "".join(json.dumps({"specversion": "1.0", "id": name, "source": "/t", "type": kind,
                               "time": time.strftime("%Y-%m-%dT%H:%M:%SZ"), "data": data}) + "\n"
                   for name, kind, time, data in events)


def run(remit, *words):
    done = subprocess.run([remit, *map(str, words)], capture_output=True, timeout=TIMEOUT, check=False)
    if done.returncode != 0:
        raise AssertionError("exit %d: %s\n%s" % (done.returncode, " ".join(map(str, words)), done.stderr.decode()))
    return done.stdout.decode()


def instant(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def job(remit, folder, name, events, until, *more):
    ledger = folder / name
    source = folder / (name + ".jsonl")
    source.write_text(lines_of(events), encoding="utf-8")
    words = ["run", "--quiet", "--ledger", ledger, "--policy", folder / "p.remit", "--events", source]
    return run(remit, *words, *(["--until", instant(until)] if until else []), *more)


def bare(text, *without):
    """The lines without their ids and these members, sorted: what is said, in whatever order. Of equal extremes the first
    is shown, 2.5 or 2.50, and which is first of one instant goes by the input: zeros at the end do not count here."""
    out = []
    for line in text.splitlines():
        effect = json.loads(line)
        for member in ("id",) + without:
            effect.pop(member, None)
        out.append(re.sub(r"(\.\d*?)0+(?!\d)", r"\1", json.dumps(effect, sort_keys=True)))
    return sorted(out)


def same(what, wanted, got):
    if wanted == got:
        return
    a, b = (x.splitlines() if isinstance(x, str) else x for x in (wanted, got))
    at = next((i for i in range(max(len(a), len(b))) if a[i:i + 1] != b[i:i + 1]), 0)
    raise AssertionError("%s: line %d\n  wanted %s\n  got    %s" % (what, at + 1, a[at:at + 1], b[at:at + 1]))


def shuffled(events, rng):
    """Events that are handled at one clock and have one time, in another order."""
    out, clock, group, last = [], None, [], None
    for event in events:
        clock = event[2] if clock is None else max(clock, event[2])
        if last != (clock, event[2]):
            rng.shuffle(group)
            out, group, last = out + group, [], (clock, event[2])
        group.append(event)
    rng.shuffle(group)
    return out + group


def cut_by_ticks(remit, folder, events, until, rng):
    """The effects of parts, between which the clock is moved on by ticks."""
    text, part, clock = "", [], None
    parts = []
    for event in events:
        if clock is not None and event[2] > clock and rng.random() < 0.3:
            parts.append((part, clock + (event[2] - clock) / 2))
            part = []
        clock = event[2] if clock is None else max(clock, event[2])
        part.append(event)
    for n, (some, tick) in enumerate(parts + [(part, until)]):
        source = folder / ("part%d.jsonl" % n)
        source.write_text(lines_of(some), encoding="utf-8")
        text += run(remit, "run", "--quiet", "--ledger", folder / "parts", "--policy", folder / "p.remit",
                    "--events", source, "--until", instant(tick))
    return text


def case(remit, seed, folder):
    kpis, zone, events = oracle.make(seed)
    oracle.add_rank(seed, kpis)
    oracle.add_compared(seed, kpis)
    oracle.add_goals(seed, kpis)
    probes = oracle.make_probes(seed, kpis)
    rng = random.Random(seed + 1)
    until = max(e[2] for e in events) + timedelta(days=rng.choice((0, 1, 2)), minutes=rng.choice((0, 30, 60)))
    folder.joinpath("p.remit").write_text(oracle.policy_text(kpis, zone, probes), encoding="utf-8")
    run(remit, "check", folder / "p.remit")
    truth = oracle.Oracle(kpis, zone, probes)
    for name, kind, time, data in events:
        truth.take(name, kind, data, time)
    truth.tick(until)
    said = "".join(line + "\n" for line in truth.lines)
    got = job(remit, folder, "one", events, until)
    same("effects", said, got)
    digest = run(remit, "show", "digest", "--ledger", folder / "one")
    for batch in ("1", "7"):
        same("batch " + batch, got, job(remit, folder, "b" + batch, events, until, "--batch", batch))
        same("digest of batch " + batch, digest, run(remit, "show", "digest", "--ledger", folder / ("b" + batch)))
    same("repeat", "", job(remit, folder, "one", events, until))
    same("digest after a repeat", digest, run(remit, "show", "digest", "--ledger", folder / "one"))
    mixed = shuffled(events, rng)
    if not probes:  # what a rule sees depends on what came before its event
        other = job(remit, folder, "shuffled", mixed, until)
        same("another order within instants", bare(got), bare(other))
    same("parts cut by ticks", bare(got, "seen"), bare(cut_by_ticks(remit, folder, events, until, rng), "seen"))
    return len(truth.lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--remit", default=os.environ.get("REMIT", "build/remit"))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("REMIT_SEED", "1")))
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--keep")
    options = parser.parse_args()
    passed = failed = effects = 0
    print("seed %d" % options.seed)
    for seed in range(options.seed, options.seed + options.cases):
        with tempfile.TemporaryDirectory() as name:
            try:
                effects += case(options.remit, seed, Path(name))
                passed += 1
            except AssertionError as wrong:
                failed += 1
                print("FAILED seed %d: %s\nrepeat: tests/oracle/run_kpis.py --seed %d --cases 1" % (seed, wrong, seed))
                if options.keep:
                    shutil.copytree(name, Path(options.keep) / str(seed), dirs_exist_ok=True)
    if effects == 0:
        failed += 1
        print("no case had an effect")
    print("%d effects" % effects)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
