/* audit: the exported journal, written and read. Reading goes on behind what is damaged: a seal
 * names its block and proves itself, as its root is that of its hashes. */
#include "engine/audit/exported.h"

#include <string.h>

#include "engine/base/mem.h"

static const Str head = {"remit journal 1\n", 16};

enum {
    TAG_ENTRY = 1,
    TAG_SEAL = 2,
    TAG_END = 3,
    VARINT_MOST = 10,
    SEAL_HEAD_MOST = 1 + 2 * VARINT_MOST,
    SEAL_MOST = SEAL_HEAD_MOST + (BLOCK_ENTRIES + 1) * MERKLE_BYTES,
    WINDOW = 64 << 10,
    SEARCH_BYTES = 256 << 20, /* hashed at most in search of what follows behind damage */
};

bool export_begins(Str bytes) {
    return str_starts(bytes, str_upto(head, 14)); /* of any version */
}

/* ---- writing */

typedef struct Out {
    Status (*write)(void *ctx, Str bytes, Err *err);
    void *ctx;
    Err *err;
    Ledger *l;
    Buf room;
    MerkleHash hash[BLOCK_ENTRIES];
    size_t n;
    uint64_t first;
    bool *differs;
    uint64_t *block;
} Out;

static Status flush(Out *o) {
    TRY(buf_status(&o->room));
    TRY(o->write(o->ctx, buf_str(&o->room), o->err));
    buf_reset(&o->room);
    return OK;
}

static Status seal(Out *o) {
    MerklePeaks peaks = {0};
    MerkleHash kept;
    bool is_kept = false;
    for (size_t i = 0; i < o->n; i++)
        merkle_add(&peaks, &o->hash[i], NULL, NULL);
    MerkleHash root = merkle_root(&peaks);
    if (o->n == BLOCK_ENTRIES)
        TRY(led_block_root(o->l, o->first / BLOCK_ENTRIES, &kept, &is_kept));
    if (is_kept && !merkle_eq(&kept, &root) && !*o->differs) {
        *o->differs = true;
        *o->block = o->first / BLOCK_ENTRIES;
    }
    put_u8(&o->room, TAG_SEAL);
    put_varint(&o->room, o->first);
    put_varint(&o->room, o->n);
    put_bytes(&o->room, o->hash, o->n * sizeof *o->hash);
    put_bytes(&o->room, is_kept ? kept.b : root.b, MERKLE_BYTES);
    o->first += o->n;
    o->n = 0;
    return OK;
}

static Status write_all(Out *o, uint64_t size) {
    MerkleHash root;
    TRY(led_root_at(o->l, size, &root));
    put_text(&o->room, head);
    for (uint64_t i = 0; i < size; i++) {
        Str leaf;
        TRY(led_leaf(o->l, i, &leaf));
        put_u8(&o->room, TAG_ENTRY);
        put_str(&o->room, leaf);
        o->hash[o->n++] = merkle_leaf(leaf);
        if (o->n == BLOCK_ENTRIES)
            TRY(seal(o));
        if (o->room.n >= WINDOW)
            TRY(flush(o));
    }
    if (o->n > 0)
        TRY(seal(o));
    put_u8(&o->room, TAG_END);
    put_varint(&o->room, size);
    put_bytes(&o->room, root.b, MERKLE_BYTES);
    return flush(o);
}

Status export_journal(Ledger *l, uint64_t size, Status (*write)(void *ctx, Str bytes, Err *err),
                      void *ctx, bool *differs, uint64_t *block, Err *err) {
    Out *o = mem_zalloc(sizeof *o);
    if (o == NULL)
        return ERR_NOMEM;
    *differs = false;
    *block = 0;
    *o = (Out){.write = write, .ctx = ctx, .err = err, .l = l, .differs = differs, .block = block};
    Status status = write_all(o, size);
    buf_free(&o->room);
    mem_free(o);
    return status;
}

/* ---- reading */

