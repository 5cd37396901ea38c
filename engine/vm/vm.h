/* vm: runs verified bytecode over registers, one function on one event.
 * Trusts:  the bundle passed code/verify.
 * Never:   allocates outside the arena it was given, reads a clock, touches the ledger (VmHost
 * does). Memory:  results and texts live in the event arena and are gone at its reset. Errors:  OK,
 * ERR_NOMEM, what the host's callbacks return, or ERR_TRAP with code, place and values in `trap`.
 * Read:    base/value.h (the 16 bytes), code/op.def (the instructions), then vm.c (the loop). */
#ifndef REMIT_VM_VM_H
#define REMIT_VM_VM_H

#include "engine/base/limits.h"
#include "engine/code/bundle.h"
#include "engine/vm/watch.h"

typedef enum TrapCode {
#define TRAP(code, name, en, zh) TRAP_##name,
#include "engine/vm/trap.def"
    TRAP_COUNT
} TrapCode;

typedef struct Trap {
    TrapCode code;
    uint32_t fn, at; /* function, instruction (of the bundle) */
    Value values[2]; /* what it was applied to; V_ABSENT where there is none */
    int32_t table;   /* NO_ROW: which; else -1 */
    Str more;        /* what else there is to say, in the event arena; empty: nothing */
} Trap;

/* The event at hand: one value a field, absent ones V_ABSENT. */
typedef struct VmEvent {
    const Value *fields;
    int64_t time;
    Str id, source;
    Value actor; /* a party, or absent */
} VmEvent;

/* How far a loop over entities has come. */
enum { VM_CURSOR = 512 };
typedef struct VmCursor {
    bool begun;
    uint32_t n;
    char key[VM_CURSOR];
} VmCursor;

/* What is said to whom; borrowed until the machine goes on. */
typedef struct VmNotice {
    const Value *parties;
    uint32_t n;
    Value text;  /* or absent */
    Value stale; /* how old it may be when it is found; absent: any age */
    bool urgent; /* quiet hours do not hold it */
} VmNotice;

/* What actions do. parties, fields and arguments are borrowed for the call. */
typedef struct VmHost {
    void *ctx;
    Status (*emit)(void *ctx, uint32_t event, const Value *fields);
    Status (*oblige)(void *ctx, uint32_t duty, const Value *args);
    Status (*ask)(void *ctx, uint32_t approval, const Value *args);
    Status (*escalate)(void *ctx, const Value *parties, uint32_t n);
    Status (*notify)(void *ctx, const VmNotice *notice);
    /* Whether a duty, approval or series of this key was in a state (DutyState, ApprovalState,
     * KpiLevel) before the event at hand. May be NULL: nothing is. */
    Status (*state)(void *ctx, DeclDef decl, int64_t state, const Value *key, uint32_t n, bool *is);
    /* What a KPI measured for a group before the event at hand: a value, or of a quotient two
     * numbers; absent where there is nothing. ERR_OVERFLOW, ERR_INEXACT: it does not fit. NULL
     * where no function asks. */
    Status (*measure)(void *ctx, uint32_t kpi, const Value *group, Value out[2]);
    /* Reads the entity of a key as it was before the event at hand: a value a field. May be NULL:
     * none is there. */
    Status (*get)(void *ctx, uint32_t entity, const Value *key, Value *fields, bool *found);
    /* Sets a field of the entity of a key; deletes it. ERR_TRAP, with vm.trap set, when that
     * contradicts what was set before. May be NULL: nothing happens. */
    Status (*set)(void *ctx, uint32_t entity, const Value *key, uint32_t field, Value value);
    Status (*drop)(void *ctx, uint32_t entity, const Value *key);
    /* The next entity of a kind, in the order of keys, as it was before the event at hand; index
     * not below 0: of those whose indexed field is `sought`. May be NULL: there is none. */
    Status (*next)(void *ctx, uint32_t entity, int32_t index, Value sought, VmCursor *cursor,
                   Value *fields, bool *found);
    /* The persons who hold a party, a list. May be NULL: nobody is known. */
    Status (*members)(void *ctx, Value party, Value *list);
    /* Who stands above a person, by what they hold; themselves when nobody does. May be NULL:
     * nobody is known. */
    Status (*superior)(void *ctx, Value person, Value *out);
} VmHost;

/* A row that a table gave, with the values it was asked for: what `why` shows. */
typedef struct TraceRow {
    uint32_t table;
    int32_t row;
    const Value *inputs; /* in the event arena */
} TraceRow;

enum { VM_TRACE = 16, VM_DEPTH = 2 * LIMIT_TABLE_DEPTH + LIMIT_LOOPS };

typedef struct Vm {
    const Bundle *b;
    Arena *arena;       /* of the event */
    const VmHost *host; /* may be NULL where no function acts */
    ZoneCache zone;
    Trap trap;
    uint64_t cost; /* metered: the sum of what was executed */
    uint64_t most; /* cost that the outermost call may reach */
    TraceRow trace[VM_TRACE];
    uint32_t trace_count; /* more than VM_TRACE are not kept */
    bool tracing;
    Watch *watch; /* who asks what runs, or NULL; borrowed */
    uint32_t depth;
    uint32_t local;    /* where the time of the function at work is counted */
    const int64_t *at; /* the instant at hand where no event is; borrowed. NULL: there is none */
    int64_t when;      /* that of the function at work; INT64_MIN: there is none */
    Value regs[VM_DEPTH][256];
} Vm;

/* Makes a machine for a bundle; arena and host are borrowed. Allocates nothing. */
void vm_init(Vm *vm, const Bundle *b, Arena *arena, const VmHost *host);
/* Runs function fn. event, frame and args as the function needs them, else NULL. *results: its
 * values, good until the next call; *applies (may be NULL): false when it ended by STOP. */
MUST_USE Status vm_call(Vm *vm, int32_t fn, const VmEvent *event, const Value *frame,
                        const Value *args, const Value **results, bool *applies);
/* Asks a table at an instant, no function being at work. regs: its inputs, room for what it gives,
 * which takes their place. */
MUST_USE Status vm_table(Vm *vm, uint32_t table, const int64_t *at, Value *regs);
/* "E0903" and its words. */
Str trap_code(TrapCode code);
Str trap_text(TrapCode code, bool chinese);
/* What, with which values: "division by zero (3 and 0)". */
void put_trap_words(Buf *out, const Bundle *b, const Trap *trap, bool chinese);
/* A sentence for people: what, where (file:line of the policy), with which values. */
void put_trap(Buf *out, const Bundle *b, const Trap *trap);

#endif
