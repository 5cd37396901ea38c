/* The yardstick of the benchmark: the same work as the policies routing.remit, duties.remit and
 * refunds.remit, written by hand for nothing else.
 *   hand w1 FILE             routes each event, keeps nothing
 *   hand w2 FILE DIR [-r] [-l EVENTS]
 *                            duties, kept in LMDB: after each 1,000 events one transaction, synced,
 *                            with the ids seen, the changed duties, the effects and the place in
 *                            FILE. -r goes on from what is kept; -l stops after so many events
 *   hand w3 FILE DIR [-r] [-l EVENTS]
 *                            a KPI of up to 1,000 series, kept likewise: the changed minutes, the
 *                            series' states, the effects and the place in FILE
 * Prints one line of JSON with the number of events and the digest of its decisions
 * (docs/performance.md says what both are). */
#include <fcntl.h>
#include <inttypes.h>
#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define START INT64_C(1772409600) /* 2026-03-02T00:00:00Z */

static void fail(const char *what) {
    fprintf(stderr, "hand: %s\n", what);
    exit(3);
}

static uint64_t digest = 1;

static inline void feed(uint64_t number) {
    digest = (digest * 1000003 + number) % 4294967291u;
}

/* ---- lines */

enum { CHUNK = 1 << 18, PAD = 64 };

static struct {
    int fd;
    char *buf;
    size_t from, to, cap;
    uint64_t offset; /* of buf in the file */
    bool over;
} in;

static void open_input(const char *path, uint64_t offset) {
    in.fd = open(path, O_RDONLY);
    in.cap = CHUNK;
    in.buf = malloc(in.cap + PAD);
    in.offset = offset;
    if (in.fd < 0 || in.buf == NULL || lseek(in.fd, (off_t)offset, SEEK_SET) < 0)
        fail(path);
}

static uint64_t place(void) {
    return in.offset + in.from;
}

static bool next_line(const char **line, const char **end) {
    for (;;) {
        char *at = memchr(in.buf + in.from, '\n', in.to - in.from);
        if (at != NULL || (in.over && in.to > in.from)) {
            *line = in.buf + in.from;
            *end = at != NULL ? at : in.buf + in.to;
            in.from = (size_t)(*end - in.buf) + (at != NULL);
            return true;
        }
        if (in.over)
            return false;
        memmove(in.buf, in.buf + in.from, in.to - in.from);
        in.offset += in.from;
        in.to -= in.from;
        in.from = 0;
        if (in.cap - in.to < CHUNK / 2) {
            in.cap *= 2;
            in.buf = realloc(in.buf, in.cap + PAD);
            if (in.buf == NULL)
                fail("memory");
        }
        ssize_t got = read(in.fd, in.buf + in.to, in.cap - in.to);
        if (got < 0)
            fail("read");
        in.to += (size_t)got;
        in.over = got == 0;
    }
}

/* ---- events. First the order in which producers write members, by comparing; else any order. */

typedef struct Text {
    const char *p;
    uint32_t n;
} Text;

enum {
    ID = 1,
    SOURCE = 2,
    TYPE = 4,
    TIME = 8,
    COMPLAINT = 16,
    CATEGORY = 32,
    SEVERITY = 64,
    VALUE = 128,
    VIP = 256
};

typedef struct Event {
    Text id, source, type, complaint, category;
    int64_t at, cents;
    int severity;
    bool vip;
    unsigned has;
} Event;

static inline uint64_t eight(const char *p) {
    uint64_t w;
    memcpy(&w, p, 8);
    return w;
}

static inline __attribute__((always_inline)) bool same(const char *p, const char *q, size_t n) {
    uint64_t other = 0;
    if (n < 8)
        return memcmp(p, q, n) == 0;
    for (size_t i = 0; i + 8 <= n; i += 8)
        other |= eight(p + i) ^ eight(q + i);
    return (other | (eight(p + n - 8) ^ eight(q + n - 8))) == 0;
}

#define PASS(p, literal)                                                                           \
    (same(p, literal, sizeof(literal) - 1) ? ((p) += sizeof(literal) - 1, true) : false)

/* The quote that ends the string at p. NULL: an escape or a control character comes first. */
static inline const char *quote(const char *p) {
#ifdef __SSE2__
    for (;; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i_u *)(const void *)p);
        __m128i marks = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
                                     _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
        marks = _mm_or_si128(marks, _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1F)), v));
        int mask = _mm_movemask_epi8(marks);
        if (mask != 0) {
            p += __builtin_ctz((unsigned)mask);
            return *p == '"' ? p : NULL;
        }
    }
