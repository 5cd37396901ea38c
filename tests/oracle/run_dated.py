#!/usr/bin/env python3
"""Random versions of tables and functions, each for its time, asked by events of any time in any order.

    python3 run_dated.py [--remit build/remit] [--seed N] [--cases K]

A case draws days on which versions end, gaps among them, writes them in any order of the text, and has events at midnight of these days, an instant
before and behind, and anywhere. What is told is compared with a model that knows dates alone; the policy is checked too: a call without
`else` is refused exactly if some time is not covered. The events run in order, shuffled, and in batches. Ends with `N passed, N failed`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Optional
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parents[2]
ZONES = ("UTC", "Europe/Rome", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
KINDS = ("food", "goods", "books")
FIRST, DAYS = date(2026, 3, 1), 260


class Version:
    """What one declaration says: from its first to its last day, None: without end."""

    def __init__(self, first: Optional[date], last: Optional[date], number: int, split: int) -> None:
        self.first, self.last, self.number, self.split = first, last, number, split

    def applies(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def dates(self) -> str:
        return (f" from {self.first}" if self.first else "") + (f" until {self.last}" if self.last else "")

    def rate(self, kind: str) -> int:
        return self.number * 10 + (1 if KINDS.index(kind) < self.split else 2)

    def table(self) -> str:
        rows = [f"{kind} => {self.rate(kind)}" for kind in KINDS]
        if self.split % 2:  # rows of another form that say the same
            rows = [f"{', '.join(KINDS[:self.split])} => {self.rate(KINDS[0])}", f"- => {self.rate(KINDS[-1])}"]
            return f"table rate(kind) first{self.dates()} -> rate: integer {{ {'  '.join(rows)} }}"
        return f"table rate(kind) unique{self.dates()} -> rate: integer {{ {'  '.join(rows)} }}"

    def define(self) -> str:
        return f"define fee(n: integer){self.dates()} -> integer = n * {self.number} + {self.split}"


def versions(rng: random.Random) -> list[Version]:
    ends = sorted(rng.sample(range(10, DAYS), rng.randrange(0, 6)))
    out: list[Version] = []
    begin: Optional[date] = None if rng.random() < 0.7 else FIRST
    for number, end in enumerate(ends + [None], start=1):
        last = None if end is None else FIRST + timedelta(end)
        if last is None and rng.random() < 0.2:
            break
        out.append(Version(begin, last, number, rng.randrange(0, len(KINDS))))
        if last is not None:
            begin = last + timedelta(1 if rng.random() < 0.85 else rng.randrange(2, 9))
    out = [v for v in out if v.first is None or v.last is None or v.first <= v.last] or [Version(None, None, 1, 0)]
    if len(out) == 1 and out[0].first is None and out[0].last is None:
        out[0].last = FIRST + timedelta(5)  # without dates it would be no version
    return out


def covered(all_: list[Version]) -> bool:
    """Whether each day of all time has its version."""
    ordered = sorted(all_, key=lambda v: v.first or date.min)
    if ordered[0].first is not None or ordered[-1].last is not None:
        return False
    return all(b.first == a.last + timedelta(1) for a, b in zip(ordered, ordered[1:]))


def version_of(all_: list[Version], day: date) -> Optional[Version]:
    return next((v for v in all_ if v.applies(day)), None)


def policy(rng: random.Random, zone: str, rates: list[Version], fees: list[Version], guarded: bool) -> str:
    lines = [v.table() for v in rates] + [v.define() for v in fees]
    rng.shuffle(lines)
    rate = "rate(s.kind) else 0" if guarded and not covered(rates) else "rate(s.kind)"
    fee = "fee(s.n) else 0" if guarded and not covered(fees) else "fee(s.n)"
    return "\n".join([f'policy "Dated" version "1" {{ zone "{zone}" accept events up to 400 days late }}', "role boss",
                      f"event sold {{ order: id  kind: one of {', '.join(KINDS)}  n: integer }}", *lines,
                      f"define both(k: one of {', '.join(KINDS)}, n: integer) -> integer = "
                      + f"({rate.replace('s.kind', 'k')}) + ({fee.replace('s.n', 'n')})",
                      f'rule tell on sold as s {{ notify boss "" + s.order + " " + ({rate}) + " " + ({fee}) + " "'
                      + " + both(s.kind, s.n) }", ""])


def events(rng: random.Random, zone: ZoneInfo, versions_: list[Version]) -> list[tuple[datetime, str, int]]:
    borders = [d for v in versions_ for d in (v.first, v.last and v.last + timedelta(1)) if d is not None]
    out = []
    for _ in range(40):
        if borders and rng.random() < 0.7:
            midnight = datetime.combine(rng.choice(borders), datetime.min.time(), zone)
            at = datetime.fromtimestamp(midnight.timestamp() + rng.choice((-3600, -0.001, 0, 0.001, 7200)), zone)
        else:
            at = datetime.fromtimestamp(datetime.combine(FIRST, datetime.min.time(), zone).timestamp()
                                        + rng.randrange(DAYS * 86400), zone)
        out.append((at, rng.choice(KINDS), rng.randrange(0, 50)))
    return out


def line(number: int, event: tuple[datetime, str, int]) -> str:
    at, kind, n = event
    return json.dumps({"specversion": "1.0", "id": f"e{number}", "source": "s", "type": "sold",
                       "time": at.isoformat(timespec="milliseconds"), "data": {"order": f"e{number}", "kind": kind, "n": n}})


def said(number: int, event: tuple[datetime, str, int], rates: list[Version], fees: list[Version]) -> str:
    at, kind, n = event
    rate, fee = version_of(rates, at.date()), version_of(fees, at.date())
    a = rate.rate(kind) if rate else 0
    b = n * fee.number + fee.split if fee else 0
    return f"e{number} {a} {b} {a + b}"


class Case:
    def __init__(self, remit: str, seed: int, folder: Path) -> None:
        self.remit, self.rng, self.folder = remit, random.Random(seed), folder

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([self.remit, *words], cwd=self.folder, capture_output=True, text=True, check=False, timeout=120)

    def judge(self) -> Optional[str]:
        rng = self.rng
        zone = rng.choice(ZONES)
        rates, fees = versions(rng), versions(rng)
        (self.folder / "p.remit").write_text(policy(rng, zone, rates, fees, False), encoding="utf-8")
        done = self.run("check", "p.remit")
        whole = covered(rates) and covered(fees)
        if (done.returncode == 0) != whole or ("E0242" in done.stderr + done.stdout) == whole:
            return f"check says {done.returncode} of what is {'whole' if whole else 'not whole'}:\n{done.stderr}{done.stdout}"
        (self.folder / "p.remit").write_text(policy(rng, zone, rates, fees, True), encoding="utf-8")
        sold = events(rng, ZoneInfo(zone), rates + fees)
        want = sorted(said(i, e, rates, fees) for i, e in enumerate(sold))
        lines = [line(i, e) for i, e in sorted(enumerate(sold), key=lambda ie: ie[1][0].timestamp())]
        for turn, batch in enumerate(("1000", "1", "7")):
            if turn > 0:
                rng.shuffle(lines)
            (self.folder / "e.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
            done = self.run("run", "--ledger", f"l{turn}", "--policy", "p.remit", "--events", "e.ndjson", "--effects", f"out{turn}",
                            "--batch", batch, "--quiet")
            out = (self.folder / f"out{turn}").read_text(encoding="utf-8").splitlines() if done.returncode == 0 else []
            told = sorted(json.loads(x)["data"].get("text", x) for x in out)
            if told != want:
                odd = sorted(set(told) ^ set(want))[:6]
                return f"turn {turn}: {done.stderr}{odd}\n" + (self.folder / "p.remit").read_text(encoding="utf-8")
        return None


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--remit", default=os.environ.get("REMIT", str(ROOT / "build/remit")))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("REMIT_SEED", "1")))
    parser.add_argument("--cases", type=int, default=25)
    opt = parser.parse_args()
    if not Path(opt.remit).exists():
        print(f"{opt.remit} is not there: nothing is judged")
        return 0
    failed = 0
    for seed in range(opt.seed, opt.seed + opt.cases):
        with tempfile.TemporaryDirectory() as folder:
            why = Case(str(Path(opt.remit).resolve()), seed, Path(folder)).judge()
        if why is not None:
            failed += 1
            print(f"case {seed}: {why}\nrepeat: python3 tests/oracle/run_dated.py --seed {seed} --cases 1")
    print(f"{opt.cases - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
