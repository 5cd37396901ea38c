/* remit.h: the one public header of Remit: policies checked, compiled, tested and run against a
 * ledger; the record read and asked. The command line is written on it alone.
 *
 * Text is pointer and length, UTF-8, not NUL-ended unless said. Handles are opaque; each *_open has
 * its *_close. An option struct that is zeroed is the default. Functions give a RemitStatus;
 * RemitError then has the words. One handle is used by one thread at a time; different handles do
 * not share anything.
 *
 * A program links with libremit.a, then -llmdb -lcrypto.
 *
 * What is written goes to a RemitWriter: a function that takes bytes and says 0 for "go on". The
 * bytes are the caller's only during the call. */
#ifndef REMIT_H
#define REMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define REMIT_API __attribute__((visibility("default")))

typedef struct RemitText {
    const char *data;
    size_t size;
} RemitText;

/* The statuses are the exit codes of the command line. */
typedef enum RemitStatus {
    REMIT_OK = 0,
    REMIT_FAULT = 1, /* the policy or the data is at fault: errors found, tests failed, events
                        rejected under `strict` */
    REMIT_CALL = 2, /* the call was wrong: a file it names is missing, a bundle is not the ledger's,
                       bad options */
    REMIT_FAILED = 3 /* the ledger or the system failed */
} RemitStatus;

typedef struct RemitError {
    RemitStatus status;
    char text[600];    /* one line, NUL-ended; empty when there is none */
    char chinese[600]; /* the same in Chinese */
} RemitError;

typedef struct RemitWriter {
    void *ctx;
    int (*write)(void *ctx, const char *bytes, size_t n);
} RemitWriter;

typedef enum RemitFormat {
    REMIT_TEXT, /* for people */
    REMIT_JSON, /* one object a line */
    REMIT_SARIF /* diagnostics: SARIF 2.1.0 */
} RemitFormat;

typedef struct RemitLook {
    RemitFormat format;
    bool color;   /* ANSI colours */
    bool chinese; /* texts in Chinese */
    int columns;  /* width for people; 0: 80 */
    bool wrapped; /* long messages are broken at it, too: for a terminal, where nobody searches them
                   */
} RemitLook;

REMIT_API const char *remit_version(void);
/* How many columns a text takes in a terminal. */
REMIT_API size_t remit_columns(RemitText text);
/* Writes a text on lines of so many columns, of which `used` are full already; further lines are
 * indented. Broken at blanks, and between wide letters. A word that is wider stays whole. */
REMIT_API RemitStatus remit_wrap(RemitText text, size_t used, size_t indent, size_t columns,
                                 RemitWriter to);
/* Which of n words was probably meant; -1: none is near. */
REMIT_API int remit_nearest(const char *word, const char *const *words, size_t n);

/* ---- policies */

typedef struct RemitPolicy RemitPolicy;

typedef struct RemitPolicyOptions {
    const char *const *paths; /* files, folders (their *.remit, recursively, by path), or one bundle
                               *.remitc; NUL-ended */
    size_t path_count;
    RemitText text; /* instead: a policy as text, named `text_name` in messages */
    const char *text_name;
    bool partial; /* a policy header is not required */
    /* In place of the header's zone and calendar; NULL: the header's. REMIT_CALL: there is none. */
    const char *zone, *calendar;
    bool zone_of_calendar; /* with `calendar` alone: the zone is that calendar's */
} RemitPolicyOptions;

/* Reads, checks and compiles. REMIT_OK also when the policy has errors: remit_policy_errors tells;
 * then nothing but the diagnostics is to be had of it. REMIT_CALL: a file is missing or not
 * readable, a bundle is not valid. */
REMIT_API RemitStatus remit_policy_open(const RemitPolicyOptions *options, RemitPolicy **out,
                                        RemitError *error);
