/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the governance role share: its state, its handlers, and the helpers all of them use. */
#ifndef GOVERNANCE_GOVERNANCE_H
#define GOVERNANCE_GOVERNANCE_H

#include "commonhold/http.h"
#include "commonhold/job.h"
#include "commonhold/service.h"
#include "people.h"

/* State of the role in one process, made by its start hook; lives as long as the process. */
struct governance {
    struct people_secrets secrets;
};

struct governance *governance_of(const struct ch_request *request);

/* The purpose tree as CSV, embedded in the program. */
const char *governance_purposes(void);

/* The signed-in account as argument: its id, or NULL. */
const char *actor_argument(const struct ch_request *request);

/* The signed-in account whatever its kind: member or person of an organisation; NULL for nobody. */
const char *person_argument(const struct ch_request *request);

/* True for the text of a number from 1 to 100. */
bool is_limit(const char *text);

/* ?limit= (1 to 100, 50 when absent) and ?after= as arguments of a list; what is not right was answered in *refused. */
struct page {
    const char *limit, *after;
};
bool read_page(struct ch_request *request, struct page *page, struct ch_done **refused);

/* Path parameter {id} when it is a UUID; else the finished 404 in *refused and NULL. */
const char *id_argument(struct ch_request *request, const char *name, struct ch_done **refused);

/* ?reading= of a vote, NULL when absent; what is neither 1 nor 2 was answered in *refused. */
const char *reading_argument(struct ch_request *request, struct ch_done **refused);

/* Continuation that opens the sealed names in an answer's body and passes it on. */
struct ch_done *reply_opened(struct ch_request *request, const struct ch_answer *answer);

/* function(actor, {id}, body), its answer through reply_opened; `refused` is what ch_decode made of the body. */
struct ch_done *act_on_id(struct ch_request *request, const struct ch_statement *statement, struct ch_done *refused);

/* function(actor, {id}) for a step without a body, its answer through reply_opened. */
struct ch_done *step_on_id(struct ch_request *request, const struct ch_statement *statement);

/* Why a council or board seat votes as it does: a closed list (docs/api/governance.yaml says what each means). */
#define CASE_REASONS                                                                                                   \
    "fits_purpose public_benefit no_harm safeguards consent proportionate precedent purpose benefit harm group_harm "  \
    "discrimination privacy reidentification security disproportionate unclear evidence legal conduct capacity other"

ch_handler get_charter, list_rules, list_bylaws, list_offices, list_assets, list_prohibitions, list_sanctions;
ch_handler post_application, decide_application, list_members, get_member, leave_membership, erase_member, change_class,
    record_dues, suspend_member, reinstate_member;
ch_handler list_proposals, post_proposal, get_proposal, put_proposal, submit_proposal, withdraw_proposal,
    sponsor_proposal, comment_proposal, hear_accused, refer_proposal, give_opinion;
ch_handler get_roll, check_self, cast_named_vote, get_turnout;
ch_handler cast_ballot, post_steward_key, reveal_steward_key, get_tracker, get_bundle;
ch_handler stand_for_election, stand_down, nominate_candidate;
ch_handler list_projects, post_project, get_project, propose_project, cost_project, sponsor_project, export_round;
ch_handler list_notices, put_notice_preferences;
ch_handler list_council_cases, get_council_case, list_council_decisions, declare_conflict, vote_council_case,
    propose_condition, vote_condition, post_affiliation, list_affiliations, end_affiliation;
ch_handler post_sanction, get_sanction, lift_sanction;
ch_handler post_appeal, list_appeals, get_appeal, decide_appeal, annul_proposal, pass_panel_seat;
ch_handler commit_lot, reveal_lot, list_panel_volunteers, volunteer_for_panel, withdraw_volunteer;

/* Looks whether event triggers of the database are missing; the sentence for /readyz, NULL when none is. */
void guards_read(struct ch_service_context *context);
const char *guards_warning(struct ch_service_context *context);

enum ch_job_result tally_proposal(struct ch_job *job);
enum ch_job_result send_notices(struct ch_job *job);

/* True when e-mail is switched off or its settings can be used; else a message for people in `error`. */
bool mail_is_set(const struct ch_config *config, char *error, size_t error_size);

#endif
