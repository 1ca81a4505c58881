/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writes journals for other people's tools. A running balance is that of the order in which the file stands, which is
 * the order of days and not always that of booking; so it is summed here. Reads nothing and decides nothing. */
#include "export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const ch_export_names[CH_EXPORT_FORMATS] = {"hledger", "ledger", "beancount", "csv"};
const char *const ch_export_types[CH_EXPORT_FORMATS] = {"text/plain; charset=utf-8", "text/plain; charset=utf-8",
                                                        "text/plain; charset=utf-8", "text/csv; charset=utf-8"};

/* Tags of a transaction in the order in which they are written; leaf last. */
static const char *const TAGS[] = {"txid", "kind", "evidence", "leaf"};
#define TAG_COUNT (sizeof TAGS / sizeof *TAGS)

/* ---- amounts, names ---- */

static void write_amount(struct ch_export *x, int64_t minor)
{
    static const int64_t UNITS[] = {1, 10, 100, 1000, 10000};
    char text[32];
    int64_t unit = UNITS[x->digits], size = minor < 0 ? -minor : minor;
    if (x->digits == 0)
        snprintf(text, sizeof text, "%s%lld", minor < 0 ? "-" : "", (long long)size);
    else
        snprintf(text, sizeof text, "%s%lld.%0*lld", minor < 0 ? "-" : "", (long long)(size / unit), x->digits,
                 (long long)(size % unit));
    ch_out_text(x->out, text);
}

static void write_money(struct ch_export *x, int64_t minor)
{
    write_amount(x, minor);
    ch_out_text(x->out, " ");
    ch_out_text(x->out, x->currency);
}

static bool is_letter_or_digit(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* A component that beancount reads, and that is not itself one of those written differently. */
static bool is_plain(const char *part, size_t length)
{
    if (!((part[0] >= 'A' && part[0] <= 'Z') || (part[0] >= '0' && part[0] <= '9')) || strncmp(part, "X-", 2) == 0)
        return false;
    for (size_t i = 1; i < length; i++)
        if (!is_letter_or_digit(part[i]) && part[i] != '-')
            return false;
    return true;
}

void ch_export_beancount_name(const char *path, char *name)
{
    while (*path) {
        size_t length = strcspn(path, ":");
        bool plain = is_plain(path, length);
        if (!plain) {
            memcpy(name, "X-", 2);
            name += 2;
        }
        for (size_t i = 0; i < length; i++) {
            bool single = path[i] == '-' && i + 1 < length && is_letter_or_digit(path[i + 1]);
            if (plain || is_letter_or_digit(path[i]) || single)
                *name++ = path[i];
            else
                name += snprintf(name, 5, "--%02X", (unsigned char)path[i]);
        }
        path += length;
        if (*path)
            *name++ = *path++;
    }
    *name = '\0';
}

static void write_account(struct ch_export *x, const struct ch_export_account *account)
{
    if (x->format != CH_EXPORT_BEANCOUNT) {
        ch_out_text(x->out, account->path);
        return;
    }
    char name[2048];
    ch_export_beancount_name(account->path, name);
    ch_out_text(x->out, name);
}

/* ---- CSV ---- */

/* A cell of text. One that a spreadsheet would take for a formula gets an apostrophe. */
static void write_cell(struct ch_export *x, const char *text)
{
    const char *start = text ? text : "";
    bool quoted = strpbrk(start, ",\"\r\n") != NULL;
    if (quoted)
        ch_out_text(x->out, "\"");
    if (*start && strchr("=+-@\t\r", *start))
        ch_out_text(x->out, "'");
    for (; *start; start++) {
        if (*start == '"')
            ch_out_text(x->out, "\"");
        ch_out_bytes(x->out, start, 1);
    }
    ch_out_text(x->out, quoted ? "\"," : ",");
}

static void write_csv(struct ch_export *x, const struct ch_export_posting *p, const struct ch_export_account *account)
{
    ch_out_integer(x->out, p->txn_no);
    ch_out_text(x->out, ",");
    ch_out_integer(x->out, p->line);
    ch_out_text(x->out, ",");
    write_cell(x, p->kind);
    write_cell(x, p->occurred_on);
    write_cell(x, p->recorded_at);
    write_cell(x, account->path);
    write_amount(x, p->minor);
    ch_out_text(x->out, ",");
    write_amount(x, account->balance);
    ch_out_text(x->out, ",");
    write_cell(x, x->currency);
    write_cell(x, p->evidence);
    write_cell(x, p->leaf);
    write_cell(x, p->resolution);
    write_cell(x, p->concerns);
    ch_out_text(x->out, p->reverses ? p->reverses : "");
    ch_out_text(x->out, "\r\n");
}

/* ---- transactions ---- */

static void write_tag(struct ch_export *x, const char *name, const char *value, bool last)
{
    if (x->format == CH_EXPORT_BEANCOUNT)
        ch_out_text(x->out, "  ");
    else if (x->format == CH_EXPORT_LEDGER)
        ch_out_text(x->out, "    ; ");
    ch_out_text(x->out, name);
    ch_out_text(x->out, x->format == CH_EXPORT_HLEDGER ? ":" : ": ");
    bool text = x->format == CH_EXPORT_BEANCOUNT && value[strspn(value, "0123456789")] != '\0';
    ch_out_text(x->out, text ? "\"" : "");
    ch_out_text(x->out, value);
    ch_out_text(x->out, text ? "\"" : "");
    ch_out_text(x->out, x->format == CH_EXPORT_HLEDGER && !last ? ", " : "\n");
}

/* Its leaf is not in the log at once. */
static void write_head(struct ch_export *x, const struct ch_export_posting *p)
{
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)p->txn_no);
    const char *values[TAG_COUNT] = {number, p->kind, p->evidence, p->leaf ? p->leaf : "pending"};
    ch_out_text(x->out, "\n");
    ch_out_text(x->out, p->occurred_on);
    ch_out_text(x->out, x->format == CH_EXPORT_BEANCOUNT ? " * \"" : " ");
    ch_out_text(x->out, p->kind);
    ch_out_text(x->out, x->format == CH_EXPORT_BEANCOUNT ? "\"\n" : x->format == CH_EXPORT_HLEDGER ? "  ; " : "\n");
    for (size_t i = 0; i < TAG_COUNT; i++)
        write_tag(x, TAGS[i], values[i], i + 1 == TAG_COUNT);
}

