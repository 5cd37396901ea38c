/* Exported journals and what is done to them: each byte of small ones, and each entry dropped,
 * added, moved and changed, is found and named. The root that was signed is known, or nothing is.
 */
#include "engine/audit/exported.h"

#include "engine/base/check.h"
#include "tests/unit/unit.h"

enum { MOST = 700, LEAF_MOST = 24 };

typedef struct Leaf {
    char bytes[LEAF_MOST];
    size_t n;
} Leaf;

static Leaf leaves[MOST];

static uint64_t drawn(uint64_t n) { /* splitmix64, from unit_seed on */
    static uint64_t state;
    uint64_t z = (state += 0x9E3779B97F4A7C15u) + unit_seed;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (z ^ (z >> 31)) % n;
}

static Str leaf(size_t i) {
    return (Str){leaves[i].bytes, leaves[i].n};
}

/* All differ: each begins with its number. */
static void make(void) {
    for (size_t i = 0; i < MOST; i++) {
        leaves[i].n = 4 + (size_t)drawn(LEAF_MOST - 4);
        for (size_t k = 0; k < leaves[i].n; k++)
            leaves[i].bytes[k] = (char)drawn(4); /* the bytes of tags among them */
        memcpy(leaves[i].bytes, (char[]){(char)(i & 127), (char)(i >> 7)}, 2);
    }
}

static MerkleHash root_of(size_t n) {
    MerklePeaks peaks = {0};
    for (size_t i = 0; i < n; i++) {
        MerkleHash hash = merkle_leaf(leaf(i));
        merkle_add(&peaks, &hash, NULL, NULL);
    }
    return merkle_root(&peaks);
}

/* ---- files, written by the page and not by the engine */

static void put_entry(Buf *out, Str bytes) {
    put_u8(out, 1);
    put_str(out, bytes);
}

/* The seal of entries [first, end) as they were. */
static void put_seal(Buf *out, size_t first, size_t end) {
    MerklePeaks peaks = {0};
    put_u8(out, 2);
    put_varint(out, first);
    put_varint(out, end - first);
    for (size_t i = first; i < end; i++) {
        MerkleHash hash = merkle_leaf(leaf(i));
        put_bytes(out, hash.b, MERKLE_BYTES);
        merkle_add(&peaks, &hash, NULL, NULL);
    }
    MerkleHash root = merkle_root(&peaks);
    put_bytes(out, root.b, MERKLE_BYTES);
}

typedef enum Deed { NOTHING, DROP, COPY, INVENT, CHANGE, SWAP, GO } Deed;

/* The journal of n entries with something done to entry `at` (and `to`); seals and end stay. */
static void put_journal(Buf *out, size_t n, Deed deed, size_t at, size_t to) {
    buf_reset(out);
    put_text(out, S("remit journal 1\n"));
    for (size_t i = 0; i < n; i++) {
        Leaf changed = leaves[i];
        changed.bytes[changed.n - 1] ^= 8;
        bool here = i == at;
        if (deed == GO && i == to && to < at)
            put_entry(out, leaf(at));
        if (here && deed == INVENT)
            put_entry(out, S("\2\1\4"));
        if (here && deed == CHANGE)
            put_entry(out, (Str){changed.bytes, changed.n});
        else if (deed == SWAP && (here || i == to))
            put_entry(out, leaf(here ? to : at));
        else if (!here || (deed != DROP && deed != GO))
            put_entry(out, leaf(i));
        if (here && deed == COPY)
            put_entry(out, leaf(i));
        if (deed == GO && i == to && to > at)
            put_entry(out, leaf(at));
        if ((i + 1) % 256 == 0 || i + 1 == n)
            put_seal(out, i / 256 * 256, i + 1);
    }
    MerkleHash root = root_of(n);
    put_u8(out, 3);
    put_varint(out, n);
    put_bytes(out, root.b, MERKLE_BYTES);
    CHECK(!out->failed);
}

