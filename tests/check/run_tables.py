#!/usr/bin/env python3
"""What `remit check` proves of decision tables, and what they give, against looking at every combination of values.

    run_tables.py [--remit build/remit] [--seed N] [--policies K]

Random small tables of every hit policy over flags, enumerations, integers, numbers, money, dates, durations, times and
texts, absence among them: the checker must find a gap, an overlap, rows that disagree and rows that never count just where a
walk over all combinations finds them, and its counterexample must be one; and where nothing is wrong, `remit decide`
must give what the rows say. A column's values are its constants, what lies between two of them and what lies outside. Then
tables of 10,000 rows, which must be checked in 2 s of processor time, and one whose rows cross in more ways than can be
looked at, of which that must be said. REMIT names the program, REMIT_SEED the seed. Ends with `N passed, N failed`.
"""
import argparse
import itertools
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
from fractions import Fraction

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TABLES_EACH, ASKED_EACH, MANY, SECONDS = 15, 25, 10000, 2
HEADER = 'policy "Tables" version "1" { zone "UTC" currency CNY }\n'
MEMBERS, RANKED = ["air", "land", "sea"], ["d", "b", "a", "c"]
TEXTS = ["", "CN", "CN-11", "CO", "D"]
CODES = ("E0203", "E0204", "E0205", "E0212")
HITS = ["first", "first", "unique", "any", "priority", "rule order", "output order", "collect", "collect sum", "collect min",
        "collect max", "collect count"]


class Kind:
    """A type: how its constants are written, which values tell all cells apart, how a value reads."""
    def __init__(self, type_, constants, write, values, read, ordered=True, form=None):
        self.type, self.constants, self.write, self.values, self.read = type_, constants, write, values, read
        self.ordered, self.form = ordered, form or write


def halves(n):
    return [Fraction(k, 2) for k in range(-2, 2 * n + 3)]


def plain(v):
    return str(int(v)) if v == int(v) else str(float(v))


def clock(v):
    return f"{int(v) // 60:02}:{int(v) % 60:02}"


def hours(text):
    number, unit = text.split(" ", 1)
    return Fraction(number) * {"day": 24, "hour": 1, "minute": Fraction(1, 60), "second": Fraction(1, 3600),
                               "millisecond": Fraction(1, 3600000)}[unit.rstrip("s")]


def kinds(r):
    high = r.randrange(1, 7)
    whole = list(range(high + 1))
    yield Kind("flag", ["no", "yes"], str, ["no", "yes"], str, False, lambda v: v == "yes")
    yield Kind("one of " + ", ".join(MEMBERS), MEMBERS, str, MEMBERS, str, False)
    yield Kind(f"integer 0..{high}", whole, str, whole, int)
    yield Kind("integer", whole, str, [-1, *whole, high + 1], int)
    yield Kind("number", whole, str, halves(high), Fraction, form=plain)
    yield Kind(f"number 0..{high}", whole, str, [v for v in halves(high) if 0 <= v <= high], Fraction, form=plain)
    yield Kind("money", whole, lambda v: f"{v} CNY", halves(high), lambda t: Fraction(t.split()[0]),
               form=lambda v: plain(v) + " CNY")
    yield Kind("percent", whole, lambda v: f"{v}%", halves(high), lambda t: Fraction(t.rstrip("%")),
               form=lambda v: plain(v) + "%")
    yield Kind("date", whole, lambda v: f"2026-03-{v + 2:02}", [-1, *whole, high + 1],
               lambda t: int(t[8:]) - 2 if t.startswith("2026-03-") else high + 1 if t > "2026-03" else -1)
    yield Kind("duration in hours", whole, lambda v: f"{v} hours", halves(high), hours,
               form=lambda v: f"{int(v * 60)} minutes")
    yield Kind("time", whole, lambda v: f"0{v + 1}:00", [60 * v for v in halves(high) if -1 < v],
               lambda t: Fraction(t[:2]) * 60 - 60 + Fraction(t[3:5]) + Fraction(t[6:] or 0) / 60, form=lambda v: clock(v + 60))
    yield Kind("time", ["00:00", "12:00", "23:59:59.999"], str, ["00:00", "06:00", "12:00", "18:00", "23:59:59.999"], str)
    yield Kind("text", TEXTS, lambda v: f'"{v}"', [*TEXTS, "CN-1", "CN-2", "CN-111", "COx", "Dx", "Z", "A", "q"],
               lambda t: "q" if t == "any other text" else t.strip('"'), False, str)


def constant(kind, v):
    """A constant as a value to compare with; times are kept in minutes behind one o'clock."""
    return v * 60 if kind.type == "time" and isinstance(v, int) else v


