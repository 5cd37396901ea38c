#!/usr/bin/env python3
"""Each rule of tools/lint, on a tiny tree that it must pass and on trees that it must refuse.

    run_lint_tests.py [NAME...]      those whose names hold one of NAME
"""
import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
LOADER = importlib.machinery.SourceFileLoader("remit_lint", os.path.join(ROOT, "tools/lint"))
lint = importlib.util.module_from_spec(importlib.util.spec_from_loader("remit_lint", LOADER))
LOADER.exec_module(lint)

HEAD = "/* what this file is for */\n"
with open(os.path.join(ROOT, "tools/layers.txt"), encoding="utf-8") as layers_file:
    LAYERS = layers_file.read()
OPEN = "TO" + "DO"  # in halves, so that lint does not find it here

DIAG_TREE = {
    "engine/syntax/diag.def": HEAD + 'DIAG(E0203, TABLE_GAP, ERROR, "no row of {0} covers {1}",\n'
                                     '     "表 {0} 没有一行适用于 {1}", FIX_ADD_ROW)\n#undef DIAG\n',
    "engine/check/table.c": "int f(void) { return DIAG_TABLE_GAP; }\n", "engine/cli/main.c": "",
    "docs/errors/E0203.md": "# A gap\n", "docs/errors/zh/E0203.md": "# 漏\n",
    "tests/golden/check/gaps.md": "```console\n$ remit check a.remit\nerror[E0203]: no row\n[exit 1]\n```\n",
}
SAID_TREE = {
    "engine/audit/words.def": HEAD + 'WORDS(DUE, "{0} is due {1}[, {2}]",\n      "{1} 到期的 {0}[（{2}）]")\n#undef WORDS\n',
    "engine/audit/why.c": "int f(void) { return SAY_DUE; }\n",
}
WORD_TREE = {
    "grammar/keywords.def": HEAD + 'KEYWORD(OWED_BY, "owed by", "责任人")\nKEYWORD(HOUR, "hour|hours", "小时")\n',
    "grammar/remit.y": "%token_prefix TK_\n%fallback ID HOUR.\n/* AN OLD RULE ::= GONE. */\n"
                       "start ::= OWED_BY ID(A). { use(A, NOT_A_TOKEN); }\nstart ::= NUMBER HOUR.\n",
    "grammar/lexer.re": "return TK_ID; return TK_NUMBER;\n",
}
OP_TREE = {
    "engine/code/op.def": HEAD + 'OP(DEC_ADD, ABC, W(DEC), R(DEC), R(DEC), 2, "A = B + C; traps")\n'
                                 'OP(OLD, DEAD, NONE, NONE, NONE, 0, "")\n',
    "tests/golden/code/add.md": "```console\n$ remit disasm a.remitc\n0000 dec_add r1 r2 r3\n```\n",
    "tests/unit/test_verify.c": "static const int ops[] = {OP_DEC_ADD};\n", "engine/cli/main.c": "",
}


def changed(tree, path, old, new):
    assert old in tree[path], (path, old)
    return {**tree, path: tree[path].replace(old, new)}


def without(tree, path):
    return {p: t for p, t in tree.items() if p != path}


def engine(text, path="engine/base/x.c"):
    return {path: HEAD + text}


def seen(path, *includes, **more):
    """A tree with one file of includes, the real layers.txt, and empty headers beside it."""
    empty = {f"engine/{n}": HEAD for n in ("base/str.h", "base/dec.h", "syntax/tree.h", "check/check.h",
                                           "code/bundle.h", "code/emit.h", "vm/vm.h", "ledger/led.h",
                                           "audit/audit.h")}
    text = "".join(f"#include {i}\n" for i in includes)
    return {"tools/layers.txt": LAYERS, "grammar/keywords.def": HEAD, "include/remit.h": HEAD,
            **empty, **more, path: HEAD + text}


