/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The shape of a webhook's address. Narrower than RFC 3986: what two readers could read differently (backslashes, empty
 * ports, percent signs in names, white space) is refused, not interpreted. It resolves no name. */
#include "address.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

struct text {
    const char *at;
    size_t size;
};

static bool is_plain(const char *url)
{
    for (const char *c = url; *c; c++)
        if (*c <= ' ' || *c >= 0x7f || strchr("\\\"<>^`{|}", *c))
            return false;
    return true;
}

static bool is_label(const char *at, size_t size)
{
    return size >= 1 && size <= 63 && at[0] != '-' && at[size - 1] != '-' && strspn(at, LETTERS DIGITS "-") >= size;
}

/* Labels of letters, digits and inner hyphens (RFC 1123, section 2.1), at least `least` of them. */
static bool is_name(struct text host, size_t least)
{
    size_t labels = 0, start = 0;
    if (host.size == 0 || host.size > 253)
        return false;
    for (size_t i = 0; i <= host.size; i++) {
        if (i < host.size && host.at[i] != '.')
            continue;
        if (!is_label(host.at + start, i - start))
            return false;
        start = i + 1;
        labels++;
    }
    return labels >= least;
}

/* As resolvers read addresses: whatever ends in a number is one (127.0.0.1, 127.1, 0177.0.0.1, 2130706433, 0x7f.1). */
static bool ends_in_number(struct text host)
{
    size_t start = host.size;
    while (start > 0 && host.at[start - 1] != '.')
        start--;
    const char *last = host.at + start;
    size_t size = host.size - start;
    bool hex = size >= 2 && strncasecmp(last, "0x", 2) == 0 && strspn(last + 2, DIGITS "abcdefABCDEF") >= size - 2;
    return hex || strspn(last, DIGITS) >= size;
}

static bool is_this_machine(struct text host)
{
    static const char name[] = "localhost";
    size_t size = sizeof(name) - 1;
    if (host.size < size || strncasecmp(host.at + host.size - size, name, size) != 0)
        return false;
    return host.size == size || host.at[host.size - size - 1] == '.';
}

static const char *host_fault(struct text host, bool open)
{
    if (host.size > 0 && host.at[0] == '[')
        return open ? NULL : "an address stands in place of the host's name";
    if (!is_name(host, 1))
        return "the host is no name of letters, digits, hyphens and dots";
    if (open)
        return NULL;
    if (ends_in_number(host))
        return "an address stands in place of the host's name";
    if (is_this_machine(host))
        return "the host is this machine";
    return is_name(host, 2) ? NULL : "the host's name has no dot: it must be known everywhere";
}

static const char *port_fault(struct text port, bool open)
{
    if (strspn(port.at, DIGITS) < port.size || port.size == 0 || port.size > 5)
        return "the port is no number";
    if (!open && !(port.size == 3 && strncmp(port.at, "443", 3) == 0))
        return "the port must be 443";
    return NULL;
}

/* `authority` is what stands between the slashes and the path. */
static const char *authority_fault(struct text authority, bool open)
{
    if (memchr(authority.at, '@', authority.size))
        return "a user or password stands before the host";
    const char *end = authority.at + authority.size, *bracket = memchr(authority.at, ']', authority.size);
    const char *from = authority.at[0] == '[' && bracket ? bracket : authority.at;
    const char *colon = authority.size > 0 ? memchr(from, ':', (size_t)(end - from)) : NULL;
    struct text host = {authority.at, (size_t)((colon ? colon : end) - authority.at)};
    const char *fault = host_fault(host, open);
    if (fault || !colon)
        return fault;
    return port_fault((struct text){colon + 1, (size_t)(end - colon - 1)}, open);
}

const char *address_fault(const char *url, bool open)
{
    if (strlen(url) > ADDRESS_MOST)
        return "it is longer than 2048 bytes";
    if (!is_plain(url))
        return "it has characters that an address does not have: encode them";
    const char *rest = strncasecmp(url, "https://", 8) == 0 ? url + 8 : NULL;
    if (!rest && open && strncasecmp(url, "http://", 7) == 0)
        rest = url + 7;
    if (!rest)
        return "it must begin with https://";
    if (strchr(rest, '#'))
        return "a fragment is never sent: leave it out";
    return authority_fault((struct text){rest, strcspn(rest, "/?")}, open);
}
