/* audit: what would have been: counts by name, and each duty found in the other ledger by its name
 * and key. */
#include "engine/audit/whatif.h"

#include "engine/audit/show_int.h"
#include "engine/audit/words.h"
#include "engine/base/dec.h"
#include "engine/base/json.h"
#include "engine/run/view.h"

enum { CELLS = 9, SLOTS_FIRST = 64 };

/* What is counted under a name. */
typedef struct Tally {
    Str name, of; /* of: whose it is, where the name alone does not say */
    uint64_t count[2], breached[2];
    uint64_t earlier, later, owner, ended;
    Value money[2];
    bool too_much; /* an amount beyond what can be counted, or of several currencies */
} Tally;

/* Tallies by name, in the order in which they came. */
typedef struct Tallies {
    VEC(Tally) all;
    uint32_t *slots; /* open addressing; 0: free */
    size_t room;
} Tallies;

typedef struct WhatIf {
    Record *r[2]; /* before, now */
    const WhatIfOptions *opt;
    ShowSink sink;
    Err *err;
    Arena keep, arena; /* arena: of the row at hand */
    Tallies duties, owners, said, money;
    bool listing; /* duties are written, not counted */
    Str table;
    Sentence columns[CELLS];
    size_t column_count;
    bool stopped;
} WhatIf;

/* ---- names */

static uint64_t hash_of(Str name, Str of) {
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < name.n; i++)
        h = (h ^ (uint8_t)name.p[i]) * 1099511628211u;
    for (size_t i = 0; i < of.n; i++)
        h = (h ^ (uint8_t)of.p[i] ^ 0x100) * 1099511628211u;
    return h;
}

static void slot_put(Tallies *t, uint32_t number) {
    const Tally *one = &t->all.at[number];
    size_t i = hash_of(one->name, one->of) & (t->room - 1);
    while (t->slots[i] != 0)
        i = (i + 1) & (t->room - 1);
    t->slots[i] = number + 1;
}

static Status tallies_grow(Tallies *t) {
    size_t room = t->room == 0 ? SLOTS_FIRST : t->room * 2;
    uint32_t *slots = mem_zalloc(room * sizeof *slots);
    if (slots == NULL)
        return ERR_NOMEM;
    mem_free(t->slots);
    t->slots = slots;
    t->room = room;
    for (uint32_t i = 0; i < t->all.n; i++)
        slot_put(t, i);
    return OK;
}

/* The tally of a name; it is made if there is none. */
static Status tally_of(WhatIf *w, Tallies *t, Str name, Str of, Tally **out) {
    if (t->all.n * 2 >= t->room)
        TRY(tallies_grow(t));
    size_t i = hash_of(name, of) & (t->room - 1);
    for (; t->slots[i] != 0; i = (i + 1) & (t->room - 1)) {
        *out = &t->all.at[t->slots[i] - 1];
        if (str_eq((*out)->name, name) && str_eq((*out)->of, of))
            return OK;
    }
    Tally fresh = {0};
    TRY(arena_str(&w->keep, name, &fresh.name));
    TRY(arena_str(&w->keep, of, &fresh.of));
    if (!vec_push(&t->all, fresh))
        return ERR_NOMEM;
    slot_put(t, (uint32_t)t->all.n - 1);
    *out = &t->all.at[t->all.n - 1];
    return OK;
}

static void tallies_free(Tallies *t) {
    vec_free(&t->all);
    mem_free(t->slots);
}

/* ---- rows */

static bool in_chinese(const WhatIf *w) {
    return w->opt->chinese && !w->opt->json;
}

static void table_begin(WhatIf *w, const char *table, const Sentence *columns, size_t n) {
    Str heads[CELLS];
    w->table = str_of(table);
    w->column_count = n;
    for (size_t i = 0; i < n; i++) {
        w->columns[i] = columns[i];
        heads[i] = sentence_word(in_chinese(w), columns[i]);
    }
    if (!w->opt->json && !w->stopped && !w->sink.begin(w->sink.ctx, heads, n))
        w->stopped = true;
}

