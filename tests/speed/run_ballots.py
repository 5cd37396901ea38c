#!/usr/bin/env python3
"""What a ballot costs may grow with the ballots before it on its approval, which are in its record, but no faster: four
times the ballots take at most some sixteen times the processor's time. Times are compared with each other only.
"""
import json
import os
import resource
import subprocess
import sys
import tempfile

REMIT = os.environ["REMIT"]
FEW, TIMES, MOST = 500, 4, 22
POLICY = """policy "A" version "1" { zone "UTC" }
role director
team board under director { role member role lead }
event ask { k: id }
approval ok on ask as q {
  requires { director  2 of board.members }
  when unattainable { notify director }
}
"""


def line(i, kind, actor, **data):
    return json.dumps({"specversion": "1.0", "id": "e%d" % i, "source": "s", "type": kind, "actor": actor,
                       "time": "2026-03-02T09:00:00Z", "data": data}) + "\n"


def events(n):
    people = ["p%05d" % i for i in range(n)]
    out = [line(i, "remit.appointed", "hr", person=p, seat="board.member") for i, p in enumerate(people)]
    out.append(line(n, "ask", "zhao", k="K"))
    return out + [line(n + 1 + i, "remit.decided", p, approval="ok", key="K", vote="yes") for i, p in enumerate(people)]


def cost(n):
    """The least processor time of three runs; every ballot must have been taken."""
    best = None
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("p.remit", [POLICY]), ("e.jsonl", events(n))):
                with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                    f.writelines(text)
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            done = subprocess.run([REMIT, "run", "--ledger", "l", "--policy", "p.remit", "--events", "e.jsonl", "--quiet"],
                                  cwd=folder, capture_output=True, text=True, timeout=120, check=True)
            took = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        assert done.stdout.count('"remit.approval.voted"') == n, "not every ballot was taken"
        best = took if best is None else min(best, took)
    return best


def main():
    few, many = cost(FEW), cost(FEW * TIMES)
    good = many <= MOST * few
    print("%d ballots took %.1f times what %d did; %d is the most" % (FEW * TIMES, many / few, FEW, MOST))
    print("%d passed, %d failed" % (good, not good))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
