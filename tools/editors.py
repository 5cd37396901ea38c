#!/usr/bin/env python3
"""The colours of Remit's text for editors, from grammar/keywords.def.

    tools/editors.py            writes the files of TARGETS
    tools/editors.py --check    says whether they are what would be written

A word of the language is one where it stands free: not behind a point, not before a colon, where it is a name. The expressions keep to
what the engines of TextMate's grammars and Python read alike, so that the tests can try them.
"""

import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import ebnf  # noqa: E402

TEXTMATE = "editors/vscode/syntaxes/remit.tmLanguage.json"
VIM = "editors/vim/syntax/remit.vim"
EMACS = "editors/emacs/remit-words.el"

# Of each class of words: TextMate's name, and Vim's group.
CLASSES = {
    "KEYWORD": ("keyword.control", "Statement"),
    "ATTRIBUTE": ("keyword.control", "Statement"),
    "POWER": ("keyword.other.power", "Statement"),
    "UNIT": ("keyword.other.unit", "Type"),
    "WEEKDAY": ("constant.language.weekday", "Constant"),
    "TYPE": ("storage.type", "Type"),
    "HIT": ("keyword.other.hit-policy", "Statement"),
    "STATE": ("constant.language.state", "Constant"),
    "LEVEL": ("constant.language.level", "Constant"),
    "AGG": ("support.function", "Function"),
    "FUNCTION": ("support.function", "Function"),
    "COMPARISON": ("keyword.operator.word", "Operator"),
    "ROUNDING": ("keyword.other.rounding", "Operator"),
    "PROPERTY": ("support.variable.property", "Identifier"),
}
# Rows of KEYWORD that are coloured otherwise.
SPECIAL = {"YES": "VALUE", "NO": "VALUE", "ABSENT": "VALUE", "PRESENT": "VALUE", "IT": "VALUE",
           "AND": "OPERATOR", "OR": "OPERATOR", "NOT": "OPERATOR", "IS": "OPERATOR", "IN": "OPERATOR",
           "STARTS_WITH": "OPERATOR", "CONTAINS": "OPERATOR", "AT_LEAST": "OPERATOR", "AT_MOST": "OPERATOR",
           "ABOVE": "OPERATOR", "BELOW": "OPERATOR"}
CLASSES["VALUE"] = ("constant.language", "Constant")
CLASSES["OPERATOR"] = ("keyword.operator.word", "Operator")
# Rows that are words also before a colon.
BEFORE_COLON = {"EMPTY"}
# Rows behind which the name of what is declared stands.
DECLARES = ("ROLE", "TEAM", "ROTATION", "EVENT", "TABLE", "DEFINE", "NAMED_TYPE", "DUTY", "RULE", "APPROVAL", "ENTITY", "FEED", "MODULE",
            "PATTERN", "CALENDAR", "KPI")
LETTER = r"\w"
DIGITS = "[0-9０-９]"
NUMBER = f"{DIGITS}[0-9０-９_]*(?:[.．]{DIGITS}+)?"


def rows():
    """(class, token, spellings) of each row, in the order of the table."""
    text = re.sub(r"/\*.*?\*/", "", ebnf.read("grammar/keywords.def"), flags=re.S)
    found = []
    for kind, arguments in re.findall(r"^([A-Z]+)\((.*)\)$", text, re.M):
        texts = re.findall(r'"([^"]*)"', arguments)
        if len(texts) < 2:
            continue
        token = arguments.split(",")[0].strip()
        kind = SPECIAL.get(token, kind) if kind == "KEYWORD" else kind
        found.append((kind, token, [s for t in texts[:2] for s in t.split("|")]))
    return found


def longest_first(spellings):
    return sorted(set(spellings), key=lambda s: (-len(s), s))


def spelt(spellings):
    """The spellings as an expression; between the words of one any blanks."""
    return "|".join(r"\s+".join(re.escape(w) for w in s.split()) for s in longest_first(spellings))


