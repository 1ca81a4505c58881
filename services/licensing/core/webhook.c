/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Signing, judging and scheduling of webhooks. Sending is webhook_send.c's. */
#include "webhook.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commonhold/crypto.h"

#define DAY_S INT64_C(86400)

/* Seconds behind attempt 1, 2, ... */
static const int64_t DELAYS_S[WEBHOOK_ATTEMPTS - 1] = {5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};

bool webhook_scheme_of(const char *name, enum webhook_scheme *scheme)
{
    *scheme = strcmp(name, "v1a") == 0 ? WEBHOOK_V1A : WEBHOOK_V1;
    return *scheme == WEBHOOK_V1A || strcmp(name, "v1") == 0;
}

static struct ch_signing_key *open_seed(const struct webhook_key *key)
{
    if (key->size != 32)
        abort(); /* an Ed25519 seed has 32 bytes: ours are made so */
    return ch_signing_key_new(key->bytes);
}

const char *webhook_key_text(struct ch_arena *arena, const struct webhook_key *key)
{
    if (key->scheme == WEBHOOK_V1)
        return ch_printf(arena, "whsec_%s", ch_base64(arena, key->bytes, key->size));
    uint8_t public_key[32];
    struct ch_signing_key *signer = open_seed(key);
    ch_signing_key_public(signer, public_key);
    ch_signing_key_free(signer);
    return ch_printf(arena, "whpk_%s", ch_base64(arena, public_key, sizeof public_key));
}

static const char *sign_by(struct ch_arena *arena, const struct webhook_key *key, const char *content, size_t size)
{
    uint8_t mac[32], signature[64];
    if (key->scheme == WEBHOOK_V1) {
        ch_hmac_sha256(key->bytes, key->size, content, size, mac);
        return ch_printf(arena, "v1,%s", ch_base64(arena, mac, sizeof mac));
    }
    struct ch_signing_key *signer = open_seed(key);
    ch_sign(signer, content, size, signature);
    ch_signing_key_free(signer);
    return ch_printf(arena, "v1a,%s", ch_base64(arena, signature, sizeof signature));
}

const char *webhook_signature(struct ch_arena *arena, const char *id, const char *timestamp, const char *body,
                              size_t body_size, const struct webhook_key *keys, size_t count)
{
    const char *head = ch_printf(arena, "%s.%s.", id, timestamp), *header = "";
    size_t head_size = strlen(head);
    char *content = ch_alloc(arena, head_size + body_size + 1);
    memcpy(content, head, head_size);
    memcpy(content + head_size, body, body_size);
    for (size_t i = 0; i < count; i++)
        header = ch_printf(arena, "%s%s%s", header, i > 0 ? " " : "",
                           sign_by(arena, &keys[i], content, head_size + body_size));
    return header;
}

enum webhook_verdict webhook_judge(int status)
{
    if (status >= 200 && status <= 299)
        return WEBHOOK_DELIVERED;
    return status == 410 ? WEBHOOK_GONE : WEBHOOK_FAILED;
}

/* IMF-fixdate and the two obsolete forms that a recipient must read (RFC 9110, section 5.6.7). */
static bool read_date(const char *text, int64_t *at)
{
    static const char *const forms[] = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                                        "%a %b %e %H:%M:%S %Y"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct tm tm = {0};
        const char *end = strptime(text, forms[i], &tm);
        if (end && end[strspn(end, " \t")] == '\0') {
            *at = timegm(&tm);
            return true;
        }
    }
    return false;
}

int64_t webhook_retry_after(const char *header, int64_t now)
{
    int64_t seconds = 0, at = 0;
    if (!header)
        return -1;
    size_t digits = strspn(header, "0123456789");
    if (digits > 0 && header[digits + strspn(header + digits, " \t")] == '\0')
        seconds = digits > 9 ? DAY_S : strtoll(header, NULL, 10);
    else if (read_date(header, &at))
        seconds = at > now ? at - now : 0;
    else
        return -1;
    return seconds > DAY_S ? DAY_S : seconds;
}

bool webhook_next_ms(int attempt, uint32_t chance, int64_t retry_after_s, int64_t scale_ppm, int64_t *ms)
{
    if (attempt < 1 || attempt >= WEBHOOK_ATTEMPTS)
        return false;
    int64_t base = DELAYS_S[attempt - 1] * 1000;
    int64_t delay = base + chance % (base / 5 + 1); /* base / 5 is under 2^25, so nothing of the range is left out */
    if (retry_after_s * 1000 > delay)
        delay = retry_after_s * 1000;
    *ms = delay * scale_ppm / 1000000;
    return true;
}