class Column:
    def __init__(self, r):
        self.kind = r.choice(list(kinds(r)))
        self.optional = r.random() < 0.25

    def type(self):
        return self.kind.type + ("?" if self.optional else "")

    def all(self):
        return self.kind.values + ([None] if self.optional else [])

    def condition(self, r):
        """(text, whether it holds for a present value); None: for an absent one alone"""
        if self.optional and r.random() < 0.2:
            return "absent", None
        k, write = self.kind, self.kind.write
        first, second = r.choice(k.constants), r.choice(k.constants)
        if k.ordered and r.random() < 0.7:
            low, high = sorted((first, second))
            a, b = constant(k, low), constant(k, high)
            choices = [(f"{write(low)}..{write(high)}", lambda v: a <= v <= b), (f">= {write(low)}", lambda v: v >= a),
                       (f"> {write(low)}", lambda v: v > a), (f"<= {write(high)}", lambda v: v <= b),
                       (f"< {write(high)}", lambda v: v < b), (f"!= {write(low)}", lambda v: v != a)]
            if a < b:
                choices += [(f"({write(low)}..{write(high)}]", lambda v: a < v <= b),
                            (f"[{write(low)}..{write(high)})", lambda v: a <= v < b),
                            (f"({write(low)}..{write(high)})", lambda v: a < v < b)]
            return r.choice(choices)
        a = constant(k, first)
        if k.type == "text" and r.random() < 0.4:
            return f"starts with {write(first)}", lambda v: v.startswith(a)
        return r.choice([(write(first), lambda v: v == a), (f"= {write(first)}", lambda v: v == a)])

    def cell(self, r, loose):
        if r.random() < loose:
            return "-", lambda v: True
        tests = [self.condition(r) for _ in range(r.choice([1, 1, 1, 2, 3]))]
        texts, holds = [], []
        if len(tests) > 1 and all(test for _, test in tests) and r.random() < 0.3:
            return (f"not ({', '.join(text for text, _ in tests)})",
                    lambda v: v is not None and not any(test(v) for _, test in tests))
        for text, test in tests:
            if test is None:
                texts.append(text)
                holds.append(lambda v: v is None)
            elif r.random() < 0.2:
                texts.append(f"not {text}")
                holds.append(lambda v, t=test: v is not None and not t(v))
            else:
                texts.append(text)
                holds.append(lambda v, t=test: v is not None and t(v))
        return ", ".join(texts), lambda v: any(h(v) for h in holds)


class Table:
    def __init__(self, r, n):
        self.name, self.hit = f"t{n}", r.choice(HITS)
        self.columns = [Column(r) for _ in range(r.randrange(1, 5))]
        while len(list(itertools.product(*(c.all() for c in self.columns)))) > 4000:
            self.columns.pop()
        loose = r.choice([0.2, 0.5, 0.8])
        self.rows = [[c.cell(r, loose) for c in self.columns] for _ in range(r.randrange(1, 9))]
        if r.random() < 0.4:
            self.rows.append([("-", lambda v: True) for _ in self.columns])
        few = self.hit == "any"
        self.gives = [r.randrange(2) if few else r.randrange(-9, 99) for _ in self.rows]
        self.ranks = [r.choice(RANKED) for _ in self.rows]
        self.ranked = self.hit in ("priority", "output order")
        self.optional = r.random() < 0.5
        places = range(len(self.rows))
        self.order = sorted(places, key=lambda k: (RANKED.index(self.ranks[k]), k)) if self.ranked else list(places)
        self.one = self.hit in ("first", "any", "priority", "unique")
        self.picks = self.hit in ("collect min", "collect max")

    def lines(self):
        inputs = ", ".join(f"x{k}: {c.type()}" for k, c in enumerate(self.columns))
        y = "y: integer" + ("?" if self.picks and self.optional else "")
        outputs = f"{y}, rank: one of {', '.join(RANKED)}" if self.ranked else y
        rows = [f"  {' | '.join(text for text, _ in row)} => {self.gives[k]}{', ' + self.ranks[k] if self.ranked else ''}"
                for k, row in enumerate(self.rows)]
        return [f"table {self.name}({inputs}) {self.hit} -> {outputs} {{", *rows, "}"]

    def asking(self):
        """An event with the inputs, a rule that answers it with what the table gives."""
        fields = " ".join(f"x{k}: {c.type()}" for k, c in enumerate(self.columns))
        given = ", ".join(f"e.x{k}" for k in range(len(self.columns)))
        many = self.hit in ("rule order", "output order", "collect")
        y = "list of integer" if many else "integer" + ("?" if self.picks and self.optional else "")
        call = f"{self.name}({given})" + (".y" if self.ranked else "")
        return [f"event ask.{self.name} {{ {fields} }}", f"event told.{self.name} {{ y: {y} }}",
                f"rule r{self.name} on ask.{self.name} as e {{ emit told.{self.name} {{ y: {call} }} }}"]

    def rows_of(self, combination):
        """The rows that apply, in the order in which they go."""
        return [k for k in self.order if all(test(v) for v, (_, test) in zip(combination, self.rows[k]))]

    def answer(self, combination):
        found = self.rows_of(combination)
        gives = [self.gives[k] for k in found]
        if self.one:
            return gives[0]
        if self.picks:
            return None if not gives else min(gives) if self.hit == "collect min" else max(gives)
        return {"collect sum": sum(gives), "collect count": len(gives)}.get(self.hit, gives)

    def walk(self):
        """(whether something is left out, rows that count somewhere, the first two rows that may not meet)"""
        gap, alive, pairs = False, set(), set()
        for combination in itertools.product(*(c.all() for c in self.columns)):
            rows = self.rows_of(combination)
            gap = gap or not rows
            alive.update(rows[:1] if self.one and self.hit != "unique" else rows)
            pairs.update((max(a, b), min(a, b)) for a, b in itertools.combinations(rows, 2)
                         if self.hit == "unique" or (self.hit == "any" and self.gives[a] != self.gives[b]))
        return gap, alive, min(pairs) if pairs else None

    def needs_rows(self):
        return self.one or (self.picks and not self.optional)

    def value(self, k, text):
        c = self.columns[k]
        return None if text == "absent" else c.all()[0] if text == "anything" else c.kind.read(text)


