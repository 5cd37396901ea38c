/* check: what the layer's files share. */
#ifndef REMIT_CHECK_CHECK_INT_H
#define REMIT_CHECK_CHECK_INT_H

#include "engine/base/told.h"
#include "engine/check/check.h"

/* How a node's name is bound; stands in Node.bind. */
typedef enum Bind {
    BIND_NONE,
    BIND_LOCAL,    /* slot: its number, means: the tree of its value, or NULL */
    BIND_EVENT,    /* the trigger's event by its alias */
    BIND_IT,       /* the event at hand */
    BIND_FIELD,    /* slot: field's number; `a` is the event */
    BIND_ATTR,     /* slot: Attr */
    BIND_OUTPUT,   /* slot: output's number of what a table gives */
    BIND_PARTY,    /* means: Party */
    BIND_MEMBER,   /* slot: member's number, means: Enum */
    BIND_TABLE,    /* a call; means: Table */
    BIND_SUPERIOR, /* who stands above `a` */
    BIND_PART,     /* part of an instant or a date `a`; slot: PropertyRow */
    BIND_MEASURE,  /* what a KPI measures, `a` is its group; or a comparison with that */
    BIND_CONST,    /* a literal */
    BIND_BUILTIN,  /* a call; slot: Builtin */
    BIND_ENTITY,   /* a call with a key; means: Entity */
    BIND_HELD,     /* slot: field's number of an entity, which is `a` */
    BIND_ITEM,     /* what a loop is at */
    BIND_LOOP,     /* a call that goes over many; means: Loop */
    BIND_MEMBERS,  /* who holds the party `a` */
    BIND_AMONG,    /* whether `a` is an item of the list `b` */
    BIND_RECORD,   /* a record written out; means: RecordType */
    BIND_PICK      /* slot: field's number of the record `a` */
} Bind;

/* What the language itself can compute: the rows FUNCTION of keywords.def, and two of AGG. */
typedef enum Builtin {
#define FUNCTION(name, en, zh) BUILTIN_##name,
#include "grammar/keywords.def"
    BUILTIN_MIN,
    BUILTIN_MAX
} Builtin;

/* type.c */
const Type *type_of(const Node *node);
void type_set(Program *p, Node *node, Type type);
Type type_plain(TypeKind kind);
Type type_error(void);
Str type_text(Program *p, const Type *type); /* "money in CNY", for messages, in both languages */
Str type_currency_text(Program *p, const Type *type); /* "CNY" */
Str type_member_text(Program *p, const Type *type);   /* "refund, fraud", a few of them */
/* Whether a value of type `from` can stand where `to` is wanted, absence apart. */
bool type_fits(const Type *from, const Type *to);
bool type_same(const Type *a, const Type *b);
bool type_ordered(const Type *type);
Type type_read(Program *p, const Node *node); /* of a type's tree */
/* Whether a name is one of the language's words for types. */
bool type_is_taken(Str name);
Type named_type_read(Program *p, NamedType *named);
/* The fields of a record type as those of an event are looked at. */
Event record_as_event(const RecordType *record);
/* The tree of a type, or that of the type it names. */
const Node *type_written(Program *p, const Node *node);
Type type_from_fields(Program *p,
                      const Node *param);  /* table.c: that of the event fields of its name */
const NameIndex *fields_index(Program *p); /* table.c: the fields of the policy's events by name */
const Enum *weekdays(Program *p);          /* expr.c: the enumeration of the days of the week */
ColumnType column_type(const Type *type);  /* what a column of a table can hold */
const Enum *enum_of(Program *p, Member *members, uint32_t n);
int enum_find(const Enum *e, Str name); /* by name or alias; -1 */

/* currency.c. Warns of a code that ISO 4217 lacks. */
void currency_known(Program *p, Span at, Str code);
/* Warns of an amount whose decimals, more than its currency has, look like thousands: 1.500 EUR. */
void currency_decimals(Program *p, const Node *money);