REMIT_API void remit_policy_close(RemitPolicy *policy);
REMIT_API size_t remit_policy_errors(const RemitPolicy *policy);
REMIT_API size_t remit_policy_warnings(const RemitPolicy *policy);
/* Name and version; valid while the policy is open. */
REMIT_API RemitText remit_policy_name(const RemitPolicy *policy);
REMIT_API RemitText remit_policy_revision(const RemitPolicy *policy);
/* The number of duties, approvals, KPIs, rules, tables, events and tests. */
typedef struct RemitPolicyCounts {
    size_t duties, approvals, kpis, rules, tables, events, tests, files;
    size_t functions; /* of a bundle they count as tables */
    size_t entities;
    size_t feeds;
    size_t allowed; /* warnings that remarks allow: -- allow E0563: REASON */
} RemitPolicyCounts;
REMIT_API RemitPolicyCounts remit_policy_counts(const RemitPolicy *policy);
/* Writes all diagnostics, in the order of the text. */
REMIT_API RemitStatus remit_policy_diagnostics(RemitPolicy *policy, const RemitLook *look,
                                               RemitWriter to, RemitError *error);
/* The bundle's bytes, valid while the policy is open, and the 64 hex digits that name it.
 * REMIT_FAULT: the policy has errors. */
REMIT_API RemitStatus remit_policy_bundle(const RemitPolicy *policy, RemitText *bytes,
                                          char name[65], RemitError *error);
/* Writes a signature of the bundle by the private key in a file; it goes beside the bundle, as
 * BUNDLE.sig. */
REMIT_API RemitStatus remit_policy_sign(const RemitPolicy *policy, const char *key, RemitWriter to,
                                        RemitError *error);
/* Whether a policy that was opened from the one bundle at `path` has PATH.sig beside it, by one of
 * the public keys (as remit_key_show takes them). REMIT_CALL: it has not, or it came as sources. */
REMIT_API RemitStatus remit_policy_signed(const RemitPolicy *policy, const char *path,
                                          const char *const *keys, size_t key_count,
                                          RemitError *error);
REMIT_API RemitStatus remit_policy_disassemble(const RemitPolicy *policy, RemitWriter to,
                                               RemitError *error);
/* What producers may send: a JSON Schema (2020-12) of the policy's events, or csv: for each the
 * line that names the columns of a CSV file, under a line with its name. event: of this one alone,
 * then without that line; NULL: of all. REMIT_CALL: there is no such event. */
REMIT_API RemitStatus remit_schema(const RemitPolicy *policy, const char *event, bool csv,
                                   RemitWriter to, RemitError *error);
/* The reference page of the bytecode's instructions, in Markdown. */
REMIT_API RemitStatus remit_instructions(RemitWriter to, RemitError *error);

/* One place that was mended; the line is that of the text as it was read in its round. */
typedef struct RemitFixed {
    RemitText path;
    size_t line;
    RemitText before, after; /* each as one line: \n stands for the end of one */
} RemitFixed;

typedef struct RemitFixOptions {
    const char *const *paths; /* files and folders, as of a policy */
    size_t path_count;
    /* Called for each place that was mended, in the order in which that was done. Or NULL. */
    void (*fixed)(void *ctx, const RemitFixed *fixed);
    void *ctx;
} RemitFixOptions;
/* Applies to the files what their diagnostics suggest, if nothing else can have been meant, again
 * and again until nothing more is certain; what leaves a file as wrong as before is taken back.
 * Mistakes without such a suggestion stay. REMIT_CALL: as of remit_policy_open, or the paths name a
 * bundle. */
REMIT_API RemitStatus remit_fix(const RemitFixOptions *options, RemitError *error);

/* The tree of each file, as the parser reads it, what it could not read passed over: as JSON an
 * object a file, else indented lines. For outlines, folding and the like; what is wrong tell the
 * diagnostics. One path may be "-": standard input. REMIT_CALL: a file cannot be read, or the paths
 * name a bundle. */
REMIT_API RemitStatus remit_tree(const char *const *paths, size_t path_count, const RemitLook *look,
                                 RemitWriter to, RemitError *error);

typedef enum RemitKeywords {
    REMIT_KEYWORDS_KEPT, /* each in the language it is written in */
    REMIT_KEYWORDS_ENGLISH,
    REMIT_KEYWORDS_CHINESE
} RemitKeywords;

typedef enum RemitNaming {
    REMIT_NAMES_KEPT,     /* each as it is written */
    REMIT_NAMES_BY_ALIAS, /* a declared thing by its label, where that is a name */
    REMIT_NAMES_BY_NAME
} RemitNaming;