typedef struct In {
    const Bytes *from;
    Judge *judge;
    char window[WINDOW];
    uint64_t at; /* of the window */
    size_t n;
    Buf entry;
    uint64_t first; /* of the block at hand */
    MerkleHash hash[BLOCK_READ_MOST];
    uint64_t start[BLOCK_READ_MOST + 1]; /* where the record of each begins, and what is behind */
    size_t entries;
    int64_t budget; /* bytes that searches may still hash */
} In;

/* A seal as it stands in the file. */
typedef struct Seal {
    uint64_t first, end;
    MerkleHash hash[BLOCK_ENTRIES], root;
    size_t n;
    bool proves; /* the root is that of the hashes */
} Seal;

/* Up to n bytes at a place, fewer at the end of the file; n <= WINDOW. They stay until the next
 * look. */
static Status look(In *in, uint64_t at, size_t n, Str *out) {
    uint64_t left = at < in->from->size ? in->from->size - at : 0;
    n = n < left ? n : (size_t)left;
    if (at < in->at || at - in->at > in->n || in->n - (size_t)(at - in->at) < n) {
        in->at = at;
        in->n = WINDOW < left ? WINDOW : (size_t)left;
        Status status = in->n == 0 ? OK : in->from->read_at(in->from->ctx, at, in->window, in->n);
        if (status != OK) {
            in->n = 0;
            return status;
        }
    }
    *out = (Str){in->window + (at - in->at), n};
    return OK;
}

/* An entry's record at a place: its hash, and where it ends. *good is false where none stands. */
static Status record_at(In *in, uint64_t at, MerkleHash *hash, uint64_t *end, bool *good) {
    Str bytes;
    TRY(look(in, at, 1 + VARINT_MOST, &bytes));
    Take t = take_from(bytes);
    bool tagged = take_u8(&t) == TAG_ENTRY;
    uint64_t n = take_varint(&t), from = at + (uint64_t)(t.p - bytes.p);
    *good = tagged && !t.failed && n <= LED_VALUE_MOST && n <= in->from->size - from;
    if (!*good)
        return OK;
    *end = from + n;
    if (n <= WINDOW) {
        TRY(look(in, from, (size_t)n, &bytes));
    } else {
        buf_reset(&in->entry);
        if (!buf_reserve(&in->entry, (size_t)n))
            return ERR_NOMEM;
        TRY(in->from->read_at(in->from->ctx, from, in->entry.p, (size_t)n));
        bytes = (Str){in->entry.p, (size_t)n};
    }
    *hash = merkle_leaf(bytes);
    return OK;
}

static bool proves(In *in, const Seal *s) {
    MerklePeaks peaks = {0};
    in->budget -= (int64_t)(s->n * 2 * MERKLE_BYTES);
    for (size_t i = 0; i < s->n; i++)
        merkle_add(&peaks, &s->hash[i], NULL, NULL);
    MerkleHash root = merkle_root(&peaks);
    return merkle_eq(&root, &s->root);
}

/* Hashes and root, n of them, from a place on. */
static Status seal_body(In *in, uint64_t at, size_t n, Seal *out, bool *good) {
    Str bytes;
    *good = n > 0 && n <= BLOCK_ENTRIES;
    if (!*good)
        return OK;
    TRY(look(in, at, (n + 1) * MERKLE_BYTES, &bytes));
    *good = bytes.n == (n + 1) * MERKLE_BYTES;
    if (!*good)
        return OK;
    memcpy(out->hash, bytes.p, n * MERKLE_BYTES);
    memcpy(out->root.b, bytes.p + n * MERKLE_BYTES, MERKLE_BYTES);
    out->n = n;
    out->end = at + bytes.n;
    out->proves = proves(in, out);
    return OK;
}

