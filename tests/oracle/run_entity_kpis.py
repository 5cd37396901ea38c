#!/usr/bin/env python3
"""What KPIs measure of entities, against a model that keeps nothing: after each event every measure is told anew from
all entities that there are, and from all events where one is divided by the other.

    run_entity_kpis.py [--remit build/remit] [--seed N] [--cases K]

Each case compares what `show kpis --json` says after each part of a stream, and the raised and cleared levels of all.
Law, on the same case: any batch size gives the same digest.
Ends with `N passed, N failed`; exit 0 or 1.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path

sys.dont_write_bytecode = True
BEGIN = datetime(2026, 3, 2, 8, tzinfo=timezone.utc)
KINDS, TEAMS, KEYS = ("pens", "paper"), ("ops", "lab"), ("A", "B", "C", "D", "E", "F")
PRICES = ("1", "2.5", "2.50", "7", "0", "12.25")

POLICY = """policy "E" version "1" { zone "UTC" currency EUR }
role chief
entity item { key k: id  kind: one of pens, paper  stock: integer = 0  least: integer = 3  price: money  who: text? }
entity budget { key team: text  amount: money }
event put { k: id  kind: one of pens, paper  stock: integer  price: money  who: text? }
event moved { k: id  kind: one of pens, paper }
event gone { k: id }
event dropped { kind: one of pens, paper }
event given { team: text  amount: money }
event spent { team: text  amount: money }
rule put on put as p { set item(p.k) { kind: p.kind  stock: p.stock  price: p.price  who: p.who } }
rule moved on moved as m where item(m.k) is present { set item(m.k).kind = m.kind }
rule gone on gone as g { delete item(g.k) }
rule dropped on dropped as d { for each i in item where i.kind = d.kind { set item(i.k).stock = 0 } }
rule given on given as g { set budget(g.team).amount = g.amount }
kpi low by kind { measure count(item where it.stock < it.least)  warning at least 2, clear below 1 }
kpi worth by kind { measure sum(item.price where it.stock > 0) }
kpi mean { measure average(item.stock)  warning above 3 }
kpi least { measure min(item.price) }
kpi most by kind { measure max(item.price) }
kpi middle { measure percentile(50, item.price where it.stock > 0) }
kpi whose { measure distinct(item.who) }
kpi share { measure count(item where it.stock < it.least) / count(item)  critical above 60% }
kpi used by team { measure sum(spent.amount) / sum(budget.amount) over 60 minutes  warning above 80% }
kpi spread { measure count(spent) / count(budget) per day }
"""


def digits(number):
    return len(number.partition(".")[2])


class Model:
    def __init__(self):
        self.items, self.budgets, self.spent, self.seen = {}, {}, [], set()

    def take(self, kind, data, at):
        if kind == "put":
            self.items[data["k"]] = self.kept(self.items.get(data["k"]), data, "price")
        elif kind == "moved" and data["k"] in self.items:
            self.items[data["k"]]["kind"] = data["kind"]
        elif kind == "gone":
            self.items.pop(data["k"], None)
        elif kind == "dropped":
            for item in self.items.values():
                if item["kind"] == data["kind"]:
                    item["stock"] = 0
        elif kind == "given":
            was = {"amount": self.budgets[data["team"]]} if data["team"] in self.budgets else None
            self.budgets[data["team"]] = self.kept(was, data, "amount")["amount"]
        elif kind == "spent":
            self.spent.append((at, data["team"], data["amount"]))
        self.note()

    @staticmethod
    def kept(was, data, field):
        """What is set to what it is stays as it is written."""
        out = dict(data)
        if was and number_of(was[field]) == number_of(data[field]):
            out[field] = was[field]
        return out

    def note(self):
        """A series begins with what counts in it first."""
        for i in self.items.values():
            self.seen |= {("mean", ""), ("least", ""), ("most", i["kind"]), ("share", "")}
            if i["stock"] < 3:
                self.seen.add(("low", i["kind"]))
            if i["stock"] > 0:
                self.seen |= {("worth", i["kind"]), ("middle", "")}
            if i.get("who") is not None:
                self.seen.add(("whose", ""))
        for team in list(self.budgets) + [t for _, t, _ in self.spent]:
            self.seen |= {("used", team), ("spread", "")}

    @staticmethod
    def money(values, total):
        """As many places as the sample that has most."""
        places = max((digits(v) for v in values), default=0)
        n = total * 10 ** places
        text = str(abs(n.numerator)).rjust(places + 1, "0")
        return ("-" if n < 0 else "") + (text[:-places] + "." + text[-places:] if places else text) + " EUR"

    def value(self, name, group, at):
        """The fraction, and how JSON has what is no quotient."""
        items = [i for i in self.items.values() if group in ("", i["kind"])]
        prices = [i["price"].split()[0] for i in items]
        stocked = [i["price"].split()[0] for i in items if i["stock"] > 0]
        low = [i for i in items if i["stock"] < 3]
        if name == "low":
            return Fraction(len(low)), len(low)
        if name == "worth":
            total = sum(map(Fraction, stocked), Fraction(0))
            return total, self.money(stocked, total)
        if name == "mean":
            return (Fraction(sum(i["stock"] for i in items), len(items)) if items else None), None
        if name in ("least", "most"):
            best = (min if name == "least" else max)(map(Fraction, prices)) if prices else None
            return best, best if best is None else self.money(prices, best)
        if name == "middle":
            ranked = sorted(map(Fraction, stocked))
            best = ranked[(len(ranked) + 1) // 2 - 1] if ranked else None
            return best, best if best is None else self.money(stocked, best)
        if name == "whose":
            n = len({i["who"] for i in items if i.get("who") is not None})
            return Fraction(n), n
        if name == "share":
            return (Fraction(len(low), len(items)) if items else None), None
        if name == "used":
            budget = Fraction(self.budgets[group].split()[0]) if group in self.budgets else 0
            spent = sum((Fraction(a.split()[0]) for t, team, a in self.spent
                         if team == group and t <= at < t + timedelta(minutes=60)), Fraction(0))
            return (spent / budget if budget else None), None
        today = [t for t, _, _ in self.spent if t.date() == at.date()]
        return (Fraction(len(today), len(self.budgets)) if self.budgets else None), None


def number_of(text):
    return Fraction(str(text).split()[0])


def check(model, rows, at):
    got = {(r["kpi"], "/".join(r["group"].values())): r.get("value") for r in rows}
    if set(got) != model.seen:
        raise AssertionError("series %s, wanted %s" % (sorted(got), sorted(model.seen)))
    for (name, group), value in got.items():
        exact, shown = model.value(name, group, at)
        if exact is None:
            fine = value is None
        elif shown is not None:
            fine = value == shown
        else:
            fine = value is not None and number_of(value["num"]) / number_of(value["den"]) == exact
        if not fine:
            raise AssertionError("%s %s at %s: %s, wanted %s %s" % (name, group, at, value, exact, shown))


LEVELS = (("low", "warning", lambda v: v >= 2, lambda v: v < 1), ("mean", "warning", lambda v: v > 3, None),
          ("share", "critical", lambda v: v > Fraction(3, 5), None),
          ("used", "warning", lambda v: v > Fraction(4, 5), None))


def turns(model, standing, at):
    """What is raised or cleared at an instant once all else is done."""
    out = []
    for name, level, raises, clears in LEVELS:
        for kpi, group in sorted(model.seen):
            value = model.value(name, group, at)[0] if kpi == name else None
            if kpi != name or value is None:
                continue  # nothing to measure: what stands stands on
            up = (name, group) in standing
            if raises(value) if not up else (clears(value) if clears else not raises(value)):
                standing ^= {(name, group)}
                out.append((at.strftime("%Y-%m-%dT%H:%M:%SZ"), name, group, "cleared" if up else level))
    return out


def make(rng):
    events, at = [], BEGIN
    for n in range(rng.randint(20, 80)):
        at += timedelta(minutes=rng.choice((0, 0, 1, 5, 20, 45)))
        kind = rng.choice(("put", "put", "put", "moved", "gone", "given", "spent", "spent", "dropped"))
        data = {"put": lambda: {"k": rng.choice(KEYS), "kind": rng.choice(KINDS), "stock": rng.randint(0, 9),
                                "price": rng.choice(PRICES) + " EUR"},
                "moved": lambda: {"k": rng.choice(KEYS), "kind": rng.choice(KINDS)},
                "gone": lambda: {"k": rng.choice(KEYS)},
                "dropped": lambda: {"kind": rng.choice(KINDS)},
                "given": lambda: {"team": rng.choice(TEAMS), "amount": rng.choice(PRICES) + " EUR"},
                "spent": lambda: {"team": rng.choice(TEAMS), "amount": rng.choice(PRICES) + " EUR"}}[kind]()
        if kind == "put" and rng.random() < 0.7:
            data["who"] = rng.choice(("", "a", "b", "x" * 99))
        events.append((n, kind, at, data))
    return events


def lines(events):
    return "".join(json.dumps({"specversion": "1.0", "id": "e%d" % n, "source": "/t", "type": kind,
                               "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "data": data}) + "\n"
                   for n, kind, at, data in events)


def run(remit, *words):
    done = subprocess.run([remit, *map(str, words)], capture_output=True, timeout=120, check=False)
    if done.returncode != 0:
        raise AssertionError("exit %d: %s\n%s" % (done.returncode, words, done.stderr.decode()))
    return done.stdout.decode()


def feed(remit, folder, name, events, *more):
    folder.joinpath("e.jsonl").write_text(lines(events), encoding="utf-8")
    return run(remit, "run", "--quiet", "--ledger", folder / name, "--policy", folder / "p.remit", "--events",
               folder / "e.jsonl", *more)


def said(text):
    out = []
    for line in text.splitlines():
        effect = json.loads(line)
        if effect["type"].startswith("remit.kpi."):
            level = effect["type"].rsplit(".", 1)[1]
            out.append((effect["time"].replace("+00:00", "Z"), effect["data"]["kpi"],
                        "/".join(effect["data"]["group"].values()), level))
    return out


def instants(model, last, until):
    """When spendings leave their windows, before an instant."""
    return sorted({t + timedelta(minutes=60) for t, _, _ in model.spent if last < t + timedelta(minutes=60) < until})


def case(remit, seed, folder):
    rng = random.Random(seed)
    events = make(rng)
    folder.joinpath("p.remit").write_text(POLICY, encoding="utf-8")
    model, standing, wanted, got, last = Model(), set(), [], "", BEGIN - timedelta(days=1)
    while events and len(events) > 0:
        part, rest, n = [], events, rng.randint(1, 12)
        while rest and (len(part) < n or rest[0][2] == part[-1][2]):
            part.append(rest[0])
            rest = rest[1:]
        for n, (number, kind, at, data) in enumerate(part):
            for t in instants(model, last, at):
                wanted += turns(model, standing, t)
            model.take(kind, data, at)
            last = at - timedelta(seconds=1)  # what leaves at it is judged with it
            if n + 1 == len(part) or part[n + 1][2] > at:
                wanted += turns(model, standing, at)
                last = at
        got += feed(remit, folder, "one", part, "--until", last.strftime("%Y-%m-%dT%H:%M:%SZ"))
        rows = run(remit, "show", "kpis", "--json", "--ledger", folder / "one").splitlines()
        check(model, [json.loads(r) for r in rows], last)
        events = rest
    if sorted(said(got)) != sorted(wanted):
        raise AssertionError("levels:\n%s\nwanted\n%s" % (sorted(said(got)), sorted(wanted)))
    events = make(random.Random(seed))
    digests = set()
    for batch in ("1", "9", "1000"):
        feed(remit, folder, "b" + batch, events, "--batch", batch)
        digests.add(run(remit, "show", "digest", "--ledger", folder / ("b" + batch)))
    if len(digests) != 1:
        raise AssertionError("the digest depends on the batches")
    return len(wanted)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--remit", default=os.environ.get("REMIT", "build/remit"))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("REMIT_SEED", "1")))
    parser.add_argument("--cases", type=int, default=30)
    options = parser.parse_args()
    passed = failed = levels = 0
    print("seed %d" % options.seed)
    for seed in range(options.seed, options.seed + options.cases):
        with tempfile.TemporaryDirectory() as name:
            try:
                levels += case(options.remit, seed, Path(name))
                passed += 1
            except AssertionError as wrong:
                failed += 1
                print("FAILED seed %d: %s\nrepeat: tests/oracle/run_entity_kpis.py --seed %d --cases 1" % (seed, wrong, seed))
    if levels == 0:
        failed += 1
        print("no level turned")
    print("%d levels turned" % levels)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
