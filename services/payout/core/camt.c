/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The camt reader: a table from element paths to struct members, and the checks that need only the
 * file itself. Whose account it is, and what came before, is the caller's. */
#include "camt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camt_key.h"
#include "fields.h"

#define DETAILS_MAX        100000
#define ENTRIES_MAX        1000000
#define JOINED_MAX         16384               /* remittance lines together */
#define STATEMENT_TEXT_MAX ((size_t)256 << 10) /* of a statement and its balances, or of the header */
#define ENTRY_TEXT_MAX     ((size_t)32 << 20)

static const char namespace_053[] = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08";
static const char namespace_054[] = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08";

struct balance {
    const char *code, *amount, *currency, *indicator, *date;
};

struct ch_camt {
    struct ch_camt_calls calls;
    struct ch_bank_xml *xml;
    char currency[4];
    int digits;
    bool notification;       /* camt.054: no balances */
    char amount_currency[8]; /* Ccy of the element being read */
    /* what is being read; each arena goes with its thing */
    struct ch_arena *message_arena, *statement_arena, *entry_arena;
    size_t statement_text, entry_text; /* bytes kept */
    const char *message_id;
    struct ch_camt_statement statement;
    struct ch_camt_keys keys;
    struct balance balance;
    struct ch_camt_entry entry;
};

static bool refuse(struct ch_camt *c, enum ch_bank_error error, const char *detail)
{
    return ch_bank_xml_refuse(c->xml, error, detail);
}

enum target { MESSAGE, STATEMENT, BALANCE, ENTRY, DETAIL };

/* Where the text of an element goes: a const char * member, and for amounts a second one for the currency. */
struct member {
    const char *path;
    enum target target;
    size_t offset, currency; /* currency 0: none */
    bool joined;             /* several are put on a line each */
};

#define S(p, m)                                                                                                        \
    {                                                                                                                  \
        "Stmt/" p, STATEMENT, offsetof(struct ch_camt_statement, m), 0, false                                          \
    }
#define B(p, m)                                                                                                        \
    {                                                                                                                  \
        "Stmt/Bal/" p, BALANCE, offsetof(struct balance, m), 0, false                                                  \
    }
#define E(p, m)                                                                                                        \
    {                                                                                                                  \
        "Stmt/Ntry/" p, ENTRY, offsetof(struct ch_camt_entry, m), 0, false                                             \
    }
#define D(p, m, j)                                                                                                     \
    {                                                                                                                  \
        "Stmt/Ntry/NtryDtls/TxDtls/" p, DETAIL, offsetof(struct ch_camt_detail, m), 0, j                               \
    }

