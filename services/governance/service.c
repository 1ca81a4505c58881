/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The governance role: members, bodies, proposals, named votes, what is in force, the asset register. */
#include <string.h>

#include "commonhold/id.h"
#include "commonhold/log.h"
#include "commonhold/migrate.h"
#include "governance.h"

#define SMALL ((size_t)16 * 1024)

static const struct ch_route ROUTES[] = {
    {CH_GET, "/governance/v1/charters/current", CH_AUTH_NONE, get_charter, NULL, NULL, 0, 0},
    {CH_GET, "/governance/v1/rules", CH_AUTH_NONE, list_rules, NULL, NULL, 0, 0},
    {CH_GET, "/governance/v1/bylaws", CH_AUTH_NONE, list_bylaws, NULL, NULL, 0, 0},
    {CH_GET, "/governance/v1/offices", CH_AUTH_NONE, list_offices, NULL, NULL, 0, 0},
    {CH_GET, "/governance/v1/assets", CH_AUTH_NONE, list_assets, NULL, NULL, 0, 0},
    {CH_GET, "/governance/v1/prohibitions", CH_AUTH_NONE, list_prohibitions, NULL, NULL, 0, 0},
    {CH_GET, "/governance/v1/sanctions", CH_AUTH_NONE, list_sanctions, NULL, NULL, 0, 0},
    {CH_POST, "/governance/v1/sanctions", CH_AUTH_MEMBER, post_sanction, NULL, NULL, SMALL, 0},
    {CH_GET, "/governance/v1/sanctions/{id}", CH_AUTH_NONE, get_sanction, NULL, NULL, 0, 0},
    {CH_POST, "/governance/v1/sanctions/{id}/lift", CH_AUTH_MEMBER, lift_sanction, NULL, NULL, SMALL, 0},

    {CH_POST, "/governance/v1/membership-applications", CH_AUTH_NONE, post_application, NULL, NULL, SMALL, 0},
    {CH_POST, "/governance/v1/membership-applications/{id}/decide", CH_AUTH_MEMBER, decide_application, NULL, NULL,
     SMALL, 0},
    {CH_GET, "/governance/v1/members", CH_AUTH_MEMBER, list_members, NULL, NULL, 0, 0},
    {CH_GET, "/governance/v1/members/{id}", CH_AUTH_MEMBER, get_member, NULL, NULL, 0, 0},
    {CH_POST, "/governance/v1/members/{id}/leave", CH_AUTH_MEMBER, leave_membership, NULL, NULL, SMALL, 0},
    {CH_POST, "/governance/v1/members/{id}/erase", CH_AUTH_MEMBER, erase_member, NULL, NULL, SMALL, 0},
    {CH_POST, "/governance/v1/members/{id}/change-class", CH_AUTH_MEMBER, change_class, NULL, NULL, SMALL, 0},
    {CH_POST, "/governance/v1/members/{id}/record-dues", CH_AUTH_MEMBER, record_dues, NULL, NULL, SMALL, 0},
    {CH_POST, "/governance/v1/members/{id}/suspend", CH_AUTH_MEMBER, suspend_member, NULL, NULL, SMALL, 0},
    {CH_POST, "/governance/v1/members/{id}/reinstate", CH_AUTH_MEMBER, reinstate_member, NULL, NULL, SMALL, 0},
    {CH_GET, "/governance/v1/members/{id}/affiliations", CH_AUTH_MEMBER, list_affiliations, NULL, NULL, 0, 0},
    {CH_POST, "/governance/v1/members/{id}/affiliations", CH_AUTH_MEMBER, post_affiliation, NULL, NULL, SMALL, 0},
    {CH_DELETE, "/governance/v1/affiliations/{id}", CH_AUTH_MEMBER, end_affiliation, NULL, NULL, 0, 0},

    {CH_GET, "/governance/v1/proposals", CH_AUTH_NONE, list_proposals, NULL, NULL, 0, 0},
    {CH_POST, "/governance/v1/proposals", CH_AUTH_MEMBER, post_proposal, NULL, NULL, 0, 0},
    {CH_GET, "/governance/v1/proposals/{id}", CH_AUTH_NONE, get_proposal, NULL, NULL, 0, 0},
    {CH_PUT, "/governance/v1/proposals/{id}", CH_AUTH_MEMBER, put_proposal, NULL, NULL, 0, 0},
    {CH_POST, "/governance/v1/proposals/{id}/submit", CH_AUTH_MEMBER, submit_proposal, NULL, NULL, SMALL, 0},
    {CH_POST, "/governance/v1/proposals/{id}/withdraw", CH_AUTH_MEMBER, withdraw_proposal, NULL, NULL, SMALL, 0},
    {CH_POST, "/governance/v1/proposals/{id}/sponsor", CH_AUTH_MEMBER, sponsor_proposal, NULL, NULL, SMALL, 0},
    {CH_POST, "/governance/v1/proposals/{id}/comment", CH_AUTH_MEMBER, comment_proposal, NULL, NULL, 0, 0},
    {CH_POST, "/governance/v1/proposals/{id}/hear", CH_AUTH_MEMBER, hear_accused, NULL, NULL, SMALL, 0},
    {CH_POST, "/governance/v1/proposals/{id}/refer", CH_AUTH_MEMBER, refer_proposal, NULL, NULL, SMALL, 0},
    {CH_POST, "/governance/v1/proposals/{id}/give-opinion", CH_AUTH_MEMBER, give_opinion, NULL, NULL, SMALL, 0},
    {CH_POST, "/governance/v1/proposals/{id}/annul", CH_AUTH_MEMBER, annul_proposal, NULL, NULL, SMALL, 0},
    {CH_POST, "/governance/v1/proposals/{id}/cast-named-vote", CH_AUTH_MEMBER, cast_named_vote, NULL, NULL, SMALL, 0},
    {CH_POST, "/governance/v1/proposals/{id}/cast-ballot", CH_AUTH_MEMBER, cast_ballot, NULL, NULL, SMALL,
     CH_ROUTE_SECRET},
    {CH_POST, "/governance/v1/proposals/{id}/post-steward-key", CH_AUTH_MEMBER, post_steward_key, NULL, NULL, SMALL, 0},
    {CH_POST, "/governance/v1/proposals/{id}/reveal-steward-key", CH_AUTH_MEMBER, reveal_steward_key, NULL, NULL, SMALL,
     CH_ROUTE_SECRET},
    {CH_POST, "/governance/v1/proposals/{id}/stand", CH_AUTH_MEMBER, stand_for_election, NULL, NULL, SMALL, 0},
    {CH_POST, "/governance/v1/proposals/{id}/stand-down", CH_AUTH_MEMBER, stand_down, NULL, NULL, SMALL, 0},
    {CH_POST, "/governance/v1/proposals/{id}/nominate", CH_AUTH_MEMBER, nominate_candidate, NULL, NULL, SMALL, 0},
    {CH_GET, "/governance/v1/trackers/{tracker}", CH_AUTH_NONE, get_tracker, NULL, NULL, 0, CH_ROUTE_SECRET},
    {CH_GET, "/governance/v1/bundles/{id}", CH_AUTH_NONE, get_bundle, NULL, NULL, 0, 0},
    {CH_GET, "/governance/v1/rolls/{id}", CH_AUTH_MEMBER, get_roll, NULL, NULL, 0, 0},
    {CH_GET, "/governance/v1/rolls/{id}/check-self", CH_AUTH_MEMBER, check_self, NULL, NULL, 0, 0},
    {CH_GET, "/governance/v1/turnouts/{id}", CH_AUTH_NONE, get_turnout, NULL, NULL, 0, 0},

    {CH_GET, "/governance/v1/council-cases", CH_AUTH_MEMBER, list_council_cases, NULL, NULL, 0, 0},
    {CH_POST, "/governance/v1/council-cases/{id}/declare-conflict", CH_AUTH_MEMBER, declare_conflict, NULL, NULL, SMALL,
     0},
    {CH_POST, "/governance/v1/council-cases/{id}/vote", CH_AUTH_MEMBER, vote_council_case, NULL, NULL, 0, 0},
    {CH_GET, "/governance/v1/council-cases/{id}", CH_AUTH_NONE, get_council_case, NULL, NULL, 0, 0},
    {CH_POST, "/governance/v1/council-cases/{id}/propose-condition", CH_AUTH_MEMBER, propose_condition, NULL, NULL,
     SMALL, 0},
    {CH_POST, "/governance/v1/council-cases/{id}/vote-condition", CH_AUTH_MEMBER, vote_condition, NULL, NULL, SMALL, 0},
    {CH_GET, "/governance/v1/council-decisions", CH_AUTH_NONE, list_council_decisions, NULL, NULL, 0, 0},

    {CH_GET, "/governance/v1/appeals", CH_AUTH_NONE, list_appeals, NULL, NULL, 0, 0},
    {CH_POST, "/governance/v1/appeals", CH_AUTH_PERSON, post_appeal, NULL, NULL, 0, 0},
    {CH_GET, "/governance/v1/appeals/{id}", CH_AUTH_NONE, get_appeal, NULL, NULL, 0, 0},
    {CH_POST, "/governance/v1/appeals/{id}/decide", CH_AUTH_MEMBER, decide_appeal, NULL, NULL, 0, 0},
    {CH_POST, "/governance/v1/appeals/{id}/declare-conflict", CH_AUTH_MEMBER, pass_panel_seat, NULL, NULL, SMALL, 0},
    {CH_POST, "/governance/v1/appeals/{id}/commit-lot", CH_AUTH_MEMBER, commit_lot, NULL, NULL, SMALL, 0},
    {CH_POST, "/governance/v1/appeals/{id}/reveal-lot", CH_AUTH_MEMBER, reveal_lot, NULL, NULL, SMALL, 0},
    {CH_GET, "/governance/v1/panel-volunteers", CH_AUTH_NONE, list_panel_volunteers, NULL, NULL, 0, 0},
    {CH_POST, "/governance/v1/panel-volunteers", CH_AUTH_MEMBER, volunteer_for_panel, NULL, NULL, SMALL, 0},
    {CH_DELETE, "/governance/v1/panel-volunteers/{id}", CH_AUTH_MEMBER, withdraw_volunteer, NULL, NULL, 0, 0},

    {CH_GET, "/governance/v1/projects", CH_AUTH_NONE, list_projects, NULL, NULL, 0, 0},
    {CH_POST, "/governance/v1/projects", CH_AUTH_MEMBER, post_project, NULL, NULL, 0, 0},
    {CH_GET, "/governance/v1/projects/{id}", CH_AUTH_NONE, get_project, NULL, NULL, 0, 0},
    {CH_POST, "/governance/v1/projects/{id}/propose", CH_AUTH_MEMBER, propose_project, NULL, NULL, SMALL, 0},
    {CH_POST, "/governance/v1/projects/{id}/cost", CH_AUTH_MEMBER, cost_project, NULL, NULL, SMALL, 0},
    {CH_POST, "/governance/v1/projects/{id}/sponsor", CH_AUTH_MEMBER, sponsor_project, NULL, NULL, SMALL, 0},
    {CH_GET, "/governance/v1/budget-rounds/{id}/export", CH_AUTH_NONE, export_round, NULL, NULL, 0, 0},

    {CH_GET, "/governance/v1/notices", CH_AUTH_MEMBER, list_notices, NULL, NULL, 0, 0},
    {CH_PUT, "/governance/v1/notice-preferences", CH_AUTH_MEMBER, put_notice_preferences, NULL, NULL, SMALL, 0},
    {0, NULL, 0, NULL, NULL, NULL, 0, 0},
};

