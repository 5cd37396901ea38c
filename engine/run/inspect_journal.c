/* run: inspecting the journal: its entries, the roots kept of its tree, what is known by id of what
 * it took and refused; and the policy that it names. */
#include <string.h>

#include "engine/code/link.h"
#include "engine/run/adopt.h"
#include "engine/run/inspect_int.h"

/* ---- the policy */

static Status version_named(Inspect *in, uint32_t number, Str bytes, Arena *a, Bundle **out,
                            bool *good) {
    Err none = {0};
    bool bad;
    TRY(is_bad(bundle_take(bytes, a, out, &none), &bad));
    *good = !bad && str_eq(in->b->versions[number].hash, (Str){(const char *)(*out)->hash, 32});
    if (!*good)
        fault(in, FAULT_VERSION_LOST, number, S(""));
    return OK;
}

/* Links on the next version as it was when it was adopted. */
static Status version_link(Inspect *in, uint32_t number, Arena *a, Str *linked, bool *good) {
    Str given;
    Bundle *own, *old;
    Buf out = {0};
    Err none = {0};
    bool bad;
    TRY(is_bad(ledger_given(in->l, number, a, &given, &none), &bad));
    if (bad)
        fault(in, FAULT_VERSION_LOST, number, S(""));
    *good = !bad;
    if (bad)
        return OK;
    TRY(version_named(in, number, given, a, &own, good));
    if (!*good || number == 0) {
        *linked = given;
        return OK;
    }
    LinkPlan plan = {in->b->versions[number].from, in->b->versions[number].first};
    TRY(bundle_take(*linked, a, &old, &none));
    Status status = bundle_link(old, given, &plan, a, &out, NULL, &none);
    *good = status == OK;
    if (status != OK && status != ERR_NOMEM) {
        fault(in, FAULT_VERSION_LINK, number, S(""));
        status = OK;
    }
    if (*good)
        status = arena_str(a, buf_str(&out), linked);
    buf_free(&out);
    return status;
}

Status inspect_policy(Inspect *in) {
    Arena a = {0};
    Str linked = {NULL, 0}, kept;
    bool good = true, found = false;
    Status status = OK;
    for (uint32_t i = 0; i < in->b->version_count && good && status == OK; i++)
        status = version_link(in, i, &a, &linked, &good);
    if (status == OK && good)
        status = led_find(in->l, LED_POLICY, S("0"), &kept, &found);
    if (status == OK && good && (!found || !str_eq(kept, linked)))
        fault(in, FAULT_VERSION_LINK, 0, S(""));
    arena_free(&a);
    return status;
}

/* ---- entries */

typedef struct Entries {
    Inspect *in;
    MerklePeaks peaks;
    Status status;                                 /* of looking for roots that are kept */
    uint64_t index, events, ticks, rejects, moved; /* moved: the last entry that moved the clock */
    bool has_clock;
    int64_t clock;
    uint32_t versions;
} Entries;

/* A subtree is whole: its root, if such are kept, is to be found. */
static void node_seen(void *ctx, unsigned level, uint64_t number, const MerkleHash *hash) {
    Entries *n = ctx;
    MerkleHash kept;
    bool found;
    if (level % LED_BLOCK_LEVEL != 0 || n->status != OK)
        return;
    n->status = led_node(n->in->l, level, number, &kept, &found);
    if (n->status == OK && (!found || !merkle_eq(&kept, hash)))
        fault(n->in, FAULT_NODE, ((number + 1) << level) - 1, S(""));
}

static Status event_known(Entries *n, const EventLeaf *event) {
    uint64_t leaf;
    bool found;
    n->events++;
    TRY(engine_event_find(n->in->e, event->source, event->id, &leaf, &found));
    if (!found || leaf != n->index)
        fault(n->in, FAULT_EVENT_LOST, n->index, event->id);
    return OK;
}

static Status reject_known(Entries *n, const RejectLeaf *reject) {
    Str value;
    bool found;
    n->rejects++;
    TRY(numbered(n->in, LED_REJECT, n->index, &found));
    if (found)
        TRY(led_find(n->in->l, LED_REJECT, buf_str(&n->in->key), &value, &found));
    if (!found || value.n == 0 || (uint8_t)value.p[0] != reject->reason)
        fault(n->in, FAULT_REJECT_LOST, n->index, S(""));
    return OK;
}

static void clock_moved(Entries *n, int64_t to) {
    if (n->has_clock && to < n->clock)
        fault(n->in, FAULT_CLOCK_BACK, n->index, S(""));
    n->has_clock = true;
    n->clock = to;
    n->moved = n->index;
}

