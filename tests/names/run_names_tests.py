#!/usr/bin/env python3
"""`remit fmt --names`: the policies of rules/ and random ones mean the same by alias and by name, to the code, and come back."""
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
RANDOM_POLICIES = 12
LINE = re.compile(r"^ *\d+(?= +\d+  \S)|^ +")  # the line of the text before an instruction


def remit(*args, cwd):
    done = subprocess.run([REMIT, *args], cwd=cwd, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def texts(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*.remit"))}


def code(folder):
    """The instructions, constants and tables, without the lines of the text beside them."""
    status, out, err = remit("build", "p", "--output", "p.remitc", cwd=folder.parent)
    assert status == 0, out + err
    status, out, err = remit("disasm", "p.remitc", cwd=folder.parent)
    assert status == 0, err
    return [LINE.sub("", line).strip() for line in out.splitlines() if not line.startswith("bundle ")]


def renamed(folder, by, *more):
    status, out, err = remit("fmt", "--names", by, *more, "p", cwd=folder.parent)
    assert status == 0, out + err
    return texts(folder), err


def tried(folder):
    """Gives how many files have other texts by alias than by name, and what was said."""
    status, out, err = remit("fmt", "p", cwd=folder.parent)
    assert status == 0, out + err
    before = code(folder)
    names, _ = renamed(folder, "name")
    assert code(folder) == before, "other code by name"
    aliases, said = renamed(folder, "alias")
    assert code(folder) == before, "other code by alias"
    assert renamed(folder, "name")[0] == names, "by alias and back is something else"
    assert renamed(folder, "alias")[0] == aliases, "by name and back is something else"
    assert renamed(folder, "alias")[0] == aliases, "twice is not once"
    assert remit("check", "p", cwd=folder.parent)[0] == 0
    assert remit("test", "p", cwd=folder.parent)[0] in (0, 2), "its tests fail by alias"
    return sum(names[f] != aliases[f] for f in names), said


def random_policy(rng):
    """A policy in which names, labels and what is let are drawn from few words, so that they meet."""
    words = ["甲", "乙", "丙", "丁", "a", "b", "c", "d"]
    rng.shuffle(words)
    boss, desk, asked, done, duty = words[:5]
    label = lambda: f' "{rng.choice(words + ["不是 名称"])}"' if rng.random() < 0.7 else ""
    let = rng.choice(words)
    text = f'''policy "P" version "1" {{ zone "UTC"  currency CNY }}
role {boss}{label()}
team {desk}{label()} under {boss} {{ role lead{label()} }}
event {asked}{label()} {{ k: id  kind: one of red "红", blue "蓝"  amount "金额": money }}
event {done}{label()} {{ k: id }}
duty {duty}{label()} on {asked} as x {{
  let {let} = if x.kind = red then {desk}.lead else {desk}.lead
  owed by {rng.choice([let, boss, desk])}
  due within 2 hours
  fulfilled by {done} where it.k = x.k
  escalate {{ at due to {boss}  after 1 hour to {desk}.lead }}
}}
rule r on {asked} as x where x.amount > 5 CNY and x.kind = blue {{ notify {boss}, {desk}.lead }}
rule s on remit.duty.breached of {duty} as x {{ notify {desk} }}
'''
    return text.replace(f"if x.kind = red then {desk}.lead else {desk}.lead", f"{desk}.lead")


class Result:
    passed = failed = skipped = 0

    def run(self, name, make):
        with tempfile.TemporaryDirectory() as temp:
            folder = Path(temp) / "p"
            make(folder)
            if remit("check", "p", cwd=temp)[0] != 0:
                self.skipped += 1
                return 0
            try:
                changed, _ = tried(folder)
            except AssertionError as e:
                print(f"{name}: {e}")
                self.failed += 1
                return 0
            self.passed += 1
            return changed


def main():
    result, changed = Result(), 0
    for policy in sorted(p for p in (ROOT / "rules").iterdir() if p.is_dir()):
        changed += result.run(policy.name, lambda to: shutil.copytree(policy, to))
    if changed == 0:
        print("no policy of rules/ has other texts by alias")
        result.failed += 1
    rng, varied = random.Random(SEED), 0
    for i in range(RANDOM_POLICIES):
        text = random_policy(rng)

        def make(to):
            to.mkdir()
            (to / "p.remit").write_text(text)

        varied += result.run(f"random policy {i} of seed {SEED}", make)
    if varied == 0:
        print("no random policy has other texts by alias")
        result.failed += 1
    print(f"{result.passed} passed, {result.failed} failed, {result.skipped} skipped")
    return 1 if result.failed else 0


if __name__ == "__main__":
    sys.exit(main())