static void write_posting(struct ch_export *x, const struct ch_export_account *account, int64_t minor)
{
    ch_out_text(x->out, x->format == CH_EXPORT_BEANCOUNT ? "  " : "    ");
    write_account(x, account);
    ch_out_text(x->out, "  ");
    write_money(x, minor);
    if (x->format != CH_EXPORT_BEANCOUNT) {
        ch_out_text(x->out, " = ");
        write_money(x, account->balance);
    }
    ch_out_text(x->out, "\n");
}

/* beancount reads a balance as that of the start of its day. */
static void assert_month(struct ch_export *x, const char *day)
{
    if (x->format != CH_EXPORT_BEANCOUNT)
        return;
    ch_out_text(x->out, "\n");
    for (size_t i = 0; i < x->count; i++) {
        struct ch_export_account *account = &x->accounts[i];
        if (!account->moved)
            continue;
        account->moved = false;
        ch_out_text(x->out, day);
        ch_out_text(x->out, " balance ");
        write_account(x, account);
        ch_out_text(x->out, "  ");
        write_amount(x, account->balance);
        ch_out_text(x->out, " ~ 0 ");
        ch_out_text(x->out, x->currency);
        ch_out_text(x->out, "\n");
    }
}

static void next_day(const char *day, char next[11])
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = (int)strtol(day, NULL, 10), month = (int)strtol(day + 5, NULL, 10),
        number = (int)strtol(day + 8, NULL, 10);
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (++number > DAYS[month - 1] + (leap && month == 2)) {
        number = 1;
        month++;
    }
    if (month > 12) {
        month = 1;
        year++;
    }
    snprintf(next, 11, "%04u-%02u-%02u", (unsigned)year % 10000, (unsigned)month % 100, (unsigned)number % 100);
}

/* ---- accounts by id ---- */

static int compare_ids(const void *left, const void *right, void *accounts)
{
    const struct ch_export_account *all = accounts;
    int64_t a = all[*(const size_t *)left].id, b = all[*(const size_t *)right].id;
    return (a > b) - (a < b);
}

