/* run: sessions of samples. */
#include "engine/run/session.h"

#include <string.h>

#include "engine/base/ckd.h"
#include "engine/base/limits.h"
#include "engine/ledger/record.h"
#include "engine/run/restate.h"
#include "engine/run/tally.h"

enum { LIST_SESSIONS = 8, LIST_LATE = 9, LIST_PREFIX = 9 }; /* as in the keys */

static Status ledger_status(Engine *e, Status status, const char *what) {
    return status == OK || status == ERR_NOMEM ? status : engine_fail(e, status, what);
}

static int64_t gap_after(const Series *s, int64_t time) {
    int64_t end;
    return ckd_add(&end, time, s->def->length.i) || end > INSTANT_MAX ? INSTANT_NEVER : end;
}

static int64_t gap_before(const Series *s, int64_t time) {
    int64_t from;
    return ckd_sub(&from, time, s->def->length.i) ? INT64_MIN : from;
}

/* ---- records */

static Status list_key(Engine *e, const Series *s, int list, int64_t at) {
    buf_reset(&e->key);
    put_key_u64(&e->key, s->number);
    put_u8(&e->key, (uint8_t)list);
    put_key_i64(&e->key, at);
    return buf_status(&e->key);
}

/* The instant of the first record of a list from an instant on. */
static Status list_from(Engine *e, const Series *s, int list, int64_t from, int64_t *at, Str *value,
                        bool *found) {
    Str key;
    TRY(list_key(e, s, list, from));
    TRY(ledger_status(
        e, led_next_in(e->l, LED_PANE, buf_str(&e->key), false, LIST_PREFIX, &key, value, found),
        "reading the sessions"));
    if (!*found)
        return OK;
    Take t = take_from(str_from(key, LIST_PREFIX));
    *at = take_key_i64(&t);
    return ledger_status(e, take_done(&t), "a session's key");
}

static Status list_del(Engine *e, const Series *s, int list, int64_t at) {
    TRY(list_key(e, s, list, at));
    return ledger_status(e, led_del(e->l, LED_PANE, buf_str(&e->key)), "writing a session");
}

/* The first session before the latest one whose last sample is not before an instant. */
static Status past_from(Engine *e, const Series *s, int64_t from, SessionSpan *out, bool *found) {
    Str value;
    SessionRec rec;
    TRY(list_from(e, s, LIST_SESSIONS, from, &out->last, &value, found));
    if (!*found)
        return OK;
    TRY(ledger_status(e, session_rec_take(value, &rec), "a session"));
    out->first = rec.first;
    return OK;
}

static Status past_put(Engine *e, const Series *s, SessionSpan span) {
    SessionRec rec = {.first = span.first};
    buf_reset(&e->record);
    session_rec_put(&e->record, &rec);
    TRY(buf_status(&e->record));
    TRY(list_key(e, s, LIST_SESSIONS, span.last));
    return ledger_status(e, led_put(e->l, LED_PANE, buf_str(&e->key), buf_str(&e->record)),
                         "writing a session");
}

/* ---- what counts */

static Status count_in(Engine *e, Series *s, const Sample *m) {
    const AggDef *agg = &s->def->aggs[m->agg];
    TRY(engine_time_trap(e, total_add(agg, &s->totals[m->agg], m->value, false)));
    if (agg_sorts(agg))
        TRY(ledger_status(e, value_add(e->l, s, m, &e->key, &e->record), "writing a sample"));
    return agg_tallies(agg) ? ledger_status(e, tally_add(e->l, s, m, &e->key, &e->text, &e->record),
                                            "writing a sample")
                            : OK;
}

static Status count_out(Engine *e, Series *s, const Sample *m) {
    const AggDef *agg = &s->def->aggs[m->agg];
    TRY(ledger_status(e, total_add(agg, &s->totals[m->agg], m->value, true), "a series' sums"));
    if (agg_sorts(agg))
        TRY(ledger_status(e, value_del(e->l, s, m, &e->key), "writing a sample"));
    return agg_tallies(agg)
               ? ledger_status(e, tally_leave(e->l, s, m, &e->key, &e->text, &e->record),
                               "writing a sample")
               : OK;
}

/* Counts the samples of a time in or out. */
static Status count_span(Engine *e, Series *s, SessionSpan span, bool out) {
    Samples *room = live_room(e);
    TRY(ledger_status(e, samples_between(e->l, s, span.first, span.last, &e->key, &e->event, room),
                      "a series' samples"));
    for (size_t i = 0; i < room->n; i++)
        TRY(out ? count_out(e, s, &room->at[i]) : count_in(e, s, &room->at[i]));
    return OK;
}

