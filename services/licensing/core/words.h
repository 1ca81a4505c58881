/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The closed word lists of terms documents. Each list is kept once, as an X-macro. An index one past the end
 * (`..._UNKNOWN`) stands for every word that is not in the list. */
#ifndef LICENSING_CORE_WORDS_H
#define LICENSING_CORE_WORDS_H

#include <stddef.h>
#include <stdint.h>

#define CH_ORG_CLASSES(X)                                                                                              \
    X(PUBLIC_BODY, "public_body")                                                                                      \
    X(UNIVERSITY, "university")                                                                                        \
    X(NON_PROFIT, "non_profit")                                                                                        \
    X(COOPERATIVE, "cooperative")                                                                                      \
    X(SMALL_COMPANY, "small_company")                                                                                  \
    X(COMPANY, "company")                                                                                              \
    X(SECURITY_BODY, "security_body")                                                                                  \
    X(MEMBER, "member")
#define CH_ACTIONS(X)                                                                                                  \
    X(READ, "read")                                                                                                    \
    X(AGGREGATE, "aggregate")                                                                                          \
    X(DERIVE, "derive")                                                                                                \
    X(INDEX, "index")                                                                                                  \
    X(REPRODUCE, "reproduce")                                                                                          \
    X(ANONYMIZE, "anonymize")                                                                                          \
    X(DISTRIBUTE, "distribute")                                                                                        \
    X(SELL, "sell")
#define CH_MODES(X)                                                                                                    \
    X(DOWNLOAD, "download")                                                                                            \
    X(QUERY, "query")
#define CH_PROHIBITED_ACTS(X)                                                                                          \
    X(REIDENTIFY, "reidentify")                                                                                        \
    X(LINK_PERSONAL, "link_personal")                                                                                  \
    X(PROFILE_PERSONS, "profile_persons")                                                                              \
    X(DECIDE_ON_PERSONS, "decide_on_persons")                                                                          \
    X(TRANSFER_ONWARD, "transfer_onward")                                                                              \
    X(SELL_DATA, "sell_data")                                                                                          \
    X(TRAIN_GPAI, "train_gpai")
/* Duty acts with a proof in the system; any other cannot be enacted. */
#define CH_DUTY_ACTS(X)                                                                                                \
    X(COMPENSATE, "compensate")                                                                                        \
    X(ACCEPT_TRACKING, "accept_tracking")                                                                              \
    X(ATTRIBUTE, "attribute")                                                                                          \
    X(INFORM, "inform")                                                                                                \
    X(DELETE, "delete")                                                                                                \
    X(ANONYMIZE, "anonymize")                                                                                          \
    X(OBTAIN_CONSENT, "obtain_consent")                                                                                \
    X(REVIEW_POLICY, "review_policy")                                                                                  \
    X(NEXT_POLICY, "next_policy")                                                                                      \
    X(RETURN_RESULTS, "return_results")                                                                                \
    X(PUBLISH_RESULTS, "publish_results")                                                                              \
    X(ETHICS_APPROVAL, "ethics_approval")
#define CH_COLUMN_TYPES(X)                                                                                             \
    X(STRING, "string")                                                                                                \
    X(INTEGER, "integer")                                                                                              \
    X(NUMBER, "number")                                                                                                \
    X(BOOLEAN, "boolean")                                                                                              \
    X(DATE, "date")                                                                                                    \
    X(DATETIME, "datetime")
#define CH_SENSITIVITIES(X)                                                                                            \
    X(NONE, "none")                                                                                                    \
    X(QUASI, "quasi")                                                                                                  \
    X(DIRECT, "direct")

#define CH_X(name, text) CH_ORG_CLASS_##name,
enum ch_org_class { CH_ORG_CLASSES(CH_X) CH_ORG_CLASS_UNKNOWN };
#undef CH_X
#define CH_X(name, text) CH_ACTION_##name,
enum ch_action { CH_ACTIONS(CH_X) CH_ACTION_UNKNOWN };
#undef CH_X
#define CH_X(name, text) CH_MODE_##name,
enum ch_mode { CH_MODES(CH_X) CH_MODE_UNKNOWN };
#undef CH_X
#define CH_X(name, text) CH_ACT_##name,
enum ch_prohibited_act { CH_PROHIBITED_ACTS(CH_X) CH_ACT_UNKNOWN };
#undef CH_X
#define CH_X(name, text) CH_DUTY_##name,
enum ch_duty_act { CH_DUTY_ACTS(CH_X) CH_DUTY_UNKNOWN };
#undef CH_X
#define CH_X(name, text) CH_TYPE_##name,
enum ch_column_type { CH_COLUMN_TYPES(CH_X) CH_TYPE_UNKNOWN };
#undef CH_X
#define CH_X(name, text) CH_SENSITIVITY_##name,
enum ch_sensitivity { CH_SENSITIVITIES(CH_X) CH_SENSITIVITY_UNKNOWN };
#undef CH_X

/* A list of words: `count` of them in index order. */
struct ch_words {
    const char *const *texts;
    unsigned count;
};
extern const struct ch_words CH_WORDS_ORG_CLASSES, CH_WORDS_ACTIONS, CH_WORDS_MODES, CH_WORDS_ACTS, CH_WORDS_DUTIES,
    CH_WORDS_TYPES, CH_WORDS_SENSITIVITIES;

/* Index of a word; words->count when it is not in the list. */
unsigned ch_word_index(const struct ch_words *words, const char *text);

#endif
