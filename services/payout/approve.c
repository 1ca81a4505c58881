/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `commonhold payout register-key` and `commonhold payout approve`: an approver signs a batch with an Ed25519 key that
 * stays on this machine. What is signed is what was read: the file is fetched, hashed and counted here, and compared
 * with what the trust says of it, before the key is touched. */
#include <expat.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "commonhold/client.h"
#include "commonhold/crypto.h"
#include "commonhold/json.h"

struct approval {
    struct ch_arena *arena;
    struct ch_client *client;
    const char *batch, *office; /* of the command line; office may be NULL */
    struct ch_signing_key *key;
    uint8_t public_key[32];
};

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* ---- the file ---- */

/* What a pain.001 file comes to. */
struct reading {
    XML_Parser parser;
    struct ch_sha256 *hash;
    int64_t count, total;
    char amount[32];
    size_t length;
    bool in_amount, broken;
};

static bool is_element(const char *name, const char *local)
{
    const char *at = strrchr(name, ' ');
    return strcmp(at ? at + 1 : name, local) == 0;
}

static void XMLCALL open_element(void *data, const XML_Char *name, const XML_Char **attributes)
{
    struct reading *r = data;
    (void)attributes;
    r->count += is_element(name, "CdtTrfTxInf");
    if (is_element(name, "InstdAmt")) {
        r->in_amount = true;
        r->length = 0;
    }
}

static void XMLCALL amount_text(void *data, const XML_Char *text, int size)
{
    struct reading *r = data;
    if (!r->in_amount)
        return;
    if (r->length + (size_t)size >= sizeof r->amount) {
        r->broken = true;
        return;
    }
    memcpy(r->amount + r->length, text, (size_t)size);
    r->length += (size_t)size;
}

/* "123.45", as bank files of this trust write amounts. */
static bool add_amount(struct reading *r)
{
    int64_t minor = 0;
    if (r->length < 4 || r->amount[r->length - 3] != '.')
        return false;
    for (size_t i = 0; i < r->length; i++) {
        if (i == r->length - 3)
            continue;
        if (r->amount[i] < '0' || r->amount[i] > '9' || minor > INT64_MAX / 1000)
            return false;
        minor = 10 * minor + (r->amount[i] - '0');
    }
    return !__builtin_add_overflow(r->total, minor, &r->total);
}

static void XMLCALL close_element(void *data, const XML_Char *name)
{
    struct reading *r = data;
    if (!is_element(name, "InstdAmt"))
        return;
    r->in_amount = false;
    if (!add_amount(r))
        r->broken = true;
}

static void XMLCALL refuse_doctype(void *data, const XML_Char *name, const XML_Char *system, const XML_Char *public,
                                   int internal)
{
    struct reading *r = data;
    (void)name, (void)system, (void)public, (void)internal;
    r->broken = true;
    XML_StopParser(r->parser, XML_FALSE);
}

static bool take(void *arg, const void *bytes, size_t size)
{
    struct reading *r = arg;
    ch_sha256_add(r->hash, bytes, size);
    if (XML_Parse(r->parser, bytes, (int)size, 0) != XML_STATUS_OK)
        r->broken = true;
    return !r->broken;
}

static int fetch_file(struct approval *a, struct reading *r)
{
    const struct ch_client_request request = {.method = "GET",
                                              .path = ch_printf(a->arena, "/payout/v1/batches/%s/file", a->batch),
                                              .received = take,
                                              .arg = r};
    struct ch_client_answer answer = ch_client_send(a->client, &request);
    if (answer.status == 200 && !r->broken && XML_Parse(r->parser, "", 0, 1) == XML_STATUS_OK)
        return CH_EXIT_OK;
    if (answer.status != 200 && !r->broken)
        return ch_client_complain(&request, &answer);
    return ch_say(CH_EXIT_REFUSED, "the file of batch %s is no bank file", a->batch);
}

