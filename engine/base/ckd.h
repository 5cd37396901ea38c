/* base: arithmetic that says when a result does not fit. Each is true on overflow, as C23's. */
#ifndef REMIT_BASE_CKD_H
#define REMIT_BASE_CKD_H

#define ckd_add(out, a, b) __builtin_add_overflow((a), (b), (out))
#define ckd_sub(out, a, b) __builtin_sub_overflow((a), (b), (out))
#define ckd_mul(out, a, b) __builtin_mul_overflow((a), (b), (out))

#endif