/* "breaches before" is "breaches_before". */
static void put_member_name(Buf *out, Str head) {
    put_c(out, '"');
    for (size_t i = 0; i < head.n; i++)
        put_c(out, head.p[i] == ' ' ? '_' : head.p[i]);
    put_text(out, S("\":"));
}

/* Cells from `texts` on are numbers. */
static Status row(WhatIf *w, const Str *cells, size_t texts) {
    if (w->stopped)
        return OK;
    if (!w->opt->json) {
        w->stopped = !w->sink.row(w->sink.ctx, cells, w->column_count);
        return OK;
    }
    Buf out = {0};
    put_text(&out, S("{\"table\":"));
    put_json_string(&out, w->table);
    for (size_t i = 0; i < w->column_count; i++) {
        put_c(&out, ',');
        put_member_name(&out, sentence_word(false, w->columns[i]));
        if (i < texts)
            put_json_string(&out, cells[i]);
        else
            put_text(&out, cells[i]);
    }
    put_text(&out, S("}\n"));
    Status status = buf_status(&out);
    if (status == OK)
        w->stopped = !w->sink.line(w->sink.ctx, buf_str(&out));
    buf_free(&out);
    return status;
}

static Status number_cell(WhatIf *w, uint64_t n, Str *out) {
    return arena_printf(&w->arena, out, "%llu", (unsigned long long)n);
}

/* ---- duties */

static Status tally_duty(Tally *t, const Duty *const d[2], bool same_owner) {
    for (int i = 0; i < 2; i++) {
        if (d[i] == NULL)
            continue;
        t->count[i]++;
        t->breached[i] += d[i]->breached || d[i]->fold.late;
    }
    if (d[0] == NULL || d[1] == NULL)
        return OK;
    t->earlier += d[1]->fold.due < d[0]->fold.due;
    t->later += d[1]->fold.due > d[0]->fold.due;
    t->owner += !same_owner;
    t->ended += duty_state(d[0]) != duty_state(d[1]) || d[0]->fold.late != d[1]->fold.late;
    return OK;
}

static Str owner_text(const WhatIf *w, const Duty *const d[2], int which) {
    return d[which] == NULL ? S("") : party_text(w->r[which]->b, d[which]->owner);
}

static Status due_cell(WhatIf *w, int which, const Duty *d, Str *out) {
    *out = S("");
    if (d == NULL || d->fold.due == INSTANT_NEVER)
        return OK;
    Buf text = {0};
    ZoneCache *zone = &w->r[which]->render.zone;
    if (w->opt->json)
        zone_put_instant(&text, zone, d->fold.due);
    else
        put_local(&text, zone_cache_local(zone, d->fold.due));
    Status status = buf_status(&text);
    if (status == OK)
        status = arena_str(&w->arena, buf_str(&text), out);
    buf_free(&text);
    return status;
}

/* One that differs: what it is about, and both sides of it. */
static Status list_duty(WhatIf *w, const Duty *const d[2]) {
    int which = d[0] != NULL ? 0 : 1;
    Subject subject = duty_subject(d[which]);
    Str cells[CELLS];
    Buf text = {0};
    put_subject(&text, w->r[which]->b, &subject);
    Status status = buf_status(&text);
    if (status == OK)
        status = arena_str(&w->arena, buf_str(&text), &cells[0]);
    buf_free(&text);
    for (int i = 0; i < 2 && status == OK; i++) {
        cells[1 + i] = owner_text(w, d, i);
        cells[5 + i] = d[i] == NULL ? S("-") : show_duty_state(in_chinese(w), d[i]);
        status = due_cell(w, i, d[i], &cells[3 + i]);
    }
    return status == OK ? row(w, cells, w->column_count) : status;
}

