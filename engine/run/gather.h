/* run: alarms that wait, and the digests that tell several as one. What waits stands in the journal
 * when it happens (remit.duty.collected, remit.collected) and in two tables until it is told:
 *   LED_GROUP    number -> GroupRec; 16 bytes of a hash -> the number of a group under way
 *   LED_WAITING  number, of what is stale its addressee, leaf -> number of the duty whose it is, or
 * 0 Read:    gather_rung and gather_notice (what happens to an alarm), then gather_fire. */
#ifndef REMIT_RUN_GATHER_H
#define REMIT_RUN_GATHER_H

#include "engine/run/engine_int.h"

typedef enum GatherKind {
    GATHER_NOTICE, /* one notice, until the end of quiet hours */
    GATHER_DUTY,   /* rungs of a duty's group to one addressee */
    GATHER_KPI,    /* what reactions of a KPI's group say to one addressee */
    GATHER_KINDS
} GatherKind;

/* A record of LED_GROUP. */
typedef struct Group {
    uint64_t number;
    uint8_t kind;  /* GatherKind */
    uint32_t decl; /* the duty or KPI; of a notice number + 1 of the KPI that groups it, or 0 */
    Str *key;      /* what keeps the group apart */
    uint32_t key_count;
    Value to; /* the addressee; of a notice absent */
    uint32_t local;
    int64_t timer_at;
} Group;
/* What a digest of the group is about. ERR_NOMEM. */
MUST_USE Status digest_subject(const Bundle *b, const Group *g, Arena *a, Subject *out);
/* ERR_DAMAGED, ERR_VERSION, ERR_NOMEM. */
MUST_USE Status view_group(const Bundle *b, uint64_t number, Str bytes, Arena *a, Group *out);

/* Says a rung to one addressee, now or later. effect: as it would be said now. */
Status gather_rung(Engine *e, Duty *d, uint32_t n, Effect *effect);
/* Says what `notify` says, now or later. */
Status gather_notice(Engine *e, const VmNotice *notice);
/* Numbers of timers: notices come after what duties and approvals have at the instant at which
 * quiet hours end; digests last of all, so that what comes at the end of an interval is in it. */
#define NOTICE_TIMER (UINT64_C(1) << 62)
#define DIGEST_TIMER (UINT64_C(0xFFFF) << KPI_RANK_BIT)
static inline bool is_gather_timer(uint64_t number) {
    return number >= DIGEST_TIMER || (number >= NOTICE_TIMER && number < KPI_TIMER);
}
uint64_t group_timer_number(const Group *g);
/* number: the timer's. */
Status gather_fire(Engine *e, uint64_t number, int64_t at);
Status gather_fire_failed(Engine *e, uint64_t number, int64_t at, Str message);
/* Tells what was found too late, one digest for each addressee: the catch-up is over. */
Status gather_stale(Engine *e);

#endif
