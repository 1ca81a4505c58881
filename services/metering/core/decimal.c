/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is kept is written group by group. For the rules there are two ways to the same text: 64-bit integers while they
 * hold what matters, which is nearly always, and strings of digits for every other. The unit test compares the two, an
 * API test both with the server. */
#include "decimal.h"

#include <string.h>

#define HEADER     8 /* digits, weight, sign, scale: 16 bits each */
#define BASE       10000
#define MINUS      0x4000
#define NOT_NUMBER 0xC000
#define PLUS_INF   0xD000
#define MINUS_INF  0xF000
#define SAFE       INT64_C(1000000000000000000) /* 10^18: twice of it is still an int64 */
#define MARGIN     24                           /* sign, point, a leading zero, up to six decimals more, a carry */

static const int64_t TENS[] = {1,
                               10,
                               100,
                               1000,
                               10000,
                               100000,
                               1000000,
                               10000000,
                               100000000,
                               1000000000,
                               INT64_C(10000000000),
                               INT64_C(100000000000),
                               INT64_C(1000000000000),
                               INT64_C(10000000000000),
                               INT64_C(100000000000000),
                               INT64_C(1000000000000000),
                               INT64_C(10000000000000000),
                               INT64_C(100000000000000000),
                               SAFE};

/* As it came: groups of four decimal digits, the first worth 10000^weight. */
struct numeric {
    const uint8_t *groups;
    int count, weight, scale;
    unsigned sign;
};

/* magnitude / 10^scale; magnitude < 10^18. */
struct small {
    bool minus;
    int64_t magnitude;
    int scale;
};

/* Digits without a point: a zero in front that takes a carry, then `whole` - 1 digits, then `scale` of the fraction. */
struct large {
    bool minus;
    char *digits;
    size_t whole, scale;
};

