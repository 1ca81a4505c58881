/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The scanner. It judges text only: which members there may be, and how often, its caller knows. Values that
 * are skipped are refused by the caller anyway, so duplicate keys inside them need no look. */
#include "scan.h"

#include <string.h>

#define DEPTH_MAX  8
#define LENGTH_MAX ((size_t)1 << 30)

bool ch_scan_break(struct ch_scan *scan, const char *detail)
{
    if (!scan->broken)
        ch_refusal_add(scan->list, "", "%s at byte %zu", detail, (size_t)(scan->at - scan->start));
    scan->broken = true;
    scan->at = scan->end;
    return false;
}

void ch_scan_begin(struct ch_scan *scan, const char *text, size_t length, struct ch_refusals *list)
{
    *scan = (struct ch_scan){text, text, text + length, list->arena, list, 0, false};
    if (length > LENGTH_MAX)
        ch_scan_break(scan, "more than 1 GiB");
}

static void skip_space(struct ch_scan *scan)
{
    while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\t' || *scan->at == '\r'))
        scan->at++;
}

char ch_scan_kind(struct ch_scan *scan)
{
    skip_space(scan);
    if (scan->at == scan->end)
        return 0;
    char c = *scan->at;
    switch (c) {
    case '{':
    case '[':
    case '"':
    case 't':
    case 'f':
    case 'n':
        return c;
    default:
        return c == '-' || (c >= '0' && c <= '9') ? '0' : 0;
    }
}

bool ch_scan_enter(struct ch_scan *scan, char bracket)
{
    if (ch_scan_kind(scan) != bracket)
        return ch_scan_break(scan, bracket == '{' ? "an object was expected" : "an array was expected");
    if (++scan->depth > DEPTH_MAX)
        return ch_scan_break(scan, "nested too deep");
    scan->at++;
    return true;
}

/* What stands between two members or items; false at the end. */
static bool next_element(struct ch_scan *scan, bool *first, char close)
{
    skip_space(scan);
    if (scan->at < scan->end && *scan->at == close) {
        scan->at++;
        scan->depth--;
        return false;
    }
    if (!*first) {
        if (scan->at == scan->end || *scan->at != ',')
            return ch_scan_break(scan, "a comma or a closing bracket was expected");
        scan->at++;
    }
    *first = false;
    return true;
}

bool ch_scan_item(struct ch_scan *scan, bool *first)
{
    return !scan->broken && next_element(scan, first, ']');
}

bool ch_scan_member(struct ch_scan *scan, bool *first, struct ch_text *name)
{
    if (scan->broken || !next_element(scan, first, '}') || !ch_scan_string(scan, name))
        return false;
    skip_space(scan);
    if (scan->at == scan->end || *scan->at != ':')
        return ch_scan_break(scan, "a colon was expected");
    scan->at++;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The character an escape stands for; 0 for every one that is not printable ASCII. */
static int unescape(struct ch_scan *scan)
{
    if (scan->end - scan->at < 2)
        return -1;
    char c = scan->at[1];
    scan->at += 2;
    if (c == '"' || c == '\\' || c == '/')
        return c;
    if (c && strchr("bfnrt", c))
        return 0;
    if (c != 'u' || scan->end - scan->at < 4)
        return -1;
    int code = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(*scan->at++);
        if (digit < 0)
            return -1;
        code = code * 16 + digit;
    }
    return code >= 0x20 && code <= 0x7e ? code : 0;
}

static bool scan_escaped(struct ch_scan *scan, const char *from, struct ch_text *text)
{
    const char *close = scan->at;
    while (close < scan->end && *close != '"')
        close += *close == '\\' && close + 1 < scan->end ? 2 : 1;
    char *to = ch_alloc(scan->arena, (size_t)(close - from) + 1);
    text->bytes = to;
    size_t before = (size_t)(scan->at - from);
    memcpy(to, from, before);
    to += before;
    while (scan->at < scan->end && *scan->at != '"') {
        int c = *scan->at == '\\' ? unescape(scan) : *scan->at++;
        if (c < 0x20 || c > 0x7e)
            return ch_scan_break(scan, c == -1 ? "a broken escape" : "a character that is not printable ASCII");
        *to++ = (char)c;
    }
    if (scan->at == scan->end)
        return ch_scan_break(scan, "an unfinished string");
    text->length = (size_t)(to - text->bytes);
    scan->at++;
    return true;
}

bool ch_scan_string(struct ch_scan *scan, struct ch_text *text)
{
    if (ch_scan_kind(scan) != '"')
        return ch_scan_break(scan, "a string was expected");
    const char *from = ++scan->at;
    while (scan->at < scan->end && *scan->at != '"' && *scan->at != '\\') {
        if (*scan->at < 0x20 || *scan->at > 0x7e)
            return ch_scan_break(scan, "a character that is not printable ASCII");
        scan->at++;
    }
    if (scan->at == scan->end)
        return ch_scan_break(scan, "an unfinished string");
    if (*scan->at == '\\')
        return scan_escaped(scan, from, text);
    *text = (struct ch_text){from, (size_t)(scan->at - from)};
    scan->at++;
    return true;
}

bool ch_scan_integer(struct ch_scan *scan, int64_t *value)
{
    if (ch_scan_kind(scan) != '0')
        return ch_scan_break(scan, "a number was expected");
    bool negative = *scan->at == '-';
    scan->at += negative;
    const char *from = scan->at;
    int64_t sum = 0;
    bool fits = true;
    for (; scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9'; scan->at++) {
        int digit = negative ? -(*scan->at - '0') : *scan->at - '0';
        fits = fits && !__builtin_mul_overflow(sum, 10, &sum) && !__builtin_add_overflow(sum, digit, &sum);
    }
    size_t digits = (size_t)(scan->at - from);
    if (digits == 0 || (digits > 1 && *from == '0'))
        return ch_scan_break(scan, "a broken number");
    if (negative && sum == 0 && fits)
        return ch_scan_break(scan, "-0, which is not an integer");
    if (!fits)
        return ch_scan_break(scan, "a number of more than 64 bits");
    if (scan->at < scan->end && (*scan->at == '.' || *scan->at == 'e' || *scan->at == 'E'))
        return ch_scan_break(scan, "a fraction or exponent; only integers are allowed");
    *value = sum;
    return true;
}

static bool skip_word(struct ch_scan *scan)
{
    static const char *const words[] = {"true", "false", "null"};
    for (int i = 0; i < 3; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(scan->end - scan->at) >= length && memcmp(scan->at, words[i], length) == 0) {
            scan->at += length;
            return true;
        }
    }
    return ch_scan_break(scan, "not JSON");
}

bool ch_scan_skip(struct ch_scan *scan)
{
    char kind = ch_scan_kind(scan);
    struct ch_text text;
    int64_t number;
    bool first = true;
    switch (kind) {
    case '{':
        ch_scan_enter(scan, '{');
        while (ch_scan_member(scan, &first, &text))
            ch_scan_skip(scan);
        return !scan->broken;
    case '[':
        ch_scan_enter(scan, '[');
        while (ch_scan_item(scan, &first))
            ch_scan_skip(scan);
        return !scan->broken;
    case '"':
        return ch_scan_string(scan, &text);
    case '0':
        return ch_scan_integer(scan, &number);
    default:
        return kind ? skip_word(scan) : ch_scan_break(scan, "a value was expected");
    }
}

bool ch_scan_end(struct ch_scan *scan)
{
    skip_space(scan);
    if (!scan->broken && scan->at != scan->end)
        ch_scan_break(scan, "something behind the document");
    return !scan->broken;
}