def example(table, message):
    """The combination that a message names; a column it leaves out may have any value."""
    words = dict(re.findall(r"(x\d) = (.+?)(?=, x\d = |$)", message))
    return [table.value(k, words[f"x{k}"]) if f"x{k}" in words else c.all()[0] for k, c in enumerate(table.columns)]


def check(program, text, csv=""):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("p.remit", text), ("t.csv", csv)):
            with open(f"{folder}/{name}", "w", encoding="utf-8") as f:
                f.write(content)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        p = subprocess.run([program, "check", "--format", "json", f"{folder}/p.remit"], capture_output=True, text=True,
                           timeout=60)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return [json.loads(line) for line in p.stdout.splitlines() if line.startswith("{")], took, p


def faults_of(table, first_line, found):
    """What of the checker's answers about one table is wrong."""
    gap, alive, pair = table.walk()
    of = {code: [d for d in found if d["code"] == code] for code in CODES}
    gap = gap and table.needs_rows()
    if bool(of["E0203"]) != gap:
        yield f"a gap is {'there' if gap else 'not there'}, found {len(of['E0203'])}"
    for d in of["E0203"]:
        if table.rows_of(example(table, d["message"])):
            yield f"no gap: {d['message']}"
    said = {d["line"] - first_line - 1 for d in of["E0205"]}
    dead = set(range(len(table.rows))) - alive
    if said != dead:
        yield f"rows {sorted(dead)} never count, said were {sorted(said)}"
    code = "E0212" if table.hit == "any" else "E0204"
    if [d["line"] - first_line - 1 for d in of[code]] != ([pair[0]] if pair else []):
        yield f"rows that meet: {pair}, said {of[code]}"
    for d in of[code]:
        rows = table.rows_of(example(table, d["message"]))
        if len(rows) < 2 or (table.hit == "any" and len({table.gives[k] for k in rows}) < 2):
            yield f"they do not meet: {d['message']}"


def ask(program, r, tables):
    """The tables whose answers differ from what their rows say."""
    policy = "\n".join([HEADER, *(line for t in tables for line in t.lines() + t.asking())]) + "\n"
    events, wanted = [], []
    for t in tables:
        combinations = list(itertools.product(*(c.all() for c in t.columns)))
        for combination in r.sample(combinations, min(ASKED_EACH, len(combinations))):
            data = {f"x{k}": c.kind.form(v) for k, (c, v) in enumerate(zip(t.columns, combination)) if v is not None}
            events.append({"specversion": "1.0", "id": str(len(events)), "source": "s", "type": f"ask.{t.name}",
                           "time": "2026-03-02T09:00:00Z", "data": data})
            wanted.append((t, combination, t.answer(combination)))
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/p.remit", "w", encoding="utf-8") as f:
            f.write(policy)
        with open(f"{folder}/e.jsonl", "w", encoding="utf-8") as f:
            f.writelines(json.dumps(e) + "\n" for e in events)
        p = subprocess.run([program, "decide", "--policy", f"{folder}/p.remit", "--events", f"{folder}/e.jsonl"],
                           capture_output=True, text=True, timeout=60)
    told = [json.loads(line) for line in p.stdout.splitlines() if line.startswith("{")]
    if len(told) != len(events):
        print(f"asked {len(events)} times, {len(told)} answers: {p.stdout[:300]} {p.stderr[:300]}")
        return set(tables)
    wrong = set()
    for e, (t, combination, want) in zip(told, wanted):
        if e["data"].get("y") != want:
            wrong.add(t)
            print(*t.lines(), f"{combination}: {e['data']} where {want} is right", sep="\n  ")
    return wrong


