/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads the payout section, and JSON the database gave. */
#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "commonhold/log.h"
#include "commonhold/service.h"

const struct ch_json_limits PAYOUT_DOCUMENT = {
    .bytes = (size_t)1 << 30, .depth = 32, .string = 0, .integers = true, .ascii = false};

struct payout_settings payout_settings(const struct ch_service_context *context)
{
    const struct ch_config *config = context->config;
    return (struct payout_settings){
        .country = ch_config_text(config, "payout", "country"),
        .vat_ppm = ch_config_int(config, "payout", "vat_ppm"),
        .vat_id = ch_config_text(config, "payout", "vat_id"),
        .member_secret = ch_config_text(config, "payout", "member_secret"),
        .rail = ch_config_text(config, "payout", "rail"),
        .outbox = ch_config_text(config, "payout", "outbox"),
        .inbox = ch_config_text(config, "payout", "inbox"),
        .limit_person = ch_config_int(config, "payout", "limit_person"),
        .limit_batch = ch_config_int(config, "payout", "limit_batch"),
        .limit_day = ch_config_int(config, "payout", "limit_day"),
        .profiles = ch_config_folder(config, "payout", "profiles", "deploy/bank-profiles"),
    };
}

json_t *payout_parse(struct ch_arena *arena, const char *text)
{
    struct ch_json_error error = {0};
    json_t *value = ch_json_parse(arena, text, strlen(text), &PAYOUT_DOCUMENT, &error);
    if (value)
        return value;
    ch_log(CH_LOG_ERROR, "the database gave a document that is no JSON of ours", "detail", error.detail, NULL);
    abort();
}

const char *payout_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

int64_t payout_integer(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}
