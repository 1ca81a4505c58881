/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Service secrets and the keyed hash of e-mail addresses. It keeps neither. */
#include "commonhold/secret.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commonhold/crypto.h"

enum { EMAIL_MAX = 254 };

bool ch_secret_load(const char *path, uint8_t secret[32], char *error, size_t error_size)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        snprintf(error, error_size, "cannot open the secret file %s: %s", path, strerror(errno));
        return false;
    }
    char text[64] = "";
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    size_t size = 0;
    if (!ch_unbase64(text, length, secret, 32, &size) || size != 32) {
        snprintf(error, error_size, "%s is no secret file: it must hold 32 bytes in base64", path);
        return false;
    }
    return true;
}

/* The address without surrounding blanks, in lower case; NULL-length when it is none. */
static size_t normalise(const char *email, char out[EMAIL_MAX + 1])
{
    while (*email == ' ')
        email++;
    size_t length = strlen(email);
    while (length > 0 && email[length - 1] == ' ')
        length--;
    if (length > EMAIL_MAX)
        return 0;
    size_t at_signs = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)email[i];
        if (c <= ' ' || c == 0x7f)
            return 0;
        at_signs += c == '@';
        out[i] = (char)(c < 0x80 ? tolower(c) : c);
    }
    bool plausible = at_signs == 1 && out[0] != '@' && out[length - 1] != '@';
    return plausible ? length : 0;
}

bool ch_email_hash(const uint8_t secret[32], const char *email, char hex[65])
{
    char plain[EMAIL_MAX + 1];
    size_t length = normalise(email, plain);
    if (length == 0)
        return false;
    uint8_t mac[32];
    ch_hmac_sha256(secret, 32, plain, length, mac);
    ch_hex(mac, sizeof mac, hex);
    return true;
}
