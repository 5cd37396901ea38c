/* ledger: a look at data.mdb before LMDB maps it. LMDB trusts the file's length: reading a page
 * that lies beyond it would be a bus error. A file that has all the pages it is said to have is
 * fine. A shorter one is cut, or LMDB left out pages at its end that were free: then what is in use
 * is walked, by reading, to see whether all of it is there.
 *
 * Offsets are those of LMDB 0.9's file format on 64-bit machines. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/mem.h"
#include "engine/ledger/env.h"

enum {
    PAGE_HEAD = 16,
    PAGE_FLAGS = 10, /* u16 */
    PAGE_LOWER = 12, /* u16: end of the node offsets, which begin behind the head; of a long value
                      * u32: how many pages */
    PAGE_UPPER = 14, /* u16: where the nodes begin, which go to the page's end */
    META_BYTES = 152,
    META_MAGIC_AT = 16, /* u32 */
    META_VERSION = 20,  /* u32 */
    META_PAGE = 40,     /* u32: bytes of a page */
    META_DBS = 40,      /* two databases of DB_BYTES: free pages, and the main one */
    META_LAST = 136,    /* u64: number of the last page */
    META_TXN = 144,     /* u64 */
    DB_BYTES = 48,
    DB_FLAGS = 4,     /* u16 */
    DB_DEPTH = 6,     /* u16 */
    DB_COUNTS = 8,    /* four u64: branch pages, leaf pages, pages of long values, entries */
    DB_ROOT = 40,     /* u64 */
    FLAG_INTEGER = 8, /* of a database: its keys are numbers */
    NODE_HEAD = 8,
    FLAG_BRANCH = 1,
    FLAG_LEAF = 2,
    FLAG_OVERFLOW = 4,
    FLAG_META = 8,
    NODE_BIG = 1, /* the data is the number of the first overflow page */
    NODE_SUB = 2, /* the data is a database */
    BYTES_LEAST = 512,
    BYTES_MOST = 32768,
    DATA_VERSION = 1,
    DEPTH_MOST = 32,     /* of LMDB's trees */
    CHECK_MOST = 4096,   /* pages that are all checked when a ledger is opened */
    FREE_MOST = 1 << 20, /* pages that LMDB may have left out at the end */
};
#define META_MAGIC 0xBEEFC0DEu
#define NO_PAGE UINT64_MAX

typedef struct Meta {
    uint32_t page;
    uint64_t last, txn;
    char db[2][DB_BYTES]; /* free pages, and the main one */
} Meta;

static uint64_t word_at(const char *p, size_t bytes) {
    uint64_t v = 0;
    memcpy(&v, p, bytes);
    return v;
}

static Status read_meta(int fd, uint64_t at, const char *path, Meta *m, Err *err) {
    char b[META_BYTES];
    ssize_t n = pread(fd, b, sizeof b, (off_t)at);
    if (n < 0)
        return err_say(err, ERR_IO, "cannot read %s: %s", "无法读取 %s：%s", path, strerror(errno));
    if (n != sizeof b)
        return err_say(err, ERR_DAMAGED, "%s is damaged: it is cut within its first pages",
                       "%s 已损坏：开头几页就被截断", path);
    if ((word_at(b + PAGE_FLAGS, 2) & FLAG_META) == 0 ||
        word_at(b + META_MAGIC_AT, 4) != META_MAGIC)
        return err_say(err, ERR_DAMAGED, "%s is damaged or is not a ledger's",
                       "%s 已损坏，或不属于账本", path);
    if (word_at(b + META_VERSION, 4) != DATA_VERSION)
        return err_say(err, ERR_VERSION, "%s is of another version of LMDB",
                       "%s 属于另一版本的 LMDB", path);
    *m = (Meta){.page = (uint32_t)word_at(b + META_PAGE, 4),
                .last = word_at(b + META_LAST, 8),
                .txn = word_at(b + META_TXN, 8)};
    bool good = m->page >= BYTES_LEAST && m->page <= BYTES_MOST && (m->page & (m->page - 1)) == 0;
    for (size_t i = 0; i < 2; i++) {
        memcpy(m->db[i], b + META_DBS + i * DB_BYTES, DB_BYTES);
        uint64_t root = word_at(m->db[i] + DB_ROOT, 8);
        good = good && (root == NO_PAGE || (root >= 2 && root <= m->last));
    }
    return good ? OK
                : err_say(err, ERR_DAMAGED, "%s is damaged: its first pages make no sense",
                          "%s 已损坏：开头几页无法理解", path);
}

