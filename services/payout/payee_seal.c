/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Envelope encryption of payees: AES-256-GCM under the payee's key, AES key wrap under the service's. And the one
 * judgement of what a payee may look like, so that no bank file is refused for it later. */
#include "payee_seal.h"

#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/json.h"
#include "commonhold/log.h"
#include "commonhold/secret.h"
#include "core/iban.h"
#include "core/refusals.h"
#include "settings.h"

#define WRAPPED 40

static void check_part(struct ch_refusals *list, const json_t *address, const char *name, size_t max, bool required)
{
    const char *text = payout_text(address, name);
    const char *at = ch_pointer_name(list->arena, "/address", name);
    if (!text && (required || json_object_get(address, name)))
        ch_refusal_add(list, at, "must be a text");
    else if (text && (text[0] == '\0' || strlen(text) > max || !ch_sepa_transliterate(list->arena, text, false)))
        ch_refusal_add(list, at, "must be 1 to %zu bytes that banks take", max);
}

static void check_address(struct ch_refusals *list, const json_t *address)
{
    static const struct {
        const char *name;
        size_t max;
        bool required;
    } parts[] = {{"town", 35, true},
                 {"country", 2, true},
                 {"street", 70, false},
                 {"building", 16, false},
                 {"post_code", 16, false}};
    size_t known = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        known += json_object_get(address, parts[i].name) != NULL;
        check_part(list, address, parts[i].name, parts[i].max, parts[i].required);
    }
    const char *country = payout_text(address, "country");
    if (country && strspn(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2)
        ch_refusal_add(list, "/address/country", "must be two capital letters");
    if (json_object_size(address) > known)
        ch_refusal_add(list, "/address", "has members that no address has");
}

const char *payee_refused(struct ch_arena *arena, const struct payee *payee)
{
    struct ch_refusals *list = ch_refusals_new(arena, NULL);
    enum ch_iban_verdict verdict = ch_iban_check(payee->iban);
    if (verdict != CH_IBAN_OK)
        ch_refusal_add(list, "/iban", "%s", ch_iban_verdict_text(verdict));
    const char *written = ch_sepa_transliterate(arena, payee->name, false);
    if (!written || written[strspn(written, " ")] == '\0')
        ch_refusal_add(list, "/name", "is empty, or has characters that banks do not take");
    if (payee->bic && !ch_bic_check(payee->bic))
        ch_refusal_add(list, "/bic", "must be a BIC of 8 or 11 characters");
    if (payee->address)
        check_address(list, payee->address);
    else if (verdict == CH_IBAN_OK && !ch_country_in_eea(ch_printf(arena, "%.2s", payee->iban)))
        ch_refusal_add(list, "/address", "must be there: town and country go with payments out of the EEA");
    return ch_refusals_none(list) ? NULL : ch_refusals_text(list);
}

bool payee_wrapping_key(const char *path, uint8_t kek[32])
{
    static uint8_t kept[32];
    static bool known;
    if (!known) {
        char error[256];
        uint8_t secret[32];
        if (!ch_secret_load(path, secret, error, sizeof error)) {
            ch_log(CH_LOG_ERROR, "member secret cannot be read", "path", path, "reason", error, NULL);
            return false;
        }
        ch_hkdf_sha256(secret, sizeof secret, NULL, 0, "commonhold payout payee", kept, sizeof kept);
        known = true;
    }
    memcpy(kek, kept, sizeof kept);
    return true;
}

void payee_fresh_key(const uint8_t kek[32], char wrapped[81])
{
    uint8_t key[32], bytes[WRAPPED];
    ch_random(key, sizeof key);
    ch_key_wrap(kek, key, bytes);
    ch_hex(bytes, sizeof bytes, wrapped);
}

static bool unwrap(const uint8_t kek[32], const char *wrapped, uint8_t key[32])
{
    uint8_t bytes[WRAPPED];
    return wrapped && strlen(wrapped) == 2 * WRAPPED && ch_unhex(wrapped, bytes, sizeof bytes) &&
           ch_key_unwrap(kek, bytes, key);
}

static const char *seal(struct ch_arena *arena, const uint8_t key[32], const char *subject, const char *what,
                        const char *text)
{
    const char *bound = ch_printf(arena, "%s %s", what, subject);
    size_t size;
    uint8_t *sealed = ch_seal(arena, key, bound, strlen(bound), text, strlen(text), &size);
    char *hex = ch_alloc(arena, 2 * size + 3);
    memcpy(hex, "\\x", 2);
    ch_hex(sealed, size, hex + 2);
    return hex;
}

static const char *details_of(struct ch_arena *arena, const struct payee *payee)
{
    if (!payee->bic && !payee->address)
        return NULL;
    return ch_json_canonical(arena, ch_json_pack(arena, "{s:s*, s:O*}", "bic", payee->bic, "address", payee->address),
                             NULL);
}

bool payee_seal(struct ch_arena *arena, const uint8_t kek[32], const char *wrapped, const char *subject,
                const struct payee *payee, struct sealed_payee *sealed)
{
    uint8_t key[32];
    if (!unwrap(kek, wrapped, key))
        return false;
    const char *details = details_of(arena, payee);
    *sealed = (struct sealed_payee){
        .iban = seal(arena, key, subject, "iban", payee->iban),
        .name = seal(arena, key, subject, "name", payee->name),
        .details = details ? seal(arena, key, subject, "details", details) : NULL,
        .hint = ch_printf(arena, "%.4s ... %s", payee->iban, payee->iban + strlen(payee->iban) - 4)};
    return true;
}

static const char *unseal(struct ch_arena *arena, const uint8_t key[32], const char *subject, const char *what,
                          const char *sealed)
{
    size_t size = sealed ? strlen(sealed) / 2 : 0;
    uint8_t *bytes = ch_alloc(arena, size + 1);
    if (size == 0 || !ch_unhex(sealed, bytes, size))
        return NULL;
    const char *bound = ch_printf(arena, "%s %s", what, subject);
    size_t length;
    uint8_t *plain = ch_unseal(arena, key, bound, strlen(bound), bytes, size, &length);
    return plain ? ch_memdup(arena, plain, length) : NULL;
}

bool payee_unseal(struct ch_arena *arena, const uint8_t kek[32], const char *wrapped, const char *subject,
                  const struct sealed_payee *sealed, struct payee *payee)
{
    uint8_t key[32];
    if (!unwrap(kek, wrapped, key))
        return false;
    *payee = (struct payee){.iban = unseal(arena, key, subject, "iban", sealed->iban),
                            .name = unseal(arena, key, subject, "name", sealed->name)};
    if (sealed->details) {
        const char *details = unseal(arena, key, subject, "details", sealed->details);
        const json_t *read = details ? payout_parse(arena, details) : NULL;
        payee->bic = payout_text(read, "bic");
        payee->address = json_object_get(read, "address");
        if (!read)
            return false;
    }
    return payee->iban && payee->name;
}
