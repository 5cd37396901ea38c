/* vm: what ran, for who asks how far tests reach, and what expressions came to, for who asks why a
 * condition failed. The arrays are the asker's; those of one that is NULL nobody asks for. */
#ifndef REMIT_VM_WATCH_H
#define REMIT_VM_WATCH_H

#include "engine/base/value.h"

/* That a register holds the value of a condition when an instruction is reached. */
typedef struct WatchFlag {
    uint32_t at; /* the instruction */
    uint32_t reg;
} WatchFlag;

enum { WATCH_HELD = 1, WATCH_HELD_NOT = 2 };

typedef struct Watch {
    uint8_t *ran;             /* of each instruction */
    const uint32_t *flags_at; /* of each instruction, and one more: its flags begin there */
    const WatchFlag *flags;
    uint8_t *held;           /* of each flag: WATCH_* */
    uint8_t **rows;          /* of each table: of each row, it was given */
    uint8_t **duty_acts;     /* of each duty: of each clause, it acted */
    uint8_t **approval_acts; /* of each approval likewise */
    uint8_t **seats;         /* of each approval: of each seat, somebody said yes in it */
    uint8_t *powers;         /* of each power: somebody used it */

    const uint32_t *values_at; /* as flags_at, of `values` */
    const WatchFlag *values;
    uint32_t value_count;
    Value *came_to; /* of each value: the last that it came to, kept in `keep` */
    uint8_t *came;  /* of each value: 1, it came to something */
    Arena *keep;
    bool waits;      /* nothing counts yet */
    bool past_stops; /* go on behind conditions that do not hold, to know what they keep away */
} Watch;

#endif