# (name, rule, tree, what the finding must say; None where there must be no finding)
CASES = [
    ("own layer and base", "layers", seen("engine/vm/exec.c", '"engine/vm/vm.h"', '"engine/base/str.h"',
                                          '"engine/code/bundle.h"', "<string.h>"), None),
    ("base sees nothing", "layers", seen("engine/base/x.c", '"engine/vm/vm.h"'), "base does not see vm"),
    ("vm does not see check", "layers", seen("engine/vm/exec.c", '"engine/check/check.h"'),
     "vm does not see check"),
    ("ledger sees only base", "layers", seen("engine/ledger/led.c", '"engine/code/bundle.h"'),
     "ledger does not see code"),
    ("a layer seen through another", "layers",
     seen("engine/vm/exec.c", '"engine/code/emit.h"',
          **{"engine/code/emit.h": HEAD + '#include "engine/check/check.h"\n'}),
     "vm does not see check: engine/code/emit.h -> engine/check/check.h"),
    ("bundle runs without the compiler", "layers",
     seen("engine/code/bundle.c", '"engine/code/bundle.h"', '"engine/check/check.h"'),
     "code/{op,bundle,verify}* does not see check"),
    ("emit may see check", "layers", seen("engine/code/emit.c", '"engine/check/check.h"'), None),
    ("syntax sees the grammar and generated headers", "layers",
     seen("engine/syntax/lex.c", '"grammar/keywords.def"', '"parser.h"'), None),
    ("a table of the grammar behind a header", "layers",
     seen("engine/vm/x.c", '"engine/code/bundle.h"',
          **{"engine/base/unit.h": HEAD + '#include "grammar/keywords.def"\n',
             "engine/code/bundle.h": HEAD + '#include "engine/base/unit.h"\n'}), None),
    ("a table of the grammar in vm", "layers", seen("engine/vm/x.c", '"grammar/keywords.def"'),
     "vm does not see grammar"),
    ("what a header does wrong is said once", "layers",
     seen("engine/vm/x.c", '"engine/base/str.h"',
          **{"engine/base/str.h": HEAD + '#include "engine/run/run.h"\n'}),
     "engine/base/str.h:2: base does not see run: engine/run/run.h"),
    ("check sees no generated headers", "layers", seen("engine/check/x.c", '"parser.h"'),
     "check does not see generated"),
    ("run does not see audit", "layers", seen("engine/run/x.c", '"engine/audit/audit.h"'),
     "run does not see audit"),
    ("remit.c sees all", "layers", seen("engine/remit.c", '"remit.h"', '"engine/audit/audit.h"',
                                        '"engine/check/check.h"'), None),
    ("cli sees the public header", "layers",
     seen("engine/cli/main.c", '"include/remit.h"', "<remit.h>", '"engine/cli/cli.h"',
          **{"engine/cli/cli.h": HEAD}), None),
    ("cli sees no base", "layers", seen("engine/cli/main.c", '"engine/base/str.h"'),
     "cli does not see base"),
    ("the public header is for remit.c and cli", "layers", seen("engine/run/x.c", "<remit.h>"),
     "run does not see public"),
    ("tests are not of the engine", "layers",
     seen("engine/base/x.c", '"tests/unit/unit.h"', **{"tests/unit/unit.h": HEAD}),
     "base does not see tests"),
    ("names go from the root", "layers", seen("engine/base/x.c", '"str.h"'), "name it from the root"),
    ("an unknown layer", "layers", seen("engine/new/x.c", "<string.h>"), "belongs to no layer"),
    ("a commented include is none", "layers",
     {**seen("engine/base/y.c"), "engine/base/x.c": HEAD + '/*\n#include "engine/vm/vm.h"\n*/\n'}, None),
    ("lmdb in the ledger", "layers", seen("engine/ledger/led.c", "<lmdb.h>"), None),
    ("lmdb elsewhere", "layers", seen("engine/run/x.c", "<lmdb.h>"), "<lmdb.h> is for ledger only"),
    ("openssl in audit", "layers", seen("engine/audit/x.c", "<openssl/evp.h>"), None),
    ("openssl in run", "layers", seen("engine/run/x.c", "<openssl/evp.h>"), "is for base and audit only"),
    ("threads in the pipeline", "layers", seen("engine/run/pipeline.c", "<pthread.h>"), None),
    ("threads elsewhere", "layers", seen("engine/vm/x.c", "<pthread.h>"), "<pthread.h> is for"),
    ("no layers.txt", "layers", engine(""), "is missing"),

    ("malloc", "banned", engine("void *f(void) { return malloc(4); }"), "`malloc` is banned"),
    ("malloc in mem.c", "banned", engine("void *f(void) { return malloc(4); }", "engine/base/mem.c"), None),
    ("free of another kind", "banned",
     engine("void f(T *t) { t->free(t); arena_free(t); t.free (1); size_t free = 0; }"), None),
    ("words in comments and texts", "banned",
     engine('/* malloc(1) and float */ // time(0)\nchar *s = "malloc(2) double"; char c = \'"\';\n'), None),
    ("a word after a text", "banned", engine('char *s = "\\"//"; int t = time(0);'), "`time` is banned"),
    ("a clock", "banned", engine("int f(void) { return clock_gettime(0, 0); }"), "`clock_gettime`"),
    ("a clock in cli", "banned", engine("int f(void) { return clock_gettime(0, 0); }",
                                        "engine/cli/main.c"), None),
    ("random", "banned", engine("int f(void) { return rand(); }"), "`rand` is banned"),
    ("environment", "banned", engine('char *f(void) { return getenv("A"); }'), "`getenv` is banned"),
    ("locale", "banned", engine("int f(int c) { return isalpha(c); }"), "`isalpha` is banned"),
    ("double", "banned", engine("double x;"), "`double` is banned"),
    ("float in the public header", "banned", engine("float remit_x(void);", "include/remit.h"),
     "`float` is banned"),
    ("double in a test", "banned", engine("double x;", "tests/unit/test_x.c"), None),
    ("part of a word", "banned", engine("int double_entry, timed(int), mytime(int), str_toupper(int);"), None),
    ("strtok", "banned", engine("char *f(char *s) { return strtok(s, s); }"), "str_cut"),
    ("sprintf", "banned", engine('void f(char *s) { sprintf(s, "a"); }'), "`sprintf` is banned"),
    ("snprintf", "banned", engine('void f(char *s) { snprintf(s, 2, "a"); }'), None),
    ("strcpy", "banned", engine("void f(char *s) { strcpy (s, s); }"), "`strcpy` is banned"),
    ("atoi", "banned", engine("int f(char *s) { return atoi(s); }"), "`atoi` is banned"),
    ("longjmp", "banned", engine("void f(void) { longjmp(a, 1); }"), "`longjmp` is banned"),
    ("printf", "banned", engine('void f(void) { printf("a"); }'), "`printf` is banned"),
    ("printf in cli", "banned", engine('void f(void) { printf("a"); }', "engine/cli/main.c"), None),
    ("stdout", "banned", engine('void f(void) { fputs("a", stdout); }'), "`stdout` is banned"),
    ("stderr", "banned", engine('void f(void) { fputs("a", stderr); }'), None),
    ("an excuse", "banned",
     engine("/* lint: getenv: read once, before the ledger is open */\nchar *f(void) { return getenv(s); }"),
     None),
    ("an excuse for another word", "banned",
     engine("/* lint: time: read once */\nchar *f(void) { return getenv(s); }"), "`getenv` is banned"),
    ("an excuse without a reason", "banned", engine("int x = time(0); /* lint: time: */"),
     "`time` is banned"),

    ("qsort that says why", "sorting",
     engine("/* The order is total: keys differ. */\nvoid f(void) { qsort(a, n, 4, by_key); }"), None),
    ("qsort that does not", "sorting", engine("void f(void) { qsort(a, n, 4, by_key); }"), "order is total"),
    ("total in code only", "sorting", engine("int total;\nvoid f(void) { qsort(a, total, 4, by_key); }"),
     "order is total"),

    ("an open question", "topics", engine(f"/* {OPEN}(pauses): may two of them overlap? */"), None),
    ("no topic", "topics", engine(f"/* {OPEN}: this */"), "(topic)"),
    ("another word", "topics", engine("/* FIX" + "ME soon */"), "(topic)"),

    ("opening comment", "opening", engine("int x;"), None),
    ("no opening comment", "opening", {"engine/base/x.c": "int x;\n/* a comment far below */\n"},
     "open it with a comment"),
    ("an empty opening comment", "opening", {"tests/unit/x.h": "/* */\nint x;\n"}, "open it with"),
    ("a table without one", "opening", {"engine/code/op.def": "OP(A)\n"}, "open it with a comment"),

    ("a header that stands alone", "headers",
     engine("#ifndef A_H\n#define A_H\n#include <stddef.h>\nsize_t f(void);\n#endif\n", "engine/base/a.h"),
     None),
    ("a header that needs another", "headers", engine("size_t f(void);\n", "engine/base/a.h"),
     "does not compile alone"),
    ("a header without a guard", "headers", engine("struct A {\n    int x;\n};\n", "engine/base/a.h"),
     "does not compile alone"),
    ("a header with a warning", "headers", engine("static inline int f(int a) {\n}\n", "tests/unit/a.h"),
     "does not compile alone"),

    ("both texts, page, golden, use", "diagnostics", DIAG_TREE, None),
    ("no page", "diagnostics", without(DIAG_TREE, "docs/errors/E0203.md"), "no page docs/errors/E0203.md"),
    ("no page in Chinese", "diagnostics", without(DIAG_TREE, "docs/errors/zh/E0203.md"), "no page docs/errors/zh/E0203.md"),
    ("no golden", "diagnostics", without(DIAG_TREE, "tests/golden/check/gaps.md"), "raised by no golden"),
    ("a golden that is not run", "diagnostics",
     changed(DIAG_TREE, "tests/golden/check/gaps.md", "console", "console skip"), "raised by no golden"),
    ("a code that is only explained", "diagnostics",
     changed(DIAG_TREE, "tests/golden/check/gaps.md", "check a.remit", "explain E0203"),
     "raised by no golden"),
    ("no use", "diagnostics", without(DIAG_TREE, "engine/check/table.c"), "TABLE_GAP is used nowhere"),
    ("use in a comment only", "diagnostics",
     {**DIAG_TREE, "engine/check/table.c": "/* DIAG_TABLE_GAP */\n"}, "TABLE_GAP is used nowhere"),
    ("other arguments", "diagnostics", changed(DIAG_TREE, "engine/syntax/diag.def", "适用于 {1}", "适用于 {2}"),
     "the texts have other arguments: {0} {1} and {0} {2}"),
    ("no Chinese", "diagnostics",
     changed(DIAG_TREE, "engine/syntax/diag.def", '"表 {0} 没有一行适用于 {1}"', '""'), "a Chinese text"),
    ("Chinese in English", "diagnostics",
     changed(DIAG_TREE, "engine/syntax/diag.def", "表 {0} 没有一行适用于 {1}", "no {0} for {1}"),
     "is not Chinese"),
    ("another hint in Chinese", "diagnostics",
     changed(DIAG_TREE, "engine/syntax/diag.def", "FIX_ADD_ROW", '"add {2}", "请补 {1}"'),
     "the texts have other arguments: {2} and {1}"),
    ("a hint of arguments alone", "diagnostics",
     changed(DIAG_TREE, "engine/syntax/diag.def", "FIX_ADD_ROW", '"write {2}", "{2}"'), None),
    ("no hint", "diagnostics", changed(DIAG_TREE, "engine/syntax/diag.def", "FIX_ADD_ROW", '"", ""'), None),
    ("before there is a program", "diagnostics",
     {"engine/syntax/diag.def": DIAG_TREE["engine/syntax/diag.def"]}, None),
    ("a code twice", "diagnostics",
     changed(DIAG_TREE, "engine/syntax/diag.def", "#undef", 'DIAG(E0203, OTHER, ERROR, "a", "表")\n#undef'),
     "the code E0203 stands in line 2 already"),
    ("a code that is none", "diagnostics", changed(DIAG_TREE, "engine/syntax/diag.def", "E0203", "E203"),
     "E203 is no code"),
    ("a dead code", "diagnostics",
     changed(DIAG_TREE, "engine/syntax/diag.def", "#undef", 'DIAG(E0204, GONE, DEAD, "", "")\n#undef'), None),
    ("a page without a code", "diagnostics", {**DIAG_TREE, "docs/errors/E0999.md": "# x\n"}, "has no E0999"),
    ("no table yet", "diagnostics", {}, None),

    ("said in both languages", "words", SAID_TREE, None),
    ("said with other arguments", "words", changed(SAID_TREE, "engine/audit/words.def", "（{2}）", ""),
     "DUE: the texts have other arguments: {0} {1} {2} and {0} {1}"),
    ("said in English alone", "words", changed(SAID_TREE, "engine/audit/words.def", "到期的", "is"), "is not Chinese"),
    ("a bracket that is open", "words", changed(SAID_TREE, "engine/audit/words.def", "{2}]", "{2}"), "without its ]"),
    ("said nowhere", "words", changed(SAID_TREE, "engine/audit/why.c", "SAY_DUE", "0"), "DUE is said nowhere"),
    ("said twice", "words",
     changed(SAID_TREE, "engine/audit/words.def", "#undef", 'WORDS(DUE, "due", "到期")\n#undef'), "stands in line 2 already"),

    ("tokens and keywords agree", "keywords", WORD_TREE, None),
    ("units and keywords agree", "keywords",
     changed(changed(WORD_TREE, "grammar/keywords.def", "KEYWORD(HOUR, ", "UNIT(HOUR, 3600, "),
             "grammar/remit.y", "NUMBER HOUR", "NUMBER UNIT"), None),
    ("a spelling in two tables", "keywords",
     changed(WORD_TREE, "grammar/keywords.def", 'KEYWORD(HOUR,', 'UNIT(DAY, "x|owed by", "天")\nKEYWORD(HOUR,'),
     "`owed by` is a spelling of OWED_BY already"),
    ("a keyword that is no token", "keywords",
     changed(WORD_TREE, "grammar/remit.y", "NUMBER HOUR", "NUMBER"), "HOUR is no token"),
    ("a token that nothing makes", "keywords",
     changed(WORD_TREE, "grammar/remit.y", "NUMBER HOUR", "NUMBER HOUR DUE"), "nothing makes the token DUE"),
    ("a spelling twice", "keywords", changed(WORD_TREE, "grammar/keywords.def", "小时", "责任人"),
     "is a spelling of OWED_BY already"),
    ("a keyword twice", "keywords", changed(WORD_TREE, "grammar/keywords.def", "OWED_BY,", "HOUR,"),
     "the token HOUR stands in line 2 already"),
    ("several words in fallback", "keywords",
     changed(WORD_TREE, "grammar/remit.y", "ID HOUR.", "ID HOUR OWED_BY."), "must not be in %fallback"),
    ("an empty spelling", "keywords", changed(WORD_TREE, "grammar/keywords.def", "hour|hours", "hour|"),
     "is no spelling"),
    ("no grammar yet", "keywords", without(WORD_TREE, "grammar/remit.y"), None),

    ("a plain grammar", "grammar", {"grammar/remit.y": "%fallback ID DUE.\ns ::= ID.\ns ::= DUE NUM.\n"}, None),
    ("a conflict", "grammar", {"grammar/remit.y": "s ::= e.\ne ::= e PLUS e.\ne ::= ID.\n"}, "lemon refuses"),
    ("a name that is cut short", "grammar",
     {"grammar/remit.y": "%fallback ID DUE.\ns ::= a DUE NUM.\na ::= X.\na ::= X ID.\n"},
     "shifts ID but reduces on DUE"),

    ("opcodes shown and tested", "opcodes", OP_TREE, None),
    ("an opcode in no golden", "opcodes", without(OP_TREE, "tests/golden/code/add.md"),
     "DEC_ADD is in no golden"),
    ("an opcode in no test", "opcodes", without(OP_TREE, "tests/unit/test_verify.c"),
     "DEC_ADD is in no test of refused bundles"),
    ("a test made of the table", "opcodes",
     {**OP_TREE, "tests/unit/test_verify.c": '/* refused */\n#include "engine/code/op.def"\n'}, None),
    ("opcodes before there is a program", "opcodes",
     {"engine/code/op.def": OP_TREE["engine/code/op.def"]}, None),
    ("no opcodes yet", "opcodes", {}, None),

    ("ordinary words", "house-words", engine("/* the agent of a customer's work, its library */"), None),
    ("a path of the machine", "house-words", {"README.md": "see /wo" + "rk/main\n"}, "is not of this project"),
    ("a helper", "house-words", {"docs/x.md": "made by a Sub" + "agent\n"}, "is not of this project"),
]


