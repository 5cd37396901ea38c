#!/usr/bin/env python3
"""How many of the parser's states have words of what was expected there: grammar/expected/*.txt.

    expected.py [--program build/gen_expected] [--missing [PATTERN]] [--least PERCENT]

Lemon's own report gives the states; gen_expected says which of them the examples reach. Counted is every state that
a text can lead to and that refuses some token. --missing prints the others as a file to fill in: the items of each, and
the shortest text that leads there with a token that cannot stand (PATTERN: only where an item has it). With --least
the exit status is 1 if fewer have words.
"""
import argparse
import collections
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MARKS = {"LB": "{", "RB": "}", "LP": "(", "RP": ")", "LBRACK": "[", "RBRACK": "]", "COMMA": ",", "DOT": ".", "COLON": ":",
         "EQ": "=", "NE": "!=", "LT": "<", "LE": "<=", "GT": ">", "GE": ">=", "PLUS": "+", "MINUS": "-", "STAR": "*",
         "SLASH": "/", "BAR": "|", "ARROW": "->", "DOTDOT": "..", "QUESTION": "?", "SEMI": ";",
         "CALLP": "(", "ID": "x", "LABEL": "x:", "COMMALABEL": ", x:", "NUMBER": "1", "PERCENT": "5%", "MONEY": "5 CNY",
         "DURATION": "2 hours", "DATE": "2026-03-02", "TIME": "10:00", "DATETIME": "2026-03-02 10:00",
         "INSTANT": "2026-03-02T10:00:00Z", "STRING": '"t"', "CURRENCY_CODE": "CNY", "GRANT": "", "DECIDED": "approval", "FAT": "=>"}
INTERNAL = {"error", "BREAK", "EVALUATE", "BAD", "SEMI"}  # no text has them
CLASSES = {"UNIT": "UNIT", "WEEKDAY": "WEEKDAY", "TYPE": "TYPE", "HIT": "HIT", "STATE": "STATE", "LEVEL": "LEVEL",
           "AGG": "AGG", "POWER": "POWER", "COMPARISON": "COMPARISON", "ATTRIBUTE": "ATTRIBUTE", "ROUNDING": "ROUNDING"}
TRIED = 60  # tokens, of a state
LIKELY = ["DOTDOT", "BAR", "RBRACK", "RP", "RB", "FAT", "ID", "NUMBER", "STRING", "LB", "COMMA", "$"]


def spellings():
    words = dict(MARKS)
    with open(os.path.join(ROOT, "grammar", "keywords.def"), encoding="utf-8") as f:
        for line in f:
            m = re.match(r'([A-Z]+)\((\w+),[^"]*"([^"|]*)', line)
            if m and m[1] == "KEYWORD":
                words.setdefault(m[2], m[3])
            elif m and m[1] in CLASSES:
                words.setdefault(CLASSES[m[1]], m[3])
    return words


