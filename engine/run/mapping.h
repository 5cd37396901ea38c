/* run: a feed's rows become events: cells and members are read as the feed says, its functions say
 * which events come of them, and each event gets an identity that is the same whenever the row is
 * read again. A row that does not fit is refused whole.
 * Trusts: a verified bundle. Memory: what a row gives lives until the next row. */
#ifndef REMIT_RUN_MAPPING_H
#define REMIT_RUN_MAPPING_H

#include "engine/run/event.h"

typedef struct Mapper Mapper;

/* source: of events whose feed says none. All is borrowed. ERR_NOMEM. */
MUST_USE Status mapper_open(const Bundle *b, uint32_t feed, Str source, Mapper **out);
void mapper_close(Mapper *m);
/* In which encoding its rows come; UTF-8 until that is said. */
void mapper_encoding(Mapper *m, Encoding e);
const FeedDef *mapper_feed(const Mapper *m);
/* The record that names the columns of a CSV file; empty: there is none. ERR_SYNTAX, with the name
 * of the file in *err: a column of the feed is not there. */
MUST_USE Status mapper_header(Mapper *m, Str record, Str path, Err *err);
/* Reads a row: of a CSV file a record with its line break, of a JSON file a value. `cut`: it is the
 * beginning of what is too long or broken. *count: how many events come of it; none when it was
 * refused or is blank. ERR_NOMEM. */
MUST_USE Status mapper_row(Mapper *m, Str row, bool cut, uint32_t *count, bool *refused);
/* When the row's event number `i` comes. */
int64_t mapper_time(const Mapper *m, uint32_t i);
/* Event number i of the row, with its identity: asked for once each, in the order in which they are
 * taken. `seen` counts equal ones. ERR_NOMEM. */
MUST_USE Status mapper_event(Mapper *m, uint32_t i, Seen *seen, Input *out);
/* Why the row was refused. */
MUST_USE Status mapper_refusal(Mapper *m, Seen *seen, Refusal *out);

/* An event as a line of CloudEvents, without its end. */
void put_event_line(Buf *out, const Bundle *b, ZoneCache *cache, const Input *in);

#endif
