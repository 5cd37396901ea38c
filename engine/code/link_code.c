/* code: linking: events, and the functions over them. */
#include "engine/code/link_int.h"

/* ---- events */

static bool same_field(const FieldDef *a, const FieldDef *b) {
    Buf x = {0}, y = {0};
    Bundle one = {.records = &(RecordDef){.fields = (FieldDef *)(uintptr_t)a, .field_count = 1}};
    put_part(&x, &one, PART_RECORD, 0);
    one.records->fields = (FieldDef *)(uintptr_t)b;
    put_part(&y, &one, PART_RECORD, 0);
    bool same = !x.failed && !y.failed && str_eq(buf_str(&x), buf_str(&y));
    buf_free(&x);
    buf_free(&y);
    return same;
}

/* Whether an event has all fields of another, and they are alike. */
static bool has_all(const EventDef *is, const EventDef *was) {
    for (uint32_t i = 0; i < was->field_count; i++) {
        int32_t n = bundle_field(is->fields, is->field_count, was->fields[i].name);
        if (n < 0 || !same_field(&is->fields[n], &was->fields[i]))
            return false;
    }
    return is->open == was->open && is->ended == was->ended;
}

static int32_t older_of(const Link *k, const EventDef *e) {
    for (uint32_t i = k->old->event_count; i-- > ENGINE_EVENTS;) {
        const EventDef *was = &k->old->events[i];
        if (was->told < 0 && e->told < 0 && (was->duty < 0) == (e->duty < 0) &&
            (was->entity < 0) == (e->entity < 0) && str_eq(was->name, e->name) && has_all(e, was))
            return (int32_t)i;
    }
    return -1;
}

/* What is heard of a declaration is heard of those too that go on under older versions of it. */
static Status told_of_older(Link *k, EventDef *e) {
    DeclKind kind = told_of((ToldRow)e->told);
    uint32_t old = part_count(k->old, link_decl_parts[kind]), n = 0;
    uint32_t *all = new (k->a, uint32_t, old + e->of_count + 1);
    if (all == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < old; i++) {
        bool heard = false;
        for (uint32_t f = 0; f < e->of_count; f++) {
            Str name = e->of[f] < old ? link_name_of(k->old, kind, e->of[f]) : (Str){NULL, 0};
            for (uint32_t d = 0; e->of[f] >= old && d < part_count(k->add, link_decl_parts[kind]);
                 d++)
                if (k->to.to[link_decl_parts[kind]][d] == e->of[f])
                    name = link_name_of(k->add, kind, d);
            heard = heard || str_eq(name, link_name_of(k->old, kind, i));
        }
        if (heard && (kind != DECL_KPI || k->old->kpis[i].base < 0))
            all[n++] = i;
    }
    for (uint32_t f = 0; f < e->of_count; f++)
        if (e->of[f] >= old)
            all[n++] = e->of[f];
    e->of = all;
    e->of_count = n;
    return OK;
}

Status link_events(Link *k) {
    int32_t *older = new (k->a, int32_t, k->add->event_count + 1);
    if (older == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < k->add->event_count; i++) {
        EventDef *e = &k->add->events[i];
        relocate_event(&k->to, e);
        if (e->told >= 0)
            TRY(told_of_older(k, e));
        older[i] = -1;
        if (i < ENGINE_EVENTS) {
            k->to.to[PART_EVENT][i] = i;
            continue;
        }
        PLACE(k, PART_EVENT, events, event_count, i);
        if (k->to.to[PART_EVENT][i] >= k->old->event_count)
            older[i] = older_of(k, e);
    }
    k->to.older = older;
    return OK;
}

/* ---- code */

/* The field of the older event that a field of an event is; -1: it has none. */
static int32_t older_field(const Link *k, uint32_t event, uint32_t field) {
    const EventDef *was = &k->old->events[k->to.older[event]];
    return bundle_field(was->fields, was->field_count, k->add->events[event].fields[field].name);
}

static bool reads_older(const Link *k, const FnDef *f) {
    if (f->event < 0 || k->to.older[f->event] < 0)
        return false;
    for (uint32_t at = f->from; at < f->to; at++) {
        uint32_t word = k->add->code[at];
        if (INS_OP(word) == OP_LOOP ||
            (INS_OP(word) == OP_FIELD && older_field(k, (uint32_t)f->event, INS_BX(word)) < 0))
            return false;
    }
    return true;
}

static Status link_over_older(Link *k) {
    bool *over = new (k->a, bool, k->add->fn_count + 1);
    if (over == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < k->add->fn_count; i++)
        over[i] = reads_older(k, &k->add->fns[i]);
    k->to.over_older = over;
    return OK;
}

static Status link_fn(Link *k, uint32_t n);

static Status link_table(Link *k, uint32_t n) {
    if (k->table_state[n] == 2)
        return OK;
    k->table_state[n] = 2;
    TableDef *t = &k->add->tables[n];
    for (uint32_t row = 0; row < t->row_count; row++)
        if (t->row_fns[row] >= 0)
            TRY(link_fn(k, (uint32_t)t->row_fns[row]));
    relocate_table(&k->to, t);
    PLACE(k, PART_TABLE, tables, table_count, n);
    return OK;
}

