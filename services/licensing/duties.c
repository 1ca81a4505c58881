/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a licensee owes a grant beside money: its duties with their dates and proofs, and its answer in a hearing. When
 * something is due and what follows from a missing proof is decided in SQL (licensing.start_duties,
 * licensing.review_grant).
 */
#include <string.h>

#include "licensing.h"

#define CONTENT_MOST 262144 /* characters of base64: 192 KiB of document, the longest text a body may hold */

CH_FUNCTION(declare_duty, "licensing.declare_duty", "$1::uuid, $2::text, $3::uuid, $4::jsonb");
CH_FUNCTION(answer_hearing, "licensing.answer_hearing", "$1::uuid, $2::text, $3::uuid, $4::jsonb");
CH_READ(read_duties, "licensing.list_duties", "$1::uuid, $2::uuid");
CH_READ(read_duty, "licensing.get_duty", "$1::uuid, $2::uuid, $3::uuid");

struct proof {
    const char *duty, *statement, *done_on;
    const json_t *document;
};

static const struct ch_field PROOF[] = {CH_FIELD(CH_FIELD_TEXT, proof, duty, true, 1, 40, NULL),
                                        CH_FIELD(CH_FIELD_TEXT, proof, statement, true, 1, 10000, NULL),
                                        CH_FIELD(CH_FIELD_DATE, proof, done_on, false, 0, 0, NULL),
                                        CH_FIELD(CH_FIELD_OBJECT, proof, document, false, 0, 0, NULL),
                                        {0}};
static const struct ch_field ANSWER[] = {CH_FIELD(CH_FIELD_TEXT, proof, statement, true, 1, 10000, NULL), {0}};

/* Text of 1 to `most` bytes without control characters; NULL when it is none. */
static const char *text_of(const json_t *document, const char *name, size_t most)
{
    const char *text = json_string_value(json_object_get(document, name));
    size_t length = text ? strlen(text) : 0;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return NULL;
    return length > 0 && length <= most ? text : NULL;
}

static bool is_media_type(const char *text)
{
    static const char TOKEN[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&^_.+-";
    size_t type = strspn(text, TOKEN);
    return type > 0 && text[type] == '/' && text[type + 1] && text[type + 1 + strspn(text + type + 1, TOKEN)] == '\0';
}

static bool is_base64(struct ch_request *request, const char *text)
{
    size_t length = strlen(text), size;
    uint8_t *bytes = ch_alloc(ch_arena_of(request), length / 4 * 3 + 3);
    return ch_unbase64(text, length, bytes, length / 4 * 3 + 3, &size) && size > 0;
}

static bool is_sha256(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* Its bytes, or its hash and where it is kept. */
static const char *fault_of_place(struct ch_request *request, const json_t *document, const char **member)
{
    const char *content = text_of(document, "content", CONTENT_MOST), *url = text_of(document, "url", 2000);
    const char *sha256 = text_of(document, "sha256", 64);
    *member = "/content";
    if (json_object_get(document, "content"))
        return content && !json_object_get(document, "url") && !json_object_get(document, "sha256") &&
                       is_base64(request, content)
                   ? NULL
                   : "is not base64 of 1 to 196608 bytes, or stands beside sha256 or url";
    *member = "/sha256";
    if (!sha256 || !is_sha256(sha256))
        return "is not 64 hexadecimal digits, and there is no content";
    *member = "/url";
    return url && strncmp(url, "https://", 8) == 0 && url[8] && !strchr(url, ' ') ? NULL : "is no https address";
}

static const char *fault_of_document(struct ch_request *request, const json_t *document, const char **member)
{
    static const char *const KNOWN[] = {"name", "media_type", "content", "sha256", "url"};
    const char *type = text_of(document, "media_type", 120);
    size_t known = 0;
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++)
        known += json_object_get(document, KNOWN[i]) != NULL;
    *member = "";
    if (known != json_object_size(document))
        return "has members other than name, media_type, content, sha256 and url";
    *member = "/name";
    if (!text_of(document, "name", 200))
        return "is not a text of 1 to 200 bytes";
    *member = "/media_type";
    if (!type || !is_media_type(type))
        return "is no media type";
    return fault_of_place(request, document, member);
}

struct ch_done *licensing_post_duty(struct ch_request *request)
{
    struct proof in = {0};
    const char *member, *id = licensing_path_id(request, "id");
    struct ch_done *done = ch_decode(request, PROOF, &in);
    if (done || id == NULL)
        return done ? done : ch_reply(request, "not_found", NULL);
    const char *fault = in.document ? fault_of_document(request, in.document, &member) : NULL;
    if (fault)
        return licensing_refuse_field(request, ch_printf(ch_arena_of(request), "/document%s", member), fault);
    return ch_call(request, &declare_duty,
                   CH_ARGS(licensing_actor(request), ch_idempotency_key(request), id, ch_body_json(request)));
}

struct ch_done *licensing_get_duties(struct ch_request *request)
{
    const char *id = licensing_path_id(request, "id");
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call(request, &read_duties, CH_ARGS(licensing_actor(request), id));
}

struct ch_done *licensing_get_duty(struct ch_request *request)
{
    const char *id = licensing_path_id(request, "id"), *duty = licensing_path_id(request, "duty");
    if (id == NULL || duty == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call(request, &read_duty, CH_ARGS(licensing_actor(request), id, duty));
}

struct ch_done *licensing_answer_hearing(struct ch_request *request)
{
    struct proof in = {0};
    const char *id = licensing_path_id(request, "id");
    struct ch_done *done = ch_decode(request, ANSWER, &in);
    if (done || id == NULL)
        return done ? done : ch_reply(request, "not_found", NULL);
    return ch_call(request, &answer_hearing,
                   CH_ARGS(licensing_actor(request), ch_idempotency_key(request), id, ch_body_json(request)));
}
