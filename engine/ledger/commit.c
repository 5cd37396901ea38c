/* ledger: commits, and the checkpoints that go along with them.
 *
 * A commit writes a frame and the leaves. When the log has grown to log_room it is sealed: the
 * other one takes the frames from then on, and the cache's dirty records and the sets' entries of
 * the sealed log go into tables and runs, in steps that are parts of later commits. When all are
 * there the sealed log is emptied. Until then whoever opens the ledger reads both logs, whose
 * frames hide what the tables have of them so far.
 *
 * led_seal and led_settle are for the thread that owns the ledger. led_write may run in another one
 * meanwhile: it works on the Flight, the sealed leaves, the sealed sets and the writer's
 * transaction, and looks at runs and head, all of which only those two change. */
#include <string.h>

#include "engine/base/check.h"
#include "engine/ledger/ledger_int.h"

/* ---- sealing a batch ---- */

static Status frame_fill(Ledger *l) {
    Buf *frame = &l->flight.frame;
    buf_reset(frame);
    for (size_t i = 0; i < l->cache.changed.n; i++) {
        const Entry *e = l->cache.changed.at[i];
        if ((e->flags & (E_LIVE | E_ABSENT | E_DIRTY | E_TAKEN)) != E_ABSENT)
            log_put_record(frame, e);
    }
    for (unsigned set = 0; set < LED_SETS; set++)
        for (size_t i = l->set_done[set]; i < l->set[set].items.n; i++)
            log_put_item(frame, (LedSet)set, &l->set[set].items.at[i]);
    return buf_status(frame);
}

/* Room to sort any of the sets. */
static Status sort_room(Ledger *l, const SetMem sets[LED_SETS]) {
    size_t most = 0;
    for (unsigned set = 0; set < LED_SETS; set++)
        most = sets[set].items.n > most ? sets[set].items.n : most;
    if (l->sorting_n >= most)
        return OK;
    SetItem *room = mem_realloc(l->sorting, most * sizeof *room);
    if (room == NULL)
        return ERR_NOMEM;
    l->sorting = room;
    l->sorting_n = most;
    return OK;
}

/* Prepares that the log will be sealed with this batch. */
static Status log_seal_ready(Ledger *l, Flight *f) {
    TRY(cache_take_ready(&l->cache));
    TRY(runs_ready(&l->runs));
    TRY(sort_room(l, l->set));
    if (f->head.run_next > UINT32_MAX - LED_SETS)
        return ERR_LIMIT;
    f->head.run_sealed = f->head.run_next;
    f->head.run_next += LED_SETS;
    f->head.log ^= 1;
    f->head.log_bytes = f->head.point_due = 0;
    f->head.sealed = 1;
    return OK;
}

/* Begins a checkpoint of what is in `taken` and in the sealed sets. There is room to sort. */
static void point_begin(Ledger *l, bool again) {
    for (unsigned set = 0; set < LED_SETS; set++) {
        setmem_sort(&l->sealed[set], l->sorting);
        if (l->sealed[set].items.n > 0)
            l->filter[set] = runs_filter(&l->runs, l->sealed[set].items.n);
    }
    l->point = (Point){.again = again};
}

/* The log is sealed, and with it all that was put in it up to the batch that is being closed. */
static void log_seal(Ledger *l) {
    cache_take(&l->cache);
    for (unsigned set = 0; set < LED_SETS; set++) {
        SetMem empty = l->sealed[set];
        l->sealed[set] = l->set[set];
        l->set[set] = empty;
        l->set_done[set] = 0;
    }
    point_begin(l, false);
}

Status point_resume(Ledger *l) {
    TRY(cache_take_ready(&l->cache));
    TRY(runs_ready(&l->runs));
    TRY(sort_room(l, l->sealed));
    cache_take(&l->cache);
    point_begin(l, true);
    return OK;
}

/* Copies the records of the checkpoint's next step, for they may change while it is under way. */
static Status point_step_ready(Ledger *l, Flight *f) {
    const EntryList *taken = &l->cache.taken;
    f->point = l->point;
    f->budget = l->point.again ? SIZE_MAX : (size_t)f->head.point_due * 2;
    f->head.point_due = 0;
    buf_reset(&f->records);
    for (; f->point.record < taken->n && f->records.n < f->budget; f->point.record++)
        log_put_record(&f->records, taken->at[f->point.record]);
    f->point.last = f->point.record == taken->n;
    return buf_status(&f->records);
}