/* ---- walking what is in use ---- */

/* What a database's record says of it, and what is found. */
typedef struct Counts {
    uint64_t branches, leaves, overflows, entries, depth;
} Counts;

typedef struct Walk {
    int fd;
    uint32_t page;        /* bytes */
    uint64_t pages, seen; /* in the file; read so far: no more than there are, or it goes round */
    uint64_t last, at;    /* page numbers: the last there is, the one looked at last */
    uint64_t *used;       /* a bit for each page up to `last`: all is checked; NULL: only what a cut
                             would take away */
} Walk;

typedef enum Tree { TREE_FREE, TREE_MAIN, TREE_DATA } Tree;

/* A page on its way: its tree, how deep it is, and between which keys its own must be. NULL: no
 * bound. */
typedef struct Place {
    Tree tree;
    unsigned depth, level; /* below the whole file's root, and below its tree's */
    const char *from, *to;
    size_t from_n, to_n;
    Counts *counts;
} Place;

static bool walk_page(Walk *w, uint64_t number, const Place *at);

/* Takes a page as in use, or as free; false when it is already. */
static bool mark(Walk *w, uint64_t number) {
    if (w->used == NULL)
        return true;
    uint64_t bit = (uint64_t)1 << number % 64;
    if (number < 2 || number > w->last || (w->used[number / 64] & bit) != 0)
        return false;
    w->used[number / 64] |= bit;
    return true;
}

static bool walk_db(Walk *w, const char *db, Tree tree, unsigned depth) {
    uint64_t root = word_at(db + DB_ROOT, 8), flags = word_at(db + DB_FLAGS, 2);
    Counts found = {0};
    Place at = {.tree = tree, .depth = depth, .counts = &found};
    if (root != NO_PAGE && !walk_page(w, root, &at))
        return false;
    if (w->used == NULL)
        return true;
    return flags == (tree == TREE_FREE ? FLAG_INTEGER : 0) &&
           word_at(db + DB_DEPTH, 2) == found.depth &&
           word_at(db + DB_COUNTS, 8) == found.branches &&
           word_at(db + DB_COUNTS + 8, 8) == found.leaves &&
           word_at(db + DB_COUNTS + 16, 8) == found.overflows &&
           word_at(db + DB_COUNTS + 24, 8) == found.entries;
}

static int key_order(Tree tree, const char *a, size_t a_n, const char *b, size_t b_n) {
    if (tree == TREE_FREE) {
        uint64_t x = word_at(a, 8), y = word_at(b, 8);
        return x < y ? -1 : x > y;
    }
    return str_cmp((Str){a, a_n}, (Str){b, b_n});
}

/* A list of free pages: how many, then their numbers, the highest first. */
static bool walk_free(Walk *w, const char *data, uint64_t n) {
    uint64_t before = UINT64_MAX;
    if (n < 8 || n % 8 != 0 || word_at(data, 8) != n / 8 - 1)
        return false;
    for (uint64_t i = 8; i < n; i += 8) {
        uint64_t page = word_at(data + i, 8);
        if (page >= before || !mark(w, page))
            return false;
        before = page;
    }
    return true;
}

/* Pages of one long value, `n` bytes, from page `first` on. */
static bool walk_big(Walk *w, uint64_t first, uint64_t n, const Place *at) {
    char head[PAGE_HEAD];
    uint64_t count = (n + PAGE_HEAD + w->page - 1) / w->page;
    if (first < 2 || first >= w->pages || w->pages - first < count)
        return false;
    if (w->used == NULL)
        return true;
    if (pread(w->fd, head, sizeof head, (off_t)(first * w->page)) != (ssize_t)sizeof head ||
        word_at(head, 8) != first || word_at(head + PAGE_FLAGS, 2) != FLAG_OVERFLOW ||
        word_at(head + PAGE_LOWER, 4) != count)
        return false;
    for (uint64_t i = 0; i < count; i++)
        if (!mark(w, first + i))
            return false;
    at->counts->overflows += count;
    if (at->tree != TREE_FREE)
        return true;
    char *data = mem_alloc((size_t)n);
    bool good = data != NULL &&
                pread(w->fd, data, (size_t)n, (off_t)(first * w->page + PAGE_HEAD)) == (ssize_t)n &&
                walk_free(w, data, n);
    mem_free(data);
    return good;
}