/* The seal whose head says so at a place. */
static Status seal_at(In *in, uint64_t at, Seal *out, bool *good) {
    Str bytes;
    TRY(look(in, at, SEAL_HEAD_MOST, &bytes));
    Take t = take_from(bytes);
    bool tagged = take_u8(&t) == TAG_SEAL;
    out->first = take_varint(&t);
    uint64_t n = take_varint(&t);
    *good = tagged && !t.failed && n <= BLOCK_ENTRIES && out->first % BLOCK_ENTRIES == 0;
    return *good ? seal_body(in, at + (uint64_t)(t.p - bytes.p), (size_t)n, out, good) : OK;
}

static size_t varint_bytes(uint64_t v) {
    size_t n = 1;
    for (; v >= 0x80; v >>= 7)
        n++;
    return n;
}

/* The seal that should stand at a place, of the block at hand with n entries, whatever its head
 * says: taken if it proves itself. */
static Status seal_guessed(In *in, uint64_t at, size_t n, Seal *out, bool *good) {
    out->first = in->first;
    TRY(seal_body(in, at + 1 + varint_bytes(in->first) + varint_bytes(n), n, out, good));
    *good = *good && out->proves;
    return OK;
}

/* ---- blocks */

static Findings *findings(In *in) {
    return in->judge->findings;
}

static const size_t NONE = SIZE_MAX;

/* The block's entries go to the judge; those from broken_from to broken_to cannot be read, where
 * broken_to is not NONE. seal: NULL if there is none. */
static void hand_over(In *in, const Seal *seal, size_t broken_from, size_t broken_to) {
    Block b = {.first = in->first,
               .entry = in->hash,
               .entries = in->entries,
               .broken = broken_to != NONE,
               .broken_from = broken_from,
               .broken_to = broken_to};
    if (seal != NULL) {
        b.has_hashes = b.has_root = true;
        b.hash = seal->hash;
        b.hashes = seal->n;
        b.root = seal->root;
    }
    judge_block(in->judge, &b);
    in->first += seal != NULL ? seal->n : in->entries;
    in->entries = 0;
}

/* A seal that proves itself, of this block or a later one, from a place on. */
static Status seal_search(In *in, uint64_t at, Seal *out, uint64_t *where, bool *good) {
    *good = false;
    while (at < in->from->size && !*good && in->budget > 0) {
        Str bytes;
        TRY(look(in, at, SEAL_MOST, &bytes));
        const char *tag = memchr(bytes.p, TAG_SEAL, bytes.n);
        if (tag == NULL) {
            at += bytes.n;
            continue;
        }
        at += (uint64_t)(tag - bytes.p);
        *where = at;
        TRY(seal_at(in, at++, out, good));
        *good = *good && out->proves && out->first >= in->first;
    }
    return OK;
}

/* From a place on, where the record of an entry begins, which is known by its hash. *found is false
 * when it is not there, or the search would take too long. */
static Status mend(In *in, uint64_t at, uint64_t to, const MerkleHash *want, uint64_t *found_at,
                   bool *found) {
    *found = false;
    for (; at < to && in->budget > 0 && !*found; at++) {
        MerkleHash hash;
        uint64_t end;
        bool good;
        TRY(record_at(in, at, &hash, &end, &good));
        in->budget -= good ? (int64_t)(end - at) : 1;
        *found = good && end <= to && merkle_eq(&hash, want);
        *found_at = at;
    }
    return OK;
}

/* Records that follow one another from a place on, up to `to` at most; they are added. */
static Status records(In *in, uint64_t at, uint64_t to, uint64_t *end) {
    bool good = true;
    while (good && at < to && in->entries < BLOCK_READ_MOST) {
        uint64_t behind = 0;
        in->start[in->entries] = at;
        TRY(record_at(in, at, &in->hash[in->entries], &behind, &good));
        if (good && behind <= to) {
            in->entries++;
            at = behind;
        } else {
            good = false;
        }
    }
    in->start[in->entries] = at;
    *end = at;
    return OK;
}

