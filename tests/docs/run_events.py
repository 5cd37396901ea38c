#!/usr/bin/env python3
"""docs/events.md has the engine's events and effects, all of them and no others, with their fields in order:
what engine/base/engine_events.def and engine/run/effect.def say.
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROW = re.compile(r"^\| `([a-z._]+)` \|(.*)\|$")


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def rows(text, macro):
    """The arguments of each use of a macro, but for its definition and its mention in comments."""
    found = re.findall(r"^%s\((.*)\)$" % macro, text, re.M)
    return [[a.strip().strip('"') for a in line.split(",")] for line in found]


def marked(name, optional):
    return "`%s`%s" % (name, "?" if optional else "")


def engine_events(text):
    """type -> (actor, fields) as the page has them."""
    fields = {}
    for event, name, _, optional in rows(text, "ENGINE_FIELD"):
        fields.setdefault(event, []).append(marked(name, optional == "true"))
    return {kind: ("must" if actor == "true" else "", ", ".join(fields.get(name, [])))
            for name, kind, actor in rows(text, "ENGINE_EVENT")}


def effects(text, keywords):
    """What a duty says of itself (ATTRIBUTE) is data of its opening."""
    data = {}
    said = [["DUTY_OPENED", name, datum, need] for name, _, need, datum, *_ in rows(keywords, "ATTRIBUTE")]
    for effect, _, name, need in rows(text, "DATA") + said:
        if need == "KEPT":  # stands in the journal alone
            continue
        data.setdefault(effect, []).append(marked(name, need == "MAYBE"))
    return {kind: ", ".join(data.get(name, [])) for name, _, kind, _ in rows(text, "EFFECT") if kind}


def page_tables(text):
    """The rows of the tables below `## Input` and `## Effects`, by type."""
    events, said, section = {}, {}, ""
    for line in text.split("\n"):
        section = line[3:] if line.startswith("## ") else section
        row = ROW.match(line)
        cells = [c.strip() for c in row[2].split("|")] if row else []
        if row and section == "Input" and len(cells) == 3:
            events[row[1]] = (cells[0], cells[1])
        elif row and section == "Effects" and row[1].startswith("remit."):
            said[row[1]] = cells[0]
    return events, said


def compare(what, wanted, found):
    wrong = ["docs/events.md: %s %s is missing" % (what, k) for k in wanted if k not in found]
    wrong += ["docs/events.md: %s %s is not the engine's" % (what, k) for k in found if k not in wanted]
    wrong += ["docs/events.md: %s %s: the engine has %s, the page %s" % (what, k, wanted[k], found[k])
              for k in wanted if k in found and wanted[k] != found[k]]
    if list(wanted) != [k for k in found if k in wanted] and not wrong and what == "event":
        wrong.append("docs/events.md: the events stand in another order than the engine's")
    return wrong


def main():
    events, said = page_tables(read("docs/events.md"))
    tests = [("event", engine_events(read("engine/base/engine_events.def")), events),
             ("effect", effects(read("engine/run/effect.def"), read("grammar/keywords.def")), said)]
    failed = 0
    for what, wanted, found in tests:
        if not wanted:
            print("no %s was found in the engine's table" % what)
        wrong = compare(what, wanted, found)
        print("\n".join(wrong), end="\n" if wrong else "")
        failed += bool(wrong) or not wanted
    print("%d passed, %d failed" % (len(tests) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