def report():
    """Lemon's report on the grammar."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(os.path.join(ROOT, "grammar", "remit.y"), os.path.join(folder, "g.y"))
        subprocess.run(["lemon", "-c", "g.y"], cwd=folder, check=True, capture_output=True)
        with open(os.path.join(folder, "g.out"), encoding="utf-8") as f:
            return f.read()


class States:
    def __init__(self, text):
        self.items, self.shifts, self.taken, self.rules = {}, {}, {}, collections.defaultdict(list)
        self.reduced = collections.defaultdict(set)  # (state, nonterminal) -> the tokens on which one is reduced there
        self.symbol, self.before = {}, collections.defaultdict(list)  # what was read last; from which states
        state = None
        for line in text.splitlines():
            if m := re.match(r"State (\d+):", line):
                state = int(m[1])
                self.items[state], self.shifts[state], self.taken[state] = [], {}, set()
            elif line.startswith("------"):
                state = None
            elif m := re.match(r"\s*\d+: (\w+) ::=(.*?)\.(?: \[|$)", line):
                self.rules[m[1]].append(m[2].split())
            elif state is None:
                continue
            elif "::=" in line and "*" in line:
                self.items[state].append(re.sub(r"^\s*\(\d+\)\s*", "", line).strip())
            elif m := re.match(r"\s*(\S+) (shift|shift-reduce|reduce|accept)\b\s*(\d*)", line):
                self.taken[state].add(m[1])
                if m[2] == "shift":
                    self.shifts[state][m[1]] = int(m[3])
                    self.symbol[int(m[3])] = m[1]
                    self.before[int(m[3])].append(state)
                elif m[2] == "reduce" and (rule := re.search(r"(\w+) ::=", line)):
                    self.reduced[state, rule[1]].add(m[1])
        self.tokens = {t for taken in self.taken.values() for t in taken if t in MARKS} - INTERNAL | {"$"}
        self.kernel = {s: [i for i in items if not re.match(r"\w+ ::= \*", i) or i.startswith("file")] or items[:3]
                       for s, items in self.items.items()}
        self.yields = self.shortest_yields()

    def terminal(self, symbol):
        return symbol not in self.rules

    def shortest_yields(self):
        """The shortest row of tokens of each nonterminal."""
        best, changed = {}, True
        while changed:
            changed = False
            for name, rules in self.rules.items():
                for parts in rules:
                    got = []
                    for part in parts:
                        if part in INTERNAL:
                            got = None
                        elif self.terminal(part):
                            got = got + [part]
                        else:
                            got = got + best[part] if part in best else None
                        if got is None:
                            break
                    if got is not None and (name not in best or len(got) < len(best[name])):
                        best[name], changed = got, True
        return best

    def behind(self, state):
        """The tokens that can follow what was read last."""
        symbol = self.symbol.get(state)
        if symbol is None or self.terminal(symbol):
            return self.tokens
        follow = set()
        for at in self.before[state]:
            for parts in self.rules[symbol]:
                end = at
                for part in parts:
                    end = self.shifts[end].get(part) if end is not None else None
                if end is not None:
                    follow |= self.reduced[end, symbol]
        return follow & self.tokens

    def refused(self, state):
        """The tokens that can be refused in a state: marks, literals and names, for the joiner reads a keyword that cannot
        stand as a name. Behind a nonterminal they are among those on which it was reduced: any other was refused before."""
        return self.behind(state) - self.taken[state]

    def paths(self):
        """The shortest row of tokens that leads to each state."""
        found, queue = {0: []}, [(0, 0)]
        import heapq
        while queue:
            n, state = heapq.heappop(queue)
            if n > len(found[state]):
                continue
            for symbol, to in self.shifts[state].items():
                step = [symbol] if self.terminal(symbol) else self.yields.get(symbol)
                if symbol in INTERNAL or step is None:
                    continue
                row = found[state] + step
                if to not in found or len(row) < len(found[to]):
                    found[to] = row
                    heapq.heappush(queue, (len(row), to))
        return found


def as_text(tokens, words):
    out = ""
    for i, t in enumerate(tokens):
        word = words.get(t, t.lower().replace("_", " "))
        glued = t in ("CALLP", "COMMA", "COMMALABEL", "DOT") or (i > 0 and tokens[i - 1] == "DOT") or not word
        out += word if glued or not out else " " + word
    return out


def examples(states, words):
    """(state, text) of each state that a text leads to, with each token that it may refuse last."""
    first = {t: i for i, t in enumerate(LIKELY)}
    for state, tokens in sorted(states.paths().items()):
        for wrong in sorted(states.refused(state), key=lambda t: (first.get(t, len(first)), t))[:TRIED]:
            text = "<end>" if wrong == "$" else as_text([wrong], words)
            if text:
                yield state, f"{as_text(tokens, words)} {text}".strip()


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--program", default=os.path.join(ROOT, "build", "gen_expected"))
    args.add_argument("--missing", nargs="?", const="")
    args.add_argument("--least", type=float, default=0)
    args = args.parse_args()
    files = sorted(glob.glob(os.path.join(ROOT, "grammar", "expected", "*.txt")))
    told = subprocess.run([args.program, "--states", *files], capture_output=True, text=True)
    if told.returncode != 0:
        sys.exit(told.stderr)
    have = {int(line.split()[0]) for line in told.stdout.splitlines()}
    states, words = States(report()), spellings()
    reached = states.paths()
    candidates = collections.defaultdict(list)
    for state, text in examples(states, words):
        candidates[state].append(text)
    refusing = [s for s in sorted(reached) if states.refused(s)]
    missing = [s for s in refusing if s not in have]
    if args.missing is not None:
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as f:
            f.write("".join(f"  {t}\n" for s in missing for t in candidates[s]))
            f.flush()
            tried = subprocess.run([args.program, "--try", f.name], capture_output=True, text=True).stdout.splitlines()
        leads = dict(line.split("\t", 1)[::-1] for line in tried)
        for s in missing:
            if args.missing not in "\n".join(states.items[s]):
                continue
            good = next((t for t in candidates[s] if leads.get(t) == str(s)), None)
            print("".join(f"# {i}\n" for i in states.kernel[s][:6]), end="")
            print(f"  {good}\n" if good else "# no text found\n")
    share = 100 * len(have) / len(refusing)
    print(f"{len(have)} of {len(refusing)} states that can refuse a token have words ({share:.1f}%)")
    return 1 if share < args.least else 0


if __name__ == "__main__":
    sys.exit(main())
