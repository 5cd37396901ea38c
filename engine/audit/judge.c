/* audit: which part of a journal lies. */
#include "engine/audit/judge.h"

#include <string.h>

#include "engine/base/check.h"

/* ---- findings */

typedef struct FindingRow {
    const char *name, *en, *zh;
    bool fatal;
} FindingRow;

static const FindingRow rows[FINDING_IDS] = {
#define FINDING(id, name, fatal, en, zh) [FINDING_##id] = {name, en, zh, fatal},
#include "engine/audit/finding.def"
};

static Finding *add(Findings *f, FindingId id, uint64_t from, uint64_t to) {
    if (f->n == FINDINGS_MOST) {
        f->more++;
        return NULL;
    }
    Finding *finding = &f->list[f->n++];
    *finding = (Finding){.id = id, .from = from, .to = to};
    return finding;
}

void findings_add(Findings *f, FindingId id, uint64_t from, uint64_t to, uint64_t n) {
    Finding *finding = add(f, id, from, to);
    if (finding != NULL)
        finding->n = n;
}

bool findings_fatal(const Findings *f) {
    for (size_t i = 0; i < f->n; i++)
        if (rows[f->list[i].id].fatal)
            return true;
    return f->more > 0;
}

const char *finding_name(FindingId id) {
    return rows[id].name;
}

void put_finding(Buf *out, const Finding *f, bool chinese) {
    for (const char *p = chinese ? rows[f->id].zh : rows[f->id].en; *p != '\0'; p++) {
        if (p[0] != '{' || p[1] == '\0' || p[2] != '}') {
            put_c(out, *p);
            continue;
        }
        uint64_t n = p[1] == '0' ? f->from : p[1] == '1' ? f->to : f->n;
        put_fmt(out, "%llu", (unsigned long long)n);
        p += 2;
    }
}

/* ---- voices */

void judge_begin(Judge *j, Findings *findings, Signed *targets, size_t n, bool own_hashes) {
    *j = (Judge){
        .findings = findings, .targets = targets, .target_count = n, .own_hashes = own_hashes};
    j->silent[VOICE_HASHES] = !own_hashes;
    for (size_t i = 0; i < n; i++) {
        targets[i].known = targets[i].right = 0;
        MerkleHash none = merkle_root(&(MerklePeaks){0});
        if (targets[i].size == 0)
            targets[i].known = targets[i].right =
                merkle_eq(&none, &targets[i].root) ? 1u << VOICE_ENTRIES : 0;
    }
}

/* The voice gives a root of all that it has; it is one that was signed, perhaps. */
static void heard(Judge *j, Voice voice, const MerklePeaks *peaks) {
    for (size_t i = 0; i < j->target_count; i++) {
        Signed *t = &j->targets[i];
        if (t->size != peaks->size || j->silent[voice])
            continue;
        MerkleHash root = merkle_root(peaks);
        t->known |= 1u << voice;
        if (merkle_eq(&root, &t->root))
            t->right |= 1u << voice;
    }
}

static void add_all(Judge *j, Voice voice, const MerkleHash *hash, size_t n) {
    for (size_t i = 0; i < n; i++) {
        merkle_add(&j->peaks[voice], &hash[i], NULL, NULL);
        heard(j, voice, &j->peaks[voice]);
    }
}

/* Of the blocks' voice: the block before counts by its root if it is full. */
static void settle(Judge *j, bool last) {
    MerklePeaks *peaks = &j->peaks[VOICE_BLOCKS];
    bool full = !last || j->pending_count == BLOCK_ENTRIES;
    if (!j->pending)
        return;
    j->pending = false;
    if (!last && j->pending_count != BLOCK_ENTRIES) { /* entries went, or came, with their hashes */
        Finding *f = j->findings->n > 0 ? &j->findings->list[j->findings->n - 1] : NULL;
        if (f == NULL || f->id != FINDING_WITHIN || f->from != j->pending_first)
            (void)add(j->findings, FINDING_WITHIN, j->pending_first,
                      j->pending_first + BLOCK_ENTRIES - 1);
    }
    if (full && !j->pending_root)
        j->silent[VOICE_BLOCKS] = true;
    MerklePeaks within = *peaks; /* sizes within the block: by its hashes */
    size_t most = j->pending_count < BLOCK_ENTRIES ? j->pending_count : BLOCK_ENTRIES - 1;
    for (size_t i = 0; i < most; i++) {
        merkle_add(&within, &j->pending_hash[i], NULL, NULL);
        heard(j, VOICE_BLOCKS, &within);
    }
    if (!full) {
        *peaks = within;
    } else {
        CHECK(merkle_add_tree(peaks, BLOCK_LEVEL, &j->root));
        heard(j, VOICE_BLOCKS, peaks);
    }
}