static const struct ch_config_key KEYS[] = {
    {"member_secret", CH_CONFIG_PATH, "secrets/member.secret", 0, 0,
     "32 random bytes: the keys of members are wrapped under it"},
    {"email_secret", CH_CONFIG_PATH, "secrets/email.secret", 0, 0,
     "32 random bytes: keyed hash of e-mail addresses, the same as the portal's"},
    {"mail_server", CH_CONFIG_TEXT, "", 0, 0,
     "smtp://host:port or smtps://host:port that takes notices; empty: they are shown in the portal only"},
    {"mail_from", CH_CONFIG_TEXT, "", 0, 0, "address notices come from"},
    {"mail_user", CH_CONFIG_TEXT, "", 0, 0, "name to sign in to the mail server with; empty: none"},
    {"mail_password", CH_CONFIG_PATH, "", 0, 0, "file with the password of mail_user"},
    {"mail_plain", CH_CONFIG_BOOL, "no", 0, 0, "send without TLS over smtp://: to a mail server on this machine"},
    {NULL, 0, NULL, 0, 0, NULL},
};

static const struct ch_job_kind JOBS[] = {
    {"tally_proposal", tally_proposal, 0, 0},
    {"send_notices", send_notices, 0, 0},
    {NULL, NULL, 0, 0},
};