/* A node of a leaf page; *bytes is what it takes up. */
static bool walk_leaf_node(Walk *w, const char *node, size_t left, const Place *at, size_t *bytes) {
    uint64_t n = word_at(node, 4), flags = word_at(node + 4, 2), key = word_at(node + 6, 2);
    bool big = (flags & NODE_BIG) != 0;
    uint64_t here = big ? 8 : n;
    if (left - NODE_HEAD < key || left - NODE_HEAD - key < here)
        return false;
    *bytes = (size_t)(NODE_HEAD + key + here);
    at->counts->entries++;
    const char *data = node + NODE_HEAD + key;
    if (at->tree == TREE_MAIN && w->used != NULL && flags != NODE_SUB)
        return false;
    if ((flags & NODE_SUB) != 0)
        return n == DB_BYTES && !big && at->tree == TREE_MAIN &&
               walk_db(w, data, TREE_DATA, at->depth + 1);
    if (big)
        return walk_big(w, word_at(data, 8), n, at);
    return w->used == NULL || (flags == 0 && (at->tree != TREE_FREE || walk_free(w, data, n)));
}

/* The page's node number i, its key, and how many bytes of the page are from it on. */
static bool node_at(const Walk *w, const char *page, size_t i, const char **node, size_t *left,
                    size_t *key_n) {
    uint64_t lower = word_at(page + PAGE_LOWER, 2), at = word_at(page + PAGE_HEAD + 2 * i, 2);
    if (at < lower || at > w->page - NODE_HEAD)
        return false;
    *node = page + at;
    *left = w->page - (size_t)at;
    *key_n = (size_t)word_at(*node + 6, 2);
    return *left - NODE_HEAD >= *key_n;
}

/* Whether a key is one that may stand there, behind the one before it on the page. */
static bool key_fits(const Place *at, const char *key, size_t n, const char *before,
                     size_t before_n) {
    if (at->tree == TREE_FREE && n != 8)
        return false;
    if (before != NULL && key_order(at->tree, before, before_n, key, n) >= 0)
        return false;
    if (at->from != NULL && key_order(at->tree, key, n, at->from, at->from_n) < 0)
        return false;
    return at->to == NULL || key_order(at->tree, key, n, at->to, at->to_n) < 0;
}

static bool walk_nodes(Walk *w, const char *page, size_t n, bool branch, const Place *at) {
    const char *before = NULL;
    size_t before_n = 0, total = 0;
    for (size_t i = 0; i < n; i++) {
        const char *node, *next;
        size_t left, key_n, next_left, next_n, bytes = 0;
        if (!node_at(w, page, i, &node, &left, &key_n))
            return false;
        const char *key = node + NODE_HEAD;
        bool first = branch && i == 0; /* its key is none */
        if (w->used != NULL && !first && !key_fits(at, key, key_n, before, before_n))
            return false;
        if (branch) {
            Place below = *at;
            below.depth++;
            below.level++;
            below.from = first ? at->from : key;
            below.from_n = first ? at->from_n : key_n;
            if (i + 1 < n) {
                if (!node_at(w, page, i + 1, &next, &next_left, &next_n) ||
                    (at->tree == TREE_FREE && next_n != 8))
                    return false;
                below.to = next + NODE_HEAD;
                below.to_n = next_n;
            }
            bytes = NODE_HEAD + key_n;
            if (!walk_page(w, word_at(node, 4) | word_at(node + 4, 2) << 32, &below))
                return false;
        } else if (!walk_leaf_node(w, node, left, at, &bytes)) {
            return false;
        }
        before = first ? NULL : key;
        before_n = key_n;
        total += bytes + bytes % 2;
    }
    return w->used == NULL || total == w->page - word_at(page + PAGE_UPPER, 2);
}

