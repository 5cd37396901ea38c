/* audit: a ledger put aside, and brought back. */
#ifndef REMIT_AUDIT_BACKUP_H
#define REMIT_AUDIT_BACKUP_H

#include "engine/base/buf.h"
#include "engine/base/mem.h"

typedef struct BackupOptions {
    Str ledger;
    Str file; /* a backup: made by backup_make, where it may be a folder; read by backup_restore */
    /* Of backup_restore: */
    bool rebuild; /* the tables from the journal, not as they are */
    bool folder;  /* `file` is the folder of a ledger, whose tables are rebuilt */
    bool quick;   /* the tables are read, and not inspected */
    bool json, chinese;
} BackupOptions;

/* Writes a backup while a run may go on beside: beside its place first, read again and held against
 * the ledger, then under its name. Says to `out` what is in it. ERR_STATE: something of that name
 * is there; it stays. ERR_DAMAGED: the copy is not the ledger. */
MUST_USE Status backup_make(const BackupOptions *opt, Buf *out, Err *err);
/* Makes a ledger of a backup that is whole. *whole is false when it is not: `out` says what is
 * damaged, and nothing was made. ERR_STATE: something stands at opt->ledger. */
MUST_USE Status backup_restore(const BackupOptions *opt, Buf *out, bool *whole, Err *err);

#endif
