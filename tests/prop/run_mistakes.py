#!/usr/bin/env python3
"""One mistake at a time in real policies: what `remit check` says of it.

    run_mistakes.py [--count N] [--show KIND] [--page]

Seeded mistakes (REMIT_SEED) are put into the policies of rules/ and a Chinese one. Each must give exit
code 0 or 1 and well-formed diagnostics, by the release program and by the sanitized one alike; a real
mistake must be found; the first diagnostic must be on its line and name it: show what was there or is to be there.
At most one more may follow from it. The shares are printed for each kind and must reach the floors below. --show
prints what was missed; --page writes the table into docs/mistakes.md.
"""
import argparse
import glob
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REMIT = os.environ.get("REMIT", os.path.join(ROOT, "build/remit"))
REMIT_ASAN = os.environ.get("REMIT_ASAN", os.path.join(ROOT, "build-asan/remit"))
SEED = int(os.environ.get("REMIT_SEED", "20261125"))

# What is asked of all kinds together, and of each one alone.
RIGHT_LINE, RIGHT_LINE_EACH = 0.95, 0.80
NAMED, NAMED_EACH = 0.90, 0.70
FEW_FOLLOW, FEW_FOLLOW_EACH = 0.95, 0.80     # at most one diagnostic more than the mistake's own
KEYS = ["code", "severity", "file", "line", "column", "end_line", "end_column", "message", "suggestions"]

CHINESE = """\
政策 "客服与运营" 版本 "1" { 时区 "Asia/Shanghai" 日历 cn.office 币种 CNY }
引用 std.calendar.cn

角色 运营总监
团队 客户服务组 隶属 运营总监 { 角色 组长 角色 专员 }
团队 数据分析组 隶属 运营总监 { 角色 组长 }

事件 投诉受理 {
  投诉编号: 编号
  类别: 取值 质量, 物流, 退款, 欺诈
  严重度: 整数 1..5
  订单金额: 金额
}
事件 投诉办结 { 投诉编号: 编号 结果: 文本 }
事件 等待客户 { 投诉编号: 编号 }
事件 客户回复 { 投诉编号: 编号 }

决策表 分派(类别, 严重度, 订单金额) 首行 -> 承办: 主体, 时限长: 工作时长 {
  欺诈 | -    | -            => 运营总监,   1 工作小时
  -    | >= 4 | -            => 客户服务组, 4 工作小时
  -    | -    | > 10_000 CNY => 客户服务组, 4 工作小时
  -    | -    | -            => 客户服务组, 1 工作日
}

职责 处理投诉 当 投诉受理 为 甲 {
  设 去向 = 分派(甲.类别, 甲.严重度, 甲.订单金额)
  责任人 去向.承办
  时限 去向.时限长
  完成于 投诉办结 其中 其.投诉编号 = 甲.投诉编号
  暂停自 等待客户 直到 客户回复
  升级 {
    于 50% 提醒 去向.承办
    到期 上报 客户服务组.组长
    逾期 4 工作小时 上报 运营总监
  }
}

规则 欺诈上报 当 投诉受理 为 甲 其中 甲.类别 = 欺诈 {
  通知 运营总监
}

职责 周报 每 周一 于 10:00 {
  责任人 数据分析组
  时限 4 工作小时
  完成于 remit.reported
}

测试 "到期上报" {
  于 2026-03-02 09:00 投诉受理 { 投诉编号: "C1" 类别: 质量 严重度: 2 订单金额: 80 CNY }
  此后 2026-03-03 09:00 应有 职责 处理投诉("C1") 已违约 且 已上报 客户服务组.组长
}
"""

KEYWORDS = """policy version calendar currency role team under event table duty rule test where every
owed by|due within|fulfilled by|paused from|until|waived by|escalate|remind|after|notify|emit|oblige|expect
flag|integer|money|text|party|one of|unique|first|breached|fulfilled|reminded|escalated to|working hours
working hour|working day|monday|friday""".replace("\n", "|").replace(" ", " ").split("|")
KEYWORDS = [k for part in KEYWORDS for k in ([part] if " " in part and part.split()[0] in
            ("owed", "due", "fulfilled", "paused", "waived", "one", "escalated", "working") else part.split())]
