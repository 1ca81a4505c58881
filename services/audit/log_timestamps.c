/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* T4 of timestamps (RFC 3161): each token is the authority's, over the three lines of its checkpoint, at the time that
 * its row says; and what was closed a day ago, or logged eight days ago, is under one. The authority's certificates are
 * this auditor's (--timestamp-ca), and are judged at the token's own time: they may have run out since. */
#include <openssl/err.h>
#include <openssl/ts.h>
#include <openssl/x509_vfy.h>
#include <string.h>
#include <time.h>

#include "by_function.h"
#include "commonhold/crypto.h"
#include "log.h"

static const char TOKENS[] =
    "SELECT t.size, c.text, pg_catalog.encode(t.token, 'hex'), log.time_text(t.time) FROM log.timestamp AS t JOIN "
    "log.checkpoint AS c ON c.size = t.size AND c.root = t.root ORDER BY t.size";

static const char DUE[] = "SELECT f.object_type, f.object_id, f.aspect, f.expected, f.found, NULL, NULL, f.about FROM "
                          "audit.check_timestamps($1::timestamptz)" AUDIT_IN_ORDER;

struct judging {
    struct audit *a;
    X509_STORE *authority;
};

/* Status granted, this imprint, a signature that leads to one of the certificates. */
static bool is_signed(const struct judging *judging, TS_RESP *response, const char *text, time_t when)
{
    uint8_t *imprint = OPENSSL_malloc(32);
    const char *gap = strstr(text, "\n\n");
    TS_VERIFY_CTX *context = TS_VERIFY_CTX_new();
    if (!imprint || !context)
        abort();
    ch_sha256(text, gap ? (size_t)(gap + 1 - text) : strlen(text), imprint);
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(judging->authority), when);
    X509_STORE_up_ref(judging->authority); /* the context frees what it was given */
    TS_VERIFY_CTX_set_store(context, judging->authority);
    TS_VERIFY_CTX_set_imprint(context, imprint, 32);
    TS_VERIFY_CTX_set_flags(context, TS_VFY_VERSION | TS_VFY_IMPRINT | TS_VFY_SIGNATURE);
    bool holds = TS_RESP_verify_response(context, response) == 1;
    TS_VERIFY_CTX_free(context);
    ERR_clear_error();
    return holds;
}

/* The time of the token, or what is wrong with it. */
static const char *judge_token(const struct judging *judging, const char *text, const char *hex)
{
    struct ch_arena *arena = judging->a->arena;
    size_t size = strlen(hex) / 2;
    uint8_t *bytes = ch_alloc(arena, size + 1);
    const unsigned char *at = bytes;
    struct tm parts;
    char when[24];
    ch_unhex(hex, bytes, size);
    TS_RESP *response = d2i_TS_RESP(NULL, &at, (long)size);
    TS_TST_INFO *info = response ? TS_RESP_get_tst_info(response) : NULL;
    bool readable = info && at == bytes + size && ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &parts) == 1;
    bool holds = readable && is_signed(judging, response, text, timegm(&parts));
    TS_RESP_free(response);
    if (!holds)
        return readable ? "not signed by the authority over this checkpoint" : "no token of RFC 3161";
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return ch_strdup(arena, when);
}

static bool take_token(void *context, const PGresult *row)
{
    const struct judging *judging = context;
    const char *expected = ch_strdup(judging->a->arena, PQgetvalue(row, 0, 3));
    const char *found = judge_token(judging, PQgetvalue(row, 0, 1), PQgetvalue(row, 0, 2));
    judging->a->check->objects++;
    if (strcmp(expected, found) != 0)
        audit_add(judging->a, &(struct audit_finding){.object_type = "timestamp",
                                                      .object_id = PQgetvalue(row, 0, 0),
                                                      .aspect = "token",
                                                      .expected = expected,
                                                      .found = found,
                                                      .text = "the timestamp proves nothing: it was changed, or is of "
                                                              "another authority",
                                                      .total = "bad_signature"});
    return true;
}

bool log_check_timestamps(struct audit *a)
{
    const char *path = a->options->timestamp_ca;
    if (!path) {
        audit_not_checked(a, "the tokens of a timestamp authority: give --timestamp-ca");
        return true;
    }
    audit_look(a, "timestamps");
    struct judging judging = {a, X509_STORE_new()};
    bool good = judging.authority && X509_STORE_load_file(judging.authority, path) == 1;
    const char *before = audit_rest_on(a, "--timestamp-ca");
    if (good)
        good = audit_each_row(a, TOKENS, AUDIT_NO_ARGS, take_token, &judging) &&
               audit_collect(a, a->source, DUE, AUDIT_ARGS(a->as_of));
    else
        audit_fail(a, "--timestamp-ca: %s: no certificates that can be read", path);
    a->rests_on = before;
    X509_STORE_free(judging.authority);
    return good;
}
