/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The buffered writer. It knows JSON's scalars and nothing of documents: sorting members is the caller's. */
#include "out.h"

#include <string.h>

#include "commonhold/crypto.h"

void ch_out_begin(struct ch_out *out, void (*write)(void *, const void *, size_t), void *context)
{
    out->write = write;
    out->context = context;
    out->used = 0;
}

void ch_out_flush(struct ch_out *out)
{
    if (out->used)
        out->write(out->context, out->buffer, out->used);
    out->used = 0;
}

void ch_out_spill(struct ch_out *out, const void *bytes, size_t size)
{
    ch_out_flush(out);
    if (size > sizeof out->buffer)
        out->write(out->context, bytes, size);
    else
        ch_out_bytes(out, bytes, size);
}

void ch_out_u128(struct ch_out *out, ch_u128 value)
{
    char digits[40];
    char *at = digits + sizeof digits;
    do {
        *--at = (char)('0' + (int)(value % 10));
        value /= 10;
    } while (value);
    ch_out_bytes(out, at, (size_t)(digits + sizeof digits - at));
}

void ch_out_integer(struct ch_out *out, int64_t value)
{
    char digits[24];
    char *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        *--at = '-';
    ch_out_bytes(out, at, (size_t)(digits + sizeof digits - at));
}

void ch_out_number(struct ch_out *out, const char *before, int64_t value)
{
    ch_out_text(out, before);
    ch_out_integer(out, value);
}

void ch_out_bool(struct ch_out *out, bool value)
{
    ch_out_text(out, value ? "true" : "false");
}

void ch_out_string(struct ch_out *out, const char *text, size_t length)
{
    ch_out_bytes(out, "\"", 1);
    bool plain = !length || (!memchr(text, '"', length) && !memchr(text, '\\', length)); /* as ids are */
    for (size_t i = plain ? length : 0, from = 0; i <= length; i++) {
        if (i < length && text[i] != '"' && text[i] != '\\')
            continue;
        ch_out_bytes(out, text + from, i - from);
        if (i < length)
            ch_out_bytes(out, "\\", 1);
        from = i;
    }
    ch_out_bytes(out, "\"", 1);
}

void ch_out_hex(struct ch_out *out, const uint8_t *bytes, size_t size)
{
    static const char digit[] = "0123456789abcdef";
    ch_out_bytes(out, "\"", 1);
    for (size_t i = 0; i < size; i++) {
        char pair[2] = {digit[bytes[i] >> 4], digit[bytes[i] & 15]};
        ch_out_bytes(out, pair, 2);
    }
    ch_out_bytes(out, "\"", 1);
}

void ch_out_to_sha256(void *context, const void *bytes, size_t size)
{
    ch_sha256_add(context, bytes, size);
}
