/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* May this organisation do this with that pool? The evaluation of licensing.md section 7, for the services and the
 * calculator.
 *
 * Parse once, evaluate often: terms (terms.h) and context are parsed into sets; evaluating 50 rules takes about a
 * microsecond. The services know the covered members only after the rule is known (its floor and the class decide
 * whom to count), so evaluation comes in two halves: ch_policy_begin does steps 1 to 5; when it leaves the decision
 * open, count the members for decision->rule->notice_floor and give the count to ch_policy_end. */
#ifndef LICENSING_CORE_POLICY_H
#define LICENSING_CORE_POLICY_H

#include "terms.h"

#define CH_POLICY_EVALUATOR 1
#define CH_POLICY_CONSENTS  100000 /* most events the calculator takes */

/* A request, its words resolved against the lists and one terms document. */
struct ch_policy_request {
    const char *purpose_text, *org_class_text, *organisation;
    unsigned purpose;           /* index into ch_purposes or CH_PURPOSE_UNKNOWN */
    unsigned action, org_class; /* enums of words.h, the unknown one included */
    unsigned region;            /* ch_region_bit */
    unsigned mode;
    int64_t at;     /* seconds */
    bool *columns;  /* per column of the terms: requested */
    bool all_known; /* every requested column is one of the terms */
};

/* A sanction (organisation set) or a trust prohibition (organisation NULL), in force from <= at < until. */
struct ch_ban {
    const char *id, *organisation;
    uint64_t purposes; /* descendants included; all bits for null or an unknown purpose */
    int64_t from, until;
};

struct ch_policy_context {
    bool attested;
    int64_t attested_at;
    struct ch_ban *sanctions, *prohibitions;
    size_t sanction_count, prohibition_count;
};

enum ch_consent_effect { CH_CONSENT_UNDECIDED, CH_CONSENT_PERMITS, CH_CONSENT_REFUSES };
struct ch_consent {
    const char *member, *pool, *purpose, *recipient_class;
    enum ch_consent_effect effect; /* requested and deferred decide nothing; an unknown state refuses */
    bool valid_type;               /* expressed or explicit */
    bool explicit_type;
    int64_t notice, at, until; /* until INT64_MAX: no end */
};

enum ch_verdict { CH_VERDICT_PERMIT, CH_VERDICT_DENY, CH_VERDICT_COUNCIL };

struct ch_policy_decision {
    bool open; /* steps 1 to 5 passed: the covered members decide next */
    enum ch_verdict verdict;
    const char **reasons; /* room for all there can be; never empty once decided */
    size_t reason_count;
    const struct ch_rule *rule; /* *the rule*, once step 4 found one; stays on a later deny (do not show it then) */
    const struct ch_tier *tier; /* NULL on deny */
    int64_t covered;            /* -1: step 6 was not reached */
    bool tiers_reached;         /* step 7 was reached */
    int64_t not_after;          /* seconds; 0 on deny */
};

/* Steps 1 to 5. Returns decision->open. `reasons` is allocated in the arena. */
bool ch_policy_begin(struct ch_arena *arena, const struct ch_terms *terms, const struct ch_policy_request *request,
                     const struct ch_policy_context *context, struct ch_policy_decision *decision);
/* Steps 6 to 9 for an open decision; covered >= 0 counts the members whose consent passes for the rule. */
void ch_policy_end(const struct ch_terms *terms, const struct ch_policy_request *request,
                   const struct ch_policy_context *context, int64_t covered, struct ch_policy_decision *decision);
/* Step 6 over events, in any order: members whose latest deciding event permits. */
int64_t ch_policy_covered(struct ch_arena *arena, const struct ch_terms *terms, const struct ch_policy_request *request,
                          const struct ch_rule *rule, const struct ch_consent *events, size_t count);
/* What keeps a tier from fitting: a set of the bits below, 0 when it fits. */
#define CH_TIER_FAILS_CLASS       1u
#define CH_TIER_FAILS_PURPOSE     2u
#define CH_TIER_FAILS_ATTESTATION 4u
unsigned ch_policy_tier_failures(const struct ch_tier *tier, const struct ch_policy_request *request,
                                 const struct ch_policy_context *context);
/* Whether a condition lets the rule match: an unknown operand or operator holds only in a prohibition. */
bool ch_condition_holds(const struct ch_condition *condition, const struct ch_policy_request *request, bool prohibit);
/* Whether a duty of the document applies to a grant under this rule and tier. */
bool ch_policy_duty_applies(const struct ch_terms *terms, const struct ch_rule *rule, const struct ch_tier *tier,
                            size_t duty);

/* --- JSON (policy_input.c, policy_json.c, policy_explain.c) --- */

struct ch_policy_input {
    struct ch_terms *terms;
    struct ch_policy_request request;
    struct ch_policy_context context;
    struct ch_consent *consents;
    size_t consent_count;
};

/* Parse the parts of the calculator's input (licensing.md section 8); all texts point into the tree. False with faults.
 */
bool ch_policy_request_parse(struct ch_faults *faults, const struct ch_at *at, const struct ch_terms *terms,
                             const json_t *value, struct ch_policy_request *out);
/* `value` NULL is an empty context. */
bool ch_policy_context_parse(struct ch_faults *faults, const struct ch_at *at, const json_t *value,
                             struct ch_policy_context *out);
/* The calculator's whole input from text, with its limits. */
bool ch_policy_read(struct ch_faults *faults, const char *text, size_t length, struct ch_policy_input *out);

/* The output of licensing.md section 8. `explain` adds the member of that name. Owned by the arena. */
json_t *ch_policy_json(struct ch_arena *arena, const struct ch_terms *terms, const struct ch_policy_request *request,
                       const struct ch_policy_context *context, const struct ch_policy_decision *decision,
                       bool explain);
/* The value of `explain`: a new reference. */
json_t *ch_policy_explain(const struct ch_terms *terms, const struct ch_policy_request *request,
                          const struct ch_policy_context *context, const struct ch_policy_decision *decision);
/* Evaluates a whole input: canonical JSON text and one newline, in the arena. */
char *ch_policy_answer(struct ch_arena *arena, const struct ch_policy_input *input, bool explain, size_t *length);

#endif
