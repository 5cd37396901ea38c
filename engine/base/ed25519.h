/* base: Ed25519 signatures (RFC 8032) by libcrypto.
 *
 * Trusts:  nothing: keys and signatures come from files.
 * Memory:  what libcrypto needs is freed before a call returns; seeds are the caller's to wipe.
 * Errors:  ERR_NOMEM where libcrypto cannot go on; a bad signature is no error but a false. */
#ifndef REMIT_BASE_ED25519_H
#define REMIT_BASE_ED25519_H

#include "engine/base/status.h"
#include "engine/base/str.h"

enum { ED25519_KEY = 32, ED25519_SIGNATURE = 64 };

/* A new private key: the 32 bytes that RFC 8032 calls the seed. */
MUST_USE Status ed25519_make(uint8_t seed[ED25519_KEY]);
/* The public key that belongs to it. */
MUST_USE Status ed25519_public(const uint8_t seed[ED25519_KEY], uint8_t out[ED25519_KEY]);
MUST_USE Status ed25519_sign(const uint8_t seed[ED25519_KEY], Str message,
                             uint8_t out[ED25519_SIGNATURE]);
bool ed25519_verify(const uint8_t key[ED25519_KEY], Str message,
                    const uint8_t signature[ED25519_SIGNATURE]);
/* Overwrites a secret, so that the compiler does not leave it out. */
void secret_wipe(void *p, size_t n);

#endif
