/* base: what can go wrong with the machine, and how it is told.
 * A wrong policy or wrong data is not a Status: it becomes a diagnostic or a rejected event. */
#ifndef REMIT_BASE_STATUS_H
#define REMIT_BASE_STATUS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

typedef enum Status {
    OK = 0,
    ERR_NOMEM,    /* an allocation failed */
    ERR_IO,       /* a system call on a file failed; Err names the file and the cause */
    ERR_NOTFOUND, /* a file or a thing named in the call does not exist */
    ERR_LIMIT,    /* a bound of base/limits.h was met */
    ERR_OVERFLOW, /* a number does not fit */
    ERR_INEXACT,  /* a result has no finite decimal form within the digits there are */
    ERR_BYZERO,   /* division by zero */
    ERR_SYNTAX,   /* text that is not of the form it should have */
    ERR_DAMAGED,  /* bytes read back are not what was written, or a bundle is not valid */
    ERR_VERSION,  /* bytes of a form this program does not know */
    ERR_LOCKED,   /* another process writes this ledger */
    ERR_FULL,     /* disk or map is full */
    ERR_TRAP,     /* the program of a policy stopped on an error in the data; Trap has it */
    ERR_POLICY,   /* the policy has errors; the diagnostics have them */
    ERR_MISMATCH, /* two things that must belong together do not, as a bundle and a ledger */
    ERR_STATE,    /* the call is not allowed now */
} Status;

/* Returns from the calling function with the Status of x unless it is OK. */
#define TRY(x)                                                                                     \
    do {                                                                                           \
        Status try_status = (x);                                                                   \
        if (try_status != OK)                                                                      \
            return try_status;                                                                     \
    } while (0)

/* An error with its words. A zeroed Err is "no error". */
typedef struct Err {
    Status code;
    char text[600];    /* one line, no newline at its end, always NUL-ended */
    char chinese[600]; /* the same in Chinese */
} Err;

/* These fill err (which may be NULL) and return code. Text beyond 599 bytes is cut at a whole
 * UTF-8 character. The first error stays: a filled err is not overwritten. */

/* In English and in Chinese, which take the same arguments in the same order. */
Status err_say(Err *err, Status code, const char *en, const char *zh, ...)
    __attribute__((format(printf, 3, 5), format(printf, 4, 5)));
/* The same words in both languages. */
Status err_set(Err *err, Status code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Words that are ready. */
Status err_pair(Err *err, Status code, const char *en, const char *zh);
/* The short name of the code. */
Status err_status(Err *err, Status code);
/* "en: what why says"; where it says nothing, the short name of the code. why may be NULL. */
Status err_because(Err *err, Status code, const char *en, const char *zh, const Err *why);
/* What why says; where it says nothing, the short name of the code. why may be NULL. */
Status err_as(Err *err, Status code, const Err *why);

/* A short name for a Status, as "out of memory". Never NULL. */
const char *status_text(Status status);
const char *status_chinese(Status status);

#endif
