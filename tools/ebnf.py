#!/usr/bin/env python3
"""The grammar of the language as EBNF, from grammar/remit.y and grammar/keywords.def.

    tools/ebnf.py            writes docs/grammar.md
    tools/ebnf.py --check    says whether it is what would be written

Rules that only make a list, an option or another name of something are written out where they stand:
`{ x }` is any number of x, `[ x ]` x or nothing. The notation is that of the XML recommendation but for these
two (ISO/IEC 14977).
"""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGET = "docs/grammar.md"
MARKS = {"LB": "{", "RECLB": "{", "RB": "}", "LP": "(", "RP": ")", "CALLP": "(", "LBRACK": "[", "RBRACK": "]", "COMMA": ",",
         "COLON": ":", "DOT": ".", "DOTDOT": "..", "BAR": "|", "FAT": "=>", "ARROW": "->", "EQ": "=", "NE": "!=",
         "LT": "<", "LE": "<=", "GT": ">", "GE": ">=", "PLUS": "+", "MINUS": "-", "STAR": "*", "SLASH": "/",
         "QUESTION": "?"}
LITERALS = {"ID": "NAME", "STRING": "TEXT", "NUMBER": "NUMBER", "PERCENT": "PERCENT", "MONEY": "MONEY",
            "DURATION": "DURATION", "DATE": "DATE", "TIME": "TIME", "DATETIME": "DATE-TIME", "INSTANT": "INSTANT",
            "CURRENCY_CODE": "CURRENCY"}
CLASSES = {"UNIT": "unit", "WEEKDAY": "weekday", "TYPE": "type-name", "HIT": "hit-policy", "STATE": "state",
           "LEVEL": "level", "AGG": "aggregate-name", "POWER": "power",
           "COMPARISON": "comparison", "ATTRIBUTE": "attribute", "ROUNDING": "rounding"}
LONG = 60  # an option that is longer is a rule of its own
CLASS_WORDS = {"UNIT": "Units of time", "WEEKDAY": "Weekdays", "TYPE": "Types", "HIT": "Hit policies of tables",
               "STATE": "States", "LEVEL": "Levels of KPIs", "AGG": "What a measure does",
               "POWER": "What one may do", "COMPARISON": "What compares two values", "ATTRIBUTE": "What a duty says of itself",
               "ROUNDING": "How a number is rounded", "FUNCTION": "What may be called", "PROPERTY": "What may follow a point", "KEYWORD": "Keywords"}


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def keywords():
    """Token -> spellings, and the rows of each class in order."""
    spelt, rows = {}, {}
    text = re.sub(r"/\*.*?\*/", "", read("grammar/keywords.def"), flags=re.S)
    for kind, arguments in re.findall(r"^([A-Z]+)\((.*)\)$", text, re.M):
        strings = re.findall(r'"([^"]*)"', arguments)
        if len(strings) < 2:
            continue
        name = arguments.split(",")[0].strip()
        rows.setdefault(kind, []).append((strings[0].split("|"), strings[1].split("|")))
        if kind == "KEYWORD":
            spelt[name] = strings[0].split("|")[0]
    return spelt, rows


def productions():
    """(heading, name, alternatives) in the order of the text; an alternative is a list of symbols."""
    text = read("grammar/remit.y")
    text = text[text.index("%start_symbol"):]
    text = text[:text.index("%code {")]
    found, order, heading, headings = {}, [], "The file", {}
    for line in re.split(r"\n", text):
        section = re.match(r"/\* ---- ([^.*]*)", line)
        if section:
            heading = section[1].strip()
        rule = re.match(r"(\w+)(?:\(\w+\))? ::= (.*?)\.\s*(?:\[\w+\]\s*)?\{", line + " {")
        if not rule:
            continue
        symbols = re.findall(r"(\w+)(?:\(\w+\))?", rule[2])
        if {"error", "EVALUATE", "BREAK"} & set(symbols):
            continue
        if rule[1] not in found:
            found[rule[1]] = []
            order.append(rule[1])
            headings[rule[1]] = heading
        if symbols not in found[rule[1]]:
            found[rule[1]].append(symbols)
    return found, order, headings