static Status merge_step_ready(Ledger *l, Flight *f) {
    uint32_t next = (uint32_t)f->head.run_next;
    TRY(runs_plan(&l->runs, f->merge, &next));
    f->head.run_next = next;
    f->head.run_changes++;
    f->merge_budget = f->head.merge_due * 2;
    f->head.merge_due = 0;
    return OK;
}

static Status plan(Ledger *l, Flight *f) {
    uint64_t entries = 0;
    TRY(cache_ready(&l->cache));
    TRY(frame_fill(l));
    for (unsigned set = 0; set < LED_SETS; set++)
        entries += l->set[set].items.n - l->set_done[set];
    f->head = l->head;
    f->head.commits++;
    f->head.log_bytes += f->frame.n;
    f->head.point_due += f->frame.n;
    f->head.merge_due += entries;
    f->log = l->head.log == 0 ? DB_LOG0 : DB_LOG1;
    f->seals = l->head.sealed == 0 && f->head.log_bytes >= l->log_room;
    f->steps = l->head.sealed != 0 && (f->head.point_due >= l->point_room || l->point.again);
    f->merges = f->head.merge_due >= l->merge_room && runs_busy(&l->runs);
    if (f->head.merge_due >= l->merge_room && !f->merges)
        f->head.merge_due = 0; /* nothing to do saves up no work for later */
    if (f->seals)
        TRY(log_seal_ready(l, f));
    if (f->steps)
        TRY(point_step_ready(l, f));
    if (f->merges)
        TRY(merge_step_ready(l, f));
    if (f->steps)
        cache_taken(&l->cache, l->point.record, f->point.record);
    return OK;
}

Status led_seal(Ledger *l, Err *err) {
    Flight *f = &l->flight;
    Status status = l->read_only || l->dead || f->state != FLIGHT_NONE ? ERR_STATE : OK;
    if (status == OK && l->memory)
        l->head.commits++;
    else if (status == OK)
        status = env_read(&l->env); /* a snapshot from before the write, which memory goes with */
    if (status == OK && !l->memory)
        status = plan(l, f);
    if (status != OK)
        return led_fails(l, status, NULL, "cannot commit", err);
    cache_commit(&l->cache);
    if (l->memory)
        journal_keep(&l->journal);
    else
        journal_seal(&l->journal);
    for (size_t i = 0; i < LED_SETS; i++)
        l->set_done[i] = l->set[i].items.n;
    if (!l->memory && f->seals)
        log_seal(l);
    f->state = l->memory ? FLIGHT_WRITTEN : FLIGHT_SEALED;
    arena_reset(&l->held);
    led_mark(l);
    return OK;
}

/* ---- writing it ---- */

static Status write_records(Ledger *l, Flight *f) {
    Take t = take_from(buf_str(&f->records));
    while (take_left(&t) > 0) {
        uint8_t table;
        Str key, value;
        bool live;
        TRY(log_take_record(&t, &table, &key, &value, &live));
        TRY(table_write(&l->env, &f->head.tables, table, key, value, live));
    }
    return OK;
}

static Status write_items(Ledger *l, Flight *f, size_t done) {
    Point *at = &f->point;
    for (; at->set < LED_SETS && done < f->budget; at->set++, at->item = 0) {
        const SetMem *mem = &l->sealed[at->set];
        if (mem->items.n == 0)
            continue;
        if (at->item == 0)
            at->writer = run_writer((uint32_t)l->head.run_sealed + at->set, mem->items.n,
                                    l->filter[at->set]);
        for (; at->item < mem->items.n && done < f->budget; at->item++, done += sizeof(SetItem))
            TRY(run_put(&at->writer, &l->env, &mem->items.at[at->item]));
        if (at->item < mem->items.n)
            return OK;
        TRY(run_end(&at->writer, &l->env));
    }
    return OK;
}

static Status point_finish(Ledger *l, Flight *f) {
    for (unsigned set = 0; set < LED_SETS; set++)
        if (l->sealed[set].items.n > 0) {
            TRY(run_enter(&l->env, (uint32_t)l->head.run_sealed + set, (LedSet)set,
                          l->sealed[set].items.n));
            f->head.run_changes++;
        }
    TRY(env_drop(&l->env, l->head.log == 0 ? DB_LOG1 : DB_LOG0));
    f->point.finished = true;
    f->head.sealed = 0;
    f->head.settled++;
    return OK;
}