static bool is_other(const Duty *const d[2], bool same_owner) {
    if (d[0] == NULL || d[1] == NULL)
        return true;
    return !same_owner || d[0]->fold.due != d[1]->fold.due ||
           duty_state(d[0]) != duty_state(d[1]) || d[0]->fold.late != d[1]->fold.late;
}

static Status hold_duties(WhatIf *w, const Duty *const d[2]) {
    const Duty *any = d[0] != NULL ? d[0] : d[1];
    Str owners[] = {owner_text(w, d, 0), owner_text(w, d, 1)};
    bool both = d[0] != NULL && d[1] != NULL;
    bool same_owner = !both || str_eq(owners[0], owners[1]);
    if (w->listing)
        return is_other(d, same_owner) ? list_duty(w, d) : OK;
    Tally *t;
    TRY(tally_of(w, &w->duties, any->def->name, S(""), &t));
    TRY(tally_duty(t, d, same_owner));
    if (same_owner) {
        TRY(tally_of(w, &w->owners, owners[d[0] != NULL ? 0 : 1], S(""), &t));
        return tally_duty(t, d, true);
    }
    for (int i = 0; i < 2; i++) {
        const Duty *one[2] = {i == 0 ? d[0] : NULL, i == 1 ? d[1] : NULL};
        TRY(tally_of(w, &w->owners, owners[i], S(""), &t));
        TRY(tally_duty(t, one, true));
    }
    return OK;
}

/* The duty of the other ledger that has the same name, key and occurrence. */
static Status duty_in(WhatIf *w, int other, const Duty *d, Duty *out, bool *found) {
    Record *r = w->r[other];
    int32_t decl = bundle_duty(r->b, d->def->name);
    *found = false;
    if (decl < 0)
        return OK;
    uint8_t hash[32];
    uint64_t number, more;
    Buf scratch = {0}, key = {0};
    Str value, kept;
    Status status =
        duty_hash(r->b, (uint32_t)decl, d->key, d->key_count, d->occurrence, &scratch, hash);
    if (status == OK)
        status = led_set_find(r->l, LED_SET_NAMES, hash, &number, &more, found);
    bool named = status == OK && *found;
    if (named) {
        put_key_u64(&key, number);
        status = buf_status(&key);
    }
    if (named && status == OK)
        status = led_find(r->l, LED_DUTY, buf_str(&key), &value, found);
    if (named && status == OK && *found)
        status = arena_str(&w->arena, value, &kept);
    if (named && status == OK && *found)
        status = view_duty(r->b, number, kept, &w->arena, out);
    buf_free(&scratch);
    buf_free(&key);
    return status;
}

typedef struct Side {
    WhatIf *w;
    int which;
} Side;

static Status one_duty(void *ctx, Str key, Str value, bool *stop) {
    const Side *side = ctx;
    WhatIf *w = side->w;
    Duty d, other;
    bool found;
    Take t = take_from(key);
    TRY(view_duty(w->r[side->which]->b, take_key_u64(&t), value, &w->arena, &d));
    TRY(duty_in(w, 1 - side->which, &d, &other, &found));
    *stop = w->stopped;
    if (side->which == 1 && found) /* it was held against the other one already */
        return OK;
    const Duty *both[2] = {side->which == 0 ? &d : NULL, side->which == 1 ? &d : NULL};
    if (found)
        both[1] = &other;
    return hold_duties(w, both);
}

static Status each_duty(WhatIf *w) {
    for (int which = 0; which < 2; which++) {
        Side side = {w, which};
        TRY(record_walk(w->r[which], LED_DUTY, &w->arena, one_duty, &side));
    }
    return OK;
}

/* ---- what was said */