/* 0 when the file is what the batch says it is. */
static int check_file(struct approval *a, const json_t *batch)
{
    struct reading r = {.parser = XML_ParserCreateNS(NULL, ' '), .hash = ch_sha256_begin()};
    uint8_t digest[32];
    char hex[65];
    if (!r.parser)
        return ch_say(CH_EXIT_FAULT, "out of memory");
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, open_element, close_element);
    XML_SetCharacterDataHandler(r.parser, amount_text);
    XML_SetStartDoctypeDeclHandler(r.parser, refuse_doctype);
    int code = fetch_file(a, &r);
    ch_sha256_end(r.hash, digest);
    XML_ParserFree(r.parser);
    ch_hex(digest, sizeof digest, hex);
    if (code != CH_EXIT_OK)
        return code;
    int64_t total = json_integer_value(json_object_get(json_object_get(batch, "total"), "minor"));
    if (strcmp(hex, text_of(batch, "file_sha256")) != 0)
        return ch_say(CH_EXIT_REFUSED, "the file hashes to %s, the batch says %s: do not approve it", hex,
                      text_of(batch, "file_sha256"));
    if (r.count != json_integer_value(json_object_get(batch, "count")) || r.total != total)
        return ch_say(CH_EXIT_REFUSED, "the file pays %" PRId64 " in %" PRId64 " transfers, the batch says otherwise",
                      r.total, r.count);
    return CH_EXIT_OK;
}

/* ---- what the trust says ---- */

/* The body of a GET, or NULL with *code. */
static const json_t *get(struct approval *a, const char *path, int *code)
{
    const struct ch_client_request request = {.method = "GET", .path = path};
    struct ch_client_answer answer = ch_client_send(a->client, &request);
    if (answer.status == 200 && answer.json)
        return answer.json;
    *code = ch_client_complain(&request, &answer);
    return NULL;
}

/* The office this person approves with: the one asked for, else any but the treasurer's, which is the maker's. */
static const char *find_office(struct approval *a, int *code)
{
    const json_t *me = get(a, "/portal/v1/sign-ins/current", code), *offices;
    if (!me || !(offices = json_object_get(get(a, "/governance/v1/offices", code), "items")))
        return NULL;
    const char *found = NULL;
    size_t i;
    json_t *office;
    json_array_foreach(offices, i, office)
    {
        const char *body = text_of(office, "body");
        if (strcmp(text_of(office, "member_id"), text_of(me, "subject")) != 0 || (a->office && strcmp(a->office, body)))
            continue;
        if (!found || strcmp(body, "treasurer") != 0)
            found = text_of(office, "office_id");
    }
    if (!found)
        *code = ch_say(CH_EXIT_REFUSED, "you hold no office%s%s", a->office ? " of the body " : "",
                       a->office ? a->office : "");
    return found;
}

static const char *find_key(struct approval *a, int *code)
{
    const char *mine = ch_base64(a->arena, a->public_key, sizeof a->public_key);
    const json_t *keys = json_object_get(get(a, "/payout/v1/approver-keys", code), "items");
    size_t i;
    json_t *key;
    if (!keys)
        return NULL;
    json_array_foreach(keys, i, key) if (strcmp(text_of(key, "public_key"), mine) == 0 &&
                                         json_is_null(json_object_get(key, "revoked_at"))) return text_of(key, "id");
    *code = ch_say(CH_EXIT_REFUSED, "this key is not registered, or taken back: commonhold payout register-key");
    return NULL;
}

/* ---- signing ---- */