#else
    while (*p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
        p++;
    return *p == '"' ? p : NULL;
#endif
}

/* Takes the string at p (behind its opening quote) and the quote behind it. */
static inline bool text(const char **p, Text *out) {
    const char *end = quote(*p);
    if (end == NULL)
        return false;
    *out = (Text){*p, (uint32_t)(end - *p)};
    *p = end + 1;
    return true;
}

static inline unsigned two(const char *p) {
    return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
}

static bool day(const char *p, int64_t *out) {
    unsigned y = two(p) * 100 + two(p + 2), m = two(p + 5), d = two(p + 8);
    if (p[4] != '-' || p[7] != '-' || y > 9999 || m - 1 > 11 || d - 1 > 30)
        return false;
    y -= m <= 2;
    unsigned era = y / 400, of = y % 400, month = m > 2 ? m - 3 : m + 9;
    int64_t days =
        (int64_t)era * 146097 + of * 365 + of / 4 - of / 100 + (153 * month + 2) / 5 + d - 1;
    *out = (days - 719468) * 86400;
    return true;
}

/* Whole seconds; the day of the time before is known by its bytes. */
static inline bool instant(Text t, int64_t *out) {
    static char last[10];
    static int64_t last_at;
    if (t.n < 20 || t.p[10] != 'T' || t.p[13] != ':' || t.p[16] != ':')
        return false;
    if (memcmp(t.p, last, sizeof last) != 0) {
        if (!day(t.p, &last_at))
            return false;
        memcpy(last, t.p, sizeof last);
    }
    unsigned h = two(t.p + 11), m = two(t.p + 14), s = two(t.p + 17);
    if (h > 23 || m > 59 || s > 60)
        return false;
    *out = last_at + (int64_t)(h * 3600 + m * 60 + s);
    if (t.n == 20 && t.p[19] == 'Z')
        return true;
    if (t.n != 25 || (t.p[19] != '+' && t.p[19] != '-'))
        return false;
    int64_t away = (int64_t)(two(t.p + 20) * 60 + two(t.p + 23)) * 60;
    *out -= t.p[19] == '+' ? away : -away;
    return true;
}

/* A number with two places at most, in quotes or without. */
static inline bool cents(const char **p, int64_t *out) {
    const char *at = *p;
    bool quoted = *at == '"';
    at += quoted;
    int64_t v = 0;
    int digits = 0;
    for (; *at >= '0' && *at <= '9' && digits < 16; digits++)
        v = v * 10 + (*at++ - '0');
    if (digits == 0)
        return false;
    int places = 0;
    if (*at == '.')
        for (at++; *at >= '0' && *at <= '9' && places < 2; places++)
            v = v * 10 + (*at++ - '0');
    for (; places < 2; places++)
        v *= 10;
    if (quoted && *at++ != '"')
        return false;
    *p = at;
    *out = v;
    return true;
}

static bool usual(const char *p, Event *e) {
    Text time;
    if (!PASS(p, "{\"specversion\":\"1.0\",\"id\":\"") || !text(&p, &e->id) ||
        !PASS(p, ",\"source\":\"") || !text(&p, &e->source) || !PASS(p, ",\"type\":\"") ||
        !text(&p, &e->type) || !PASS(p, ",\"time\":\"") || !text(&p, &time) ||
        !instant(time, &e->at) || !PASS(p, ",\"data\":{\"complaint\":\"") ||
        !text(&p, &e->complaint))
        return false;
    e->has = ID | SOURCE | TYPE | TIME | COMPLAINT;
    if (*p == '}')
        return p[1] == '}';
    if (!PASS(p, ",\"category\":\"") || !text(&p, &e->category) || !PASS(p, ",\"severity\":") ||
        *p < '1' || *p > '5')
        return false;
    e->severity = *p++ - '0';
    if (!PASS(p, ",\"order_value\":") || !cents(&p, &e->cents) || !PASS(p, ",\"vip\":"))
        return false;
    e->vip = *p == 't';
    e->has |= CATEGORY | SEVERITY | VALUE | VIP;
    return PASS(p, "true}}") || PASS(p, "false}}");
}

