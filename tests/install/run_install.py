#!/usr/bin/env python3
"""What `./dev install` puts below a folder: it is all there, a program links with it, manual pages render without a warning and tell
every option, and bash, zsh and fish complete what `remit --help` and the help of each command list."""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REMIT = os.path.abspath(os.environ.get("REMIT", os.path.join(ROOT, "build/remit")))
SUMS = {"passed": 0, "failed": 0, "skipped": 0}


def run(*command, text=None, **more):
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=120, **more)
    return done.returncode, done.stdout + done.stderr


def check(name, fine, shown=""):
    SUMS["passed" if fine else "failed"] += 1
    if not fine:
        print(f"{name}\n{shown}")


def need(*programs):
    """Whether these are there; what needs them is skipped, and said to be."""
    lacking = [p for p in programs if shutil.which(p) is None]
    if lacking:
        SUMS["skipped"] += 1
        print(f"skipped: {', '.join(lacking)} is not there")
    return not lacking


def commands():
    return re.findall(r"^  ([a-z]+) ", run(REMIT, "--help")[1], re.M)


def options(command):
    """(name, whether a value follows) of each."""
    found = re.findall(r"^  (--[a-z-]+)( \S+)?", run(REMIT, command, "--help")[1], re.M)
    return [(name, value.strip() != "") for name, value in found]


def installed(folder):
    built = os.path.dirname(REMIT)
    code, out = run("cmake", "--install", built, "--prefix", folder)
    check("cmake --install", code == 0, out)
    lib = glob.glob(f"{folder}/lib*/**/libremit.a", recursive=True)
    wanted = ["bin/remit", "include/remit.h", "share/man/man1/remit.1", "share/zsh/site-functions/_remit",
              "share/bash-completion/completions/remit", "share/fish/vendor_completions.d/remit.fish"]
    wanted += [f"share/man/man1/remit-{c}.1" for c in commands()]
    for path in wanted:
        check(path, os.path.getsize(os.path.join(folder, path)) > 0 if
              os.path.exists(os.path.join(folder, path)) else False, "is not there")
    check("libremit.a", len(lib) == 1, str(lib))
    return lib[0] if lib else None


PROGRAM = r"""
#include <stdio.h>
#include <remit.h>
int main(void) { printf("%s %zu\n", remit_version(), remit_columns((RemitText){"a", 1})); return 0; }
"""


def links(folder, lib):
    if lib is None or not need("cc"):
        return
    with open(f"{folder}/use.c", "w", encoding="utf-8") as f:
        f.write(PROGRAM)
    code, out = run("cc", f"{folder}/use.c", "-I", f"{folder}/include", lib, "-llmdb", "-lcrypto", "-o",
                    f"{folder}/use")
    check("a program compiles against what is installed", code == 0, out)
    version = run(REMIT, "--version")[1].split()[1]
    check("and runs", run(f"{folder}/use")[1] == f"{version} 1\n")


def manuals(folder):
    pages = sorted(glob.glob(f"{folder}/share/man/man1/*.1"))
    for page in pages:
        name = os.path.basename(page)[:-2]
        if shutil.which("groff"):
            done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", page], capture_output=True, text=True)
            check(f"{name}: a warning", done.returncode == 0 and done.stderr == "", done.stderr)
            text = re.sub(r".\x08|\x1b\[[0-9;]*m", "", done.stdout)
            listed = commands() if name == "remit" else [o for o, _ in options(name[len("remit-"):])]
            lacking = [w for w in listed if w not in text]
            check(f"{name}: not told", lacking == [], " ".join(lacking))
    if pages and need("groff") and need("man"):
        code, out = run("man", "--warnings", "-l", pages[0], env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "78"})
        check("man shows it", code == 0 and "warning" not in out, out)


def bash_completes(folder, line):
    words = line.split(" ")
    quoted = " ".join("'" + w.replace("'", "'\\''") + "'" for w in words)
    script = (f"source {folder}/share/bash-completion/completions/remit; COMP_WORDS=({quoted}); "
              f"COMP_CWORD={len(words) - 1}; _remit; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    return set(run("bash", "-c", script, cwd=folder)[1].split("\n")) - {""}


def bash(folder):
    code, out = run("bash", "-n", f"{folder}/share/bash-completion/completions/remit")
    check("bash reads it", code == 0, out)
    check("bash: commands", set(commands()) <= bash_completes(folder, "remit "))
    check("bash: the beginning of one", bash_completes(folder, "remit ev") == {"eval"})
    for command in commands():
        wanted = {o for o, _ in options(command)}
        check(f"bash: options of {command}", bash_completes(folder, f"remit {command} -") == wanted,
              str(bash_completes(folder, f"remit {command} -") ^ wanted))
    check("bash: values", bash_completes(folder, "remit run --lang ") == {"en", "zh"})
    check("bash: values behind =", bash_completes(folder, "remit check --format = s") == {"sarif"})
    check("bash: operands", "duties" in bash_completes(folder, "remit show du"))
    check("bash: folders alone", bash_completes(folder, "remit run --ledger a") == {"a folder"})
    check("bash: files", bash_completes(folder, "remit check a") == {"a folder", "a.remit"})
    check("bash: what is free is left alone", bash_completes(folder, "remit run --until 2") == set())


def zsh(folder):
    if not need("zsh"):
        return
    page = f"{folder}/share/zsh/site-functions/_remit"
    code, out = run("zsh", "-n", page)
    check("zsh reads it", code == 0, out)
    # The functions of zsh's own completion as ones that say what they are given.
    said = "_arguments() { print -rl -- \"$@\" }; _describe() { print -rl -- $names };"
    shown = run("zsh", "-fc", f"{said} words=(remit ''); CURRENT=2; source {page}")[1]
    check("zsh: commands", [line.split(":")[0] for line in shown.split("\n") if line] == commands(), shown)
    for command in commands():
        shown = run("zsh", "-fc", f"{said} words=(remit {command} ''); CURRENT=3; source {page}")[1]
        lines = [line.lstrip("*") for line in shown.split("\n")]
        for name, valued in options(command):
            start = name + ("=" if valued else "") + "["
            check(f"zsh: {command} {name}", any(line.startswith(start) for line in lines), shown)


def fish(folder):
    if not need("fish"):
        return
    page = f"{folder}/share/fish/vendor_completions.d/remit.fish"

    def completes(line):
        shown = run("fish", "-N", "-c", f"source {page}; complete -C '{line}'", cwd=folder,
                    env={**os.environ, "HOME": folder, "XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder})[1]
        return {x.split("\t")[0] for x in shown.split("\n") if x}

    check("fish: commands", set(commands()) <= completes("remit "))
    for command in commands():
        wanted = {o for o, _ in options(command)}
        check(f"fish: options of {command}", completes(f"remit {command} --") == wanted,
              str(completes(f"remit {command} --") ^ wanted))
    check("fish: values", completes("remit run --lang ") == {"en", "zh"}, str(completes("remit run --lang ")))
    check("fish: operands", "duties" in completes("remit show du"))


def main():
    with tempfile.TemporaryDirectory(prefix="install-") as folder:
        links(folder, installed(folder))
        os.mkdir(f"{folder}/a folder")
        with open(f"{folder}/a.remit", "w", encoding="utf-8"):
            pass
        manuals(folder)
        bash(folder)
        zsh(folder)
        fish(folder)
    skipped = f", {SUMS['skipped']} skipped" if SUMS["skipped"] else ""
    print(f"{SUMS['passed']} passed, {SUMS['failed']} failed{skipped}")
    return 1 if SUMS["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