static const char *now_text(struct ch_arena *arena)
{
    char text[32];
    time_t now = time(NULL);
    struct tm parts;
    gmtime_r(&now, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return ch_strdup(arena, text);
}

static int sign(struct approval *a, const json_t *batch, const char *office, const char *key)
{
    const json_t *total = json_object_get(batch, "total");
    const char *at = now_text(a->arena);
    const char *text = ch_printf(a->arena,
                                 "commonhold-approval/1\nbatch %s\nfile %s\ntotal %" JSON_INTEGER_FORMAT
                                 " %s\ncount %" JSON_INTEGER_FORMAT "\napprover %s\nat %s\n",
                                 text_of(batch, "id"), text_of(batch, "file_sha256"),
                                 json_integer_value(json_object_get(total, "minor")), text_of(total, "currency"),
                                 json_integer_value(json_object_get(batch, "count")), office, at);
    uint8_t signature[64];
    ch_sign(a->key, text, strlen(text), signature);
    fputs(text, stdout);
    const struct ch_client_request request = {
        .method = "POST",
        .path = ch_printf(a->arena, "/payout/v1/batches/%s/approve-batch", a->batch),
        .json = ch_json_pack(a->arena, "{s:s, s:s, s:s, s:s}", "office_id", office, "key_id", key, "at", at,
                             "signature", ch_base64(a->arena, signature, sizeof signature))};
    struct ch_client_answer answer = ch_client_send(a->client, &request);
    if (answer.status != 200)
        return ch_client_complain(&request, &answer);
    printf("signed; the batch is %s\n", text_of(answer.json, "state"));
    return CH_EXIT_OK;
}

static int approve(struct approval *a)
{
    int code = CH_EXIT_REFUSED;
    const json_t *batch = get(a, ch_printf(a->arena, "/payout/v1/batches/%s", a->batch), &code);
    if (!batch || (code = check_file(a, batch)) != CH_EXIT_OK)
        return code;
    const char *office = find_office(a, &code), *key = office ? find_key(a, &code) : NULL;
    return key ? sign(a, batch, office, key) : code;
}

static int register_key(struct approval *a)
{
    const struct ch_client_request request = {
        .method = "POST",
        .path = "/payout/v1/approver-keys",
        .json =
            ch_json_pack(a->arena, "{s:s}", "public_key", ch_base64(a->arena, a->public_key, sizeof a->public_key))};
    struct ch_client_answer answer = ch_client_send(a->client, &request);
    if (answer.status != 201)
        return ch_client_complain(&request, &answer);
    printf("%s\n", text_of(answer.json, "id"));
    return CH_EXIT_OK;
}

/* Opens key and session, acts, and closes both. */
static int with_key(struct approval *a, const char *path, const char *origin, bool make, int (*act)(struct approval *a))
{
    char error[256];
    if (make && access(path, F_OK) != 0 && !ch_signing_key_create(path, error, sizeof error))
        return ch_say(CH_EXIT_FAULT, "%s", error);
    a->key = ch_signing_key_load(path, error, sizeof error);
    if (!a->key)
        return ch_say(CH_EXIT_REFUSED, "%s", error);
    ch_signing_key_public(a->key, a->public_key);
    a->client = ch_client_open(a->arena, origin);
    int code = a->client ? act(a) : CH_EXIT_REFUSED;
    if (a->client)
        ch_client_close(a->client);
    ch_signing_key_free(a->key);
    return code;
}

int ch_command_payout_approve(int argc, char **argv)
{
    const char *key = NULL, *origin = NULL;
    struct approval a = {0};
    const struct ch_option table[] = {{"--key", &key, NULL, true},
                                      {"--office", &a.office, NULL, false},
                                      {"--origin", &origin, NULL, false},
                                      {NULL, NULL, NULL, false}};
    int words = 0;
    if (!ch_options(argc, argv, table, &words) || words != 1)
        return CH_EXIT_USAGE;
    a.arena = ch_arena_new();
    a.batch = argv[0];
    int code = with_key(&a, key, origin, false, approve);
    ch_arena_free(a.arena);
    return code;
}

int ch_command_payout_register_key(int argc, char **argv)
{
    const char *key = NULL, *origin = NULL;
    struct approval a = {0};
    const struct ch_option table[] = {
        {"--key", &key, NULL, true}, {"--origin", &origin, NULL, false}, {NULL, NULL, NULL, false}};
    if (!ch_options(argc, argv, table, NULL))
        return CH_EXIT_USAGE;
    a.arena = ch_arena_new();
    int code = with_key(&a, key, origin, true, register_key);
    ch_arena_free(a.arena);
    return code;
}