static const char *const APART[] = {"send_notices", NULL};
static const char *const CLOCKS[] = {"governance.tick", "governance.tick_notices", NULL};

struct governance *governance_of(const struct ch_request *request)
{
    return ch_context(request)->state;
}

const char *governance_purposes(void)
{
    for (const struct ch_sql_file *file = CH_SQL_FILES; file->path; file++) {
        if (strcmp(file->path, "reference/purposes.csv") == 0)
            return file->text;
    }
    return "";
}

const char *actor_argument(const struct ch_request *request)
{
    const struct ch_actor *actor = ch_actor(request);
    return actor->known && actor->member[0] != '\0' ? actor->member : NULL;
}

const char *person_argument(const struct ch_request *request)
{
    const struct ch_actor *actor = ch_actor(request);
    return actor->known && actor->id[0] != '\0' ? actor->id : NULL;
}

bool is_limit(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && strspn(text, "0123456789") == length && text[0] != '0' &&
           (length < 3 || strcmp(text, "100") == 0);
}

bool read_page(struct ch_request *request, struct page *page, struct ch_done **refused)
{
    uint8_t id[16];
    page->limit = ch_query(request, "limit") ?: "50";
    page->after = ch_query(request, "after");
    if (is_limit(page->limit) && (!page->after || ch_id_parse(page->after, id)))
        return true;
    *refused = ch_refuse(request, "bad_request", "limit is a number from 1 to 100, after the next of the page before");
    return false;
}