typedef struct RemitFormatOptions {
    /* Files and folders (their *.remit, recursively, by path); "-", alone, is standard input. */
    const char *const *paths;
    size_t path_count;
    RemitText text; /* instead: a policy as text, named `text_name` in messages */
    const char *text_name;
    RemitKeywords keywords;
    /* Other than REMIT_NAMES_KEPT, the paths are one policy, which is read whole, with the modules
     * that it uses; with errors in it all stays as it is. Comments, texts and declarations stay. */
    RemitNaming names;
    /* Told of each use that stays, since `other` would mean something else there, or NULL; nonzero
     * stops. Columns count code points, from 1. */
    int (*stays)(void *ctx, RemitText path, unsigned line, unsigned column, RemitText name,
                 RemitText other);
    bool write;       /* a file that changes is written in its place */
    RemitWriter diff; /* or what would change goes here, as a patch; write NULL: nowhere */
    /* Called for each file that is free of mistakes, or NULL; nonzero stops. */
    int (*formatted)(void *ctx, RemitText path, RemitText text, bool changed);
    void *ctx;
} RemitFormatOptions;
/* Lays out the texts of policies: lines, blanks, the language of keywords. Files with mistakes stay
 * as they are, with their diagnostics to `errors`; REMIT_FAULT when all others are done. */
REMIT_API RemitStatus remit_format(const RemitFormatOptions *options, const RemitLook *look,
                                   RemitWriter errors, RemitError *error);

/* The names that earlier expressions gave, by `let NAME = EXPRESSION`. */
typedef struct RemitNames RemitNames;
REMIT_API RemitStatus remit_names_open(RemitNames **out, RemitError *error);
REMIT_API void remit_names_close(RemitNames *names); /* NULL is allowed */
/* The `let` that gave name number i what it is now, in the order given; empty behind the last. */
REMIT_API RemitText remit_name(const RemitNames *names, size_t i);

typedef struct RemitEvalOptions {
    RemitText expression;
    RemitNames *names; /* known to the expression, and gets the name that it gives; NULL: none */
    bool line;         /* one line out whatever happens: errors too go to `to`, in short */
    /* Of which instant what applies for a time is asked: RFC 3339, or a date, the beginning of that
     * day in the policy's zone. NULL: of none; then what has several versions cannot be asked. */
    const char *at;
} RemitEvalOptions;
/* Computes an expression with what the policy declares, where no event is at hand, and writes its
 * value and a newline to `to`, diagnostics to `errors`. REMIT_FAULT: it has errors or has no value,
 * such as 1 / 3; REMIT_CALL: the policy is a bundle. */
REMIT_API RemitStatus remit_eval(RemitPolicy *policy, const RemitEvalOptions *options,
                                 const RemitLook *look, RemitWriter to, RemitWriter errors,
                                 RemitError *error);

typedef struct RemitTestResult {
    RemitText title, file;
    size_t line;
    bool passed;
    RemitText report; /* of a failed one: what was expected and what happened; lines */
} RemitTestResult;
typedef struct RemitTestOptions {
    /* Only tests that fit one of each list that is not empty: a part of their title; FILE or
     * FILE:LINE, a file by its path or the end of it; the name of a declaration that they name. */
    const char *const *titles;
    size_t title_count;
    const char *const *places;
    size_t place_count;
    const char *const *of;
    size_t of_count;
    bool list;        /* run none: list them, a line each */
    bool fail_fast;   /* end with the first that fails */
    bool coverage;    /* behind the results: what of the policy they reach, and what not */
    RemitWriter lcov; /* the same in the form of lcov; write NULL: nowhere */
    /* Called with each result, whose texts are the caller's during the call; nonzero stops. May be
     * NULL. */
    int (*each)(void *ctx, const RemitTestResult *result);
    void *ctx;
} RemitTestOptions;
typedef struct RemitTestCounts {
    size_t passed, failed;     /* of a list: all pass */
    size_t reached, reachable; /* where coverage is asked for */
} RemitTestCounts;
/* Runs the policy's tests. REMIT_FAULT when one fails; REMIT_CALL when none is meant. */
REMIT_API RemitStatus remit_policy_test(RemitPolicy *policy, const RemitTestOptions *options,
                                        const RemitLook *look, RemitWriter to,
                                        RemitTestCounts *counts, RemitError *error);