/* Sorted by path, for the search; a test finds every one. */
static const struct member members[] = {
    {"GrpHdr/MsgId", MESSAGE, offsetof(struct ch_camt, message_id), 0, false},
    S("Acct/Ccy", account_currency),
    S("Acct/Id/IBAN", iban),
    {"Stmt/Bal/Amt", BALANCE, offsetof(struct balance, amount), offsetof(struct balance, currency), false},
    B("CdtDbtInd", indicator),
    B("Dt/Dt", date),
    B("Dt/DtTm", date),
    B("Tp/CdOrPrtry/Cd", code),
    S("CreDtTm", created),
    S("ElctrncSeqNb", sequence_text),
    S("FrToDt/FrDtTm", from),
    S("FrToDt/ToDtTm", to),
    S("Id", id),
    E("AcctSvcrRef", servicer_ref),
    E("AddtlNtryInf", additional_info),
    {"Stmt/Ntry/Amt", ENTRY, offsetof(struct ch_camt_entry, amount_text), offsetof(struct ch_camt_entry, currency),
     false},
    E("BkTxCd/Domn/Cd", domain),
    E("BkTxCd/Domn/Fmly/Cd", family),
    E("BkTxCd/Domn/Fmly/SubFmlyCd", sub_family),
    E("BkTxCd/Prtry/Cd", proprietary),
    E("BookgDt/Dt", booking_date),
    E("BookgDt/DtTm", booking_date),
    E("CdtDbtInd", indicator),
    E("NtryDtls/Btch/MsgId", batch_message_id),
    E("NtryDtls/Btch/NbOfTxs", batch_count),
    E("NtryDtls/Btch/PmtInfId", batch_payment_info_id),
    {"Stmt/Ntry/NtryDtls/TxDtls/Amt", DETAIL, offsetof(struct ch_camt_detail, amount_text),
     offsetof(struct ch_camt_detail, amount_currency), false},
    D("CdtDbtInd", indicator, false),
    {"Stmt/Ntry/NtryDtls/TxDtls/Chrgs/TtlChrgsAndTaxAmt", DETAIL, offsetof(struct ch_camt_detail, charges_text),
     offsetof(struct ch_camt_detail, charges_currency), false},
    D("Refs/AcctSvcrRef", servicer_ref, false),
    D("Refs/EndToEndId", end_to_end_id, false),
    D("Refs/InstrId", instruction_id, false),
    D("Refs/MsgId", message_id, false),
    D("Refs/PmtInfId", payment_info_id, false),
    D("Refs/TxId", transaction_id, false),
    D("Refs/UETR", uetr, false),
    D("RltdPties/Cdtr/Pty/Nm", creditor_name, false),
    D("RltdPties/CdtrAcct/Id/IBAN", creditor_iban, false),
    D("RltdPties/Dbtr/Pty/Nm", debtor_name, false),
    D("RltdPties/DbtrAcct/Id/IBAN", debtor_iban, false),
    D("RmtInf/Strd/CdtrRefInf/Ref", references, true),
    D("RmtInf/Ustrd", remittance, true),
    D("RtrInf/AddtlInf", return_info, true),
    D("RtrInf/Rsn/Cd", return_reason, false),
    D("RtrInf/Rsn/Prtry", return_reason, false),
    E("NtryRef", entry_ref),
    E("RvslInd", reversal_text),
    E("Sts/Cd", status),
    E("ValDt/Dt", value_date),
    E("ValDt/DtTm", value_date),
};

static int compare_member(const void *path, const void *member)
{
    return strcmp(path, ((const struct member *)member)->path);
}

bool ch_camt_minor(const char *text, int digits, int64_t *minor)
{
    int64_t sum = 0;
    int places = -1, seen = 0; /* places after the point; -1 before it */
    for (; *text; text++) {
        if (*text == '.' && places < 0) {
            places = 0;
            continue;
        }
        if (*text < '0' || *text > '9')
            return false;
        seen++;
        if (places >= digits) {
            if (++places > 5 || *text != '0')
                return false;
            continue;
        }
        places += places >= 0;
        sum = sum * 10 + (*text - '0');
        if (sum > CH_PAYOUT_MAX)
            return false;
    }
    for (int i = places < 0 ? 0 : places; i < digits; i++) {
        sum *= 10;
        if (sum > CH_PAYOUT_MAX)
            return false;
    }
    *minor = sum;
    return seen > 0;
}

/* An amount with its sign, in the book's currency. */
static bool read_amount(struct ch_camt *c, const char *text, const char *currency, const char *indicator,
                        int64_t *minor)
{
    if (!text || !currency || !indicator)
        return refuse(c, CH_BANK_INCOMPLETE, "an amount, its currency or its direction is missing");
    if (strcmp(currency, c->currency) != 0)
        return refuse(c, CH_BANK_CURRENCY, "an amount is not in the book's currency");
    if (!ch_camt_minor(text, c->digits, minor))
        return refuse(c, CH_BANK_BAD_VALUE, "an amount is not a decimal of the currency's minor units");
    if (strcmp(indicator, "DBIT") == 0)
        *minor = -*minor;
    else if (strcmp(indicator, "CRDT") != 0)
        return refuse(c, CH_BANK_BAD_VALUE, "a direction is neither CRDT nor DBIT");
    return true;
}

