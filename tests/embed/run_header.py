#!/usr/bin/env python3
"""include/remit.h alone: it compiles as C and as C++, with each compiler that is there, without a warning.

Ends with `N passed, N failed, N skipped`: a compiler that is not there is skipped.
"""
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
USE = """#include <remit.h>
#include <remit.h>

int main(void) {
    RemitPolicyOptions options = {0};
    RemitPolicy *policy = 0;
    RemitError error;
    RemitStatus status = remit_policy_open(&options, &policy, &error);
    remit_policy_close(policy);
    return status == REMIT_OK;
}
"""
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror", "-fsyntax-only", "-I",
          os.path.join(ROOT, "include")]
# Zeroing an option struct by {0} is C's way; in C++ it is {}.
COMPILERS = [("gcc", ["-x", "c", "-std=c99"], USE), ("gcc", ["-x", "c", "-std=c17"], USE),
             ("clang", ["-x", "c", "-std=c17"], USE),
             ("g++", ["-x", "c++", "-std=c++11"], USE.replace("{0}", "{}").replace("= 0;", "= nullptr;")),
             ("clang++", ["-x", "c++", "-std=c++17"], USE.replace("{0}", "{}").replace("= 0;", "= nullptr;"))]


def main():
    passed = failed = skipped = 0
    for compiler, options, text in COMPILERS:
        name = f"{compiler} {options[-1]}"
        if shutil.which(compiler) is None:
            print(f"{name}: skipped, it is not there")
            skipped += 1
            continue
        with tempfile.NamedTemporaryFile("w", suffix=".c") as f:
            f.write(text)
            f.flush()
            p = subprocess.run([compiler, *options, *STRICT, f.name], capture_output=True, text=True)
        passed += p.returncode == 0
        failed += p.returncode != 0
        if p.returncode != 0:
            print(f"{name}:\n{p.stderr[:2000]}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
