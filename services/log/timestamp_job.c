/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* RFC 3161 timestamps of checkpoints: the three lines are hashed, an authority is asked, its answer is verified against
 * the authority's certificates before it is stored. */
#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/ts.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "anchors.h"
#include "commonhold/json.h"

enum { ANSWER_MAX = 64 * 1024, SECONDS = 15 };

CH_FUNCTION(due_timestamp, "log.due_timestamp", "");
CH_FUNCTION(store_timestamp, "log.store_timestamp", "$1::bigint, $2::text, $3::text, $4::bigint");
CH_FUNCTION(read_timestamp, "log.read_timestamp", "$1::bigint");

static const struct ch_json_limits OWN_DOCUMENT = {
    .bytes = 1024 * 1024, .depth = 8, .string = 0, .integers = true, .ascii = false};

/* SHA-256 of the checkpoint's own lines, so that later cosignatures do not disturb it; a nonce of 64 bits; the
 * authority's certificate is wanted in the answer. */
static TS_REQ *make_request(const char *text)
{
    const char *gap = strstr(text, "\n\n");
    uint8_t digest[32];
    uint64_t random;
    ch_random(&random, sizeof random);
    ch_sha256(text, gap != NULL ? (size_t)(gap + 1 - text) : strlen(text), digest);
    TS_REQ *request = TS_REQ_new();
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR *algorithm = X509_ALGOR_new();
    ASN1_INTEGER *nonce = ASN1_INTEGER_new();
    bool made = request && imprint && algorithm && nonce && TS_REQ_set_version(request, 1) &&
                X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) &&
                TS_MSG_IMPRINT_set_algo(imprint, algorithm) && TS_MSG_IMPRINT_set_msg(imprint, digest, 32) &&
                TS_REQ_set_msg_imprint(request, imprint) && ASN1_INTEGER_set_uint64(nonce, random) &&
                TS_REQ_set_nonce(request, nonce) && TS_REQ_set_cert_req(request, 1);
    TS_MSG_IMPRINT_free(imprint);
    X509_ALGOR_free(algorithm);
    ASN1_INTEGER_free(nonce);
    if (made)
        return request;
    TS_REQ_free(request);
    return NULL;
}

/* Keeps OpenSSL's words on what it did not like. */
static bool complain(struct ch_job *job, const char *what)
{
    char detail[200];
    ERR_error_string_n(ERR_peek_last_error(), detail, sizeof detail);
    snprintf(job->reason, sizeof job->reason, "%s: %s", what, detail);
    ERR_clear_error();
    return false;
}

/* Status granted, our imprint, our nonce, a signature that leads to a certificate of [log] timestamp_ca. */
static bool verify(struct ch_job *job, TS_REQ *request, TS_RESP *response)
{
    const char *path = ch_config_text(job->context->config, "log", "timestamp_ca");
    X509_STORE *store = X509_STORE_new();
    TS_VERIFY_CTX *context = TS_REQ_to_TS_VERIFY_CTX(request, NULL);
    if (store == NULL || context == NULL || X509_STORE_load_file(store, path) != 1) {
        X509_STORE_free(store);
        TS_VERIFY_CTX_free(context);
        return complain(job, "[log] timestamp_ca cannot be read");
    }
    TS_VERIFY_CTX_set_store(context, store); /* which frees it */
    TS_VERIFY_CTX_add_flags(context, TS_VFY_SIGNATURE);
    bool holds = TS_RESP_verify_response(context, response) == 1;
    TS_VERIFY_CTX_free(context);
    return holds || complain(job, "the timestamp does not hold");
}

static bool time_of(TS_RESP *response, int64_t *seconds)
{
    struct tm parts;
    TS_TST_INFO *info = TS_RESP_get_tst_info(response);
    if (info == NULL || ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &parts) != 1)
        return false;
    *seconds = timegm(&parts);
    return true;
}