static MerkleHash root_of(const MerkleHash *hash, size_t n) {
    MerklePeaks peaks = {0};
    for (size_t i = 0; i < n; i++)
        merkle_add(&peaks, &hash[i], NULL, NULL);
    return merkle_root(&peaks);
}

/* ---- entries against hashes */

typedef struct Align {
    const MerkleHash *got, *want;
    size_t gots, wants;
    bool took[BLOCK_READ_MOST], met[BLOCK_READ_MOST]; /* of got, of want: it has its other */
} Align;

/* Where a hash stands among those that have no other yet, from `from` on; n: nowhere. */
static size_t seek(const MerkleHash *list, const bool *used, size_t from, size_t n,
                   const MerkleHash *hash) {
    while (from < n && (used[from] || !merkle_eq(&list[from], hash)))
        from++;
    return from;
}

static void differ(Judge *j, FindingId id, uint64_t from, uint64_t to, const MerkleHash *got,
                   const MerkleHash *want) {
    Findings *f = j->findings;
    Finding *before = f->n == 0 ? NULL : &f->list[f->n - 1];
    if (id == FINDING_DROPPED && before != NULL && before->id == id && before->to + 1 == from) {
        before->to = to;
        before->has_want = false;
        return;
    }
    Finding *finding = add(f, id, from, to);
    if (finding == NULL)
        return;
    finding->has_got = got != NULL;
    finding->has_want = want != NULL;
    if (got != NULL)
        finding->got = *got;
    if (want != NULL)
        finding->want = *want;
}

/* Walks both lists, telling where one has what the other has not. */
static void align(Judge *j, Align *a, uint64_t first) {
    size_t g = 0, w = 0;
    while (g < a->gots || w < a->wants) {
        if (g < a->gots && a->took[g]) {
            g++;
        } else if (w < a->wants && a->met[w]) {
            w++;
        } else if (g < a->gots && w < a->wants && merkle_eq(&a->got[g], &a->want[w])) {
            g++;
            w++;
        } else if (g == a->gots) {
            differ(j, FINDING_DROPPED, first + w, first + w, NULL, &a->want[w]);
            w++;
        } else if (w == a->wants) {
            differ(j, FINDING_ADDED, first + w, first + w, &a->got[g], NULL);
            g++;
        } else {
            size_t here = seek(a->want, a->met, w, a->wants, &a->got[g]); /* what stands here */
            size_t there = seek(a->got, a->took, g, a->gots, &a->want[w]);
            if (here == a->wants && there == a->gots) {
                differ(j, FINDING_CHANGED, first + w, first + w, &a->got[g], &a->want[w]);
                g++;
                w++;
            } else if (there == a->gots) {
                differ(j, FINDING_DROPPED, first + w, first + w, NULL, &a->want[w]);
                w++;
            } else if (here == a->wants) {
                differ(j, FINDING_ADDED, first + w, first + w, &a->got[g], NULL);
                g++;
            } else if (there - g > here - w) { /* the one that is missed here went far */
                differ(j, FINDING_MOVED, first + w + (there - g), first + w, NULL, NULL);
                a->took[there] = true;
                w++;
            } else {
                differ(j, FINDING_MOVED, first + w, first + here, NULL, NULL);
                a->met[here] = true;
                g++;
            }
        }
    }
}

