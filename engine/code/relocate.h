/* code: a bundle whose parts get other numbers, in place: those that they have in another one. */
#ifndef REMIT_CODE_RELOCATE_H
#define REMIT_CODE_RELOCATE_H

#include "engine/code/part.h"

typedef struct Relocation {
    uint32_t *to[PARTS]; /* of each part its new number; NULL: of none yet */
    uint32_t *picked;    /* of each field of all record types */
    uint32_t home;       /* what stands for local 0 */
    /* Of each event the one of which it has all fields, and perhaps more, or -1; and of each
     * function whether it is over that one. What has only such functions hears it. */
    const int32_t *older;
    const bool *over_older;
} Relocation;

/* Only the parts of the kinds that these name may have been relocated before. Values are changed
 * where they stand. */
void relocate_type(const Relocation *r, TypeDef *t);
void relocate_value(const Relocation *r, Value *v);
void relocate_local(const Relocation *r, uint32_t *local);
void relocate_field(const Relocation *r, FieldDef *f);
void relocate_party(const Relocation *r, PartyDef *p);
void relocate_record(const Relocation *r, RecordDef *d);
void relocate_event(const Relocation *r, EventDef *e);
void relocate_entity(const Relocation *r, EntityDef *e);
void relocate_fn(const Relocation *r, FnDef *f);
/* Its function's number stays. */
void relocate_loop(const Relocation *r, LoopDef *l);
void relocate_table(const Relocation *r, TableDef *t);
void relocate_duty(const Relocation *r, DutyDef *d);
void relocate_approval(const Relocation *r, ApprovalDef *d);
void relocate_rule(const Relocation *r, RuleDef *u);
void relocate_kpi(const Relocation *r, KpiDef *k);
void relocate_feed(const Relocation *r, FeedDef *f);
void relocate_rotation(const Relocation *r, RotationDef *d);
void relocate_deputy(const Relocation *r, DeputyDef *d);
void relocate_power(const Relocation *r, PowerDef *p);
/* False: a number is too large for its instruction. */
bool relocate_code(const Relocation *r, uint32_t *words, uint32_t n);
uint32_t relocate_line(const Relocation *r, uint32_t line);

#endif
