/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The status report's elements by their paths. The schemas put a payment's own status in front of its transactions and
 * the group's in front of all, but nothing here rests on the order. */
#include "pain002.h"

#include <stdlib.h>
#include <string.h>

#define INFO_MAX 4096

enum field { PAYMENT_INFO_ID, INSTRUCTION_ID, END_TO_END_ID, UETR, SERVICER_REF, STATUS, REASON, INFO, FIELDS };

struct ch_pain002 {
    struct ch_pain002_calls calls;
    struct ch_bank_xml *xml;
    struct ch_arena *arena, *level_arena[3];
    const char *message_id, *original_id;
    const char *text[3][FIELDS]; /* by level and field */
};

struct element {
    const char *path;
    enum ch_status_level level;
    enum field field;
};

#define GROUP       "OrgnlGrpInfAndSts"
#define PAYMENT     "OrgnlPmtInfAndSts"
#define TRANSACTION "OrgnlPmtInfAndSts/TxInfAndSts"

/* Sorted by path, for the search. */
static const struct element elements[] = {
    {GROUP "/GrpSts", CH_STATUS_GROUP, STATUS},
    {GROUP "/StsRsnInf/AddtlInf", CH_STATUS_GROUP, INFO},
    {GROUP "/StsRsnInf/Rsn/Cd", CH_STATUS_GROUP, REASON},
    {GROUP "/StsRsnInf/Rsn/Prtry", CH_STATUS_GROUP, REASON},
    {PAYMENT "/OrgnlPmtInfId", CH_STATUS_PAYMENT, PAYMENT_INFO_ID},
    {PAYMENT "/PmtInfSts", CH_STATUS_PAYMENT, STATUS},
    {PAYMENT "/StsRsnInf/AddtlInf", CH_STATUS_PAYMENT, INFO},
    {PAYMENT "/StsRsnInf/Rsn/Cd", CH_STATUS_PAYMENT, REASON},
    {PAYMENT "/StsRsnInf/Rsn/Prtry", CH_STATUS_PAYMENT, REASON},
    {TRANSACTION "/AcctSvcrRef", CH_STATUS_TRANSACTION, SERVICER_REF},
    {TRANSACTION "/OrgnlEndToEndId", CH_STATUS_TRANSACTION, END_TO_END_ID},
    {TRANSACTION "/OrgnlInstrId", CH_STATUS_TRANSACTION, INSTRUCTION_ID},
    {TRANSACTION "/OrgnlUETR", CH_STATUS_TRANSACTION, UETR},
    {TRANSACTION "/StsRsnInf/AddtlInf", CH_STATUS_TRANSACTION, INFO},
    {TRANSACTION "/StsRsnInf/Rsn/Cd", CH_STATUS_TRANSACTION, REASON},
    {TRANSACTION "/StsRsnInf/Rsn/Prtry", CH_STATUS_TRANSACTION, REASON},
    {TRANSACTION "/TxSts", CH_STATUS_TRANSACTION, STATUS},
};

/* Where a level begins and ends. */
static int level_of(const char *path)
{
    static const char *const paths[] = {GROUP, PAYMENT, TRANSACTION};
    for (int i = 0; i < 3; i++)
        if (strcmp(path, paths[i]) == 0)
            return i;
    return -1;
}

static int compare_element(const void *path, const void *element)
{
    return strcmp(path, ((const struct element *)element)->path);
}

static bool is_status(const char *text)
{
    return strlen(text) == 4 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 4;
}

static void keep(struct ch_pain002 *p, const struct element *element, const char *text, size_t length)
{
    struct ch_arena *arena = p->level_arena[element->level];
    const char **to = &p->text[element->level][element->field];
    if (element->field == STATUS && !is_status(text))
        ch_bank_xml_refuse(p->xml, CH_BANK_BAD_VALUE, "a status is not four capital letters");
    else if (*to && element->field == INFO && strlen(*to) + length < INFO_MAX)
        *to = ch_printf(arena, "%s\n%s", *to, text);
    else if (!*to)
        *to = ch_memdup(arena, text, length);
    else if (element->field != INFO && element->field != REASON)
        ch_bank_xml_refuse(p->xml, CH_BANK_BAD_VALUE, "an id or status is there twice");
}

