/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The camt reader: expat's events, a table from element paths to struct members, and the checks that need only the
 * file itself. Whose account it is, and what came before, is the caller's. */
#include "camt.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camt_key.h"
#include "fields.h"

#define DEPTH_MAX   32
#define TEXT_MAX    4096
#define TOKEN_MAX   65536 /* bytes expat may hold back waiting for the end of a tag or comment */
#define PIECE       16384
#define DETAILS_MAX 100000
#define JOINED_MAX  16384 /* remittance lines together */

static const char namespace_053[] = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08|";
static const char namespace_054[] = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08|";

struct balance {
    const char *code, *amount, *currency, *indicator, *date;
};

struct ch_camt {
    struct ch_camt_calls calls;
    XML_Parser parser;
    char currency[4];
    int digits;
    bool notification; /* camt.054: no balances */
    enum ch_camt_error error;
    char message[320];
    size_t fed;
    /* where we are */
    unsigned depth;
    size_t path_end[DEPTH_MAX + 1];
    char path[1024]; /* below Document and the message, joined by '/' */
    char text[TEXT_MAX + 1];
    size_t text_length;
    char amount_currency[8]; /* Ccy of the element being read */
    /* what is being read; each arena goes with its thing */
    struct ch_arena *message_arena, *statement_arena, *entry_arena;
    const char *message_id;
    struct ch_camt_statement statement;
    struct ch_camt_keys keys;
    struct balance balance;
    struct ch_camt_entry entry;
};

static bool refuse(struct ch_camt *c, enum ch_camt_error error, const char *detail)
{
    if (c->error == CH_CAMT_OK) {
        c->error = error;
        snprintf(c->message, sizeof c->message, "%s (line %lu)", detail,
                 (unsigned long)XML_GetCurrentLineNumber(c->parser));
        XML_StopParser(c->parser, XML_FALSE);
    }
    return false;
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
        return refuse(c, CH_CAMT_INCOMPLETE, "an amount, its currency or its direction is missing");
    if (strcmp(currency, c->currency) != 0)
        return refuse(c, CH_CAMT_CURRENCY, "an amount is not in the book's currency");
    if (!ch_camt_minor(text, c->digits, minor))
        return refuse(c, CH_CAMT_BAD_VALUE, "an amount is not a decimal of the currency's minor units");
    if (strcmp(indicator, "DBIT") == 0)
        *minor = -*minor;
    else if (strcmp(indicator, "CRDT") != 0)
        return refuse(c, CH_CAMT_BAD_VALUE, "a direction is neither CRDT nor DBIT");
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
        return refuse(c, CH_CAMT_BAD_VALUE, "two booked balances of one kind differ");
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
    return ch_payout_is_date(cut) || refuse(c, CH_CAMT_BAD_VALUE, "a date does not exist");
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
    for (size_t i = 0; i < e->detail_count; i++)
        if (!settle_detail(c, &e->details[i]))
            return false;
    e->reversal = e->reversal_text && (strcmp(e->reversal_text, "true") == 0 || strcmp(e->reversal_text, "1") == 0);
    if (__builtin_add_overflow(s->sum, e->minor, &s->sum))
        return refuse(c, CH_CAMT_BAD_VALUE, "the entries sum to more than 64 bits");
    s->booked++;
    ch_camt_set_key(&c->keys, c->statement_arena, s, e);
    if (!c->calls.entry(c->calls.context, s, e))
        return refuse(c, CH_CAMT_STOPPED, "stopped at an entry");
    return true;
}

static void end_entry(struct ch_camt *c)
{
    if (!c->entry.status)
        refuse(c, CH_CAMT_INCOMPLETE, "an entry has no status");
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
        return refuse(c, CH_CAMT_BAD_VALUE, "the sequence number is not a number");
    s->sequence = strtoll(s->sequence_text, NULL, 10);
    return true;
}

static bool check_statement(struct ch_camt *c)
{
    const struct ch_camt_statement *s = &c->statement;
    if (!s->id || !s->iban)
        return refuse(c, CH_CAMT_INCOMPLETE, "a statement has no id or no IBAN");
    if (s->account_currency && strcmp(s->account_currency, c->currency) != 0)
        return refuse(c, CH_CAMT_CURRENCY, "the account is not in the book's currency");
    if (c->notification)
        return true;
    if (!s->has_opening || !s->has_closing)
        return refuse(c, CH_CAMT_INCOMPLETE, "a statement has no opening or no closing booked balance");
    if ((__int128)s->opening + s->sum != s->closing)
        return refuse(c, CH_CAMT_SUM, "opening balance and entries do not make the closing balance");
    return true;
}

