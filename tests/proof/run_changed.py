#!/usr/bin/env python3
"""What is done to journals, checkpoints, proofs and ledgers is found and named: bytes changed, entries changed, dropped,
added and moved, files cut and written anew. REMIT_SEED seeds all that is random.
"""

import sys

import run_proof
import trials as t


def main() -> int:
    suite = t.Suite("changed")
    for test in run_proof.CHANGED:
        suite.run(test)
    return suite.end()


if __name__ == "__main__":
    sys.exit(main())