def write(folder, tree):
    for path, text in tree.items():
        full = os.path.join(folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)


def findings(rule, folder):
    return [str(x) for x in lint.RULES[rule](lint.Tree(folder)) if isinstance(x, lint.Finding)]


def judge(out, expected):
    """What is wrong, or nothing."""
    if expected is None:
        return f"refused: {out}" if out else ""
    return "" if any(expected in x for x in out) else f"expected `{expected}`, got {out}"


def check_case(rule, tree, expected):
    with tempfile.TemporaryDirectory() as folder:
        write(folder, tree)
        return judge(findings(rule, folder), expected)


def git(folder, *args):
    subprocess.run(["git", "-C", folder, *args], check=True, capture_output=True)


def check_tracked(path, text, expected):
    with tempfile.TemporaryDirectory() as folder:
        write(folder, {path: text, ".gitignore": "/build/\n"})
        git(folder, "init", "-q")
        git(folder, "add", "-f", ".")
        return judge(findings("tracked", folder), expected)


def check_untracked():
    """What git ignores is not looked at; what it could track is."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder, {"engine/base/x.c": "int x;\n", ".gitignore": "/build/\n"})
        git(folder, "init", "-q")
        git(folder, "add", "-f", ".")
        write(folder, {"build/y.c": "int y;\n", "engine/base/z.c": "int z;\n"})
        return judge([f.split(":")[0] for f in findings("opening", folder)], "engine/base/z.c") or \
            ("build/ was read" if any("build" in f for f in findings("opening", folder)) else "")


def check_globals(text, expected):
    """Compiles one file into the library that the rule reads."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder, {"engine/base/x.c": HEAD + text, "build/here": ""})
        subprocess.run(["gcc", "-O1", "-c", "engine/base/x.c", "-o", "x.c.o"], cwd=folder, check=True)
        subprocess.run(["ar", "rc", "build/libremit.a", "x.c.o"], cwd=folder, check=True)
        return judge(findings("globals", folder), expected)


