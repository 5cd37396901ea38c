#!/usr/bin/env python3
"""What `remit check` proves of decision tables, against looking at every combination of values.

    run_tables.py [--remit build/remit] [--seed N] [--policies K]

Random small tables over flags, enumerations and integers of few values, absence among them: the checker must find a
gap, an overlap and the rows that never count just where a walk over all combinations finds them, and its
counterexample must be one. Then tables of 10,000 rows, which must be checked in 2 s of processor time, and one whose
rows cross in more ways than can be looked at, of which that must be said. REMIT names the program, REMIT_SEED the
seed. Ends with `N passed, N failed`.
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

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TABLES_EACH, MANY, SECONDS = 15, 10000, 2
HEADER = 'policy "Tables" version "1" { zone "UTC" currency CNY }\n'
MEMBERS = ["air", "land", "sea"]


class Column:
    def __init__(self, r):
        self.kind = r.choice(["flag", "enum", "int", "int"])
        self.high = r.randrange(1, 7)
        self.optional = r.random() < 0.25
        self.values = {"flag": ["no", "yes"], "enum": MEMBERS, "int": list(range(self.high + 1))}[self.kind]

    def type(self):
        text = {"flag": "flag", "enum": "one of " + ", ".join(MEMBERS), "int": f"integer 0..{self.high}"}[self.kind]
        return text + ("?" if self.optional else "")

    def all(self):
        return self.values + ([None] if self.optional else [])

    def condition(self, r):
        """(text, values that it takes)"""
        if self.optional and r.random() < 0.25:
            return "absent", {None}
        if self.kind == "int" and r.random() < 0.7:
            a, b = sorted((r.choice(self.values), r.choice(self.values)))
            return r.choice([(f"{a}..{b}", {v for v in self.values if a <= v <= b}),
                             (f">= {a}", {v for v in self.values if v >= a}),
                             (f"< {b}", {v for v in self.values if v < b}),
                             (f"!= {a}", {v for v in self.values if v != a}),
                             (f"({a}..{b}]" if a < b else f"{a}", {v for v in self.values if a < v <= b or a == b == v})])
        v = r.choice(self.values)
        return str(v), {v}

    def cell(self, r, loose):
        if r.random() < loose:
            return "-", set(self.all())
        text, taken = self.condition(r)
        if r.random() < 0.2 and text != "absent":
            return f"not {text}", set(self.values) - taken
        if r.random() < 0.2:
            more, also = self.condition(r)
            return f"{text}, {more}", taken | also
        return text, taken


class Table:
    def __init__(self, r, n):
        self.name, self.hit = f"t{n}", r.choice(["first", "first", "unique"])
        self.columns = [Column(r) for _ in range(r.randrange(1, 5))]
        loose = r.choice([0.2, 0.5, 0.8])
        self.rows = [[c.cell(r, loose) for c in self.columns] for _ in range(r.randrange(1, 9))]
        if r.random() < 0.4:
            self.rows.append([("-", set(c.all())) for c in self.columns])

    def lines(self):
        inputs = ", ".join(f"x{k}: {c.type()}" for k, c in enumerate(self.columns))
        rows = [f"  {' | '.join(text for text, _ in row)} => {k}" for k, row in enumerate(self.rows)]
        return [f"table {self.name}({inputs}) {self.hit} -> y: integer {{", *rows, "}"]

    def rows_of(self, combination):
        return [k for k, row in enumerate(self.rows) if all(v in taken for v, (_, taken) in zip(combination, row))]

    def walk(self):
        """(whether something is left out, rows that are first somewhere, the first two rows that meet)"""
        gap, alive, pairs = False, set(), set()
        for combination in itertools.product(*(c.all() for c in self.columns)):
            rows = self.rows_of(combination)
            gap = gap or not rows
            alive.update(rows[:1])
            pairs.update((b, a) for a, b in itertools.combinations(rows, 2))
        return gap, alive, min(pairs) if pairs else None

    def value(self, k, text):
        c = self.columns[k]
        return None if text == "absent" else int(text) if c.kind == "int" else text


def example(table, message):
    """The combination that a message names; a column it leaves out may have any value."""
    words = dict(re.findall(r"(x\d) = ([^\s,]+)", message))
    return [table.value(k, words[f"x{k}"]) if f"x{k}" in words else c.all()[0] for k, c in enumerate(table.columns)]


def check(program, text):
    with tempfile.NamedTemporaryFile("w", suffix=".remit", encoding="utf-8") as f:
        f.write(text)
        f.flush()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        p = subprocess.run([program, "check", "--format", "json", f.name], capture_output=True, text=True, timeout=60)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return [json.loads(line) for line in p.stdout.splitlines() if line.startswith("{")], took, p


def faults_of(table, first_line, found):
    """What of the checker's answers about one table is wrong."""
    gap, alive, pair = table.walk()
    of = {code: [d for d in found if d["code"] == code] for code in ("E0203", "E0204", "E0205")}
    if bool(of["E0203"]) != gap:
        yield f"a gap is {'there' if gap else 'not there'}, found {len(of['E0203'])}"
    for d in of["E0203"]:
        if table.rows_of(example(table, d["message"])):
            yield f"no gap: {d['message']}"
    said = {d["line"] - first_line - 1 for d in of["E0205"]}
    dead = set(range(len(table.rows))) - alive if table.hit == "first" else set()
    if said != dead:
        yield f"rows {sorted(dead)} never count, said were {sorted(said)}"
    overlap = pair if table.hit == "unique" else None
    if [d["line"] - first_line - 1 for d in of["E0204"]] != ([overlap[0]] if overlap else []):
        yield f"rows that meet: {overlap}, said {of['E0204']}"
    for d in of["E0204"]:
        if len(table.rows_of(example(table, d["message"]))) < 2:
            yield f"no overlap: {d['message']}"


def small_tables(program, seed):
    r = random.Random(seed)
    tables, lines, at = [Table(r, n) for n in range(TABLES_EACH)], HEADER.splitlines(), []
    for table in tables:
        at.append(len(lines) + 1)
        lines += table.lines()
    found, _, p = check(program, "\n".join(lines) + "\n")
    others = [d for d in found if d["code"] not in ("E0203", "E0204", "E0205")]
    if p.returncode not in (0, 1) or others:
        print(f"seed {seed}: ended with {p.returncode}: {others[:2]} {p.stderr[:300]}")
        return 0, TABLES_EACH
    failed = 0
    for table, first in zip(tables, at):
        here = [d for d in found if first <= d["line"] < first + len(table.lines())]
        faults = list(faults_of(table, first, here))
        failed += bool(faults)
        if faults:
            print(f"seed {seed}", *table.lines(), *faults, sep="\n  ")
    return TABLES_EACH - failed, failed


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
    cases = [("ranges, first", ranges(MANY, "first"), []), ("ranges, unique", ranges(MANY, "unique"), []),
             ("texts", texts(MANY), []), ("a grid", grid(MANY), []),
             ("crossing rows", crossing(MANY, random.Random(seed)), ["E0209"])]
    for name, text, codes in cases:
        found, took, p = check(program, HEADER + text)
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