/* The same for orders that are paid and refunded. */
static bool usual_order(const char *p, Event *e) {
    Text time, order;
    if (!PASS(p, "{\"specversion\":\"1.0\",\"id\":\"") || !text(&p, &e->id) ||
        !PASS(p, ",\"source\":\"") || !text(&p, &e->source) || !PASS(p, ",\"type\":\"") ||
        !text(&p, &e->type) || !PASS(p, ",\"time\":\"") || !text(&p, &time) ||
        !instant(time, &e->at) || !PASS(p, ",\"data\":{\"order\":\"") || !text(&p, &order) ||
        !PASS(p, ",\"category\":\"") || !text(&p, &e->category) || !PASS(p, ",\"amount\":") ||
        !cents(&p, &e->cents))
        return false;
    e->has = ID | SOURCE | TYPE | TIME | CATEGORY | VALUE;
    return PASS(p, "}}");
}

static const char *space(const char *p) {
    while (*p == ' ' || *p == '\t' || *p == '\r')
        p++;
    return p;
}

static const char *skip(const char *p, const char *end) {
    int depth = 0;
    Text t;
    do {
        if (*p == '"') {
            p++;
            if (!text(&p, &t))
                return NULL;
            continue;
        }
        depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
        p++;
    } while (p < end && (depth > 0 || (*p != ',' && *p != '}')));
    return p < end ? p : NULL;
}

static bool is(Text t, const char *name) {
    return t.n == strlen(name) && memcmp(t.p, name, t.n) == 0;
}

static const char *string(const char *p, Text *out) {
    return *p++ == '"' && text(&p, out) ? p : NULL;
}

/* One member's value, wherever it stands: data's are told from the event's by `data`. */
static const char *member(const char *p, const char *end, Text name, bool data, Event *e) {
    Text t;
    if (!data && is(name, "id"))
        return e->has |= ID, string(p, &e->id);
    if (!data && is(name, "source"))
        return e->has |= SOURCE, string(p, &e->source);
    if (!data && is(name, "type"))
        return e->has |= TYPE, string(p, &e->type);
    if (!data && is(name, "time"))
        return (p = string(p, &t)) != NULL && instant(t, &e->at) ? e->has |= TIME, p : NULL;
    if (data && is(name, "complaint"))
        return e->has |= COMPLAINT, string(p, &e->complaint);
    if (data && is(name, "category"))
        return e->has |= CATEGORY, string(p, &e->category);
    if (data && (is(name, "order_value") || is(name, "amount")))
        return e->has |= VALUE, cents(&p, &e->cents) ? p : NULL;
    if (data && is(name, "severity"))
        return *p < '1' || *p > '5' ? NULL : (e->has |= SEVERITY, e->severity = *p - '0', p + 1);
    if (data && is(name, "vip"))
        return e->has |= VIP, e->vip = *p == 't', skip(p, end);
    return skip(p, end);
}

static bool general(const char *p, const char *end, Event *e) {
    int depth = 1;
    e->has = 0;
    p = space(p);
    if (*p++ != '{')
        return false;
    while (depth > 0) {
        Text name;
        p = space(p);
        if (*p == '}') {
            p++;
            depth--;
            continue;
        }
        p = space(p + (*p == ','));
        if (*p == '}' || (p = string(p, &name)) == NULL)
            return false;
        p = space(p);
        if (*p++ != ':')
            return false;
        p = space(p);
        if (depth == 1 && is(name, "data") && *p == '{') {
            p++;
            depth++;
        } else if ((p = member(p, end, name, depth == 2, e)) == NULL) {
            return false;
        }
    }
    return space(p) == end;
}

static bool next_event(Event *e) {
    const char *line, *end;
    if (!next_line(&line, &end))
        return false;
    if (!usual(line, e) && !general(line, end, e))
        fail("a line that is no event");
    return true;
}

static bool next_order(Event *e) {
    const char *line, *end;
    if (!next_line(&line, &end))
        return false;
    if (!usual_order(line, e) && !general(line, end, e))
        fail("a line that is no event");
    return true;
}

/* ---- w1 */

static int category(Text t) {
    static const char *const names[] = {"quality", "delivery", "refund", "fraud", "other"};
    for (int i = 0; i < 5; i++)
        if (is(t, names[i]))
            return i;
    return fail("a category that there is not"), 0;
}

enum { QUALITY, DELIVERY, REFUND, FRAUD };
enum { MANAGEMENT, DIRECTOR, LEAD, SERVICE, FINANCE, PRODUCT, LOGISTICS };

