/* run: series in memory. */
#include "engine/run/rotation.h"
#include "engine/run/live.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/moment.h"
#include "engine/base/sha256.h"

enum {
#ifdef REMIT_TESTING
    LIVE_MOST = 8, /* so that tests meet it */
#else
    LIVE_MOST = 16384, /* series that are kept */
#endif
    FRONT_MOST = 64 << 20, /* bytes of their samples */
    SLOTS_FIRST = 1 << 10, /* of each index */
};

typedef struct LiveUndo {
    Live *of;
    Series was;
    bool changed, made;
} LiveUndo;

/* Open addressing: numbers + 1 in `all`; 0: free. */
typedef struct Slots {
    uint32_t *at;
    size_t n; /* a power of two */
} Slots;

typedef struct LiveSet {
    Arena arena;
    VEC(Live *) all;
    VEC(Live *) changed; /* all that are changed are here; some of these are not */
    Slots by_number, by_group;
    VEC(LiveUndo) undo;
    uint32_t mark;
    size_t fronts; /* bytes of the samples in memory, and of all texts that any of them had */
    Samples room;
} LiveSet;

static Status ledger_status(Engine *e, Status status, const char *what) {
    return status == OK || status == ERR_NOMEM ? status : engine_fail(e, status, what);
}

Status live_open(Engine *e) {
    e->live = new (&e->keep, LiveSet, 1);
    if (e->live == NULL)
        return ERR_NOMEM;
    e->live->mark = 1;
    return OK;
}

static void live_forget(LiveSet *set) {
    for (size_t i = 0; i < set->all.n; i++)
        vec_free(&set->all.at[i]->front);
    set->all.n = set->changed.n = set->fronts = 0;
    if (set->by_number.n > 0) {
        memset(set->by_number.at, 0, set->by_number.n * sizeof *set->by_number.at);
        memset(set->by_group.at, 0, set->by_group.n * sizeof *set->by_group.at);
    }
    arena_reset(&set->arena);
}

void live_close(Engine *e) {
    LiveSet *set = e->live;
    if (set == NULL)
        return;
    live_forget(set);
    vec_free(&set->all);
    vec_free(&set->changed);
    vec_free(&set->undo);
    vec_free(&set->room);
    mem_free(set->by_number.at);
    mem_free(set->by_group.at);
    arena_free(&set->arena);
    e->live = NULL;
}

Samples *live_room(Engine *e) {
    e->live->room.n = 0;
    return &e->live->room;
}

/* ---- finding */

static uint64_t number_hash(uint64_t number) {
    return number * UINT64_C(0x9E3779B97F4A7C15) >> 20;
}

static uint64_t bytes_hash(Str s) {
    uint64_t h = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * UINT64_C(0x100000001B3);
    return h ^ h >> 29;
}

static void slot_set(Slots *slots, uint64_t hash, size_t number) {
    size_t i = hash & (slots->n - 1);
    while (slots->at[i] != 0)
        i = (i + 1) & (slots->n - 1);
    slots->at[i] = (uint32_t)number + 1;
}

static Status slots_grow(LiveSet *set) {
    size_t n = set->by_number.n == 0 ? SLOTS_FIRST : set->by_number.n * 2;
    uint32_t *numbers = mem_zalloc(n * sizeof *numbers), *groups = mem_zalloc(n * sizeof *groups);
    if (numbers == NULL || groups == NULL) {
        mem_free(numbers);
        mem_free(groups);
        return ERR_NOMEM;
    }
    mem_free(set->by_number.at);
    mem_free(set->by_group.at);
    set->by_number = (Slots){numbers, n};
    set->by_group = (Slots){groups, n};
    for (size_t i = 0; i < set->all.n; i++) {
        slot_set(&set->by_number, number_hash(set->all.at[i]->s.number), i);
        slot_set(&set->by_group, set->all.at[i]->hash, i);
    }
    return OK;
}

static Live *find_number(const LiveSet *set, uint64_t number) {
    const Slots *slots = &set->by_number;
    if (slots->n == 0)
        return NULL;
    for (size_t i = number_hash(number) & (slots->n - 1); slots->at[i] != 0;
         i = (i + 1) & (slots->n - 1)) {
        Live *v = set->all.at[slots->at[i] - 1];
        if (v->s.number == number && !v->undone)
            return v;
    }
    return NULL;
}

static Live *find_group(const LiveSet *set, uint64_t hash, Str group) {
    const Slots *slots = &set->by_group;
    if (slots->n == 0)
        return NULL;
    for (size_t i = hash & (slots->n - 1); slots->at[i] != 0; i = (i + 1) & (slots->n - 1)) {
        Live *v = set->all.at[slots->at[i] - 1];
        if (v->hash == hash && !v->undone && str_eq(v->group, group))
            return v;
    }
    return NULL;
}

