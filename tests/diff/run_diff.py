#!/usr/bin/env python3
"""remit diff: what it says of random tables against an oracle that tries all values; what it says of mutants of
the policies in rules/ names the declaration that was changed, both ways round; translated keywords change nothing."""
import itertools
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REMIT = os.environ.get("REMIT", str(ROOT / "build/remit"))
SEED = int(os.environ.get("REMIT_SEED", "1"))
TABLES, MUTANTS = 40, 12
MUTATED = ["contracts", "expenses", "ferry", "helpdesk", "invoices", "stock"]
passed = failed = 0


def check(good, what):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("not so:", what)


def run(*args):
    done = subprocess.run([REMIT, *map(str, args)], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout


def diff(old, new):
    code, out = run("diff", "--json", old, new)
    return code, json.loads(out) if code < 2 else None


# ---- tables: the oracle knows the cells alone

KINDS, NUMBERS = ["a", "b", "c"], range(0, 7)


def random_cells(rng):
    kind = rng.choice(["-", "-", "a", "b", "c", "not a", "a, b"])
    number = rng.choice(["-", ">= %d" % rng.randrange(7), "< %d" % rng.randrange(1, 7), str(rng.randrange(7))])
    return kind, number, rng.choice(["-", "-", "yes", "no"])


def holds(cell, value):
    if cell == "-":
        return True
    if cell.startswith("not "):
        return value != cell[4:]
    if cell.startswith(">= "):
        return value >= int(cell[3:])
    if cell.startswith("< "):
        return value < int(cell[2:])
    if isinstance(value, bool):
        return value == (cell == "yes")
    return str(value) in cell.split(", ")


def answer(rows, inputs):
    for cells, result in rows:
        if all(holds(c, v) for c, v in zip(cells, inputs)):
            return result
    return None


def policy(rows):
    text = 'policy "T" version "1" { zone "UTC" }\n'
    text += "table t(kind: one of a, b, c, n: integer 0..6, vip: flag) first -> r: integer {\n"
    text += "".join("  %s | %s | %s => %d\n" % (*cells, r) for cells, r in rows)
    return text + "}\n"


def changed(rng, rows):
    rows = list(rows)
    for _ in range(rng.randrange(1, 3)):
        at = rng.randrange(len(rows) - 1)
        way = rng.randrange(3)
        if way == 0 and at + 2 < len(rows):
            rows[at], rows[at + 1] = rows[at + 1], rows[at]
        elif way == 1:
            rows[at] = (rows[at][0], rng.randrange(4))
        else:
            rows[at] = (random_cells(rng), rows[at][1])
    return rows


def in_region(where, inputs):
    """Whether values lie in a region, by its words."""
    if where == "always":
        return True
    for part in where.split(", "):
        name, rest = part.split(" ", 1)
        value = dict(zip(("kind", "n", "vip"), inputs))[name]
        text = "yes" if value is True else "no" if value is False else str(value)
        if rest.startswith("other than "):
            good = text not in rest[len("other than "):].split(" or ")
        else:
            good = any(int(r.split("..")[0]) <= value <= int(r.split("..")[1]) if ".." in r else r == text
                       for r in rest.split(" or "))
        if not good:
            return False
    return True


def table_trial(folder, rng, n):
    rows = [(random_cells(rng), rng.randrange(4)) for _ in range(rng.randrange(2, 7))]
    rows.append((("-", "-", "-"), 9))
    other = changed(rng, rows)
    old, new = folder / "old.remit", folder / "new.remit"
    old.write_text(policy(rows))
    new.write_text(policy(other))
    code, told = diff(old, new)
    points = [p for c in told["changes"] for p in c["points"]] if told else []
    wanted = {i for i in itertools.product(KINDS, NUMBERS, (False, True)) if answer(rows, i) != answer(other, i)}
    check(code == (1 if wanted else 0), "table %d: code %d, %d values differ" % (n, code, len(wanted)))
    for inputs in itertools.product(KINDS, NUMBERS, (False, True)):
        regions = [p for p in points if p["what"] == "region" and in_region(p["where"], inputs)]
        full = any(p["what"] == "more" for p in points)
        good = (len(regions) == 1 or full) if inputs in wanted else not regions
        if regions and good:
            good = (regions[0]["was"], regions[0]["now"]) == (str(answer(rows, inputs)), str(answer(other, inputs)))
        if not good:
            check(False, "table %d: %s lies in %s" % (n, inputs, [p["where"] for p in regions]))
            return
    for p in points:
        if "witness" in p:
            w = p["witness"]["inputs"]
            check((w["kind"], w["n"], w["vip"]) in wanted, "table %d: witness %s shows nothing" % (n, w))
    back = diff(new, old)[1]
    check([c["was"]["name"] for c in back["changes"]] == [c["now"]["name"] for c in told["changes"]],
          "table %d: the same the other way round" % n)


# ---- mutants of the policies


def one_line(text):
    return " ".join(re.sub(r"--.*", "", text).split())


def declaration_at(path, line):
    """The first line of the declaration around a line: it begins where nothing is indented."""
    lines = Path(path).read_text().split("\n")
    while line > 1 and not re.match(r"[^\s})\-]", lines[line - 1]):
        line -= 1
    return line


def mutant_trial(folder, temporary, m):
    """A mutant that a test notices is a change of its declaration, and of no other."""
    path = Path(m["file"])
    lines = path.read_text().split("\n")
    if m["result"] != "noticed" or one_line(lines[m["line"] - 1]) != m["before"] or not m["after"]:
        return  # not on one line alone, or the tests tell nothing
    lines[m["line"] - 1] = m["after"]
    other = temporary / "mutant"
    shutil.rmtree(other, ignore_errors=True)
    shutil.copytree(folder, other)
    (other / path.relative_to(folder)).write_text("\n".join(lines))
    code, told = diff(folder, other)
    what = "%s:%d: %s -> %s" % (path.name, m["line"], m["before"], m["after"])
    check(code == 1, what + ": told as a change")
    if code != 1:
        return
    places = {(c["was"]["file"], c["was"]["line"]) for c in told["changes"] if "was" in c}
    check(places == {(str(path), declaration_at(path, m["line"]))}, what + ": told of %s" % places)
    back = diff(other, folder)[1]
    check([c["now"]["name"] for c in back["changes"]] == [c["was"]["name"] for c in told["changes"]],
          what + ": the same declarations the other way round")


def mutants_of(folder):
    code, out = run("test", "--mutate", "--limit", MUTANTS, "--seed", SEED, "--json", folder)
    return [m for m in map(json.loads, out.splitlines()) if "before" in m]


def policies():
    return sorted(p for p in (ROOT / "rules").iterdir() if p.is_dir())


def main():
    rng = random.Random(SEED)
    print("seed %d" % SEED)
    with tempfile.TemporaryDirectory() as name:
        temporary = Path(name)
        for n in range(TABLES):
            table_trial(temporary, rng, n)
        for folder in policies():
            other = temporary / "chinese"
            shutil.rmtree(other, ignore_errors=True)
            shutil.copytree(folder, other)
            run("fmt", "--keywords", "zh", other)
            check(diff(folder, other)[0] == 0, "%s in Chinese means the same" % folder.name)
        for name in MUTATED:
            for m in mutants_of(ROOT / "rules" / name):
                mutant_trial(ROOT / "rules" / name, temporary, m)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
