#!/usr/bin/env python3
"""docs/department.md tells where each duty of the department stands: the lines are there, are those declarations, and are tested as
often as it says. What the page promises of the tests holds. The Chinese customer service means what the English one does."""

import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REMIT = os.path.abspath(os.environ.get("REMIT", os.path.join(ROOT, "build", "remit")))
RULES = os.path.join(ROOT, "rules", "department")
CHINESE = os.path.join(ROOT, "rules", "department-zh")
ROWS = [group + str(n) for group, last in (("D", 5), ("P", 5), ("M", 5), ("S", 5), ("A", 5), ("G", 4)) for n in range(1, last + 1)]
# Kinds of the coverage that the page says are complete, and mutants of which a draw is tried.
COMPLETE = ("rules", "clauses", "rows", "states", "rungs", "seats", "outcomes", "levels", "branches", "actions", "schedules", "powers")
DRAWN, NOTICED = 120, 85
SUMS = {"passed": 0, "failed": 0}


def check(name, fine, shown=""):
    SUMS["passed" if fine else "failed"] += 1
    if not fine:
        print(f"{name}\n{shown}")


def remit(*words):
    return subprocess.run([REMIT, *words], capture_output=True, text=True, timeout=300, cwd=ROOT, check=False)


def text_of(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return f.read()


def rows_of(page):
    """{row: ([(declaration, file, line)], tests)} of the page's table."""
    found = {}
    for row, where, tests in re.findall(r"^\| ([A-Z]\d) \| [^|]* \| ([^|]*) \| (\d+) \|", page, re.M):
        links = re.findall(r"\[([^\]]+)\]\(\.\./rules/department/(\w+)\.remit#L(\d+)\)", where)
        found[row] = ([(what, file, int(line)) for what, file, line in links], int(tests))
    return found


def called(what, lines, line):
    """A pattern of what tests name of a declaration."""
    if what.startswith("use "):
        name = re.search(r"\} as (\w+)", "\n".join(lines[line - 1:])).group(1)
        return rf"(?<![\w.]){name}\."
    if what.startswith("pattern "):
        return rf"_{what.split()[-1]}\."
    return rf"(?<![\w.]){what.split()[-1]}"


def check_row(row, links, tests):
    check(f"{row}: it stands nowhere", links)
    patterns, files = [], set()
    for what, file, line in links:
        lines = text_of(RULES, file + ".remit").split("\n")
        there = lines[line - 1] if line <= len(lines) else "(the file has no such line)"
        check(f"{row}: {file}.remit:{line} is not `{what}`", re.match(re.escape(what) + r"\b", there), there)
        patterns.append(called(what, lines, line))
        files.add(file)
    blocks = [b for file in sorted(files) for b in re.split(r'^(?=test ")', text_of(RULES, file + "_test.remit"), flags=re.M)[1:]]
    named = sum(any(re.search(p, b) for p in patterns) for b in blocks)
    check(f"{row}: {named} tests name what stands there, the page says {tests}", named == tests)


def check_page():
    page = text_of(ROOT, "docs", "department.md")
    found = rows_of(page)
    check("the page has other rows", list(found) == ROWS, list(found))
    check("a row stands partly", "partly" not in page)
    for row, (links, tests) in found.items():
        check_row(row, links, tests)


def check_tests():
    done = remit("check", "rules/department")
    check("the department has errors or warnings", (done.returncode, "warning" in done.stdout + done.stderr) == (0, False), done.stderr)
    done = remit("test", "rules/department", "--coverage")
    check("a test of the department fails", done.returncode == 0, done.stdout)
    for kind in COMPLETE:
        check(f"not all {kind} are reached", re.search(rf"^  {kind} .* 100\.0 %$", done.stdout, re.M), done.stdout)
    done = remit("test", "rules/department", "--mutate", "--limit", str(DRAWN), "--seed", os.environ.get("REMIT_SEED", "1"),
                 "--least", str(NOTICED))
    check("too few mutants are noticed", done.returncode == 0, done.stdout)


def runs_on(folder, policy):
    """Whether a ledger of the English customer service goes on under a policy."""
    english = [os.path.join(RULES, name + ".remit") for name in ("organisation", "service")]
    ledger = os.path.join(folder, "ledger")
    if not os.path.exists(ledger):
        begun = remit("run", "--ledger", ledger, *sum((["--policy", p] for p in english), []), "--until", "2026-03-02T09:00:00+08:00",
                      "--quiet")
        check("the English customer service does not run by itself", begun.returncode == 0, begun.stderr)
    return remit("run", "--ledger", ledger, "--policy", policy, "--until", "2026-03-02T10:00:00+08:00", "--quiet")


def check_chinese():
    with tempfile.TemporaryDirectory() as folder:
        done = runs_on(folder, CHINESE)
        check("rules/department-zh means something else than rules/department", done.returncode == 0, done.stderr)
        other = os.path.join(folder, "other")
        os.mkdir(other)
        for name in ("organisation.remit", "service.remit"):
            text = text_of(CHINESE, name).replace("=> 3 工作分钟", "=> 4 工作分钟")
            with open(os.path.join(other, name), "w", encoding="utf-8") as f:
                f.write(text)
        check("another time would be no difference", runs_on(folder, other).returncode == 2)
    for name in ("organisation.remit", "service.remit"):
        words = re.findall(r"^\s*(?:duty|event|table|rule|approval|owed by|due within|fulfilled by|team|role)\b.*", text_of(CHINESE, name), re.M)
        check(f"rules/department-zh/{name} has English keywords", not words, words)


def main():
    check_page()
    check_tests()
    check_chinese()
    print(f"{SUMS['passed']} passed, {SUMS['failed']} failed")
    return 1 if SUMS["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
