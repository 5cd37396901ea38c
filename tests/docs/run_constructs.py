#!/usr/bin/env python3
"""tests/coverage.md says for each construct where its border, its exception and its abuse are tested: every word of the language is
in it, every page that it names is there, and each word stands in a page of its row."""

from __future__ import annotations

import os
import re
import sys
from typing import NamedTuple

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TARGET = "tests/coverage.md"
SIDES = ("border", "exception", "abuse")
# Words that make no construct of their own: a table's row may list them all the same.
CLASSES = {"UNIT", "WEEKDAY"}


class Word(NamedTuple):
    kind: str
    token: str
    spellings: list[str]


class Row(NamedTuple):
    construct: str
    words: list[str]
    pages: dict[str, list[str]]


def read(path: str) -> str:
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def keywords() -> list[Word]:
    text = re.sub(r"/\*.*?\*/", "", read("grammar/keywords.def"), flags=re.S)
    words = []
    for kind, arguments in re.findall(r"^([A-Z]+)\((.*)\)$", text, re.M):
        spellings = [s for quoted in re.findall(r'"([^"]*)"', arguments) for s in quoted.split("|")]
        words.append(Word(kind, arguments.split(",")[0], spellings))
    return words


def table(text: str) -> list[Row]:
    rows = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if not line.startswith("| ") or len(cells) != 5 or cells[0] == "construct" or cells[0].startswith("---"):
            continue
        pages = {side: re.findall(r"\[[^\]]*\]\(([^)#]*)", cell) for side, cell in zip(SIDES, cells[2:])}
        rows.append(Row(cells[0], re.findall(r"`([^`]*)`", cells[1]), pages))
    return rows


def stands_in(word: str, text: str) -> bool:
    """As a word of English, or anywhere in Chinese."""
    if not word.isascii():
        return word in text
    return re.search(r"(?<![\w])" + r"\s+".join(map(re.escape, word.split())) + r"(?![\w])", text) is not None


def wrong_rows(rows: list[Row], words: list[Word]) -> list[str]:
    known = {spelling: word for word in words for spelling in word.spellings}
    out = []
    for row in rows:
        texts = []
        for side in SIDES:
            if not row.pages[side]:
                out.append(f"{row.construct}: no test of its {side}")
            for page in row.pages[side]:
                path = os.path.normpath(os.path.join("tests", page))
                if not os.path.exists(os.path.join(ROOT, path)):
                    out.append(f"{row.construct}: there is no {path}")
                elif path.endswith(".md"):
                    texts.append(read(path))
                    if not any(stands_in(s, texts[-1]) for w in row.words for s in known[w].spellings if w in known):
                        out.append(f"{row.construct}: {path} has none of its words")
        for word in row.words:
            if word not in known:
                out.append(f"{row.construct}: {word} is no keyword")
            elif texts and not any(stands_in(s, text) for s in known[word].spellings for text in texts):
                out.append(f"{row.construct}: {word} stands in none of its pages")
    return out


def pages_of_kind(rows: list[Row], words: list[Word], kind: str) -> list[str]:
    """The pages of the rows that have a word of a class: another word of it may stand there untold."""
    spellings = {s for word in words if word.kind == kind for s in word.spellings}
    paths = {os.path.normpath(os.path.join("tests", page)) for row in rows if spellings & set(row.words)
             for side in SIDES for page in row.pages[side]}
    return [read(path) for path in sorted(paths) if os.path.exists(os.path.join(ROOT, path))]


def missing_words(rows: list[Row], words: list[Word]) -> list[str]:
    told = {word for row in rows for word in row.words}
    out = []
    for word in words:
        if word.kind in CLASSES or told & set(word.spellings):
            continue
        pages = [] if word.kind == "KEYWORD" else pages_of_kind(rows, words, word.kind)
        if not any(stands_in(s, page) for s in word.spellings for page in pages):
            out.append(word.spellings[0])
    return out


def main() -> int:
    words, rows = keywords(), table(read(TARGET))
    missing = [f"{word} is in no row of {TARGET}: name the tests of its border, its exception and its abuse"
               for word in missing_words(rows, words)]
    noticed = missing_words(rows[1:], words) != missing_words(rows, words)
    wrong = [wrong_rows(rows, words), missing, [] if noticed else ["a lost row was not noticed"]]
    for lines in wrong:
        for line in lines:
            print(line)
    failed = sum(bool(lines) for lines in wrong)
    print(f"{len(wrong) - failed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