/* What tells a series from others: its KPI and the values of its group. Values that have one text
 * may differ in their bytes: then the name finds the series. */
static Status put_group(Buf *out, const Bundle *b, uint32_t decl, const Value *group) {
    buf_reset(out);
    put_varint(out, decl);
    for (uint32_t i = 0; i < b->kpis[decl].by_count; i++)
        put_value(out, group[i], false);
    return buf_status(out);
}

static Status live_add(Engine *e, const Series *s, Live **out) {
    LiveSet *set = e->live;
    if ((set->all.n + 1) * 2 > set->by_number.n)
        TRY(slots_grow(set));
    Live *v = new (&set->arena, Live, 1);
    if (v == NULL)
        return ERR_NOMEM;
    v->s = *s;
    TRY(put_group(&e->text, e->b, s->decl, s->group));
    TRY(arena_str(&set->arena, buf_str(&e->text), &v->group));
    v->hash = bytes_hash(v->group);
    if (!vec_push(&set->all, v))
        return ERR_NOMEM;
    slot_set(&set->by_number, number_hash(s->number), set->all.n - 1);
    slot_set(&set->by_group, v->hash, set->all.n - 1);
    *out = v;
    return OK;
}

Status live_get(Engine *e, uint64_t number, Live **out) {
    *out = find_number(e->live, number);
    if (*out != NULL)
        return OK;
    buf_reset(&e->key);
    put_key_u64(&e->key, number);
    TRY(buf_status(&e->key));
    Str bytes;
    bool found;
    Series s;
    TRY(ledger_status(e, led_find(e->l, LED_SERIES, buf_str(&e->key), &bytes, &found),
                      "reading a series"));
    if (!found)
        return engine_fail(e, ERR_DAMAGED, "a series is missing");
    TRY(ledger_status(e, view_series(e->b, number, bytes, &e->live->arena, &s),
                      "a series' record"));
    return live_add(e, &s, out);
}

/* Its place in what an undo takes back. */
static LiveUndo *undo_push(LiveSet *set, Live *v) {
    if (!vec_room((void **)&set->undo.at, set->undo.n, &set->undo.cap, sizeof *set->undo.at))
        return NULL;
    LiveUndo *undo = &set->undo.at[set->undo.n++];
    undo->of = v;
    undo->changed = v->changed;
    undo->made = false;
    v->mark = set->mark;
    return undo;
}

static Status live_changed(LiveSet *set, Live *v) {
    if (!v->changed && !vec_push(&set->changed, v))
        return ERR_NOMEM;
    v->changed = true;
    return OK;
}

/* Episodes of a KPI's name are numbered on, whatever its versions measure: the last series of the
 * group under an older one tells how many there were. */
static Status episodes_carry(Engine *e, Series *s) {
    const KpiDef *def = s->def;
    for (uint32_t i = s->decl; def->version > 0 && i-- > 0;) {
        const KpiDef *was = &e->b->kpis[i];
        uint8_t hash[SHA256_BYTES];
        uint64_t number, b;
        bool found;
        Live *old;
        if (was->base >= 0 || was->by_count != def->by_count || !str_eq(was->name, def->name))
            continue;
        TRY(series_hash(was, s->key, &e->text, hash));
        Status status = led_set_find(e->l, LED_SET_NAMES, hash, &number, &b, &found);
        if (status != OK)
            return engine_fail(e, status, "reading the ledger");
        if (!found)
            continue;
        TRY(live_get(e, number, &old));
        for (uint32_t n = 0; n < def->level_count; n++)
            for (uint32_t o = 0; o < was->level_count; o++)
                if (was->levels[o].level == def->levels[n].level)
                    s->levels[n].episode = old->s.levels[o].episode;
        return OK;
    }
    return OK;
}

/* A new series begins with its first sample. */
static Status live_make(Engine *e, uint32_t decl, const Value *group, const Str *key, Live **out) {
    const KpiDef *def = &e->b->kpis[decl];
    Arena *a = &e->live->arena;
    Series s = {.number = e->series,
                .decl = decl,
                .def = def,
                .judge = bundle_judge(e->b, decl, e->instant),
                .key = new (a, Str, def->by_count + 1),
                .group = new (a, Value, def->by_count + 1),
                .judged = INT64_MIN,
                .timer_at = INSTANT_NEVER,
                .late = INSTANT_NEVER,
                .late_at = INSTANT_NEVER,
                .head = INT64_MIN,
                .oldest = INSTANT_NEVER,
                .first = INSTANT_NEVER,
                .last = INT64_MIN,
                .earlier = {.absent = true},
                .newest = {.absent = true}};
    if (s.key == NULL || s.group == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < def->by_count; i++) {
        TRY(arena_str(a, key[i], &s.key[i]));
        TRY(value_keep(group[i], a, &s.group[i]));
    }
    for (uint32_t i = 0; i < KPI_STEPS; i++)
        s.levels[i].waits = INSTANT_NEVER;
    TRY(episodes_carry(e, &s));
    TRY(live_add(e, &s, out));
    LiveUndo *undo = undo_push(e->live, *out);
    (*out)->undone = undo == NULL;
    if (undo == NULL)
        return ERR_NOMEM;
    undo->made = true;
    e->series++;
    return live_changed(e->live, *out);
}

