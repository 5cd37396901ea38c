/* run: input: CloudEvents 1.0 lines (JSON format) and CSV rows become events with typed fields,
 * straight into their slots. What does not fit becomes a Refusal with field, reason and place
 * (semantics.md 20). Source: CloudEvents 1.0.2, "Context Attributes" and "JSON Event Format"; RFC
 * 4180 for CSV. */
#ifndef REMIT_RUN_EVENT_H
#define REMIT_RUN_EVENT_H

#include "engine/base/encoding.h"
#include "engine/base/json.h"
#include "engine/run/engine.h"

/* The lines of one feed without an id: how often each has come, so that equal lines are told apart
 * (engine.md 14). */
typedef struct Seen {
    uint64_t *hashes; /* open addressing; 0: free */
    uint32_t *counts;
    size_t cap, used;
} Seen;

typedef struct EventReader {
    const Bundle *b;
    Arena *arena; /* of the event: owns what is unescaped or made */
    Str source;   /* of events that say none, and of lines that cannot be read */
    Seen *seen;
    ZoneCache zone;
    /* of the line before, as a guess at this one's (usual.c) */
    char last_source[64];
    uint32_t last_source_n;
    uint32_t last_event;
    char last_day[11]; /* 2026-03-02T */
    int64_t last_day_at;
    bool open;  /* the event being read takes fields that it does not declare, in its records too */
    Str within; /* where in a field a mistake is: "[2].price"; empty: it is the field itself */
    Str *columns; /* CSV: the header's names, owned by the caller */
    uint32_t column_count;
    Str header; /* the record that names them */
} EventReader;

typedef enum Reading { READ_EVENT, READ_REFUSED, READ_NOTHING } Reading;

/* Reads one line (without its newline; JSON_PAD bytes behind it must be readable). READ_NOTHING: it
 * is blank. Texts borrow the line or live in the arena. ERR_NOMEM. */
MUST_USE Status event_read(EventReader *r, Str line, Reading *what, Input *event, Refusal *refusal);
/* Refuses a line that is too long to read. Of it `beginning` is kept, and nothing in it is
 * believed. ERR_NOMEM. */
MUST_USE Status event_too_long(EventReader *r, Str beginning, Reading *what, Refusal *refusal);
/* What stands between cells, and around one that holds such marks. */
typedef struct CsvForm {
    char separator, quote;
    Encoding encoding; /* of the file; cells are split when they are UTF-8 */
} CsvForm;
static const CsvForm csv_plain = {',', '"', ENCODED_UTF8};
/* Splits a CSV record into cells: RFC 4180, quotes doubled inside quotes. Cells are in the arena.
 * ERR_SYNTAX: a quote is not closed or stands inside a cell. */
MUST_USE Status csv_cells(Str record, CsvForm form, Arena *a, Str **cells, uint32_t *n);
/* The length of the record at the start of text, with its line break; 0: more text is needed to
 * know. A quote opens only at the beginning of a cell; one that is not closed within
 * LIMIT_LINE_BYTES, or before the end of the file, leaves the record at its first line. */
size_t csv_record(Str text, bool last, CsvForm form);
/* Reads one CSV record under r->columns. */
MUST_USE Status event_read_csv(EventReader *r, Str record, Reading *what, Input *event,
                               Refusal *refusal);
/* A value of a field's type from text (a JSON string, a CSV cell): OK; ERR_SYNTAX with *why. */
MUST_USE Status value_from_text(const EventReader *r, const TypeDef *type, Str text, Value *out,
                                Str *why);
void seen_free(Seen *s);
/* Why a name is none of the policy's, with the one that was probably meant. ERR_SYNTAX always, but
 * for ERR_NOMEM. */
MUST_USE Status no_such_seat(const Bundle *b, Str text, Arena *a, Str *why);
MUST_USE Status no_such_duty(const Bundle *b, Str text, Arena *a, Str *why);
MUST_USE Status no_such_approval(const Bundle *b, Str text, Arena *a, Str *why);

#endif
