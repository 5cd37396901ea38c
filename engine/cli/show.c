/* cli: remit show, why and log. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/cli.h"

#define PAST_OPTIONS                                                                               \
    {"--as-of", "MOMENT",                                                                          \
     "as it was at an instant with its offset, or at the end of\n"                                 \
     "                             a date: 2026-03-02",                                            \
     false},                                                                                       \
    {                                                                                              \
        "--at-index", "N", "as it was after entry N of the journal", false                         \
    }

/* NULL: now. *ok is false after a message. */
static const RemitPast *past_of(const Args *args, RemitPast *past, bool *ok) {
    size_t index = 0;
    *past =
        (RemitPast){.as_of = arg(args, "--as-of"), .has_index = arg(args, "--at-index") != NULL};
    *ok = arg_number(args, "--at-index", &index);
    past->index = index;
    if (*ok && past->has_index && past->as_of != NULL) {
        usage(args, "--as-of and --at-index say two moments; one is enough");
        *ok = false;
    }
    return past->has_index || past->as_of != NULL ? past : NULL;
}

static const Option show_options[] = {
    {"--ledger", "DIR", "the ledger", false},
    PAST_OPTIONS,
    {"--owner", "WHO",
     "duties of this role, team, seat or person; approvals on\n"
     "                             which they have still to decide",
     false},
    {"--state", "[STATE]",
     "open, paused, breached, fulfilled, waived or cancelled; of\n"
     "                             approvals open, granted, refused, lapsed, withdrawn\n"
     "                             or unattainable; of KPIs\n"
     "                             clear, warning or critical; of the rejected\n"
     "                             taken, by a retry; of the\n"
     "                             digest: of what the duties mean, not of the journal",
     false},
    {"--duty", "NAME", "duties of this rule", false},
    {"--approval", "NAME", "approvals of this name", false},
    {"--kpi", "NAME", "series of this KPI", false},
    {"--entity", "NAME", "entities of this name", false},
    {"--overdue", NULL, "duties past their deadline and not done; approvals that lapsed", false},
    {"--limit", "N", "at most N rows; of the schedule 20 unless said", false},
    {"--next", "N", "of the schedule and of a rotation: the same", false},
    {NULL, NULL, NULL, false},
};

static int show_digest(Args *args, const char *ledger, const RemitPast *past, bool state) {
    char digest[65];
    RemitError error;
    int code = (int)remit_digest(ledger, past, state, digest, &error);
    if (code != REMIT_OK)
        return fail(&error);
    if (args->look.format == REMIT_JSON)
        printf("{\"digest\":\"%s\"}\n", digest);
    else
        printf("%s\n", digest);
    return done(code);
}

static int run_show(Args *args) {
    RemitShowOptions o = {.ledger = arg(args, "--ledger"),
                          .owner = arg(args, "--owner"),
                          .state = arg(args, "--state"),
                          .duty = arg(args, "--duty"),
                          .approval = arg(args, "--approval"),
                          .kpi = arg(args, "--kpi"),
                          .entity = arg(args, "--entity"),
                          .overdue = arg(args, "--overdue") != NULL};
    bool rotation = args->path_count == 2 && strcmp(args->paths[0], "rotation") == 0;
    if (args->path_count != 1 && !rotation)
        return usage(args, "what? duties, timers, rejected, unmatched, people, approvals, kpis, "
                           "entities, schedule, waiting, rotation NAME, policy or digest");
    if (!rotation && strcmp(args->paths[0], "rotation") == 0)
        return usage(args, "which rotation? remit show rotation NAME");
    if (o.ledger == NULL)
        return usage(args, "which ledger? --ledger DIR");
    if (!arg_number(args, "--limit", &o.limit))
        return REMIT_CALL;
    if (o.limit == 0 && !arg_number(args, "--next", &o.limit))
        return REMIT_CALL;
    bool ok;
    RemitPast past;
    o.past = past_of(args, &past, &ok);
    if (!ok)
        return REMIT_CALL;
    o.what = args->paths[0];
    o.rotation = rotation ? args->paths[1] : NULL;
    if (strcmp(o.what, "digest") == 0)
        return show_digest(args, o.ledger, o.past, o.state != NULL);
    Grid grid = {0};
    RemitError error;
    int code = (int)remit_show(&o, &args->look, grid_table(&grid), to_stdout(), &error);
    grid_print(&grid);
    return code == REMIT_OK ? done(code) : fail(&error);
}

const Command command_show = {
    "show", "WHAT --ledger DIR",
    "shows what stands in a ledger\n"
    "WHAT is duties, timers, rejected, unmatched, people, approvals, kpis, entities,\n"
    "schedule, waiting, rotation NAME, policy or digest.",
    show_options, run_show};

static const Option why_options[] = {
    {"--ledger", "DIR", "the ledger", false},
    PAST_OPTIONS,
    {NULL, NULL, NULL, false},
};

static int run_why(Args *args) {
    const char *ledger = arg(args, "--ledger");
    if (args->path_count != 1)
        return usage(args,
                     "why what? a subject as effects have it, such as duty/handle_complaint/C1");
    if (ledger == NULL)
        return usage(args, "which ledger? --ledger DIR");
    bool ok;
    RemitPast moment;
    const RemitPast *past = past_of(args, &moment, &ok);
    if (!ok)
        return REMIT_CALL;
    RemitError error;
    int code = (int)remit_why(ledger, past, args->paths[0], &args->look, to_stdout(), &error);
    return code == REMIT_OK ? done(code) : fail(&error);
}

const Command command_why = {
    "why", "SUBJECT --ledger DIR",
    "tells why a duty is as it is: event, rule, table row, deadline, rungs", why_options, run_why};

static const Option log_options[] = {
    {"--ledger", "DIR", "the ledger", false},
    PAST_OPTIONS,
    {"--from", "INDEX", "begin at this entry", false},
    {"--subject", "SUBJECT", "only what is about it", false},
    {"--type", "TYPE", "only effects and events of this type", false},
    {NULL, NULL, NULL, false},
};

static int run_log(Args *args) {
    RemitLogOptions o = {.ledger = arg(args, "--ledger"),
                         .subject = arg(args, "--subject"),
                         .type = arg(args, "--type")};
    size_t from;
    if (o.ledger == NULL)
        return usage(args, "which ledger? --ledger DIR");
    if (args->path_count > 1 || (args->path_count == 1 && strcmp(args->paths[0], "effects") != 0))
        return usage(args,
                     "\"%s\" is not expected here; remit log effects prints the effects alone",
                     args->paths[0]);
    if (!arg_number(args, "--from", &from))
        return REMIT_CALL;
    bool ok;
    RemitPast past;
    o.past = past_of(args, &past, &ok);
    if (!ok)
        return REMIT_CALL;
    o.from = from;
    o.effects_only = args->path_count == 1;
    RemitError error;
    int code = (int)remit_log(&o, &args->look, to_stdout(), &error);
    return code == REMIT_OK ? done(code) : fail(&error);
}

const Command command_log = {
    "log", "[effects] --ledger DIR",
    "prints the journal, or with `effects` the effects as the run wrote them", log_options,
    run_log};
