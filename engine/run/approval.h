/* run: what the files of approvals share: the record, who may vote, which votes suffice, the
 * office's verbs. An approval is asked in stages, one after the other; one without has one that has
 * no name. Its seats and requirements are those of the policy as they were when it was opened, and
 * what came to them since. */
#ifndef REMIT_RUN_APPROVAL_H
#define REMIT_RUN_APPROVAL_H

#include "engine/base/limits.h"
#include "engine/run/engine_int.h"
#include "engine/run/match.h"

enum { APPROVAL_STAGES = 2 * LIMIT_SEATS }; /* those of the policy, and one a signer added */

/* approval_rec.c */
Status approval_save(Engine *e, Approval *a);
/* The number of an occurrence, by name. */
Status approval_named(Engine *e, uint32_t decl, const Str *key, uint32_t n, uint32_t occurrence,
                      uint64_t *number, bool *found);

/* quorum.c: pure */
/* Whether the seat is asked in some stage. */
bool seat_asked(const Approval *a, uint32_t seat);
uint32_t seat_stage(const Approval *a, uint32_t seat);
bool stage_asked(const Approval *a, uint32_t stage);
/* What is wanted of the stages up to `last`. Requirements in points are reached in several ways. */
typedef struct Quorum {
    Places places;
    uint32_t points[LIMIT_SEATS]; /* of each requirement; 0: votes are counted */
    uint32_t weight[LIMIT_SEATS]; /* of each seat */
} Quorum;
Quorum quorum_of(const Approval *a, uint32_t last);
/* Whether these voters can give it; *sure as of match_can. *way, if not NULL: in which places. */
Status quorum_can(const Quorum *q, const Voter *voters, uint32_t n, Arena *arena, bool *yes,
                  bool *sure, Places *way);
/* The first requirement that these cannot give together with those before it, and of it the first
 * seat that cannot be had; NO_SEAT: it has none. They cannot give all. */
Status quorum_hopeless(const Quorum *q, const Voter *voters, uint32_t n, Arena *arena,
                       uint32_t *need, uint32_t *seat);
/* The voters of those votes that say yes or no and stand; vote[i]: the number of that of voter i.
 */
Status voters_of(Arena *arena, const Approval *a, bool yes, Voter **voters, uint32_t **vote,
                 uint32_t *n);
/* In which seat each vote counts, NO_SEAT for none: as many as possible count, and each takes the
 * first seat that it can, in the order in which they were cast (match.h). */
Status approval_arrange(Arena *arena, const Approval *a, uint32_t **seats);
/* What a requirement has by such an arrangement: votes, or points. */
uint32_t need_have(const Approval *a, uint32_t need, const uint32_t *seats);
/* How many may fill a seat. */
uint32_t seat_room(const Approval *a, uint32_t seat);
/* The first seat that lacks a vote of a requirement of the open stage that has too little; NO_SEAT:
 * there is none. */
uint32_t first_lacking(const Approval *a, const uint32_t *seats);
/* Whether a seat of the open stage or a later one still lacks a vote. */
bool seat_lacking(const Approval *a, uint32_t seat, const uint32_t *seats);
/* How many noes stand in the stages from `from` on, each authority once. */
Status noes_of(Arena *arena, const Approval *a, uint32_t from, uint32_t *noes);

/* authority.c */
/* Makes an approval found by what it asks and whom it excludes, or no longer. */
Status hang_all(Engine *e, const Approval *a, bool there);
/* Adds the numbers of the approvals that hang on a party, each once, in order. */
typedef VEC(uint64_t) Numbers;
Status hanging_on(Engine *e, int64_t party, Numbers *out);
/* The party whose holders sit in a seat; -1: a person, or a team for which nobody votes. */
int64_t seat_party(const Engine *e, const Approval *a, uint32_t seat);
/* Excluded are the persons named, whoever acts for them in this matter, and whoever they act for
 * (semantics.md 13). *for_whom: because of whom; empty: because of themselves. */
Status is_excluded(Engine *e, const Approval *a, Str person, int64_t at, bool *yes, Str *for_whom);
/* Whether a vote of this person stands. */
bool has_voted(const Approval *a, Str person);
typedef struct Authorities {
    Authority *at;
    uint32_t n, room;
} Authorities;
/* Adds by what authority a person may vote in which seats: their own, that of those who named them.
 */
Status authorities_of(Engine *e, const Approval *a, Str person, int64_t at, Authorities *out);
/* The seats in which a person sits themselves. */
Status seats_own(Engine *e, const Approval *a, Str person, int64_t at, uint64_t *seats);
/* Leaves of a voter's authorities what is of these seats. */
void authorities_limit(Authorities *list, uint64_t seats);
/* How many could vote in a seat at an instant: of a team's members as many as may vote, else one.
 */
Status seat_voters(Engine *e, const Approval *a, uint32_t seat, int64_t at, uint32_t *n);
/* How many could vote in the seats of a requirement. `used`: of a team's members so many may have
 * voted before. */
Status voters_count(Engine *e, const Approval *a, uint32_t need, int64_t at, uint32_t used,
                    uint32_t *n);
/* Persons, each once. */
typedef struct Persons {
    Str *at; /* by hash; empty: free */
    size_t room;
    uint32_t n;
} Persons;
/* Who has voted yes, and all who could still vote. */
typedef struct Candidates {
    Voter *who;
    uint32_t n, room;
    uint32_t own[LIMIT_SEATS];      /* of each seat: how many hold it themselves */
    int64_t until[APPROVAL_STAGES]; /* of each stage: when it ends at the latest */
    int64_t next;                   /* when to look again, though nothing comes in */
    Persons votes;                  /* who has voted */
    Persons known;                  /* who is in the list and has not */
} Candidates;
Status candidates_find(Engine *e, const Approval *a, const Places *places, int64_t at,
                       Candidates *list);
/* By what authority one who said no could vote in the stages to come if they had not. */
Status could_have_voted(Engine *e, const Approval *a, const Vote *no, int64_t at, Candidates *list,
                        Voter *out);

/* approval.c */
Status approval_say(Engine *e, Approval *a, Effect *effect);
/* "customer_service", "customer_service.members", or a person's id. */
Status seat_text(Engine *e, const Approval *a, uint32_t seat, Value *out);
/* The name of a stage; absent where it has none. */
Value stage_text(const Approval *a, uint32_t stage);
/* For messages: of one without a name that of the approval. */
Str stage_name(const Approval *a, uint32_t stage);
/* Those who are asked in a stage. */
Status seats_text(Engine *e, const Approval *a, uint32_t stage, Value *out);
Status put_seats_asked(Engine *e, const Approval *a, Str *out);
Value due_value(const Approval *a);
/* Opens a stage at an instant: its clock begins, its shares are fixed. */
Status stage_open(Engine *e, Approval *a, uint32_t stage, int64_t at);
/* The first stage from `from` on that asks somebody; stage_count: none. */
uint32_t stage_next(const Approval *a, uint32_t from);
Status say_advanced(Engine *e, Approval *a);
/* office.c: a signer added or removed, a seat handed on, a stage returned to, a reminder. */
Status office_act(Engine *e, Approval *a, Flow *flow);
/* Grants it when all is there, opens the next stage, ends it when it cannot be had any more; else
 * plans when to look again. */
Status approval_judge(Engine *e, Approval *a);

#endif
