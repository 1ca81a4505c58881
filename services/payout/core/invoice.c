/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The arithmetic of invoices. Numbers, states and text are the database's and the print page's. Ties go by the order
 * that everybody sees on the paper, not by hashes as in a distribution. */
#include "invoice.h"

#include <stdlib.h>
#include <string.h>

#include "apportion.h"
#include "benefit_rule.h"
#include "commonhold/calendar.h"
#include "fields.h"

#define MONTHS_MAX 1200

const char *const ch_vat_categories[] = {"S", "Z", "E", "AE", "O", NULL};

static bool add(int64_t *sum, int64_t amount)
{
    *sum += amount;
    return *sum <= CH_PAYOUT_MAX;
}

static bool same_group(const struct ch_invoice_vat *group, const struct ch_invoice_line *line)
{
    return group->category == line->category && group->vat_ppm == line->vat_ppm;
}

static struct ch_invoice_vat *group_of(struct ch_invoice_sums *sums, const struct ch_invoice_line *line)
{
    for (size_t i = 0; i < sums->group_count; i++)
        if (same_group(&sums->groups[i], line))
            return &sums->groups[i];
    struct ch_invoice_vat *group = &sums->groups[sums->group_count++];
    *group = (struct ch_invoice_vat){line->category, line->vat_ppm, 0, 0};
    return group;
}

static int compare_groups(const void *left, const void *right)
{
    const struct ch_invoice_vat *a = left, *b = right;
    if (a->category != b->category)
        return a->category < b->category ? -1 : 1;
    return (a->vat_ppm > b->vat_ppm) - (a->vat_ppm < b->vat_ppm);
}

static void spread_tax(struct ch_arena *arena, const struct ch_invoice_vat *group, struct ch_invoice_line *lines,
                       size_t count)
{
    int64_t *weight = ch_alloc_array(arena, count, sizeof *weight);
    int64_t *tax = ch_alloc_array(arena, count, sizeof *tax);
    for (size_t i = 0; i < count; i++)
        weight[i] = same_group(group, &lines[i]) ? lines[i].net : 0;
    ch_apportion_in_order(arena, group->tax, count, weight, tax);
    for (size_t i = 0; i < count; i++)
        if (same_group(group, &lines[i]))
            lines[i].vat = tax[i];
}

static bool lawful(const struct ch_invoice_line *line)
{
    bool rate = line->vat_ppm >= 0 && line->vat_ppm <= 1000000;
    return rate && (line->vat_ppm == 0 || line->category == CH_VAT_S) && line->net >= 0 && line->net <= CH_PAYOUT_MAX;
}

bool ch_invoice_vat(struct ch_arena *arena, struct ch_invoice_line *lines, size_t count, struct ch_invoice_sums *sums)
{
    *sums = (struct ch_invoice_sums){.groups = ch_alloc_array(arena, count, sizeof *sums->groups)};
    for (size_t i = 0; i < count; i++)
        if (!lawful(&lines[i]) || !add(&sums->net, lines[i].net) ||
            !add(&group_of(sums, &lines[i])->base, lines[i].net))
            return false;
    qsort(sums->groups, sums->group_count, sizeof *sums->groups, compare_groups);
    for (size_t i = 0; i < sums->group_count; i++) {
        struct ch_invoice_vat *group = &sums->groups[i];
        group->tax = ch_fraction(group->base, group->vat_ppm, 1000000, CH_ROUND_HALF_UP);
        spread_tax(arena, group, lines, count);
        sums->vat += group->tax; /* never more than the net */
    }
    sums->gross = sums->net;
    return add(&sums->gross, sums->vat);
}

struct ch_invoice_slice *ch_invoice_slices(struct ch_arena *arena, int64_t net, const char *first_day,
                                           const char *last_day, size_t *count)
{
    int year, month, day, last_year, last_month, end;
    if (!ch_payout_is_date(first_day) || !ch_payout_is_date(last_day) || strcmp(first_day, last_day) > 0)
        return NULL;
    ch_payout_split_date(first_day, &year, &month, &day);
    ch_payout_split_date(last_day, &last_year, &last_month, &end);
    int months = (last_year - year) * 12 + last_month - month + 1;
    if (months > MONTHS_MAX)
        return NULL;
    *count = (size_t)months;
    struct ch_invoice_slice *slices = ch_alloc_array(arena, *count, sizeof *slices);
    int64_t *days = ch_alloc_array(arena, *count, sizeof *days), *share = ch_alloc_array(arena, *count, sizeof *share);
    for (size_t i = 0; i < *count; i++) {
        int last = i + 1 == *count ? end : ch_days_of_month(year, month);
        days[i] = last - (i == 0 ? day : 1) + 1;
        slices[i] = (struct ch_invoice_slice){year, month, days[i], 0};
        year += month == 12;
        month = month % 12 + 1;
    }
    ch_apportion_in_order(arena, net, *count, days, share);
    for (size_t i = 0; i < *count; i++)
        slices[i].net = share[i];
    return slices;
}

bool ch_invoice_spread(struct ch_arena *arena, int64_t receipt, const int64_t *open, size_t count, int64_t *share)
{
    __int128 sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (open[i] < 0)
            return false;
        sum += open[i];
    }
    if (receipt < 0 || receipt > sum)
        return false;
    ch_apportion_in_order(arena, receipt, count, open, share);
    return true;
}

int ch_mod97(const char *text, size_t length)
{
    int rest = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] >= '0' && text[i] <= '9')
            rest = (rest * 10 + text[i] - '0') % 97;
        else if (text[i] >= 'A' && text[i] <= 'Z')
            rest = (rest * 100 + text[i] - 'A' + 10) % 97;
        else
            return -1;
    }
    return rest;
}

/* Letters and digits of a text in upper case; false when there are more than `max`. */
static bool squeeze(const char *text, const char *also, char *out, size_t max)
{
    size_t length = 0;
    for (; *text; text++) {
        char c = *text >= 'a' && *text <= 'z' ? (char)(*text - 'a' + 'A') : *text;
        if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
            if (length == max)
                return false;
            out[length++] = c;
        } else if (also && !strchr(also, c)) {
            return false;
        }
    }
    out[length] = 0;
    return true;
}

bool ch_reference_make(const char *text, char reference[26])
{
    char body[28];
    if (!squeeze(text, NULL, body, 21) || !body[0])
        return false;
    size_t length = strlen(body);
    memcpy(body + length, "RF00", 5);
    int check = 98 - ch_mod97(body, length + 4);
    memcpy(reference, "RF", 2);
    reference[2] = (char)('0' + check / 10);
    reference[3] = (char)('0' + check % 10);
    memcpy(reference + 4, body, length);
    reference[4 + length] = 0;
    return true;
}

bool ch_reference_check(const char *text, char plain[26])
{
    char whole[26], rotated[26];
    if (!squeeze(text, " ", whole, 25))
        return false;
    size_t length = strlen(whole);
    if (length < 5 || strncmp(whole, "RF", 2) != 0 || whole[2] > '9' || whole[3] > '9')
        return false;
    memcpy(rotated, whole + 4, length - 4);
    memcpy(rotated + length - 4, whole, 4);
    if (ch_mod97(rotated, length) != 1)
        return false;
    if (plain)
        memcpy(plain, whole, length + 1);
    return true;
}