static void end_statement(struct ch_camt *c)
{
    if (read_sequence(c) && check_statement(c) && !c->calls.statement(c->calls.context, &c->statement))
        refuse(c, CH_CAMT_STOPPED, "stopped at a statement");
    ch_arena_free(c->statement_arena);
    c->statement_arena = NULL;
}

static void begin_detail(struct ch_camt *c)
{
    struct ch_camt_entry *e = &c->entry;
    if (e->detail_count == DETAILS_MAX) {
        refuse(c, CH_CAMT_TEXT_TOO_LONG, "an entry has more than 100,000 details");
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

static void begin(struct ch_camt *c)
{
    if (strcmp(c->path, "Stmt") == 0) {
        c->statement_arena = ch_arena_new();
        c->statement = (struct ch_camt_statement){.message_id = c->message_id, .sequence = -1};
        c->keys = (struct ch_camt_keys){0};
        c->balance = (struct balance){0};
    } else if (strcmp(c->path, "Stmt/Ntry") == 0) {
        c->entry_arena = ch_arena_new();
        c->entry = (struct ch_camt_entry){0};
    } else if (strcmp(c->path, "Stmt/Ntry/NtryDtls/TxDtls") == 0) {
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

static void keep(struct ch_camt *c, const struct member *member)
{
    char *base = NULL;
    struct ch_arena *arena = arena_of(c, member->target, &base);
    const char **to = (const char **)(void *)(base + member->offset);
    if (member->joined && *to) {
        if (strlen(*to) + c->text_length > JOINED_MAX) {
            refuse(c, CH_CAMT_TEXT_TOO_LONG, "the lines of a payment's text are too long together");
            return;
        }
        *to = ch_printf(arena, "%s\n%s", *to, c->text);
    } else {
        *to = ch_strdup(arena, c->text);
    }
    if (member->currency)
        *(const char **)(void *)(base + member->currency) = ch_strdup(arena, c->amount_currency);
}

static void end(struct ch_camt *c)
{
    const struct member *member =
        bsearch(c->path, members, sizeof members / sizeof *members, sizeof *members, compare_member);
    if (member)
        keep(c, member);
    else if (strcmp(c->path, "Stmt/Bal") == 0)
        end_balance(c);
    else if (strcmp(c->path, "Stmt/Ntry") == 0)
        end_entry(c);
    else if (strcmp(c->path, "Stmt") == 0)
        end_statement(c);
}

/* The message's own namespace gives the local name; anything else gets a name that no path has. */
static const char *local_name(const struct ch_camt *c, const char *name)
{
    const char *space = c->notification ? namespace_054 : namespace_053;
    size_t length = sizeof namespace_053 - 1;
    if (strncmp(name, space, length) != 0)
        return "?";
    name += length;
    return strcmp(name, "Ntfctn") == 0 && c->depth == 3 ? "Stmt" : name;
}

static bool check_root(struct ch_camt *c, const char *name)
{
    c->notification = strncmp(name, namespace_054, sizeof namespace_054 - 1) == 0;
    return strcmp(local_name(c, name), "Document") == 0 ||
           refuse(c, CH_CAMT_WRONG_MESSAGE, "not a camt.053.001.08 or camt.054.001.08 document");
}

static bool check_body(struct ch_camt *c, const char *name)
{
    const char *expected = c->notification ? "BkToCstmrDbtCdtNtfctn" : "BkToCstmrStmt";
    return strcmp(local_name(c, name), expected) == 0 ||
           refuse(c, CH_CAMT_WRONG_MESSAGE, "the document holds another message");
}

static void on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
    struct ch_camt *c = context;
    if (c->error != CH_CAMT_OK)
        return;
    c->text_length = 0;
    c->amount_currency[0] = 0;
    if (c->depth == DEPTH_MAX) {
        refuse(c, CH_CAMT_TOO_DEEP, "nested more than 32 deep");
        return;
    }
    c->depth++;
    for (; *attributes; attributes += 2)
        if (strcmp(attributes[0], "Ccy") == 0 && strlen(attributes[1]) < sizeof c->amount_currency)
            memcpy(c->amount_currency, attributes[1], strlen(attributes[1]) + 1);
    if (c->depth <= 2) {
        (void)(c->depth == 1 ? check_root(c, name) : check_body(c, name));
        return;
    }
    size_t used = c->depth == 3 ? 0 : c->path_end[c->depth - 1];
    int more = snprintf(c->path + used, sizeof c->path - used, "%s%s", used ? "/" : "", local_name(c, name));
    if (more < 0 || (size_t)more >= sizeof c->path - used) {
        refuse(c, CH_CAMT_TOO_DEEP, "element names are too long");
        return;
    }
    c->path_end[c->depth] = used + (size_t)more;
    begin(c);
}

static void on_end(void *context, const XML_Char *name)
{
    struct ch_camt *c = context;
    (void)name;
    if (c->error != CH_CAMT_OK)
        return;
    c->text[c->text_length] = 0;
    if (c->depth > 2) {
        end(c);
        size_t parent = c->depth == 3 ? 0 : c->path_end[c->depth - 1];
        c->path[parent] = 0;
    }
    c->depth--;
    c->text_length = 0;
}

static void on_text(void *context, const XML_Char *text, int length)
{
    struct ch_camt *c = context;
    if (c->error != CH_CAMT_OK)
        return;
    if ((size_t)length > TEXT_MAX - c->text_length) {
        refuse(c, CH_CAMT_TEXT_TOO_LONG, "an element has more than 4 KiB of text");
        return;
    }
    memcpy(c->text + c->text_length, text, (size_t)length);
    c->text_length += (size_t)length;
}

static void on_doctype(void *context, const XML_Char *name, const XML_Char *system, const XML_Char *public,
                       int internal)
{
    (void)name, (void)system, (void)public, (void)internal;
    refuse(context, CH_CAMT_DOCTYPE, "a document type declaration");
}

struct ch_camt *ch_camt_new(const struct ch_camt_calls *calls, const char *currency, int minor_digits)
{
    struct ch_arena *arena = ch_arena_new();
    struct ch_camt *c = ch_alloc(arena, sizeof *c);
    c->message_arena = arena;
    c->calls = *calls;
    c->digits = minor_digits;
    memcpy(c->currency, currency, 3);
    c->parser = XML_ParserCreateNS(NULL, '|');
    if (!c->parser)
        abort(); /* out of memory, as in the arena */
    XML_SetUserData(c->parser, c);
    XML_SetElementHandler(c->parser, on_start, on_end);
    XML_SetCharacterDataHandler(c->parser, on_text);
    XML_SetStartDoctypeDeclHandler(c->parser, on_doctype);
    return c;
}

static bool feed_piece(struct ch_camt *c, const char *bytes, size_t size, bool last)
{
    c->fed += size;
    if (XML_Parse(c->parser, bytes, (int)size, last) == XML_STATUS_ERROR)
        return refuse(c, CH_CAMT_NOT_XML, XML_ErrorString(XML_GetErrorCode(c->parser)));
    /* expat keeps an unfinished tag whole in memory */
    XML_Index at = XML_GetCurrentByteIndex(c->parser);
    if (at >= 0 && c->fed - (size_t)at > TOKEN_MAX)
        return refuse(c, CH_CAMT_TEXT_TOO_LONG, "a tag or comment of more than 64 KiB");
    return true;
}

bool ch_camt_feed(struct ch_camt *c, const void *bytes, size_t size, bool last)
{
    const char *at = bytes;
    while (size > PIECE && c->error == CH_CAMT_OK && feed_piece(c, at, PIECE, false)) {
        at += PIECE;
        size -= PIECE;
    }
    return c->error == CH_CAMT_OK && feed_piece(c, at, size, last);
}

enum ch_camt_error ch_camt_error(const struct ch_camt *c)
{
    return c->error;
}

const char *ch_camt_detail_text(const struct ch_camt *c)
{
    return c->message;
}

void ch_camt_free(struct ch_camt *c)
{
    if (!c)
        return;
    XML_ParserFree(c->parser);
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
