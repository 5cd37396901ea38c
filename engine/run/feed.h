/* run: a file of input, piece by piece: lines of JSON, or records of CSV under a header. */
#ifndef REMIT_RUN_FEED_H
#define REMIT_RUN_FEED_H

#include "engine/base/os.h"
#include "engine/run/event.h"

typedef struct Feed {
    OsFile file;
    Buf text;        /* read and not yet given; JSON_PAD bytes stand behind it */
    size_t at;       /* the next byte to give */
    uint64_t offset; /* of that byte in the file */
    bool over;       /* the file's end has been read */
    bool csv;
    Arena columns; /* the header's names */
    bool has_header;
    Seen seen;
} Feed;

typedef enum FeedKind { FEED_BY_NAME, FEED_JSON, FEED_CSV } FeedKind;

/* Opens a file ("-": standard input). FEED_BY_NAME: *.csv is CSV. Errors as os_open_read. */
MUST_USE Status feed_open(Feed *f, Str path, FeedKind kind, Arena *keep, Err *err);
void feed_close(Feed *f);
/* The next event, refusal, or nothing more (READ_NOTHING, *over). *at is where its line begins.
 * Texts die at the next call. */
MUST_USE Status feed_next(Feed *f, EventReader *r, Reading *what, Input *event, Refusal *refusal,
                          uint64_t *at, bool *over, Err *err);

#endif
