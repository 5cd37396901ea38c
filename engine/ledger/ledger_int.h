/* ledger: what its files share. */
#ifndef REMIT_LEDGER_LEDGER_INT_H
#define REMIT_LEDGER_LEDGER_INT_H

#include "engine/ledger/cache.h"
#include "engine/ledger/env.h"
#include "engine/ledger/journal.h"
#include "engine/ledger/ledger.h"
#include "engine/ledger/log.h"
#include "engine/ledger/runs.h"
#include "engine/ledger/setmem.h"
#include "engine/ledger/table.h"

enum {
    LOG_ROOM = 8 << 20,      /* bytes of frames after which a checkpoint begins */
    POINT_STEP = 256 << 10,  /* bytes of frames between two of its steps */
    MERGE_STEP = 4096,       /* set entries added between two steps of the merges */
    CLEAN_ROOM = 32 << 20,   /* bytes of clean copies kept in the cache */
    READER_CALLS = 1024,     /* of one snapshot */
    READER_BYTES = 32 << 20, /* given out of one snapshot */
};

/* What each commit writes anew, in `sys` under "head". */
typedef struct Head {
    uint64_t commits;    /* also the number of the last frame */
    uint64_t settled;    /* checkpoints done */
    uint64_t log;        /* which of the logs takes frames: 0 or 1 */
    uint64_t sealed;     /* 1: a checkpoint is at work on the other log */
    uint64_t log_bytes;  /* of frames in the log that takes them */
    uint64_t point_due;  /* bytes of frames since the checkpoint's last step */
    uint64_t merge_due;  /* set entries since the merges' last step */
    uint64_t run_next;   /* the next run's id */
    uint64_t run_sealed; /* the first of LED_SETS ids for the runs that the checkpoint makes */
    uint64_t run_changes;
    TableState tables;
    MerklePeaks peaks;
} Head;

/* A checkpoint: what the sealed log has goes into tables and runs, a step at a time. */
typedef struct Point {
    size_t record;        /* cache.taken[0..record) is done */
    bool last;            /* that is all of it */
    unsigned set;         /* sets below are done */
    size_t item;          /* sealed[set].items[0..item) is done */
    RunWriter writer;     /* of that set */
    bool again, finished; /* left by an earlier process: begins by clearing; done with this step */
} Point;

typedef enum FlightState {
    FLIGHT_NONE,
    FLIGHT_SEALED,  /* to be written */
    FLIGHT_AGAIN,   /* the map was full: to be written anew */
    FLIGHT_WRITTEN, /* to be settled */
    FLIGHT_FAILED,
} FlightState;

/* A closed batch on its way to disk: all that writing it needs. */
typedef struct Flight {
    FlightState state;
    Head head; /* as it will be */
    EnvDb log; /* that takes the frame */
    Buf frame, row;
    bool seals, steps, merges; /* the log is sealed with it; checkpoint and merges take a step */
    Point point;               /* after the step */
    size_t budget;             /* of the step, in bytes */
    Buf records;               /* that the step puts into tables, as in a frame */
    uint64_t merge_budget;
    Merge merge[RUNS_LEVELS]; /* after their step */
    FilterList bits;
} Flight;

struct Ledger {
    bool memory, read_only;
    bool dead; /* a commit failed: no more changes */
    Arena life;
    Str name, dir;
    Head head; /* as committed */
    Cache cache;
    SetMem set[LED_SETS]; /* entries of the log that takes frames, and of the open batch */
    size_t set_done[LED_SETS], set_mark[LED_SETS]; /* items committed; there at the mark */
    Journal journal;
    Arena held; /* long values put together, until the next put, del, undo or commit */
    Err err;
    /* On disk: */
    Env env;
    Runs runs;
    size_t log_room, point_room,
        merge_room;            /* LOG_ROOM, POINT_STEP, MERGE_STEP, or what a test says */
    SetMem sealed[LED_SETS];   /* entries of the sealed log, by key */
    uint8_t *filter[LED_SETS]; /* of the runs made of them */
    Point point;
    TableWalk *walk[CACHE_TABLES];
    MDB_cursor *leaf_at;
    uint64_t leaf_of; /* snapshot */
    Flight flight;
    SetItem *sorting; /* room for sorting_n of them */
    size_t sorting_n;
    /* In readers: */
    Arena given[2]; /* copies given out of this snapshot, and of the one before */
    unsigned calls;
    size_t given_bytes;
    bool holding; /* the snapshot, for a call that must see one state */
};

/* Keeps the words of a failure. why: more words, if of this status; or NULL. err: told too, or
 * NULL. */
Status led_fails(Ledger *l, Status status, const Err *why, const char *what, Err *err);
/* The same for a call that reads or changes. */
Status led_failed(Ledger *l, Status status, const char *what);

/* Before each look at the ledger. */
MUST_USE Status led_look(Ledger *l);

MUST_USE Status head_write(Env *v, Buf *row, const Head *h);
MUST_USE Status head_read(Ledger *l, Head *h);
/* Reads the frames after number `from` into cache and sets. */
MUST_USE Status led_replay(Ledger *l, uint64_t from);
/* A ledger with a sealed log is opened for writing: sets the checkpoint up anew. */
MUST_USE Status point_resume(Ledger *l);

#endif
