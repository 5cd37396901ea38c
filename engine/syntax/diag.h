/* syntax: diagnostics. A diagnostic is a code, a place, arguments for its texts, and a suggestion
 * where there is one. diag.def holds the texts; a message is put together when it is printed. */
#ifndef REMIT_SYNTAX_DIAG_H
#define REMIT_SYNTAX_DIAG_H

#include "engine/base/buf.h"
#include "engine/base/near.h"
#include "engine/syntax/source.h"

typedef enum DiagCode {
#define DIAG(code, name, severity, en, zh, hint_en, hint_zh) DIAG_##name,
#include "engine/syntax/diag.def"
    DIAG_COUNT
} DiagCode;

typedef enum Severity { SEVERITY_WARNING, SEVERITY_ERROR } Severity;

enum { DIAG_ARGS = 6 };
/* A text in both languages within an argument: these bytes stand before, between and behind. */
enum { DIAG_BOTH_EN = 1, DIAG_BOTH_ZH = 2, DIAG_BOTH_END = 3 };

typedef struct Diag {
    DiagCode code;
    Span span;
    Str args[DIAG_ARGS];
    bool has_fix; /* replacing `fix_span` by `fix` mends it, or may do so */
    bool certain; /* nothing else can have been meant */
    Span fix_span;
    Str fix;
    bool has_other; /* another place that the message speaks of */
    Span other;
    Span cause;      /* the declaration that it may come from, called so */
    Str cause_name;  /* empty: none */
    bool gathered;   /* told with another of the same cause */
    uint32_t again;  /* further places with the same cause */
    uint32_t number; /* the order in which it was found */
} Diag;

typedef struct Diags {
    Arena *arena; /* owns all texts */
    Sources *sources;
    VEC(Diag) all;
    VEC(Span) guessed; /* declarations whose text was mended by a guess */
    uint32_t errors, warnings;
    bool nomem, full;
    bool has_unnamed; /* a record lacks the name of its type at `unnamed`, which only check can tell
                       */
    Span unnamed;
    Diag sink; /* what is filled in when there is no room */
} Diags;

/* Of a declaration whose text could only be guessed at nothing more is said than how it reads: what
 * is found in it later may be wrong with the guess alone. */
void diags_guessed(Diags *d, Span declaration);
/* Adds a diagnostic; the arguments are borrowed and must live as long as the compile arena. Never
 * NULL. At most LIMIT_DIAGS are kept; a second one of the same code at the same place is dropped,
 * and what would be said of a gap (an empty span) of which it is said that something is missing. */
Diag *diag_add(Diags *d, DiagCode code, Span span);
Diag *diag_add1(Diags *d, DiagCode code, Span span, Str a);
Diag *diag_add2(Diags *d, DiagCode code, Span span, Str a, Str b);
Diag *diag_add3(Diags *d, DiagCode code, Span span, Str a, Str b, Str c);
/* A text in both languages, to be an argument or a part of one. Owned by the arena. */
Str diag_both(Diags *d, const char *en, const char *zh);
void diag_fix(Diag *diag, Span span, Str text);
/* The same, when something else may have been meant: it is told, and nobody writes it unasked. */
void diag_guess(Diag *diag, Span span, Str text);
/* The one of n names, `best` (less than 0: none), that may have been meant by a word. */
void diag_like(Diag *diag, Span span, Str word, const Str *names, size_t n, ptrdiff_t best);
void diag_other(Diag *diag, Span span);
/* Where one declaration is at odds with many uses, they are told as one. */
void diag_cause(Diag *diag, Span declaration, Str name);
/* What is missing, before which token (none: at the end), with an example or none. */
Diag *diag_missing(Diags *d, Span gap, Str what, Str next, Str example);
/* Words that are no keyword here, and the one that was meant. */
Diag *diag_misspelt(Diags *d, Span words, Str meant);
/* Puts them in the order of the text. */
void diags_sort(Diags *d);
void diags_free(Diags *d);

/* What a diagnostic's code is: "E0203", its severity, the Chinese or English pattern of its texts.
 */
Str diag_code(DiagCode code);
Severity diag_severity(DiagCode code);
/* The message with its arguments in place. */
void diag_message(const Diag *diag, bool chinese, Buf *out);
/* Of what stands in a pattern: which use it is, and where; of all else nothing. */
void diag_within(const Diags *d, const Diag *diag, bool chinese, Buf *out);
/* The message and that, on one line. */
void diag_whole(const Diags *d, const Diag *diag, bool chinese, Buf *out);
/* The hint, empty when there is none. */
void diag_hint(const Diag *diag, bool chinese, Buf *out);
typedef struct DiagLook {
    bool chinese, color; /* with ANSI colours */
    bool wrapped;        /* the message too is broken where a line is full */
    size_t columns; /* of a line: a longer source line is shown in part, a longer hint on lines of
                       its own */
} DiagLook;
/* The form for people: code and message, place, source line, underline and hint. */
void diag_print(Diags *d, const Diag *diag, DiagLook look, Buf *out);
/* The form for programs: one JSON object and a newline (design.md 6). */
void diag_json(Diags *d, const Diag *diag, bool chinese, Buf *out);

#endif