static bool end_balance(struct ch_camt *c)
{
    struct balance b = c->balance;
    struct ch_camt_statement *s = &c->statement;
    c->balance = (struct balance){0};
    bool opening = b.code && (strcmp(b.code, "OPBD") == 0 || strcmp(b.code, "PRCD") == 0);
    bool closing = b.code && strcmp(b.code, "CLBD") == 0;
    int64_t minor;
    if (!opening && !closing)
        return true;
    if (!read_amount(c, b.amount, b.currency, b.indicator, &minor))
        return false;
    bool *has = opening ? &s->has_opening : &s->has_closing;
    int64_t *to = opening ? &s->opening : &s->closing;
    if (*has && *to != minor)
        return refuse(c, CH_BANK_BAD_VALUE, "two booked balances of one kind differ");
    *has = true;
    *to = minor;
    if (closing)
        s->closing_date = b.date;
    return true;
}

/* The day of a date or date-time. */
static bool read_day(struct ch_camt *c, const char **day)
{
    if (!*day)
        return true;
    char *cut = ch_strdup(c->entry_arena, *day);
    if (strlen(cut) > 10)
        cut[10] = 0;
    *day = cut;
    return ch_payout_is_date(cut) || refuse(c, CH_BANK_BAD_VALUE, "a date does not exist");
}

static bool settle_detail(struct ch_camt *c, struct ch_camt_detail *d)
{
    const char *indicator = d->indicator ? d->indicator : c->entry.indicator;
    if (d->amount_text && d->amount_currency && strcmp(d->amount_currency, c->currency) == 0) {
        if (!read_amount(c, d->amount_text, d->amount_currency, indicator, &d->minor))
            return false;
        d->has_amount = true;
    }
    if (d->charges_text && d->charges_currency && strcmp(d->charges_currency, c->currency) == 0)
        d->has_charges = ch_camt_minor(d->charges_text, c->digits, &d->charges);
    return true;
}

static bool book_entry(struct ch_camt *c)
{
    struct ch_camt_entry *e = &c->entry;
    struct ch_camt_statement *s = &c->statement;
    if (!read_amount(c, e->amount_text, e->currency, e->indicator, &e->minor) || !read_day(c, &e->booking_date) ||
        !read_day(c, &e->value_date))
        return false;
    if (e->minor == 0) { /* a note of the bank's: nothing moved */
        s->skipped++;
        return true;
    }
    for (size_t i = 0; i < e->detail_count; i++)
        if (!settle_detail(c, &e->details[i]))
            return false;
    e->reversal = e->reversal_text && (strcmp(e->reversal_text, "true") == 0 || strcmp(e->reversal_text, "1") == 0);
    if (__builtin_add_overflow(s->sum, e->minor, &s->sum))
        return refuse(c, CH_BANK_BAD_VALUE, "the entries sum to more than 64 bits");
    if (s->booked == ENTRIES_MAX)
        return refuse(c, CH_BANK_TOO_LONG, "a statement has more than a million entries");
    s->booked++;
    ch_camt_set_key(&c->keys, c->statement_arena, s, e);
    if (!c->calls.entry(c->calls.context, s, e))
        return refuse(c, CH_BANK_STOPPED, "stopped at an entry");
    return true;
}

static void end_entry(struct ch_camt *c)
{
    if (!c->entry.status)
        refuse(c, CH_BANK_INCOMPLETE, "an entry has no status");
    else if (strcmp(c->entry.status, "BOOK") == 0)
        book_entry(c);
    else
        c->statement.skipped++;
    ch_arena_free(c->entry_arena);
    c->entry_arena = NULL;
}

static bool read_sequence(struct ch_camt *c)
{
    struct ch_camt_statement *s = &c->statement;
    s->sequence = -1;
    if (!s->sequence_text)
        return true;
    size_t length = strlen(s->sequence_text);
    if (length < 1 || length > 18 || strspn(s->sequence_text, "0123456789") != length)
        return refuse(c, CH_BANK_BAD_VALUE, "the sequence number is not a number");
    s->sequence = strtoll(s->sequence_text, NULL, 10);
    return true;
}