/* What a function's code names is linked before it, and what its loops name. */
static Status link_named(Link *k, const FnDef *f) {
    for (uint32_t at = f->from; at < f->to; at++) {
        uint32_t word = k->add->code[at];
        if (INS_OP(word) == OP_LOOKUP || INS_OP(word) == OP_IN_FORCE)
            TRY(link_table(k, INS_BX(word)));
        if (INS_OP(word) != OP_LOOP)
            continue;
        k->loops_of[at] = INS_BX(word);
        TRY(link_named(k, &k->add->fns[k->add->loops[INS_BX(word)].fn]));
    }
    return OK;
}

static void fields_older(Link *k, const FnDef *f) {
    for (uint32_t at = f->from; at < f->to; at++) {
        uint32_t *word = &k->add->code[at];
        if (INS_OP(*word) == OP_FIELD)
            *word = (*word & 0xFFFF) | (uint32_t)older_field(k, (uint32_t)f->event, INS_BX(*word))
                                           << 16;
    }
}

/* Where a function computes no time, it is the same in whatever place. */
static bool counts_time(const Link *k, const FnDef *f) {
    for (uint32_t at = f->from; at < f->to; at++)
        switch ((int)INS_OP(k->add->code[at])) {
        case OP_ADD_TIME:
        case OP_SUB_TIME:
        case OP_ADD_DATE:
        case OP_SUB_DATE:
        case OP_WORKED:
        case OP_IS_OPEN:
        case OP_IS_WORKDAY:
        case OP_LOOKUP:
        case OP_LOOP:
            return true;
        default:
            break;
        }
    return false;
}

/* A function with its loops' behind it: a loop's function comes behind the one that it stands in.
 */
static void fn_append(Link *k, const FnDef *f) {
    uint32_t number = k->out->fn_count++;
    FnDef *out = &k->out->fns[number];
    *out = *f;
    out->from = k->out->code_count;
    uint32_t loop = k->out->loop_count;
    for (uint32_t at = f->from; at < f->to; at++) {
        uint32_t word = k->add->code[at];
        if (INS_OP(word) == OP_LOOP)
            word = (word & 0xFFFF) | k->out->loop_count++ << 16;
        k->out->lines[k->out->code_count] = relocate_line(&k->to, k->add->lines[at]);
        k->out->code[k->out->code_count++] = word;
    }
    out->to = k->out->code_count;
    for (uint32_t at = f->from; at < f->to; at++) {
        if (INS_OP(k->add->code[at]) != OP_LOOP)
            continue;
        LoopDef *l = &k->out->loops[loop++];
        *l = k->add->loops[k->loops_of[at]];
        const FnDef *inner = &k->add->fns[l->fn];
        l->fn = (int32_t)k->out->fn_count;
        fn_append(k, inner);
    }
}

static Status relocate_whole_fn(Link *k, uint32_t n) {
    FnDef *f = &k->add->fns[n];
    bool times = counts_time(k, f);
    k->fn_state[n] = 2;
    if (k->to.over_older[n])
        fields_older(k, f);
    if (f->event >= 0)
        f->event =
            k->to.over_older[n] ? k->to.older[f->event] : (int32_t)k->to.to[PART_EVENT][f->event];
    relocate_fn(&k->to, f);
    f->home = times ? f->home : 0;
    for (uint32_t at = f->from; at < f->to; at++)
        if (INS_OP(k->add->code[at]) == OP_LOOP) {
            LoopDef *l = &k->add->loops[k->loops_of[at]];
            relocate_loop(&k->to, l);
            TRY(relocate_whole_fn(k, (uint32_t)l->fn));
        }
    return relocate_code(&k->to, k->add->code + f->from, f->to - f->from) ? OK : link_too_large(k);
}

/* A function that stands by itself, or computes a row of a table; those of loops go with it. */
static Status link_fn(Link *k, uint32_t n) {
    if (k->fn_state[n] == 2)
        return OK;
    FnDef *f = &k->add->fns[n];
    if (k->fn_state[n] == 1 || k->depth >= LINK_DEPTH)
        return err_say(k->err, ERR_DAMAGED, "bundle: its functions call each other in a circle",
                       "编译包：函数互相循环调用");
    k->fn_state[n] = 1;
    k->depth++;
    TRY(link_named(k, f));
    k->depth--;
    TRY(relocate_whole_fn(k, n));
    uint32_t placed;
    TRY(link_put_plain(k, k->add, PART_FN, n));
    TRY(link_known_or(k, PART_FN, k->out->fn_count, &placed));
    if (placed == k->out->fn_count)
        fn_append(k, f);
    k->to.to[PART_FN][n] = placed;
    return k->out->loop_count > 0xFFFF ? link_too_large(k) : OK;
}

Status link_code(Link *k) {
    for (uint32_t i = 0; i < k->add->constant_count; i++) {
        relocate_value(&k->to, &k->add->constants[i]);
        PLACE(k, PART_CONSTANT, constants, constant_count, i);
    }
    TRY(link_over_older(k));
    for (uint32_t i = 0; i < k->add->fn_count; i++) /* a loop's comes behind what it stands in */
        TRY(link_fn(k, i));
    for (uint32_t i = 0; i < k->add->table_count; i++)
        TRY(link_table(k, i));
    return k->out->table_count > 0xFFFF ? link_too_large(k) : OK;
}
