/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Consents of members: switches, withdrawal, where one stands, and the signed receipt, for programs and for paper. What
 * they mean is decided by licensing.record_consent and the delivery's joins. */
#include <string.h>

#include "commonhold/json.h"
#include "core/words.h"
#include "licensing.h"
#include "receipt_page.h"

CH_FUNCTION(record_consent, "licensing.record_consent", "$1::uuid, $2::text, $3::jsonb");
CH_FUNCTION(withdraw_consents, "licensing.withdraw_consents", "$1::uuid, $2::text, $3::jsonb");
CH_READ(read_consents, "licensing.list_consents", "$1::uuid, $2::text");
CH_READ(read_receipt, "licensing.get_receipt", "$1::uuid, $2::uuid");

struct consent {
    const char *pool, *purpose, *state, *type, *language, *until;
    const json_t *recipient_classes;
    int64_t notice;
};

static const struct ch_field SWITCH[] = {
    CH_FIELD(CH_FIELD_TEXT, consent, pool, true, 1, 36, NULL),
    CH_FIELD(CH_FIELD_TEXT, consent, purpose, true, 1, 64, NULL),
    CH_FIELD(CH_FIELD_TEXTS, consent, recipient_classes, true, 1, 8, NULL),
    CH_FIELD(CH_FIELD_CODE, consent, state, true, 0, 0, "given renewed refused deferred withdrawn"),
    CH_FIELD(CH_FIELD_CODE, consent, type, false, 0, 0, "expressed explicit"),
    CH_FIELD(CH_FIELD_INT, consent, notice, false, 1, 1000000, NULL),
    CH_FIELD(CH_FIELD_TEXT, consent, language, false, 2, 35, NULL),
    CH_FIELD(CH_FIELD_TIME, consent, until, false, 0, 0, NULL),
    {0}};
static const struct ch_field ALL[] = {CH_FIELD(CH_FIELD_TEXT, consent, pool, false, 1, 36, NULL),
                                      CH_FIELD(CH_FIELD_TEXT, consent, purpose, false, 1, 64, NULL),
                                      {0}};

/* NULL when each is a recipient class and none stands twice. */
static const char *check_classes(const json_t *classes)
{
    bool seen[CH_ORG_CLASS_UNKNOWN] = {false};
    for (size_t i = 0; i < json_array_size(classes); i++) {
        unsigned class = ch_word_index(&CH_WORDS_ORG_CLASSES, json_string_value(json_array_get(classes, i)));
        if (class == CH_ORG_CLASS_UNKNOWN)
            return "names a class there is not";
        if (seen[class])
            return "names a class twice";
        seen[class] = true;
    }
    return NULL;
}

/* The form of a BCP 47 tag: letters, then subtags of one to eight letters or digits. */
static bool is_language_tag(const char *text)
{
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t size = strspn(text, LETTERS);
    if (size < 2 || size > 8 || strcspn(text, "0123456789") < size)
        return false;
    for (text += size; *text == '-'; text += 1 + size) {
        size = strspn(text + 1, LETTERS);
        if (size < 1 || size > 8)
            return false;
    }
    return *text == '\0';
}

struct ch_done *licensing_post_consent(struct ch_request *request)
{
    struct consent in = {0};
    struct ch_done *done = ch_decode(request, SWITCH, &in);
    if (done)
        return done;
    const char *fault = check_classes(in.recipient_classes);
    if (fault)
        return licensing_refuse_field(request, "/recipient_classes", fault);
    if (in.language && !is_language_tag(in.language))
        return licensing_refuse_field(request, "/language", "is no language tag, as en or pt-BR");
    return ch_call(request, &record_consent,
                   CH_ARGS(licensing_actor(request), ch_idempotency_key(request), ch_body_json(request)));
}

struct ch_done *licensing_withdraw_all_consents(struct ch_request *request)
{
    struct consent in = {0};
    struct ch_done *done = ch_decode(request, ALL, &in);
    if (done)
        return done;
    return ch_call(request, &withdraw_consents,
                   CH_ARGS(licensing_actor(request), ch_idempotency_key(request), ch_body_json(request)));
}

struct ch_done *licensing_get_consents(struct ch_request *request)
{
    return ch_call(request, &read_consents, CH_ARGS(licensing_actor(request), ch_query(request, "pool")));
}

enum form { FORM_JSON, FORM_HTML, FORM_TEXT };

/* The first of the media types named in Accept that a receipt can be; JSON when none is. */
static enum form form_of(const char *accept)
{
    const char *html = accept ? strstr(accept, "text/html") : NULL,
               *text = accept ? strstr(accept, "text/plain") : NULL;
    const char *json = accept ? strstr(accept, "application/json") : NULL;
    if (html && (!text || html < text) && (!json || html < json))
        return FORM_HTML;
    return text && (!json || text < json) ? FORM_TEXT : FORM_JSON;
}

static struct ch_done *sign_receipt(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_arena *arena = ch_arena_of(request);
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    json_t *record = licensing_parse(arena, answer->body);
    const char *issuer = ch_context(request)->issuer;
    enum form form = form_of(ch_header(request, "Accept"));
    json_object_set_new(record, "issuer", json_string(issuer));
    json_object_set_new(record, "dpv:hasConsentControl", json_string(ch_printf(arena, "%s/me/consents", issuer)));
    const char *jws = ch_jwt_sign(arena, licensing_of(request)->receipt_key, "consent-receipt+jwt", record);
    ch_set_header(request, "Vary", "Accept");
    if (form != FORM_JSON)
        return receipt_page(request, record, jws, form == FORM_HTML);
    return ch_reply(request, "ok",
                    ch_json_canonical(arena, ch_json_pack(arena, "{s:O,s:s}", "record", record, "jws", jws), NULL));
}

struct ch_done *licensing_get_consent_receipt(struct ch_request *request)
{
    const char *id = licensing_path_id(request, "id");
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call_then(request, &read_receipt, CH_ARGS(licensing_actor(request), id), sign_receipt);
}
