#!/usr/bin/env python3
"""Laying out is as fast as reading: `remit fmt` takes no longer than `remit check` for the same policy, in either language; four times the
lines take about four times the time, and so does a text without ends of lines. Times are compared with each other only.
"""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import run_compile

REMIT = os.environ["REMIT"]
LINES, TIMES, MOST_TIMES = 12500, 4, 9
# Of what `remit check` takes; translating asks for the names of all files first.
MOST_OF_CHECK, MOST_OF_CHECK_TRANSLATED = 1.5, 2.2


def used(folder, *command):
    """The least processor time of three calls."""
    best = None
    for _ in range(3):
        child = subprocess.Popen([REMIT, *command], cwd=folder, stdout=subprocess.DEVNULL)
        _, status, spent = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode in (0, 1), f"remit {command[0]} ends with {child.returncode}"
        best = spent.ru_utime if best is None else min(best, spent.ru_utime)
    return best


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        def put(name, text):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write(text)
        put("few.remit", run_compile.policy("all kinds", LINES))
        text = run_compile.policy("all kinds", LINES * TIMES)
        put("many.remit", text)
        rows = range(LINES * TIMES)
        put("line.remit", "table t(a: integer) first -> b: integer { %s }" % " ".join("%d => %d" % (i, i) for i in rows))
        put("lines.remit", "table t(a: integer) first -> b: integer {\n%s\n}\n" % "\n".join("%d => %d" % (i, i) for i in rows))
        for name, count in (("braces.remit", LINES), ("more_braces.remit", LINES * TIMES)):
            put(name, " ".join("event e%d { a: integer }" % i for i in range(count)))
        check = used(folder, "check", "many.remit")
        few, many = (used(folder, "fmt", "--check", name) for name in ("few.remit", "many.remit"))
        chinese = used(folder, "fmt", "--check", "--keywords", "zh", "many.remit")
        braces, more_braces = (used(folder, "fmt", "--check", name) for name in ("braces.remit", "more_braces.remit"))
        line, lines = (used(folder, "fmt", "--check", name) for name in ("line.remit", "lines.remit"))
        for what, time, most in ((f"{LINES * TIMES:,} lines, {LINES * TIMES / many:,.0f} a second, against `check`", many,
                                  MOST_OF_CHECK * check),
                                 ("the same in Chinese", chinese, MOST_OF_CHECK_TRANSLATED * check),
                                 (f"{TIMES} times the lines", many, MOST_TIMES * max(few, 0.02)),
                                 (f"{TIMES} times the braces on one line", more_braces, MOST_TIMES * max(braces, 0.02)),
                                 ("one line of all rows, against one row a line", line, 3 * max(lines, 0.02))):
            good = time <= most
            passed += good
            failed += not good
            print(f"{'ok' if good else 'FAIL'} {what}: {time:.2f} s, {most:.2f} s is the most")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