static Status add_money(Tally *t, int which, Value v) {
    Value *sum = &t->money[which];
    const Value *other = &t->money[1 - which];
    Dec out;
    t->count[which]++;
    if (other->kind == V_MONEY && other->n != v.n)
        t->too_much = true;
    if (sum->kind == V_ABSENT) {
        *sum = v;
        return OK;
    }
    if (sum->n != v.n || dec_add((Dec){sum->i, sum->scale}, (Dec){v.i, v.scale}, &out) != OK) {
        t->too_much = true;
        return OK;
    }
    uint32_t currency = sum->n;
    *sum = value_dec(V_MONEY, out);
    sum->n = currency;
    return OK;
}

static Status say_money(WhatIf *w, int which, const Effect *e) {
    const EventDef *def = &w->r[which]->b->events[e->event];
    for (uint32_t i = 0; i < e->field_count; i++) {
        Tally *t;
        if (e->fields[i].kind != V_MONEY)
            continue;
        TRY(tally_of(w, &w->money, def->name, def->fields[i].name, &t));
        TRY(add_money(t, which, e->fields[i]));
    }
    return OK;
}

static Status said(WhatIf *w, int which) {
    Record *r = w->r[which];
    for (uint64_t i = 0; i < led_size(r->l); i++) {
        Str bytes, kept;
        Leaf leaf;
        Tally *t;
        TRY(led_leaf(r->l, i, &bytes));
        if (bytes.n == 0 || bytes.p[0] != LEAF_EFFECT)
            continue;
        arena_reset(&w->arena);
        TRY(arena_str(&w->arena, bytes, &kept));
        TRY(take_leaf(kept, &w->arena, &leaf));
        if (!leaf_fits(&leaf, r->b))
            return ERR_DAMAGED;
        TRY(tally_of(w, &w->said, effect_type(r->b, &leaf.effect),
                     subject_name(r->b, &leaf.effect.subject), &t));
        t->count[which]++;
        if (leaf.effect.id == EFFECT_EMITTED)
            TRY(say_money(w, which, &leaf.effect));
    }
    return OK;
}

/* ---- the tables */

static Status write_counts(WhatIf *w, const char *table, const Tallies *t, Sentence first) {
    const Sentence columns[] = {first,
                                SAY_HEAD_BEFORE,
                                SAY_HEAD_NOW,
                                SAY_HEAD_EARLIER,
                                SAY_HEAD_LATER,
                                SAY_HEAD_BREACHES_BEFORE,
                                SAY_HEAD_BREACHES_NOW,
                                SAY_HEAD_OTHER_OWNER,
                                SAY_HEAD_OTHER_END};
    table_begin(w, table, columns, CELLS);
    for (size_t i = 0; i < t->all.n; i++) {
        const Tally *one = &t->all.at[i];
        const uint64_t numbers[] = {one->count[0],    one->count[1],    one->earlier, one->later,
                                    one->breached[0], one->breached[1], one->owner,   one->ended};
        Str cells[CELLS] = {one->name};
        arena_reset(&w->arena);
        for (int k = 0; k < CELLS - 1; k++)
            TRY(number_cell(w, numbers[k], &cells[k + 1]));
        TRY(row(w, cells, 1));
    }
    return OK;
}

static Status write_said(WhatIf *w) {
    static const Sentence columns[] = {SAY_HEAD_SAID, SAY_HEAD_OF, SAY_HEAD_BEFORE, SAY_HEAD_NOW};
    table_begin(w, "said", columns, 4);
    for (size_t i = 0; i < w->said.all.n; i++) {
        const Tally *one = &w->said.all.at[i];
        Str cells[4] = {one->name, one->of};
        if (one->count[0] == one->count[1])
            continue;
        arena_reset(&w->arena);
        TRY(number_cell(w, one->count[0], &cells[2]));
        TRY(number_cell(w, one->count[1], &cells[3]));
        TRY(row(w, cells, 2));
    }
    return OK;
}