const char *id_argument(struct ch_request *request, const char *name, struct ch_done **refused)
{
    uint8_t bytes[16];
    const char *id = ch_path(request, name);
    if (ch_id_parse(id, bytes))
        return id;
    *refused = ch_refuse(request, "not_found", "%s is no identifier", name);
    return NULL;
}

struct ch_done *reply_opened(struct ch_request *request, const struct ch_answer *answer)
{
    static const struct ch_json_limits LIMITS = {.bytes = (size_t)16 * 1024 * 1024, .depth = 32};
    struct ch_arena *arena = ch_arena_of(request);
    struct ch_json_error error;
    if (!answer->body)
        return ch_reply(request, answer->outcome, NULL);
    json_t *tree = ch_json_parse(arena, answer->body, strlen(answer->body), &LIMITS, &error);
    if (!tree) {
        ch_log(CH_LOG_ERROR, "an answer of the database cannot be read", "detail", error.detail, "request",
               ch_request_id(request), NULL);
        return ch_reply(request, "internal", NULL);
    }
    people_open(arena, &governance_of(request)->secrets, tree);
    return ch_reply(request, answer->outcome, ch_json_canonical(arena, tree, NULL));
}

struct ch_done *act_on_id(struct ch_request *request, const struct ch_statement *statement, struct ch_done *refused)
{
    const char *id = refused ? NULL : id_argument(request, "id", &refused);
    return refused ? refused
                   : ch_call_then(request, statement, CH_ARGS(actor_argument(request), id, ch_body_json(request)),
                                  reply_opened);
}

struct ch_done *step_on_id(struct ch_request *request, const struct ch_statement *statement)
{
    static const struct ch_field NOTHING[] = {{NULL, 0, false, 0, 0, 0, NULL}};
    struct ch_done *refused = ch_decode(request, NOTHING, NULL);
    const char *id = refused ? NULL : id_argument(request, "id", &refused);
    return refused ? refused : ch_call_then(request, statement, CH_ARGS(actor_argument(request), id), reply_opened);
}

static bool start(struct ch_service_context *context)
{
    static struct governance governance;
    char error[320];
    if (!people_load(&governance.secrets, ch_config_text(context->config, "governance", "member_secret"),
                     ch_config_text(context->config, "governance", "email_secret"), error, sizeof error)) {
        ch_log(CH_LOG_ERROR, "a secret cannot be read", "detail", error, NULL);
        return false;
    }
    if (!mail_is_set(context->config, error, sizeof error)) {
        ch_log(CH_LOG_ERROR, "notices cannot be sent", "detail", error, NULL);
        return false;
    }
    context->state = &governance;
    guards_read(context);
    return true;
}

const struct ch_service governance_service = {.name = "governance",
                                              .routes = ROUTES,
                                              .keys = KEYS,
                                              .jobs = JOBS,
                                              .apart = APART,
                                              .clocks = CLOCKS,
                                              .start = start,
                                              .warning = guards_warning};