static bool same_hashes(const Block *b) {
    return b->entries == b->hashes && memcmp(b->entry, b->hash, b->entries * sizeof *b->entry) == 0;
}

/* A run of the lists that is compared by itself: what could not be read is left out of it. */
static void compare(Judge *j, const Block *b, size_t entry, size_t entries, size_t hash,
                    size_t hashes) {
    Align a = {.got = b->entry + entry, .want = b->hash + hash, .gots = entries, .wants = hashes};
    align(j, &a, b->first + hash);
}

static void compare_all(Judge *j, const Block *b) {
    if (b->broken) {
        size_t behind = b->broken_to + 1;
        differ(j, FINDING_UNREADABLE, b->first + b->broken_from, b->first + b->broken_to, NULL,
               NULL);
        if (!b->has_hashes)
            return;
        compare(j, b, 0, b->broken_from, 0, b->broken_from);
        compare(j, b, b->broken_from, b->entries - b->broken_from, behind, b->hashes - behind);
    } else if (b->has_hashes && !same_hashes(b)) {
        compare(j, b, 0, b->entries, 0, b->hashes);
    }
}

/* What a finding of the root needs to be judged by. */
enum { N_ENTRIES_GIVE_ROOT = 1 };

void judge_block(Judge *j, const Block *b) {
    ASSERT(b->entries <= BLOCK_READ_MOST && b->hashes <= BLOCK_READ_MOST);
    settle(j, false);
    size_t found = j->findings->n;
    compare_all(j, b);
    j->silent[VOICE_ENTRIES] = j->silent[VOICE_ENTRIES] || b->broken;
    j->silent[VOICE_HASHES] = j->silent[VOICE_HASHES] || !b->has_hashes;
    add_all(j, VOICE_ENTRIES, b->entry, b->entries);
    if (b->has_hashes)
        add_all(j, VOICE_HASHES, b->hash, b->hashes);
    const MerkleHash *list = b->has_hashes ? b->hash : b->entry;
    size_t n = b->has_hashes ? b->hashes : b->entries;
    j->pending = true;
    j->pending_first = b->first;
    j->pending_root = b->has_root;
    j->root = b->root;
    j->pending_count = n;
    memcpy(j->pending_hash, list, n * sizeof *list);
    if (!b->has_root)
        return;
    MerkleHash of_list = root_of(list, n), of_entries = root_of(b->entry, b->entries);
    bool entries_give = !b->broken && merkle_eq(&of_entries, &b->root);
    for (size_t i = found; i < j->findings->n; i++)
        j->findings->list[i].n = entries_give ? N_ENTRIES_GIVE_ROOT : 0;
    if (merkle_eq(&of_list, &b->root))
        return;
    size_t most = n > b->entries ? n : b->entries;
    Finding *f = add(j->findings, FINDING_WITHIN, b->first, b->first + most - 1);
    if (f != NULL)
        f->n = entries_give ? N_ENTRIES_GIVE_ROOT : 0;
}

void judge_gap(Judge *j, FindingId id, uint64_t from, uint64_t to) {
    settle(j, false);
    differ(j, id, from, to, NULL, NULL);
    j->gap += to - from + 1;
}

bool judge_agrees(const Judge *j, uint64_t size, const MerkleHash *root) {
    for (unsigned v = 0; v < VOICES; v++) {
        MerkleHash given = merkle_root(&j->peaks[v]);
        if (!j->silent[v] && j->peaks[v].size == size && merkle_eq(&given, root))
            return true;
    }
    for (size_t i = 0; i < j->target_count; i++)
        if (j->targets[i].size == size && merkle_eq(&j->targets[i].root, root))
            return true;
    return false;
}

/* ---- the judgement */

/* The smallest tree that was signed and has the entry; NULL: none. */
static const Signed *covering(const Judge *j, uint64_t entry) {
    for (size_t i = 0; i < j->target_count; i++)
        if (j->targets[i].size > entry)
            return &j->targets[i];
    return NULL;
}

static bool is_right(const Signed *t, Voice voice) {
    return t != NULL && (t->right & 1u << voice) != 0;
}

