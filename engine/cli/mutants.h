/* cli: remit test --mutate: a policy's mutants, tried in several processes. */
#ifndef REMIT_CLI_MUTANTS_H
#define REMIT_CLI_MUTANTS_H

#include "engine/cli/cli.h"

/* Tries or lists them, and tells what came of them; gives the exit code. */
int mutants_run(Args *args, RemitPolicy *policy, const RemitTestOptions *meant);

#endif