def small_tables(program, seed):
    r = random.Random(seed)
    tables, lines, at = [Table(r, n) for n in range(TABLES_EACH)], HEADER.splitlines(), []
    for table in tables:
        at.append(len(lines) + 1)
        lines += table.lines()
    found, _, p = check(program, "\n".join(lines) + "\n")
    others = [d for d in found if d["code"] not in CODES]
    if p.returncode not in (0, 1) or others:
        print(f"seed {seed}: ended with {p.returncode}: {others[:2]} {p.stderr[:300]}")
        return 0, TABLES_EACH
    wrong, sound = set(), []
    for table, first in zip(tables, at):
        here = [d for d in found if first <= d["line"] < first + len(table.lines())]
        faults = list(faults_of(table, first, here))
        if faults:
            wrong.add(table)
            print(f"seed {seed}", *table.lines(), *faults, sep="\n  ")
        elif all(d["code"] == "E0205" for d in here):
            sound.append(table)
    wrong |= ask(program, r, sound) if sound else set()
    return TABLES_EACH - len(wrong), len(wrong)


# ---- tables of many rows

def ranges(n, hit):
    rows = [f"  {k * 10}..{k * 10 + 9} => {k}" for k in range(n - 2)]
    return f"table t(sku: integer) {hit} -> y: integer {{\n  < 0 => 0\n" + "\n".join(rows) + f"\n  >= {(n - 2) * 10} => 1\n}}\n"


def texts(n):
    rows = [f'  "place {k}" => {k}' for k in range(n - 1)]
    return "table t(place: text) first -> y: integer {\n" + "\n".join(rows) + "\n  - => 0\n}\n"


def grid(n):
    rows = [f'  "r{k % 100}" | {k // 100 * 10}..{k // 100 * 10 + 9} | < {100 + k % 7} CNY => {k}' for k in range(n - 1)]
    return ("table t(place: text, size: integer, price: money) first -> y: integer {\n" + "\n".join(rows)
            + "\n  - | - | - => 0\n}\n")


def prefixes(n):
    rows = [f"starts with K{k % 5000:04},{'1..9' if k < 5000 else '>= 10'},{k}" for k in range(n - 1)]
    return "place,size,y\n" + "\n".join(rows) + "\n,,0\n"


def crossing(n, r):
    """Boxes at random over many columns: their crossings have no end."""
    def span():
        a = r.randrange(900)
        return f"{a}..{a + r.randrange(100)}"
    rows = [f"  {span()} | {' | '.join(r.choice(['-', span()]) for _ in range(5))} => {k}" for k in range(n - 1)]
    inputs = ", ".join(f"x{k}: integer 0..1000" for k in range(6))
    return f"table t({inputs}) first -> y: integer {{\n" + "\n".join(rows) + "\n  " + " | ".join(["-"] * 6) + " => 0\n}\n"


def big_tables(program, seed):
    failed = 0
    cases = [("ranges, first", ranges(MANY, "first"), [], ""), ("ranges, unique", ranges(MANY, "unique"), [], ""),
             ("texts", texts(MANY), [], ""), ("a grid", grid(MANY), [], ""),
             ("ranges, collect", ranges(MANY, "collect sum"), [], ""),
             ("a CSV file", 'table t(place: text, size: integer) first -> y: integer from "t.csv"\n', [], prefixes(MANY)),
             ("crossing rows", crossing(MANY, random.Random(seed)), ["E0209"], "")]
    for name, text, codes, csv in cases:
        found, took, p = check(program, HEADER + text, csv)
        fine = p.returncode == 0 and [d["code"] for d in found] == codes and took <= SECONDS
        failed += not fine
        print(f"{MANY} rows, {name}: {took:.2f} s")
        if not fine:
            print(f"  ended with {p.returncode}, {found[:2]} {p.stderr[:200]}")
    return len(cases) - failed, failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--remit", default=os.environ.get("REMIT", os.path.join(ROOT, "build", "remit")))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("REMIT_SEED", "1")))
    parser.add_argument("--policies", type=int, default=60)
    args = parser.parse_args()
    print(f"seed {args.seed}")
    passed = failed = 0
    for k in range(args.policies):
        fine, bad = small_tables(args.remit, args.seed * 1000 + k)
        passed, failed = passed + fine, failed + bad
    fine, bad = big_tables(args.remit, args.seed)
    print(f"{passed + fine} passed, {failed + bad} failed")
    return 1 if failed + bad else 0


if __name__ == "__main__":
    sys.exit(main())