static Status money_cell(WhatIf *w, Value v, Str *out) {
    Buf text = {0};
    if (v.kind != V_ABSENT)
        put_value_text(&text, w->r[0]->b, &w->r[0]->render.zone, v);
    Status status = buf_status(&text);
    if (status == OK)
        status = arena_str(&w->arena, v.kind == V_ABSENT ? S("0") : buf_str(&text), out);
    buf_free(&text);
    return status;
}

/* now - before, where both are of one currency. */
static Value difference(const Tally *t) {
    Dec a = {t->money[0].i, t->money[0].scale}, b = {t->money[1].i, t->money[1].scale}, out;
    Value v = value_absent();
    uint32_t currency = t->money[0].kind == V_MONEY ? t->money[0].n : t->money[1].n;
    if (t->too_much || dec_sub(b, a, &out) != OK)
        return v;
    v = value_dec(V_MONEY, out);
    v.n = currency;
    return v;
}

static Status write_money(WhatIf *w) {
    static const Sentence columns[] = {SAY_HEAD_SAID, SAY_HEAD_AMOUNT, SAY_HEAD_BEFORE,
                                       SAY_HEAD_NOW, SAY_HEAD_DIFFERENCE};
    if (w->money.all.n == 0)
        return OK;
    table_begin(w, "money", columns, 5);
    for (size_t i = 0; i < w->money.all.n; i++) {
        const Tally *one = &w->money.all.at[i];
        Str cells[5] = {one->name, one->of};
        arena_reset(&w->arena);
        if (one->too_much) {
            cells[2] = cells[3] = S("?");
        } else {
            TRY(money_cell(w, one->money[0], &cells[2]));
            TRY(money_cell(w, one->money[1], &cells[3]));
        }
        Value by = difference(one);
        cells[4] = S("?");
        if (by.kind != V_ABSENT)
            TRY(money_cell(w, by, &cells[4]));
        TRY(row(w, cells, 5));
    }
    return OK;
}

static Status write_list(WhatIf *w) {
    static const Sentence columns[] = {
        SAY_HEAD_SUBJECT, SAY_HEAD_OWNER_BEFORE, SAY_HEAD_OWNER_NOW, SAY_HEAD_DUE_BEFORE,
        SAY_HEAD_DUE_NOW, SAY_HEAD_STATE_BEFORE, SAY_HEAD_STATE_NOW};
    table_begin(w, "each", columns, 7);
    w->listing = true;
    return each_duty(w);
}

static Status inside(WhatIf *w) {
    TRY(each_duty(w));
    TRY(said(w, 0));
    TRY(said(w, 1));
    TRY(write_counts(w, "duties", &w->duties, SAY_HEAD_DUTY));
    TRY(write_counts(w, "owners", &w->owners, SAY_HEAD_OWNER));
    TRY(write_said(w));
    TRY(write_money(w));
    return w->opt->each ? write_list(w) : OK;
}

static Status what_if(Record *before, Record *now, const WhatIfOptions *opt, ShowSink sink,
                      Err *err) {
    WhatIf w = {.r = {before, now}, .opt = opt, .sink = sink, .err = err};
    Status status = inside(&w);
    tallies_free(&w.duties);
    tallies_free(&w.owners);
    tallies_free(&w.said);
    tallies_free(&w.money);
    arena_free(&w.keep);
    arena_free(&w.arena);
    return status == OK ? OK : err_status(err, status);
}

typedef struct Held {
    Record *before;
    const WhatIfOptions *opt;
    ShowSink sink;
} Held;

static Status hold(void *ctx, Record *now, Err *err) {
    const Held *held = ctx;
    return what_if(held->before, now, held->opt, held->sink, err);
}

Status what_if_replayed(Record *from, const ReplayOptions *replay, const WhatIfOptions *opt,
                        ShowSink sink, Err *err) {
    Held held = {from, opt, sink};
    ReplayResult result = {0};
    Status status = replay_then(from, replay, &result, hold, &held, err);
    arena_free(&result.arena);
    return status;
}