/* ---- a policy's mutants: the policy changed in one place, to see whether a test notices */

typedef struct RemitMutants RemitMutants;
typedef struct RemitMutant {
    RemitText file;
    size_t line;
    RemitText what;                         /* is so then: "the row is gone" */
    RemitText advice;                       /* which test would notice */
    RemitText what_chinese, advice_chinese; /* the same in Chinese */
    RemitText before, after;                /* the lines that change, on one line each */
} RemitMutant;
typedef enum RemitFate {
    REMIT_MUTANT_WRONG,   /* it does not compile: it does not count */
    REMIT_MUTANT_SAME,    /* it means the same: it does not count */
    REMIT_MUTANT_NOTICED, /* a test fails */
    REMIT_MUTANT_SURVIVED /* none does */
} RemitFate;
typedef struct RemitMutantResult {
    RemitFate fate;
    size_t tests; /* that were run */
    RemitText by; /* the title of the one that failed */
} RemitMutantResult;
/* Runs the tests that the options mean (titles, places, of) and finds all mutants, in the order of
 * the text; limit, where it is not 0: so many of them, drawn by the seed. The policy must stay
 * open. REMIT_FAULT: a test fails as the policy is. */
REMIT_API RemitStatus remit_mutants_open(RemitPolicy *policy, const RemitTestOptions *options,
                                         size_t limit, uint64_t seed, RemitMutants **out,
                                         RemitError *error);
REMIT_API void remit_mutants_close(RemitMutants *mutants);
REMIT_API size_t remit_mutants_count(const RemitMutants *mutants);
/* Number i of them; its texts are good until the next call. REMIT_FAILED: memory is out. */
REMIT_API RemitStatus remit_mutants_get(RemitMutants *mutants, size_t i, RemitMutant *out,
                                        RemitError *error);
/* Compiles it and runs the tests that touch what it changes, until one fails. Each can be tried in
 * a process of its own. */
REMIT_API RemitStatus remit_mutants_try(RemitMutants *mutants, size_t i, RemitMutantResult *out,
                                        RemitError *error);

/* ---- two policies held against each other */

typedef struct RemitDiffOptions {
    bool brief; /* only which declarations changed */
} RemitDiffOptions;
/* What changed in meaning from `before` to `after`: declaration by declaration, with inputs that
 * show it. Layout, remarks and tests do not count. *changes: how many declarations mean something
 * else. REMIT_FAULT: one of them has errors. REMIT_CALL: one is a bundle of several versions. */
REMIT_API RemitStatus remit_diff(RemitPolicy *before, RemitPolicy *after,
                                 const RemitDiffOptions *options, const RemitLook *look,
                                 RemitWriter to, size_t *changes, RemitError *error);

/* ---- running */

enum { REMIT_REASONS = 7 }; /* malformed, schema, conflict, late, future, authority, failed */

typedef struct RemitSummary {
    uint64_t events, repeated, unmatched;
    uint64_t again; /* of the repeated: those that had been rejected */
    uint64_t rejected[REMIT_REASONS];
    uint64_t effects;
    uint64_t raised, fulfilled, late, breached, escalated, reminded, waived, paused, resumed,
        corrected, notified, emitted;
    uint64_t opened, granted, refused, lapsed, withdrawn, unattainable; /* approvals */
    uint64_t bytes;                                                     /* of input read */
    bool has_clock;
    int64_t clock; /* ms since 1970-01-01T00:00:00Z */
    char clock_text[40];
    bool reworded; /* the policy differs from the ledger's in remarks, layout or tests alone: the
                      ledger went on under its own */
} RemitSummary;

/* "malformed", ... */
REMIT_API const char *remit_reason(int reason);

