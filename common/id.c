/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Public identifiers (UUIDv7, RFC 9562) and Crockford base32.
 *
 * The one place in common/ that reads the wall clock to name something; the time in an identifier is never used as a
 * time. */
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commonhold/crypto.h"
#include "commonhold/id.h"

/* The last identifier's milliseconds and 12-bit counter, shared by all threads. */
static pthread_mutex_t last_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t last_ms;
static unsigned last_counter;

static uint64_t wall_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* RFC 9562, section 6.2, method 1: a counter behind the time, begun at random with its highest bit clear. When it
 * overflows, or the clock goes back, the time runs ahead of the clock. */
static void next_time(unsigned random, uint64_t *ms, unsigned *counter)
{
    uint64_t now = wall_clock_ms();
    pthread_mutex_lock(&last_lock);
    if (now > last_ms) {
        last_ms = now;
        last_counter = random & 0x7FF;
    } else if (++last_counter > 0xFFF) {
        last_ms++;
        last_counter = random & 0x7FF;
    }
    *ms = last_ms;
    *counter = last_counter;
    pthread_mutex_unlock(&last_lock);
}

void ch_id_new(char text[37])
{
    uint8_t bytes[16];
    uint64_t ms;
    unsigned counter;
    ch_random(bytes + 6, 10);
    next_time((unsigned)bytes[6] << 8 | bytes[7], &ms, &counter);
    for (int i = 0; i < 6; i++)
        bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    bytes[6] = (uint8_t)(0x70 | counter >> 8);
    bytes[7] = (uint8_t)counter;
    bytes[8] = (uint8_t)(0x80 | (bytes[8] & 0x3F));
    ch_id_format(bytes, text);
}

static bool is_dash_place(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

bool ch_id_parse(const char *text, uint8_t bytes[16])
{
    char hex[33];
    size_t used = 0;
    if (!text || strnlen(text, 37) != 36)
        return false;
    for (size_t i = 0; i < 36; i++) {
        if (is_dash_place(i) != (text[i] == '-'))
            return false;
        if (text[i] != '-')
            hex[used++] = text[i];
    }
    hex[used] = '\0';
    return ch_unhex(hex, bytes, 16);
}

void ch_id_format(const uint8_t bytes[16], char text[37])
{
    char hex[33];
    ch_hex(bytes, 16, hex);
    for (size_t i = 0, used = 0; i < 36; i++)
        text[i] = is_dash_place(i) ? '-' : hex[used++];
    text[36] = '\0';
}

void ch_id_v5(const uint8_t namespace_id[16], const char *name, char text[37])
{
    uint8_t digest[20];
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    if (!hash || EVP_DigestInit_ex(hash, EVP_sha1(), NULL) != 1 || EVP_DigestUpdate(hash, namespace_id, 16) != 1 ||
        EVP_DigestUpdate(hash, name, strlen(name)) != 1 || EVP_DigestFinal_ex(hash, digest, NULL) != 1)
        abort();
    EVP_MD_CTX_free(hash);
    digest[6] = (uint8_t)((digest[6] & 0x0f) | 0x50);
    digest[8] = (uint8_t)((digest[8] & 0x3f) | 0x80);
    ch_id_format(digest, text);
}

/* Five bits a character, of which `end` is the bit behind the last; only the first character may have fewer. */
static void base32(const uint8_t *bytes, size_t bits, const char *alphabet, char *out)
{
    size_t first = bits % 5 ? bits % 5 : 5;
    for (size_t end = first; end <= bits; end += 5) {
        size_t byte = (end - 1) / 8;
        unsigned below = 7 - (unsigned)((end - 1) % 8);
        unsigned window = (byte > 0 ? (unsigned)bytes[byte - 1] << 8 : 0U) | bytes[byte];
        unsigned mask = end == first ? (1U << first) - 1 : 0x1FU;
        *out++ = alphabet[window >> below & mask];
    }
    *out = '\0';
}

void ch_base32(const uint8_t *bytes, size_t bits, char *out)
{
    base32(bytes, bits, "0123456789ABCDEFGHJKMNPQRSTVWXYZ", out);
}

void ch_base32_lower(const uint8_t *bytes, size_t bits, char *out)
{
    base32(bytes, bits, "0123456789abcdefghjkmnpqrstvwxyz", out);
}
