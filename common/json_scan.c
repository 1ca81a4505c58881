/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One pass over JSON text that checks grammar (RFC 8259), UTF-8, nesting, string lengths and the form of numbers, and
 * knows where it is (RFC 6901) when something is wrong.
 *
 * It builds nothing and does not see duplicate keys: jansson does both afterwards, in common/json.c. It exists
 * because jansson says neither the pointer nor how a number was written. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commonhold/utf8.h"
#include "json_scan.h"
#include "json_text.h"

/* What may come next. */
enum expect { VALUE, VALUE_OR_CLOSE, KEY, KEY_OR_CLOSE, COMMA_OR_CLOSE, NOTHING };

/* An open array or object and how far it has been read. */
struct level {
    const char *key; /* as written, behind the quote; NULL in an array and before the first key */
    size_t key_size;
    size_t index; /* of the current element of an array */
    bool object;
};

/* A string that has been read. */
struct string {
    const char *body; /* as written, without the quotes */
    size_t written;   /* bytes of that */
    size_t size;      /* bytes after unescaping */
    bool ascii;       /* all of it printable ASCII, after unescaping */
};

struct scan {
    const char *text, *at, *end;
    const char *stop; /* ch_json_locate: end at the first thing that reaches this place; otherwise NULL */
    const struct ch_json_limits *limits;
    struct ch_json_error *error;
    struct level *levels;
    unsigned depth, deepest;
    enum expect expect;
};

/* Appends to the pointer; false when it is full. */
static bool append(char *pointer, size_t size, size_t *used, const char *bytes, size_t count)
{
    if (count >= size - *used)
        return false;
    memcpy(pointer + *used, bytes, count);
    *used += count;
    pointer[*used] = '\0';
    return true;
}

/* RFC 6901, section 3: "~" becomes "~0", "/" becomes "~1". */
static bool append_key(char *pointer, size_t size, size_t *used, const struct level *level)
{
    size_t taken;
    for (size_t i = 0; i < level->key_size; i += taken) {
        char bytes[4];
        size_t count = ch_json_unescape(level->key + i, bytes, &taken);
        if (count == 1 && (bytes[0] == '~' || bytes[0] == '/')) {
            if (!append(pointer, size, used, bytes[0] == '~' ? "~0" : "~1", 2))
                return false;
        } else if (!append(pointer, size, used, bytes, count)) {
            return false;
        }
    }
    return true;
}

/* The pointer of what is `levels` deep; "" when it does not fit, for half of one would name something else. */
static void write_pointer(const struct scan *scan, unsigned levels, char *pointer, size_t size)
{
    size_t used = 0;
    bool fits = true;
    pointer[0] = '\0';
    for (unsigned i = 0; fits && i < levels; i++) {
        const struct level *level = &scan->levels[i];
        char number[24];
        int digits = snprintf(number, sizeof number, "%zu", level->index);
        fits = append(pointer, size, &used, "/", 1) &&
               (level->object ? append_key(pointer, size, &used, level)
                              : append(pointer, size, &used, number, (size_t)digits));
    }
    if (!fits)
        pointer[0] = '\0';
}

static int line_of(const struct scan *scan, const char *place)
{
    int line = 1;
    for (const char *at = scan->text; at < place; line++) {
        at = memchr(at, '\n', (size_t)(place - at));
        if (!at)
            break;
        at++;
    }
    return line;
}

static void place_error(struct scan *scan, unsigned levels, const char *place)
{
    write_pointer(scan, levels, scan->error->pointer, sizeof scan->error->pointer);
    scan->error->line = line_of(scan, place);
}

/* Always false. `levels` says whose pointer is given: scan->depth for the current value, one less for what holds
 * it. */
static bool refuse(struct scan *scan, unsigned levels, const char *slug, const char *detail)
{
    snprintf(scan->error->slug, sizeof scan->error->slug, "%s", slug);
    place_error(scan, levels, scan->at < scan->end ? scan->at : scan->end);
    snprintf(scan->error->detail, sizeof scan->error->detail, "%s", detail);
    return false;
}

static bool not_json(struct scan *scan, unsigned levels, const char *detail)
{
    return refuse(scan, levels, "not_json", scan->at < scan->end ? detail : "The text ends too early.");
}

/* What the limits say of a whole string. */
static bool judge_string(struct scan *scan, const struct string *string)
{
    if (scan->limits->string > 0 && string->size > scan->limits->string)
        return refuse(scan, scan->depth, "string_too_long", "This string is too long.");
    if (scan->limits->ascii && !string->ascii)
        return refuse(scan, scan->depth, "not_ascii", "Only printable ASCII characters are accepted here.");
    return true;
}

