/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads what B1 to B3 compare out of camt.053, with libxml2. It judges nothing. */
#include "camt.h"

#include <ctype.h>
#include <string.h>

#include "xml.h"

#define MAX_REFERENCE 25

struct reader {
    struct ch_arena *arena;
    struct camt_statement *first, **next_statement, *statement;
    struct camt_line **next_line, *line;
    const char *amount, *sign, *status;
    const char *balance;    /* code of the balance at work */
    const char *remittance; /* of the detail at work */
    const char *debtor;     /* of the detail at work */
    const char *structured; /* first reference of the detail that checks */
    bool bad;
};

/* ISO 11649: RF, two check digits, up to 21 characters; modulo 97 over the rotated text is 1. */
static const char *plain_reference(struct ch_arena *arena, const char *text)
{
    char plain[MAX_REFERENCE + 1];
    size_t length = 0;
    for (; *text; text++) {
        if (*text == ' ')
            continue;
        if (length == MAX_REFERENCE || !isalnum((unsigned char)*text))
            return NULL;
        plain[length++] = (char)toupper((unsigned char)*text);
    }
    plain[length] = '\0';
    if (length < 5 || plain[0] != 'R' || plain[1] != 'F' || !isdigit((unsigned char)plain[2]) ||
        !isdigit((unsigned char)plain[3]))
        return NULL;
    unsigned rest = 0;
    for (size_t i = 0; i < length; i++) {
        char c = plain[(i + 4) % length];
        rest = isdigit((unsigned char)c) ? (rest * 10 + (unsigned)(c - '0')) % 97
                                         : (rest * 100 + (unsigned)(c - 'A') + 10) % 97;
    }
    return rest == 1 ? ch_strdup(arena, plain) : NULL;
}

static void begin_element(void *context, const char *path)
{
    struct reader *r = context;
    if (xml_ends(path, "BkToCstmrStmt/Stmt")) {
        r->statement = ch_alloc(r->arena, sizeof *r->statement);
        *r->next_statement = r->statement;
        r->next_statement = &r->statement->next;
        r->next_line = &r->statement->lines;
    } else if (xml_ends(path, "Stmt/Ntry")) {
        r->line = ch_alloc(r->arena, sizeof *r->line);
        r->amount = r->sign = r->status = NULL;
    } else if (xml_ends(path, "Stmt/Bal")) {
        r->amount = r->sign = r->balance = NULL;
    } else if (xml_ends(path, "NtryDtls/TxDtls")) {
        r->remittance = r->debtor = r->structured = NULL;
    }
}

static void end_detail(struct reader *r)
{
    struct camt_line *line = r->line;
    if (!line->reference)
        line->reference = r->structured   ? r->structured
                          : r->remittance ? plain_reference(r->arena, r->remittance)
                                          : NULL;
    const char *debtor = r->debtor ? r->debtor : "";
    line->counter = line->details++ ? ch_printf(r->arena, "%s %s", line->counter, debtor) : debtor;
}

static void end_entry(struct reader *r)
{
    struct camt_line *line = r->line;
    bool booked = r->status && strcmp(r->status, "BOOK") == 0;
    r->line = NULL;
    if (!booked)
        return;
    if (!r->amount || !r->sign || !xml_minor(r->amount, &line->minor))
        r->bad = true;
    if (line->minor == 0) /* moves nothing and is not booked */
        return;
    if (r->sign && strcmp(r->sign, "DBIT") == 0)
        line->minor = -line->minor;
    if (line->counter)
        line->counter += strspn(line->counter, " ");
    *r->next_line = line;
    r->next_line = &line->next;
}

static void end_of_entry(struct reader *r, const char *path, const char *text)
{
    if (xml_ends(path, "Stmt/Ntry/Amt"))
        r->amount = ch_strdup(r->arena, text);
    else if (xml_ends(path, "Stmt/Ntry/CdtDbtInd"))
        r->sign = ch_strdup(r->arena, text);
    else if (xml_ends(path, "Stmt/Ntry/Sts/Cd") || xml_ends(path, "Stmt/Ntry/Sts"))
        r->status = *text ? ch_strdup(r->arena, text) : r->status;
    else if (xml_ends(path, "Stmt/Ntry/RvslInd"))
        r->line->reversal = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    else if (xml_ends(path, "Stmt/Ntry/BookgDt/Dt") || xml_ends(path, "Stmt/Ntry/BookgDt/DtTm"))
        r->line->booked_on = ch_printf(r->arena, "%.10s", text);
    else if (xml_ends(path, "TxDtls/RltdPties/DbtrAcct/Id/IBAN"))
        r->debtor = ch_strdup(r->arena, text);
    else if (xml_ends(path, "TxDtls/RmtInf/Strd/CdtrRefInf/Ref"))
        r->structured = r->structured ? r->structured : plain_reference(r->arena, text);
    else if (xml_ends(path, "TxDtls/RmtInf/Ustrd"))
        r->remittance = r->remittance ? ch_printf(r->arena, "%s\n%s", r->remittance, text) : ch_strdup(r->arena, text);
    else if (xml_ends(path, "NtryDtls/TxDtls"))
        end_detail(r);
    else if (xml_ends(path, "Stmt/Ntry"))
        end_entry(r);
}

/* Opening and closing booked balance; an interim statement's opening is what was booked before. */
static void end_balance(struct reader *r)
{
    bool opening = r->balance && (strcmp(r->balance, "OPBD") == 0 || strcmp(r->balance, "PRCD") == 0);
    bool closing = r->balance && strcmp(r->balance, "CLBD") == 0;
    long long minor = 0;
    if (!opening && !closing)
        return;
    if (!r->amount || !xml_minor(r->amount, &minor))
        r->bad = true;
    *(opening ? &r->statement->opening : &r->statement->closing) =
        r->sign && strcmp(r->sign, "DBIT") == 0 ? -minor : minor;
}

static void end_of_balance(struct reader *r, const char *path, const char *text)
{
    if (xml_ends(path, "Stmt/Bal/Amt"))
        r->amount = ch_strdup(r->arena, text);
    else if (xml_ends(path, "Stmt/Bal/CdtDbtInd"))
        r->sign = ch_strdup(r->arena, text);
    else if (xml_ends(path, "Stmt/Bal/Tp/CdOrPrtry/Cd"))
        r->balance = ch_strdup(r->arena, text);
    else if (xml_ends(path, "Stmt/Bal"))
        end_balance(r);
    else if (xml_ends(path, "Stmt/ElctrncSeqNb"))
        r->statement->sequence = ch_strdup(r->arena, text);
}

static void end_element(void *context, const char *path, const char *text)
{
    struct reader *r = context;
    if (r->line)
        end_of_entry(r, path, text);
    else if (r->statement && xml_ends(path, "BkToCstmrStmt/Stmt/Id"))
        r->statement->ref = ch_strdup(r->arena, text);
    else if (r->statement && xml_ends(path, "Stmt/Acct/Id/IBAN"))
        r->statement->iban = ch_strdup(r->arena, text);
    else if (r->statement)
        end_of_balance(r, path, text);
}

bool camt_read(struct ch_arena *arena, const void *bytes, size_t size, const struct camt_statement **list)
{
    struct reader r = {.arena = arena};
    r.next_statement = &r.first;
    struct xml_calls calls = {begin_element, end_element, &r};
    bool good = xml_walk(arena, bytes, size, &calls) && !r.bad;
    *list = r.first;
    return good;
}
