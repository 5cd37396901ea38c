#!/usr/bin/env python3
"""What editors/ has: the colours are those of grammar/keywords.def, no word of it is missing, names and texts are left alone; and the
places that the patterns of VS Code, Vim and Emacs read out of messages are those that `remit check --json` gives.

The TextMate grammar is run by a small reader of it; Vim and Emacs themselves are asked where they are there."""

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REMIT = os.path.abspath(os.environ.get("REMIT", os.path.join(ROOT, "build/remit")))
sys.path.insert(0, os.path.join(ROOT, "tools"))
sys.dont_write_bytecode = True

import editors  # noqa: E402

SUMS = {"passed": 0, "failed": 0, "skipped": 0}
SAMPLE = '''-- duty in a remark
duty answer on complaint.opened as c {
  owed by care.lead  due: 3  within: 2 working hours
  notify care "duty \\" at due" + c.id
  due within 1_000.50 EUR  at 2026-03-02 09:00  at 50%  empty: hold  duty_free  c.duty
}
职责 处理投诉 当 投诉受理 为 诉 { 责任人 客服组  时限 ２ 工作小时  通知 “职责 到期” }
'''


def check(name, fine, shown=""):
    SUMS["passed" if fine else "failed"] += 1
    if not fine:
        print(f"{name}: {shown}")


def walk(item, lines, path, parent):
    """What is wrong with the places of an item and of what is in it."""
    start, end = (item["line"], item["column"]), (item["end_line"], item["end_column"])
    if not start <= end or end[0] > len(lines) + 1:
        return [f"{path}: {item['kind']} at {start} to {end}"]
    if parent is not None and not (parent[0] <= start and end <= parent[1]):
        return [f"{path}: {item['kind']} at {start} to {end} is not within {parent}"]
    wrong = []
    if "at_line" in item and "name" in item:
        there = lines[item["at_line"] - 1][item["at_column"] - 1:]
        if not there.lstrip('"\u201c').startswith(item["name"]):
            wrong.append(f"{path}: {item['name']} does not stand at {item['at_line']}:{item['at_column']}")
    for child in item.get("items", []):
        wrong += walk(child, lines, path, (start, end))
    return wrong


def check_trees():
    """`remit tree` of each policy of the repository: places within one another, names where they are said to stand."""
    paths = sorted(glob.glob(os.path.join(ROOT, "rules", "**", "*.remit"), recursive=True)
                   + glob.glob(os.path.join(ROOT, "stdlib", "**", "*.remit"), recursive=True))
    p = subprocess.run([REMIT, "tree", "--json", *paths], capture_output=True, text=True, timeout=120)
    trees = [json.loads(line) for line in p.stdout.splitlines()]
    check("trees", p.returncode == 0 and len(trees) == len(paths) > 0, p.stderr)
    for path, tree in zip(paths, trees):
        with open(path, encoding="utf-8") as f:
            lines = f.read().split("\n")
        wrong = [w for item in tree.get("items", []) for w in walk(item, lines, path, None)]
        check("tree of " + path, not wrong and tree["items"], "\n".join(wrong[:5]))


class Grammar:
    """As an editor reads it: at each place the pattern that matches earliest, of these the first."""

    def __init__(self, page):
        self.rules = [self.rule(p) for p in page["patterns"]]

    @staticmethod
    def rule(p):
        return {"name": p.get("name", ""), "match": re.compile(p.get("match", p.get("begin", ""))),
                "end": re.compile(p["end"]) if "end" in p else None, "captures": p.get("captures", {}),
                "inner": [Grammar.rule(q) for q in p.get("patterns", [])]}

    def line(self, text):
        """The name of each letter of a line."""
        names, at = [""] * len(text), 0
        while at < len(text):
            found = [(m.start(), i, m) for i, r in enumerate(self.rules) if (m := r["match"].search(text, at))]
            if not found:
                break
            _, i, m = min(found, key=lambda f: f[:2])
            rule, stop = self.rules[i], m.end()
            if rule["end"] is not None:
                stop = self.end_of(rule, text, m.end())
            names[m.start():stop] = [rule["name"]] * (stop - m.start())
            for group, what in rule["captures"].items():
                a, b = m.span(int(group))
                names[a:b] = [what["name"]] * (b - a)
            at = max(stop, m.start() + 1)
        return names

    @staticmethod
    def end_of(rule, text, at):
        while True:
            end = rule["end"].search(text, at)
            inner = [m for q in rule["inner"] if (m := q["match"].search(text, at))]
            if inner and inner[0].start() < end.start():
                at = inner[0].end()
            else:
                return end.end()