def check_format(text, expected):
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(os.path.join(ROOT, ".clang-format"), folder)
        write(folder, {"engine/base/x.c": text})
        return judge(findings("format", folder), expected)


def check_all_tested():
    """Every rule has a case that it must refuse."""
    refused = {c[1] for c in CASES if c[3]} | {"tracked", "globals", "format"}
    return " ".join(sorted(set(lint.RULES) - refused))


def tests():
    for name, rule, tree, expected in CASES:
        needs = {"headers": "gcc", "grammar": "lemon"}.get(rule)
        yield f"{rule}: {name}", needs, lambda r=rule, t=tree, e=expected: check_case(r, t, e)
    for name, path, text, expected in [
            ("a source", "engine/base/x.c", "int x;\n", None),
            ("the build folder", "build/x.txt", "", "is generated"),
            ("an object file", "engine/x.o", "", "is generated"),
            ("the parser", "grammar/remit.c", "", "is generated"),
            ("a lexer elsewhere", "engine/syntax/lexer.c", "/* Generated by re2c 3.0 */\n", "of a generator"),
            ("a big file", "docs/x.md", "x" * 1_000_001, "over 1000000 bytes")]:
        yield f"tracked: {name}", "git", lambda p=path, t=text, e=expected: check_tracked(p, t, e)
    yield "tracked: what git ignores", "git", check_untracked
    for name, text, expected in [
            ("constants", "static const int a[] = {1}; static int f(int i) { return a[i]; }\n"
             "int (*const g[])(int) = {f};\n", None),
            ("a counter", "int f(void) { static int n; return n++; }\n", "n is a mutable global"),
            ("a set variable", "int seed = 4;\n", "seed is a mutable global"),
            ("an excuse", "/* lint: mutable: counts for tests only */\nint seed = 4;\n", None)]:
        yield f"globals: {name}", "objdump", lambda t=text, e=expected: check_globals(t, e)
    if lint.format_version() == 14:
        yield "format: as it should be", None, lambda: check_format("int x;\n", None)
        yield "format: otherwise", None, lambda: check_format("int  x ;\n", "is not formatted")
    yield "every rule has a bad tree", None, check_all_tested


def main(names):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for name, needs, test in tests():
        if names and not any(n in name for n in names):
            continue
        if needs and shutil.which(needs) is None:
            print(f"{name}: skipped, there is no {needs}")
            counts["skipped"] += 1
            continue
        wrong = test()
        if wrong:
            print(f"{name}: {wrong}")
        counts["failed" if wrong else "passed"] += 1
    tail = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    print(f"{counts['passed']} passed, {counts['failed']} failed{tail}")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
