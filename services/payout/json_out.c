/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Strings are escaped as RFC 8259 wants, nothing is built as a tree. */
#include "json_out.h"

void json_out_text(struct ch_out *out, const char *text)
{
    static const char hex[] = "0123456789abcdef";
    const char *from = text;
    ch_out_text(out, "\"");
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= ' ' && c != '"' && c != '\\')
            continue;
        char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        ch_out_bytes(out, from, (size_t)(text - from));
        ch_out_bytes(out, escape, sizeof escape);
        from = text + 1;
    }
    ch_out_bytes(out, from, (size_t)(text - from));
    ch_out_text(out, "\"");
}

static void member(struct ch_out *out, const char *name)
{
    ch_out_text(out, ",\"");
    ch_out_text(out, name);
    ch_out_text(out, "\":");
}

void json_out_member(struct ch_out *out, const char *name, const char *text)
{
    if (!text || !*text)
        return;
    member(out, name);
    json_out_text(out, text);
}

void json_out_integer(struct ch_out *out, const char *name, int64_t value)
{
    member(out, name);
    ch_out_integer(out, value);
}