/* Whether what counts is more than sums: then each sample has a record to be taken away. */
static bool keeps_values(const KpiDef *def) {
    for (uint32_t i = 0; i < def->agg_count; i++)
        if (!def->aggs[i].now && (agg_sorts(&def->aggs[i]) || agg_tallies(&def->aggs[i])))
            return true;
    return false;
}

static Status session_close(Engine *e, Series *s) {
    if (keeps_values(s->def))
        TRY(count_span(e, s, (SessionSpan){s->first, s->last}, true));
    for (uint32_t i = 0; i < s->def->agg_count; i++)
        if (!s->def->aggs[i].now)
            s->totals[i] = (Total){0};
    s->open = false;
    return OK;
}

/* ---- samples */

/* Notes a sample that may have come too late, to be looked at when all of the instant are there. */
static Status late_put(Engine *e, const Series *s, const Sample *m) {
    if (!window_keeps(s->def))
        return OK;
    TRY(list_key(e, s, LIST_LATE, m->time));
    return ledger_status(e, led_put(e->l, LED_PANE, buf_str(&e->key), S("")), "writing a session");
}

/* The latest session begins anew with a sample that is behind it by more than the gap. */
static Status session_begin(Engine *e, Series *s, const Sample *m) {
    if (s->open)
        TRY(session_close(e, s));
    if (s->first <= s->last)
        TRY(past_put(e, s, (SessionSpan){s->first, s->last}));
    s->first = s->last = m->time;
    return OK;
}

/* It takes in a sample that is no further from it than the gap and, if that is before it, the
 * session that this one joins to it. */
static Status session_join(Engine *e, Series *s, const Sample *m) {
    SessionSpan past = {m->time, m->time};
    bool found = false;
    s->last = m->time > s->last ? m->time : s->last;
    if (m->time >= s->first)
        return OK;
    TRY(past_from(e, s, gap_before(s, m->time), &past, &found));
    s->first = m->time;
    if (!found)
        return OK;
    TRY(list_del(e, s, LIST_SESSIONS, past.last));
    s->first = past.first < m->time ? past.first : m->time;
    return s->open ? count_span(e, s, past, false) : OK;
}

/* A sample further before the latest session: one of its own, or it joins one or two. */
static Status past_add(Engine *e, Series *s, const Sample *m) {
    SessionSpan span = {m->time, m->time}, near;
    bool found;
    for (;;) {
        TRY(past_from(e, s, gap_before(s, m->time), &near, &found));
        if (!found || near.first > gap_after(s, m->time))
            return past_put(e, s, span);
        TRY(list_del(e, s, LIST_SESSIONS, near.last));
        span.first = near.first < span.first ? near.first : span.first;
        span.last = near.last > span.last ? near.last : span.last;
    }
}

Status session_add(Engine *e, Live *v, const Sample *m) {
    Series *s = &v->s;
    TRY(live_change(e, v));
    bool none = s->first > s->last;
    if (!none && m->time < gap_before(s, s->first)) {
        TRY(past_add(e, s, m));
        TRY(late_put(e, s, m));
        return ledger_status(e, pane_add(e->l, s, m, &e->key, &e->text, &e->record),
                             "writing a sample");
    }
    TRY(none || m->time > gap_after(s, s->last) ? session_begin(e, s, m) : session_join(e, s, m));
    bool reopens = !s->open && m->enters <= session_end(s); /* until that instant is judged */
    if (s->open)
        TRY(count_in(e, s, m));
    if (m->enters >= session_end(s))
        TRY(late_put(e, s, m));
    TRY(ledger_status(e, pane_add(e->l, s, m, &e->key, &e->text, &e->record), "writing a sample"));
    if (!reopens)
        return OK;
    s->open = true;
    return count_span(e, s, (SessionSpan){s->first, s->last}, false);
}

/* ---- judging */

Status session_levels(Engine *e, const Series *s, int64_t at, LevelState *levels) {
    bool judged, found;
    TRY(ledger_status(e, head_get(e->l, s, &at, &e->key, &judged, levels, &found),
                      "a session's head"));
    if (!found)
        memcpy(levels, s->levels, KPI_STEPS * sizeof *levels);
    return OK;
}

static bool same_levels(const LevelState *a, const LevelState *b) {
    for (uint32_t i = 0; i < KPI_STEPS; i++)
        if (a[i].raised != b[i].raised || a[i].since != b[i].since || a[i].waits != b[i].waits ||
            a[i].episode != b[i].episode)
            return false;
    return true;
}