CHINESE_KEYWORDS = ["责任人", "完成于", "暂停自", "决策表", "工作小时", "工作日", "运营总监"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Nothing(Exception):
    """This policy has no place for this mistake."""


class Text:
    """A policy file; `code` is it with comments and texts blanked out, of the same length."""

    def __init__(self, name, text):
        self.name, self.text = name, text
        self.code = re.sub(r'--[^\n]*|"[^"\n]*"', lambda m: "\0" * len(m.group()), text)

    def line(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def places(self, pattern, group=0):
        return [m.span(group) for m in re.finditer(pattern, self.code, re.M) if m.group(group)]

    def depth_zero(self, pattern, group=0):
        return [s for s in self.places(pattern, group)
                if self.code[self.text.rfind("\n", 0, s[0]) + 1] != " "]


class Mistake:
    """The changed text; the lines on which the first diagnostic may stand (None: any); words of which it must show
    one, in its message or in what it suggests."""

    def __init__(self, text, lines, names=(), valid=False):
        self.text, self.lines, self.names, self.valid = text, lines, names, valid


def spellings():
    """The other spellings of each keyword, and of each word of one."""
    found = {}
    with open(os.path.join(ROOT, "grammar", "keywords.def"), encoding="utf-8") as f:
        for line in f:
            if re.match(r"[A-Z]+\(", line):
                words = [w for a in re.findall(r'"([^"]*)"', line) for w in a.split("|")]
                for w in words:
                    for part in [w] + w.split():
                        found.setdefault(part, set()).update(words)
    return found


SPELLINGS = spellings()


def either(word):
    """A word of the language, in both languages."""
    return (word, *sorted(SPELLINGS.get(word, ())))


def cut(text, span, by=""):
    return text.text[:span[0]] + by + text.text[span[1]:]


def pick(rng, spans):
    if not spans:
        raise Nothing
    return rng.choice(spans)


def misspell(rng, word):
    """One letter wrong, in a word of four letters or more (of three in Chinese)."""
    at = rng.randrange(1, len(word))
    while word[at] == " ":
        at = rng.randrange(1, len(word))
    if ord(word[0]) > 127:
        return word[:at] + rng.choice("天地玄黄宇宙") + word[at + 1:]
    how = rng.randrange(4)
    if how == 0:
        return word[:at] + word[at + 1:]
    if how == 1:
        return word[:at] + word[at] + word[at:]
    if how == 2 and at + 1 < len(word) and word[at] != word[at + 1] and word[at + 1] != " ":
        return word[:at] + word[at + 1] + word[at] + word[at + 2:]
    return word[:at] + rng.choice([c for c in LETTERS if c != word[at]]) + word[at + 1:]


def changed(text, span, by, names=()):
    return Mistake(cut(text, span, by), {text.line(span[0])}, names or either(text.text[span[0]:span[1]]))


# ---- the kinds of mistakes: each takes a random source and a Text

def misspelt_keyword(rng, text):
    words = [w for w in KEYWORDS + CHINESE_KEYWORDS[:-1] if len(w) >= (4 if ord(w[0]) < 128 else 3)]
    spans = [s for w in words for s in text.places(rf"(?<![\w.]){w}(?![\w.:])")]
    span = pick(rng, spans)
    return changed(text, span, misspell(rng, text.text[span[0]:span[1]]))


NAME_USES = [r"\b(?:owed by|under|remind|to|notify|notified) ([a-z_]{4,})", r"\b(?:oblige|expect duty) ([a-z_]{4,})",
             r"\b(?:on|fulfilled by|waived by|paused from|until|emit|emitted) [a-z_]+\.([a-z_]{4,})",
             r"\bdue within ([a-z_]{4,})\(", r"= ([a-z_]{4,})\(", r"\b[a-z]{1,2}\.([a-z_]{4,})",
             r"^  at [-0-9]+ [0-9:]+ [a-z_]+\.([a-z_]{4,}) \{", r"^ +([a-z_]{4,}) +\|",
             r"=> ([a-z_]{4,})", r"= ([a-z_]{4,})(?= \{|$)", r"(?:提醒|上报|通知|责任人) (运营总监|客户服务组|数据分析组)",
             r"甲\.(投诉编号|订单金额|严重度)"]


def misspelt_name(rng, text):
    span = pick(rng, [s for p in NAME_USES for s in text.places(p, 1)])
    return changed(text, span, misspell(rng, text.text[span[0]:span[1]]))


def misspelt_label(rng, text):
    span = pick(rng, text.places(r"^  (?:  |at ).*?\b([a-z_]{4,}): ", 1))
    return changed(text, span, misspell(rng, text.text[span[0]:span[1]]))


def partner(code, at):
    """The { that the } at this offset closes."""
    depth = 0
    for i in range(at, -1, -1):
        depth += (code[i] == "}") - (code[i] == "{")
        if depth == 0:
            return i
    raise Nothing


def next_line(text, offset):
    after = re.compile(r"\S").search(text.code.replace("\0", " "), offset)
    return text.line(after.start()) if after else text.line(offset)


def lost_closing_brace(rng, text):
    span = pick(rng, text.places(r"\}"))
    opened = partner(text.code, span[0])
    last = len(text.code[:span[0]].rstrip(" \n"))
    return Mistake(cut(text, span), {text.line(opened), text.line(last), text.line(span[0]), next_line(text, span[1])},
                   ("}", "never closed"))


def lost_opening_brace(rng, text):
    span = pick(rng, text.places(r"\{"))
    return Mistake(cut(text, span), {text.line(span[0]), next_line(text, span[1])}, ("{", "closes nothing"))


def extra_brace(rng, text):
    at = pick(rng, text.places(r"^\}$"))[1]
    return Mistake(text.text[:at] + "\n}" + text.text[at:], {text.line(at) + 1}, ("closes nothing",))


def lost_clause(rng, text):
    span = pick(rng, text.places(r"^  (?:owed by|due within|责任人|时限) [^\n]*\n"))
    head = text.text.rfind("\nduty ", 0, span[0])
    head = max(head, text.text.rfind("\n职责 ", 0, span[0]))
    word = re.match(r"owed by|due within|责任人|时限", text.text[span[0]:].lstrip())[0]
    return Mistake(cut(text, span), {text.line(head + 1)}, either(word))


def lost_value(rng, text):
    span = pick(rng, text.places(r"^ +(?:owed by|due within|责任人|时限|waived by)( [^\n]*)$", 1))
    return Mistake(cut(text, span), {text.line(span[0]), next_line(text, span[1])}, ("is missing here", "expected"))


def lost_mark(rng, text):
    span = pick(rng, text.places(r"=>|->|(?<=[a-z_]): (?=[a-z])|(?<=\w), (?=\w)| \| (?=[^-])"))
    mark = text.text[span[0]:span[1]].strip()
    return Mistake(cut(text, span, " "), {text.line(span[0])}, (f"`{mark}`", f"{mark} ..."))


def lost_word(rng, text):
    span = pick(rng, text.places(r" (?:where|as|remind|to|first|unique|until|under|on|其中|为|直到|上报|提醒|首行) "))
    return Mistake(cut(text, span, " "), {text.line(span[0]), next_line(text, span[1])},
                   either(text.text[span[0]:span[1]].strip()))


def lost_quote(rng, text):
    quotes = [m.start() for m in re.finditer('"', text.text) if "--" not in
              text.text[text.text.rfind("\n", 0, m.start()) + 1:m.start()]]
    if not quotes:
        raise Nothing
    at = rng.choice(quotes)
    return Mistake(text.text[:at] + text.text[at + 1:], {text.line(at)}, ('`"`', "not closed", "in quotes", 'with "'))


def wrong_unit(rng, text):
    span = pick(rng, text.places(r"=> [^\n]*?\d+ (working hours?|working minutes|working day|工作小时|工作日)", 1))
    word = text.text[span[0]:span[1]]
    other = {"工作小时": "小时", "工作日": "天"}.get(word) or word.removeprefix("working ")
    return changed(text, span, other, (word, "working", "工作"))


# How a value of the wrong type is told.
TYPES = ("is wanted", "is none of", "does not go with", "expected a type")


def wrong_type(rng, text):
    swaps = [(r"[>=] (\d+) CNY", None), (r"\| (?:>= |> |)(\d)\b(?! CNY)", '"{}"'), (r"severity: (\d)", '"{}"'),
             (r"\bvip: (yes|no)", "1"), (r"\bkind: (\w+)", "7"), (r"owed by (\w+)$", "5"),
             (r"due within (\d+ \w+ \w+)$", "yes"), (r"where (it\.\w+) = ", "3"), (r"order_value: ([\d_]+ CNY)", "yes"),
             (r"严重度: (\d)", '"{}"'), (r"(?:通知|提醒) (运营总监)", "5")]
    pattern, by = rng.choice(swaps)
    span = pick(rng, text.places(pattern, 1))
    if by is None:    # an amount without its currency
        return changed(text, (span[0], span[1] + 4), text.text[span[0]:span[1]], ("CNY", "currency"))
    return changed(text, span, by.format(text.text[span[0]:span[1]]), TYPES)


def wrong_currency(rng, text):
    span = pick(rng, text.places(r"\d (CNY)", 1))
    return changed(text, span, "USD", ("USD",))


def swapped_columns(rng, text):
    rows = [s for s in text.places(r"^ +[^\n]*\|[^\n]*=>[^\n]*$")]
    rng.shuffle(rows)
    for start, end in rows:
        cells, arrow, rest = text.text[start:end].partition("=>")
        parts = [c.strip() for c in cells.split("|")]
        ways = [(i, k) for i in range(len(parts)) for k in range(i) if
                (parts[i] == "-") != (parts[k] == "-") and
                re.fullmatch(r"[^\W\d]\w+|>.*CNY", parts[i] if parts[i] != "-" else parts[k])]
        if ways:
            i, k = rng.choice(ways)
            parts[i], parts[k] = parts[k], parts[i]
            return Mistake(text.text[:start] + "  " + " | ".join(parts) + " " + arrow + rest + text.text[end:],
                           {text.line(start)}, TYPES)
    raise Nothing


def duplicate(rng, text):
    start = pick(rng, text.places(r"^(?:role|team|event|table|duty|rule|角色|团队|事件|决策表|职责|规则) "))[0]
    line = text.code[start:text.code.index("\n", start) + 1]
    ends = start + len(line)
    if line.count("{") > line.count("}"):
        ends = text.code.index("\n}\n", start) + 3
    block = text.text[start:ends]
    name = re.match(r"\S+ ([\w.]+)", block)
    return Mistake(text.text + "\n" + block, {text.text.count("\n") + 2}, (name[1],) if name else ("twice",))


def full_width(rng, text):
    """Most twins of ASCII marks are read as such: then nothing is wrong."""
    twins = {":": "：", ",": "，", "{": "｛", "}": "｝", "(": "（", ")": "）", "|": "｜", ">": "＞", "=": "＝", "-": "－"}
    span = pick(rng, text.places(r"[:,{}(|>=]"))
    char = text.text[span[0]]
    if char == "(" or char == ":" and text.code[span[0] + 1] not in " ":
        return Mistake(cut(text, span, twins[char]), None, valid=True)
    return Mistake(cut(text, span, twins[char]), None, valid=True)


def full_stop(rng, text):
    span = pick(rng, text.places(r"(?<=\w)\.(?=\w)"))
    return changed(text, span, "。", ("。", "`.`"))


def run_together(rng, text):
    if text.name != "chinese.remit":
        raise Nothing
    span = pick(rng, text.places(r"(?:责任人|完成于|暂停自|直到|上报|提醒|通知|其中|隶属|设|职责|事件|角色|团队|决策表|规则|时限)( )[^\W\d]", 1))
    before = re.search(r"\S*$", text.text[:span[0]])[0]
    after = re.match(r"\w+", text.text[span[1]:])[0]
    return changed(text, span, "", (f"{before} {after}",))


def truncated(rng, text):
    raw = text.text.encode()
    at = rng.randrange(1, len(raw))
    return Mistake(raw[:at], None, ("never closed", "not closed", "the end", "is missing", "does not say", "add", "called", "expected",
                                     "did you mean", "UTF-8", "no header"))


KINDS = [misspelt_keyword, misspelt_name, misspelt_label, lost_closing_brace, lost_opening_brace, extra_brace,
         lost_clause, lost_value, lost_mark, lost_word, lost_quote, wrong_unit, wrong_type, wrong_currency,
         swapped_columns, duplicate, full_width, full_stop, run_together, truncated]


# ---- running

def policies():
    """Each is a list of Texts that together are one policy."""
    found = [[Text("chinese.remit", CHINESE)]]
    for folder in sorted(glob.glob(os.path.join(ROOT, "rules/*"))):
        texts = []
        for path in sorted(glob.glob(os.path.join(folder, "**/*.remit"), recursive=True)):
            with open(path, encoding="utf-8") as f:
                texts.append(Text(os.path.basename(path), f.read()))
        if texts:
            found.append(texts)
    return found


def check(program, folder):
    run = subprocess.run([program, "check", "--json", "."], cwd=folder, capture_output=True, timeout=60, check=False)
    return run.returncode, run.stdout, run.stderr


def diagnostics(out):
    """The diagnostics, each well formed."""
    found = []
    for line in out.decode("utf-8").splitlines():
        d = json.loads(line)
        assert list(d) == KEYS, f"members {list(d)}"
        assert re.fullmatch(r"E\d{4}", d["code"]) and d["severity"] in ("error", "warning"), line
        assert (d["end_line"], d["end_column"]) >= (d["line"], d["column"]) >= (1, 1), line
        for s in d["suggestions"]:
            assert "text" in s and ("replacement" in s) == ("line" in s), line
        found.append(d)
    return found


def names_it(diagnostic, mistake):
    said = [diagnostic["message"]]
    for s in diagnostic["suggestions"]:
        said += [s["text"], s.get("replacement", "")]
    return any(n in words for n in mistake.names for words in said)


class Tally:
    def __init__(self):
        self.cases = self.right = self.named = self.few = self.more = 0
        self.missed = []
        self.example = None  # of a case: the line as it was written, and what is said of it


def try_one(folder, policy, text, kind, mistake, tally, broken, both=True):
    """Runs the programs over the policy with the mistake in it."""
    for t in policy:
        data = mistake.text if t is text else t.text
        with open(os.path.join(folder, t.name), "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
    code, out, err = check(REMIT, folder)
    again = check(REMIT_ASAN, folder) if both else (code, out, err)
    if code not in (0, 1) or again[0] != code or again[1] != out:
        broken.append(f"exit {code} and {again[0]}: {(err + again[2]).decode(errors='replace')[-2000:]}")
        return
    found = diagnostics(out)
    errors = [d for d in found if d["severity"] == "error"]
    if (code == 1) != bool(errors):
        broken.append(f"exit {code} with {len(errors)} errors")
    places = [(d["file"], d["line"], d["column"]) for d in found]
    if places != sorted(places):
        broken.append("the diagnostics are not in the order of the text")
    tally.cases += 1
    first = found[0] if found else None
    if mistake.valid:
        right = first is None
    elif mistake.lines is None:
        right = True
    else:
        right = first is not None and first["line"] in mistake.lines and first["file"].endswith(text.name)
    if kind is truncated:    # what the lost half declared is truly missing in the other files
        found = [d for d in found if d["file"].endswith("/" + text.name)]
    few = len(found) <= (0 if mistake.valid else 2)
    tally.more += max(0, len(found) - 1)
    if mistake.valid or first is None:    # a text may be cut between two declarations
        named = right
    else:
        named = names_it(first, mistake)
    tally.right += right
    tally.named += named
    tally.few += few
    if not right or not few or not named:
        tally.missed.append((text, mistake, found))
    elif first is not None and tally.example is None and not isinstance(mistake.text, bytes):
        tally.example = mistake.text.split("\n")[first["line"] - 1].strip(), first


def show(missed, kind):
    for text, mistake, found in missed:
        new = mistake.text.decode(errors="replace") if isinstance(mistake.text, bytes) else mistake.text
        old, lines = text.text.split("\n"), new.split("\n")
        at = next((i for i, (a, b) in enumerate(zip(old, lines)) if a != b), 0)
        print(f"--- {kind} in {text.name}:{at + 1}, may be on {sorted(mistake.lines or [])}\n  - {old[at]}\n  + {lines[at]}")
        for d in found:
            print(f"    {d['file']}:{d['line']}:{d['column']} {d['code']} {d['message']} {[s['text'] for s in d['suggestions']]}")


def try_all(seed, count, again=True):
    """The tallies of each kind, and what went wrong; without `again` the sanitized program is not asked."""
    rng, all_policies = random.Random(seed), policies()
    tallies, broken = {k.__name__: Tally() for k in KINDS}, []
    with tempfile.TemporaryDirectory() as top:
        for number in range(count):
            kind = KINDS[number % len(KINDS)]
            for _ in range(50):
                policy = rng.choice(all_policies)
                text = rng.choice(policy)
                try:
                    mistake = kind(rng, text)
                except Nothing:
                    continue
                if mistake.text == text.text:
                    continue
                folder = os.path.join(top, "policy")
                os.mkdir(folder)
                before = len(broken)
                try_one(folder, policy, text, kind, mistake, tallies[kind.__name__], broken, again)
                if len(broken) > before:
                    print(f"{kind.__name__}: {broken[-1]}")
                shutil.rmtree(folder)
                break
    return tallies, broken


def total_of(tallies):
    total = Tally()
    for t in tallies.values():
        total.cases, total.right, total.named = total.cases + t.cases, total.right + t.right, total.named + t.named
        total.few, total.more = total.few + t.few, total.more + t.more
    return total


def shares(t):
    cases = max(t.cases, 1)
    return t.right / cases, t.named / cases, t.few / cases


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--show", default="")
    parser.add_argument("--page", action="store_true")
    options = parser.parse_args()
    if options.page:
        with open(PAGE, "w", encoding="utf-8") as f:
            f.write(page(try_all(PAGE_SEED, PAGE_COUNT, again=False)[0]))
        return 0
    tallies, broken = try_all(SEED, options.count)
    return report(tallies, broken, options.show)


# ---- the page

PAGE = os.path.join(ROOT, "docs", "mistakes.md")
PAGE_SEED, PAGE_COUNT = 20261201, 1000
PAGE_HEAD = """\
# What is said of mistakes

One mistake at a time was put into the policies of `rules/` and a Chinese one by
[a program](../tests/prop/run_mistakes.py), and `remit check` read them. *Right line*: the first diagnostic stands where the
mistake is. *Named*: it shows what was there, or what is to be there. *At most one more*: no more than one other
diagnostic follows from it. A slip of full-width marks is no mistake: such marks are read as their ASCII twins. Nothing crashed.
The table is made by `tests/prop/run_mistakes.py --page`; a test measures it again.

| kind | tried | right line | named | at most one more |
| --- | --- | --- | --- | --- |
"""


def page(tallies):
    text = PAGE_HEAD
    for name, t in [*tallies.items(), ("all", total_of(tallies))]:
        right, named, few = shares(t)
        text += f"| {name.replace('_', ' ')} | {t.cases} | {right:.1%} | {named:.1%} | {few:.1%} |\n"
    text += "\n## One of each kind\n\n"
    for name, t in tallies.items():
        if t.example is not None:
            line, d = t.example
            hints = "; ".join(s["text"] for s in d["suggestions"])
            text += f"{name.replace('_', ' ')}:\n```text\n{line}\n{d['severity']}[{d['code']}]: {d['message']}\n"
            text += f"  = {hints}\n```\n\n" if hints else "```\n\n"
    return text.rstrip("\n") + "\n"


def report(tallies, broken, shown):
    failed = len(broken)
    print(f"seed {SEED}")
    print(f"{'kind':20} {'cases':>5} {'right line':>10} {'named':>7} {'few follow':>10} {'more each':>9}")
    for name, t in tallies.items():
        if t.cases == 0:
            print(f"{name}: no case")
            failed += 1
            continue
        right, named, few = shares(t)
        print(f"{name:20} {t.cases:5} {right:10.1%} {named:7.1%} {few:10.1%} {t.more / t.cases:9.2f}")
        low = right < RIGHT_LINE_EACH or named < NAMED_EACH or few < FEW_FOLLOW_EACH
        failed += low
        if low or shown in name.split() or shown == "all":
            show(t.missed, name)
    total = total_of(tallies)
    right, named, few = shares(total)
    print(f"{'all':20} {total.cases:5} {right:10.1%} {named:7.1%} {few:10.1%} {total.more / max(total.cases, 1):9.2f}")
    failed += right < RIGHT_LINE
    failed += named < NAMED
    failed += few < FEW_FOLLOW
    print(f"{total.cases - len(broken)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
