/* cli: remit retry. */
#include <stdio.h>
#include <string.h>

#include "engine/cli/cli.h"

static const Option retry_options[] = {
    {"--ledger", "DIR", "the ledger", false},
    {"--policy", "PATH", "files, folders or a bundle; may repeat", true},
    {"--reason", "REASON", "only what was refused for it: malformed, schema, conflict, ...", false},
    {"--source", "TEXT", "only events of this source", false},
    {"--id", "TEXT", "only events of this id", false},
    {"--type", "TYPE", "only events of this type", false},
    {"--effects", "FILE", "keep FILE equal to the ledger's effects", false},
    {"--not-after", "INSTANT", "refuse events later than this", false},
    {"--batch", "N", "rejects a commit (default 1,000)", false},
    {"--strict", NULL, "exit 1 when some were refused again", false},
    {"--quiet", NULL, "do not tell what came of each", false},
    {NULL, NULL, NULL, false},
};

static bool reason_known(const char *reason) {
    for (int i = 0; i < REMIT_REASONS; i++)
        if (strcmp(reason, remit_reason(i)) == 0)
            return true;
    return false;
}

static int run_retry(Args *args) {
    RemitRetryOptions o = {.ledger = arg(args, "--ledger"),
                           .reason = arg(args, "--reason"),
                           .source = arg(args, "--source"),
                           .id = arg(args, "--id"),
                           .type = arg(args, "--type"),
                           .not_after = arg(args, "--not-after"),
                           .effects = arg(args, "--effects")};
    bool quiet = arg(args, "--quiet") != NULL;
    if (o.ledger == NULL)
        return usage(args, "which ledger? --ledger DIR");
    if (args->policy_count == 0)
        return usage(args, "which policy? --policy PATH");
    if (args->path_count > 0)
        return usage(args, "\"%s\" is not expected here", args->paths[0]);
    if (o.reason != NULL && !reason_known(o.reason))
        return usage(args,
                     "--reason: \"%s\" is none of malformed, schema, conflict, late, future, "
                     "authority, failed",
                     o.reason);
    if (!arg_number(args, "--batch", &o.batch))
        return REMIT_CALL;
    int code;
    RemitPolicy *policy =
        open_policy(args, args->policies, args->policy_count, false, to_stderr(), &code);
    if (policy == NULL)
        return code;
    if (o.effects == NULL)
        o.to = to_stdout();
    RemitRetrySummary s;
    RemitError error;
    RemitWriter none = {0};
    code = (int)remit_retry(policy, &o, &args->look, quiet ? none : to_stderr(), &s, &error);
    fflush(stdout);
    if (code != REMIT_OK)
        fail(&error);
    else if (!quiet && args->look.format != REMIT_JSON)
        fprintf(stderr, "rejects  %llu tried, %llu taken, %llu in already, %llu refused again\n",
                (unsigned long long)s.tried, (unsigned long long)s.taken,
                (unsigned long long)s.known, (unsigned long long)s.refused);
    remit_policy_close(policy);
    if (code == REMIT_OK && arg(args, "--strict") != NULL && s.refused > 0)
        code = REMIT_FAULT;
    return done(code);
}

const Command command_retry = {
    "retry", "--ledger DIR --policy PATH",
    "takes kept rejects again\n"
    "What is taken now is marked and not tried again; what is refused again changes nothing.\n"
    "Effects go to standard output as from run; what came of each reject is told on standard\n"
    "error.",
    retry_options, run_retry};