Status session_keep(Engine *e, Series *s, const LevelState *was, int64_t at) {
    LevelState kept[KPI_STEPS];
    int64_t first = at;
    bool judged, found;
    if (!window_keeps(s->def) || same_levels(was, s->levels))
        return OK;
    TRY(ledger_status(e, head_get(e->l, s, &first, &e->key, &judged, kept, &found),
                      "a session's head"));
    if (found && first == at)
        return OK; /* judged more than once at one instant: the first tells how they stood */
    Series before = *s;
    memcpy(before.levels, was, sizeof before.levels);
    return ledger_status(e, head_put(e->l, &before, at, &e->key, &e->text, &e->record),
                         "writing a session's head");
}

/* The session of a sample; live: it goes on. */
static Status session_of(Engine *e, const Series *s, int64_t time, SessionSpan *out, bool *live) {
    bool found = s->first <= time && time <= s->last;
    *live = found && s->open;
    *out = (SessionSpan){s->first, s->last};
    if (!found)
        TRY(past_from(e, s, time, out, &found));
    return found ? OK : engine_fail(e, ERR_DAMAGED, "a sample's session");
}

/* Looks at the sessions of the samples that came late at this instant. */
static Status late_take(Engine *e, Series *s, int64_t at) {
    for (;;) {
        SessionSpan span;
        int64_t time;
        Str value;
        bool found, live;
        TRY(list_from(e, s, LIST_LATE, INT64_MIN, &time, &value, &found));
        if (!found)
            return OK;
        TRY(session_of(e, s, time, &span, &live));
        if (!live)
            TRY(session_restate(e, s, span.first, span.last, at));
        for (; found && time <= span.last;) {
            TRY(list_del(e, s, LIST_LATE, time));
            TRY(list_from(e, s, LIST_LATE, INT64_MIN, &time, &value, &found));
        }
    }
}

/* From when on no sample can join a session any more. */
static int64_t kept_until(const Engine *e, const Series *s, int64_t last) {
    int64_t until;
    return ckd_add(&until, gap_after(s, last), e->b->late_ms) || until >= INSTANT_MAX
               ? INSTANT_NEVER
               : until + 1;
}

static Status session_drop(Engine *e, const Series *s, SessionSpan span) {
    int64_t pane = span.first;
    for (bool found = true; found; pane++) {
        TRY(ledger_status(e, pane_from(e->l, s, pane, &e->key, &pane, &found),
                          "reading the samples"));
        if (!found || pane - pane_width(s->def) >= span.last)
            break;
        TRY(ledger_status(e, pane_drop(e->l, s, pane, &e->key), "writing a sample"));
    }
    return OK;
}

/* Drops the heads that tell of no session that is kept, the first of which begins at `first`, nor
 * of one that a late sample could still begin. */
static Status heads_drop(Engine *e, const Series *s, int64_t first, int64_t now) {
    LevelState levels[KPI_STEPS];
    int64_t before;
    if (ckd_sub(&before, now, e->b->late_ms))
        before = INT64_MIN;
    before = first < before ? first : before;
    for (;;) {
        int64_t at = INT64_MIN;
        bool judged, found;
        TRY(ledger_status(e, head_get(e->l, s, &at, &e->key, &judged, levels, &found),
                          "a session's head"));
        if (!found || at >= before)
            return OK;
        TRY(ledger_status(e, head_del(e->l, s, at, &e->key), "writing a session's head"));
    }
}

/* Drops what none can join any more; *next: when there is more. */
static Status drop_old(Engine *e, Series *s, int64_t at, int64_t *next) {
    bool dropped = false;
    for (;;) {
        SessionSpan span = {s->first, s->last};
        bool found;
        TRY(past_from(e, s, INT64_MIN, &span, &found));
        if (!found)
            span = (SessionSpan){s->first, s->last};
        bool some = span.first <= span.last && (found || !s->open);
        int64_t until = some ? kept_until(e, s, span.last) : INSTANT_NEVER;
        if (!some || until > at) {
            *next = until < *next ? until : *next;
            return dropped ? heads_drop(e, s, span.first <= span.last ? span.first : at, at) : OK;
        }
        TRY(session_drop(e, s, span));
        if (found) {
            TRY(list_del(e, s, LIST_SESSIONS, span.last));
        } else {
            s->first = INSTANT_NEVER;
            s->last = INT64_MIN;
        }
        dropped = true;
    }
}

Status session_judge(Engine *e, Live *v, int64_t at, int64_t *next) {
    Series *s = &v->s;
    if (s->head == INT64_MIN)
        s->head = at;
    if (s->open && session_end(s) <= at)
        TRY(session_close(e, s));
    if (s->open && session_end(s) < *next)
        *next = session_end(s);
    TRY(late_take(e, s, at));
    return drop_old(e, s, at, next);
}
