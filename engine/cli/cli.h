/* cli: the command line, on remit.h alone. One file a command; this is what they share. */
#ifndef REMIT_CLI_CLI_H
#define REMIT_CLI_CLI_H

#include "remit.h"

enum { CLI_PATHS = 1024, CLI_OPTIONS = 32 };

/* What an option of a command is. */
typedef struct Option {
    const char *name;      /* "--ledger" */
    const char *value;     /* what its value is called in help; NULL: a switch */
    const char *help, *zh; /* what it does, in English and in Chinese */
    bool many;             /* may repeat */
} Option;

/* The options and operands of one call. */
typedef struct Args {
    const char *program, *command;
    const Option *options;
    const char
        *values[CLI_OPTIONS];     /* by option: its last value, "" for a switch that is on, NULL */
    const char *paths[CLI_PATHS]; /* operands */
    size_t path_count;
    const char *policies[CLI_PATHS]; /* --policy */
    size_t policy_count;
    const char *events[CLI_PATHS]; /* --events, and the files of --feed */
    RemitText feeds[CLI_PATHS];    /* the feed that maps each of these, or an empty text */
    size_t event_count;
    const char *more[CLI_PATHS]; /* values of other options that may repeat */
    const Option *more_of[CLI_PATHS];
    size_t more_count;
    RemitLook look;
    bool language_given; /* by --lang */
} Args;

typedef struct Command {
    const char *name, *operands;
    const char *summary, *zh; /* a line, then more: in English and in Chinese */
    const Option *options;
    int (*run)(Args *args);
} Command;

#define COMMAND(name) extern const Command command_##name;
#include "engine/cli/command.def"
enum {
#define COMMAND(name) COMMAND_OF_##name,
#include "engine/cli/command.def"
    COMMANDS
};
extern const Command *const commands[COMMANDS];
extern const Option common[]; /* of every command */
/* NULL where there is none of that name. */
const Command *command_find(const char *name);

/* The value of an option, or NULL. */
const char *arg(const Args *args, const char *name);
/* The values of an option that may repeat, CLI_PATHS at most; gives how many. */
size_t arg_list(const Args *args, const char *name, const char **out);
/* A whole number; false and a message when it is none. */
bool arg_number(const Args *args, const char *name, size_t *out);
/* Of a text in English and in Chinese the one that is to be said. */
const char *said(const Args *args, const char *en, const char *zh);
/* Whether the environment asks for Chinese: REMIT_LANG, or at a terminal the locale. */
bool chinese_by_environment(void);
/* The form of what is printed. Programs read JSON: the environment has no say in it. */
void set_format(Args *args, RemitFormat format);
/* A wrong call: says so on standard error and gives 2. */
int usage(const Args *args, const char *en, const char *zh, ...)
    __attribute__((format(printf, 2, 4), format(printf, 3, 4)));
/* Says on standard error what went wrong; gives the code. */
int complain(const Args *args, int code, const char *en, const char *zh, ...)
    __attribute__((format(printf, 3, 5), format(printf, 4, 5)));
/* Says an error on standard error; gives its exit code. */
int fail(const Args *args, const RemitError *error);
/* Help of one command, and of all. */
int help_command(const Args *args, const Command *c);
int help_all(const Args *args);
/* A writer on a stdio stream, which is ctx. */
int write_stream(void *stream, const char *bytes, size_t n);
RemitWriter to_stdout(void);
RemitWriter to_stderr(void);
/* Flushes standard output; a failure there makes a good end a bad one. */
int done(const Args *args, int code);
/* The help of a command, or of all where it is NULL. */
int help_shown(Args *args, const Command *command);
/* The options that name a moment of a ledger's past, and what they say; NULL: now. *ok is false
 * after a message. */
#define PAST_OPTIONS                                                                               \
    {"--as-of", "MOMENT",                                                                          \
     "as it was at an instant with its offset, or at the end of a date: 2026-03-02",               \
     "当时的样子：带时差的时间点，或一个日期结束之时，如 2026-03-02", false},                      \
    {                                                                                              \
        "--at-index", "N", "as it was after entry N of the journal", "日志第 N 条之后的样子",      \
            false                                                                                  \
    }
const RemitPast *past_of(const Args *args, RemitPast *past, bool *ok);
bool is_terminal(int fd);
int terminal_columns(void);
/* The columns that a table has at a terminal; elsewhere 0: as many as it takes. */
size_t table_columns(void);
/* Opens the policy that paths name; with errors its diagnostics go to `to` and *code says how to
 * end. NULL then. */
RemitPolicy *open_policy(const Args *args, const char *const *paths, size_t n, bool partial,
                         RemitWriter to, int *code);
/* The policy of --policy; with --require-signature it must be a bundle that is signed. NULL, after
 * a message, with *code. */
RemitPolicy *open_required(const Args *args, int *code);
#define REQUIRE_SIGNATURE                                                                          \
    {                                                                                              \
        "--require-signature", "KEY", "refuse a policy that this public key has not signed",       \
            "拒绝未经此公钥签名的政策", true                                                       \
    }

/* Whether less is reached than `least` percent: REMIT_FAULT, after a message. */
int too_little(const Args *args, size_t reached, size_t all, size_t least);

enum { GRID_COLUMNS = 16 };
/* A table whose columns are aligned, right also with wide letters. Zeroed is empty; give
 * grid_table(&grid) to remit_show, then print. Rows wait in a temporary file, so that any number
 * can be measured. Where `room` is given, a row that is longer goes on several lines, and of
 * digests only their beginning is shown. */
enum GridForm {
    GRID_PLAIN,  /* a row is a line */
    GRID_FITTED, /* some columns are narrower than what is in them */
    GRID_LISTED  /* a row is a list: a line for each column */
};
typedef struct Grid {
    void *rows;
    size_t columns, widths[GRID_COLUMNS], brief[GRID_COLUMNS], count;
    size_t room; /* columns of the terminal; 0: what is printed is for programs */
    enum GridForm form;
    bool failed;
} Grid;
RemitTable grid_table(Grid *grid);
void grid_print(Grid *grid);

#endif
