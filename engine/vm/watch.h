/* vm: what ran, for who asks how far tests reach. The arrays are the asker's, a byte each; NULL:
 * nobody asks. */
#ifndef REMIT_VM_WATCH_H
#define REMIT_VM_WATCH_H

#include <stdint.h>

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
} Watch;

#endif
