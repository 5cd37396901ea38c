#!/usr/bin/env python3
"""./dev bench: what Remit does beside a program written by hand for the same work, in one run.

    ./dev bench [w1] [w2] [w3] [--quick] [--runs N] [--events N] [--own]

W1 is `remit decide` over complaints that a table of twelve rows routes, its output discarded; W2 is `remit run`
over the life of complaints, W3 over orders paid and refunded, whose share of refunds is judged each minute; both
are durable after each 1,000 events. The programs take turns; medians and ratios count.
That all took the same decisions is checked outside the timing. The peers' generator and program are used where
they are there and can be built, this project's own otherwise or with --own. docs/performance.md has the rest."""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent))
import work  # noqa: E402

REMIT = work.ROOT / "build" / "remit"
FULL = {"w1": 1_000_000, "w2": 300_000, "w3": 1_000_000}
TITLE = {"w1": "W1, stateless routing", "w2": "W2, durable duties", "w3": "W3, a KPI over a sliding window"}
DIGEST = {"w2": work.digest_w2, "w3": work.digest_w3}


def timed(command, out):
    """Wall and processor seconds of a whole process, and its peak memory in MiB."""
    with open(out, "wb") as sink:
        begin = time.monotonic()
        child = subprocess.Popen(list(map(str, command)), stdout=sink, stderr=subprocess.PIPE)
        words = child.stderr.read()
        _, status, used = os.wait4(child.pid, 0)
        wall = time.monotonic() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command[0]} ended with {child.returncode}: {words.decode()}")
    return {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "mib": used.ru_maxrss / 1024}


class Work:
    """One workload: its events, and how each program is called on them."""

    def __init__(self, name, events, folder, own, shared):
        self.name, self.count, self.folder = name, events, folder
        self.shared = shared
        self.events = folder / f"{name}.ndjson"
        generator = (shared or own)["gen"]
        for seed in range(1, 50):
            work.generate(generator, name, events, seed, self.events, shared is not None)
            if name != "w2" or not work.waits_and_replies_at_once(self.events):
                break
        self.seed = seed
        if name == "w3":
            self.count = work.without_ties(self.events)
        self.hand_db, self.ledger = folder / "hand_db", folder / "ledger"
        if name == "w1":
            self.hand = [shared["w1"], self.events] if shared else [own["hand"], "w1", self.events]
            self.remit = [REMIT, "decide", "--policy", work.POLICY["w1"], "--events", self.events]
        else:
            how = ["-m", "packed"] if name == "w2" else []
            self.hand = (
                [shared[name], self.events, self.hand_db, *how]
                if shared
                else [own["hand"], name, self.events, self.hand_db]
            )
            self.remit = [
                REMIT, "run", "--quiet", "--ledger", self.ledger, "--policy", work.POLICY[name], "--events", self.events,
            ]

    def clear(self):
        for kept in (self.hand_db, self.ledger):
            shutil.rmtree(kept, ignore_errors=True)

    def round(self):
        """One run of each, the hand-written program's first; the last ledger stays."""
        self.clear()
        os.sync()  # what others left to write is not this run's
        hand = timed(self.hand, self.folder / "hand.json")
        os.sync()
        return hand, timed(self.remit, os.devnull)

    def same_decisions(self):
        """Whether what Remit decided has the hand-written program's digest. Not timed."""
        want = work.last_line((self.folder / "hand.json").read_text())
        if self.name == "w1":
            child = subprocess.Popen(list(map(str, self.remit)), stdout=subprocess.PIPE)
            got = work.digest_w1(child.stdout)
            child.wait()
        else:
            got = (want["events"], DIGEST[self.name](work.effects_of(str(REMIT), self.ledger)))
        return got == (want["events"], want["digest"]) and want["events"] == self.count, got, want


def row(name, runs, events, base):
    wall, cpu = median(r["wall"] for r in runs), median(r["cpu"] for r in runs)
    ratio = median(b["wall"] / r["wall"] for b, r in zip(base, runs))
    busy = median(b["cpu"] / r["cpu"] for b, r in zip(base, runs))
    print(
        f"  {name:<16}{events / wall:>12,.0f} events/s{cpu * 1e6 / events:>9.2f} us of processor an event"
        f"{median(r['mib'] for r in runs):>8.1f} MiB{ratio:>8.2f} x{busy:>8.2f} x"
    )
    return ratio, busy


def measure(w, runs):
    pairs = [w.round() for _ in range(runs)]
    hand, remit = [p[0] for p in pairs], [p[1] for p in pairs]
    print(f"{TITLE[w.name]}: {w.count:,} events, seed {w.seed}, {runs} runs each, in turn")
    print(f"  {'':<16}{'median':>21}{'':>34}{'':>12}{'speed':>10}{'by cpu':>10}")
    row("by hand", hand, w.count, hand)
    ratio, busy = row("remit", remit, w.count, hand)
    good, got, want = w.same_decisions()
    print(
        f"  remit does {ratio:.0%} of the hand-written program's events a second"
        f" ({busy:.0%} by processor time); the decisions are {'the same' if good else 'NOT the same'}"
    )
    if not good:
        print(f"  remit: {got}, by hand: {want}")
    w.clear()
    w.events.unlink()
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", nargs="*", help="w1, w2, w3; all without")
    parser.add_argument("--quick", action="store_true", help="a tenth of the events, under a minute")
    parser.add_argument("--runs", type=int, help="of each program (5; quick 3)")
    parser.add_argument("--events", type=int, help="instead of 1,000,000 for W1 and W3, 300,000 for W2")
    parser.add_argument("--own", action="store_true", help="this project's programs, though the peers' are there")
    args = parser.parse_args()
    wanted = [name.lower() for name in args.work] or list(FULL)
    if any(name not in FULL for name in wanted):
        parser.error("the works are w1, w2 and w3")
    runs = args.runs or (3 if args.quick else 5)
    cpu = platform.processor() or platform.machine()
    for line in open("/proc/cpuinfo") if os.path.exists("/proc/cpuinfo") else []:
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
            break
    good = True
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name:
        folder = Path(name)
        own = work.build(folder)
        shared = None if args.own else work.build_shared(folder)
        print(f"{cpu}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; "
              f"events and hand-written program: {'the peers’' if shared else 'own'}")
        for what in wanted:
            events = args.events or FULL[what] // (10 if args.quick else 1)
            good = measure(Work(what, events, folder, own, shared), runs) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
