/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A vote may only narrow (licensing.md section 3.2): two versions of a pool's terms, compared per purpose and
 * organisation class. Where the new version is wider, consents given under an older notice do not count for it. */
#ifndef LICENSING_CORE_NARROWS_H
#define LICENSING_CORE_NARROWS_H

#include "terms.h"

/* Why a version is wider for a purpose and class; several may hold. */
#define CH_NARROW_REASONS(X)                                                                                           \
    X(COLUMN, "column")       /* a column is shown finer than before */                                                \
    X(COHORT, "min_cohort")   /* lower */                                                                              \
    X(DAYS, "max_days")       /* longer */                                                                             \
    X(RETENTION, "retention") /* the licensee may keep the data longer; what a pool's charter keeps longer is a new    \
                                 notice of its own */                                                                  \
    X(ACTIONS, "actions")     /* not a subset */                                                                       \
    X(REGIONS, "regions")                                                                                              \
    X(MODES, "modes")                                                                                                  \
    X(ACTS, "prohibited_acts")    /* not a superset */                                                                 \
    X(CONDITIONS, "conditions")   /* the list changed */                                                               \
    X(PROHIBITION, "prohibition") /* a prohibition that held before is gone or smaller */                              \
    X(NEW, "new")                 /* nothing allowed it before */
#define CH_X(name, text) CH_NARROW_BIT_##name,
enum ch_narrow_bit { CH_NARROW_REASONS(CH_X) CH_NARROW_BITS };
#undef CH_X

struct ch_narrow_pair {
    unsigned purpose; /* index of an assignable code */
    enum ch_org_class org_class;
    bool before, after; /* some rule allows it (permit or council, not prohibited outright) */
    bool wider;
    uint32_t reasons; /* 1 << enum ch_narrow_bit; 0 unless wider */
    int64_t floor;    /* the least notice that counts for some rule that allows it; 0 where nothing does any more */
};

/* What the notice floor of a rule of the new version must be. */
struct ch_narrow_rule {
    const struct ch_rule *rule; /* permit or council */
    bool wider;                 /* for at least one purpose and class */
    int64_t floor;              /* the new notice if wider, else the floor that stays; 0: the rule allows nothing */
};

struct ch_narrows {
    bool wider;                   /* for any pair */
    int64_t notice;               /* the one that wider pairs need */
    struct ch_narrow_pair *pairs; /* those allowed before or after, by purpose, then class */
    size_t pair_count;
    struct ch_narrow_rule *rules; /* in the document's order */
    size_t rule_count;
    const struct ch_terms *old_terms, *new_terms;
};

/* Compares. `old_terms` NULL: the first version, all of it new. `new_notice`: the number the next notice would take.
 * Lives in the arena. */
void ch_narrows(struct ch_arena *arena, const struct ch_terms *old_terms, const struct ch_terms *new_terms,
                int64_t new_notice, struct ch_narrows *out);
/* A fault for each rule whose notice_floor is not the one above. */
void ch_narrows_check_floors(struct ch_faults *faults, const struct ch_narrows *narrows);
/* {"wider", "notice", "old", "new" (hashes; old may be null),
 * "pairs":[{"purpose","org_class","change","floor","reasons"}], "rules":[{"id","wider","floor"}]}; change is new, gone,
 * wider or no_wider. Owned by the arena. */
json_t *ch_narrows_json(struct ch_arena *arena, const struct ch_narrows *narrows);

#endif