/* The block's records do not lead to its seal, which stands at `where`: some are broken. */
static Status repair(In *in, const Seal *seal, uint64_t where) {
    size_t good = 0;
    while (good < in->entries && good < seal->n && merkle_eq(&in->hash[good], &seal->hash[good]))
        good++;
    uint64_t broken_at = in->start[good], end;
    in->entries = good;
    if (good == seal->n) { /* all are there, and something between them and the seal */
        findings_add(findings(in), FINDING_ADDED, in->first + good, in->first + good, 0);
        hand_over(in, seal, 0, NONE);
        return OK;
    }
    size_t last = seal->n - 1;
    bool found = false;
    if (good < last)
        TRY(mend(in, broken_at + 1, where, &seal->hash[good + 1], &broken_at, &found));
    if (found) {
        TRY(records(in, broken_at, where, &end));
        if (end == where)
            last = good;
        else
            in->entries = good;
    }
    hand_over(in, seal, good, last);
    return OK;
}

/* The next seal is that of a later block: all up to that cannot be read. Its entries are looked for
 * from `at` on. */
static Status skipped(In *in, const Seal *seal, uint64_t at, uint64_t where) {
    bool found;
    uint64_t end;
    judge_gap(in->judge, FINDING_UNREADABLE, in->first, seal->first - 1);
    in->first = seal->first;
    in->entries = 0;
    TRY(mend(in, at, where, &seal->hash[0], &at, &found));
    if (found)
        TRY(records(in, at, where, &end));
    if (found && end == where)
        hand_over(in, seal, 0, NONE);
    else if (in->entries < seal->n)
        hand_over(in, seal, in->entries, seal->n - 1);
    else
        hand_over(in, seal, 0, NONE);
    return OK;
}

/* Nothing that is known stands at `at`, behind the block's entries read so far. Goes on behind the
 * next seal that can be found. *over: there is none. */
static Status lost(In *in, uint64_t *at, bool *over) {
    Seal seal;
    bool good = false;
    uint64_t where = 0;
    for (size_t n = in->entries; n > 0 && in->budget > 0; n--) { /* its head is changed */
        TRY(seal_guessed(in, in->start[n], n, &seal, &good));
        if (!good)
            continue;
        in->entries = n;
        hand_over(in, &seal, 0, NONE);
        findings_add(findings(in), FINDING_SEAL, in->first - n, in->first - 1, 0);
        *at = seal.end;
        return OK;
    }
    TRY(seal_search(in, in->entries > 0 ? in->start[0] : *at, &seal, &where, &good));
    *over = !good;
    if (!good)
        return OK;
    if (seal.first > in->first)
        TRY(skipped(in, &seal, *at, where));
    else
        TRY(repair(in, &seal, where));
    *at = seal.end;
    return OK;
}

/* The seal at a place, of the block at hand. *good is false where it cannot be one. */
static Status sealed(In *in, uint64_t *at, bool *good) {
    Seal seal, guess;
    uint64_t was = in->first, past = was % BLOCK_ENTRIES;
    bool head_good = false, guessed = false;
    TRY(seal_at(in, *at, &seal, &head_good));
    if (past != 0) /* the block before was short */
        in->first += BLOCK_ENTRIES - past;
    bool fits = head_good && seal.first == in->first && seal.n == in->entries;
    if (!fits && !(head_good && seal.proves))
        TRY(seal_guessed(in, *at, in->entries, &guess, &guessed));
    *good = fits || (head_good && seal.proves && seal.first >= in->first) || guessed;
    if (!*good) {
        in->first = was;
        return OK;
    }
    if (guessed) {
        size_t n = in->entries;
        hand_over(in, &guess, 0, NONE);
        findings_add(findings(in), FINDING_SEAL, in->first - n, in->first - 1, 0);
        *at = guess.end;
        return OK;
    }
    if (seal.first > in->first) { /* the blocks between are gone */
        judge_gap(in->judge, FINDING_DROPPED, in->first, seal.first - 1);
        in->first = seal.first;
    }
    hand_over(in, &seal, 0, NONE);
    *at = seal.end;
    return OK;
}