static Status bytes_read(void *ctx, uint64_t at, char *to, size_t n) {
    const Buf *b = ctx;
    CHECK(at <= b->n && n <= b->n - at);
    memcpy(to, b->p + at, n);
    return OK;
}

/* root: that was signed, of n entries; NULL: nothing was. */
static Findings judged(Buf *file, size_t n, const MerkleHash *root) {
    static Judge judge;
    Findings findings = {.n = 0};
    Signed target = {.size = n};
    uint64_t entries;
    Bytes from = {file, bytes_read, file->n};
    if (root != NULL)
        target.root = *root;
    judge_begin(&judge, &findings, &target, root == NULL ? 0 : 1, true);
    EXPECT(export_read(&from, &judge, &entries) == OK);
    return findings;
}

/* The first finding that is fatal; FINDING_IDS: none. */
static Finding first_of(const Findings *f) {
    return f->n > 0 ? f->list[0] : (Finding){.id = FINDING_IDS};
}

TEST(what_is_written_is_whole) {
    static const size_t sizes[] = {1, 2, 40, 255, 256, 257, 512, 513, MOST};
    Buf file = {0};
    make();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        MerkleHash root = root_of(sizes[i]);
        put_journal(&file, sizes[i], NOTHING, 0, 0);
        EXPECT_INT(judged(&file, sizes[i], &root).n, 0);
        EXPECT_INT(judged(&file, sizes[i], NULL).n, 0);
        root.b[0] ^= 1;
        EXPECT_INT(judged(&file, sizes[i], &root).n, 2); /* another root; written anew */
    }
    buf_free(&file);
}

static Status keep(void *ctx, Str bytes, Err *err) {
    (void)err;
    put_text(ctx, bytes);
    return OK;
}

TEST(the_engine_writes_the_same) {
    Ledger *l;
    Err err = {0};
    Buf file = {0}, wanted = {0};
    bool differs;
    uint64_t block;
    make();
    CHECK(led_open(&(LedOptions){.create = true}, &l, &err) == OK);
    for (size_t i = 0; i < MOST; i++)
        CHECK(led_append(l, leaf(i), NULL) == OK);
    static const size_t sizes[] = {1, 255, 256, 300, 512, MOST};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        buf_reset(&file);
        EXPECT(export_journal(l, sizes[i], keep, &file, &differs, &block, &err) == OK && !differs);
        put_journal(&wanted, sizes[i], NOTHING, 0, 0);
        EXPECT(str_eq(buf_str(&file), buf_str(&wanted)));
    }
    led_close(l);
    buf_free(&file);
    buf_free(&wanted);
}

static bool names(const Findings *f, FindingId id, size_t at) {
    for (size_t i = 0; i < f->n; i++)
        if (f->list[i].id == id && (f->list[i].from == at || f->list[i].to == at))
            return true;
    return false;
}

/* Something done to each entry of a journal of n is named, whether or not a root was signed. */
static void each_entry(size_t n, size_t step) {
    static const struct {
        Deed deed;
        FindingId id;
    } deeds[] = {{DROP, FINDING_DROPPED},   {COPY, FINDING_ADDED}, {INVENT, FINDING_ADDED},
                 {CHANGE, FINDING_CHANGED}, {SWAP, FINDING_MOVED}, {GO, FINDING_MOVED}};
    Buf file = {0};
    MerkleHash root = root_of(n);
    for (size_t at = 0; at < n; at += step) {
        for (size_t d = 0; d < sizeof deeds / sizeof *deeds; d++) {
            Deed deed = deeds[d].deed;
            size_t to = (size_t)drawn(n);
            if ((deed == SWAP || deed == GO) && to == at)
                continue;
            put_journal(&file, n, deed, at, to);
            for (int is_signed = 0; is_signed < 2; is_signed++) {
                Findings f = judged(&file, n, is_signed == 1 ? &root : NULL);
                bool named = names(&f, deeds[d].id, at) ||
                             (deed == COPY && names(&f, FINDING_ADDED, at + 1)) ||
                             ((deed == SWAP || deed == GO) && names(&f, FINDING_MOVED, to));
                if (!named || !findings_fatal(&f))
                    printf("deed %d of entry %zu (to %zu) of %zu: finding %d of %llu to %llu\n",
                           (int)deed, at, to, n, (int)first_of(&f).id,
                           (unsigned long long)first_of(&f).from,
                           (unsigned long long)first_of(&f).to);
                EXPECT(named && findings_fatal(&f));
                EXPECT(is_signed == 0 || deed == SWAP || deed == GO || f.n == 1);
            }
        }
    }
    buf_free(&file);
}