static bool scan_escape(struct scan *scan, unsigned levels, struct string *string)
{
    const char *detail;
    char bytes[4];
    size_t taken = ch_json_escape_size(scan->at, scan->end, &detail);
    if (taken == 0)
        return refuse(scan, levels, "not_json", detail);
    size_t count = ch_json_unescape(scan->at, bytes, &taken);
    scan->at += taken;
    string->size += count;
    string->ascii = string->ascii && count == 1 && bytes[0] >= 0x20 && bytes[0] < 0x7F;
    return true;
}

static bool scan_beyond_ascii(struct scan *scan, unsigned levels, struct string *string)
{
    size_t taken = ch_utf8_size(scan->at, (size_t)(scan->end - scan->at));
    if (taken == 0)
        return refuse(scan, levels, "not_json", "The text is not UTF-8.");
    scan->at += taken;
    string->size += taken;
    string->ascii = false;
    return true;
}

/* Printable ASCII that means itself. */
static bool is_plain(char c)
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

/* A string from its opening quote on; leaves scan->at behind the closing one. `levels`: whose pointer errors in it
 * get. */
static bool scan_string(struct scan *scan, unsigned levels, struct string *string)
{
    *string = (struct string){.body = ++scan->at, .ascii = true};
    for (;;) {
        const char *run = scan->at;
        while (scan->at < scan->end && is_plain(*scan->at))
            scan->at++;
        string->size += (size_t)(scan->at - run);
        if (scan->at >= scan->end || (unsigned char)*scan->at < 0x20)
            return not_json(scan, levels, "A control character in a string must be escaped.");
        if (*scan->at == '"')
            break;
        if (!(*scan->at == '\\' ? scan_escape : scan_beyond_ascii)(scan, levels, string))
            return false;
    }
    string->written = (size_t)(scan->at++ - string->body);
    return true;
}

static bool skip_digits(struct scan *scan)
{
    const char *from = scan->at;
    while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
        scan->at++;
    return scan->at > from;
}

static bool next_is(const struct scan *scan, const char *any)
{
    return scan->at < scan->end && *scan->at != '\0' && strchr(any, *scan->at);
}

