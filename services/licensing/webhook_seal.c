/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sealing of webhook keys, and what [licensing] says about webhooks. */
#include "webhook_seal.h"

#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/secret.h"

#define SEALED 60 /* nonce, 32 bytes, tag */

bool webhook_settings_load(const struct ch_config *config, struct webhook_settings *settings, char *error,
                           size_t error_size)
{
    uint8_t secret[32];
    *settings = (struct webhook_settings){.test = ch_config_bool(config, "licensing", "webhook_test")};
    settings->scale_ppm = settings->test ? ch_config_int(config, "licensing", "webhook_delay_ppm") : 1000000;
    if (!ch_secret_load(ch_config_text(config, "licensing", "webhook_secret"), secret, error, error_size))
        return false;
    ch_hkdf_sha256(secret, sizeof secret, NULL, 0, "commonhold licensing webhook key", settings->sealing_key, 32);
    explicit_bzero(secret, sizeof secret);
    return true;
}

const char *webhook_seal(struct ch_arena *arena, const struct webhook_settings *settings, const char *endpoint,
                         const uint8_t bytes[32])
{
    size_t size;
    const uint8_t *sealed = ch_seal(arena, settings->sealing_key, endpoint, strlen(endpoint), bytes, 32, &size);
    char *text = ch_alloc(arena, 2 * size + 3);
    memcpy(text, "\\x", 2);
    ch_hex(sealed, size, text + 2);
    return text;
}

bool webhook_unseal(struct ch_arena *arena, const struct webhook_settings *settings, const char *endpoint,
                    const char *hex, uint8_t bytes[32])
{
    uint8_t sealed[SEALED];
    size_t size;
    if (strlen(hex) != 2 * sizeof sealed || !ch_unhex(hex, sealed, sizeof sealed))
        return false;
    const uint8_t *plain =
        ch_unseal(arena, settings->sealing_key, endpoint, strlen(endpoint), sealed, sizeof sealed, &size);
    if (!plain || size != 32)
        return false;
    memcpy(bytes, plain, 32);
    return true;
}