static Status point_step(Ledger *l, Flight *f) {
    for (uint32_t set = 0; set < LED_SETS && f->point.again; set++)
        TRY(run_clear(&l->env, 0, (uint32_t)l->head.run_sealed + set));
    f->point.again = false;
    TRY(write_records(l, f));
    TRY(write_items(l, f, f->records.n));
    if (f->point.last && f->point.set == LED_SETS)
        TRY(point_finish(l, f));
    return OK;
}

static Status write_all(Ledger *l, Flight *f) {
    TRY(log_write(&l->env, f->log, f->head.commits, buf_str(&f->frame)));
    TRY(journal_write(&l->journal, &l->env));
    if (f->steps)
        TRY(point_step(l, f));
    if (f->merges)
        TRY(runs_step(&l->runs, &l->env, f->merge_budget, f->merge, &f->bits));
    return head_write(&l->env, &f->row, &f->head);
}

/* One try. What the flight has is as before it when it fails. */
static Status write_once(Ledger *l, Flight *f) {
    const Head head = f->head;
    const Point point = f->point;
    Merge merge[RUNS_LEVELS];
    memcpy(merge, f->merge, sizeof merge);
    TRY(env_begin(&l->env));
    Status status = write_all(l, f);
    if (status == OK)
        status = env_commit(&l->env);
    else
        env_abort(&l->env);
    if (status != OK) {
        f->head = head;
        f->point = point;
        memcpy(f->merge, merge, sizeof merge);
    }
    return status;
}

static FlightState flight_state(const Ledger *l, Status status) {
    if (status == ERR_FULL && l->env.map_full)
        return FLIGHT_AGAIN;
    return status == OK ? FLIGHT_WRITTEN : FLIGHT_FAILED;
}

Status led_write(Ledger *l, Err *err) {
    Flight *f = &l->flight;
    if (l->memory)
        return OK;
    if (f->state != FLIGHT_SEALED)
        return err_because(err, ERR_STATE, "cannot commit", "无法提交", NULL);
    Status status = journal_hash(&l->journal);
    f->head.peaks = l->journal.next;
    if (status == OK)
        status = write_once(l, f);
    f->state = flight_state(l, status);
    if (f->state != FLIGHT_FAILED)
        return OK;
    return err_because(err, status, "cannot commit", "无法提交",
                       l->env.writer.err.code == status ? &l->env.writer.err : NULL);
}

/* ---- when it is on disk ---- */

static void point_stepped(Ledger *l, const Flight *f) {
    l->point = f->point;
    if (!f->point.finished)
        return;
    cache_settle(&l->cache);
    for (unsigned set = 0; set < LED_SETS; set++) {
        if (l->sealed[set].items.n > 0)
            runs_add(&l->runs, (uint32_t)f->head.run_sealed + set, (LedSet)set,
                     l->sealed[set].items.n, l->filter[set]);
        l->filter[set] = NULL;
        setmem_reset(&l->sealed[set]);
    }
    l->point = (Point){0};
}

/* The map was full: once more with a greater one. */
static Status write_again(Ledger *l, Flight *f) {
    while (f->state == FLIGHT_AGAIN) {
        TRY(env_grow(&l->env));
        Status status = write_once(l, f);
        f->state = flight_state(l, status);
        if (f->state == FLIGHT_FAILED)
            return status;
    }
    return OK;
}

Status led_settle(Ledger *l, Err *err) {
    Flight *f = &l->flight;
    Status status = write_again(l, f);
    l->dead |= f->state == FLIGHT_FAILED;
    if (status == OK && f->state != FLIGHT_WRITTEN)
        status = ERR_STATE;
    if (status != OK)
        return led_fails(l, status, &l->env.writer.err, "cannot commit", err);
    f->state = FLIGHT_NONE;
    if (l->memory)
        return OK;
    l->head = f->head;
    env_renew(&l->env);
    arena_reset(&l->held);
    journal_settle(&l->journal);
    if (f->steps)
        point_stepped(l, f);
    if (f->merges)
        runs_stepped(&l->runs, f->merge, &f->bits);
    cache_trim(&l->cache, CLEAN_ROOM);
    return OK;
}

Status led_commit(Ledger *l, Err *err) {
    TRY(led_seal(l, err));
    Status status = led_write(l, err);
    if (status != OK) {
        l->dead = true;
        return led_fails(l, status, &l->env.writer.err, "cannot commit", NULL);
    }
    return led_settle(l, err);
}