typedef struct RemitRunOptions {
    const char *ledger;        /* folder; made if it is not there */
    const char *name;          /* of a new ledger; default main */
    const char *const *events; /* files, read in this order; "-" is standard input */
    const RemitText *feeds; /* of each file the feed of the policy that maps it, or an empty text;
                               NULL: all are events */
    size_t event_count;
    bool csv, json;        /* the form of files of events; else by their names: *.csv is CSV */
    const char *source;    /* of events that name none; default remit:input */
    const char *until;     /* RFC 3339: after all input, fire what is due at or before it */
    const char *not_after; /* RFC 3339: refuse events later than this */
    size_t batch;          /* events a commit; 0: 1,000 */
    const char *effects;   /* a file that is kept equal to the ledger's effects */
    RemitWriter to;        /* or where effects go, as lines of JSON; write NULL: nowhere */
    bool readable;         /* as lines for people instead */
    bool no_sync; /* commits may be lost when the power fails; never when the program is killed */
    /* Called after each commit; nonzero stops the run after it. */
    int (*progress)(void *ctx, const RemitSummary *so_far);
    void *progress_ctx;
} RemitRunOptions;

/* Runs events through a policy against a ledger. What was committed stays; the same call again goes
 * on. */
REMIT_API RemitStatus remit_run(const RemitPolicy *policy, const RemitRunOptions *options,
                                RemitSummary *summary, RemitError *error);

typedef struct RemitRetryOptions {
    const char *ledger;
    const char *reason, *source, *id, *type; /* only rejects with these; NULL: all */
    const char *not_after;                   /* as in RemitRunOptions, and so on */
    size_t batch;
    const char *effects;
    RemitWriter to;
} RemitRetryOptions;
typedef struct RemitRetrySummary {
    uint64_t tried, taken, known, refused; /* known: their events are in already */
    uint64_t events;                       /* that were taken */
} RemitRetrySummary;

/* Takes kept rejects again, in the order of the journal. One whose events are all in is marked and
 * not tried again; what is refused again writes nothing. What came of each goes to `told`, a line
 * each. */
REMIT_API RemitStatus remit_retry(const RemitPolicy *policy, const RemitRetryOptions *options,
                                  const RemitLook *look, RemitWriter told,
                                  RemitRetrySummary *summary, RemitError *error);

typedef struct RemitDecideOptions {
    const char *const *events;
    const RemitText *feeds; /* as in RemitRunOptions */
    size_t event_count;
    bool csv, json;
    const char *source;
} RemitDecideOptions;

/* Answers without a ledger: events through the policy's rules and tables, what they emit and whom
 * they notify out. Duties are not raised; nothing is kept. */
REMIT_API RemitStatus remit_decide(const RemitPolicy *policy, const RemitDecideOptions *options,
                                   RemitWriter to, RemitSummary *summary, RemitError *error);

/* The events that come of files which feeds map, as lines of CloudEvents; what is refused goes to
 * `errors`, a line each: file, line, column, what is wrong. summary->rejected counts it. */
REMIT_API RemitStatus remit_convert(const RemitPolicy *policy, const RemitDecideOptions *options,
                                    RemitWriter to, RemitWriter errors, RemitSummary *summary,
                                    RemitError *error);

/* ---- asking */

/* A table for people and programs: begin is called once, then row for each row; texts are the
 * caller's during the call. */
typedef struct RemitTable {
    void *ctx;
    int (*begin)(void *ctx, const RemitText *columns, size_t n);
    int (*row)(void *ctx, const RemitText *cells, size_t n);
} RemitTable;

/* A moment of the past. What is asked as of it is answered from the inputs that had come by then,
 * run again in a temporary folder. */
typedef struct RemitPast {
    const char *place; /* where that may be made; NULL: /tmp */
    const char *as_of; /* an instant with its offset; a date: the end of that day where the policy
                          is; or NULL */
    bool has_index;
    uint64_t index; /* instead: the last entry of the journal whose input counts */
} RemitPast;

typedef struct RemitShowOptions {
    const char *ledger;
    const RemitPast *past; /* NULL: as it is now */
    const char *what;     /* duties, timers, rejected, unmatched, people, approvals, kpis, entities,
                             schedule, waiting, rotation, policy */
    const char *rotation; /* of `rotation`: which */
    const char *owner, *state, *duty; /* filters; NULL: all */
    const char *approval, *kpi, *entity;
    bool overdue; /* only what is past its deadline and not done; of approvals: what lapsed */
    size_t limit; /* rows at most; 0: all */
} RemitShowOptions;