/* say.c: diagnostics that several files use */
Str say(Program *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
Str say_count(Program *p, size_t n);
/* "1 cell", "2 cells", "2 个条件" */
Str say_number(Program *p, size_t n, const char *one, const char *many, const char *zh);
Str say_both(Program *p, const char *en, const char *zh); /* a text in both languages */
Str say_quoted(Program *p, Str text);
bool is_lost(const Program *p, Str name);
/* Something needs a setting that the header does not have: said once. */
void say_header(Program *p, DiagCode code, Span at, NodeKind setting);
/* A setting of a list of them, if one of its kind stands before it. */
void said_once(Program *p, const Node *first, const Node *setting);
/* Whether the name is reported as unknown elsewhere: one cause, one message, which counts the
 * places. */
bool said_before(Program *p, Span at, Str name);
Diag *say_wrong_type(Program *p, const Node *at, const Type *is, const Type *wanted);
void say_unknown(Program *p, DiagCode code, Span at, Str name, const Str *near, size_t n);
/* There is no duty, approval or KPI of that name; gives the number of the one that was probably
 * meant, or -1. */
ptrdiff_t say_no_declaration(Program *p, DeclKind kind, Span at, Str name);

/* declared.c: one declaration, many uses. What a diagnostic may come from: the field whose type is
 * wanted or that is used, a field on either side of an operator, a field, the header's currency. */
void declared_as(Program *p, Diag *diag, const Node *at, const Type *wanted);
void declared_beside(Program *p, Diag *diag, const Node *node);
void declared_field(Program *p, Diag *diag, const Field *field);
void declared_currency(Program *p, Diag *diag, const Type *a, const Type *b);
/* Makes one of three and more that say the same of one declaration. Sorts the diagnostics. */
void declared_gather(Program *p);

void put_literal(Program *p, Buf *out, Value v); /* a constant as the language writes it */

/* module.c: files and modules; then what names mean. A finder asks one after the other of the
 * places that a name may reach from p->here and tells each symbol that has it; what comes out is
 * the one symbol, or NULL, and p->unseen then says more. */
typedef struct Reach {
    const Space *home; /* NULL: the engine's own */
    Str name;          /* the symbol's name there */
    bool inside;       /* it stands where it is looked for, so that private ones count */
} Reach;
typedef struct Seek {
    Program *p;
    Str asked, name;
    const Space *at;
    const Used *used;
    enum { SEEK_ENGINE, SEEK_OWN, SEEK_USED } step;
    int way;
    void *found;
    bool inside;
} Seek;
/* names.c: an empty name is not entered. */
void names_add(Program *p, NameIndex *x, Str name, uint32_t place);
/* The entries of a name in the order in which they were added; NULL: no more. Adding moves them. */
const NameEntry *names_first(const NameIndex *x, Str name);
const NameEntry *names_next(const NameIndex *x, const NameEntry *entry);
Seek seek_begin(Program *p, Str name);
bool seek_next(Seek *s, Reach *out);
void seek_hit(Seek *s, const Reach *reach, void *sym, bool secret, Str name, Span at);
void *seek_end(Seek *s);
Str name_own(const Space *home, Str full); /* without the module's name */
Str name_full(Program *p, const Space *home, Str own);
Str name_short(Program *p, const Space *home, Str full); /* with the last word of the module's */
/* As it is called here; empty: it cannot be called. */
Str name_here(Program *p, const Space *home, Str full);
void space_enter(Program *p, const Space *home); /* names are looked up there from now on */
bool space_sees(const Program *p, const Space *home);
Space *space_find(Program *p, Str name);
Space *space_new(Program *p, Str name);
/* The module of that name, read from where it lies if need be; NULL: *tried says where. */
Space *module_get(Program *p, Str name, uint32_t beside, Str *tried);
bool say_unseen(Program *p, Span at, Str name); /* false: there is nothing to say */
void modules_load(Program *p);

/* local.c: a zone and calendar of one's own. local_read takes them from clauses; here is where
 * the declaration stands that is being checked. */
const Zone *zone_here(const Program *p);
const Calend *calendar_here(const Program *p);
void local_read(Program *p, const Node *clauses, LocalTime *out);
void local_enter(Program *p, const LocalTime *local); /* NULL: the policy's again */
void locals_check(Program *p);

/* pattern.c: patterns put to use; then whether what is given is what is wanted. *tried: where its
 * module was looked for; NULL: no file is looked for. */
const Node *pattern_find(Program *p, const Space *here, const Node *use, const Space **home,
                         Str *tried);
Space *pattern_use(Program *p, Space *here, const Node *use, const Node *pattern,
                   const Space *home);
void blanks_report(Program *p, Node *items); /* names where only a pattern may have them */
void patterns_check(Program *p);
Given *given_find(const Space *space, Str name);
const Given *given_thing(const Space *space, Str name);
bool event_given(const Program *p, const Event *event);
/* The field of an event for which a parameter stands, or the name itself. */
Str field_given(const Program *p, const Event *event, Str name);
/* Says at the use that a given event lacks a field; false: it is no given event. */
bool say_field_needed(Program *p, Span at, const Event *event, Str field);

/* declare.c */
Event *event_find(Program *p, Str name);
NamedType *type_find(Program *p, Str name);
Party *party_find(Program *p, Str name);
Table *decision_find(Program *p, Str name);
DutySym *duty_find(Program *p, Str name);
KpiSym *kpi_find(Program *p, Str name);
ApprovalSym *approval_find(Program *p, Str name);
Calend *calendar_find(Program *p, Str name);
/* Makes all that is else made when it is first asked for. */
void names_complete(Program *p);
int field_find(const Field *fields, uint32_t n, Str name); /* by name or alias; -1 */
void declare_all(Program *p, bool with_header);
/* Whether it is the name, or the alias where there is one. */
bool named(Str name, Str alias, Str wanted);
Str name_alias(Str label); /* the label if it is a valid name, else empty */
const Event *event_named(Program *p, const Node *name);
/* told.c: the event that a rule or a clause hears: one of the policy's, or what the engine says of
 * some declarations. NULL: it is reported. */
const Event *event_heard(Program *p, const Node *name);
/* Whether it is what the engine says of this declaration. */
bool told_tells(const Event *told, ToldRow row, uint32_t decl);
void say_unknown_field(Program *p, Span at, Str of, const Field *fields, uint32_t n, Str name);
bool zone_read(Program *p, const Node *node,
               Zone *zone); /* node's text names it; reports unknown ones */
/* Says so where a name that stands in expressions is a word that is a value there: it would never
 * be reached. */
void refuse_value_word(Program *p, Span at, Str name);
void scope_add(Program *p, Scope *scope, Local local);

/* entity.c: fields, when the names of types are known; then what expressions and actions do with
 * entities. */
Entity *entity_find(Program *p, Str name);
void entity_fields(Program *p, Entity *entity);
/* The entity of a key: a call. */
Type entity_call(Program *p, const Scope *scope, Node *node, Entity *entity);
/* A field of an entity that is of type `of`. */
Type entity_field(Program *p, const Scope *scope, Node *node, const Type *of);
/* Whether it is a whole entity, which is no value: says so. */
bool entity_whole(Program *p, const Node *node, const Type *type);
/* There is no entity of the name of a node: says so. */
void say_no_entity(Program *p, const Node *node);
void set_check(Program *p, const Scope *scope, Node *node);
void delete_check(Program *p, const Scope *scope, Node *node);
/* What is set twice to different values, in one list of actions or by rules of one event. */
void sets_check(Program *p);
/* Whether an expression looks at entities or at the state of declarations, which change. */
bool expr_reads(const Node *node);
/* Checks the arguments of a call of what is unknown. */
void arguments_any(Program *p, const Scope *scope, Node *first);

/* loop.c: whether a call goes over many; such a call; and the action. */
bool is_loop(Program *p, const Scope *scope, const Node *node);
Type loop_check(Program *p, const Scope *scope, Node *node);
/* Says of each LET among actions that it cannot stand in `where`. */
void lets_refused(Program *p, const Node *actions, Str where);
void for_each_check(Program *p, Scope *scope, Node *node, Str where, bool of_approval);

/* expr.c: checks an expression where `want` is wanted (NULL: anything) and gives its type. */
Type expr_check(Program *p, const Scope *scope, Node *node, const Type *want);
/* Whether the first of names joined by points is one that is at hand, or none of a declaration. */
bool expr_bound(const Scope *scope, const Node *node);
/* The dotted text of names joined by dots; false if something else is among them. */
bool dotted_text(Program *p, const Node *node, Str *out);
/* Whether a function of the language has this name, in either language. */
bool function_named(Str name, Builtin function);
/* The same, and reports what does not fit `want`, or may be absent. */
Type expr_want(Program *p, const Scope *scope, Node *node, const Type *want);
/* The same as expr_check of an operand: one value, and present. */
Type expr_operand(Program *p, const Scope *scope, Node *node, const Type *want);
/* The dotted text of names joined by dots; false if something else is among them. */
bool dotted_text(Program *p, const Node *node, Str *out);
/* What a table of one output gives is that output. */
Type expr_scalar(Program *p, Node *node, Type type);
void expr_condition(Program *p, const Scope *scope, Node *node);
/* The value of a constant expression of type want; false (and a diagnostic `code`) if it is none.
 */
bool expr_constant(Program *p, Node *node, const Type *want, DiagCode code, Value *out);
/* What a field is where it is not given. A wrong one is there all the same, as absent: it is said
 * once. */
void field_preset(Program *p, Field *field, Node *node);
/* The value of a literal node; reports bad ones. */
bool literal_value(Program *p, const Node *node, Value *out);
/* A whole number from 1 to `most`, as written; else says so, and *out stays. what: "number of
 * times". */
bool count_read(Program *p, Span at, Str text, int64_t most, Str what, int64_t *out);
bool moment_value(Program *p, const Node *node,
                  int64_t *out); /* date, date-time, instant in the policy's zone */

void calendars_check(Program *p);
void say_no_calendar(Program *p, const Node *said); /* none of that name */
void tables_check(Program *p);
void table_prove(Program *p, Table *t);
void params_scope(Program *p, Table *t); /* table.c: the parameters, for what columns compute */
/* contains.c: the columns that cells with `contains` need, before rows are read; then whether a
 * cell is one, which is put where it is tested; and how it would be written for the atoms of a gap.
 */
void contains_columns(Program *p, Table *t);
bool contains_cell(Program *p, const Table *t, uint32_t column, const Node *cell, Cell *cells);
Str contains_said(Program *p, const Table *t, uint32_t column, const uint32_t *atoms);
/* csvtable.c: a table whose rows are in a CSV file: its header, and its inputs and outputs where
 * they stand there (false: there is nothing to go on with; that was said); then, with types known,
 * its rows. */
bool csv_head(Program *p, Table *t);
void csv_rows(Program *p, Table *t);
void duties_params(Program *p); /* their parameters first, and those of approvals */
void duties_check(Program *p);
/* power.c: after names are declared; then what they add to a duty whose clauses have been read. */
/* state.c: a condition on the state of a declaration; and, when all keys are known, its key. */
Type state_check(Program *p, const Scope *scope, Node *node);
bool state_fits(DeclKind of, StateRow state); /* whether a duty or an approval can be in it */
void states_check(Program *p);
/* measured.c: the value of a KPI in a condition, and a measure of its own. */
bool asks_kpi(Program *p, const Node *node); /* a call that is the value of a KPI */
bool is_measure(Program *p, const Node *node);
Type kpi_value_check(Program *p, const Scope *scope, Node *node);
Type measured_check(Program *p, const Scope *scope, Node *node);
/* A comparison of a measure with a value: where there is nothing to measure it does not hold. */
Type measured_compare(Program *p, const Scope *scope, Node *node);
/* What a quotient, `type`, gives that is rounded. */
Type measured_rounded(Program *p, Node *node, Type type);
void deputies_check(Program *p); /* power.c */
void powers_check(Program *p);
void power_acts(Program *p, DutySym *duty);
void approvals_check(Program *p);
/* schedule.c */
void schedule_read(Program *p, const Node *every, Schedule *out);
/* dated.c: from when until when a declaration applies. NULL: without bounds. */
Dated dated_read(Program *p, const Node *dated);
const Node *dated_said(const Node *children); /* the DATED among them, or NULL */
/* When what is checked from now on is computed. NULL: at any time. */
void during_enter(Program *p, const Dated *during);
/* The versions of a name in the order of time: which comes behind which, and whether two apply at
 * once; then, when their inputs and outputs are known, whether those are the same. */
void versions_order(Program *p);
void versions_alike(Program *p);
/* The same of a role or a team. */
void spans_order(Program *p, Party *party);
/* Under whom it stands at an instant: where it is not there, as it last did, or will first. */
const PartySpan *party_span(const Party *party, int64_t at);
/* What a call of the table asks. *of: the table, or it as what may be absent where no version
 * applies at some time at which it may be asked. */
bool versions_lack(const Program *p, const Table *table, Dated *when);
bool versions_read(const Table *eldest); /* whether one of them looks at what changes */
/* What may be absent, and why if that is so by dates. */
void say_absent(Program *p, const Node *node);
/* `X else ...`, in the language of its file. */
Str or_else(Program *p, const Node *node);
/* duty.c: what duties and approvals share. Parameters first, for all declarations; then trigger,
 * lets and key (false: nothing of the rest can be checked), then the clauses. */
void owing_params(Program *p, DutySym *duty);
bool owing_begin(Program *p, DutySym *duty);
/* When what stands in a clause is computed: at the raising, behind it, or at any time. */
void clause_during(Program *p, const DutySym *duty, const Node *clause);
/* The duty that a line names, or NULL, which is said. */
DutySym *duty_called(Program *p, const Node *name);
void moves_check(Program *p);
/* rotation.c */
void rotations_check(Program *p);
const Party *rotation_called(Program *p, const Node *name); /* or NULL, which is said */
bool has_error(const Node *list);
/* alarm.c: `stale after 1 day`, or NULL; absent where it is none, which is said. */
Value stale_read(Program *p, Node *said);
/* `notify ... stale after 1 day even in quiet hours`. */
void notice_check(Program *p, Node *notice);
/* `even in quiet hours`, said so often, where there may be none. */
void urgent_check(Program *p, const Node *at, unsigned times, bool quiet);
/* `grouped by ... within ...`: how long; false: it is no time, which is said. */
bool grouped_within(Program *p, const Node *node, bool working, Grouping *out);
/* The hours of `quiet from A to B`; false: they are no hours, which is said. */
bool quiet_read(Program *p, const Node *node, Quiet *out);
void act_check(Program *p, DutySym *duty, const Node *node, uint32_t clause);
/* Says that a condition stands where a reaction names a state. */
void no_reaction(Program *p, const Node *node, Str expected);
void reaction_check(Program *p, DutySym *duty, const Node *node, bool allowed, Str expected);
void parties_check(Program *p, const Scope *scope, Node *parties);
void need_calendar(Program *p, const Node *at, const Type *type);
/* standing.c: duties that a schedule raises for each of many. */
void each_declare(Program *p, DutySym *duty);
Node *each_key(Program *p, const DutySym *duty);
/* `again 90 days after done`. */
void renewal_check(Program *p, DutySym *duty, const Node *again);
/* What such a duty cannot have beside it, when all of it is read. */
void renewal_fits(Program *p, const DutySym *duty);
void each_refused(Program *p, Scope *scope, const Node *trigger, Str where);
/* How many parts the key of a duty has as conditions and tests name it, and the type of one; NULL:
 * it is not known yet. */
uint32_t key_wanted(const DutySym *duty);
const Type *key_wanted_type(const DutySym *duty, uint32_t part);
/* portion.c */
/* What a portion is of: the event, with the act's field and amount set; NULL: it was said why not.
 */
const Event *portion_check(Program *p, DutySym *duty, ActSym *act);
void portion_read(Program *p, Node *act);
void sums_read(Program *p, Node *clauses);
void count_read_as_sum(Program *p, Node *parts);
const Event *outcome_check(Program *p, const DutySym *duty, Node *name);
void outcome_match(Program *p, const DutySym *duty, ActSym *act);
/* duty.c */
void say_clause_twice(Program *p, const DutySym *duty, const Node *clause);
/* Arguments of oblige and ask. */
void arguments_check(Program *p, const Scope *scope, Node *action, const DutySym *duty);
/* What an expression uses: the event at hand in a clause, and what is at hand besides. */
typedef struct Uses {
    bool it, at_hand;
} Uses;
Uses uses_here(const Node *node);
bool is_members(const Node *seat);     /* TEAM.members */
const Node *seat_of(const Node *seat); /* of one with a weight, the seat */
/* Whether a node is X.PROPERTY, in either language. */
bool is_property(const Node *node, PropertyRow property);
void rules_check(Program *p);
void feeds_check(Program *p); /* feed.c */
/* Adds what clauses let to a scope. */
/* What a `let` gives its name; says so where that is no single value. */
Type let_type(Program *p, const Scope *scope, const Node *let);
void lets_read(Program *p, Scope *scope, const Node *clauses);
void actions_check(Program *p, Scope *scope, const Node *first, Str where, bool of_approval);
void init_check(Program *p, const Scope *scope, const Event *event, Node *inits, const Node *at);
/* clash.c: warnings of what can hardly be meant. Two clauses of a duty that one event sets off at
 * once. */
void acts_clash(Program *p, const DutySym *duty);
/* unkeyed.c: the field of an event that has the name of a part of the key and may be compared with
 * it, or -1; and a clause that does not tell which instance it is about, though its event could. */
int field_for_key(const DutySym *duty, const Event *event, uint32_t part);
void unkeyed_check(Program *p, const DutySym *duty, const ActSym *act, const Node *where);
/* Hours of the day that no layer of a rotation has. */
void layers_cover(Program *p, const Party *rotation);
/* A role that is not there at any time at which what names it applies. */
void role_is_there(Program *p, const Node *node, const Party *party);

/* idle.c: warnings of what can never come, when all else is right. */
void idle_check(Program *p);
/* never.c: conditions that never hold. */
void conditions_check(Program *p);

/* kpi.c: which duties KPIs oblige; what KPIs measure, which conditions may ask for; then their
 * levels. */
void kpis_oblige(Program *p);
void kpis_read(Program *p);
/* The event that a dotted name begins with, the longest first; *field: what is behind it. */
const Event *event_of(Program *p, Str name, Str *field);
/* record.c: what a measure knows of a duty. ended: of one that was fulfilled. */
const Event *duty_record(Program *p, const DutySym *duty, bool ended);
/* The record of an entity, whose fields are its own; NULL: out of memory. */
const Event *entity_record(Program *p, const Entity *entity);
/* Adds an aggregate, the tree of which is N_AGGREGATE, to those of a KPI. */
bool agg_check(Program *p, KpiSym *kpi, const Node *node);
void window_check(Program *p, KpiSym *kpi, Node *node);
/* The type of the whole measure. */
void measure_type(Program *p, KpiSym *kpi, const Node *node);
/* With what the measure is compared; NULL: with nothing. */
void compare_check(Program *p, KpiSym *kpi, const Node *node);
bool plain_number(const Type *t); /* an integer, number or percentage */
void kpis_check(Program *p);
/* Says that a level that is asked for is none of the KPI's; of a KPI that could not be read whole
 * nothing. */
void level_needed(Program *p, const KpiSym *kpi, LevelRow level, Span at);
/* Whether a part of some KPI could not be read. */
bool kpi_unread(const Program *p);
/* A constant that a KPI's value is compared with. */
bool kpi_constant(Program *p, const KpiSym *kpi, Node *node, Value *out);
void graph_check(Program *p);
void calls_check(Program *p);
void tests_check(Program *p);

#endif