def of_class(kind):
    return [s for k, token, found in rows() if k == kind for s in found if token not in BEFORE_COLON]


def free(words):
    return rf"(?<![{LETTER}.．])(?:{words})(?!{LETTER})(?!\s*[:：])"


# ---- TextMate

def textmate():
    end = rf"(?![{LETTER}])"
    begin = rf"(?<![{LETTER}])"
    declared = [s for k, token, found in rows() if token in DECLARES and k in ("KEYWORD",) for s in found]
    always = [s for _, token, found in rows() if token in BEFORE_COLON for s in found]
    patterns = [
        {"name": "comment.line.double-dash.remit", "match": r"--.*$"},
        {"name": "string.quoted.double.remit", "begin": '"', "end": '"|$',
         "patterns": [{"name": "constant.character.escape.remit", "match": r"\\."}]},
        {"name": "string.quoted.other.remit", "begin": "“", "end": "”|$"},
        {"name": "constant.numeric.date.remit", "match": begin +
         r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+(?:Z|[+-][0-9]{1,2}:[0-9]{2})|\s+[0-9]{1,2}[:：][0-9]{2}(?:[:：][0-9]{2})?)?" + end},
        {"name": "constant.numeric.time.remit", "match": begin + r"[0-9]{1,2}[:：][0-9]{2}(?:[:：][0-9]{2}(?:\.[0-9]+)?)?" + end},
        {"name": "constant.numeric.money.remit", "match": begin + NUMBER + r"\s*[A-Z]{3}" + end},
        {"name": "constant.numeric.remit", "match": begin + NUMBER + "(?:[%％]|(?!" + "[A-Za-z_]" + "))"},
        {"name": "support.variable.property.remit", "match": rf"(?<=[.．])(?:{spelt(of_class('PROPERTY'))})(?!{LETTER})"},
        {"name": "keyword.control.remit", "match": rf"(?<![{LETTER}.．])(?:{spelt(always)})(?!{LETTER})"},
    ]
    # Of words that begin alike the longer must come first, whatever their class.
    classes = [k for k in CLASSES if k != "PROPERTY"]
    many = [(k, s) for k in classes for s in of_class(k) if " " in s]
    for words in range(max(len(s.split()) for _, s in many), 1, -1):
        for k in classes:
            here = [s for kind, s in many if kind == k and len(s.split()) == words]
            if here:
                patterns.append({"name": f"{CLASSES[k][0]}.remit", "match": free(spelt(here))})
    patterns.append({"match": rf"(?<![{LETTER}.．])({spelt(declared)})\s+([^\W\d]{LETTER}*(?:\.{LETTER}+)*)(?!\s*[:：])",
                     "captures": {"1": {"name": "keyword.control.remit"}, "2": {"name": "entity.name.remit"}}})
    for k in classes:
        here = [s for s in of_class(k) if " " not in s]
        if here:
            patterns.append({"name": f"{CLASSES[k][0]}.remit", "match": free(spelt(here))})
    patterns += [{"name": "variable.parameter.label.remit", "match": rf"[^\W\d]{LETTER}*(?=\s*[:：])"},
                 {"name": "keyword.operator.remit", "match": r"=>|->|<=|>=|!=|\.\.|[=<>+*/|?＝＜＞＋＊／｜？≤≥≠-]"},
                 # A name is taken whole, so that no word of the language is seen inside it.
                 {"match": rf"[^\W\d]{LETTER}*"}]
    page = {"$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
            "name": "Remit", "scopeName": "source.remit", "fileTypes": ["remit"],
            "comment": "Made by tools/editors.py from grammar/keywords.def.", "patterns": patterns}
    return json.dumps(page, ensure_ascii=False, indent=1) + "\n"


# ---- Vim

def vim_words(spellings):
    words = "|".join(r"\s+".join(re.sub(r"([|/])", r"\\\1", w) for w in s.split()) for s in longest_first(spellings))
    return rf"%(\k|\.|．)@1<!%({words})\k@!%(\s*[:：])@!"


