/* base: SHA-256 (FIPS 180-4) by libcrypto, for many small messages: journal leaves, names,
 * identities. Nothing here allocates or can fail: libcrypto's own failures are bugs, and a CHECK.
 * In hexadecimal digests go out by put_hex and come in by hex_read. */
#ifndef REMIT_BASE_SHA256_H
#define REMIT_BASE_SHA256_H

#include <openssl/sha.h>

#include "engine/base/str.h"

enum { SHA256_BYTES = 32 };

/* The digest of s. About 60 ns up to 55 bytes and 50 for each 64 more where the processor has
 * instructions for it. */
void sha256(Str s, uint8_t out[SHA256_BYTES]);

/* The same for a message that comes in parts. A Sha256 may be copied between parts, to go on in two
 * ways; it needs no freeing. After final it must be begun again. */
typedef struct Sha256 {
    SHA256_CTX state;
} Sha256;

void sha256_begin(Sha256 *h);
void sha256_update(Sha256 *h, Str part);
void sha256_final(Sha256 *h, uint8_t out[SHA256_BYTES]);

#endif
