/* code: proves that a bundle's code is safe to run without checks: every register that is read was
 * written with the kind the instruction wants, every number names something there is, every jump
 * goes forward and stays inside, every path ends. One pass is enough, since jumps only go forward.
 */
#ifndef REMIT_CODE_VERIFY_H
#define REMIT_CODE_VERIFY_H

#include "engine/code/bundle.h"
#include "engine/code/part.h"

/* ERR_DAMAGED with function, instruction and reason in err; ERR_NOMEM. scratch: for the pass only.
 */
MUST_USE Status verify_code(const Bundle *b, Arena *scratch, Err *err);
/* The same for the functions from number `first` on, where the others have passed; ERR_DAMAGED if
 * there are none. */
MUST_USE Status verify_from(const Bundle *b, uint32_t first, Arena *scratch, Err *err);

/* Gives each number of a part in an instruction another: map(ctx, part, number); of a field that is
 * picked out of a record, PARTS. False: one is too large for its place. */
bool instruction_map(uint32_t *word, uint32_t (*map)(const void *ctx, Part part, uint32_t n),
                     const void *ctx);
/* The instruction at `at` as text, without a newline: "12  ADD_DEC     r3 r1 r2". */
void put_instruction(Buf *out, const Bundle *b, uint32_t at);
/* A bundle's code, function by function, with source lines. */
void put_disassembly(Buf *out, const Bundle *b);

#endif