/* The series of a group, or NULL, and what names it. */
static Status live_look(Engine *e, uint32_t decl, const Value *group, Str **key,
                        uint8_t hash[SHA256_BYTES], Live **out) {
    const KpiDef *def = &e->b->kpis[decl];
    TRY(put_group(&e->text, e->b, decl, group));
    *out = find_group(e->live, bytes_hash(buf_str(&e->text)), buf_str(&e->text));
    if (*out != NULL)
        return OK;
    uint64_t number, zero;
    bool found;
    TRY(key_texts(e, group, def->by_count, key));
    TRY(series_hash(def, *key, &e->text, hash));
    TRY(ledger_status(e, led_set_find(e->l, LED_SET_NAMES, hash, &number, &zero, &found),
                      "reading the ledger"));
    return found ? live_get(e, number, out) : OK;
}

Status live_find(Engine *e, uint32_t decl, const Value *group, Live **out) {
    Str *key;
    uint8_t hash[SHA256_BYTES];
    return live_look(e, decl, group, &key, hash, out);
}

Status live_of(Engine *e, uint32_t decl, const Value *group, Live **out) {
    Str *key;
    uint8_t hash[SHA256_BYTES];
    TRY(live_look(e, decl, group, &key, hash, out));
    if (*out != NULL)
        return OK;
    TRY(live_make(e, decl, group, key, out));
    return ledger_status(e, led_set_add(e->l, LED_SET_NAMES, hash, (*out)->s.number, 0),
                         "writing the ledger");
}

/* ---- the first pane */

Status front_add(Engine *e, Live *v, const Sample *m) {
    size_t cap = v->front.cap;
    Sample kept = *m; /* its text may be the event's */
    TRY(value_keep(m->value, &e->live->arena, &kept.value));
    if (!vec_push(&v->front, kept))
        return ERR_NOMEM;
    bool text = kept.value.kind == V_TEXT || value_is_person(kept.value);
    e->live->fronts += (v->front.cap - cap) * sizeof *m + (text ? kept.value.n : 0);
    return OK;
}

/* ---- changing */

Status live_change(Engine *e, Live *v) {
    LiveSet *set = e->live;
    if (v->mark != set->mark) {
        LiveUndo *undo = undo_push(set, v);
        if (undo == NULL)
            return ERR_NOMEM;
        undo->was = v->s;
    }
    return live_changed(set, v);
}

static Status series_write(Engine *e, const Series *s) {
    TRY(series_put(s, &e->text, &e->record));
    buf_reset(&e->key);
    put_key_u64(&e->key, s->number);
    TRY(buf_status(&e->key));
    return ledger_status(e, led_put(e->l, LED_SERIES, buf_str(&e->key), buf_str(&e->record)),
                         "writing a series");
}

Status engine_write(Engine *e) {
    LiveSet *set = e->live;
    for (size_t i = 0; i < set->changed.n; i++) {
        Live *v = set->changed.at[i];
        if (v->changed && !v->undone)
            TRY(series_write(e, &v->s));
        v->changed = false;
    }
    set->changed.n = 0;
    return OK;
}

Status engine_mark(Engine *e) {
    LiveSet *set = e->live;
    if (set->all.n > LIVE_MOST || set->fronts > FRONT_MOST) {
        TRY(engine_write(e));
        live_forget(set);
    }
    set->undo.n = 0;
    set->mark++;
    led_mark(e->l);
    if (e->opt.sink.mark != NULL)
        e->opt.sink.mark(e->opt.sink.ctx);
    return OK;
}

void engine_undo(Engine *e) {
    LiveSet *set = e->live;
    e->changes = (Changes){0};
    e->changed.n = 0;
    led_undo(e->l);
    rotations_forget(e);
    if (e->opt.sink.undo != NULL)
        e->opt.sink.undo(e->opt.sink.ctx);
    while (set->undo.n > 0) {
        LiveUndo *u = &set->undo.at[--set->undo.n];
        u->of->undone = u->made;
        u->of->has_pane = u->of->has_front = false;
        if (u->made)
            continue;
        u->of->s = u->was;
        u->of->changed = u->changed;
    }
    set->mark++;
}
