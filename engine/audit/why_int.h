/* audit: what the files of `why` share: why.c finds the subject, why_duty.c and why_event.c tell of
 * it, why_say.c has the pieces. */
#ifndef REMIT_AUDIT_WHY_INT_H
#define REMIT_AUDIT_WHY_INT_H

#include "engine/audit/record.h"
#include "engine/audit/words.h"
#include "engine/run/view.h"

typedef struct Why {
    Record *r;
    Arena arena;
    Buf *out;
    Err *err;
    bool json, chinese;
    Duty d;
    Approval a;
    Leaf opened; /* the effect that opened it */
} Why;

/* The parts of a key in a subject, and which occurrence it names. */
typedef struct KeyAsked {
    Str whole; /* as it was written */
    Str *parts;
    uint32_t n, occurrence;
} KeyAsked;

/* why.c: tells of a subject. */
MUST_USE Status why_what(Why *w, Str subject);
/* The duty, the approval that a subject names behind its kind: into w->d, w->a where *found. */
MUST_USE Status why_find_duty(Why *w, Str rest, uint32_t *decl, KeyAsked *key, bool *found);
MUST_USE Status why_find_approval(Why *w, Str rest, uint32_t *decl, KeyAsked *key, bool *found);
MUST_USE Status why_event_parts(Why *w, Str rest, Str *source, Str *id);

/* why_say.c: sentences, and the texts that they are filled with. Texts live as long as `w`. */
void why_say(Why *w, Sentence what, Args args);
void why_say_word(Why *w, Sentence what); /* one without arguments */
MUST_USE Str why_said(Why *w, Sentence what, Args args);
MUST_USE Str why_word(Why *w, Sentence what);
/* What was put since `from`, taken off the end of what is put out. */
MUST_USE Str why_cut(Why *w, size_t from);
MUST_USE Str why_local(Why *w, int64_t at);  /* 2026-03-02 09:00 */
MUST_USE Str why_day(Why *w, int64_t at);    /* Mon 2026-03-02 */
MUST_USE Str why_moment(Why *w, int64_t at); /* Mon 2026-03-02 09:00 */
MUST_USE Str why_value(Why *w, Value v);
MUST_USE Str why_number(Why *w, uint64_t n);
MUST_USE Str why_subject(Why *w, const Subject *subject);
MUST_USE Str why_span(Why *w, int64_t ms); /* 1 h 30 min */
MUST_USE Str why_measure(Why *w, const KpiDef *def, Value v);
MUST_USE Str why_place(Why *w, uint32_t file, uint32_t line);
/* The line of the policy, blanks run together. */
MUST_USE Str why_source(Why *w, uint32_t file, uint32_t line);
/* Words of the policy, as a line of it. */
MUST_USE Str why_words(Why *w, Str text);
/* why_rung.c: the words of a duty's rung, from 1 */
MUST_USE Str why_rung(Why *w, uint32_t decl, uint32_t rung);
void why_json_value(Why *w, const char *name, Value v);
/* The event and its fields; what made an effect, back to the event. */
MUST_USE Status why_event_leaf(Why *w, uint64_t index, const EventLeaf *e);
/* The event at an entry in one line: its type, and the fields that it has. */
MUST_USE Status why_event_line(Why *w, uint64_t index);
MUST_USE Status why_cause(Why *w, const Cause *cause);
/* One line: what an effect says, for those who read it. */
MUST_USE Status why_effect(Why *w, uint64_t index, const Effect *e, bool subject);
/* What was said, as an item of a list in JSON. */
void why_effect_json(Why *w, const Effect *e, bool first);
/* A line of the policy, from 1; empty where there is none. */
Str why_line(const Why *w, uint32_t file, uint32_t line);
/* What who acted noted, in an event of the engine's own. */
void why_note(Why *w, const EventLeaf *e);
const char *why_state(const Duty *d);

/* why_trace.c: the tables and functions that were asked for an effect, and what they gave; local:
 * where the time of what asked is counted */
void why_traces(Why *w, const Effect *e, uint32_t local);

/* why_time.c: the arithmetic of a deadline */
MUST_USE Status why_deadline(Why *w);
/* What the policy says of its deadline: a duration, an instant, a date, a time of day, or words. */
Value why_due_said(const Duty *d, bool chinese);

/* why_duty.c */
MUST_USE Status why_duty_text(Why *w, Str subject);
MUST_USE Status why_duty_json(Why *w, Str subject);

/* why_kpi.c: what the policy says of a level, by its name */
MUST_USE Str why_level(Why *w, const KpiDef *def, Str level);
/* of the series with this group */
MUST_USE Status why_kpi(Why *w, Str subject, uint32_t decl, const Str *key, uint32_t n);

/* why_approval.c */
MUST_USE Status why_approval_text(Why *w, Str subject);
MUST_USE Status why_approval_json(Why *w, Str subject);
/* One occurrence of an approval. */
MUST_USE Status why_approval_at(Why *w, uint32_t decl, const Str *key, uint32_t n,
                                uint32_t occurrence, Approval *out, bool *found);
/* Why a ballot or a withdrawal found nothing to act on. */
MUST_USE Status why_unmatched_vote(Why *w, const EventLeaf *e);

/* why_entity.c: of an entity; and a change to one, as lines */
MUST_USE Status why_entity(Why *w, Str subject, uint32_t decl, const Str *parts, uint32_t n);
void why_change(Why *w, uint64_t index, const ChangeLeaf *c, bool subject);

/* why_event.c: of an input event: taken, refused, or both */
MUST_USE Status why_event(Why *w, Str subject, Str source, Str id);

/* why_digest.c: what was told as one, each time */
MUST_USE Status why_digest(Why *w, Str subject);

/* why_rule.c: of a rule that comes by a schedule, at one of its instants */
MUST_USE Status why_rule(Why *w, Str subject, uint32_t decl, Str instant);

#endif
