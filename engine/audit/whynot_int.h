/* audit: what the files of `why-not` share: whynot.c finds the subject, whynot_probe.c runs a
 * declaration's condition again, the others tell. */
#ifndef REMIT_AUDIT_WHYNOT_INT_H
#define REMIT_AUDIT_WHYNOT_INT_H

#include "engine/audit/why_int.h"
#include "engine/run/policy.h"
#include "engine/vm/vm.h"

/* A part of a reason: what it is called in JSON, and its value. */
typedef struct Fact {
    const char *name; /* NULL: in the sentence alone */
    Value v;          /* V_INSTANT is said as a moment */
    Str said;         /* in the sentence in its place; empty: the value in words */
} Fact;
static inline Fact fact_text(const char *name, Str text) {
    return (Fact){name, value_text(text), text};
}
static inline Fact fact_at(const char *name, int64_t at) {
    return (Fact){name, value_of(V_INSTANT, at), {NULL, 0}};
}
static inline Fact fact_number(const char *name, uint64_t n) {
    return (Fact){name, value_int((int64_t)n), {NULL, 0}};
}
static inline Fact fact_said(Str text) {
    return (Fact){NULL, value_absent(), text};
}

/* An event that a declaration heard: one that came, or one that was emitted. */
typedef struct HeardEvent {
    uint64_t index; /* its entry */
    uint32_t event;
    bool emitted;
    VmEvent vm;
} HeardEvent;

/* What is looked for among the actions of a rule: that it raises, asks for or emits something. */
typedef struct Sought {
    Op op;           /* OP_OBLIGE, OP_ASK, OP_EMIT; else nothing is */
    uint32_t number; /* of the duty, the approval, the event */
    int32_t key_fn;  /* over that event, or the arguments: key parts come first */
    uint32_t key_count;
} Sought;

enum { MADE_MOST = 16 };

/* Runs conditions again. */
typedef struct Probe {
    Why *w;
    Arena arena; /* of the event at hand */
    Vm *vm;
    VmHost host;
    Watch watch;
    Policy policy;    /* compiled again from the sources in the bundle */
    bool has_policy;  /* it is the same: its names and texts can be told */
    bool asks_state;  /* what ran asked for the state, which was not there */
    uint64_t replays; /* that were made */
    Sought sought;
    Value *made[MADE_MOST]; /* the keys of what the function would have made */
    uint32_t made_count;
} Probe;

typedef struct WhyNot {
    Why w;
    Probe probe;
    bool probes;             /* the probe is open */
    uint32_t reasons;        /* that were told */
    const HeardEvent *event; /* of which they are told; NULL: of none */
} WhyNot;

/* whynot.c: the answer. In text a sentence; in JSON an object of the list of reasons. */
void not_head(WhyNot *n, Str subject, const char *state, Sentence say, Args args);
void not_tell(WhyNot *n, const char *reason, Sentence say, const Fact *facts, size_t count);
/* The same, and more members may follow up to not_end. */
void not_begin(WhyNot *n, const char *reason, Sentence say, const Fact *facts, size_t count);
void not_end(WhyNot *n);
/* Ends the answer. */
MUST_USE Status not_foot(WhyNot *n);
/* The event of which reasons are told from here on, or NULL: its type, id, time, entry and fields.
 */
MUST_USE Status not_of_event(WhyNot *n, const HeardEvent *e);

/* whynot_probe.c */
MUST_USE Status probe_open(WhyNot *n);
void probe_close(Probe *p);
/* Runs fn on an event past conditions that do not hold. *applies: they all held. *results NULL: it
 * could not be computed. */
MUST_USE Status probe_run(Probe *p, int32_t fn, const VmEvent *event, const Value **results,
                          bool *applies);
/* Tells the first part of a condition that did not hold when the function ran last, with what it
 * read. where NULL, or unknown: the line alone. */
MUST_USE Status probe_tell(WhyNot *n, const Node *where, const HeardEvent *e, uint32_t file,
                           uint32_t line);
/* Whether a condition held: as the function ran last, or where it asks for the state, then. */
MUST_USE Status probe_holds(WhyNot *n, const Node *where, const HeardEvent *e, bool *yes);
/* What a node of the policy came to when a function ran last. */
bool probe_value(const Probe *p, const Node *node, Value *out);
/* A node's text, on one line. */
MUST_USE Str probe_text(WhyNot *n, const Node *node);
/* whynot_row.c: where a condition that failed asks a table, the row that came nearest. */
MUST_USE Status probe_row(WhyNot *n, const Node *failed);
/* The conditions of declarations, by number; NULL: there is none, or it is not known. */
const Node *probe_duty_where(const Probe *p, uint32_t decl);
const Node *probe_approval_where(const Probe *p, uint32_t decl);
const Node *probe_rule_where(const Probe *p, uint32_t decl);
/* A rule's lets and actions. */
const Node *probe_rule_actions(const Probe *p, uint32_t decl);

/* whynot_event.c: goes over the events of a type that came or were emitted, in order, until *stop.
 */
MUST_USE Status each_heard(WhyNot *n, uint32_t event,
                           Status (*each)(void *ctx, const HeardEvent *e, bool *stop), void *ctx);
MUST_USE Status not_event(WhyNot *n, Str subject, Str source, Str id);

/* whynot_raise.c: what an event raises under a key: a duty or an approval. */
typedef struct Raised {
    DeclDef decl;
    const char *kind; /* "duty" */
    Str name;
    const DatedDef *dated;
    int32_t event, raise_fn;
    uint32_t key_count, file, line;
    bool again;
    bool last; /* no other declaration of its name is left to be looked at */
    const Node *where;
    /* Of a rule, whose actions have the key: events of it are those with a field that is a part of
     * it. */
    bool by_field;
    Sought sought;
    uint8_t action;      /* NodeKind of the action that is looked for */
    const Node *actions; /* the rule's; NULL: not known */
} Raised;
/* *met: events of the key came; where none did, and r is the last of its name, that is told. */
MUST_USE Status not_raised(WhyNot *n, const Raised *r, const KeyAsked *key, bool *met);
/* The same of each rule that would have made what is sought, under that key. */
MUST_USE Status not_made(WhyNot *n, const Sought *sought, const KeyAsked *key);

/* whynot_duty.c */
MUST_USE Status not_duty(WhyNot *n, Str subject, uint32_t decl, const KeyAsked *key, bool found);
/* whynot_approval.c */
MUST_USE Status not_approval(WhyNot *n, Str subject, uint32_t decl, const KeyAsked *key,
                             bool found);

#endif