static inline uint64_t route(int kind, int severity, int64_t value, bool vip) {
#define ROW(owner, sla) ((owner)*100000 + (sla))
    if (kind == FRAUD)
        return value > 5000000 ? ROW(MANAGEMENT, 30) : ROW(DIRECTOR, 60);
    if (vip && severity >= 5 && value > 2000000)
        return ROW(DIRECTOR, 60);
    if (vip && severity >= 4)
        return ROW(LEAD, 120);
    if (kind == REFUND)
        return severity >= 3 && value > 500000 ? ROW(FINANCE, 240) : ROW(SERVICE, 480);
    if (kind == QUALITY && severity >= 4)
        return ROW(PRODUCT, 240);
    if (kind == QUALITY && value >= 100000 && value <= 1000000)
        return ROW(PRODUCT, 480);
    if (kind == DELIVERY && severity >= 3)
        return ROW(LOGISTICS, 240);
    if (kind == DELIVERY && value <= 10000 && !vip)
        return ROW(SERVICE, 1440);
    return value > 1000000 ? ROW(LEAD, 240) : ROW(SERVICE, 960);
}

static uint64_t w1(void) {
    uint64_t events = 0;
    Event e;
    for (; next_event(&e); events++)
        feed(route(category(e.category), e.severity, e.cents, e.vip));
    return events;
}

/* ---- w2: tables in memory */

typedef struct Id {
    uint64_t a, b;
} Id;

