/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which addresses lie inside: IANA's special-purpose registries for IPv4 (RFC 6890 and successors) and IPv6, multicast,
 * and every form in which an IPv6 address carries an IPv4 one. Global IPv6 unicast is 2000::/3 alone: all else is
 * refused without a list. */
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "commonhold/fetch.h"

struct block {
    uint8_t prefix[16];
    unsigned bits;
};

static const struct block BLOCKS4[] = {
    {{0}, 8},             /* this network (RFC 791) */
    {{10}, 8},            /* private (RFC 1918) */
    {{100, 64}, 10},      /* shared, carrier NAT (RFC 6598) */
    {{127}, 8},           /* loopback (RFC 1122) */
    {{169, 254}, 16},     /* link-local (RFC 3927); cloud metadata */
    {{172, 16}, 12},      /* private */
    {{192, 0, 0}, 24},    /* IETF protocol assignments (RFC 6890) */
    {{192, 0, 2}, 24},    /* documentation (RFC 5737) */
    {{192, 31, 196}, 24}, /* AS112 (RFC 7535) */
    {{192, 52, 193}, 24}, /* AMT (RFC 7450) */
    {{192, 88, 99}, 24},  /* 6to4 relay (RFC 7526) */
    {{192, 168}, 16},     /* private */
    {{192, 175, 48}, 24}, /* AS112 direct (RFC 7534) */
    {{198, 18}, 15},      /* benchmarking (RFC 2544) */
    {{198, 51, 100}, 24}, /* documentation */
    {{203, 0, 113}, 24},  /* documentation */
    {{224}, 4},           /* multicast (RFC 5771) */
    {{240}, 4},           /* reserved, and broadcast (RFC 1112, RFC 8190) */
};

/* Inside 2000::/3. */
static const struct block BLOCKS6[] = {
    {{0x20, 0x01}, 23},             /* IETF protocol assignments (RFC 2928): Teredo, ORCHID, benchmarking, ... */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation (RFC 3849) */
    {{0x20, 0x02}, 16},             /* 6to4 (RFC 3056) */
    {{0x26, 0x20, 0x00, 0x4f, 0x80, 0x00}, 48}, /* AS112 direct (RFC 7534) */
    {{0x3f, 0xfe}, 16},                         /* former 6bone (RFC 3701) */
    {{0x3f, 0xff}, 20},                         /* documentation (RFC 9637) */
};

static bool is_in(const uint8_t *address, const struct block *block)
{
    unsigned bytes = block->bits / 8, rest = block->bits % 8;
    if (memcmp(address, block->prefix, bytes) != 0)
        return false;
    return rest == 0 || ((address[bytes] ^ block->prefix[bytes]) >> (8 - rest)) == 0;
}

static bool is_listed(const uint8_t *address, const struct block *blocks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_in(address, &blocks[i]))
            return true;
    return false;
}

/* Mapped (::ffff:0:0/96), compatible (::/96), NAT64 (64:ff9b::/96 and 64:ff9b:1::/48), Teredo (2001::/32) and 6to4
 * (2002::/16) all lie outside 2000::/3 or in BLOCKS6, so none of them is connected to, whatever IPv4 it carries. */
static bool is_refused6(const uint8_t *address)
{
    if ((address[0] & 0xe0) != 0x20)
        return true;
    return is_listed(address, BLOCKS6, sizeof(BLOCKS6) / sizeof(BLOCKS6[0]));
}

bool ch_fetch_address_refused(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        return is_listed((const uint8_t *)&in.sin_addr, BLOCKS4, sizeof(BLOCKS4) / sizeof(BLOCKS4[0]));
    }
    if (address->sa_family != AF_INET6)
        return true;
    struct sockaddr_in6 in6;
    memcpy(&in6, address, sizeof(in6));
    return is_refused6(in6.sin6_addr.s6_addr);
}
