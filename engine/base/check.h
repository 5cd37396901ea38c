/* base: assertions. ASSERT says what holds if our code is right and is gone in release builds;
 * CHECK stays, for stopping is better than recording what is false. No input may trip either. */
#ifndef REMIT_BASE_CHECK_H
#define REMIT_BASE_CHECK_H

_Noreturn void check_failed(const char *what, const char *file, int line);

#define CHECK(x) ((x) ? (void)0 : check_failed(#x, __FILE__, __LINE__))
#ifdef REMIT_TESTING
#define ASSERT(x) CHECK(x)
#else
#define ASSERT(x) ((void)sizeof(!(x)))
#endif
#define UNREACHABLE() check_failed("unreachable", __FILE__, __LINE__)

#endif
