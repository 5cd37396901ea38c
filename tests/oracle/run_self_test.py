#!/usr/bin/env python3
"""The oracle's own tests, summed up as `N passed, N failed, N skipped`; exit 0 or 1."""

import sys
import unittest

import test_oracle

result = unittest.TextTestRunner(sys.stderr).run(unittest.defaultTestLoader.loadTestsFromModule(test_oracle))
failed = len(result.failures) + len(result.errors)
skipped = len(result.skipped)
print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
sys.exit(1 if failed else 0)