TEST(whatever_is_done_to_an_entry_is_named) {
    make();
    each_entry(1, 1);
    each_entry(2, 1);
    each_entry(40, 1);
    each_entry(257, 3);
    each_entry(MOST, 17);
}

/* Each byte of a journal, changed to `values` other ones. */
static void each_byte(size_t n, size_t step, size_t values) {
    Buf file = {0};
    MerkleHash root = root_of(n);
    size_t next = 16, entry = 0, begin = 16, content = 16; /* the record at hand and its content */
    put_journal(&file, n, NOTHING, 0, 0);
    for (size_t at = 0; at < file.n; at++) {
        if (at == next && entry < n) { /* lengths are below 128: one byte each */
            begin = at;
            content = at + 2;
            next = content + leaves[entry++].n;
            if (entry % 256 == 0 || entry == n) {
                size_t sealed = entry % 256 == 0 ? 256 : entry % 256, first = entry - sealed;
                next += (first < 128 ? 2u : 3u) + (sealed < 128 ? 1u : 2u) + (sealed + 1) * 32;
            }
        }
        bool in_record = at >= begin && at < content + leaves[entry == 0 ? 0 : entry - 1].n;
        if (at % step != 0)
            continue;
        for (size_t k = 0; k < values; k++) {
            char was = file.p[at];
            file.p[at] = (char)(was ^ (char)(1 + drawn(255)));
            for (int is_signed = 0; is_signed < 2; is_signed++) {
                Findings f = judged(&file, n, is_signed == 1 ? &root : NULL);
                bool named = findings_fatal(&f);
                if (entry > 0 && in_record && at >= content)
                    named = f.n == 1 && names(&f, FINDING_CHANGED, entry - 1);
                else if (entry > 0 && in_record)
                    named = named && f.list[0].from <= entry - 1 && f.list[0].to + 1 >= entry - 1;
                if (!named)
                    printf("byte %zu of %zu, now %d, entry %zu of %zu: %zu findings, %d of %llu to "
                           "%llu\n",
                           at, file.n, file.p[at], entry, n, f.n, (int)first_of(&f).id,
                           (unsigned long long)first_of(&f).from,
                           (unsigned long long)first_of(&f).to);
                EXPECT(named);
            }
            file.p[at] = was;
        }
    }
    buf_free(&file);
}

TEST(each_byte_that_is_changed_is_found) {
    make();
    each_byte(1, 1, 40);
    each_byte(40, 1, 8);
    each_byte(260, 5, 1);
    each_byte(600, 37, 1);
}

TEST(journals_cut_anywhere_are_found) {
    Buf file = {0};
    make();
    MerkleHash root = root_of(300);
    put_journal(&file, 300, NOTHING, 0, 0);
    size_t all = file.n;
    for (size_t n = 0; n < all; n += 1 + (size_t)drawn(40)) {
        file.n = n;
        Findings f = judged(&file, 300, &root);
        EXPECT(findings_fatal(&f));
        f = judged(&file, 300, NULL);
        EXPECT(findings_fatal(&f));
    }
    buf_free(&file);
}

UNIT_MAIN(T(what_is_written_is_whole) T(the_engine_writes_the_same)
              T(whatever_is_done_to_an_entry_is_named) T(each_byte_that_is_changed_is_found)
                  T(journals_cut_anywhere_are_found))