REMIT_API RemitStatus remit_show(const RemitShowOptions *options, const RemitLook *look,
                                 RemitTable table, RemitWriter json, RemitError *error);
/* The digest of the ledger (state: of what its duties mean alone, whatever the order in which
 * events came) as 64 hex digits and a NUL. */
REMIT_API RemitStatus remit_digest(const char *ledger, const RemitPast *past, bool state,
                                   char out[65], RemitError *error);
/* Why something is as it is, or was: a subject as effects have it, such as
 * duty/handle_complaint/C1. REMIT_CALL: there is none. */
REMIT_API RemitStatus remit_why(const char *ledger, const RemitPast *past, const char *subject,
                                const RemitLook *look, RemitWriter to, RemitError *error);

/* Why something is not so: a duty did not arise, a rung did not come, an approval is not granted,
 * an event did nothing. What is asked for never having come is an answer. */
REMIT_API RemitStatus remit_why_not(const char *ledger, const RemitPast *past, const char *subject,
                                    const RemitLook *look, RemitWriter to, RemitError *error);

typedef struct RemitBookOptions {
    bool markdown; /* else one page of HTML that stands alone */
} RemitBookOptions;
/* The policy as people read it: who owes what and by when, ladders, approvals, tables. Its language
 * is look's. REMIT_FAULT: the policy has errors. */
REMIT_API RemitStatus remit_book(RemitPolicy *policy, const RemitBookOptions *options,
                                 const RemitLook *look, RemitWriter to, RemitError *error);

typedef struct RemitLogOptions {
    const char *ledger;
    const RemitPast *past;     /* NULL: as it is now */
    bool effects_only;         /* effects as the run wrote them; else every entry of the journal */
    uint64_t from;             /* index to begin at */
    const char *subject;       /* only entries about this, or about what begins so: duty/handle */
    const char *type;          /* only effects and events of this type */
    const char *who;           /* only what this person, role, team or seat did, owes or is told */
    const char *rule;          /* only what this rule, duty, approval, KPI or entity has made */
    const char *since, *until; /* only entries whose own time is not before, not after: an instant,
                                  or a date, whole */
    /* Called when all is written: not 0 to look for more and write that, too; or NULL. A ledger
     * that is not there yet is waited for. */
    int (*wait)(void *ctx);
    void *ctx;
} RemitLogOptions;

REMIT_API RemitStatus remit_log(const RemitLogOptions *options, const RemitLook *look,
                                RemitWriter to, RemitError *error);

typedef struct RemitReplayOptions {
    const char *ledger;
    const char *into;  /* a folder for the fresh ledger, which stays; NULL: a temporary one */
    const char *place; /* where that may be made; NULL: /tmp */
    int (*progress)(void *ctx, uint64_t done, uint64_t of); /* 0: stop; or NULL */
    void *ctx;
} RemitReplayOptions;

typedef struct RemitAdoptOptions {
    const char *ledger;
    const char *from; /* an instant, or a date: its beginning where the policy is; NULL: right
                         behind the ledger's clock */
    bool dry;         /* say what would change, and change nothing */
} RemitAdoptOptions;
/* Lets a ledger go on under a new version of its policy; what runs ends as it began. What changes
 * goes to `to`. REMIT_CALL: the version cannot follow, or not from then on. */
REMIT_API RemitStatus remit_adopt(const RemitPolicy *policy, const RemitAdoptOptions *options,
                                  const RemitLook *look, RemitWriter to, RemitError *error);

typedef struct RemitMigrateOptions {
    const char *ledger;
    const char *duty;       /* NULL: all duties */
    const char *const *key; /* of the one that is meant, part by part */
    size_t key_count;       /* 0: all of the duty */
    const char *actor;      /* who asks for it, or NULL */
    bool dry;               /* say what would move, and change nothing */
} RemitMigrateOptions;
/* Moves duties that run under an older version of the ledger's policy to the newest: with the
 * deadline, clauses and rungs that it has for what raised them. A line for each goes to `to`. */
REMIT_API RemitStatus remit_migrate(const RemitMigrateOptions *options, const RemitLook *look,
                                    RemitWriter to, RemitError *error);

