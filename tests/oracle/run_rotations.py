#!/usr/bin/env python3
"""Who is on call, against a model that keeps nothing: at each instant that is looked at, the turns are told anew from the first
date on, from who joined and left when. Clocks are those of a zone whose offset changes.

    run_rotations.py [--remit build/remit] [--seed N] [--cases K]

Ends with `N passed, N failed`; exit 0 or 1.
"""
from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Optional

sys.dont_write_bytecode = True
SUMMER = datetime(2026, 3, 29, 1, tzinfo=timezone.utc)  # in Rome clocks go on by an hour
PEOPLE = ["ann", "bob", "cat", "dan", "eve"]
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WINTER = datetime(2026, 10, 25, 1, tzinfo=timezone.utc)
FIRST = datetime(2026, 3, 2, 6, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)


def local(at: datetime) -> datetime:
    return (at + timedelta(hours=2 if SUMMER <= at < WINTER else 1)).replace(tzinfo=None)


def instant(when: datetime) -> datetime:
    """Of a local time: one that there is not is the first instant after the gap, of one that comes twice the first."""
    summer, winter = ((when - timedelta(hours=h)).replace(tzinfo=timezone.utc) for h in (2, 1))
    if SUMMER <= summer < WINTER:
        return summer
    return SUMMER if summer < SUMMER <= winter else winter


@dataclass
class Layer:
    name: str
    hours: Optional[tuple[time, time]]
    days: list[int]  # at which weekdays the turn passes on; empty: always
    every: int  # or each so many days
    at: time
    first: date
    places: list[str]  # "team.members", "team.lead"

    def text(self) -> str:
        hours = " from %s to %s" % tuple(t.strftime("%H:%M") for t in self.hours) if self.hours else ""
        when = self.at.strftime("%H:%M")
        handover = "handover every %d days from %s at %s" % (self.every, self.first, when) if self.every else \
            "handover every %s at %s from %s" % (", ".join(DAYS[d] for d in self.days) or "day", when, self.first)
        return "  layer %s%s {\n    %s\n    of %s\n  }\n" % (self.name, hours, handover, ", ".join(self.places))

    def handovers(self, until: datetime) -> list[datetime]:
        out, day = [], self.first
        while True:
            at = instant(datetime.combine(day, self.at))
            if at > until:
                return out
            if (day - self.first).days % self.every == 0 if self.every else not self.days or day.weekday() in self.days:
                out.append(at)
            day += timedelta(days=1)

    def has(self, at: datetime) -> bool:
        if self.hours is None:
            return True
        now, (begin, end) = local(at).time(), self.hours
        return begin <= now < end if begin < end else now >= begin or now < end


@dataclass
class Life:
    """From when to when people hold which places, are absent, are swapped in."""
    held: dict[str, list[list]] = field(default_factory=dict)  # place -> [person, from, to]
    away: list[list] = field(default_factory=list)
    swaps: list[tuple] = field(default_factory=list)  # number, person, from, until


LATER = datetime(9999, 1, 1, tzinfo=timezone.utc)


def there(layer: Layer, life: Life, at: datetime) -> list[tuple]:
    """(place, since, person) in the order of turns; a seat is one turn, by whoever held it first."""
    out = []
    for number, place in enumerate(layer.places):
        seats = [place] if not place.endswith(".members") else [p for p in life.held if p.split(".")[0] == place.split(".")[0]]
        now = sorted((begin, who) for seat in seats for who, begin, end in life.held.get(seat, []) if begin <= at < end)
        seen: set[str] = set()
        for begin, who in now:
            if who not in seen:
                out.append((number, begin, who))
            seen.add(who)
    return out


def turn_key(layer: Layer, one: tuple) -> tuple:
    """What makes two the same turn: a seat is one, whoever holds it."""
    return one if layer.places[one[0]].endswith(".members") else one[:1]


def on_call(layers: list[Layer], life: Life, at: datetime) -> Optional[str]:
    covered, who = False, None
    for layer in layers:
        if not layer.has(at) or who is not None:
            continue
        turns = layer.handovers(at)
        if not turns:
            continue
        covered = True
        last: Optional[tuple] = None
        for handover in turns:
            all_of = there(layer, life, handover)
            behind = [one for one in all_of if last is not None and one > last and turn_key(layer, one) != turn_key(layer, last)]
            last = (behind or all_of or [last])[0]
        now = there(layer, life, at)
        if last is not None:
            same = turn_key(layer, last)
            now = [one for one in now if one >= last or turn_key(layer, one) == same] + \
                  [one for one in now if one < last and turn_key(layer, one) != same]
        for one in now:
            if who is None and not any(p == one[2] and b <= at < e for p, b, e in life.away):
                who = one[2]
    if not covered:
        return None
    for _, person, begin, end in sorted(life.swaps, reverse=True):
        if begin <= at < end:
            gone = [s for s in life.held.values() for s in s if s[0] == person]
            left = gone and not any(b <= at < e for _, b, e in gone)
            away = any(p == person and b <= at < e for p, b, e in life.away)
            return who if left or away else person
    return who


def text(at: datetime) -> str:
    return at.isoformat()


