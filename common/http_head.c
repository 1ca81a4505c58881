/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reading the head of a request. The server's own reader rather than evhttp's, because evhttp 2.1 offers no way to
 * answer before the body has been buffered, answers its own refusals with HTML, and takes both Content-Length and
 * Transfer-Encoding in one message. Pure: no sockets here, so that it can be fuzzed. */
#include <string.h>
#include <strings.h>

#include "http_head.h"

struct reader {
    struct ch_head *head;
    const char *why;
    unsigned hosts, lengths, codings;
};

static bool is_token_char(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool refuse(struct reader *reader, const char *why)
{
    reader->why = why;
    return false;
}

/* Cuts the line at *at off; NULL when it does not end in CR LF. */
static char *next_line(char **at)
{
    char *line = *at, *end = strchr(line, '\n');
    if (!end || end == line || end[-1] != '\r')
        return NULL;
    end[-1] = '\0';
    *at = end + 1;
    return line;
}

static void read_method(struct ch_head *head, const char *name)
{
    static const char *const NAMES[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    head->method_text = name;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (strcmp(NAMES[i], name) == 0) {
            head->method = (enum ch_method)i;
            head->method_known = true;
        }
    }
}

/* Absolute form (RFC 9112, 3.2.2) must be taken; only its path and query count here. */
static const char *strip_authority(const char *target)
{
    size_t skip = strncasecmp(target, "http://", 7) == 0 ? 7 : strncasecmp(target, "https://", 8) == 0 ? 8 : 0;
    if (skip == 0)
        return target;
    target += skip;
    target += strcspn(target, "/?");
    return *target == '\0' ? "/" : target;
}

static bool read_target(struct reader *reader, char *target)
{
    for (const char *c = target; *c; c++)
        if (*c <= ' ' || *c == 0x7f || (unsigned char)*c >= 0x80)
            return refuse(reader, "The address has a character that must be percent-encoded.");
    target[strcspn(target, "#")] = '\0';
    const char *path = strip_authority(target);
    if (path[0] != '/' && strcmp(path, "*") != 0)
        return refuse(reader, "The address does not begin with '/'.");
    reader->head->path = path;
    char *mark = strchr(target, '?');
    if (mark) {
        *mark = '\0';
        reader->head->query = mark + 1;
    }
    return true;
}

static bool read_request_line(struct reader *reader, char *line)
{
    char *target = line ? strchr(line, ' ') : NULL;
    char *version = target ? strchr(target + 1, ' ') : NULL;
    if (!version || target == line)
        return refuse(reader, "The first line is not METHOD, one blank, address, one blank, HTTP/1.1.");
    *target++ = '\0';
    *version++ = '\0';
    for (const char *c = line; *c; c++)
        if (!is_token_char((unsigned char)*c))
            return refuse(reader, "The method is not a word.");
    if (strncmp(version, "HTTP/1.", 7) != 0 || (version[7] != '0' && version[7] != '1') || version[8] != '\0')
        return refuse(reader, "The version is neither HTTP/1.1 nor HTTP/1.0.");
    reader->head->minor = version[7] - '0';
    reader->head->keep_alive = reader->head->minor == 1;
    read_method(reader->head, line);
    return read_target(reader, target);
}

static bool read_length(struct reader *reader, const char *value)
{
    size_t digits = strspn(value, "0123456789");
    if (reader->lengths++ > 0 || digits == 0 || digits > 18 || value[digits] != '\0')
        return refuse(reader, "Content-Length is not one number.");
    uint64_t bytes = 0;
    for (; *value; value++)
        bytes = bytes * 10 + (uint64_t)(*value - '0');
    reader->head->body_bytes = bytes;
    return true;
}

static bool read_coding(struct reader *reader, const char *value)
{
    if (reader->codings++ > 0 || strcasecmp(value, "chunked") != 0 || reader->head->minor == 0)
        return refuse(reader, "Transfer-Encoding is not just 'chunked'.");
    reader->head->chunked = true;
    return true;
}

static void read_connection(struct ch_head *head, const char *value)
{
    for (const char *at = value; *at;) {
        at += strspn(at, " \t,");
        size_t length = strcspn(at, " \t,");
        if (length == 5 && strncasecmp(at, "close", 5) == 0)
            head->keep_alive = false;
        if (length == 10 && strncasecmp(at, "keep-alive", 10) == 0 && head->minor == 0)
            head->keep_alive = true;
        at += length;
    }
}

/* The headers that say how this very message is to be read. */
static bool read_framing(struct reader *reader, const char *name, const char *value)
{
    switch (name[0] | 0x20) {
    case 'h':
        if (strcasecmp(name, "Host") == 0 && reader->hosts++ > 0)
            return refuse(reader, "There are two Host headers.");
        return true;
    case 'c':
        if (strcasecmp(name, "Content-Length") == 0)
            return read_length(reader, value);
        if (strcasecmp(name, "Connection") == 0)
            read_connection(reader->head, value);
        return true;
    case 't':
        return strcasecmp(name, "Transfer-Encoding") != 0 || read_coding(reader, value);
    case 'e':
        if (strcasecmp(name, "Expect") == 0 && strcasecmp(value, "100-continue") == 0)
            reader->head->expects = true;
        return true;
    default:
        return true;
    }
}

static bool read_header(struct reader *reader, char *line, struct ch_header *header)
{
    char *colon = line;
    while (is_token_char((unsigned char)*colon))
        colon++;
    if (colon == line || *colon != ':')
        return refuse(reader, "A header line is not 'Name: value'.");
    *colon = '\0';
    char *value = colon + 1 + strspn(colon + 1, " \t");
    size_t length = strlen(value);
    while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
        value[--length] = '\0';
    for (const char *c = value; *c; c++)
        if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f)
            return refuse(reader, "A header value has a control character.");
    *header = (struct ch_header){line, value};
    return read_framing(reader, line, value);
}

static bool check_whole(struct reader *reader)
{
    if (reader->hosts == 0 && reader->head->minor == 1)
        return refuse(reader, "The Host header is missing.");
    if (reader->lengths > 0 && reader->codings > 0)
        return refuse(reader, "Content-Length and Transfer-Encoding exclude each other.");
    return true;
}

static size_t count_lines(const char *text)
{
    size_t lines = 0;
    for (const char *at = strchr(text, '\n'); at; at = strchr(at + 1, '\n'))
        lines++;
    return lines;
}

enum ch_head_verdict ch_head_read(struct ch_arena *arena, char *text, struct ch_head *head, const char **why)
{
    struct reader reader = {.head = head};
    *head = (struct ch_head){.path = "/", .method_text = ""};
    size_t lines = count_lines(text);
    *why = "There are more than 100 headers.";
    if (lines > CH_HEADERS_MAX + 2)
        return CH_HEAD_TOO_MANY;
    head->headers = ch_alloc_array(arena, lines, sizeof *head->headers);
    char *at = text, *line = next_line(&at);
    bool ok = read_request_line(&reader, line);
    while (ok && (line = next_line(&at)) && *line) {
        ok = read_header(&reader, line, &head->headers[head->count]);
        head->count += ok;
    }
    if (ok && !line)
        ok = refuse(&reader, "A line does not end in CR LF.");
    if (ok && check_whole(&reader))
        return CH_HEAD_OK;
    *why = reader.why;
    return CH_HEAD_MALFORMED;
}

const char *ch_head_find(const struct ch_head *head, const char *name)
{
    for (size_t i = 0; i < head->count; i++)
        if (strcasecmp(head->headers[i].name, name) == 0)
            return head->headers[i].value;
    return NULL;
}
