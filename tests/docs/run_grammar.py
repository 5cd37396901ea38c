#!/usr/bin/env python3
"""docs/grammar.md is what the grammar says; and every keyword and every rule of the grammar is in it."""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))
sys.dont_write_bytecode = True

import ebnf  # noqa: E402


def missing_words(page):
    text = re.sub(r"/\*.*?\*/", "", ebnf.read("grammar/keywords.def"), flags=re.S)
    words = [w for a in re.findall(r"^[A-Z]+\((.*)\)$", text, re.M) for s in re.findall(r'"([^"]*)"', a)
             for w in s.split("|")]
    return [w for w in words if f"`{w}`" not in page]


def missing_rules(page):
    """Names that a rule mentions and none explains."""
    rules = set(re.findall(r"^(\S+) ::=", page, re.M))
    code = "\n".join(re.findall(r"```ebnf\n(.*?)```", page, re.S))
    named = set(re.findall(r"\b[a-z]+\b", re.sub(r'"[^"]*"|[\w-]+ ::=|\w+-\w+', " ", code)))
    return sorted(named - rules - set(ebnf.CLASSES.values()))


def main():
    page = ebnf.page()
    wrong = [[] if ebnf.read(ebnf.TARGET) == page else [f"{ebnf.TARGET} is old: tools/ebnf.py writes it"],
             [f"the keyword {w} is not in {ebnf.TARGET}" for w in missing_words(page)],
             [f"{ebnf.TARGET} mentions {n}, which no rule explains" for n in missing_rules(page)],
             [] if missing_words(page.replace("`until acknowledged`", "")) else ["a lost keyword was not noticed"]]
    for lines in wrong:
        for line in lines:
            print(line)
    failed = sum(bool(lines) for lines in wrong)
    print(f"{len(wrong) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