/* The authority's answer to the request; NULL with job->reason. */
static TS_RESP *ask(struct ch_job *job, TS_REQ *request, struct ch_fetch_response *answer)
{
    static const struct ch_fetch_policy policy = {.allow_http = true, /* what comes back is signed */
                                                  .allow_private = true,
                                                  .any_port = true,
                                                  .body_max = ANSWER_MAX,
                                                  .timeout_s = SECONDS};
    static const char *const headers[] = {"Content-Type: application/timestamp-query", NULL};
    uint8_t *der = NULL;
    int size = i2d_TS_REQ(request, &der);
    if (size < 0) {
        complain(job, "the request cannot be made");
        return NULL;
    }
    const struct ch_fetch_request fetch = {.method = "POST",
                                           .url = ch_config_text(job->context->config, "log", "timestamp_url"),
                                           .headers = headers,
                                           .body = der,
                                           .body_size = (size_t)size};
    ch_fetch(job->arena, &policy, &fetch, answer);
    OPENSSL_free(der);
    if (answer->verdict != CH_FETCH_OK || answer->status != 200) {
        snprintf(job->reason, sizeof job->reason, "the timestamp authority answered %d: %.200s", answer->status,
                 answer->detail);
        return NULL;
    }
    const unsigned char *at = (const unsigned char *)answer->body;
    TS_RESP *response = d2i_TS_RESP(NULL, &at, (long)answer->size);
    if (response != NULL && at == (const unsigned char *)answer->body + answer->size)
        return response;
    TS_RESP_free(response);
    complain(job, "the authority's answer is none of RFC 3161");
    return NULL;
}

static bool store(struct ch_job *job, const json_t *due, const struct ch_fetch_response *answer, int64_t seconds)
{
    struct ch_answer stored;
    char *hex = ch_alloc(job->arena, 2 * answer->size + 1);
    ch_hex(answer->body, answer->size, hex);
    if (ch_db_call(job->db, job->arena, &store_timestamp,
                   CH_ARGS(ch_printf(job->arena, "%" PRId64, (int64_t)json_integer_value(json_object_get(due, "size"))),
                           json_string_value(json_object_get(due, "root")), hex,
                           ch_printf(job->arena, "%" PRId64, seconds)),
                   &stored) == CH_FAULT_NONE)
        return true;
    snprintf(job->reason, sizeof job->reason, "%s", ch_db_error(job->db));
    return false;
}

static bool stamp(struct ch_job *job, const json_t *due, const char *text)
{
    struct ch_fetch_response answer;
    int64_t seconds = 0;
    TS_REQ *request = make_request(text);
    TS_RESP *response = request != NULL ? ask(job, request, &answer) : NULL;
    bool done = response != NULL && verify(job, request, response) &&
                (time_of(response, &seconds) || complain(job, "the timestamp has no time")) &&
                store(job, due, &answer, seconds);
    TS_RESP_free(response);
    TS_REQ_free(request);
    return done;
}

enum ch_job_result take_timestamp(struct ch_job *job)
{
    struct ch_answer answer;
    struct ch_json_error error;
    if (*ch_config_text(job->context->config, "log", "timestamp_url") == '\0')
        return CH_JOB_DONE;
    if (ch_db_call(job->db, job->arena, &due_timestamp, CH_NO_ARGS, &answer) != CH_FAULT_NONE) {
        snprintf(job->reason, sizeof job->reason, "%s", ch_db_error(job->db));
        return CH_JOB_RETRY;
    }
    const json_t *due = ch_json_parse(job->arena, answer.body, strlen(answer.body), &OWN_DOCUMENT, &error);
    const char *text = json_string_value(json_object_get(due, "text"));
    return text == NULL || stamp(job, due, text) ? CH_JOB_DONE : CH_JOB_RETRY;
}

static struct ch_done *timestamp_read(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_json_error error;
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    const json_t *row = ch_json_parse(ch_arena_of(request), answer->body, strlen(answer->body), &OWN_DOCUMENT, &error);
    const char *hex = json_string_value(json_object_get(row, "hex"));
    size_t size = hex != NULL ? strlen(hex) / 2 : 0;
    uint8_t *token = ch_alloc(ch_arena_of(request), size);
    if (hex == NULL || !ch_unhex(hex, token, size))
        return ch_reply_fault(request, CH_FAULT_BUG);
    ch_set_header(request, "Cache-Control", "public, max-age=31536000, immutable");
    return ch_reply_bytes(request, 200, "application/timestamp-reply", token, size);
}

struct ch_done *get_log_timestamp(struct ch_request *request)
{
    const char *size = ch_path(request, "size");
    size_t length = strlen(size);
    if (length == 0 || length > 18 || strspn(size, "0123456789") != length || (size[0] == '0' && length > 1))
        return ch_refuse(request, "not_found", "this is no size of a log");
    return ch_call_then(request, &read_timestamp, CH_ARGS(size), timestamp_read);
}
