#!/usr/bin/env python3
"""Ledgers that go on under new versions of their policy, over random events.

- A version that means the same changes nothing but its name: all effects, duties, approvals and KPIs are as without it.
- One with other deadlines: what arose before its instant has the deadline of the old version, what arose from then on
  that of the new one, as runs under each alone say.
- One without some declarations: it runs, and replays the same.
- After each: the replay is the same byte for byte; a kill while a version is adopted leaves the ledger before or after
  it; the size of batches does not show; as of the entry before it the ledger is what it was.

    REMIT_SEED=N run_versions.py
"""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "why"))
from run_whynot import Schema  # noqa: E402

REMIT = os.path.abspath(os.environ.get("REMIT", "build/remit"))
POLICIES = ["department", "helpdesk", "contracts", "expenses", "stock", "receivables", "personnel", "invoices"]
EVENTS = 120
TIME_LIMIT_S = 60
KILLS = 6
GONE_ROUNDS = 2

passed, failures = 0, []


def check(right, what):
    global passed
    if right:
        passed += 1
    else:
        failures.append(what)


def call(*args, fails=False):
    p = subprocess.run([REMIT, *args], capture_output=True, text=True, timeout=TIME_LIMIT_S, encoding="utf-8")
    if p.returncode != 0 and not fails:
        raise RuntimeError(f"{' '.join(args)}: exit {p.returncode}: {p.stderr[:600]}")
    return p.stdout


# ---- policies


def texts(folder):
    for top, _, names in os.walk(folder):
        for name in sorted(names):
            if name.endswith(".remit"):
                yield os.path.join(top, name)


def variant(policy, folder, version, change):
    """A copy of a policy under another version's name, each of its texts changed; without its tests."""
    shutil.copytree(policy, folder)
    for path in texts(folder):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        text = re.sub(r'((?:policy|政策)\s+"[^"]*"\s+(?:version|版本)\s+")[^"]*"', rf'\g<1>{version}"', text)
        if path.endswith("_test.remit"):
            text = re.sub(r"(?m)^test .*?^}\n", "", text, flags=re.S)
        with open(path, "w", encoding="utf-8") as f:
            f.write(change(text))
    return folder


def other_deadlines(text):
    return re.sub(r"(\bdue within )(\d+)(?= (?:working )?(?:minute|hour|day|week))", lambda m: m[1] + str(int(m[2]) * 2 + 1),
                  text)


def without_some(rng):
    """Some rules, KPIs and duties are cut out: blocks that begin and end at the margin."""
    def change(text):
        blocks = list(re.finditer(r"(?m)^(?:rule|kpi|duty) [^\n]*\{\n(?:[ \t]+[^\n]*\n|\n)*^\}\n", text))
        for block in reversed(blocks):
            if rng.random() < 0.25:
                text = text[:block.start()] + text[block.end():]
        return text
    return change


def compiles(folder):
    return subprocess.run([REMIT, "check", folder], capture_output=True, timeout=TIME_LIMIT_S).returncode == 0


# ---- events


def stream(schema, rng):
    """In order of time but for some that come late."""
    events = [schema.event(rng, n) for n in range(EVENTS)]
    for event in events:
        event["actor"] = rng.choice(["ann", "bob", "eve"])
    late = [e for e in events[5:] if rng.random() < 0.1]
    rest = [e for e in events if e not in late]
    for event in late:
        at = min(len(rest), rest.index(next(e for e in rest if e["time"] > event["time"]), 0)
                 if any(e["time"] > event["time"] for e in rest) else len(rest))
        rest.insert(min(len(rest), at + rng.randint(1, 9)), event)
    return rest


def write(path, events):
    with open(path, "w", encoding="utf-8") as f:
        for event in events:
            f.write(json.dumps(event, ensure_ascii=False) + "\n")
    return path


UNTIL = "2026-03-20T00:00:00+08:00"


