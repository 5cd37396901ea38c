/* ledger: a look at data.mdb before LMDB maps it. LMDB trusts the file's length: reading a page
 * that lies beyond it would be a bus error. Offsets are those of LMDB 0.9's file format on 64-bit
 * machines. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/ledger/env.h"

enum {
    META_BYTES = 152, /* page header (16) and meta */
    AT_FLAGS = 10,    /* u16 */
    AT_MAGIC = 16,    /* u32 */
    AT_VERSION = 20,  /* u32 */
    AT_PAGE = 40,     /* u32: bytes of a page */
    AT_LAST = 136,    /* u64: number of the last page */
    AT_TXN = 144,     /* u64 */
    FLAG_META = 8,
    PAGE_LEAST = 512,
    PAGE_MOST = 32768,
    DATA_VERSION = 1,
};
#define META_MAGIC 0xBEEFC0DEu

typedef struct Meta {
    uint32_t page;
    uint64_t last, txn;
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
    if ((word_at(b + AT_FLAGS, 2) & FLAG_META) == 0 || word_at(b + AT_MAGIC, 4) != META_MAGIC)
        return err_set(err, ERR_DAMAGED, "%s is damaged or is not a ledger's", path);
    if (word_at(b + AT_VERSION, 4) != DATA_VERSION)
        return err_set(err, ERR_VERSION, "%s is of another version of LMDB", path);
    *m = (Meta){(uint32_t)word_at(b + AT_PAGE, 4), word_at(b + AT_LAST, 8), word_at(b + AT_TXN, 8)};
    if (m->page < PAGE_LEAST || m->page > PAGE_MOST || (m->page & (m->page - 1)) != 0)
        return err_set(err, ERR_DAMAGED, "%s is damaged: impossible page size", path);
    return OK;
}

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
    if (fstat(fd, &st) !=
        0) /* once more: a writer may have made it longer before it wrote the meta */
        return err_set(err, ERR_IO, "cannot read %s: %s", path, strerror(errno));
    uint64_t pages = (uint64_t)st.st_size / a.page;
    if (a.page != b.page || m->last >= pages)
        return err_set(err, ERR_DAMAGED, "%s is damaged: it should have %llu pages and has %llu",
                       path, (unsigned long long)m->last + 1, (unsigned long long)pages);
    return OK;
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