class Writer:
    def __init__(self):
        self.spelt, self.rows = keywords()
        self.found, self.order, self.headings = productions()

    def symbol(self, s):
        if s in ("GRANT", "EVALUATE", "BREAK"):
            return ""
        if s == "DECIDED":
            s = "APPROVAL"
        if s in self.spelt:
            return f'"{self.spelt[s]}"'
        if s in MARKS:
            return f'"{MARKS[s]}"'
        if s in LITERALS:
            return LITERALS[s]
        if s in CLASSES:
            return CLASSES[s]
        if s == "LABEL":
            return 'NAME ":"'
        if s == "COMMALABEL":
            return '"," NAME ":"'
        if s in self.found:
            return self.reference(s)
        raise SystemExit(f"ebnf: what is {s}?")

    def sequence(self, symbols):
        return " ".join(t for t in (self.symbol(s) for s in symbols) if t)

    def choice(self, alternatives, inside=True):
        texts = list(dict.fromkeys(self.sequence(a) for a in alternatives))
        text = " | ".join(texts)
        return f"( {text} )" if inside and len(texts) > 1 else text

    def parts(self, name):
        """What a rule is made of: kind, and the alternatives that matter."""
        alternatives = self.found[name]
        empty = [] in alternatives
        again = [a[1:] for a in alternatives if a[:1] == [name]]
        first = [a for a in alternatives if a and a[:1] != [name]]
        return empty, again, first

    def reference(self, name):
        """How a rule is named where it stands: written out when it is small."""
        empty, again, first = self.parts(name)
        if again and name not in ("value", "expr", "seat", "dotted", "said", "rung"):
            if empty and not first:
                return "{ " + self.choice(again, False) + " }"
            if not empty and len(first) == 1 and len(again) == 1:
                head, rest = self.sequence(first[0]), self.sequence(again[0])
                return f"{head} {{ {rest} }}" if rest != head else f"{head} {{ {rest} }}"
        if empty and any(name in a for a in first):
            return f"[ {name} ]"  # it holds itself
        if empty and not again:
            text = self.choice(first, False)
            return f"[ {text} ]" if len(text) < LONG else f"[ {name} ]"
        if len(self.found[name]) == 1 and not again and len(first[0]) <= 2:
            return self.sequence(first[0])
        if name == "lp":
            return '"("'
        return name

    def named(self):
        return [n for n in self.order if self.reference(n) in (n, f"[ {n} ]")]

    def rule(self, name):
        texts = list(dict.fromkeys(self.sequence(a) for a in self.found[name] if a))
        texts = [re.sub(r'\{ (.*?) \| "," \1 \}', r'{ [ "," ] \1 }', t) for t in texts]
        lead = f"{name} ::= "
        joint = "\n" + " " * (len(name) + 3) + "| "
        return lead + joint.join(texts)


def page():
    w = Writer()
    out = ["# The grammar", "",
           "Made from `grammar/remit.y` and `grammar/keywords.def` by `tools/ebnf.py`: what stands here is what the "
           "compiler reads.", "",
           "`{ x }` is any number of x, `[ x ]` x or nothing, `|` one of two. Words in quotes stand as they are, in English "
           "or as [below](#keywords) in Chinese; a keyword may be a name where it can be no keyword. White space and "
           "newlines mean nothing but between words; `--` begins a comment to the end of the line. Full-width marks "
           "（，：；（）｛｝“”） are read as their ASCII twins. In an expression `not` binds closer than `and`, that closer than "
           "`or`; `*` and `/` closer than `+` and `-`, these closer than comparisons.", "",
           "| token | as in |", "| --- | --- |",
           "| NAME | `complaint`, `运营总监`: letters, digits and `_` of any script (UAX #31), normalised (NFC) |",
           "| TEXT | `\"on one line\"`, with `\\\"`, `\\\\`, `\\n` and `\\t`; between “ and ” nothing is changed |",
           "| NUMBER, PERCENT | `1_000`, `2.50`, `5%` |", "| MONEY, CURRENCY | `80.00 CNY`, `CNY` |",
           "| DURATION | `4 hours`, `2 working days` |",
           "| DATE, TIME, DATE-TIME | `2026-03-02`, `09:30`, `2026-03-02 09:30` (in the policy's zone) |",
           "| INSTANT | `2026-03-02T09:30:00+08:00` |", ""]
    out += ["```ebnf", "file ::= { item }", "```", ""]
    heading = None
    for name in w.named():
        if w.headings[name] != heading:
            if heading is not None:
                out += ["```", ""]
            heading = w.headings[name]
            out += [f"## {heading[0].upper()}{heading[1:]}", "", "```ebnf"]
        else:
            out.append("")
        out += w.rule(name).split("\n")
    out += ["```", "", "## Keywords", ""]
    for kind, title in CLASS_WORDS.items():
        if kind not in w.rows:
            continue
        out += [f"**{title}**", "", "| English | Chinese |", "| --- | --- |"]
        out += [f"| {', '.join(f'`{s}`' for s in en)} | {', '.join(f'`{s}`' for s in zh)} |"
                for en, zh in w.rows[kind]]
        out.append("")
    return "\n".join(out)


def main():
    text, path = page(), os.path.join(ROOT, TARGET)
    if "--check" in sys.argv[1:]:
        if os.path.exists(path) and read(TARGET) == text:
            return 0
        print(f"{TARGET} is not what the grammar says: tools/ebnf.py writes it")
        return 1
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
