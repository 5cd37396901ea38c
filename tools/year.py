#!/usr/bin/env python3
"""A year of the operations department: made, run, killed, run again, and counted a second time.

    year.py [--folder FOLDER] [--program PROGRAM] [--events N] [--seed N]

gen_year.py makes what happens; `remit run` takes it in by rules/department, with the shop's orders through a feed.
In June a second version of the policy is adopted (CHANGES below), and the analyses of feedback that run
are moved to it. All of it is done three times: by portions of four weeks; in few calls with commits of another
size; and killed at random and run again. Digest and effects must be the same to the byte. Then count_year.py counts
from the raw lines, and each duty of the kinds that it knows is compared: version, instants and how it stands.

It ends with 0 when all agrees, 1 when something does not, 3 when something could not be run.
"""

import argparse
import csv
import filecmp
import glob
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
VERSIONS = {"2026.2": 1, "2026.3": 2}
ADOPTED_AFTER, ADOPTED = 24, "2026-06-21T00:00:00+08:00"
MIGRATED_AFTER, MIGRATED = 25, "analyse_feedback"
HANDED_OVER = "2026-08-03"
UNTIL = "2027-01-01T00:00:00+08:00"
FEED = "shop_orders"
TIME_LIMIT_S = 3600
# What the second version says otherwise: (file, as it was, as it is). Each stands there once.
CHANGES = (
    ("organisation.remit", 'version "2026.2"', 'version "2026.3"'),
    ("service.remit", "chat  | < 19:00  => 3 working minutes", "chat  | < 19:00  => 2 working minutes"),
    ("service.remit", "  -     | -            | -   | -    => customer_service,      1 working day",
     "  -     | -            | -   | -    => customer_service,      6 working hours"),
    ("service.remit", "  <= 200 CNY              => 0\n  (200 CNY..2_000 CNY]    => 1",
     "  <= 300 CNY              => 0\n  (300 CNY..2_000 CNY]    => 1"),
    ("product.remit", "  defect => 1 working day\n  -      => 3 working days",
     "  defect => 6 working hours\n  -      => 5 working days"),
    ("governance.remit", "director may reassign gather_needs",
     "reassign duty update_documents from product_ops to data_analytics from %s running stay\n"
     "director may reassign gather_needs" % HANDED_OVER),
)
ENDS = ("fulfilled", "waived", "cancelled", "ended")
TOLD = ("reminded", "escalated", "vacant", "silenced", "collected")


class Stopped(Exception):
    """Something did not run; its text says what and why."""