static bool check_statement(struct ch_camt *c)
{
    const struct ch_camt_statement *s = &c->statement;
    if (!s->id || !s->iban)
        return refuse(c, CH_BANK_INCOMPLETE, "a statement has no id or no IBAN");
    if (s->account_currency && strcmp(s->account_currency, c->currency) != 0)
        return refuse(c, CH_BANK_CURRENCY, "the account is not in the book's currency");
    if (c->notification)
        return true;
    if (!s->has_opening || !s->has_closing)
        return refuse(c, CH_BANK_INCOMPLETE, "a statement has no opening or no closing booked balance");
    if ((__int128)s->opening + s->sum != s->closing)
        return refuse(c, CH_BANK_SUM, "opening balance and entries do not make the closing balance");
    return true;
}

static void end_statement(struct ch_camt *c)
{
    if (read_sequence(c) && check_statement(c) && !c->calls.statement(c->calls.context, &c->statement))
        refuse(c, CH_BANK_STOPPED, "stopped at a statement");
    ch_arena_free(c->statement_arena);
    c->statement_arena = NULL;
}

static void begin_detail(struct ch_camt *c)
{
    struct ch_camt_entry *e = &c->entry;
    if (e->detail_count == DETAILS_MAX) {
        refuse(c, CH_BANK_TOO_LONG, "an entry has more than 100,000 details");
        return;
    }
    if (e->detail_count == e->detail_room) {
        size_t room = e->detail_room ? e->detail_room * 2 : 4;
        struct ch_camt_detail *details = ch_alloc_array(c->entry_arena, room, sizeof *details);
        if (e->detail_count)
            memcpy(details, e->details, e->detail_count * sizeof *details);
        e->details = details;
        e->detail_room = room;
    }
    e->details[e->detail_count++] = (struct ch_camt_detail){0};
}

static void begin(void *context, const char *path, const char *const *attributes)
{
    struct ch_camt *c = context;
    c->amount_currency[0] = '\0';
    for (; *attributes; attributes += 2)
        if (strcmp(attributes[0], "Ccy") == 0 && strlen(attributes[1]) < sizeof c->amount_currency)
            memcpy(c->amount_currency, attributes[1], strlen(attributes[1]) + 1);
    if (strcmp(path, "Stmt") == 0) {
        c->statement_arena = ch_arena_new();
        c->statement = (struct ch_camt_statement){.message_id = c->message_id, .sequence = -1};
        c->statement_text = 0;
        c->keys = (struct ch_camt_keys){0};
        c->balance = (struct balance){0};
    } else if (strcmp(path, "Stmt/Ntry") == 0) {
        c->entry_arena = ch_arena_new();
        c->entry = (struct ch_camt_entry){0};
        c->entry_text = 0;
    } else if (strcmp(path, "Stmt/Ntry/NtryDtls/TxDtls") == 0) {
        begin_detail(c);
    }
}

static struct ch_arena *arena_of(struct ch_camt *c, enum target target, char **base)
{
    switch (target) {
    case MESSAGE:
        *base = (char *)c;
        return c->message_arena;
    case STATEMENT:
        *base = (char *)&c->statement;
        return c->statement_arena;
    case BALANCE:
        *base = (char *)&c->balance;
        return c->statement_arena;
    case ENTRY:
        *base = (char *)&c->entry;
        return c->entry_arena;
    case DETAIL:
        *base = (char *)&c->entry.details[c->entry.detail_count - 1];
        return c->entry_arena;
    }
    return NULL;
}

/* Counts what is kept, so that no number of repeated elements fills the memory. */
static bool may_keep(struct ch_camt *c, enum target target, size_t length)
{
    bool of_entry = target == ENTRY || target == DETAIL;
    size_t *kept = of_entry ? &c->entry_text : &c->statement_text;
    *kept += length + 1;
    return *kept <= (of_entry ? ENTRY_TEXT_MAX : STATEMENT_TEXT_MAX) ||
           refuse(c, CH_BANK_TOO_LONG,
                  of_entry ? "an entry has more than 32 MiB of text"
                           : "a statement has more than 256 KiB of text beside its entries");
}