def run(policy, ledger, events, *more):
    call("run", "--policy", policy, "--ledger", ledger, "--events", events, "--effects", ledger + ".effects", "--quiet",
         *more)


# ---- what is compared


def plain(line):
    """An effect without what counts entries and names versions."""
    effect = json.loads(line)
    effect.pop("id")
    effect.pop("policy")
    if re.fullmatch(r"[0-9]+", effect.get("cause", "")):
        effect.pop("cause")
    return effect


def effects_of(ledger):
    with open(ledger + ".effects", encoding="utf-8") as f:
        return [plain(line) for line in f]


def shown(what, ledger):
    rows = [json.loads(line) for line in call("show", what, "--ledger", ledger, "--json").splitlines()]
    for row in rows:
        row.pop("policy", None)
        row.pop("leaf", None)
        row.pop("changed", None)
    return rows


def same_rows(what, a, b):
    if a == b:
        return ""
    for x, y in zip(a, b):
        if x != y:
            return f"{what}: {json.dumps(x, ensure_ascii=False)[:300]}\n   and {json.dumps(y, ensure_ascii=False)[:300]}"
    return f"{what}: {len(a)} and {len(b)}"


def replays(ledger, about):
    out = call("replay", "--ledger", ledger, fails=True)
    check("are the same" in out, f"{about}: the replay differs: {out[:400]}")


# ---- the laws


