/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The access token of a download: OAuth 2 client credentials (RFC 6749, 4.4) with a secret or with an assertion signed
 * by a registered key (RFC 7523, private_key_jwt). */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "commonhold/cli.h"
#include "commonhold/crypto.h"
#include "commonhold/id.h"
#include "commonhold/json.h"
#include "commonhold/jwt.h"
#include "download.h"

#define TOKEN_PATH  "/licensing/v1/oauth/token"
#define SECRET_MAX  1024
#define ASSERTION_S 60 /* how long an assertion lasts */
#define SPARE_S     60 /* a token with less time left is not used any more */

static time_t seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec;
}

/* The first line of the file; NULL with a message. */
static const char *read_secret(struct ch_arena *arena, const char *path)
{
    char error[256];
    size_t size;
    char *text = ch_read_file(arena, path, SECRET_MAX, &size, error);
    if (!text) {
        ch_say(0, "%s", error);
        return NULL;
    }
    text[strcspn(text, "\r\n")] = '\0';
    if (*text)
        return text;
    ch_say(0, "%s: the secret is the first line, and that is empty", path);
    return NULL;
}

static const char *assertion(struct ch_arena *arena, const char *origin, const struct program *program)
{
    char error[256], jti[37];
    struct ch_signing_key *key = ch_signing_key_load(program->key_file, error, sizeof error);
    if (!key) {
        ch_say(0, "%s", error);
        return NULL;
    }
    time_t now = seconds(CLOCK_REALTIME);
    ch_id_new(jti);
    const json_t *claims = ch_json_pack(arena, "{s:s, s:s, s:s, s:s, s:I, s:I}", "iss", program->client, "sub",
                                        program->client, "aud", ch_printf(arena, "%s" TOKEN_PATH, origin), "jti", jti,
                                        "iat", (json_int_t)now, "exp", (json_int_t)now + ASSERTION_S);
    const char *text = ch_jwt_sign(arena, key, "JWT", claims);
    ch_signing_key_free(key);
    return text;
}

/* The form of the request and, for a secret, the header of HTTP Basic. False with a message. */
static bool prove(struct ch_arena *arena, struct ch_client *client, const char *origin, const struct program *program,
                  const char **form, const char **basic)
{
    *form = ch_printf(arena, "grant_type=client_credentials&scope=grant:%s", program->grant);
    *basic = NULL;
    if (program->key_file) {
        const char *signed_text = assertion(arena, origin, program);
        *form = ch_printf(arena,
                          "%s&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
                          "&client_assertion=%s",
                          *form, signed_text ? signed_text : "");
        return signed_text != NULL;
    }
    const char *secret = read_secret(arena, program->secret_file);
    if (!secret)
        return false;
    const char *pair =
        ch_printf(arena, "%s:%s", ch_client_escape(client, program->client), ch_client_escape(client, secret));
    *basic = ch_printf(arena, "Authorization: Basic %s", ch_base64(arena, pair, strlen(pair)));
    return true;
}

/* RFC 6749's own form of refusal. */
static int refused(const struct ch_client_request *request, const struct ch_client_answer *answer)
{
    const char *error = json_string_value(json_object_get(answer->json, "error"));
    const char *detail = json_string_value(json_object_get(answer->json, "error_description"));
    if (!error)
        return ch_client_complain(request, answer);
    return ch_say(CH_EXIT_REFUSED, "no access token: %s%s%s", error, detail ? ": " : "", detail ? detail : "");
}

int program_token(struct ch_arena *arena, struct ch_client *client, const char *origin, struct program *program,
                  bool *transient)
{
    const char *form, *basic;
    *transient = false;
    if (program->bearer && seconds(CLOCK_MONOTONIC) < program->until)
        return CH_EXIT_OK;
    if (!prove(arena, client, origin, program, &form, &basic))
        return CH_EXIT_REFUSED;
    const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded", basic, NULL};
    const struct ch_client_request request = {
        .method = "POST", .path = TOKEN_PATH, .bytes = form, .size = strlen(form), .headers = headers};
    struct ch_client_answer answer = ch_client_send(client, &request);
    const char *token = json_string_value(json_object_get(answer.json, "access_token"));
    *transient = answer.status == 0 || answer.status == 429 || answer.status >= 500;
    if (answer.status != 200 || !token)
        return *transient ? CH_EXIT_FAULT : refused(&request, &answer);
    program->bearer = ch_printf(arena, "Authorization: Bearer %s", token);
    program->until =
        seconds(CLOCK_MONOTONIC) + (time_t)json_integer_value(json_object_get(answer.json, "expires_in")) - SPARE_S;
    return CH_EXIT_OK;
}