def name_at(names, text, part):
    return set(names[text.index(part):text.index(part) + len(part)])


def textmate():
    with open(os.path.join(ROOT, editors.TEXTMATE), encoding="utf-8") as f:
        grammar = Grammar(json.load(f))
    for kind, token, spellings in editors.rows():
        wanted = editors.CLASSES[kind][0] + ".remit"
        for spelling in spellings:
            text = f"c.{spelling} " if kind == "PROPERTY" else f" {spelling} "
            got = set(grammar.line(text)[2 if kind == "PROPERTY" else 1:-1])
            # One spelling may stand in several classes; and blanks between words are of the word.
            others = {editors.CLASSES[k][0] + ".remit" for k, _, s in editors.rows() if spelling in s}
            check(f"{token} {spelling}", len(got) == 1 and got <= others | {wanted}, f"{got}, wanted {wanted}")
    lines = SAMPLE.split("\n")
    wanted = [
        (0, "duty in", {"comment.line.double-dash.remit"}), (1, "duty", {"keyword.control.remit"}),
        (1, "answer", {"entity.name.remit"}), (1, "opened", {""}), (2, "due", {"variable.parameter.label.remit"}),
        (2, "within", {"variable.parameter.label.remit"}), (2, "2", {"constant.numeric.remit"}),
        (2, "working hours", {"keyword.other.unit.remit"}), (3, '"duty \\" at due"', {"string.quoted.double.remit"}),
        (3, "notify", {"keyword.control.remit"}), (4, "due within", {"keyword.control.remit"}),
        (4, "1_000.50 EUR", {"constant.numeric.money.remit"}), (4, "2026-03-02 09:00", {"constant.numeric.date.remit"}),
        (4, "50%", {"constant.numeric.remit"}), (4, "empty", {"keyword.control.remit"}), (4, "duty_free", {""}),
        (4, ".duty", {""}), (6, "职责", {"keyword.control.remit"}), (6, "处理投诉", {"entity.name.remit"}),
        (6, "责任人", {"keyword.control.remit"}), (6, "２", {"constant.numeric.remit"}), (6, "工作小时", {"keyword.other.unit.remit"}),
        (6, "“职责 到期”", {"string.quoted.other.remit"}), (6, "客服组", {""})]
    for number, part, names in wanted:
        got = name_at(grammar.line(lines[number]), lines[number], part)
        check(f"line {number + 1}: {part}", got == names, str(got))