/* A difference of entries and hashes: who is right? */
static void judge_entry(const Judge *j, Finding *f) {
    const Signed *t = covering(j, f->from);
    bool by_root = !is_right(t, VOICE_HASHES) && f->n == N_ENTRIES_GIVE_ROOT;
    if (is_right(t, VOICE_ENTRIES) || by_root)
        *f = (Finding){.id = FINDING_HASH, .from = f->from, .to = f->to};
}

/* A difference of hashes and a block's root; false: it is no finding of its own. */
static bool judge_root(const Judge *j, Finding *f) {
    const Signed *t = covering(j, f->to);
    if (is_right(t, VOICE_ENTRIES) || is_right(t, VOICE_HASHES)) {
        if (f->n == N_ENTRIES_GIVE_ROOT)
            return false; /* the hashes are wrong, and told */
        f->id = FINDING_BLOCK_ROOT;
    } else if (f->n == N_ENTRIES_GIVE_ROOT) {
        return false;
    } else if (!is_right(t, VOICE_BLOCKS)) {
        f->id = FINDING_KEPT_ROOT;
    }
    return true;
}

/* What stands in one place should stand in another: it was moved there. */
static void judge_places(Findings *f) {
    for (size_t i = 0; i < f->n; i++) {
        Finding *a = &f->list[i];
        for (size_t k = 0; k < f->n && a->has_got && a->id != FINDING_MOVED; k++) {
            Finding *b = &f->list[k];
            if (k == i || !b->has_want || !merkle_eq(&a->got, &b->want))
                continue;
            if (a->id == FINDING_ADDED && b->id == FINDING_DROPPED)
                b->id = FINDING_IDS; /* the same matter: it goes */
            a->id = FINDING_MOVED;
            a->to = b->from;
        }
    }
}

static void judge_findings(Judge *j) {
    Findings *f = j->findings;
    size_t kept = 0;
    judge_places(f);
    for (size_t i = 0; i < f->n; i++) {
        Finding *at = &f->list[i];
        bool keep = at->id != FINDING_IDS;
        if (at->id == FINDING_CHANGED || at->id == FINDING_DROPPED || at->id == FINDING_ADDED ||
            at->id == FINDING_MOVED)
            judge_entry(j, at);
        else if (at->id == FINDING_WITHIN)
            keep = judge_root(j, at);
        if (at->id == FINDING_DROPPED && at->from != at->to)
            at->id = FINDING_DROPPED_MANY;
        if (at->id == FINDING_UNREADABLE && at->from != at->to)
            at->id = FINDING_UNREADABLE_MANY;
        if (keep)
            f->list[kept++] = *at;
    }
    f->n = kept;
}

/* Whether something is found among these entries. */
static bool found_in(const Findings *f, uint64_t from, uint64_t to) {
    for (size_t i = 0; i < f->n; i++)
        if (rows[f->list[i].id].fatal && f->list[i].from <= to && f->list[i].to >= from)
            return true;
    return false;
}

static uint64_t longest(const Judge *j) {
    uint64_t n = 0;
    for (unsigned v = 0; v < VOICES; v++)
        n = j->peaks[v].size > n ? j->peaks[v].size : n;
    return n;
}

void judge_end(Judge *j) {
    uint64_t whole = 0, have = 0;
    settle(j, true);
    judge_findings(j);
    have = longest(j) + j->gap;
    for (size_t i = 0; i < j->target_count; i++) {
        const Signed *t = &j->targets[i];
        if (is_right(t, VOICE_ENTRIES)) {
            whole = t->size;
        } else if (t->size > have) {
            findings_add(j->findings, FINDING_SHORT, have, t->size - 1, have);
        } else if (t->right == 0) {
            bool told = found_in(j->findings, whole, t->size == 0 ? 0 : t->size - 1);
            findings_add(j->findings, FINDING_NOT_SIGNED, whole, whole, t->size);
            if (!told && t->size > 0)
                findings_add(j->findings, FINDING_REWRITTEN, whole, t->size - 1, 0);
        }
    }
}
