/* run: a file of input, piece by piece: lines of JSON, or records of CSV under a header. */
#ifndef REMIT_RUN_FEED_H
#define REMIT_RUN_FEED_H

#include "engine/base/os.h"
#include "engine/run/event.h"
#include "engine/run/jsonrows.h"
#include "engine/run/mapping.h"

/* Where an event of a row stands, or a refused row: what is needed to read it again. */
typedef struct RowPlace {
    int64_t time;
    uint64_t offset;
    uint32_t length, line;
    uint16_t event; /* which of the row; ROW_REFUSED: it is refused, ROW_CUT: being cut */
} RowPlace;
enum { ROW_REFUSED = UINT16_MAX, ROW_CUT = UINT16_MAX - 1 };

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
    /* of rows that a feed of the policy maps: */
    Mapper *by; /* or NULL; closed with it */
    Encoding encoding;
    bool begun; /* how the file begins has been looked at */
    JsonRows rows;
    uint32_t line, next_line; /* of the row at hand, and of what is read next; from 1 */
    uint32_t given, count;    /* events of the row: given, all */
    VEC(RowPlace) order;      /* by time, where the feed says so */
    size_t placed;            /* of these: how many were given */
    bool sorted;
    uint64_t row_at; /* where the row at hand begins */
    Buf again;       /* a row that is read again */
} Feed;

typedef enum FeedKind { FEED_BY_NAME, FEED_JSON, FEED_CSV } FeedKind;

/* Opens a file ("-": standard input). FEED_BY_NAME: *.csv is CSV. Errors as os_open_read. */
MUST_USE Status feed_open(Feed *f, Str path, FeedKind kind, Arena *keep, Err *err);
/* The same for rows that a feed of the policy maps; the mapper is the file's from now on. */
MUST_USE Status feed_open_mapped(Feed *f, Str path, Mapper *by, Arena *keep, Err *err);
void feed_close(Feed *f);
/* The next event, refusal, or nothing more (READ_NOTHING, *over). *at is where its line begins.
 * Texts die at the next call. */
MUST_USE Status feed_next(Feed *f, EventReader *r, Reading *what, Input *event, Refusal *refusal,
                          uint64_t *at, bool *over, Err *err);

#endif