def policies():
    """No line of a real policy is left without any colour but for names, marks and blanks."""
    with open(os.path.join(ROOT, editors.TEXTMATE), encoding="utf-8") as f:
        grammar = Grammar(json.load(f))
    words = {s for kind, _, spellings in editors.rows() for s in spellings if kind == "KEYWORD" and " " not in s}
    bare, seen = [], 0
    for path in sorted(glob.glob(os.path.join(ROOT, "rules/**/*.remit"), recursive=True))[:12]:
        with open(path, encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                names = grammar.line(line.rstrip("\n"))
                for m in re.finditer(r"(?<![\w.])[a-z]+(?![\w.])(?!\s*:)", line):
                    if m[0] in words and m.end() <= len(names):
                        seen += 1
                        if names[m.start()] == "":
                            bare.append(f"{path}:{number}: {m[0]}")
    check("words of real policies", seen > 100 and bare == [], f"{seen} words, {bare[:5]}")


def manifests():
    for path in sorted(glob.glob(os.path.join(ROOT, "editors/vscode/*.json"))):
        with open(path, encoding="utf-8") as f:
            page = json.load(f)
        for entry in page.get("contributes", {}).get("grammars", []) + page.get("contributes", {}).get("languages", []):
            named = entry.get("path", entry.get("configuration", ""))
            check(f"{path}: {named}", os.path.exists(os.path.join(ROOT, "editors/vscode", named)))


WRONG = 'policy "x" version "1" { zone "UTC" }\nrole a\nrole a\nduty d on nope { owed by a  due within 2 hours }\n' \
        'event e { n: id }\n角色 b\nevent unused { n: idd }\n'


def messages(folder):
    """(places by JSON, what the terminal gets) of a policy with mistakes."""
    with open(f"{folder}/wrong.remit", "w", encoding="utf-8") as f:
        f.write(WRONG)
    said = subprocess.run([REMIT, "check", "--json", "wrong.remit"], cwd=folder, capture_output=True, text=True).stdout
    text = subprocess.run([REMIT, "check", "--no-color", "wrong.remit"], cwd=folder, capture_output=True, text=True)
    found = [json.loads(line) for line in said.split("\n") if line]
    return [(d["file"], d["line"], d["column"], d["code"]) for d in found], text.stdout + text.stderr


def problems(folder):
    with open(os.path.join(ROOT, "editors/vscode/package.json"), encoding="utf-8") as f:
        first, second = json.load(f)["contributes"]["problemMatchers"][0]["pattern"]
    wanted, text = messages(folder)
    got, code = [], None
    for line in text.split("\n"):
        head, place = re.match(first["regexp"], line), re.match(second["regexp"], line)
        if head:
            code = head[first["code"]]
        if place and code:
            got.append((place[second["file"]], int(place[second["line"]]), int(place[second["column"]]), code))
            code = None
    check("VS Code reads the places", len(wanted) >= 3 and got == wanted, f"{got}, wanted {wanted}")


def vim(folder):
    program = shutil.which("vim")
    has = program and "+syntax" in subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    if not has:
        SUMS["skipped"] += 1
        print("skipped: there is no vim with syntax")
        return
    with open(f"{folder}/sample.remit", "w", encoding="utf-8") as f:
        f.write(SAMPLE + "\n".join(f" {s} " for _, _, spellings in editors.rows() for s in spellings) + "\n")
    script = r"""
set nocompatible encoding=utf-8 fileencodings=utf-8
set rtp^=EDITORS/vim
filetype plugin on
syntax on
edit sample.remit
let out = []
for l in range(1, line('$'))
  let names = []
  for c in range(1, col([l, '$']) - 1)
    call add(names, synIDattr(synID(l, c, 1), 'name'))
  endfor
  call add(out, join(names, ' '))
endfor
call writefile(out, 'names')
let $PATH = 'PROGRAMS:' . $PATH
silent! make! wrong.remit
call writefile(map(filter(getqflist(), 'v:val.valid'), {_, q -> join([bufname(q.bufnr), q.lnum, q.col], ':')}), 'places')
qa!
"""
    programs = f"{folder}/bin"
    os.mkdir(programs)
    os.symlink(REMIT, f"{programs}/remit")
    with open(f"{folder}/ask.vim", "w", encoding="utf-8") as f:
        f.write(script.replace("EDITORS", os.path.join(ROOT, "editors")).replace("PROGRAMS", programs))
    wanted, _ = messages(folder)
    subprocess.run([program, "-u", "NONE", "-i", "NONE", "-N", "-n", "-es", "-S", "ask.vim"], cwd=folder, timeout=120,
                   stdin=subprocess.DEVNULL, capture_output=True, env={**os.environ, "LC_ALL": "C.UTF-8", "TERM": "dumb"})
    with open(f"{folder}/names", encoding="utf-8") as f:
        names = f.read().split("\n")
    lines = SAMPLE.split("\n")
    for number, part, group in ((0, "duty in", "remitComment"), (1, "duty", "remitKeyword"), (1, "opened", "remitName"),
                                (2, "due", "remitLabel"), (3, "duty", "remitString"), (4, "due within", "remitKeyword"),
                                (4, "1_000.50", "remitNumber"), (4, "duty_free", "remitName"), (4, "empty", "remitKeyword"),
                                (6, "职责", "remitKeyword"), (6, "处理投诉", "remitName"), (6, "工作小时", "remitUnit")):
        at = len(lines[number][:lines[number].index(part)].encode())
        got = set(names[number].split(" ")[at:at + len(part.encode())])
        check(f"vim, line {number + 1}: {part}", got == {group}, str(got))
    spelt, line = [(kind, s) for kind, _, spellings in editors.rows() for s in spellings], len(lines) - 1
    for i, (kind, spelling) in enumerate(spelt):
        group = names[line + i].split(" ")[1] if names[line + i] else ""
        fine = kind == "PROPERTY" or (group.startswith("remit") and group not in ("remitName", "remitLabel"))
        check(f"vim: {spelling}", fine, group)
    with open(f"{folder}/places", encoding="utf-8") as f:
        got = f.read().split("\n")[:-1]
    check("vim reads the places", [":".join(map(str, w[:2])) for w in wanted] == [g.rsplit(":", 1)[0] for g in got],
          f"{got}, wanted {wanted}")


ASK = r"""
(require 'remit-mode)
(with-temp-buffer
  (insert-file-contents "sample.remit")
  (remit-mode)
  (font-lock-ensure)
  (while (not (eobp))
    (let ((faces nil))
      (while (not (eolp))
        (push (or (get-text-property (point) 'face) "-") faces)
        (forward-char))
      (princ (format "%s\n" (mapconcat (lambda (f) (format "%s" f)) (nreverse faces) " "))))
    (forward-char)))
(princ "places\n")
(with-temp-buffer
  (insert-file-contents "said")
  (let ((rule (cdr (assq 'remit compilation-error-regexp-alist-alist))))
    (while (re-search-forward (car rule) nil t)
      (princ (format "%s:%s\n" (match-string (nth 1 rule)) (match-string (nth 2 rule)))))))
"""


def emacs(folder):
    if shutil.which("emacs") is None:
        SUMS["skipped"] += 1
        print("skipped: there is no emacs")
        return
    words = [s for kind, _, spellings in editors.rows() if kind != "PROPERTY" for s in spellings]
    wanted, text = messages(folder)
    for name, content in (("sample.remit", SAMPLE + "".join(f" {s} \n\n" for s in words)), ("said", text), ("ask.el", ASK)):
        with open(f"{folder}/{name}", "w", encoding="utf-8") as f:
            f.write(content)
    code = subprocess.run(["emacs", "-Q", "--batch", "-L", os.path.join(ROOT, "editors/emacs"), "-l", "ask.el"], cwd=folder,
                          capture_output=True, text=True, timeout=120, env={**os.environ, "LC_ALL": "C.UTF-8", "HOME": folder})
    check("emacs loads the mode", code.returncode == 0, code.stderr)
    shown, _, places = code.stdout.partition("places\n")
    faces, lines = shown.split("\n"), SAMPLE.split("\n")
    for number, part, face in ((0, "duty in", "comment"), (1, "duty", "keyword"), (1, "opened", "-"), (2, "due", "-"),
                               (3, "duty", "string"), (4, "due within", "keyword"), (4, "duty_free", "-"), (4, "empty", "keyword"),
                               (6, "职责", "keyword"), (6, "处理投诉", "-"), (6, "工作小时", "type")):
        at = lines[number].index(part)
        got = set(faces[number].split(" ")[at:at + len(part)])
        check(f"emacs, line {number + 1}: {part}", got == {face if face == "-" else f"font-lock-{face}-face"}, str(got))
    for i, spelling in enumerate(words):
        got = set(faces[len(lines) - 1 + 2 * i].split(" ")[1:-1])
        check(f"emacs: {spelling}", len(got) == 1 and got != {"-"}, str(got))
    check("emacs reads the places", places.split("\n")[:-1] == [f"{w[0]}:{w[1]}" for w in wanted], places)


def main():
    done = subprocess.run([sys.executable, os.path.join(ROOT, "tools/editors.py"), "--check"], capture_output=True, text=True)
    check("made of keywords.def", done.returncode == 0, done.stdout)
    textmate()
    policies()
    manifests()
    check_trees()
    with tempfile.TemporaryDirectory(prefix="editors-") as folder:
        problems(folder)
        vim(folder)
        emacs(folder)
    skipped = f", {SUMS['skipped']} skipped" if SUMS["skipped"] else ""
    print(f"{SUMS['passed']} passed, {SUMS['failed']} failed{skipped}")
    return 1 if SUMS["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