def case(rng: random.Random, folder: Path, remit: str) -> int:
    layers = []
    for number in range(rng.randint(1, 3)):
        hours = None
        if number > 0 or rng.random() < 0.5:
            hours = rng.choice([(time(18), time(9)), (time(8), time(20)), (time(2, 30), time(2)), (time(22, 15), time(2, 30))])
        layers.append(Layer("l%d" % number, hours, rng.choice([[], [0], [0, 3], [5, 6]]), rng.choice([0, 0, 0, 2, 3, 14]),
                            rng.choice([time(9), time(2, 30), time(0), time(18)]), date(2026, 3, rng.randint(1, 12)),
                            rng.choice([["a.members"], ["a.lead", "a.members"], ["b.members", "a.lead"], ["a.lead", "b.lead"]])))
    policy = 'policy "R" version "1" { zone "Europe/Rome" }\nrole head\nteam a { role lead }\nteam b { role lead }\n' \
        "rotation watch {\n%s}\nhead may swap watch\n" % "".join(layer.text() for layer in layers)
    life, lines, at = Life(), [], FIRST
    for place in ("a", "a.lead", "b", "b.lead"):  # somebody was there once, so that no seat is named
        lines.append(("remit.appointed" if "." in place else "remit.joined", at,
                      {"person": "first", "seat" if "." in place else "team": place}))
        life.held.setdefault(place, []).append(["first", at, LATER])
    for number in range(rng.randint(5, 40)):
        at += rng.choice((0, 1, 7, 60)) * MINUTE * rng.choice((1, 30, 240))
        who, kind = rng.choice(PEOPLE), rng.random()
        if kind < 0.45:
            place = rng.choice(("a", "a", "b", "a.lead", "b.lead"))
            data = {"person": who, "seat" if "." in place else "team": place}
            lines.append(("remit.appointed" if "." in place else "remit.joined", at, data))
            life.held[place].append([who, at, LATER])
        elif kind < 0.6:
            gone = rng.choice(PEOPLE + ["first"])
            lines.append(("remit.left", at, {"person": gone}))
            for spans in life.held.values():
                for span in spans:
                    if span[0] == gone:
                        span[2] = min(span[2], at)
                spans[:] = [span for span in spans if span[1] < span[2]]
        elif kind < 0.8:
            begin, end = at + rng.randint(0, 3000) * MINUTE, at + rng.randint(1, 9000) * MINUTE
            lines.append(("remit.absent", at, {"person": who, "from": text(begin), "until": text(end)}))
            life.away.append([who, begin, end])
        else:
            begin, end = at + rng.randint(0, 3000) * MINUTE, at + rng.randint(1, 9000) * MINUTE
            lines.append(("remit.swapped", at, {"rotation": "watch", "person": who, "from": text(begin), "until": text(end)}))
            life.swaps.append((number, who, begin, end))
    (folder / "p.remit").write_text(policy)
    (folder / "e.jsonl").write_text("".join(json.dumps(
        {"specversion": "1.0", "id": "e%d" % n, "source": "/r", "type": kind, "time": text(when), "data": data,
         **({"actor": "head"} if kind == "remit.swapped" else {})}) + "\n" for n, (kind, when, data) in enumerate(lines)))
    run = [remit, "run", "--ledger", str(folder / "l"), "--policy", str(folder / "p.remit"), "--events", str(folder / "e.jsonl"),
           "--effects", str(folder / "x"), "--quiet"]
    subprocess.run(run, check=True, capture_output=True)
    shown = subprocess.run([remit, "show", "rotation", "watch", "--ledger", str(folder / "l"), "--next", "60", "--json"],
                           check=True, capture_output=True, text=True).stdout
    looks = 0
    for line in shown.splitlines():
        row = json.loads(line)
        begin = datetime.fromisoformat(row["from"]).astimezone(timezone.utc)
        end = datetime.fromisoformat(row["until"]).astimezone(timezone.utc) if "until" in row else begin + timedelta(days=40)
        some = [begin, end - timedelta(milliseconds=1)] + [begin + (end - begin) * rng.random() for _ in range(3)]
        for look in [one for one in some if one.year == 2026]:  # whose clocks the model knows
            looks += 1
            wanted = on_call(layers, life, look)
            if row.get("on_call") != wanted:
                raise AssertionError("%s: %s is shown, it is %s\n%s" % (look, row.get("on_call"), wanted, line))
    return looks


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--remit", default=os.environ.get("REMIT", "build/remit"))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("REMIT_SEED", "1")))
    parser.add_argument("--cases", type=int, default=30)
    args = parser.parse_args()
    failed = looks = 0
    with tempfile.TemporaryDirectory(prefix="remit-rotations-") as base:
        for number in range(args.seed, args.seed + args.cases):
            folder = Path(base) / str(number)
            folder.mkdir()
            try:
                looks += case(random.Random("rotations %d" % number), folder, args.remit)
            except (AssertionError, subprocess.CalledProcessError) as wrong:
                failed += 1
                said = getattr(wrong, "stderr", None) or b""
                print("FAIL case %d: %s\n%s\n%s" % (number, wrong, said, (folder / "p.remit").read_text()))
    print("%d looks" % looks)
    print("%d passed, %d failed" % (args.cases - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
