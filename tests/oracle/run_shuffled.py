#!/usr/bin/env python3
"""A duty raised once ends in the same state in whatever order its events arrived (docs/semantics.md).

    run_shuffled.py [--remit build/remit] [--seed N] [--cases K] [--keep DIR]

Random policies whose clauses find duties by their key, by a value or by nothing but a condition, fulfil them alone, in parts or by sums, and random events,
once in the order of their own times and once shuffled, behind those that raise, several at one instant too: states, ends and lateness must be the
same, and so the digest of states. Schedules raise on their own. REMIT names the program, REMIT_SEED the seed.
"""
import argparse
import datetime
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BASE = datetime.datetime(2026, 3, 2)
FULFILS = ["fulfilled by done where it.n >= a.n", "fulfilled by done where it.n = a.n", "fulfilled by done",
           "fulfilled by done where it.n >= a.n each", "fulfilled by 2 of done where it.n >= a.n",
           "fulfilled by all of { done where it.n >= a.n  more where it.n >= a.n }", "fulfilled by done where it.n != a.n",
           "fulfilled by 3 of done.n where it.n != a.n", "fulfilled by (a.n + 2) of done.n", "fulfilled by (a.n + 1) of done.n where it.n != 2",
           "fulfilled by all of { (a.n + 1) of done.n  2 of more where it.n >= a.n }", "fulfilled by 2 of { 3 of done.n  1 of more.n where it.n = a.n  go }"]
# Amounts that are taken back find their duty by its key.
KEYED = ["fulfilled by 4 of paid.n", "fulfilled by (a.n + 2) of paid.n where it.k = a.k", "fulfilled by all of { 3 of paid.n  2 of done where it.n >= a.n }"]
MORE = ["fulfilled by more where it.n > a.n", "fulfilled by done where it.n = 3", "fulfilled by more where it.n = a.n"]
OTHERS = ["waived by gone where it.n > a.n", "waived by gone where it.n = a.n", "cancelled by gone where it.n > a.n",
          "paused from stop where it.n > a.n until go where it.n > a.n", "paused from stop where it.n = a.n until go where it.n = a.n"]
SCHEDULED = """duty daily every day at 06:00 {
  owed by boss
  due within 10 hours
  fulfilled by done where it.n = 1
  waived by gone where it.n > 2
}
"""


def instant(minutes):
    return (BASE + datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def policy(r):
    clauses = [r.choice(FULFILS + KEYED)] + r.sample(MORE, r.choice((0, 0, 1, 2))) + r.sample(OTHERS, r.randrange(0, 4))
    events = "".join(f"event {name} {{ x: integer  n: integer }}\n" for name in ("done", "more", "gone", "stop", "go"))
    events += "event paid { k: id  x: integer  n: integer }\n"
    body = "".join(f"  {c}\n" for c in clauses)
    return ('policy "Shuffled" version "1" { zone "UTC" }\nrole boss\nevent opened { k: id  n: integer }\n' + events +
            f"duty work on opened as a {{\n  owed by boss\n  due within 5 hours\n{body}}}\n" +
            (SCHEDULED if r.random() < 0.5 else ""))


def stream(r):
    """What raises, and what follows: rows of CSV, the latter with their times, all different."""
    opens = [f"o{i},opened,{instant(m)},K{i},{r.randrange(3)}," for i, m in
             enumerate(sorted(r.sample(range(0, 600), r.choice([1, 2, 3, 4]))))]
    times = r.sample(range(0, 3000, r.choice((1, 1, 601))), r.randrange(2, 6)) * r.choice((1, 1, 2))
    r.shuffle(times)
    kinds = ["done", "done", "done", "more", "gone", "stop", "go", "paid", "paid"]
    rows = []
    for i, m in enumerate(times):
        kind = r.choice(kinds)
        k, n = (f"K{r.randrange(len(opens))}", r.choice((-1, 0, 1, 2, 3))) if kind == "paid" else ("", r.randrange(4))
        rows.append((m, f"e{i},{kind},{instant(m)},{k},{n},{i}"))
    return opens, rows


def outcome(remit, folder, rows):
    ledger = os.path.join(folder, "ledger")
    shutil.rmtree(ledger, ignore_errors=True)
    with open(os.path.join(folder, "e.csv"), "w", encoding="utf-8") as f:
        f.write("id,type,time,k,n,x\n" + "".join(row + "\n" for row in rows))

    def ask(*args):
        p = subprocess.run([remit, *args], capture_output=True, text=True, timeout=60)
        if p.returncode != 0:
            raise SystemExit(f"{args}: {p.stderr}")
        return p.stdout
    ask("run", "--ledger", ledger, "--policy", os.path.join(folder, "p.remit"), "--events", os.path.join(folder, "e.csv"),
        "--until", instant(8000), "--quiet")
    duties = [json.loads(line) for line in ask("show", "duties", "--ledger", ledger, "--json").splitlines()]
    states = sorted((d["duty"], d["key"], d["state"], d["late"], d.get("due")) for d in duties)
    return states, ask("show", "digest", "--state", "--ledger", ledger)


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--remit", default=os.environ.get("REMIT", os.path.join(ROOT, "build", "remit")))
    args.add_argument("--seed", type=int, default=int(os.environ.get("REMIT_SEED", "1")))
    args.add_argument("--cases", type=int, default=60)
    args.add_argument("--keep")
    args = args.parse_args()
    print(f"seed {args.seed}")
    passed = failed = 0
    for case in range(args.cases):
        r = random.Random(f"{args.seed}/{case}")
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "p.remit"), "w", encoding="utf-8") as f:
                f.write(policy(r))
            opens, rest = stream(r)
            ordered, shuffled = opens + [row for _, row in sorted(rest)], [row for _, row in rest]
            want, got = outcome(args.remit, folder, ordered), outcome(args.remit, folder, opens + shuffled)
            if want == got:
                passed += 1
                continue
            failed += 1
            print(f"case {case}: in order {want[0]}, shuffled {got[0]}; the streams:\n  " +
                  "\n  ".join(ordered) + "\nshuffled:\n  " + "\n  ".join(shuffled))
            if args.keep:
                shutil.copytree(folder, os.path.join(args.keep, str(case)), dirs_exist_ok=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
