#!/usr/bin/env python3
"""A ledger that was begun under a policy goes on under the same one in other words: keywords of the
other language, other places of all lines, remarks, no tests. Under one with a number changed it does
not.

    run_reworded.py [NAME...] [--program PATH]
"""
import argparse
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TIME_LIMIT_S = 120
NOTE = "in remarks, layout or tests alone"


def call(program, *args):
    p = subprocess.run([program, *args], capture_output=True, text=True, timeout=TIME_LIMIT_S)
    return p.returncode, p.stdout + p.stderr


def run(program, ledger, policy):
    return call(program, "run", "--ledger", ledger, "--policy", policy, "--events", "/dev/null")


def copy(policy, to):
    shutil.copytree(policy, to)
    return to, sorted(glob.glob(os.path.join(to, "**/*.remit"), recursive=True))


def rewrite(paths, change):
    for path in paths:
        with open(path, encoding="utf-8") as f:
            text = f.read()
        with open(path, "w", encoding="utf-8") as f:
            f.write(change(text))


def reworded(program, policy, top):
    """The same policy in other words, by name."""
    for keywords in ("zh", "en"):
        folder, paths = copy(policy, os.path.join(top, keywords))
        code, out = call(program, "fmt", "--keywords", keywords, *paths)
        if code != 0:
            raise RuntimeError(f"fmt: {out}")
        yield keywords, folder
    folder, paths = copy(policy, os.path.join(top, "moved"))
    rewrite(paths, lambda text: "-- moved\n\n" + text.replace("\n", "  \n\n"))
    yield "moved", folder


def changed(policy, top):
    """The same policy with one duration changed, or None where it has none."""
    folder, paths = copy(policy, os.path.join(top, "changed"))
    for path in paths:
        with open(path, encoding="utf-8") as f:
            text = f.read()
        tests = re.search(r"^(test|测试)\b", text, re.M)
        head = text[:tests.start()] if tests else text
        found = re.search(r"(due within )(\d+)", head)
        if found:
            new = text[:found.start(2)] + str(int(found[2]) + 1) + text[found.end(2):]
            rewrite([path], lambda _: new)
            return folder
    return None


def differs(one, other):
    return subprocess.run(["diff", "-rq", one, other], capture_output=True).returncode != 0


def check(program, policy):
    """What is wrong, and how many versions were looked at."""
    wrong, looked = [], 0
    with tempfile.TemporaryDirectory() as top:
        ledger = os.path.join(top, "ledger")
        code, out = run(program, ledger, policy)
        if code != 0:
            return [f"{policy}: {out}"], 0
        for name, folder in reworded(program, policy, top):
            code, out = run(program, ledger, folder)
            looked += 1
            if code != 0 or (NOTE in out) != differs(policy, folder):
                wrong.append(f"{policy}, {name}: exit {code}\n{out}")
        other = changed(policy, top)
        if other is not None:
            looked += 1
            code, out = run(program, ledger, other)
            if code != 2 or "another bundle" not in out:
                wrong.append(f"{policy}, changed: exit {code}\n{out}")
    return wrong, looked


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    p.add_argument("names", nargs="*")
    p.add_argument("--program", default=os.environ.get("REMIT", "build/remit"))
    args = p.parse_args()
    program = os.path.abspath(args.program)
    wrong, looked = [], 0
    for policy in sorted(glob.glob(os.path.join(ROOT, "rules", "*", ""))):
        if args.names and not any(n in policy for n in args.names):
            continue
        here, n = check(program, policy)
        wrong += here
        looked += n
    print("\n".join(wrong), end="\n" if wrong else "")
    print(f"{looked - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong or looked == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