static void end_level(struct ch_pain002 *p, enum ch_status_level level)
{
    const char **text = p->text[level];
    struct ch_status status = {.level = level,
                               .payment_info_id = p->text[CH_STATUS_PAYMENT][PAYMENT_INFO_ID],
                               .instruction_id = text[INSTRUCTION_ID],
                               .end_to_end_id = text[END_TO_END_ID],
                               .uetr = text[UETR],
                               .servicer_ref = text[SERVICER_REF],
                               .status = text[STATUS],
                               .reason = text[REASON],
                               .info = text[INFO]};
    if (level == CH_STATUS_TRANSACTION && !status.end_to_end_id && !status.instruction_id && !status.uetr)
        ch_bank_xml_refuse(p->xml, CH_BANK_INCOMPLETE, "a transaction's status names no transaction");
    else if (level == CH_STATUS_PAYMENT && !status.payment_info_id)
        ch_bank_xml_refuse(p->xml, CH_BANK_INCOMPLETE, "a payment's status names no payment");
    else if (status.status && !p->calls.status(p->calls.context, &status))
        ch_bank_xml_refuse(p->xml, CH_BANK_STOPPED, "stopped at a status");
}

static void begin(void *context, const char *path, const char *const *attributes)
{
    struct ch_pain002 *p = context;
    int level = level_of(path);
    (void)attributes;
    if (level < 0)
        return;
    ch_arena_free(p->level_arena[level]);
    p->level_arena[level] = ch_arena_new();
    memset(p->text[level], 0, sizeof p->text[level]);
}

static void end(void *context, const char *path, const char *text, size_t length)
{
    struct ch_pain002 *p = context;
    const struct element *element =
        bsearch(path, elements, sizeof elements / sizeof *elements, sizeof *elements, compare_element);
    int level = level_of(path);
    if (element)
        keep(p, element, text, length);
    else if (level >= 0)
        end_level(p, (enum ch_status_level)level);
    else if (strcmp(path, GROUP "/OrgnlMsgId") == 0 && !p->original_id)
        p->original_id = ch_memdup(p->arena, text, length);
    else if (strcmp(path, "GrpHdr/MsgId") == 0 && !p->message_id)
        p->message_id = ch_memdup(p->arena, text, length);
}

static bool is_ours(void *context, const char *space, const char *name)
{
    (void)context;
    return (strcmp(space, "urn:iso:std:iso:20022:tech:xsd:pain.002.001.03") == 0 ||
            strcmp(space, "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10") == 0) &&
           (!name || strcmp(name, "CstmrPmtStsRpt") == 0);
}

static void free_levels(void *pain)
{
    struct ch_pain002 *p = pain;
    for (int i = 0; i < 3; i++)
        ch_arena_free(p->level_arena[i]);
}

struct ch_pain002 *ch_pain002_new(struct ch_arena *arena, const struct ch_pain002_calls *calls)
{
    struct ch_pain002 *p = ch_alloc(arena, sizeof *p);
    const struct ch_bank_xml_calls xml = {is_ours, begin, end, p};
    p->arena = arena;
    p->calls = *calls;
    p->xml = ch_bank_xml_new(arena, &xml);
    ch_arena_on_free(arena, free_levels, p);
    return p;
}

bool ch_pain002_feed(struct ch_pain002 *p, const void *bytes, size_t size, bool last)
{
    if (!ch_bank_xml_feed(p->xml, bytes, size, last))
        return false;
    return !last || p->original_id ||
           ch_bank_xml_refuse(p->xml, CH_BANK_INCOMPLETE, "the report names no original message");
}

const char *ch_pain002_message_id(const struct ch_pain002 *p)
{
    return p->message_id;
}

const char *ch_pain002_original_id(const struct ch_pain002 *p)
{
    return p->original_id;
}

enum ch_bank_error ch_pain002_error(const struct ch_pain002 *p)
{
    return ch_bank_xml_error(p->xml);
}

const char *ch_pain002_detail(const struct ch_pain002 *p)
{
    return ch_bank_xml_detail(p->xml);
}