static inline uint64_t mix(uint64_t a, uint64_t b) {
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* 128 bits of what n bytes say; two of a thousand million such would hardly ever be equal. */
static Id hash(Id h, Text t) {
    uint32_t i = 0;
    for (; t.n - i >= 8; i += 8) {
        uint64_t w = eight(t.p + i);
        h.a = mix(h.a ^ w, UINT64_C(0xA0761D6478BD642F));
        h.b = mix(h.b + w, UINT64_C(0xE7037ED1A0B428DB));
    }
    uint64_t rest = t.n;
    for (; i < t.n; i++)
        rest = rest << 8 | (uint8_t)t.p[i];
    h.a = mix(h.a ^ rest, UINT64_C(0x8EBC6AF09C88C6E3));
    h.b = mix(h.b + rest, UINT64_C(0x589965CC75374CC3));
    return h;
}

typedef struct Set {
    Id *at; /* open addressing; 0, 0: free */
    uint32_t *number;
    size_t cap, n;
} Set;

static size_t set_place(const Set *s, Id id) {
    size_t i = id.a & (s->cap - 1);
    while ((s->at[i].a != 0 || s->at[i].b != 0) && (s->at[i].a != id.a || s->at[i].b != id.b))
        i = (i + 1) & (s->cap - 1);
    return i;
}

/* The id's place; *found: it was there. It is put there with that number if not. */
static size_t set_add(Set *s, Id id, uint32_t number, bool *found) {
    if (s->n * 2 >= s->cap) {
        Set old = *s;
        s->cap = old.cap == 0 ? 1024 : old.cap * 2;
        s->at = calloc(s->cap, sizeof *s->at);
        s->number = calloc(s->cap, sizeof *s->number);
        if (s->at == NULL || s->number == NULL)
            fail("memory");
        for (size_t i = 0; i < old.cap; i++)
            if (old.at[i].a != 0 || old.at[i].b != 0) {
                size_t to = set_place(s, old.at[i]);
                s->at[to] = old.at[i];
                s->number[to] = old.number[i];
            }
        free(old.at);
        free(old.number);
    }
    size_t i = set_place(s, id);
    *found = s->at[i].a != 0 || s->at[i].b != 0;
    if (!*found) {
        s->at[i] = id;
        s->number[i] = number;
        s->n++;
    }
    return i;
}

typedef struct Duty {
    int64_t base;  /* when it was raised, moved on by the time waited */
    int64_t since; /* waits since then */
    Id complaint;
    uint32_t limit;
    uint8_t rung; /* the next: 0 reminder, 1 breach, 2 second escalation, 3 none */
    bool waits, ended, changed;
} Duty;

typedef struct Timer {
    int64_t at;
    uint32_t duty;
} Timer;

static Set seen, names;
static Duty *duties;
static uint32_t duty_count, duty_cap;
static Timer *heap;
static size_t heap_n, heap_cap;
static int64_t now;
static uint64_t counts[6];

enum { NONE, REMINDED, ESCALATED, AGAIN, FULFILLED, LATE };

/* Of the open batch, for the commit. */
static Id *batch_ids;
static uint32_t *batch_duties;
static int64_t *batch_effects;
static size_t batch_id_n, batch_duty_n, batch_effect_n, batch_effect_cap;

static void *more(void *p, size_t n, size_t size) {
    p = realloc(p, n * size);
    if (p == NULL)
        fail("memory");
    return p;
}

static void effect(int64_t at, uint32_t number, int what) {
    feed((uint64_t)(at - START));
    feed(number);
    feed((uint64_t)what);
    counts[what]++;
    if (batch_effect_n + 3 > batch_effect_cap)
        batch_effects = more(batch_effects, batch_effect_cap = batch_effect_cap * 2 + 3072, 8);
    batch_effects[batch_effect_n++] = at;
    batch_effects[batch_effect_n++] = number;
    batch_effects[batch_effect_n++] = what;
}

static void touch(uint32_t duty) {
    if (!duties[duty].changed)
        batch_duties[batch_duty_n++] = duty;
    duties[duty].changed = true;
}

static int64_t rung_at(const Duty *d) {
    return d->base + (d->rung == 0 ? d->limit / 2 : d->rung == 1 ? d->limit : d->limit + 14400);
}

static bool before(Timer a, Timer b) {
    return a.at != b.at ? a.at < b.at : a.duty < b.duty;
}

static void sink(size_t i, Timer t) {
    for (size_t child; (child = 2 * i + 1) < heap_n; i = child) {
        child += child + 1 < heap_n && before(heap[child + 1], heap[child]);
        if (!before(heap[child], t))
            break;
        heap[i] = heap[child];
    }
    heap[i] = t;
}

static void plan(uint32_t duty) {
    Timer t = {rung_at(&duties[duty]), duty};
    if (heap_n == heap_cap)
        heap = more(heap, heap_cap = heap_cap * 2 + 1024, sizeof *heap);
    size_t i = heap_n++;
    for (; i > 0 && before(t, heap[(i - 1) / 2]); i = (i - 1) / 2)
        heap[i] = heap[(i - 1) / 2];
    heap[i] = t;
}

/* A timer that is no longer its duty's next is left where it is and passed over here. */
static void fire(int64_t until) {
    while (heap_n > 0 && heap[0].at < until) {
        Timer t = heap[0];
        Duty *d = &duties[t.duty];
        Timer last = heap[--heap_n];
        if (heap_n > 0)
            sink(0, last);
        if (d->ended || d->waits || d->rung > 2 || rung_at(d) != t.at)
            continue;
        effect(t.at, t.duty + 1, REMINDED + d->rung++);
        touch(t.duty);
        if (d->rung <= 2)
            plan(t.duty);
    }
}

static void raise(const Event *e, Id complaint) {
    static const uint32_t minutes[] = {2880, 1440, 480, 240, 60};
    if (duty_count == duty_cap) {
        duty_cap = duty_cap * 2 + 1024;
        duties = more(duties, duty_cap, sizeof *duties);
    }
    duties[duty_count] =
        (Duty){.base = now, .complaint = complaint, .limit = minutes[e->severity - 1] * 60};
    touch(duty_count);
    plan(duty_count++);
}

static void act(const Event *e) {
    static const char *const types[] = {"complaint.opened", "complaint.waiting_customer",
                                        "complaint.customer_replied", "complaint.resolved"};
    Id complaint = hash((Id){1, 2}, e->complaint);
    int kind = 0;
    while (kind < 4 && !is(e->type, types[kind]))
        kind++;
    bool found = false;
    if (kind == 4 || (kind == 0 && (e->has & SEVERITY) == 0))
        fail("an event that there is not");
    if (kind == 0) {
        set_add(&names, complaint, duty_count, &found);
        if (!found)
            raise(e, complaint);
        return;
    }
    if (names.cap == 0)
        return;
    size_t i = set_place(&names, complaint);
    if (names.at[i].a == 0 && names.at[i].b == 0)
        return;
    uint32_t number = names.number[i];
    Duty *d = &duties[number];
    if (d->ended || (kind == 1 && d->waits) || (kind == 2 && !d->waits))
        return;
    touch(number);
    if (kind == 1) {
        d->waits = true;
        d->since = now;
    } else if (kind == 2) {
        d->waits = false;
        d->base += now - d->since;
        if (d->rung <= 2)
            plan(number);
    } else {
        d->ended = true;
        effect(now, number + 1, d->rung > 1 ? LATE : FULFILLED);
    }
}

/* ---- on disk */

static MDB_env *env;
static MDB_dbi db_state, db_effects, db_ids, db_duties, db_minutes, db_series;
static uint64_t batches;

typedef struct State {
    uint64_t events, place, digest, batches, counts[6];
    int64_t now;
    uint64_t n; /* of duties, or of series */
} State;

static void ok(int code) {
    if (code != 0)
        fail(mdb_strerror(code));
}

static void put(MDB_txn *txn, MDB_dbi db, uint64_t key, void *p, size_t n, unsigned flags) {
    MDB_val k = {sizeof key, &key}, v = {n, p};
    ok(mdb_put(txn, db, &k, &v, flags));
}

static int by_number(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void commit(uint64_t events) {
    MDB_txn *txn;
    State s = {events, place(), digest, ++batches, {0}, now, duty_count};
    memcpy(s.counts, counts, sizeof counts);
    ok(mdb_txn_begin(env, NULL, 0, &txn));
    put(txn, db_state, 0, &s, sizeof s, 0);
    if (batch_id_n > 0)
        put(txn, db_ids, batches, batch_ids, batch_id_n * sizeof *batch_ids, MDB_APPEND);
    if (batch_effect_n > 0)
        put(txn, db_effects, batches, batch_effects, batch_effect_n * sizeof *batch_effects,
            MDB_APPEND);
    qsort(batch_duties, batch_duty_n, sizeof *batch_duties, by_number);
    for (size_t i = 0; i < batch_duty_n; i++) {
        duties[batch_duties[i]].changed = false;
        put(txn, db_duties, batch_duties[i], &duties[batch_duties[i]], sizeof(Duty), 0);
    }
    ok(mdb_txn_commit(txn));
    batch_id_n = batch_duty_n = batch_effect_n = 0;
}

static void load(State *s) {
    MDB_txn *txn;
    MDB_cursor *at;
    MDB_val k, v;
    bool found;
    ok(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn));
    uint64_t zero = 0;
    k = (MDB_val){sizeof zero, &zero};
    ok(mdb_get(txn, db_state, &k, &v));
    memcpy(s, v.mv_data, sizeof *s);
    ok(mdb_cursor_open(txn, db_ids, &at));
    while (mdb_cursor_get(at, &k, &v, MDB_NEXT) == 0)
        for (size_t i = 0; i < v.mv_size / sizeof(Id); i++) {
            Id id;
            memcpy(&id, (char *)v.mv_data + i * sizeof id, sizeof id);
            set_add(&seen, id, 0, &found);
        }
    mdb_cursor_close(at);
    duty_count = duty_cap = (uint32_t)s->n;
    duties = more(NULL, s->n + 1, sizeof *duties);
    ok(mdb_cursor_open(txn, db_duties, &at));
    for (uint32_t i = 0; mdb_cursor_get(at, &k, &v, MDB_NEXT) == 0 && i < duty_count; i++) {
        memcpy(&duties[i], v.mv_data, sizeof *duties);
        duties[i].changed = false;
        set_add(&names, duties[i].complaint, i, &found);
        if (!duties[i].ended && !duties[i].waits && duties[i].rung <= 2)
            plan(i);
    }
    mdb_cursor_close(at);
    mdb_txn_abort(txn);
    digest = s->digest;
    now = s->now;
    batches = s->batches;
    memcpy(counts, s->counts, sizeof counts);
}

/* What both works keep, and two tables of the work's own. */
static void open_env(const char *dir, const char *one, MDB_dbi *db_one, const char *other,
                     MDB_dbi *db_other) {
    MDB_txn *txn;
    mkdir(dir, 0700);
    ok(mdb_env_create(&env));
    ok(mdb_env_set_maxdbs(env, 4));
    ok(mdb_env_set_mapsize(env, (size_t)4 << 30));
    ok(mdb_env_open(env, dir, MDB_NORDAHEAD | MDB_NOLOCK, 0600));
    ok(mdb_txn_begin(env, NULL, 0, &txn));
    ok(mdb_dbi_open(txn, "state", MDB_CREATE | MDB_INTEGERKEY, &db_state));
    ok(mdb_dbi_open(txn, "effects", MDB_CREATE | MDB_INTEGERKEY, &db_effects));
    ok(mdb_dbi_open(txn, one, MDB_CREATE | MDB_INTEGERKEY, db_one));
    ok(mdb_dbi_open(txn, other, MDB_CREATE | MDB_INTEGERKEY, db_other));
    ok(mdb_txn_commit(txn));
}

enum { BATCH = 1000 };

static uint64_t w2(const char *path, const char *dir, bool resume, uint64_t most) {
    State s = {0};
    Event e;
    open_env(dir, "ids", &db_ids, "duties", &db_duties);
    batch_ids = more(NULL, BATCH, sizeof *batch_ids);
    if (resume)
        load(&s);
    open_input(path, s.place);
    uint64_t events = s.events;
    size_t duties_most = 0;
    while (events < most && next_event(&e)) {
        bool found;
        if ((e.has & (ID | SOURCE | TYPE | TIME | COMPLAINT)) !=
            (ID | SOURCE | TYPE | TIME | COMPLAINT))
            fail("a member is missing");
        /* An event touches its own duty, and fires what is due: there are as many as duties. */
        if (duty_count + 2 > duties_most)
            batch_duties = more(batch_duties, duties_most = duty_count * 2 + 1024, 4);
        events++;
        Id id = hash(hash((Id){3, 4}, e.source), e.id);
        set_add(&seen, id, 0, &found);
        if (!found) {
            batch_ids[batch_id_n++] = id;
            now = e.at > now ? e.at : now;
            fire(now);
            act(&e);
        }
        if (events % BATCH == 0)
            commit(events);
    }
    if (events % BATCH != 0)
        commit(events);
    mdb_env_close(env);
    return events;
}

/* ---- w3: the share of refunds in an hour, looked at each minute */

enum { SERIES = 1000, HOUR = 60, HOLD = 10 };
enum { WARNED = 1, CLEARED };

typedef struct Sums {
    int64_t paid, refunded;
} Sums;

typedef struct Level {
    int64_t above_since; /* a minute; 0: it is not above */
    uint64_t stands;
} Level;

static Sums minutes[HOUR][SERIES]; /* of the last hour, the one that goes on included */
static Sums hour[SERIES];          /* over all of them */
static Level levels[SERIES];
static uint32_t series_end; /* beyond the greatest number of a series */
static uint64_t changed;    /* a bit for each of the minutes */

static void judge(uint32_t series, int64_t minute) {
    Sums s = hour[series];
    Level *level = &levels[series];
    if (level->stands != 0) {
        if (25 * s.refunded >= s.paid)
            return;
        *level = (Level){0, 0};
        effect(minute * 60, series, CLEARED);
    } else if (s.paid == 0 || 20 * s.refunded <= s.paid) {
        level->above_since = 0;
    } else if (level->above_since == 0) {
        level->above_since = minute;
    } else if (minute - level->above_since >= HOLD) {
        *level = (Level){0, 1};
        effect(minute * 60, series, WARNED);
    }
}

/* Judges at the start of each minute up to `to`; the minute that begins takes the place of the one
 * that no later window holds. */
static void turn(int64_t *minute, int64_t to) {
    while (*minute < to) {
        int64_t next = ++*minute;
        Sums *gone = minutes[next % HOUR];
        for (uint32_t i = 0; i < series_end; i++) {
            judge(i, next);
            hour[i].paid -= gone[i].paid;
            hour[i].refunded -= gone[i].refunded;
        }
        memset(gone, 0, series_end * sizeof *gone);
        changed |= UINT64_C(1) << next % HOUR;
    }
}

static uint32_t series_of(Text t) {
    uint32_t number = 0;
    if (t.n < 5 || t.n > 7 || memcmp(t.p, "cat-", 4) != 0)
        fail("a series that there is not");
    for (uint32_t i = 4; i < t.n; i++) {
        if (t.p[i] < '0' || t.p[i] > '9')
            fail("a series that there is not");
        number = number * 10 + (uint32_t)(t.p[i] - '0');
    }
    series_end = number < series_end ? series_end : number + 1;
    return number;
}

static void sample(const Event *e, int64_t minute) {
    int64_t of = e->at / 60;
    uint32_t series = series_of(e->category);
    bool paid = is(e->type, "order.paid");
    if (!paid && !is(e->type, "order.refunded"))
        fail("an event that there is not");
    if (of <= minute - HOUR)
        return;
    Sums add = {paid ? e->cents : 0, paid ? 0 : e->cents};
    minutes[of % HOUR][series].paid += add.paid;
    minutes[of % HOUR][series].refunded += add.refunded;
    hour[series].paid += add.paid;
    hour[series].refunded += add.refunded;
    changed |= UINT64_C(1) << of % HOUR;
}

static void commit_orders(uint64_t events) {
    MDB_txn *txn;
    State s = {events, place(), digest, ++batches, {0}, now, series_end};
    memcpy(s.counts, counts, sizeof counts);
    ok(mdb_txn_begin(env, NULL, 0, &txn));
    put(txn, db_state, 0, &s, sizeof s, 0);
    if (batch_effect_n > 0)
        put(txn, db_effects, batches, batch_effects, batch_effect_n * sizeof *batch_effects,
            MDB_APPEND);
    for (uint64_t i = 0; i < HOUR; i++)
        if ((changed >> i & 1) != 0)
            put(txn, db_minutes, i, minutes[i], series_end * sizeof(Sums), 0);
    put(txn, db_series, 0, levels, series_end * sizeof *levels, 0);
    ok(mdb_txn_commit(txn));
    batch_effect_n = 0;
    changed = 0;
}

static void load_orders(State *s) {
    MDB_txn *txn;
    uint64_t key = 0;
    MDB_val k = {sizeof key, &key}, v;
    ok(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn));
    ok(mdb_get(txn, db_state, &k, &v));
    memcpy(s, v.mv_data, sizeof *s);
    ok(mdb_get(txn, db_series, &k, &v));
    memcpy(levels, v.mv_data, v.mv_size);
    for (; key < HOUR; key++) {
        int code = mdb_get(txn, db_minutes, &k, &v);
        if (code == MDB_NOTFOUND)
            continue;
        ok(code);
        memcpy(minutes[key], v.mv_data, v.mv_size);
        for (uint64_t i = 0; i < v.mv_size / sizeof(Sums); i++) {
            hour[i].paid += minutes[key][i].paid;
            hour[i].refunded += minutes[key][i].refunded;
        }
    }
    mdb_txn_abort(txn);
    series_end = (uint32_t)s->n;
    digest = s->digest;
    now = s->now;
    batches = s->batches;
    memcpy(counts, s->counts, sizeof counts);
}