class Year:
    def __init__(self, options):
        self.folder = os.path.abspath(options.folder)
        self.program, self.events, self.seed = os.path.abspath(options.program), options.events, options.seed
        self.random = random.Random(options.seed)
        self.kills = 0
        os.makedirs(self.folder, exist_ok=True)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    # -- what is run -------------------------------------------------------------------------------

    def call(self, command):
        """Standard output and standard error of a command that must end well."""
        try:
            done = subprocess.run(command, cwd=self.folder, capture_output=True, timeout=TIME_LIMIT_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Stopped("%s: %s" % (" ".join(command[:3]), error)) from None
        out, err = done.stdout.decode(), done.stderr.decode()
        if done.returncode != 0:
            raise Stopped("%s\nended with %d: %s" % (" ".join(command[:8]), done.returncode, err.strip()[:2000]))
        return out, err

    def tool(self, name, *arguments):
        return self.call([sys.executable, os.path.join(HERE, name), *arguments])

    def remit(self, *arguments):
        return self.call([self.program, *arguments])

    def policies(self):
        """Both versions, from the project's rules: without tests, with the shop's feed."""
        for version in VERSIONS:
            shutil.rmtree(self.path(version), ignore_errors=True)
            os.makedirs(self.path(version))
            for name in glob.glob(os.path.join(ROOT, "rules", "department", "*.remit")):
                if not name.endswith("_test.remit"):
                    shutil.copy(name, self.path(version))
            shutil.copy(os.path.join(HERE, "year_orders.remit"), self.path(version))
        for name, was, now in CHANGES:
            with open(self.path("2026.3", name), encoding="utf-8") as file:
                text = file.read()
            if text.count(was) != 1:
                raise Stopped("rules/department/%s: %r stands there %d times; the year changes it where it stands "
                              "once" % (name, was, text.count(was)))
            with open(self.path("2026.3", name), "w", encoding="utf-8") as file:
                file.write(text.replace(was, now))

    def make(self):
        shutil.rmtree(self.path("events"), ignore_errors=True)
        _, said = self.tool("gen_year.py", "--out", self.path("events"), "--seed", str(self.seed),
                            "--events", str(self.events))
        self.weeks = len(glob.glob(self.path("events", "week-*.jsonl")))
        return said.strip().partition(": ")[2]

    def portion(self, ledger, version, weeks, batch, *more):
        """The command that takes some weeks in."""
        command = [self.program, "run", "--ledger", ledger, "--policy", version, "--effects",
                   ledger + ".effects.jsonl", "--batch", str(batch), "--json"]
        for week in weeks:
            command += ["--events", "events/week-%02d.jsonl" % week, "--feed", FEED + "=events/orders-%02d.csv" % week]
        return command + list(more)

    def take(self, command, kill):
        """Runs a portion, killing it first when asked to: at some time of what it takes."""
        if kill:
            process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(kill)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                self.kills += 1
        _, said = self.call(command)
        return json.loads(next(line for line in said.splitlines() if line.startswith("{")))

    def run(self, ledger, size, batch, kill=None):
        """The whole year into a new ledger, `size` weeks a call. kill: a function from a call's number to seconds
        or None. Returns the summaries and the seconds of each call."""
        shutil.rmtree(self.path(ledger), ignore_errors=True)
        if os.path.exists(self.path(ledger + ".effects.jsonl")):
            os.remove(self.path(ledger + ".effects.jsonl"))
        summaries, seconds = [], []
        for first, last, version in ((1, ADOPTED_AFTER, "2026.2"), (ADOPTED_AFTER + 1, MIGRATED_AFTER, "2026.3"),
                                     (MIGRATED_AFTER + 1, self.weeks, "2026.3")):
            if first == ADOPTED_AFTER + 1:
                self.adopted, _ = self.remit("adopt", "--ledger", ledger, "--policy", version, "--from", ADOPTED)
            elif first == MIGRATED_AFTER + 1:
                self.migrated, _ = self.remit("migrate", MIGRATED, "--ledger", ledger)
            for week in range(first, last + 1, size):
                weeks = range(week, min(week + size, last + 1))
                more = ("--until", UNTIL) if weeks[-1] == self.weeks else ()
                begin = time.monotonic()
                summaries.append(self.take(self.portion(ledger, version, weeks, batch, *more),
                                           kill(len(summaries)) if kill else None))
                seconds.append(time.monotonic() - begin)
        return summaries, seconds

    def digest(self, ledger):
        return self.remit("show", "digest", "--ledger", ledger)[0].strip()


# ---- what must hold of the effects alone

class Effects:
    """Follows the effects of a run and notes what does not hold."""

    def __init__(self):
        self.types, self.wrong = Counter(), []
        self.standing = Counter()           # subject -> how many of it run
        self.breached, self.told = {}, set()
        self.rungs, self.kpis = Counter(), Counter()
        self.granted, self.alarmed, self.handed, self.opened = set(), set(), Counter(), Counter()

    def note(self, text):
        self.wrong.append(text)

    def read(self, name):
        with open(name, encoding="utf-8") as lines:
            for line in lines:
                self.take(json.loads(line))
        for (subject, instant), line in self.breached.items():
            if (subject, instant) not in self.told:
                self.note("%s was breached at %s, and nobody was told then" % (subject, instant))

    def take(self, effect):
        kind, data, subject = effect["type"], effect["data"], effect.get("subject")
        self.types[kind] += 1
        if kind.startswith("remit.duty."):
            self.duty(kind[len("remit.duty."):], effect, data, subject)
        elif kind in ("remit.kpi.warning", "remit.kpi.critical"):
            self.kpis["kpi.%s.%s/%s" % (data["kpi"], data["level"], "/".join(map(str, data["group"].values())))] += 1
        elif kind == "remit.approval.granted" and data["approval"] == "product_launch":
            self.granted.add("/".join(data["key"]))
        elif kind == "remit.notified" and data.get("text", "").startswith("未经评审的上线："):
            self.alarmed.add(data["text"].partition("：")[2])

    def duty(self, verb, effect, data, subject):
        if verb == "opened":
            self.standing[subject] += 1
            if self.standing[subject] != 1:
                self.note("%s was opened while it stood" % subject)
            self.opened[effect["policy"]] += 1
            if data["duty"] == "update_documents":
                self.handed[effect["time"] >= HANDED_OVER, data["owner"]] += 1
        elif verb in ENDS:
            self.standing[subject] -= 1
            if self.standing[subject] != 0:
                self.note("%s ended (%s) and did not stand" % (subject, verb))
        elif verb == "breached":
            self.breached[subject, effect["time"]] = None
            self.rungs[data["duty"] + ".breaches"] += 1
        if verb in TOLD:
            self.told.add((subject, effect["time"]))
        if verb == "escalated":
            self.rungs["%s.escalated.%d.%s" % (data["duty"], data["rung"], data["to"])] += 1


# ---- both sides

def shown_duties(text):
    """{(duty, key): (version, raised, due, how it stands)} of `show duties --json`."""
    found = {}
    for line in text.splitlines():
        duty = json.loads(line)
        state = duty["state"]
        if state == "fulfilled":
            state = "late" if duty["late"] else "in_time"
        elif state == "paused":
            state = "open"
        found[duty["duty"], "/".join(duty["key"])] = (VERSIONS[duty["policy"]], duty["raised"],
                                                      duty.get("due", "-"), state)
    return found


def counted_duties(name):
    with open(name, encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {(kind, key): (int(version), raised, due, state) for kind, key, version, raised, due, state in rows}


def compare_duties(said, counted):
    """What differs, of the kinds that are counted: [(duty, said, counted)]."""
    kinds = {kind for kind, _ in counted}
    return [(one, said.get(one), counted.get(one)) for one in sorted(
        set(counted) | {one for one in said if one[0] in kinds}) if said.get(one) != counted.get(one)]


def compare_figures(told, counted):
    """Figures that one side has otherwise than the other: [(figure, said, counted)]."""
    return [(name, told.get(name, 0), counted.get(name, 0)) for name in sorted(set(told) | set(counted))
            if told.get(name, 0) != counted.get(name, 0)]


def taken_of(summaries):
    """What became of the lines, summed over the calls."""
    found = Counter()
    for summary in summaries:
        found.update({"taken": summary["events"], "repeated": summary["repeated"]})
        found.update({why: n for why, n in summary["rejected"].items() if why != "authority"})
        found["taken"] += summary["rejected"].get("authority", 0)
    return {name: n for name, n in found.items() if n}


def judged(figures, prefixes):
    return {name: n for name, n in figures.items() if name.startswith(prefixes)}


def report(year, made, summaries, seconds):
    """Compares and prints; how many things do not agree."""
    out, _ = year.tool("count_year.py", "events", "--adopted", ADOPTED, "--migrated", str(MIGRATED_AFTER),
                       "--until", UNTIL, "--duties", "counted.tsv")
    figures = json.loads(out)
    said = shown_duties(year.remit("show", "duties", "--ledger", "first", "--json")[0])
    counted = counted_duties(year.path("counted.tsv"))
    effects = Effects()
    effects.read(year.path("first.effects.jsonl"))
    bad = ["%s: remit %s, counted %s" % one for one in compare_duties(said, counted)]

    lines = {name: figures[name] for name in ("taken", "repeated", "malformed", "schema", "conflict", "late")
             if figures.get(name)}
    told = {name: n for name, n in effects.rungs.items() if name.partition(".escalated")[0].partition(".breaches")[0]
            in figures["laddered"]}
    compared = len(counted)
    for left, right in ((taken_of(summaries), lines),
                        (judged(effects.kpis, tuple("kpi.%s." % name for name in figures["measured"])),
                         judged(figures, "kpi.")),
                        (told, figures["rungs"])):
        bad += ["%s: remit %s, counted %s" % one for one in compare_figures(left, right)]
        compared += len(set(left) | set(right))
    bad += effects.wrong
    running = sum(effects.standing.values())
    shown = sum(1 for one in said.values() if one[3] in ("open", "breached"))
    if running != shown:
        bad.append("%d duties run by the effects, %d are shown to" % (running, shown))
    for launch in figures["launches"]:
        if (launch in effects.granted) == (launch in effects.alarmed):
            bad.append("launch %s was published: granted %s, alarmed %s" % (
                launch, launch in effects.granted, launch in effects.alarmed))
    if set(effects.handed) - {(False, "product_ops"), (True, "data_analytics")}:
        bad.append("update_documents is owed by others than it should be: %s" % dict(effects.handed))
    moved = int(year.migrated.splitlines()[-1].split()[1].rstrip(","))
    if moved != figures.get("migrated", 0):
        bad.append("remit migrate moved %d, counted %d" % (moved, figures.get("migrated", 0)))
    show(year, made, summaries, seconds, figures, effects, said, compared, moved)
    return bad


def show(year, made, summaries, seconds, figures, effects, said, compared, moved):
    total = sum(figures.get(name, 0) for name in ("taken", "repeated", "malformed", "schema", "conflict", "late"))
    spent = sum(one["microseconds"] for one in summaries) / 1e6
    size = os.stat(year.path("first", "data.mdb")).st_size
    print("A year of the department: " + made)
    print("lines      %s" % ", ".join("%d %s" % (figures[name], name) for name in (
        "taken", "repeated", "malformed", "schema", "conflict", "late") if figures.get(name)))
    print("duties     %d raised, %d ended, %d run (%d of them overdue); %d breaches, %d escalations" % (
        effects.types["remit.duty.opened"], sum(effects.types["remit.duty." + verb] for verb in ENDS),
        sum(effects.standing.values()), sum(1 for one in said.values() if one[3] == "breached"),
        effects.types["remit.duty.breached"], effects.types["remit.duty.escalated"]))
    print("versions   %s; %d moved" % (", ".join("%d under %s" % (n, name) for name, n in
                                                 sorted(effects.opened.items())), moved))
    print("launches   %d published, %d granted, %d alarmed" % (
        len(figures["launches"]), len(effects.granted & set(figures["launches"])), len(effects.alarmed)))
    print("kind                      version  raised  in time    late  waived  cancelled  overdue    open")
    for kind in sorted({name.partition("@")[0] for name in figures if "@" in name}):
        for version in ("1", "2"):
            row = [figures.get("%s@%s.%s" % (kind, version, what), 0) for what in (
                "raised", "in_time", "late", "waived", "cancelled", "breached", "open")]
            print("%-25s %7s %7d %8d %7d %7d %10d %8d %7d" % (kind if version == "1" else "", version, *row))
    print("alarms     " + ", ".join("%s %d" % (name[4:], n) for name, n in sorted(figures.items())
                                    if name.startswith("kpi.")))
    print("speed      %d lines in %.1f s, %d a second, each commit on disk" % (total, spent, total / max(spent, 1e-6)))
    print("ledger     %d bytes, %d a line" % (size, size // max(1, total)))
    print("compared   %d duties and figures" % compared)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", default="build/year", help="where events and ledgers go")
    parser.add_argument("--program", default="build/remit")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--events", type=int, default=20000, help="lines of the year, at least")
    year = Year(parser.parse_args())
    made = year.make()
    year.policies()
    summaries, seconds = year.run("first", 4, 1000)
    year.run("second", year.weeks, 7777)
    pace = sum(seconds) / year.weeks
    lengths = (ADOPTED_AFTER, MIGRATED_AFTER - ADOPTED_AFTER, year.weeks - MIGRATED_AFTER)
    year.run("killed", year.weeks, 500, lambda n: pace * lengths[n] * year.random.uniform(0.05, 0.6))
    bad = report(year, made, summaries, seconds)
    for other in ("second", "killed"):
        if year.digest(other) != year.digest("first"):
            bad.append("the ledger %s has another digest than the first" % other)
        if not filecmp.cmp(year.path(other + ".effects.jsonl"), year.path("first.effects.jsonl"), shallow=False):
            bad.append("%s.effects.jsonl is not first.effects.jsonl" % other)
    if not year.kills:
        bad.append("no run was killed: each was over before")
    print("again      with other commits and portions, and killed %d times: digest %s" % (
        year.kills, year.digest("first")[:12]))
    for line in bad[:30]:
        print("DIFFERS    " + line)
    if len(bad) > 30:
        print("and %d more" % (len(bad) - 30))
    print("The second count %s." % ("agrees" if not bad else "does not agree: %d differences" % len(bad)))
    return 1 if bad else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Stopped as stopped:
        print("year: %s" % stopped, file=sys.stderr)
        sys.exit(3)
