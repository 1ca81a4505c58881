/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Exact decimal arithmetic on text: compare, round, put into bins. Digits are looked up where they stand; only numbers
 * of at most 18 digits, which are nearly all, take a shorter way through integers. */
#include "decimal.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The exponent at text[*i], which is 'e' or 'E'. */
static bool parse_exponent(const char *text, size_t length, size_t *i, int *exponent)
{
    int value = 0;
    size_t at = *i + 1;
    bool minus = at < length && text[at] == '-';
    at += at < length && (text[at] == '-' || text[at] == '+');
    if (at >= length)
        return false;
    for (; at < length; at++) {
        if (!is_digit(text[at]) || value > CH_DECIMAL_EXPONENT)
            return false;
        value = value * 10 + (text[at] - '0');
    }
    *i = at;
    *exponent = minus ? -value : value;
    return value <= CH_DECIMAL_EXPONENT;
}

bool ch_decimal_parse(const char *text, size_t length, struct ch_decimal *out)
{
    if (length == 0 || length > CH_DECIMAL_LENGTH)
        return false;
    size_t i = text[0] == '-' || text[0] == '+';
    size_t start = i;
    int64_t mantissa = 0;
    int32_t count = 0, dot = -1;
    int exponent = 0;
    for (; i < length; i++) {
        char c = text[i];
        if (is_digit(c)) {
            if (count++ < 18)
                mantissa = mantissa * 10 + (c - '0');
        } else if (c == '.' && dot < 0) {
            dot = count;
        } else {
            break;
        }
    }
    if (count == 0)
        return false;
    size_t end = i;
    if (i < length && ((text[i] != 'e' && text[i] != 'E') || !parse_exponent(text, length, &i, &exponent)))
        return false;
    bool small = count <= 18, zero = mantissa == 0;
    for (size_t rest = start; zero && !small && rest < end; rest++)
        zero = text[rest] == '0' || text[rest] == '.';
    *out = (struct ch_decimal){.digits = text + start,
                               .count = count,
                               .dot = dot < 0 ? count : dot,
                               .point = (dot < 0 ? count : dot) + exponent,
                               .negative = text[0] == '-',
                               .zero = zero,
                               .small = small,
                               .mantissa = mantissa};
    return true;
}

/* The digit that counts 10^power. */
static int digit_at(const struct ch_decimal *d, int power)
{
    int i = d->point - 1 - power;
    if (i < 0 || i >= d->count)
        return 0;
    return d->digits[i < d->dot ? i : i + 1] - '0';
}

static int compare_small(const struct ch_decimal *a, const struct ch_decimal *b, int gap)
{
    __int128 left = a->mantissa, right = b->mantissa;
    for (; gap > 0; gap--)
        left *= 10;
    for (; gap < 0; gap++)
        right *= 10;
    return left < right ? -1 : left > right;
}

/* Without the signs. */
static int compare_size(const struct ch_decimal *a, const struct ch_decimal *b)
{
    int gap = (a->point - a->count) - (b->point - b->count);
    if (a->small && b->small && gap >= -18 && gap <= 18)
        return compare_small(a, b, gap);
    int high = (a->point > b->point ? a->point : b->point) - 1;
    int low_a = a->point - a->count, low_b = b->point - b->count;
    for (int power = high; power >= (low_a < low_b ? low_a : low_b); power--) {
        int difference = digit_at(a, power) - digit_at(b, power);
        if (difference)
            return difference;
    }
    return 0;
}

int ch_decimal_compare(const struct ch_decimal *a, const struct ch_decimal *b)
{
    if (a->zero && b->zero)
        return 0;
    bool minus_a = a->negative && !a->zero, minus_b = b->negative && !b->zero;
    if (minus_a != minus_b)
        return minus_a ? -1 : 1;
    return minus_a ? compare_size(b, a) : compare_size(a, b);
}

/* Adds one to the digits ending at text[i]; text[0] is a spare 0. */
static void carry(char *text, size_t i)
{
    while (text[i] == '9')
        text[i--] = '0';
    text[i]++;
}

/* The digits of 10^high to 10^0 and the decimals behind them, at `out`; a negative number gets its sign. */
static void lay_out(char *digits, size_t whole, size_t decimals, bool negative, char *out)
{
    size_t lead = 0, total = whole + decimals;
    bool zero = strspn(digits, "0") == total;
    while (lead + 1 < whole && digits[lead] == '0')
        lead++;
    if (negative && !zero)
        *out++ = '-';
    memcpy(out, digits + lead, whole - lead);
    out += whole - lead;
    if (decimals) {
        *out++ = '.';
        memcpy(out, digits + whole, decimals);
    }
    out[decimals] = '\0';
}

