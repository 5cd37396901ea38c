/* base: Ed25519 by libcrypto. */
/* libcrypto has a type ERR_STATE, and the engine a status of that name. */
#define ERR_STATE openssl_err_state
#include <openssl/crypto.h>
#include <openssl/evp.h>
#undef ERR_STATE

#include "engine/base/ed25519.h"

Status ed25519_make(uint8_t seed[ED25519_KEY]) {
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    size_t n = ED25519_KEY;
    bool made = key != NULL && EVP_PKEY_get_raw_private_key(key, seed, &n) == 1 && n == ED25519_KEY;
    EVP_PKEY_free(key);
    return made ? OK : ERR_NOMEM;
}

Status ed25519_public(const uint8_t seed[ED25519_KEY], uint8_t out[ED25519_KEY]) {
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, ED25519_KEY);
    size_t n = ED25519_KEY;
    bool got = key != NULL && EVP_PKEY_get_raw_public_key(key, out, &n) == 1 && n == ED25519_KEY;
    EVP_PKEY_free(key);
    return got ? OK : ERR_NOMEM;
}

static const unsigned char *bytes_of(Str s) {
    return (const unsigned char *)s.p;
}

Status ed25519_sign(const uint8_t seed[ED25519_KEY], Str message, uint8_t out[ED25519_SIGNATURE]) {
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, ED25519_KEY);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t n = ED25519_SIGNATURE;
    bool done = key != NULL && ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestSign(ctx, out, &n, bytes_of(message), message.n) == 1 &&
                n == ED25519_SIGNATURE;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return done ? OK : ERR_NOMEM;
}

bool ed25519_verify(const uint8_t bytes[ED25519_KEY], Str message,
                    const uint8_t signature[ED25519_SIGNATURE]) {
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bytes, ED25519_KEY);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good =
        key != NULL && ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
        EVP_DigestVerify(ctx, signature, ED25519_SIGNATURE, bytes_of(message), message.n) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return good;
}

void secret_wipe(void *p, size_t n) {
    OPENSSL_cleanse(p, n);
}