class Trial:
    def __init__(self, name, policy, folder, seed):
        self.about = f"seed {seed}, {name}"
        self.policy, self.folder = policy, folder
        self.rng = random.Random(f"{seed} {name}")
        events = stream(Schema(policy), self.rng)
        middle = len(events) // 2 + self.rng.randint(-20, 20)
        self.before = write(self.at("before.jsonl"), events[:middle])
        self.after = write(self.at("after.jsonl"), events[middle:])

    def at(self, name):
        return os.path.join(self.folder, name)

    def whole(self, policy, name):
        ledger = self.at(name)
        run(policy, ledger, self.before)
        run(policy, ledger, self.after, "--until", UNTIL)
        return ledger

    def half(self, name):
        ledger = self.at(name)
        run(self.policy, ledger, self.before)
        return ledger

    def adopted(self, name, version, *batch):
        """Under the policy, then under another version of it. What was said of it comes back too."""
        ledger = self.half(name)
        said = json.loads(call("adopt", "--ledger", ledger, "--policy", version, "--json"))
        run(version, ledger, self.after, "--until", UNTIL, *batch)
        return ledger, said

    def means_the_same(self):
        version = variant(self.policy, self.at("same"), "another", lambda text: text)
        plainly = self.whole(self.policy, "plain")
        ledger, said = self.adopted("renamed", version)
        check(all(d["is"] == "same" for d in said["declarations"]), f"{self.about}: not the same: {said}")
        about = f"{self.about}, a version that means the same"
        different = same_rows("effects", effects_of(plainly), effects_of(ledger))
        check(not different, f"{about}: {different}")
        for what in ("duties", "approvals", "kpis", "entities", "people"):
            different = same_rows(what, shown(what, plainly), shown(what, ledger))
            check(not different, f"{about}: {different}")
        replays(ledger, about)
        return ledger

    def other_terms(self):
        version = variant(self.policy, self.at("other"), "other terms", other_deadlines)
        ledger, said = self.adopted("terms", version)
        changed = {d["name"] for d in said["declarations"] if d["is"] == "changed"}
        old, new = self.whole(self.policy, "old"), self.whole(version, "new")
        start = said["from"]
        one, two = ({(d["duty"], tuple(d["key"]), d["raised"]): d for d in shown("duties", l)} for l in (old, new))
        met = 0
        for duty in shown("duties", ledger):
            known = (two if duty["raised"] >= start else one).get((duty["duty"], tuple(duty["key"]), duty["raised"]))
            if known is None or duty["duty"] not in changed or "left" in duty or "left" in known:
                continue
            met += 1
            check(duty.get("due") == known.get("due"),
                  f"{self.about}: {duty['duty']} {duty['key']} of {duty['raised']} is due {duty.get('due')}, not "
                  f"{known.get('due')} (versions part at {start})")
        check(met > 0 or not changed, f"{self.about}: no duty with another deadline arose")
        replays(ledger, f"{self.about}, other terms")
        small, _ = self.adopted("small", version, "--batch", "1")
        check(call("show", "digest", "--ledger", ledger) == call("show", "digest", "--ledger", small),
              f"{self.about}: the size of batches shows")
        self.as_before(ledger)
        self.third(ledger, met)
        self.killed(version)

    def as_before(self, ledger):
        index = next(json.loads(line)["index"] for line in call("log", "--ledger", ledger, "--json").splitlines()
                     if json.loads(line)["kind"] == "policy")
        half = self.half("half")
        check(call("show", "digest", "--ledger", ledger, "--at-index", str(index - 1)) ==
              call("show", "digest", "--ledger", half), f"{self.about}: as of entry {index - 1} it is not what it was")

    def third(self, ledger, met):
        """Back to what the first version said, and on."""
        version = variant(self.policy, self.at("back"), "back again", lambda text: text)
        call("adopt", "--ledger", ledger, "--policy", version)
        call("migrate", "--ledger", ledger)
        run(version, ledger, "/dev/null", "--until", "2026-04-20T00:00:00+08:00")
        replays(ledger, f"{self.about}, a third version")
        versions = [json.loads(line) for line in call("show", "policy", "--ledger", ledger, "--json").splitlines()]
        check([v["version"] for v in versions][1:] == ["other terms", "back again"], f"{self.about}: {versions}")

    def killed(self, version):
        half = self.half("unhurt")
        before = call("show", "digest", "--ledger", half)
        shutil.copytree(half, self.at("hurt0"))
        call("adopt", "--ledger", self.at("hurt0"), "--policy", version)
        after = call("show", "digest", "--ledger", self.at("hurt0"))
        for i in range(1, KILLS):
            hurt = self.at(f"hurt{i}")
            shutil.copytree(half, hurt)
            p = subprocess.Popen([REMIT, "adopt", "--ledger", hurt, "--policy", version], stdout=subprocess.DEVNULL)
            time.sleep(self.rng.random() * 0.06)
            p.send_signal(signal.SIGKILL)
            p.wait()
            digest = call("show", "digest", "--ledger", hurt)
            check(digest in (before, after), f"{self.about}: a kill while a version was adopted left something else")
            shutil.rmtree(hurt)

    def without(self):
        for i in range(GONE_ROUNDS):
            version = variant(self.policy, self.at(f"without{i}"), f"less {i}", without_some(self.rng))
            if not compiles(version):
                continue
            ledger, said = self.adopted(f"less{i}", version)
            replays(ledger, f"{self.about}, less {i}")
            gone = {d["name"] for d in said["declarations"] if d["is"] == "gone" and d["kind"] == "duty"}
            late = [d for d in shown("duties", ledger) if d["duty"] in gone and d["raised"] >= said["from"]]
            check(not late, f"{self.about}: {late[:1]} arose though the version has no such duty")


def main():
    seed = int(os.environ.get("REMIT_SEED", "1"))
    print(f"seed {seed}")
    for name in POLICIES:
        policy = os.path.join(ROOT, "rules", name)
        if not os.path.isdir(policy):
            continue
        with tempfile.TemporaryDirectory(prefix="versions-") as folder:
            trial = Trial(name, policy, folder, seed)
            for law in (trial.means_the_same, trial.other_terms, trial.without):
                try:
                    law()
                except RuntimeError as why:
                    check(False, f"{trial.about}, {law.__name__}: {why}")
    for failure in failures[:20]:
        print(failure)
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