static void keep(struct ch_camt *c, const struct member *member, const char *text, size_t length)
{
    char *base = NULL;
    struct ch_arena *arena = arena_of(c, member->target, &base);
    const char **to = (const char **)(void *)(base + member->offset);
    size_t before = member->joined && *to ? strlen(*to) + 1 : 0;
    if (before + length > JOINED_MAX)
        refuse(c, CH_BANK_TOO_LONG, "the lines of a payment's text are too long together");
    else if (may_keep(c, member->target, before + length)) {
        *to = before ? ch_printf(arena, "%s\n%s", *to, text) : ch_memdup(arena, text, length);
        if (member->currency)
            *(const char **)(void *)(base + member->currency) = ch_strdup(arena, c->amount_currency);
    }
}

static void end(void *context, const char *path, const char *text, size_t length)
{
    struct ch_camt *c = context;
    const struct member *member =
        bsearch(path, members, sizeof members / sizeof *members, sizeof *members, compare_member);
    if (member)
        keep(c, member, text, length);
    else if (strcmp(path, "Stmt/Bal") == 0)
        end_balance(c);
    else if (strcmp(path, "Stmt/Ntry") == 0)
        end_entry(c);
    else if (strcmp(path, "Stmt") == 0)
        end_statement(c);
}

static bool is_ours(void *context, const char *space, const char *name)
{
    struct ch_camt *c = context;
    c->notification = strcmp(space, namespace_054) == 0;
    if (!c->notification && strcmp(space, namespace_053) != 0)
        return false;
    return !name || strcmp(name, c->notification ? "BkToCstmrDbtCdtNtfctn" : "BkToCstmrStmt") == 0;
}

struct ch_camt *ch_camt_new(const struct ch_camt_calls *calls, const char *currency, int minor_digits)
{
    struct ch_arena *arena = ch_arena_new();
    struct ch_camt *c = ch_alloc(arena, sizeof *c);
    const struct ch_bank_xml_calls xml = {is_ours, begin, end, c};
    c->message_arena = arena;
    c->calls = *calls;
    c->digits = minor_digits;
    memcpy(c->currency, currency, 3);
    c->xml = ch_bank_xml_new(arena, &xml);
    ch_bank_xml_alias(c->xml, "Ntfctn", "Stmt"); /* the notification's parts have the statement's names */
    return c;
}

bool ch_camt_feed(struct ch_camt *c, const void *bytes, size_t size, bool last)
{
    return ch_bank_xml_feed(c->xml, bytes, size, last);
}

enum ch_bank_error ch_camt_error(const struct ch_camt *c)
{
    return ch_bank_xml_error(c->xml);
}

bool ch_camt_is_notification(const struct ch_camt *c)
{
    return c->notification;
}

const char *ch_camt_detail_text(const struct ch_camt *c)
{
    return ch_bank_xml_detail(c->xml);
}

void ch_camt_free(struct ch_camt *c)
{
    if (!c)
        return;
    ch_arena_free(c->entry_arena);
    ch_arena_free(c->statement_arena);
    ch_arena_free(c->message_arena);
}

enum ch_camt_chain ch_camt_follows(const struct ch_camt_statement *before, const struct ch_camt_statement *statement)
{
    if (before->closing != statement->opening)
        return CH_CAMT_BALANCE_BREAKS;
    if (before->sequence < 0 || statement->sequence < 0 || statement->sequence == before->sequence + 1)
        return CH_CAMT_FOLLOWS;
    bool new_year = before->closing_date && statement->closing_date &&
                    strncmp(before->closing_date, statement->closing_date, 4) < 0;
    return new_year && statement->sequence == 1 ? CH_CAMT_FOLLOWS : CH_CAMT_SEQUENCE_GAP;
}
