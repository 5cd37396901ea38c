/* cli: what `remit log` does to prove a journal. */
#ifndef REMIT_CLI_PROOF_H
#define REMIT_CLI_PROOF_H

#include "engine/cli/cli.h"

/* Runs what the first operand says; *is: it says one of these. Gives the exit code. */
int log_task(Args *args, bool *is);
/* Verifies what the operand number `first` names, or --ledger. Gives the exit code. */
int verify_at(Args *args, size_t first);
/* Writes a checkpoint of the ledger to a file, or where that is NULL to standard output. */
int checkpoint_write(Args *args, const char *ledger, const char *key, const char *path);

#endif