bool ch_decimal_round(const char *value, int places, char *out, size_t size)
{
    struct ch_decimal d;
    char digits[CH_DECIMAL_LENGTH + CH_DECIMAL_EXPONENT + 16];
    if (places < -6 || places > 6 || !ch_decimal_parse(value, strlen(value), &d))
        return false;
    int high = d.point > 7 ? d.point : 7; /* one spare digit for the carry */
    size_t decimals = places > 0 ? (size_t)places : 0, whole = (size_t)high + 1, n = 0;
    if (whole + decimals + 3 > size)
        whole = (size_t)(d.point > 0 ? d.point : 1) + 1, high = (int)whole - 1;
    if (whole + decimals + 3 > size || high < -places)
        return false;
    for (int power = high; power >= -(int)decimals; power--)
        digits[n++] = (char)('0' + (power >= -places ? digit_at(&d, power) : 0));
    digits[n] = '\0';
    if (digit_at(&d, -places - 1) >= 5)
        carry(digits, (size_t)(high + places));
    lay_out(digits, whole, decimals, d.negative, out);
    return true;
}

/* floor of the number; false beyond 36 digits. */
static bool whole_part(const struct ch_decimal *d, __int128 *whole)
{
    __int128 value = 0;
    bool rest = false;
    for (int power = d->point - 1; power >= 0; power--) {
        int digit = digit_at(d, power);
        if (power >= 36 && digit)
            return false;
        value = value * 10 + digit;
    }
    for (int power = -1; !rest && power >= d->point - d->count; power--)
        rest = digit_at(d, power) != 0;
    *whole = d->negative ? -value - rest : value;
    return true;
}

static bool print_whole(__int128 value, char *out, size_t size)
{
    char text[48], *at = text + sizeof text;
    bool minus = value < 0;
    *--at = '\0';
    do {
        int digit = (int)(value % 10);
        *--at = (char)('0' + (digit < 0 ? -digit : digit));
        value /= 10;
    } while (value);
    if (minus)
        *--at = '-';
    size_t length = (size_t)(text + sizeof text - at);
    if (length > size)
        return false;
    memcpy(out, at, length);
    return true;
}

bool ch_decimal_bin(const char *value, int64_t width, int64_t origin, char *out, size_t size)
{
    struct ch_decimal d;
    __int128 whole;
    if (width <= 0 || !ch_decimal_parse(value, strlen(value), &d) || !whole_part(&d, &whole))
        return false;
    __int128 from = whole - origin, rest = from % width;
    if (rest < 0)
        rest += width;
    return print_whole(from - rest + origin, out, size);
}

size_t ch_decimal_key(const struct ch_decimal *d, char *out)
{
    char *start = out;
    int first = 0, last = d->count - 1;
    while (first <= last && digit_at(d, d->point - 1 - first) == 0)
        first++;
    while (last >= first && digit_at(d, d->point - 1 - last) == 0)
        last--;
    if (first > last) {
        *out = '0';
        return 1;
    }
    if (d->negative)
        *out++ = '-';
    for (int i = first; i <= last; i++)
        *out++ = (char)('0' + digit_at(d, d->point - 1 - i));
    *out++ = 'e';
    int32_t exponent = d->point - 1 - last;
    memcpy(out, &exponent, sizeof exponent);
    return (size_t)(out - start) + sizeof exponent;
}

/* floor(power / 4): which digit of base 10,000 a decimal power lies in. */
static int group_of(int power)
{
    return power >= 0 ? power / 4 : -((3 - power) / 4);
}

/* The digits of base 10,000 from the highest down, of fewer than 17 decimal digits: by way of an integer. */
static void small_groups(const struct ch_decimal *d, int low, uint16_t *groups, int count)
{
    static const uint64_t tens[] = {1, 10, 100, 1000};
    uint64_t rest = (uint64_t)d->mantissa * tens[d->point - d->count - 4 * low];
    for (int i = count; i-- > 0; rest /= 10000)
        groups[i] = (uint16_t)(rest % 10000);
}

static void all_groups(const struct ch_decimal *d, int high, int low, uint16_t *groups)
{
    for (int group = high; group >= low; group--) {
        int value = 0;
        for (int power = 4 * group + 3; power >= 4 * group; power--)
            value = value * 10 + digit_at(d, power);
        *groups++ = (uint16_t)value;
    }
}

static char *put_two(char *out, unsigned value)
{
    *out++ = (char)(value >> 8);
    *out++ = (char)value;
    return out;
}

size_t ch_decimal_binary(const struct ch_decimal *d, char *out)
{
    uint16_t groups[CH_DECIMAL_LENGTH / 4 + 3];
    int high = group_of(d->point - 1), low = group_of(d->point - d->count), count = d->zero ? 0 : high - low + 1;
    int first = 0, decimals = d->count > d->point ? d->count - d->point : 0;
    if (count && d->count <= 16)
        small_groups(d, low, groups, count);
    else if (count)
        all_groups(d, high, low, groups);
    while (first < count && groups[first] == 0)
        first++;
    char *at = put_two(out, (unsigned)(count - first));
    at = put_two(at, (unsigned)(count ? high - first : 0));
    at = put_two(at, d->negative && !d->zero ? 0x4000 : 0);
    at = put_two(at, (unsigned)decimals);
    for (int i = first; i < count; i++)
        at = put_two(at, groups[i]);
    return (size_t)(at - out);
}
