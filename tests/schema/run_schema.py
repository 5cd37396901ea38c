#!/usr/bin/env python3
"""`remit schema` and the engine agree on random events: what the engine takes validates, and what it refuses by its schema does
not, but for what JSON Schema cannot say.

    REMIT=build/remit tests/schema/run_schema.py [--seed N] [--events N]

Needs jsonschema (Debian: python3-jsonschema); without it the suite says that it was skipped."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile

REMIT = os.environ.get("REMIT", "build/remit")
POLICY = '''policy "Desk \\"x\\"" version "1" { zone "Europe/Rome" currency EUR }
type line { sku "物料": id  price: money 0 EUR..100 EUR  count: integer 1.. = 1 }
team desk { role lead }
event a.b "甲" {
  id: id  n "数": integer 1..5  d: number -1..2.5  m: money?  p: percent 0%..50%  f: flag = no  w: working duration = 2 working hours
  e: duration?  day: date  t: time?  i: instant?  x: text?  k: one of red "红", blue = blue  who: party?  l: list of line = []
  ls: list of integer 0..9 = []  r: line?  o: text?
}
event open.one open { x: text?  r: line? }
event none {}
duty answer on a.b as a { key (a.id)  owed by desk  due within 1 day  fulfilled by remit.reported }
'''
# What no schema says: how many digits there are, which days exist, ranges of numbers that are texts, names of seats, depth.
BEYOND = ("digits", "it is not a date", "it is not an instant", "it is outside", "it is less than", "there is no role", "longer than", "is not a whole number")
WORDS = ["A", "T-1", "", "red", "红", "12", "x y", "desk.lead", "desk.boss", "é", "\n"]


def number(r):
    return r.choice([0, 1, 2, 5, 6, -1, 3.0, 2.5, 2.75, 1e2, 10 ** 20, "1", "2.5", "-1", "1e2", "+1", "1.", ".5", "", "one", "0x1", 9, 10])


VALUES = {
    "id": lambda r: r.choice(WORDS + [1]), "n": number, "数": number, "d": number,
    "m": lambda r: r.choice([number(r), "80.00 EUR", "80 USD", "EUR 80", "80.00", "80EUR", "-1 EUR", " 1 EUR"]),
    "p": lambda r: r.choice(["5%", "50%", "51%", "5", 5, "0.5%", "-1%", "5 %", "%", "1_0%", ".5%"]),
    "f": lambda r: r.choice([True, False, "yes", 1, "true"]),
    "w": lambda r: r.choice(["2 working hours", "1 working day", "2 hours", "工作小时", "2 工作小时", 2, "-1 working hour", "1.5 working hours", " 2  working hours "]),
    "e": lambda r: r.choice(["2 hours", "3 days", "1 month", "2 working hours", "2h", "90 分钟", "1 weeks"]),
    "day": lambda r: r.choice(["2026-03-02", "2026-02-30", "2026-13-01", "2026-3-2", "02.03.2026", 20260302, "2026-03-02T09:00:00Z"]),
    "t": lambda r: r.choice(["09:00", "09:00:30", "09:00:30.250", "9:00", "24:00", "25:00", "09:60", "09:00Z"]),
    "i": lambda r: r.choice(["2026-03-02T09:00:00+01:00", "2026-03-02T09:00:00Z", "2026-03-02 09:00:00Z", "2026-03-02T09:00:00", "2026-03-02t09:00:00.123456z"]),
    "x": lambda r: r.choice(WORDS + [1, True, {}]), "o": lambda r: r.choice(WORDS + [None]),
    "k": lambda r: r.choice(["red", "blue", "红", "green", 1]), "who": lambda r: r.choice(["desk", "desk.lead", "anna", "desk.boss", "", 1]),
    "ls": lambda r: r.choice([[], [1, 2], [1, "3"], [10], [None], 1, "1", [[1]]]),
    "l": lambda r: [line(r) for _ in range(r.randrange(3))], "r": lambda r: line(r),
}
GOOD = {"id": "A", "n": 1, "d": 1, "p": "5%", "day": "2026-03-02"}


def line(r):
    full = {"sku": "S", "price": "1 EUR"}
    if r.random() < .3:
        full[r.choice(["sku", "price", "count", "物料", "colour"])] = r.choice(["x", 1, 0, 101, "101", None, "1 USD", 1.5, ""])
    if r.random() < .1:
        full.pop(r.choice(list(full)))
    return full if r.random() < .95 else r.choice([[], "line", 7])


def event(r, number):
    kind = r.choice(["a.b", "a.b", "a.b", "a.b", "甲", "open.one", "none", "remit.reported", "a.c"])
    if kind in ("a.b", "甲"):
        data = dict(GOOD)
        for _ in range(r.choice([0, 1, 1, 1, 2])):
            name = r.choice(list(VALUES))
            data[name] = VALUES[name](r)
        if r.random() < .1:
            data[r.choice(list(data))] = None
        if r.random() < .1:
            data.pop(r.choice(list(data)))
        if r.random() < .05:
            data["color"] = 1
        if r.random() < .1:
            data["数"] = data.pop("n", 1)
    elif kind == "open.one":
        data = r.choice([{}, None, {"y": 1}, {"x": 1}, {"x": "a"}, {"r": {"sku": "A", "price": 1, "more": 1}}, {"r": {"sku": "A"}}, []])
    elif kind == "none":
        data = r.choice([{}, None, {"y": 1}, 7])
    else:
        data = {"duty": r.choice(["answer", "answr"]), "key": r.choice(["A", ["A"], ["A", "B"], 1, []])}
    out = {"specversion": "1.0", "id": str(number), "source": "/s", "type": kind, "time": "2026-03-02T09:00:00+01:00", "data": data}
    if kind.startswith("remit"):
        out["actor"] = "anna"
    if r.random() < .1:
        out[r.choice(["specversion", "source", "time", "actor", "subject", "datacontenttype", "traceparent", "Foo", "dataschema", "data"])] = r.choice(
            ["1.0", "", "x", None, 5, "a b", "2026-03-02T09:00:00Z", "text/json", True, "http://x/y"])
    if r.random() < .05:
        out.pop(r.choice(["specversion", "source", "type", "time", "data"]), None)
    return out


def rejects(policy, lines):
    """Index of line -> (reason, message, field), for those that were refused. `remit run` refuses one at a time in the order of the lines."""
    out = {}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "in.jsonl")
        with open(path, "w", encoding="utf-8") as f:
            f.write("".join(line + "\n" for line in lines))
        ledger = os.path.join(folder, "ledger")
        subprocess.run([REMIT, "run", "--ledger", ledger, "--policy", policy, "--events", path, "--quiet", "--effects",
                        os.path.join(folder, "e.jsonl")], check=True)
        shown = subprocess.run([REMIT, "show", "rejected", "--ledger", ledger, "--json"], check=True, capture_output=True, text=True).stdout
        at = {}
        offset = 0
        for i, line in enumerate(lines):
            at[offset] = i
            offset += len(line.encode()) + 1
        for row in shown.splitlines():
            row = json.loads(row)
            out[at[row["offset"]]] = (row["reason"], row.get("message", ""), row.get("field", ""))
    return out


def beyond(reason, message, field, made):
    if reason not in ("schema", "malformed"):
        return True
    if reason == "malformed":
        return "media type" in message or "not a URI" in message or "attribute" in message
    data = made.get("data")
    value = data.get(field) if isinstance(data, dict) else None
    if ("outside" in message or "less than" in message) and isinstance(value, (int, float)):
        return False  # a number's range is said
    return any(word in message for word in BEYOND) or not isinstance(made.get("data"), (dict, type(None)))


def main():
    try:
        import jsonschema
    except ImportError:
        print("run_schema: skipped: no jsonschema (python3-jsonschema)")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    arguments = sys.argv[1:]
    seed = int(arguments[arguments.index("--seed") + 1]) if "--seed" in arguments else int(os.environ.get("REMIT_SEED", "1"))
    many = int(arguments[arguments.index("--events") + 1]) if "--events" in arguments else 4000
    r = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        policy = os.path.join(folder, "p.remit")
        with open(policy, "w", encoding="utf-8") as f:
            f.write(POLICY)
        schema = json.loads(subprocess.run([REMIT, "schema", "--policy", policy], check=True, capture_output=True, text=True).stdout)
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        events = [event(r, i) for i in range(many)]
        lines = [json.dumps(e, ensure_ascii=False) for e in events]
        refused = rejects(policy, lines)
    failed = 0
    told = {"taken": 0, "refused": 0, "beyond": 0}
    for i, made in enumerate(events):
        valid = validator.is_valid(made)
        if i not in refused:
            told["taken"] += 1
            wrong = not valid
        elif beyond(*refused[i], made):
            told["beyond"] += 1
            wrong = False
        else:
            told["refused"] += 1
            wrong = valid
        if wrong:
            failed += 1
            if failed < 12:
                print("seed %d: %s, but %s: %s" % (seed, "valid" if valid else "invalid", refused.get(i, "taken"), lines[i]))
    few = [k for k, n in told.items() if n < many // 40 and k != "beyond"]
    print("run_schema: seed %d: %s" % (seed, ", ".join("%d %s" % (n, k) for k, n in told.items())))
    print("%d passed, %d failed" % (many - failed, failed))
    return 1 if failed or few else 0


if __name__ == "__main__":
    sys.exit(main())
