/* audit: what the files of `show` share: show.c has the rows and the other tables, show_approval.c
 * approvals. */
#ifndef REMIT_AUDIT_SHOW_INT_H
#define REMIT_AUDIT_SHOW_INT_H

#include "engine/audit/show.h"
#include "engine/audit/words.h"
#include "engine/run/view.h"

enum { SHOW_CELLS = 12 };

typedef struct Show {
    Record *r;
    const ShowOptions *opt;
    ShowSink sink;
    Err *err;
    Arena arena; /* of a row */
    Str cells[SHOW_CELLS];
    size_t n, rows;
    bool stopped;
    struct Engine *reader; /* of rotations, or NULL */
} Show;

MUST_USE Status show_columns(Show *s, const Sentence *names, size_t n);
/* Words and sentences in the language of the answer, which of JSON is English. */
Str show_word(const Show *s, Sentence what);
/* How a duty stands, for people: "fulfilled late" where it is. */
Str show_duty_state(bool chinese, const Duty *d);
Str show_engine_word(const Show *s, Str english);
MUST_USE Status show_said(Show *s, Sentence what, Args args, Str *out);
MUST_USE Status show_cell(Show *s, Str text);
/* A value in words; nothing when it is absent. */
MUST_USE Status show_value(Show *s, Value v, Str *out);
MUST_USE Status show_cell_value(Show *s, Value v);
/* An instant for people: local time of the policy's zone, without the offset. */
MUST_USE Status show_cell_time(Show *s, int64_t at);
MUST_USE Status show_end_row(Show *s);
MUST_USE Status show_end_line(Show *s, Buf *line);
/* ,"name":value; nothing when it is absent. */
void show_json(Show *s, Buf *out, const char *name, Value v);
MUST_USE Status show_subject(Show *s, const Subject *subject, Str *out);
/* Walks a table; each record goes to `each`. The walk resumes at a key, so that no snapshot is held
 * for long. */
MUST_USE Status show_walk(Show *s, LedTable table, Status (*each)(Show *s, Str key, Str value));
/* "rung 2" */
MUST_USE Status show_rung(Show *s, uint32_t rung, Str *out);
/* A word that is none of those it may be: says them, or the one that was probably meant. */
Status show_unknown(Err *err, const char *what, Str word, const Str *names, size_t n);

/* show_entity.c */
MUST_USE Status show_entities(Show *s);
MUST_USE Status show_entity_filter(Show *s);

/* show_policy.c */
MUST_USE Status show_policy(Show *s);

/* show_alarm.c */
MUST_USE Status show_waiting(Show *s);
MUST_USE Status show_rotation(Show *s);
void show_reader_free(Show *s);
/* Whether the person is on call for a rotation at the clock. */
MUST_USE Status show_is_on_call(Show *s, Value rotation, Str person, bool *yes);
MUST_USE Status show_gather_timer(Show *s, uint64_t number, Str *owner, Str *what);

/* show_approval.c */
MUST_USE Status show_approvals(Show *s);
MUST_USE Status show_approval_filters(Show *s);
MUST_USE Status show_approval_timer(Show *s, uint64_t number, uint32_t rung, Str *owner, Str *what);

#endif
