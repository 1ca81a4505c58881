/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* P-256 (FIPS 186-5, SEC 1): key pairs as raw bytes, what two of them agree on, and signatures.
 *
 * Points are uncompressed, 65 bytes. The curve has no subgroup: a point that is on it is a good one, so that nothing is
 * multiplied to find out. */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include "commonhold/crypto.h"
#include "crypto_check.h"

#define SCALAR 32

struct ch_p256_key {
    EVP_PKEY *pair;
    uint8_t public_key[CH_P256_POINT];
};

/* A key of OpenSSL's out of a point, and of a scalar where it is not NULL; NULL where the point is none. */
static EVP_PKEY *import(const uint8_t point[CH_P256_POINT], const BIGNUM *scalar)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    bool built = context && build && EVP_PKEY_fromdata_init(context) == 1 &&
                 OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
                 OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, CH_P256_POINT) == 1 &&
                 (!scalar || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1);
    OSSL_PARAM *params = built ? OSSL_PARAM_BLD_to_param(build) : NULL;
    ch_crypto_check(params != NULL, "P-256");
    if (point[0] != 4 || EVP_PKEY_fromdata(context, &key, scalar ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return key;
}

/* The scalar of 32 bytes when it is 1 to the order of the group less 1, and its point; NULL. */
static BIGNUM *read_scalar(const uint8_t bytes[SCALAR], uint8_t point[CH_P256_POINT])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *product = group ? EC_POINT_new(group) : NULL;
    BIGNUM *scalar = BN_secure_new();
    ch_crypto_check(product && scalar && BN_bin2bn(bytes, SCALAR, scalar), "P-256");
    BN_set_flags(scalar, BN_FLG_CONSTTIME);
    bool held = !BN_is_zero(scalar) && BN_cmp(scalar, EC_GROUP_get0_order(group)) < 0;
    if (held)
        ch_crypto_check(EC_POINT_mul(group, product, scalar, NULL, NULL, NULL) == 1 &&
                            EC_POINT_point2oct(group, product, POINT_CONVERSION_UNCOMPRESSED, point, CH_P256_POINT,
                                               NULL) == CH_P256_POINT,
                        "P-256");
    EC_POINT_free(product);
    EC_GROUP_free(group);
    if (held)
        return scalar;
    BN_clear_free(scalar);
    return NULL;
}

struct ch_p256_key *ch_p256_key_new(const uint8_t private_key[32])
{
    uint8_t point[CH_P256_POINT];
    BIGNUM *scalar = read_scalar(private_key, point);
    if (!scalar)
        return NULL;
    struct ch_p256_key *key = OPENSSL_zalloc(sizeof *key);
    ch_crypto_check(key != NULL, "memory for a key");
    key->pair = import(point, scalar);
    ch_crypto_check(key->pair != NULL, "P-256");
    memcpy(key->public_key, point, sizeof point);
    BN_clear_free(scalar);
    return key;
}

void ch_p256_key_free(struct ch_p256_key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->pair);
    OPENSSL_free(key);
}

void ch_p256_key_public(const struct ch_p256_key *key, uint8_t public_key[CH_P256_POINT])
{
    memcpy(public_key, key->public_key, CH_P256_POINT);
}

void ch_p256_draw(uint8_t private_key[32])
{
    uint8_t point[CH_P256_POINT];
    BIGNUM *scalar = NULL;
    /* One draw in four thousand million is no scalar. */
    while (!scalar) {
        ch_random(private_key, SCALAR);
        scalar = read_scalar(private_key, point);
    }
    BN_clear_free(scalar);
}

bool ch_p256_is_point(const uint8_t point[CH_P256_POINT])
{
    EVP_PKEY *key = import(point, NULL);
    EVP_PKEY_free(key);
    return key != NULL;
}

bool ch_p256_agree(const struct ch_p256_key *key, const uint8_t peer[CH_P256_POINT], uint8_t z[32])
{
    size_t size = 32;
    EVP_PKEY *other = import(peer, NULL);
    if (!other)
        return false;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key->pair, NULL);
    ch_crypto_check(context && EVP_PKEY_derive_init(context) == 1 &&
                        EVP_PKEY_derive_set_peer_ex(context, other, 0) == 1 &&
                        EVP_PKEY_derive(context, z, &size) == 1 && size == 32,
                    "ECDH");
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(other);
    return true;
}

void ch_p256_sign(const struct ch_p256_key *key, const void *bytes, size_t size, uint8_t signature[64])
{
    uint8_t der[80];
    const uint8_t *at = der;
    size_t length = sizeof der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    ch_crypto_check(context && EVP_DigestSignInit_ex(context, NULL, "SHA256", NULL, NULL, key->pair, NULL) == 1 &&
                        EVP_DigestSign(context, der, &length, bytes, size) == 1,
                    "ECDSA");
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)length);
    ch_crypto_check(pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, 32) == 32 &&
                        BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + 32, 32) == 32,
                    "ECDSA");
    ECDSA_SIG_free(pair);
    EVP_MD_CTX_free(context);
}

/* The DER form that OpenSSL takes; its length. */
static int write_der(const uint8_t signature[64], uint8_t **der)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, 32, NULL), *s = BN_bin2bn(signature + 32, 32, NULL);
    ch_crypto_check(pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1, "ECDSA");
    int length = i2d_ECDSA_SIG(pair, der);
    ch_crypto_check(length > 0, "ECDSA");
    ECDSA_SIG_free(pair);
    return length;
}

bool ch_p256_verify(const uint8_t public_key[CH_P256_POINT], const void *bytes, size_t size,
                    const uint8_t signature[64])
{
    EVP_PKEY *key = import(public_key, NULL);
    if (!key)
        return false;
    uint8_t *der = NULL;
    int length = write_der(signature, &der);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool held = context && EVP_DigestVerifyInit_ex(context, NULL, "SHA256", NULL, NULL, key, NULL) == 1 &&
                EVP_DigestVerify(context, der, (size_t)length, bytes, size) == 1;
    EVP_MD_CTX_free(context);
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return held;
}