static unsigned word(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static bool read_numeric(const uint8_t *bytes, size_t length, struct numeric *out)
{
    if (length < HEADER)
        return false;
    out->count = (int)word(bytes);
    out->weight = (int16_t)word(bytes + 2);
    out->sign = word(bytes + 4);
    out->scale = (int)word(bytes + 6);
    out->groups = bytes + HEADER;
    if (length != HEADER + 2 * (size_t)out->count || out->scale > 0x3FFF)
        return false;
    for (int i = 0; i < out->count; i++)
        if (word(out->groups + 2 * (size_t)i) >= BASE)
            return false;
    return out->sign == 0 || out->sign == MINUS || out->sign == NOT_NUMBER || out->sign == PLUS_INF ||
           out->sign == MINUS_INF;
}

/* The group worth 10000^power. */
static int64_t group_at(const struct numeric *n, int power)
{
    int index = n->weight - power;
    return index >= 0 && index < n->count ? (int64_t)word(n->groups + 2 * (size_t)index) : 0;
}

static bool has_fraction(const struct numeric *n)
{
    for (int power = -1; n->weight - power < n->count; power--)
        if (group_at(n, power) != 0)
            return true;
    return false;
}

/* ---- as it is ---- */

static char *add_pair(char *to, int64_t pair)
{
    to[0] = (char)('0' + pair / 10);
    to[1] = (char)('0' + pair % 10);
    return to + 2;
}

static char *add_group(char *to, int64_t group)
{
    return add_pair(add_pair(to, group / 100), group % 100);
}

static size_t show_plain(const struct numeric *n, char *to)
{
    char *at = to, group[4];
    if (n->sign == MINUS && n->count > 0)
        *at++ = '-';
    int64_t first = n->weight >= 0 ? group_at(n, n->weight) : 0;
    int skip = first >= 1000 ? 0 : first >= 100 ? 1 : first >= 10 ? 2 : 3;
    add_group(group, first);
    memcpy(at, group + skip, (size_t)(4 - skip));
    at += 4 - skip;
    for (int power = n->weight - 1; power >= 0; power--)
        at = add_group(at, group_at(n, power));
    if (n->scale == 0)
        return (size_t)(at - to);
    *at++ = '.';
    char *end = at + n->scale;
    for (int power = -1; at < end; power--)
        at = add_group(at, group_at(n, power));
    return (size_t)(end - to);
}

/* ---- small ---- */

/* With `fraction` groups behind the point: what is cut off does not matter to who asks. */
static bool to_small(const struct numeric *n, int fraction, struct small *out)
{
    int highest = n->weight > 0 ? n->weight : 0;
    if (4 * (highest + 1 + fraction) > 18)
        return false;
    int64_t value = 0;
    for (int power = highest; power >= -fraction; power--)
        value = value * BASE + group_at(n, power);
    *out = (struct small){n->sign == MINUS, value, 4 * fraction};
    return true;
}

static bool round_small(struct small *s, int places)
{
    if (places >= s->scale) {
        if (s->magnitude >= SAFE / TENS[places - s->scale])
            return false;
        s->magnitude *= TENS[places - s->scale];
        s->scale = places;
        return true;
    }
    int64_t unit = TENS[s->scale - places];
    s->magnitude = (s->magnitude + unit / 2) / unit;
    if (places < 0)
        s->magnitude *= TENS[-places];
    s->scale = places < 0 ? 0 : places;
    return true;
}

/* How far a whole number stands above the beginning of its bin, by what both leave on division by the width. */
static int64_t above_bin(int64_t remainder, const struct plan_column *column)
{
    int64_t distance = (remainder - column->origin % column->number) % column->number;
    return distance < 0 ? distance + column->number : distance;
}

/* `fraction`: there was one behind the whole number. */
static void bin_small(struct small *s, const struct plan_column *column, bool fraction)
{
    int64_t whole = s->minus ? -s->magnitude - fraction : s->magnitude;
    whole -= above_bin(whole % column->number, column);
    *s = (struct small){whole < 0, whole < 0 ? -whole : whole, 0};
}

static size_t write_small(const struct small *s, char *to)
{
    char text[24];
    char *end = text + sizeof text, *at = end;
    int64_t rest = s->magnitude;
    for (int i = 0; i < s->scale; i++, rest /= 10)
        *--at = (char)('0' + rest % 10);
    if (s->scale > 0)
        *--at = '.';
    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (s->minus && s->magnitude != 0)
        *--at = '-';
    memcpy(to, at, (size_t)(end - at));
    return (size_t)(end - at);
}

/* Rounding looks at the first digit that it cuts off, a bin at the whole number alone. */
static bool numeric_small(const struct numeric *n, const struct plan_column *column, struct small *s)
{
    int places = (int)column->number;
    if (column->rule == PLAN_ROUND)
        return to_small(n, places < 0 ? 0 : places / 4 + 1, s) && round_small(s, places);
    if (!to_small(n, 0, s))
        return false;
    bin_small(s, column, s->minus && has_fraction(n));
    return true;
}

static bool integer_small(struct small *s, const struct plan_column *column)
{
    if (column->rule == PLAN_ROUND)
        return round_small(s, (int)column->number);
    if (column->rule == PLAN_BIN)
        bin_small(s, column, false);
    return true;
}

/* ---- large ---- */

static void to_large(const struct numeric *n, char *to, struct large *out)
{
    char *at = to;
    int fraction = (n->scale + 3) / 4, highest = n->weight > 0 ? n->weight : 0;
    *at++ = '0';
    for (int power = highest; power >= -fraction; power--) {
        int64_t group = group_at(n, power);
        for (int i = 3; i >= 0; i--, group /= 10)
            at[i] = (char)('0' + group % 10);
        at += 4;
    }
    *out = (struct large){n->sign == MINUS, to, 1 + 4 * ((size_t)highest + 1), (size_t)n->scale};
}

/* Adds a number of at most 18 digits to the first `count` digits, or takes it away; what is left is not negative and
 * the zero in front takes the carry. */
static void shift(char *digits, size_t count, int64_t by)
{
    for (size_t i = count; i-- > 0 && by != 0;) {
        int64_t digit = digits[i] - '0' + by % 10;
        by /= 10;
        if (digit < 0 || digit > 9) {
            by += digit < 0 ? -1 : 1;
            digit += digit < 0 ? 10 : -10;
        }
        digits[i] = (char)('0' + digit);
    }
}

static void round_large(struct large *l, int places)
{
    size_t wanted = places > 0 ? (size_t)places : 0;
    if (places >= 0 && wanted >= l->scale) {
        memset(l->digits + l->whole + l->scale, '0', wanted - l->scale);
        l->scale = wanted;
        return;
    }
    size_t cut = places < 0 ? (size_t)-places : 0; /* of the whole digits */
    size_t kept = l->whole > cut ? l->whole - cut + wanted : 0;
    bool up = kept > 0 && l->digits[kept] >= '5'; /* whole digits are at least five: kept is 0 only for nothing */
    if (up)
        shift(l->digits, kept, 1);
    l->scale = wanted;
    if (kept < l->whole)
        memset(l->digits + kept, '0', l->whole - kept);
}

/* In place: the digits end where the buffer's user wants them to begin. */
static size_t write_large(const struct large *l, char *to)
{
    size_t first = 0, size = 0, total = l->whole + l->scale;
    while (first + 1 < l->whole && l->digits[first] == '0')
        first++;
    bool zero = strspn(l->digits, "0") >= total;
    if (l->minus && !zero)
        to[size++] = '-';
    memmove(to + size, l->digits + first, l->whole - first);
    size += l->whole - first;
    if (l->scale > 0) {
        to[size++] = '.';
        memmove(to + size, l->digits + l->whole, l->scale);
        size += l->scale;
    }
    return size;
}

/* The whole number below, when 64 bits hold it. */
static bool floor_small(const struct large *l, struct small *out)
{
    size_t skip = strspn(l->digits, "0");
    *out = (struct small){.minus = l->minus};
    if (l->whole > skip && l->whole - skip > 18)
        return false;
    for (size_t i = skip; i < l->whole; i++)
        out->magnitude = out->magnitude * 10 + (l->digits[i] - '0');
    return true;
}

/* Floor first; then what stands above the bin's beginning is taken away: from a number so large that its sign stays. */
static size_t bin_large(struct large *l, const struct plan_column *column, char *to)
{
    struct small s;
    __int128 remainder = 0;
    bool fraction = strspn(l->digits + l->whole, "0") < l->scale;
    if (l->minus && fraction)
        shift(l->digits, l->whole, 1);
    l->scale = 0;
    if (floor_small(l, &s)) {
        bin_small(&s, column, false);
        return write_small(&s, to);
    }
    for (size_t i = 0; i < l->whole; i++)
        remainder = (remainder * 10 + (l->digits[i] - '0')) % column->number;
    int64_t above = above_bin((int64_t)(l->minus ? -remainder : remainder), column);
    shift(l->digits, l->whole, l->minus ? above : -above);
    return write_large(l, to);
}

static size_t show_large(const struct plan_column *column, const struct numeric *n, char *to)
{
    struct large l;
    to_large(n, to + 2, &l); /* room for a sign and a point in front of what they move */
    l.digits[l.whole + l.scale] = '\0';
    if (column->rule == PLAN_BIN)
        return bin_large(&l, column, to);
    round_large(&l, (int)column->number);
    l.digits[l.whole + l.scale] = '\0';
    return write_large(&l, to);
}

/* ---- entry points ---- */

static size_t show_special(const struct plan_column *column, unsigned sign, char *to)
{
    const char *text = sign == NOT_NUMBER || column->rule == PLAN_BIN ? "NaN"
                       : sign == PLUS_INF                             ? "Infinity"
                                                                      : "-Infinity";
    memcpy(to, text, strlen(text));
    return strlen(text);
}

size_t decimal_room(const uint8_t *bytes, size_t length)
{
    if (length < HEADER)
        return DECIMAL_BAD;
    int weight = (int16_t)word(bytes + 2);
    return 4 * (size_t)(weight > 0 ? weight + 1 : 1) + word(bytes + 6) + 4 + MARGIN;
}

size_t decimal_numeric(const struct plan_column *column, const uint8_t *bytes, size_t length, char *to)
{
    struct numeric n;
    struct small s;
    if (!read_numeric(bytes, length, &n))
        return DECIMAL_BAD;
    if (n.sign != 0 && n.sign != MINUS)
        return show_special(column, n.sign, to);
    if (column->rule == PLAN_KEEP)
        return show_plain(&n, to);
    if (numeric_small(&n, column, &s))
        return write_small(&s, to);
    return show_large(column, &n, to);
}

size_t decimal_integer(const struct plan_column *column, int64_t value, char *to)
{
    uint8_t groups[10];
    bool minus = value < 0;
    uint64_t rest = minus ? -(uint64_t)value : (uint64_t)value;
    struct small s = {minus, (int64_t)rest, 0};
    if (rest < (uint64_t)SAFE && integer_small(&s, column))
        return write_small(&s, to);
    for (int i = 4; i >= 0; i--, rest /= BASE) {
        groups[2 * i] = (uint8_t)(rest % BASE >> 8);
        groups[2 * i + 1] = (uint8_t)(rest % BASE);
    }
    const struct numeric n = {groups, 5, 4, 0, minus ? MINUS : 0};
    return column->rule == PLAN_KEEP ? show_plain(&n, to) : show_large(column, &n, to);
}
