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

#include "engine/ledger/env.h"

enum {
    PAGE_HEAD = 16,
    PAGE_FLAGS = 10, /* u16 */
    PAGE_LOWER = 12, /* u16: end of the node offsets, which begin behind the head */
    META_BYTES = 152,
    META_MAGIC_AT = 16, /* u32 */
    META_VERSION = 20,  /* u32 */
    META_PAGE = 40,     /* u32: bytes of a page */
    META_DBS = 40,      /* two databases of DB_BYTES: free pages, and the main one */
    META_LAST = 136,    /* u64: number of the last page */
    META_TXN = 144,     /* u64 */
    DB_BYTES = 48,
    DB_ROOT = 40, /* u64 */
    NODE_HEAD = 8,
    FLAG_BRANCH = 1,
    FLAG_LEAF = 2,
    FLAG_META = 8,
    NODE_BIG = 1, /* the data is the number of the first overflow page */
    NODE_SUB = 2, /* the data is a database */
    BYTES_LEAST = 512,
    BYTES_MOST = 32768,
    DATA_VERSION = 1,
    DEPTH_MOST = 32,     /* of LMDB's trees */
    FREE_MOST = 1 << 20, /* pages that LMDB may have left out at the end */
};
#define META_MAGIC 0xBEEFC0DEu
#define NO_PAGE UINT64_MAX

typedef struct Meta {
    uint32_t page;
    uint64_t last, txn, root[2];
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
        return err_set(err, ERR_IO, "cannot read %s: %s", path, strerror(errno));
    if (n != sizeof b)
        return err_set(err, ERR_DAMAGED, "%s is damaged: it is cut within its first pages", path);
    if ((word_at(b + PAGE_FLAGS, 2) & FLAG_META) == 0 ||
        word_at(b + META_MAGIC_AT, 4) != META_MAGIC)
        return err_set(err, ERR_DAMAGED, "%s is damaged or is not a ledger's", path);
    if (word_at(b + META_VERSION, 4) != DATA_VERSION)
        return err_set(err, ERR_VERSION, "%s is of another version of LMDB", path);
    *m = (Meta){.page = (uint32_t)word_at(b + META_PAGE, 4),
                .last = word_at(b + META_LAST, 8),
                .txn = word_at(b + META_TXN, 8)};
    bool good = m->page >= BYTES_LEAST && m->page <= BYTES_MOST && (m->page & (m->page - 1)) == 0;
    for (size_t i = 0; i < 2; i++) {
        m->root[i] = word_at(b + META_DBS + i * DB_BYTES + DB_ROOT, 8);
        good = good && (m->root[i] == NO_PAGE || (m->root[i] >= 2 && m->root[i] <= m->last));
    }
    return good ? OK
                : err_set(err, ERR_DAMAGED, "%s is damaged: its first pages make no sense", path);
}

/* ---- walking what is in use ---- */

typedef struct Walk {
    int fd;
    uint32_t page;        /* bytes */
    uint64_t pages, seen; /* in the file; read so far: no more than there are, or it goes round */
} Walk;

static bool walk_page(Walk *w, uint64_t number, unsigned depth);

/* A database in a node's data. */
static bool walk_sub(Walk *w, const char *data, size_t n, unsigned depth) {
    uint64_t root = n < DB_BYTES ? 0 : word_at(data + DB_ROOT, 8);
    return root == NO_PAGE || walk_page(w, root, depth + 1);
}

/* One node of a page; `left` bytes of the page are from it on. */
static bool walk_node(Walk *w, const char *node, size_t left, bool branch, unsigned depth) {
    if (left < NODE_HEAD)
        return false;
    uint64_t low = word_at(node, 4), flags = word_at(node + 4, 2), key = word_at(node + 6, 2);
    if (branch)
        return walk_page(w, low | flags << 32, depth + 1);
    bool big = (flags & NODE_BIG) != 0;
    uint64_t n = big ? 8 : low;
    if (left - NODE_HEAD < key || left - NODE_HEAD - key < n)
        return false;
    const char *data = node + NODE_HEAD + key;
    if ((flags & NODE_SUB) != 0)
        return walk_sub(w, data, (size_t)n, depth);
    if (!big)
        return true;
    uint64_t first = word_at(data, 8), bytes = low + PAGE_HEAD;
    uint64_t count = (bytes + w->page - 1) / w->page;
    return first >= 2 && first < w->pages && w->pages - first >= count;
}

static bool walk_page(Walk *w, uint64_t number, unsigned depth) {
    char page[BYTES_MOST];
    if (number < 2 || number >= w->pages || depth > 2 * DEPTH_MOST || w->seen++ > w->pages)
        return false;
    if (pread(w->fd, page, w->page, (off_t)(number * w->page)) != (ssize_t)w->page)
        return false;
    uint64_t flags = word_at(page + PAGE_FLAGS, 2), lower = word_at(page + PAGE_LOWER, 2);
    bool branch = (flags & FLAG_BRANCH) != 0;
    if ((!branch && (flags & FLAG_LEAF) == 0) || lower < PAGE_HEAD || lower > w->page)
        return false;
    for (size_t at = PAGE_HEAD; at + 2 <= lower; at += 2) {
        uint64_t node = word_at(page + at, 2);
        if (node < lower || node > w->page ||
            !walk_node(w, page + node, w->page - (size_t)node, branch, depth))
            return false;
    }
    return true;
}

/* ---- the whole look ---- */

static Status probe(int fd, const char *path, bool *empty, Err *err) {
    Meta a, b;
    struct stat st;
    if (fstat(fd, &st) != 0)
        return err_set(err, ERR_IO, "cannot read %s: %s", path, strerror(errno));
    *empty = st.st_size == 0;
    if (*empty)
        return OK;
    TRY(read_meta(fd, 0, path, &a, err));
    TRY(read_meta(fd, a.page, path, &b, err));
    const Meta *m = a.txn < b.txn ? &b : &a;
    if (fstat(fd, &st) != 0) /* once more: a writer may have made it longer before it wrote m */
        return err_set(err, ERR_IO, "cannot read %s: %s", path, strerror(errno));
    Walk w = {fd, a.page, (uint64_t)st.st_size / a.page, 0};
    bool good = a.page == b.page && (m->last < w.pages || m->last - w.pages < FREE_MOST);
    for (size_t i = 0; i < 2 && m->last >= w.pages; i++)
        good = good && (m->root[i] == NO_PAGE || walk_page(&w, m->root[i], 0));
    if (good)
        return OK;
    return err_set(err, ERR_DAMAGED, "%s is damaged: it should have %llu pages and has %llu", path,
                   (unsigned long long)m->last + 1, (unsigned long long)w.pages);
}

Status env_probe(const char *path, bool *empty, Err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return ERR_NOTFOUND;
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot open %s: %s", path, strerror(errno));
    Status status = probe(fd, path, empty, err);
    close(fd);
    return status;
}