static struct ch_export_account *find(struct ch_export *x, int64_t id)
{
    size_t low = 0, high = x->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct ch_export_account *account = &x->accounts[x->by_id[middle]];
        if (account->id == id)
            return account;
        if (account->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* ---- declarations ---- */

static void declare(struct ch_export *x, const char *first_day)
{
    for (size_t i = 0; i < x->count; i++) {
        if (x->format == CH_EXPORT_BEANCOUNT) {
            ch_out_text(x->out, first_day);
            ch_out_text(x->out, " open ");
        } else {
            ch_out_text(x->out, "account ");
        }
        write_account(x, &x->accounts[i]);
        if (x->format == CH_EXPORT_BEANCOUNT) {
            ch_out_text(x->out, " ");
            ch_out_text(x->out, x->currency);
        }
        ch_out_text(x->out, "\n");
    }
}

static void write_file_head(struct ch_export *x)
{
    static const char *const EXAMPLES[] = {"1000.", "1000.0", "1000.00", "1000.000", "1000.0000"};
    switch (x->format) {
    case CH_EXPORT_HLEDGER:
        ch_out_text(x->out, "decimal-mark .\ncommodity ");
        break;
    case CH_EXPORT_LEDGER:
        for (size_t i = 0; i < TAG_COUNT; i++) {
            ch_out_text(x->out, "tag ");
            ch_out_text(x->out, TAGS[i]);
            ch_out_text(x->out, "\n");
        }
        ch_out_text(x->out, "commodity ");
        ch_out_text(x->out, x->currency);
        ch_out_text(x->out, "\n    format ");
        break;
    case CH_EXPORT_BEANCOUNT:
        ch_out_text(x->out, "option \"inferred_tolerance_default\" \"*:0\"\noption \"inferred_tolerance_multiplier\" "
                            "\"0\"\noption \"operating_currency\" \"");
        ch_out_text(x->out, x->currency);
        ch_out_text(x->out, "\"\n");
        return;
    case CH_EXPORT_CSV:
        ch_out_text(x->out, "txid,line,kind,occurred_on,recorded_at,account,amount,balance,currency,evidence,leaf,"
                            "resolution,concerns,reverses\r\n");
        return;
    case CH_EXPORT_FORMATS:
        abort();
    }
    ch_out_text(x->out, EXAMPLES[x->digits]);
    ch_out_text(x->out, " ");
    ch_out_text(x->out, x->currency);
    ch_out_text(x->out, "\n");
}

/* What was before, as one transaction: balances of a book sum to zero. */
static void write_opening(struct ch_export *x, const char *first_day, const char *evidence)
{
    bool begun = false;
    for (size_t i = 0; i < x->count; i++) {
        struct ch_export_account *account = &x->accounts[i];
        if (account->balance == 0)
            continue;
        if (!begun)
            write_head(x, &(struct ch_export_posting){
                              .kind = "opening", .occurred_on = first_day, .evidence = evidence, .leaf = "none"});
        begun = true;
        account->moved = true;
        write_posting(x, account, account->balance);
    }
    if (begun)
        memcpy(x->month, first_day, 7);
}

/* ---- entry points ---- */

void ch_export_begin(struct ch_export *x, const char *first_day, const char *opening_evidence)
{
    for (size_t i = 0; i < x->count; i++)
        x->by_id[i] = i;
    qsort_r(x->by_id, x->count, sizeof *x->by_id, compare_ids, x->accounts);
    write_file_head(x);
    if (x->format == CH_EXPORT_CSV)
        return;
    declare(x, first_day);
    write_opening(x, first_day, opening_evidence);
}

bool ch_export_posting(struct ch_export *x, const struct ch_export_posting *posting)
{
    struct ch_export_account *account = find(x, posting->account_id);
    if (!account)
        return false;
    if (x->month[0] && strncmp(x->month, posting->occurred_on, 7) < 0) {
        char day[11];
        snprintf(day, sizeof day, "%.7s-01", posting->occurred_on);
        assert_month(x, day);
    }
    memcpy(x->month, posting->occurred_on, 7);
    account->balance += posting->minor;
    account->moved = true;
    if (x->format == CH_EXPORT_CSV) {
        write_csv(x, posting, account);
        return true;
    }
    if (posting->txn_no != x->txn_no)
        write_head(x, posting);
    x->txn_no = posting->txn_no;
    write_posting(x, account, posting->minor);
    return true;
}

void ch_export_end(struct ch_export *x, const char *last_day)
{
    char day[11];
    next_day(last_day, day);
    if (x->month[0])
        assert_month(x, day);
}
