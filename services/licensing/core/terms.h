/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Terms documents: parsed once into sets and numbers, then read by evaluation, comparison and rendering.
 *
 * A parsed document lives in the arena it was parsed in and is never changed: several threads and any number of
 * evaluations may share it. */
#ifndef LICENSING_CORE_TERMS_H
#define LICENSING_CORE_TERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doc.h"
#include "generalise.h"
#include "purposes.h"
#include "words.h"

#define CH_TERMS_BYTES   ((size_t)64 << 20) /* most bytes of a document the calculator reads */
#define CH_TERMS_DEPTH   8
#define CH_TERMS_COLUMNS 200
#define CH_TERMS_TIERS   1000
#define CH_TERMS_DUTIES  1000
#define CH_TERMS_RULES   10000
#define CH_MAX_DAYS      1096 /* longest grant, in days */
#define CH_LEAST_COHORT  5    /* where a quasi-identifier survives */

enum ch_effect { CH_EFFECT_PERMIT, CH_EFFECT_COUNCIL, CH_EFFECT_PROHIBIT };

enum ch_operand { CH_OPERAND_ORGANISATION, CH_OPERAND_AT, CH_OPERAND_UNKNOWN };
enum ch_operator { CH_OP_EQ, CH_OP_NEQ, CH_OP_ANY_OF, CH_OP_NONE_OF, CH_OP_GTEQ, CH_OP_LT, CH_OP_UNKNOWN };

struct ch_condition {
    const char *operand_text;
    enum ch_operand operand;
    enum ch_operator op; /* CH_OP_UNKNOWN also when it does not belong to the operand */
    const char **values; /* of organisation */
    size_t value_count;
    int64_t at; /* of at: seconds */
};

struct ch_column {
    const char *name;
    enum ch_column_type type;
    enum ch_sensitivity sensitivity;
};

struct ch_tier {
    const char *id;
    uint64_t purposes;      /* exact codes; unknown ones match nothing */
    uint32_t org_classes;   /* bit per enum ch_org_class */
    int64_t attest_seconds; /* -1: no attestation needed */
    bool council;
};

struct ch_duty {
    const char *id, *act_text;
    enum ch_duty_act act;
    bool *tiers;         /* per tier of the document */
    int64_t within_days; /* -1: not given */
};

/* Sets carry one bit more than there are words: the unknown word of a request. Only "all" has it set. */
struct ch_rule {
    const char *id;
    enum ch_effect effect;
    bool descendants;
    uint64_t purposes; /* bit per ch_purposes, descendants included where the rule includes them */
    uint32_t actions, org_classes, modes;
    struct ch_region_set regions;
    struct ch_condition *conditions;
    size_t condition_count;
    /* Permit and council rules only: */
    struct ch_general *columns; /* per column of the document; drop where the rule does not name it */
    int64_t min_cohort, max_days, notice_floor;
    size_t *tiers; /* indexes into the document's tiers, in the rule's order */
    size_t tier_count;
    bool *duties; /* per duty of the document */
};

struct ch_terms {
    const json_t *doc;
    char hash[65]; /* lower-case hex SHA-256 of the canonical document */
    const char *pool;
    int64_t version;
    bool special_category;
    int64_t from, until; /* valid from, and before: seconds */
    struct ch_column *columns;
    size_t column_count;
    struct ch_tier *tiers;
    size_t tier_count;
    struct ch_duty *duties;
    size_t duty_count;
    enum ch_prohibited_act *acts; /* in the document's order; unknown words stay in as CH_ACT_UNKNOWN */
    size_t act_count;
    struct ch_rule *rules;
    size_t rule_count;
};

/* Parses a document (its tree must live as long as the result, in the arena of `faults`). NULL with at least one
 * fault when it is structurally wrong: members unknown, missing or of a wrong type, ids repeated, references to
 * undefined tiers or duties, a purposes version that is not known, a condition value of the wrong shape. Unknown
 * words are no structural fault. `at` is where the document stands in the input (NULL: it is the input). */
struct ch_terms *ch_terms_parse(struct ch_faults *faults, const struct ch_at *at, const json_t *doc);
/* The same from text, with the limits above (64 MiB, depth 8, integers only, no duplicate keys). */
struct ch_terms *ch_terms_read(struct ch_faults *faults, const char *text, size_t length);

/* The index of a column, column_count when the document has none of that name. */
size_t ch_terms_column(const struct ch_terms *terms, const char *name);

/* True when no request at all matches the rule: one of its lists is empty or holds unknown words only. */
bool ch_rule_is_void(const struct ch_rule *rule);
/* True for a prohibition with nothing but purposes and classes: it leaves nothing of a pair of them. */
bool ch_rule_is_outright(const struct ch_rule *rule);

/* The rules of check_terms that need no database (licensing.md section 5), as faults with pointers into the document.
 */
void ch_terms_check(struct ch_faults *faults, const struct ch_terms *terms);
/* The price of each tier, for ch_terms_check: shape, one currency, the bounds of a price plan (payout.md, 8.5). */
void ch_terms_check_prices(struct ch_faults *faults, const struct ch_terms *terms);

#endif
