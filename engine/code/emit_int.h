/* code: what the emitter's files share. */
#ifndef REMIT_CODE_EMIT_INT_H
#define REMIT_CODE_EMIT_INT_H

#include "engine/base/limits.h"
#include "engine/check/check.h"
#include "engine/check/check_int.h"
#include "engine/code/bundle.h"
#include "engine/code/emit.h"

/* An expression over the raising event, whose value is kept in the duty's frame. */
typedef struct Slot {
    const Node *node;
    Type type;
} Slot;

/* A function in the making. */
typedef struct FnBuild {
    FnDef def;
    uint32_t next;      /* the next free register */
    bool later;         /* runs after the raising: what it needs of then is in the frame */
    uint32_t *local_at; /* register of each let, by its place among the scope's locals; UINT32_MAX:
                           none yet */
    const Scope *scope;
    uint32_t *arg_at; /* in a loop's function: the argument in which each local begins; UINT32_MAX:
                         in none */
    uint32_t item_at; /* and that in which the item begins */
} FnBuild;

/* A loop whose function is still to be made, and what it is given. */
typedef struct LoopBody {
    uint32_t number; /* of the loop */
    const Loop *loop;
    FnBuild around; /* the function in which it stands */
    uint32_t *arg_at;
} LoopBody;

enum { CONSTANT_SLOTS = 1 << 17 }; /* twice as many as there can be constants */

typedef struct Emit {
    const Program *p;
    Arena *a;
    Bundle *b;
    Err *err;
    Status status; /* the first failure */
    VEC(uint32_t) code;
    VEC(uint32_t) lines;
    VEC(Value) constants;
    uint32_t *constant_slots; /* CONSTANT_SLOTS of them, by hash: numbers of constants from 1 */
    VEC(FnDef) fns;
    VEC(LoopDef) loops;
    VEC(LoopBody) bodies; /* to be made when the function being compiled is done */
    VEC(Slot) slots;      /* of the duty being compiled */
    FnBuild fn;
    uint32_t *files;  /* of each source: its number in the bundle */
    uint32_t local;   /* where the time of what is being compiled is counted */
    uint32_t line;    /* of the source being compiled: file << 20 | line */
    Span at;          /* the node being compiled */
    EmitMarks *marks; /* or NULL */
} Emit;

void emit_nomem(Emit *e);
/* Too much of something at the node being compiled: a diagnostic, and Err. */
void emit_limit(Emit *e, const char *en, const char *zh, const char *most);
/* Copies of a list into the arena. */
void *emit_copy(Emit *e, const void *from, size_t n, size_t size);
uint32_t emit_constant(Emit *e, Value v);
TypeDef emit_type(const Type *type);
KindDef emit_kind(const Type *type);

/* ---- functions */
/* Begins a function over an event (or NULL) and the frame of a declaration (-1: none). */
void fn_begin(Emit *e, Str name, const Scope *scope, const Event *event, DeclKind of, int32_t owner,
              bool later);
void fn_result(Emit *e, KindDef kind);
/* Ends it with results from register `from` on, and gives its number. */
int32_t fn_end(Emit *e, uint32_t from);
uint32_t fn_reg(Emit *e, uint32_t count); /* the first of `count` new registers */
void ins_abc(Emit *e, Op op, uint32_t a, uint32_t b, uint32_t c);
void ins_abx(Emit *e, Op op, uint32_t a, uint32_t bx);
/* A forward jump to be filled in, and the place it goes to. */
uint32_t jump_from(Emit *e, Op op, uint32_t a);
void jump_here(Emit *e, uint32_t jump);
/* A condition whose value stands in a register now; an action that begins here, or no action. */
void mark_condition(Emit *e, const Node *node, uint32_t reg);
void mark_action(Emit *e, const Node *node);
/* What an expression came to. */
void mark_value(Emit *e, const Node *node, uint32_t reg);
void emit_at(Emit *e, const Node *node); /* what follows stems from this node */

/* ---- expressions (emit_expr.c) */
/* Puts the value of node into register dst, converted to `want` (NULL: as it is). */
void emit_expr(Emit *e, const Node *node, uint32_t dst, const Type *want);
void emit_lets(Emit *e, const Scope *scope);
void emit_actions(Emit *e, const Node *first);
/* One register of what a local holds, or of the item that a loop is at. */
void emit_part(Emit *e, const Node *node, uint32_t part, uint32_t dst);
/* How many registers a value of this type takes. */
uint32_t type_width(const Type *type);
/* emit_said.c: the text of what a KPI measures, and of a level; of a pattern's level empty. */
Str said_measure(Emit *e, const KpiSym *kpi);
Str said_level(Emit *e, const KpiSym *kpi, const LevelSym *level);
/* Ends the function where a condition does not hold; NULL: none. */
void emit_where(Emit *e, const Node *where);
/* What follows counts its time there; NULL: as the policy does. */
void emit_in(Emit *e, const LocalTime *local);
void emit_feeds(Emit *e); /* emit_feed.c */
/* emit_loop.c */
void emit_loop(Emit *e, const Loop *loop, uint32_t dst);
/* Adds what an item of a loop is to the arguments of the function at hand. */
void emit_item_args(Emit *e, const Type *type);
void emit_for_each(Emit *e, const Node *node);
/* The functions of the loops that stand in the function that was just made. */
void emit_bodies(Emit *e);
/* DutyState or ApprovalState. */
uint8_t state_def(StateRow state);
/* The frame slot of an expression of the raising event. */
uint32_t emit_slot(Emit *e, const Node *node);
/* The value of a checked constant node; false if it is none. */
bool emit_const_value(Emit *e, const Node *node, const Type *want, Value *out);

#endif
