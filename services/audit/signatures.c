/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Signatures, judged with the auditor's own code on OpenSSL: Ed25519 of anything, and those of agreements, compact JWS
 * (RFC 7515) with it (RFC 8037). An acceptance given in a session has no signature of its own; the trust's
 * counter-signature covers it. */
#include <openssl/evp.h>
#include <string.h>

#include "audit.h"
#include "commonhold/crypto.h"

#define JWS_MOST 65536

/* What each party signed, with which text and when; of the licensee only where a key signed. */
static const char SIGNED[] =
    "SELECT s.party, s.signature, CASE s.party WHEN 'trust' THEN log.canonical(s.signed) ELSE a.sha256 END, s.at::text "
    "FROM licensing.data_grant AS g JOIN licensing.agreement AS a ON a.id = g.agreement_id JOIN "
    "licensing.agreement_signature AS s ON s.agreement_id = a.id WHERE g.id = $1::uuid AND s.method = 'jws' ORDER BY "
    "s.party";

/* $1 party, $2 kid, $3 instant, $4 grant: the key, if it was the party's then. The trust's own row is made in the
 * second its key may have been registered in. */
static const char KEY[] =
    "SELECT pg_catalog.encode(k.public_key, 'hex') FROM log.signing_key AS k WHERE $1 = 'trust' AND k.kid = $2 AND "
    "k.use = 'agreement' AND k.from_at <= $3::timestamptz AND (k.until_at IS NULL OR k.until_at > $3::timestamptz) "
    "UNION ALL "
    "SELECT pg_catalog.encode(pg_catalog.decode(pg_catalog.translate(k.x, '-_', '+/') || '=', 'base64'), 'hex') FROM "
    "licensing.organisation_key AS k JOIN licensing.data_grant AS g ON g.organisation_id = k.organisation_id WHERE $1 "
    "= 'licensee' AND k.kid = $2 AND g.id = $4::uuid AND k.added_at <= $3::timestamptz AND (k.ended_at IS NULL OR "
    "k.ended_at > $3::timestamptz)";

/* A compact JWS taken apart. */
struct jws {
    const char *text;    /* header, dot, payload: what is signed */
    size_t size;         /* of that */
    json_t *header;      /* an object */
    const char *payload; /* decoded, with NUL behind */
    size_t payload_size; /* without NUL */
    uint8_t signature[64];
};

static uint8_t *decode(struct audit *a, const char *text, size_t length, size_t *size)
{
    uint8_t *bytes = ch_alloc(a->arena, length + 1);
    if (!ch_unbase64url(text, length, bytes, length, size))
        return NULL;
    bytes[*size] = '\0';
    return bytes;
}

static bool take_apart(struct audit *a, const char *text, struct jws *jws)
{
    const char *first = strchr(text, '.'), *second = first ? strchr(first + 1, '.') : NULL;
    size_t size;
    if (!second || strlen(text) > JWS_MOST)
        return false;
    uint8_t *header = decode(a, text, (size_t)(first - text), &size);
    uint8_t *payload = decode(a, first + 1, (size_t)(second - first - 1), &jws->payload_size);
    if (!header || !payload)
        return false;
    jws->text = text;
    jws->size = (size_t)(second - text);
    jws->header = ch_json_own(a->arena, json_loads((char *)header, JSON_REJECT_DUPLICATES, NULL));
    jws->payload = (char *)payload;
    return json_is_object(jws->header) &&
           ch_unbase64url(second + 1, strlen(second + 1), jws->signature, sizeof jws->signature, &size) && size == 64;
}

static bool verifies(EVP_PKEY *key, const uint8_t signature[64], const void *text, size_t size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestVerify(context, signature, 64, text, size) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

/* A key of small order: R = 1, S = 0 is then a signature of about every eighth text. Under any other it is of none. Of
 * the fourteen encodings that such points have, each is found by one of the first fourteen texts of one byte. */
static bool is_forgeable(EVP_PKEY *key)
{
    static const uint8_t NOBODYS[64] = {1};
    for (uint8_t text = 0; text < 14; text++)
        if (verifies(key, NOBODYS, &text, 1))
            return true;
    return false;
}

bool audit_is_signed(const uint8_t key[32], const uint8_t signature[64], const void *text, size_t size, bool brought)
{
    EVP_PKEY *public = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, 32);
    bool good = public && verifies(public, signature, text, size) && !(brought && is_forgeable(public));
    EVP_PKEY_free(public);
    return good;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* What is wrong with a signature, "valid" when nothing is; NULL with a->error on failure. */
static const char *judge(struct audit *a, const char *grant, const char *party, const char *text, const char *expected,
                         const char *at)
{
    struct jws jws;
    uint8_t key[32];
    if (!text || !take_apart(a, text, &jws))
        return "no compact JWS";
    if (strcmp(text_of(jws.header, "alg"), "EdDSA") != 0 || json_object_get(jws.header, "crit"))
        return "not EdDSA";
    if (jws.payload_size != strlen(expected) || memcmp(jws.payload, expected, jws.payload_size) != 0)
        return "signed something else";
    PGresult *rows = audit_query(a, a->source, KEY, AUDIT_ARGS(party, text_of(jws.header, "kid"), at, grant));
    if (!rows)
        return NULL;
    if (PQntuples(rows) != 1 || !ch_unhex(PQgetvalue(rows, 0, 0), key, sizeof key))
        return "by no key of this party at that time";
    bool brought = strcmp(party, "licensee") == 0;
    return audit_is_signed(key, jws.signature, jws.text, jws.size, brought) ? "valid" : "not the key's signature";
}

bool audit_signatures(struct audit *a, const char *grant)
{
    PGresult *rows = audit_query(a, a->source, SIGNED, AUDIT_ARGS(grant));
    if (!rows)
        return false;
    for (int i = 0; i < PQntuples(rows); i++) {
        const char *party = PQgetvalue(rows, i, 0);
        const char *found =
            judge(a, grant, party, audit_text(rows, i, 1), PQgetvalue(rows, i, 2), PQgetvalue(rows, i, 3));
        if (!found)
            return false;
        if (strcmp(found, "valid") != 0)
            audit_add(a, &(struct audit_finding){.object_type = "grant",
                                                 .object_id = grant,
                                                 .aspect = ch_printf(a->arena, "signature of %s", party),
                                                 .expected = "valid",
                                                 .found = found,
                                                 .text = "the agreement does not carry this party's signature"});
    }
    return true;
}
