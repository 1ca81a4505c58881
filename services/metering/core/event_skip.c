/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where a JSON value ends and whether it is one (RFC 8259): what tells a body that is no batch from a batch with a bad
 * event. It keeps nothing of the value. */
#include <string.h>

#include "commonhold/utf8.h"
#include "event_parts.h"

#define DEEPEST 512

struct skip {
    const char *at, *stop;
    const char *detail;
    unsigned depth;
    bool object[DEEPEST]; /* what is open: an object, or else an array */
};

const char *event_skip_space(const char *text, const char *stop)
{
    while (text < stop && (*text == ' ' || *text == '\n' || *text == '\r' || *text == '\t'))
        text++;
    return text;
}

static bool refuse(struct skip *skip, const char *detail)
{
    skip->detail = skip->at < skip->stop ? detail : "The text ends too early.";
    return false;
}

static bool next_is(const struct skip *skip, char c)
{
    return skip->at < skip->stop && *skip->at == c;
}

static bool skip_escape(struct skip *skip)
{
    size_t left = (size_t)(skip->stop - skip->at);
    if (left >= 2 && skip->at[1] != '\0' && strchr("\"\\/bfnrt", skip->at[1])) {
        skip->at += 2;
        return true;
    }
    if (left < 6 || skip->at[1] != 'u' || event_hex4(skip->at + 2) < 0)
        return refuse(skip, "This escape does not exist in JSON.");
    skip->at += 6;
    return true;
}

/* One character of a string that is neither quote nor backslash. */
static bool skip_character(struct skip *skip)
{
    size_t size = ch_utf8_size(skip->at, (size_t)(skip->stop - skip->at));
    if ((unsigned char)*skip->at < 0x20)
        return refuse(skip, "A control character in a string must be escaped.");
    if (size == 0)
        return refuse(skip, "The text is not UTF-8.");
    skip->at += size;
    return true;
}

static bool skip_string(struct skip *skip)
{
    skip->at++;
    while (skip->at < skip->stop && *skip->at != '"')
        if (!(*skip->at == '\\' ? skip_escape : skip_character)(skip))
            return false;
    if (skip->at >= skip->stop)
        return refuse(skip, "");
    skip->at++;
    return true;
}

static bool skip_digits(struct skip *skip)
{
    const char *from = skip->at;
    while (skip->at < skip->stop && *skip->at >= '0' && *skip->at <= '9')
        skip->at++;
    return skip->at > from || refuse(skip, "A digit is missing here.");
}

static bool skip_number(struct skip *skip)
{
    skip->at += *skip->at == '-';
    if (next_is(skip, '0'))
        skip->at++;
    else if (!skip_digits(skip))
        return false;
    if (next_is(skip, '.')) {
        skip->at++;
        if (!skip_digits(skip))
            return false;
    }
    if (!next_is(skip, 'e') && !next_is(skip, 'E'))
        return true;
    skip->at++;
    skip->at += next_is(skip, '+') || next_is(skip, '-');
    return skip_digits(skip);
}

static bool skip_word(struct skip *skip)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = strlen(words[i]);
        if ((size_t)(skip->stop - skip->at) >= size && memcmp(skip->at, words[i], size) == 0) {
            skip->at += size;
            return true;
        }
    }
    return refuse(skip, "A value is needed here.");
}

/* A name and its colon. */
static bool skip_name(struct skip *skip)
{
    skip->at = event_skip_space(skip->at, skip->stop);
    if (!next_is(skip, '"'))
        return refuse(skip, "A name in quotes is needed here.");
    if (!skip_string(skip))
        return false;
    skip->at = event_skip_space(skip->at, skip->stop);
    if (!next_is(skip, ':'))
        return refuse(skip, "A colon is needed behind the name.");
    skip->at++;
    return true;
}

/* A scalar, or the opening of a container: then *open. */
static bool skip_begin(struct skip *skip, bool *open)
{
    skip->at = event_skip_space(skip->at, skip->stop);
    char c = skip->at < skip->stop ? *skip->at : '\0';
    *open = c == '{' || c == '[';
    if (!*open)
        return (c == '"' ? skip_string : c == '-' || (c >= '0' && c <= '9') ? skip_number : skip_word)(skip);
    if (skip->depth == DEEPEST)
        return refuse(skip, "The values are nested deeper than 512.");
    skip->object[skip->depth++] = c == '{';
    skip->at++;
    return true;
}

/* Behind a value: closes what closes here, and takes the comma if another value follows. False with no detail: the
 * outermost value is over. */
static bool skip_between(struct skip *skip)
{
    while (skip->depth > 0) {
        bool object = skip->object[skip->depth - 1];
        skip->at = event_skip_space(skip->at, skip->stop);
        if (next_is(skip, ',')) {
            skip->at++;
            return !object || skip_name(skip);
        }
        if (!next_is(skip, object ? '}' : ']'))
            return refuse(skip, "A comma or the closing bracket is needed here.");
        skip->at++;
        skip->depth--;
    }
    return false;
}

/* Behind an opening bracket: an empty container is closed (then *open is false), in an object the first name is
 * read. */
static bool skip_opening(struct skip *skip, bool *open)
{
    bool object = skip->object[skip->depth - 1];
    skip->at = event_skip_space(skip->at, skip->stop);
    if (next_is(skip, object ? '}' : ']')) {
        skip->at++;
        skip->depth--;
        *open = false;
        return true;
    }
    return !object || skip_name(skip);
}

const char *event_skip(const char *text, const char *stop, const char **place, const char **detail)
{
    struct skip skip = {.at = text, .stop = stop};
    bool open = false;
    do
        if (!skip_begin(&skip, &open) || (open && !skip_opening(&skip, &open)))
            break;
    while (open || skip_between(&skip));
    *place = skip.at;
    *detail = skip.detail;
    return skip.detail ? NULL : skip.at;
}