def vim():
    lines = ["\" The colours of Remit's text. Made by tools/editors.py from grammar/keywords.def.",
             "if exists('b:current_syntax')", "  finish", "endif",
             "syntax iskeyword @,48-57,_,128-255"]
    lines += [r"syntax match remitName /\v\k+/", r"syntax match remitLabel /\v\k+\ze\s*[:：]/"]
    classes = [k for k in CLASSES if k != "PROPERTY"]
    # A later rule comes first where two begin at one place, so what has most words stands last.
    for words in (1, 2, 3, 4, 5):
        for k in classes:
            here = [s for s in of_class(k) if len(s.split()) == words]
            if here:
                lines.append(rf"syntax match remit{k.capitalize()} /\v{vim_words(here)}/")
    always = [s for _, token, found in rows() if token in BEFORE_COLON for s in found]
    lines.append(rf"syntax match remitKeyword /\v%(\k|\.|．)@1<!%({'|'.join(longest_first(always))})\k@!/")
    lines.append(rf"syntax match remitProperty /\v%(\.|．)@1<=%({'|'.join(longest_first(of_class('PROPERTY')))})\k@!/")
    lines += [r"syntax match remitNumber /\v\k@1<![0-9０-９][0-9０-９_]*%([.．][0-9０-９]+)?%([%％]|\s*[A-Z]{3}\k@!)?/",
              r"syntax match remitNumber /\v\k@1<![0-9]{1,2}[:：][0-9]{2}%([:：][0-9]{2}%(\.[0-9]+)?)?/",
              r"syntax match remitNumber /\v\k@1<![0-9]{4}-[0-9]{2}-[0-9]{2}%(T[0-9:.]+%(Z|[+-][0-9]{1,2}:[0-9]{2}))?/",
              r"syntax match remitEscape /\\./ contained",
              'syntax region remitString start=/"/ end=/"/ oneline contains=remitEscape',
              "syntax region remitString start=/“/ end=/”/ oneline",
              "syntax match remitComment /--.*$/ contains=@Spell", ""]
    for k, (_, group) in CLASSES.items():
        lines.append(f"highlight default link remit{k.capitalize()} {group}")
    lines += ["highlight default link remitNumber Number", "highlight default link remitString String",
              "highlight default link remitEscape SpecialChar", "highlight default link remitComment Comment",
              "highlight default link remitLabel Identifier", "let b:current_syntax = 'remit'"]
    return "\n".join(lines) + "\n"


# ---- Emacs

FACES = {"Statement": "keyword", "Type": "type", "Constant": "constant", "Function": "builtin", "Operator": "builtin",
         "Identifier": "variable-name"}


def emacs():
    """The words of each face, longest first: what remit-mode.el loads."""
    lines = [";;; remit-words.el --- the words of Remit  -*- lexical-binding: t; coding: utf-8 -*-",
             ";; Made by tools/editors.py from grammar/keywords.def.", "", "(defconst remit-words", "  '("]
    for k, (_, group) in CLASSES.items():
        words = " ".join(f'"{s}"' for s in longest_first(of_class(k)))
        if words:
            lines.append(f"    ({k.lower()} font-lock-{FACES[group]}-face {words})")
    always = " ".join(f'"{s}"' for _, token, found in rows() if token in BEFORE_COLON for s in found)
    lines += [f"    (before-colon font-lock-keyword-face {always}))", '  "Class, face and words, the longest first.")', "",
              "(provide 'remit-words)", ";;; remit-words.el ends here"]
    return "\n".join(lines) + "\n"


TARGETS = {TEXTMATE: textmate, VIM: vim, EMACS: emacs}


def main():
    stale = []
    for target, text in TARGETS.items():
        path = os.path.join(ebnf.ROOT, target)
        if "--check" in sys.argv[1:]:
            if not os.path.exists(path) or ebnf.read(target) != text():
                stale.append(target)
            continue
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(text())
    for target in stale:
        print(f"{target} is not what grammar/keywords.def says: tools/editors.py writes it")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
