#!/usr/bin/env python3
"""Compiling is linear in the policy: four times the lines take about four times the processor's time, whatever the
policy is made of; and 50,000 lines take less than 500 MB. Times are compared with each other only.
"""
import os
import subprocess
import sys
import tempfile

REMIT = os.environ["REMIT"]
LINES, TIMES, MOST_TIMES, MOST_BYTES = 12500, 4, 9, 500 << 20
HEAD = """policy "Large" version "1" { zone "Asia/Shanghai" calendar cn.office currency CNY }
use std.calendar.cn
role director
team desk under director { role lead }
event opened { k: id  a: integer  b: text }
event closed { k: id }
"""
KINDS = {
    "rules": lambda i: f'''rule tell{i} on opened as q where q.a > {i} and q.b = "b{i}" {{
  notify director "{i} " + q.k
}}
''',
    "duties": lambda i: f'''duty answer{i} on opened as q where q.a = {i} {{
  owed by desk
  due within {i % 50 + 1} working hours
  fulfilled by closed where it.k = q.k
  escalate {{ at due to desk.lead }}
}}
''',
    "duties that oblige each other": lambda i: f'''duty look{i}(k: text) {{
  owed by desk
  due within 1 hour
  fulfilled by remit.reported
  when breached {{ oblige look{i + 1}(k) }}
}}
''',
    "a chain of events": lambda i: f'''event step{i} {{ k: id }}
rule go{i} on step{i} as q {{
  emit step{i + 1} {{ k: q.k }}
}}
''',
    "KPIs": lambda i: f'''kpi much{i} by k {{
  measure sum(opened.a) over 7 days
  warning above {i}
  when warning {{ notify director }}
}}
''',
    "all kinds": lambda i: f'''team team{i} under director {{ role lead  role agent }}
event thing{i}.opened {{
  thing: id
  category{i}: one of quality{i}, delivery{i}, refund{i}
  severity: integer 1..5
  amount: money
}}
event thing{i}.closed {{ thing: id  outcome: text }}
table route{i}(category{i}, severity, amount) first -> owner: party, sla: working duration {{
  quality{i} | >= 4 | -            => team{i}, 2 working hours
  -          | -    | > 10_000 CNY => team{i}, 4 working hours
  -          | 1..3 | -            => director, 1 working day
  -          | -    | -            => team{i}, 1 working day
}}
duty handle{i} on thing{i}.opened as c {{
  let r = route{i}(c.category{i}, c.severity, c.amount)
  owed by r.owner
  due within r.sla
  fulfilled by thing{i}.closed where it.thing = c.thing
  escalate {{
    at 50% remind r.owner
    at due to team{i}.lead
  }}
}}
approval review{i} on thing{i}.opened as q where q.amount > 1000 CNY {{
  requires {{
    team{i}.lead
    director when q.amount > 500_000 CNY
  }}
  each within 2 working days
  when refused or unattainable {{ notify director }}
}}
'''.replace("when refused or unattainable { notify director }",
            "when refused { notify director }\n  when unattainable { notify director }"),
}
TAIL = {"duties that oblige each other": "duty look{n}(k: text) {{ owed by desk due within 1 hour fulfilled by remit.reported }}\n"
                                         "rule first on opened as q {{ oblige look0(q.k) }}\n",
        "a chain of events": "event step{n} {{ k: id }}\n"}


def policy(kind, lines):
    parts, n, i = [HEAD], HEAD.count("\n"), 0
    while n < lines:
        parts.append(KINDS[kind](i))
        n += parts[-1].count("\n")
        i += 1
    return "".join(parts) + TAIL.get(kind, "").format(n=i)


def cost(folder, kind, lines):
    """The least processor time of three compilations in seconds, and the most memory in bytes."""
    path = os.path.join(folder, "p.remit")
    with open(path, "w", encoding="utf-8") as f:
        f.write(policy(kind, lines))
    best, most = None, 0
    for _ in range(3):
        child = subprocess.Popen([REMIT, "build", "p.remit", "--output", "p.remitc"], cwd=folder,
                                 stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0, f"{kind}: remit build ends with {child.returncode}"
        best = used.ru_utime if best is None else min(best, used.ru_utime)
        most = max(most, used.ru_maxrss * 1024)
    return best, most


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            (few, _), (many, memory) = cost(folder, kind, LINES), cost(folder, kind, LINES * TIMES)
            good = many <= MOST_TIMES * max(few, 0.02) and memory < MOST_BYTES
            failed += not good
            print(f"{'ok' if good else 'FAIL'} {kind}: {LINES * TIMES:,} lines in {many:.2f} s, {many / max(few, 0.001):.1f} "
                  f"times what {LINES:,} take ({MOST_TIMES} is the most), {memory >> 20} MB")
    print(f"{len(KINDS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