typedef struct RemitReplay {
    uint64_t inputs;            /* that were taken again */
    uint64_t entries;           /* of the journal that came of them */
    bool same;                  /* all entries and the digest are */
    bool stopped;               /* by progress: the rest is not known */
    char digest[65], again[65]; /* the ledger's, and what came of the replay; empty where it ended
                                   before */
} RemitReplay;

/* Runs the journal's inputs again into a fresh ledger under the same policy, and compares entry by
 * entry, then the digests. The first difference goes to `to`. REMIT_FAULT: there is one. */
REMIT_API RemitStatus remit_replay(const RemitReplayOptions *options, const RemitLook *look,
                                   RemitWriter to, RemitReplay *out, RemitError *error);

typedef struct RemitWhatIfOptions {
    RemitReplayOptions replay;
    bool each; /* each duty that differs, too */
} RemitWhatIfOptions;

/* What would have been: the journal's inputs run again under another policy, and both held against
 * each other: duties by name and by who owes them, what was said, the money in what was said, and
 * each duty that differs. table.begin is called for each of the tables. What the other policy does
 * not take of the inputs is refused there, and counted. REMIT_FAULT: the policy has errors. */
REMIT_API RemitStatus remit_what_if(const RemitPolicy *policy, const RemitWhatIfOptions *options,
                                    const RemitLook *look, RemitTable table, RemitWriter json,
                                    RemitError *error);

/* ---- proving: docs/journal.md has the forms
 *
 * What is signed, exported or proved comes of the ledger as it is when the call begins, beside a
 * run that may be under way. */

/* Makes PATH, a private Ed25519 key that only its owner may read, and PATH.pub. `name` is its name
 * and that of the log that it signs, as example.com/complaints; witness: a key of a witness.
 * REMIT_FAILED: one of the files is there. */
REMIT_API RemitStatus remit_key_make(const char *path, const char *name, bool witness,
                                     RemitError *error);
/* Says what a key is: the path of a private or public key, or the text of a public one. */
REMIT_API RemitStatus remit_key_show(const char *key, const RemitLook *look, RemitWriter to,
                                     RemitError *error);
/* Writes the note by which a key gives way to the next one, for checkpoints of `from` entries or
 * more. key: the path of the private one; next: a public key as remit_key_show takes it. */
REMIT_API RemitStatus remit_key_rotate(const char *key, const char *next, uint64_t from,
                                       RemitWriter to, RemitError *error);

/* Writes the journal as a file for an auditor, front to back, in constant memory. REMIT_FAULT: the
 * ledger's own tree is not that of its entries; all is written as it is. */
REMIT_API RemitStatus remit_export(const char *ledger, RemitWriter to, RemitError *error);

/* Writes a checkpoint: the number of entries and their root, signed by the private key in a file.
 * What was signed last is kept beside the key in KEY.seen. REMIT_FAULT: the ledger does not begin
 * with that; nothing is signed. */
REMIT_API RemitStatus remit_checkpoint(const char *ledger, const char *key, RemitWriter to,
                                       RemitError *error);

typedef struct RemitCosignOptions {
    const char *checkpoint; /* a file */
    const char *key;        /* of the witness: the path of its private key */
    const char *log;        /* the public key of the log, as remit_key_show takes it */
    /* One of them shows that it continues what the witness has seen; NULL: none. */
    const char *proof, *journal,
        *ledger;      /* a proof of consistency; an exported journal; a folder */
    uint64_t seconds; /* now, since 1970-01-01T00:00:00Z */
    const char *at;   /* or RFC 3339; NULL: seconds count */
} RemitCosignOptions;
/* Writes the checkpoint with one signature more, of a witness, who has seen that it continues the
 * last one that he signed. REMIT_FAULT: it does not, or the log's key has not signed it. */
REMIT_API RemitStatus remit_cosign(const RemitCosignOptions *options, RemitWriter to,
                                   RemitError *error);

typedef struct RemitProveOptions {
    const char *ledger;
    bool consistency; /* that a tree begins with an older one; else that an entry is in it */
    uint64_t number;  /* how many entries the older one has; else the entry */
    bool has_size;    /* else the tree over all entries */
    uint64_t size;    /* of the tree */
    const char
        *checkpoint; /* or the file of a checkpoint: of its tree, which goes into the proof */
} RemitProveOptions;
/* Writes a proof. REMIT_CALL: there is no such entry or size; REMIT_FAULT: the checkpoint is not of
 * this ledger. */