static uint64_t w3(const char *path, const char *dir, bool resume, uint64_t most) {
    State s = {0};
    Event e;
    open_env(dir, "minutes", &db_minutes, "series", &db_series);
    if (resume)
        load_orders(&s);
    open_input(path, s.place);
    uint64_t events = s.events;
    int64_t minute = now / 60;
    while (events < most && next_order(&e)) {
        if ((e.has & (TYPE | TIME | CATEGORY | VALUE)) != (TYPE | TIME | CATEGORY | VALUE))
            fail("a member is missing");
        if (events++ == 0)
            minute = e.at / 60;
        now = e.at > now ? e.at : now;
        turn(&minute, now / 60);
        sample(&e, minute);
        if (events % BATCH == 0)
            commit_orders(events);
    }
    if (events % BATCH != 0)
        commit_orders(events);
    mdb_env_close(env);
    return events;
}

int main(int argc, char **argv) {
    bool resume = false;
    uint64_t most = UINT64_MAX, events = 0;
    for (int i = 4; i < argc; i++) {
        resume = resume || strcmp(argv[i], "-r") == 0;
        if (strcmp(argv[i], "-l") == 0 && i + 1 < argc)
            most = strtoull(argv[++i], NULL, 10);
    }
    if (argc == 3 && strcmp(argv[1], "w1") == 0) {
        open_input(argv[2], 0);
        events = w1();
    } else if (argc >= 4 && strcmp(argv[1], "w2") == 0) {
        events = w2(argv[2], argv[3], resume, most);
    } else if (argc >= 4 && strcmp(argv[1], "w3") == 0) {
        events = w3(argv[2], argv[3], resume, most);
    } else {
        fputs("usage: hand w1 FILE | hand w2|w3 FILE DIR [-r] [-l EVENTS]\n", stderr);
        return 2;
    }
    printf("{\"events\":%" PRIu64 ",\"digest\":%" PRIu64 "}\n", events, digest);
    return 0;
}