static void caused(Entries *n, const Cause *cause) {
    if ((cause->kind == CAUSE_EVENT || cause->kind == CAUSE_EFFECT) && cause->index >= n->index)
        fault(n->in, FAULT_CAUSE, n->index, S(""));
}

static void version_begins(Entries *n, Str hash) {
    const Bundle *b = n->in->b;
    if (n->versions >= b->version_count || !str_eq(b->versions[n->versions].hash, hash))
        fault(n->in, FAULT_VERSION_LOST, n->versions, S(""));
    n->versions++;
}

static Status entry_fits(Entries *n, const Leaf *leaf) {
    switch (leaf->kind) {
    case LEAF_GENESIS:
        version_begins(n, leaf->genesis.bundle);
        if (n->index != 0)
            fault(n->in, FAULT_ENTRY, n->index, S(""));
        return OK;
    case LEAF_POLICY:
        version_begins(n, leaf->policy.bundle);
        return OK;
    case LEAF_CLOCK:
        clock_moved(n, leaf->time);
        return OK;
    case LEAF_TICK:
        n->ticks++;
        return OK;
    case LEAF_EVENT:
        return event_known(n, &leaf->event);
    case LEAF_REJECT:
        return reject_known(n, &leaf->reject);
    case LEAF_EFFECT:
        caused(n, &leaf->effect.cause);
        return OK;
    case LEAF_CHANGE:
        caused(n, &leaf->change.cause);
        return OK;
    case LEAF_RETRIED:
    case LEAF_MIGRATE:
        break;
    }
    return OK;
}

static Status entry(Entries *n) {
    Str bytes;
    Leaf leaf;
    bool good;
    arena_reset(&n->in->e->event);
    TRY(led_leaf(n->in->l, n->index, &bytes));
    MerkleHash hash = merkle_leaf(bytes);
    TRY(leaf_read(n->in, n->index, &leaf, &good));
    merkle_add(&n->peaks, &hash, node_seen, n);
    TRY(n->status);
    if (!good || (n->index == 0 && leaf.kind != LEAF_GENESIS)) {
        fault(n->in, FAULT_ENTRY, n->index, S(""));
        return OK;
    }
    return entry_fits(n, &leaf);
}

/* ---- what is known by id */

typedef struct Known {
    Inspect *in;
    uint64_t count;
} Known;

static Status id_leads(void *ctx, const uint8_t key[LED_SET_KEY], uint64_t a, uint64_t leaf) {
    Known *k = ctx;
    Leaf is;
    bool good;
    (void)key, (void)a;
    k->count++;
    if (leaf == 0)
        return OK; /* a tick has no entry of its own */
    arena_reset(&k->in->e->event);
    TRY(leaf_read(k->in, leaf, &is, &good));
    if (!good || is.kind != LEAF_EVENT)
        fault(k->in, FAULT_EVENT_FALSE, leaf, S(""));
    return OK;
}

static Status count_only(void *ctx, const uint8_t key[LED_SET_KEY], uint64_t a, uint64_t b) {
    Known *k = ctx;
    (void)key, (void)a, (void)b;
    k->count++;
    return OK;
}

static Status reject_is(Inspect *in, Str key, Str value) {
    Take t = take_from(key);
    uint64_t index = take_key_u64(&t);
    Leaf leaf;
    bool good;
    (void)value;
    TRY(leaf_read(in, index, &leaf, &good));
    if (take_done(&t) != OK || !good || leaf.kind != LEAF_REJECT)
        fault(in, FAULT_REJECT_FALSE, index, S(""));
    return OK;
}

static Status ids(Entries *n) {
    Known events = {n->in, 0}, rejects = {n->in, 0};
    TRY(led_set_walk(n->in->l, LED_SET_EVENTS, id_leads, &events));
    TRY(led_set_walk(n->in->l, LED_SET_REJECTS, count_only, &rejects));
    if (events.count > n->events + n->ticks)
        fault(n->in, FAULT_EVENT_MANY, events.count - n->events - n->ticks, S(""));
    uint64_t more =
        rejects.count > n->rejects ? rejects.count - n->rejects : n->rejects - rejects.count;
    if (more > 0)
        fault(n->in, FAULT_REJECT_MANY, more, S(""));
    return inspect_table(n->in, LED_REJECT, reject_is);
}

Status inspect_journal(Inspect *in) {
    Entries n = {.in = in};
    int64_t clock = 0;
    for (; n.index < led_size(in->l); n.index++)
        TRY(entry(&n));
    bool has = engine_clock(in->e, &clock);
    if (has != n.has_clock || (has && clock != n.clock))
        fault(in, FAULT_CLOCK, n.moved, S(""));
    return ids(&n);
}