/* Whether the digits, taken as a decimal number with that sign, fit int64_t. */
static bool fits_int64(const char *digits, const char *end, bool negative)
{
    uint64_t most = (uint64_t)INT64_MAX + negative;
    uint64_t value = 0;
    for (; digits < end; digits++) {
        unsigned digit = (unsigned)(*digits - '0');
        if (value > (most - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    return true;
}

static bool scan_fraction(struct scan *scan)
{
    if (next_is(scan, ".")) {
        scan->at++;
        if (!skip_digits(scan))
            return not_json(scan, scan->depth, "A digit is missing behind the decimal point.");
    }
    if (next_is(scan, "eE")) {
        scan->at++;
        if (next_is(scan, "+-"))
            scan->at++;
        if (!skip_digits(scan))
            return not_json(scan, scan->depth, "A digit is missing in the exponent.");
    }
    return true;
}

static bool scan_number(struct scan *scan)
{
    bool negative = *scan->at == '-';
    const char *digits = scan->at += negative;
    if (!skip_digits(scan))
        return not_json(scan, scan->depth, "A digit is missing behind the minus sign.");
    const char *end = scan->at;
    if (*digits == '0' && end - digits > 1)
        return refuse(scan, scan->depth, "not_json", "A number must not begin with 0.");
    if (!scan_fraction(scan))
        return false;
    bool whole = scan->at == end;
    if (scan->limits->integers && !whole)
        return refuse(scan, scan->depth, "not_integer", "A number without fraction and exponent is needed here.");
    if (scan->limits->integers && negative && *digits == '0')
        return refuse(scan, scan->depth, "not_integer", "The number -0 is not accepted.");
    if (whole && !fits_int64(digits, end, negative))
        return refuse(scan, scan->depth, "not_integer", "This number does not fit 64 bits.");
    return true;
}

static bool scan_word(struct scan *scan)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = strlen(words[i]);
        if ((size_t)(scan->end - scan->at) >= size && memcmp(scan->at, words[i], size) == 0) {
            scan->at += size;
            return true;
        }
    }
    return not_json(scan, scan->depth, "A value is needed here.");
}

static bool open_level(struct scan *scan, bool object)
{
    if (scan->depth >= scan->deepest)
        return refuse(scan, scan->depth, "too_deep", "The values are nested too deep.");
    scan->levels[scan->depth++] = (struct level){.object = object};
    scan->at++;
    scan->expect = object ? KEY_OR_CLOSE : VALUE_OR_CLOSE;
    return true;
}

static bool scan_text_value(struct scan *scan)
{
    struct string string;
    return scan_string(scan, scan->depth, &string) && judge_string(scan, &string);
}

static bool scan_value(struct scan *scan)
{
    char c = *scan->at;
    if (c == '{' || c == '[')
        return open_level(scan, c == '{');
    scan->expect = scan->depth ? COMMA_OR_CLOSE : NOTHING;
    if (c == '"')
        return scan_text_value(scan);
    return c == '-' || (c >= '0' && c <= '9') ? scan_number(scan) : scan_word(scan);
}

static void skip_space(struct scan *scan)
{
    while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t'))
        scan->at++;
}

/* A key and its colon. What is wrong inside the key points to the object, for the key has no name yet. */
static bool scan_key(struct scan *scan)
{
    struct level *level = &scan->levels[scan->depth - 1];
    struct string string;
    if (*scan->at != '"')
        return not_json(scan, scan->depth - 1, "A key in quotes is needed here.");
    if (!scan_string(scan, scan->depth - 1, &string))
        return false;
    level->key = string.body;
    level->key_size = string.written;
    if (!judge_string(scan, &string))
        return false;
    if (scan->stop && scan->at >= scan->stop)
        return true;
    skip_space(scan);
    if (!next_is(scan, ":"))
        return not_json(scan, scan->depth, "A colon is needed behind the key.");
    scan->at++;
    scan->expect = VALUE;
    return true;
}

static bool scan_close(struct scan *scan)
{
    scan->depth--;
    scan->at++;
    scan->expect = scan->depth ? COMMA_OR_CLOSE : NOTHING;
    return true;
}

static bool scan_comma(struct scan *scan)
{
    struct level *level = &scan->levels[scan->depth - 1];
    if (*scan->at != ',')
        return not_json(scan, scan->depth - 1, "A comma or the end of the array or object is needed here.");
    scan->at++;
    level->index++;
    scan->expect = level->object ? KEY : VALUE;
    return true;
}

/* The next token, white space skipped and at least one byte left. */
static bool scan_token(struct scan *scan)
{
    bool object = scan->depth > 0 && scan->levels[scan->depth - 1].object;
    bool closes = *scan->at == (object ? '}' : ']');
    switch (scan->expect) {
    case VALUE:
        return scan_value(scan);
    case VALUE_OR_CLOSE:
        return closes ? scan_close(scan) : scan_value(scan);
    case KEY:
        return scan_key(scan);
    case KEY_OR_CLOSE:
        return closes ? scan_close(scan) : scan_key(scan);
    case COMMA_OR_CLOSE:
        return closes ? scan_close(scan) : scan_comma(scan);
    case NOTHING:
        return not_json(scan, 0, "Something stands behind the value.");
    }
    return false;
}

static void begin(struct scan *scan, struct ch_arena *arena, const char *text, size_t length)
{
    unsigned depth = scan->limits->depth;
    scan->text = scan->at = text;
    scan->end = text + length;
    scan->deepest = depth < CH_JSON_DEEPEST ? depth : CH_JSON_DEEPEST;
    scan->levels = ch_alloc_array(arena, scan->deepest, sizeof *scan->levels);
    scan->expect = VALUE;
}

bool ch_json_scan(struct ch_arena *arena, const char *text, size_t length, const struct ch_json_limits *limits,
                  struct ch_json_error *error)
{
    struct scan scan = {.limits = limits, .error = error};
    begin(&scan, arena, text, length);
    for (skip_space(&scan); scan.at < scan.end; skip_space(&scan))
        if (!scan_token(&scan))
            return false;
    if (scan.expect == NOTHING)
        return true;
    bool in_value = scan.expect == VALUE || scan.depth == 0;
    return not_json(&scan, in_value ? scan.depth : scan.depth - 1, "The text ends too early.");
}

void ch_json_locate(struct ch_arena *arena, const char *text, size_t length, const struct ch_json_limits *limits,
                    size_t offset, struct ch_json_error *error)
{
    struct ch_json_error unused;
    struct scan scan = {.limits = limits, .error = &unused, .stop = text + (offset < length ? offset : length)};
    begin(&scan, arena, text, length);
    for (skip_space(&scan); scan.at < scan.end && scan.at < scan.stop; skip_space(&scan))
        if (!scan_token(&scan))
            break;
    scan.error = error;
    place_error(&scan, scan.depth, scan.at < scan.stop ? scan.at : scan.stop);
}