static bool walk_page(Walk *w, uint64_t number, const Place *at) {
    char page[BYTES_MOST];
    if (number < 2 || number >= w->pages || at->depth > 2 * DEPTH_MOST || w->seen++ > w->pages ||
        !mark(w, number))
        return false;
    if (pread(w->fd, page, w->page, (off_t)(number * w->page)) != (ssize_t)w->page)
        return false;
    uint64_t flags = word_at(page + PAGE_FLAGS, 2), lower = word_at(page + PAGE_LOWER, 2);
    bool branch = (flags & FLAG_BRANCH) != 0;
    if ((!branch && (flags & FLAG_LEAF) == 0) || lower < PAGE_HEAD || lower > w->page)
        return false;
    size_t n = (size_t)(lower - PAGE_HEAD) / 2;
    uint64_t upper = word_at(page + PAGE_UPPER, 2);
    if (w->used != NULL &&
        (word_at(page, 8) != number || flags != (branch ? FLAG_BRANCH : FLAG_LEAF) ||
         lower % 2 != 0 || upper < lower || upper > w->page || n < (branch ? 2 : 1)))
        return false;
    w->at = number;
    if (at->level + 1 > at->counts->depth)
        at->counts->depth = at->level + 1;
    if (branch)
        at->counts->branches++;
    else
        at->counts->leaves++;
    return walk_nodes(w, page, n, branch, at);
}

/* ---- the whole look ---- */

static Status probe(int fd, const char *path, bool *empty, Err *err) {
    Meta a, b;
    struct stat st;
    if (fstat(fd, &st) != 0)
        return err_say(err, ERR_IO, "cannot read %s: %s", "无法读取 %s：%s", path, strerror(errno));
    *empty = st.st_size == 0;
    if (*empty)
        return OK;
    TRY(read_meta(fd, 0, path, &a, err));
    TRY(read_meta(fd, a.page, path, &b, err));
    const Meta *m = a.txn < b.txn ? &b : &a;
    if (fstat(fd, &st) != 0) /* once more: a writer may have made it longer before it wrote m */
        return err_say(err, ERR_IO, "cannot read %s: %s", "无法读取 %s：%s", path, strerror(errno));
    Walk w = {.fd = fd, .page = a.page, .pages = (uint64_t)st.st_size / a.page, .last = m->last};
    bool good = a.page == b.page && (m->last < w.pages || m->last - w.pages < FREE_MOST);
    for (size_t i = 0; i < 2 && m->last >= w.pages; i++)
        good = good && walk_db(&w, m->db[i], i == 0 ? TREE_FREE : TREE_MAIN, 0);
    if (good)
        return OK;
    return err_say(err, ERR_DAMAGED, "%s is damaged: it should have %llu pages and has %llu",
                   "%s 已损坏：应有 %llu 页，实有 %llu 页", path, (unsigned long long)m->last + 1,
                   (unsigned long long)w.pages);
}

static Status check(int fd, const char *path, uint64_t txn, bool *changed, Err *err) {
    Meta a, b;
    TRY(read_meta(fd, 0, path, &a, err));
    TRY(read_meta(fd, a.page, path, &b, err));
    const Meta *m = a.txn == txn ? &a : &b;
    struct stat st;
    if (fstat(fd, &st) != 0)
        return err_say(err, ERR_IO, "cannot read %s: %s", "无法读取 %s：%s", path, strerror(errno));
    *changed = m->txn != txn;
    if (*changed || txn == 0 || m->last >= CHECK_MOST)
        return OK;
    uint64_t used[CHECK_MOST / 64] = {0};
    Walk w = {.fd = fd,
              .page = m->page,
              .pages = (uint64_t)st.st_size / m->page,
              .last = m->last,
              .used = used};
    if (walk_db(&w, m->db[1], TREE_MAIN, 0) && walk_db(&w, m->db[0], TREE_FREE, 0))
        return OK;
    return err_say(err, ERR_DAMAGED, "%s is damaged: page %llu, or one that names it",
                   "%s 已损坏：第 %llu 页，或引用它的页", path, (unsigned long long)w.at);
}

Status env_check(const char *path, uint64_t txn, bool *changed, Err *err) {
    *changed = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_say(err, ERR_IO, "cannot open %s: %s", "无法打开 %s：%s", path, strerror(errno));
    Status status = check(fd, path, txn, changed, err);
    close(fd);
    return status;
}

Status env_probe(const char *path, bool *empty, Err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return ERR_NOTFOUND;
    if (fd < 0)
        return err_say(err, ERR_IO, "cannot open %s: %s", "无法打开 %s：%s", path, strerror(errno));
    Status status = probe(fd, path, empty, err);
    close(fd);
    return status;
}