REMIT_API RemitStatus remit_prove(const RemitProveOptions *options, const RemitLook *look,
                                  RemitWriter to, RemitError *error);

typedef struct RemitAttestOptions {
    const char *ledger;
    const char *key;        /* of the log: the path of its private key */
    const char *checkpoint; /* a file, signed already; NULL: one of now is made */
    uint64_t from;          /* the entry it begins with: 0 */
    bool has_to;            /* else all entries */
    uint64_t to;            /* and what follows from the input there */
} RemitAttestOptions;
typedef struct RemitAttested {
    uint64_t from, to; /* the first and the last entry */
    size_t bytes;
} RemitAttested;
/* Writes a range of the journal, the policies in force and the proof that it belongs to a signed
 * checkpoint as one signed file, which remit_verify runs again without the ledger. REMIT_FAULT: the
 * key does not sign this ledger, or the checkpoint is of another. */
REMIT_API RemitStatus remit_attest(const RemitAttestOptions *options, RemitWriter to,
                                   RemitAttested *out, RemitError *error);

typedef struct RemitVerifyOptions {
    const char *file;   /* an attestation, an exported journal, or a proof */
    const char *ledger; /* or a folder; it is read in a process of its own, which may crash */
    const char *const *checkpoints; /* files */
    size_t checkpoint_count;
    const char *const *keys; /* public ones of log and witnesses, as remit_key_show takes them */
    size_t key_count;
    const char *const *rotations; /* files */
    size_t rotation_count;
    size_t witnesses;  /* so many of the witnesses must have signed each checkpoint */
    bool unsigned_too; /* a journal needs no checkpoint: its own hashes alone are looked at; an
                          attestation goes by the key that it names itself */
} RemitVerifyOptions;
/* Says whether all is as it was signed, and each finding. REMIT_FAULT: it is not; without words
 * where the findings have been said. */
REMIT_API RemitStatus remit_verify(const RemitVerifyOptions *options, const RemitLook *look,
                                   RemitWriter to, RemitError *error);

typedef struct RemitBackupOptions {
    const char *ledger;
    const char *file; /* the backup; remit_backup takes a folder, too */
    /* Of remit_restore: */
    bool rebuild; /* the tables anew from the journal */
    bool quick;   /* the tables are read, and not inspected */
} RemitBackupOptions;
/* Writes a backup of a ledger, while a run may go on: one snapshot without free pages, read again
 * before it gets its name. What is in it goes to `to`. REMIT_CALL: something of that name is there;
 * it stays as it is. */
REMIT_API RemitStatus remit_backup(const RemitBackupOptions *options, const RemitLook *look,
                                   RemitWriter to, RemitError *error);
/* Makes a ledger of a backup that is whole. REMIT_FAULT: it is damaged, which is said to `to`, and
 * nothing was made; without words. REMIT_CALL: something stands where the ledger is to be. */
REMIT_API RemitStatus remit_restore(const RemitBackupOptions *options, const RemitLook *look,
                                    RemitWriter to, RemitError *error);

typedef struct RemitDoctorOptions {
    const char *ledger;
    const char *rebuild; /* a folder for a ledger that is made anew from the journal; or NULL */
    const char *place;   /* where a temporary folder may be made; NULL: /tmp */
    bool replay;         /* the journal's inputs are run again, too, and all is compared */
} RemitDoctorOptions;
/* Looks a ledger through, while a run may go on beside: journal, tree and tables, all against each
 * other. What is found goes to `to`. REMIT_FAULT: it is not whole; without words. */
REMIT_API RemitStatus remit_doctor(const RemitDoctorOptions *options, const RemitLook *look,
                                   RemitWriter to, RemitError *error);

/* The help page of a diagnostic's code, such as E0203. REMIT_CALL: there is none. */
REMIT_API RemitStatus remit_explain(const char *code, const RemitLook *look, RemitWriter to,
                                    RemitError *error);

#ifdef __cplusplus
}
#endif

#endif
