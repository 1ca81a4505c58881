/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Terms and agreements in ODRL 2.2, in the subset that the Dataspace Protocol 2025-1 reads (licensing.md section 6).
 *
 * Derived documents: what is hashed, signed and decided on is ours. Subset: `action` is one string, a right operand is
 * never a bare number, no array is empty, an Offer has no `target`, own words are full IRIs. */
#ifndef LICENSING_CORE_ODRL_H
#define LICENSING_CORE_ODRL_H

#include "terms.h"

/* The namespace of our own words (docs/vocabulary.md), and the contexts that our documents name. */
#define CH_NS           "https://w3id.org/commonhold/1#"
#define CH_DSP_CONTEXT  "https://w3id.org/dspace/2025/1/context.jsonld"
#define CH_ODRL_CONTEXT "https://w3id.org/dspace/2025/1/odrl-profile.jsonld"

/* 45 characters and NUL: urn:uuid: and the UUIDv5 of "<terms hash>/<rule id>" in namespace
 * 8fb4f33a-bafa-5e66-8237-fe7c6c382cf0, which is itself the UUIDv5 of CH_NS in the namespace of URLs. */
#define CH_OFFER_ID 46
void ch_odrl_offer_id(const char *terms_hash, const char *rule_id, char id[CH_OFFER_ID]);

/* One Offer per permit or council rule, in the document's order; each repeats all prohibitions of the terms and, behind
 * them, one for each purpose in `trust_prohibits` (purpose codes, NULL: none). A rule that can match no request, shows
 * no column or has every purpose prohibited by the trust has none. NULL when the terms hold a condition whose operator
 * is not known (check_terms refuses it), so that nothing can be rendered. Owned by the arena. */
json_t *ch_odrl_offers(struct ch_arena *arena, const struct ch_terms *terms, const json_t *trust_prohibits);

/* The purposes of a rule that may be asked for: assignable and not below one that the trust prohibits. */
uint64_t ch_odrl_purposes(const struct ch_rule *rule, const json_t *trust_prohibits);

/* {"@context", "@graph"} over Offers; the context names odrl-profile too, since an Offer stands alone here. */
json_t *ch_odrl_document(struct ch_arena *arena, const json_t *offers);

/* What an agreement's body does not say itself. */
struct ch_odrl_parties {
    const char *id, *target, *assigner, *assignee; /* IRIs */
};
/* An Agreement from its body (the offer frozen, plus parties and time: licensing.md section 10), without context. The
 * body is ours and was checked when it was made; NULL when a member that must be there is not. */
json_t *ch_odrl_agreement(struct ch_arena *arena, const json_t *body, const struct ch_odrl_parties *parties);
/* The same with a context that knows `timestamp`, so that nothing vanishes for a JSON-LD reader. */
json_t *ch_odrl_agreement_document(struct ch_arena *arena, const json_t *agreement);

#endif