/* Whether the end of the file stands at a place: what follows it is no more of the journal. */
static Status end_here(In *in, uint64_t at, bool *here) {
    Seal seal;
    Str bytes;
    uint64_t where;
    bool more = false;
    TRY(look(in, at, 1 + VARINT_MOST + MERKLE_BYTES, &bytes));
    Take t = take_from(bytes);
    *here = take_u8(&t) == TAG_END;
    (void)take_varint(&t);
    (void)take_bytes(&t, MERKLE_BYTES);
    if (!*here || (!t.failed && at + (uint64_t)(t.p - bytes.p) == in->from->size))
        return OK;
    TRY(seal_search(in, at, &seal, &where, &more));
    *here = !more;
    return OK;
}

/* Blocks up to the end of the file, or to where its end stands. */
static Status blocks(In *in, uint64_t *at) {
    for (bool over = false; !over;) {
        TRY(records(in, *at, in->from->size, at));
        bool good = false, end = *at == in->from->size;
        TRY(sealed(in, at, &good));
        if (!good && !end && in->entries == 0)
            TRY(end_here(in, *at, &end));
        if (good)
            continue;
        if (end && in->entries == 0)
            return OK;
        TRY(lost(in, at, &over));
        if (over && in->entries > 0) {
            uint64_t from = in->first;
            hand_over(in, NULL, 0, NONE);
            findings_add(findings(in), FINDING_SEAL_LOST, from, in->first - 1, 0);
        }
    }
    return OK;
}

static Status ended(In *in, uint64_t at) {
    Str bytes;
    MerkleHash root;
    TRY(look(in, at, 1 + VARINT_MOST + MERKLE_BYTES + 1, &bytes));
    Take t = take_from(bytes);
    bool tagged = take_u8(&t) == TAG_END;
    uint64_t size = take_varint(&t);
    Str given = take_bytes(&t, MERKLE_BYTES);
    if (!tagged || t.failed) {
        findings_add(findings(in), FINDING_END_LOST, in->first, in->first, in->first);
        return OK;
    }
    memcpy(root.b, given.p, MERKLE_BYTES);
    if (take_left(&t) > 0)
        findings_add(findings(in), FINDING_TRAILING, in->first, in->first, 0);
    else if (!judge_agrees(in->judge, size, &root) && !findings_fatal(findings(in)))
        findings_add(findings(in), FINDING_END, in->first, in->first, 0);
    return OK;
}

static Status read_all(In *in) {
    Str bytes;
    uint64_t at = head.n;
    TRY(look(in, 0, head.n, &bytes));
    if (!str_eq(bytes, head)) {
        findings_add(findings(in), FINDING_HEAD, 0, 0, 0);
        return OK;
    }
    TRY(blocks(in, &at));
    judge_end(in->judge);
    return ended(in, at);
}

Status export_read(const Bytes *from, Judge *judge, uint64_t *entries) {
    In *in = mem_zalloc(sizeof *in);
    if (in == NULL)
        return ERR_NOMEM;
    in->from = from;
    in->judge = judge;
    in->budget = SEARCH_BYTES;
    Status status = read_all(in);
    *entries = in->first;
    buf_free(&in->entry);
    mem_free(in);
    return status;
}

/* ---- the entries of a whole one */

Status export_entries(Str bytes, Status (*each)(void *ctx, Str entry), void *ctx) {
    if (!str_starts(bytes, head))
        return ERR_DAMAGED;
    Take t = take_from(str_from(bytes, head.n));
    for (uint8_t tag = take_u8(&t); !t.failed && tag != TAG_END; tag = take_u8(&t)) {
        if (tag == TAG_ENTRY) {
            Str entry = take_str(&t);
            TRY(t.failed ? ERR_DAMAGED : each(ctx, entry));
            continue;
        }
        (void)take_varint(&t);
        uint64_t n = take_varint(&t);
        if (tag != TAG_SEAL || n > BLOCK_ENTRIES)
            return ERR_DAMAGED;
        (void)take_bytes(&t, (size_t)(n + 1) * MERKLE_BYTES);
    }
    return t.failed ? ERR_DAMAGED : OK;
}
