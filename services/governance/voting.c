/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* `commonhold vote` and `commonhold steward`: a ballot is sealed here, before it is sent, and a steward's private key
 * is made here and stays in a file until it is revealed. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "commonhold/client.h"
#include "commonhold/secret.h"
#include "core/ballot.h"
#include "voting_log.h"

#define TRIES 10 /* of casting, a second apart: a record that is in the box already is told so */

struct voting {
    struct ch_arena *arena;
    struct ch_client *client;
    const char *proposal, *choice, *key_path; /* of the command line; key_path may be NULL */
    const json_t *read;                       /* the proposal */
    struct log_trust log;
};

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static const json_t *get(struct voting *v, const char *path, int *code)
{
    const struct ch_client_request request = {.method = "GET", .path = path};
    struct ch_client_answer answer = ch_client_send(v->client, &request);
    *code = answer.status == 200 ? CH_EXIT_OK : ch_client_complain(&request, &answer);
    return answer.status == 200 ? answer.json : NULL;
}

/* POST /governance/v1/proposals/{id}/VERB. */
static struct ch_client_request command(struct voting *v, const char *verb, const json_t *body)
{
    return (struct ch_client_request){
        .method = "POST",
        .path = ch_printf(v->arena, "/governance/v1/proposals/%s/%s", ch_client_escape(v->client, v->proposal), verb),
        .json = body};
}

/* ---- vote ---- */

static int vote_by_name(struct voting *v)
{
    const struct ch_client_request request =
        command(v, "cast-named-vote", ch_json_pack(v->arena, "{s:s}", "choice", v->choice));
    struct ch_client_answer answer = ch_client_send(v->client, &request);
    if (answer.status != 200)
        return ch_client_complain(&request, &answer);
    printf("recorded: %s; this vote is named: all see it once it is over\n", v->choice);
    return CH_EXIT_OK;
}

/* The stewards' keys in the order U, W, C. */
static bool read_stewards(const json_t *array, uint8_t keys[CH_SHARES][CH_P256_POINT])
{
    if (json_array_size(array) != CH_SHARES)
        return false;
    for (int i = 0; i < CH_SHARES; i++) {
        const json_t *one = json_array_get(array, (size_t)i);
        const char *text = text_of(one, "public_key");
        size_t size;
        if (ch_ballot_class(text_of(one, "class")) != i ||
            !ch_unbase64url(text, strlen(text), keys[i], CH_P256_POINT, &size) || size != CH_P256_POINT)
            return false;
    }
    return true;
}

/* What the vote asks, by its method and the length of its choices. */
static bool read_question(const struct voting *v, const json_t *sealing, struct ch_question *question)
{
    const char *method = text_of(json_object_get(v->read, "rule"), "method");
    int64_t size = json_integer_value(json_object_get(sealing, "choice_bytes"));
    for (size_t options = 0; options <= CH_CHOICE_OPTIONS_MAX; options++)
        if (ch_question_read(method, options, question) && (int64_t)ch_choice_bytes(question) == size)
            return true;
    return false;
}

/* The choice of the command line as it is sealed: an answer, or numbers with commas between. */
static const char *choice_text(struct voting *v, const struct ch_question *question)
{
    switch (question->kind) {
    case CH_CHOICE_ANSWER:
        return ch_printf(v->arena, "{\"c\":\"%s\"}", v->choice);
    case CH_CHOICE_RANKS:
        return ch_printf(v->arena, "{\"r\":[%s]}", v->choice);
    case CH_CHOICE_PROJECTS:
        return ch_printf(v->arena, "{\"p\":[%s]}", v->choice);
    }
    return "";
}

/* The record of the choice, fresh; NULL with a message. */
static const char *seal(struct voting *v, int class_index)
{
    const json_t *sealing = json_object_get(v->read, "sealing");
    uint8_t stewards[CH_SHARES][CH_P256_POINT], padded[CH_CHOICE_BYTES_MAX];
    struct ch_ballot_secrets secrets;
    struct ch_question question;
    const char *record = NULL;
    if (!read_question(v, sealing, &question) || !ch_choice_pad(&question, choice_text(v, &question), padded))
        ch_say(0,
               "%s is no choice of this vote: yes, no or abstain; numbers of candidates, most wanted first, or of "
               "projects, such as 3,1",
               v->choice);
    else if (!read_stewards(json_object_get(sealing, "stewards"), stewards))
        ch_say(0, "proposal %s has no three stewards' keys: voting is not open", v->proposal);
    else {
        ch_ballot_draw(&secrets);
        record = ch_ballot_seal(v->arena, &secrets, text_of(sealing, "box"), class_index, stewards, padded,
                                ch_choice_bytes(&question));
        explicit_bzero(&secrets, sizeof secrets);
        if (!record)
            ch_say(0, "a steward's key is none: do not vote, and tell the people who run this trust");
    }
    return record;
}

/* The same record until an answer comes: a line that broke tells nothing of what arrived. */
static int cast(struct voting *v, const char *record)
{
    struct ch_json_error error;
    uint8_t hash[32];
    char tracker[CH_BALLOT_TRACKER];
    const struct timespec pause = {.tv_sec = 1};
    const struct ch_client_request request =
        command(v, "cast-ballot", ch_json_parse(v->arena, record, strlen(record), &CH_JSON_BODY, &error));
    struct ch_client_answer answer = ch_client_send(v->client, &request);
    for (int i = 1; i < TRIES && (answer.status == 0 || answer.status == 503); i++) {
        nanosleep(&pause, NULL);
        answer = ch_client_send(v->client, &request);
    }
    if (answer.status != 200)
        return ch_client_complain(&request, &answer);
    ch_sha256(record, strlen(record), hash);
    ch_ballot_tracker(hash, tracker);
    if (strcmp(tracker, text_of(answer.json, "tracker")) != 0)
        return ch_say(CH_EXIT_REFUSED, "the trust acknowledged another ballot than %s: keep this line and complain",
                      tracker);
    printf("cast: your tracker is %s\n", tracker);
    return CH_EXIT_OK;
}

/* The keys that the ballot is sealed to: held against the log where the voter has its key, else as the trust gives
 * them, and the voter is told. */
static bool are_stewards(struct voting *v)
{
    const json_t *sealing = json_object_get(v->read, "sealing");
    if (!v->log.vkey && !v->log.policy) {
        ch_say(0, "the stewards' keys are taken on the trust's word: --vkey or --policy holds them against its log");
        return true;
    }
    const char *wrong =
        stewards_unproven(v->arena, v->client, &v->log, text_of(sealing, "box"), json_object_get(sealing, "stewards"));
    if (wrong)
        ch_say(0, "not voted: %s", wrong);
    else
        printf("the stewards' keys are those of the log\n");
    return !wrong;
}

static int vote_sealed(struct voting *v)
{
    int code;
    const json_t *self = get(
        v, ch_printf(v->arena, "/governance/v1/rolls/%s/check-self", ch_client_escape(v->client, v->proposal)), &code);
    if (!self)
        return code;
    int class_index = ch_ballot_class(text_of(self, "class"));
    if (class_index < 0)
        return ch_say(CH_EXIT_REFUSED, "you are not on the roll of this vote: %s", text_of(self, "condition"));
    const char *record = are_stewards(v) ? seal(v, class_index) : NULL;
    return record ? cast(v, record) : CH_EXIT_REFUSED;
}

static int vote(struct voting *v)
{
    return json_is_object(json_object_get(v->read, "sealing")) ? vote_sealed(v) : vote_by_name(v);
}

/* ---- steward ---- */

/* The file of the key, named after proposal and reading where no other was. */
static const char *key_file(struct voting *v)
{
    return v->key_path ? v->key_path
                       : ch_printf(v->arena, "steward-%s-%lld.key", v->proposal,
                                   (long long)json_integer_value(json_object_get(v->read, "reading")));
}

/* The key of the file; NULL with a message. */
static struct ch_p256_key *load(const char *path, uint8_t private_key[32])
{
    char error[256];
    struct ch_p256_key *key = NULL;
    if (!ch_secret_load(path, private_key, error, sizeof error))
        ch_say(0, "%s", error);
    else if (!(key = ch_p256_key_new(private_key)))
        ch_say(0, "%s holds no key of P-256: delete it, and make another", path);
    return key;
}

static int tell_stewards(struct voting *v, const char *what, const struct ch_client_request *request)
{
    struct ch_client_answer answer = ch_client_send(v->client, request);
    const json_t *one;
    size_t i, revealed = 0;
    if (answer.status != 200)
        return ch_client_complain(request, &answer);
    const json_t *stewards = json_object_get(answer.json, "stewards");
    json_array_foreach(stewards, i, one) revealed += json_is_true(json_object_get(one, "revealed"));
    printf("%s; %zu of 3 keys posted, %zu revealed, 2 of which open the box\n", what, json_array_size(stewards),
           revealed);
    return CH_EXIT_OK;
}

static int post_key(struct voting *v)
{
    const char *path = key_file(v);
    uint8_t private_key[32], point[CH_P256_POINT];
    char error[256];
    if (access(path, F_OK) != 0 && !ch_signing_key_create(path, error, sizeof error))
        return ch_say(CH_EXIT_FAULT, "%s", error);
    struct ch_p256_key *key = load(path, private_key);
    if (!key)
        return CH_EXIT_REFUSED;
    ch_p256_key_public(key, point);
    ch_p256_key_free(key);
    const struct ch_client_request request =
        command(v, "post-steward-key",
                ch_json_pack(v->arena, "{s:s}", "public_key", ch_base64url(v->arena, point, sizeof point)));
    return tell_stewards(
        v, ch_printf(v->arena, "posted; keep %s until voting has closed: it opens nothing alone", path), &request);
}

static int reveal_key(struct voting *v)
{
    uint8_t private_key[32];
    struct ch_p256_key *key = load(key_file(v), private_key);
    if (!key)
        return CH_EXIT_REFUSED;
    ch_p256_key_free(key);
    const struct ch_client_request request = command(
        v, "reveal-steward-key",
        ch_json_pack(v->arena, "{s:s}", "private_key", ch_base64url(v->arena, private_key, sizeof private_key)));
    return tell_stewards(v, "revealed", &request);
}

/* ---- arguments ---- */

/* Reads the proposal, and does it. */
static int with_proposal(struct voting *v, const char *origin, int (*deed)(struct voting *))
{
    int code = CH_EXIT_FAULT;
    v->arena = ch_arena_new();
    v->client = ch_client_open(v->arena, origin);
    if (v->client) {
        v->read =
            get(v, ch_printf(v->arena, "/governance/v1/proposals/%s", ch_client_escape(v->client, v->proposal)), &code);
        code = v->read ? deed(v) : code;
        ch_client_close(v->client);
    }
    ch_arena_free(v->arena);
    return code;
}

int ch_command_vote(int argc, char **argv)
{
    struct voting v = {0};
    const char *origin = NULL;
    int words = 0;
    const struct ch_option options[] = {{"--origin", &origin, NULL, false},
                                        {"--vkey", &v.log.vkey, NULL, false},
                                        {"--policy", &v.log.policy, NULL, false},
                                        {NULL, NULL, NULL, false}};
    if (!ch_options(argc, argv, options, &words))
        return CH_EXIT_USAGE;
    if (words != 2)
        return ch_say(CH_EXIT_USAGE, "vote takes a PROPOSAL and yes, no, abstain or numbers such as 3,1");
    v.proposal = argv[0];
    v.choice = argv[1];
    return with_proposal(&v, origin, vote);
}

static int steward(int argc, char **argv, int (*deed)(struct voting *))
{
    struct voting v = {0};
    const char *origin = NULL;
    int words = 0;
    const struct ch_option options[] = {
        {"--key", &v.key_path, NULL, false}, {"--origin", &origin, NULL, false}, {NULL, NULL, NULL, false}};
    if (!ch_options(argc, argv, options, &words))
        return CH_EXIT_USAGE;
    if (words != 1)
        return ch_say(CH_EXIT_USAGE, "PROPOSAL is missing");
    v.proposal = argv[0];
    return with_proposal(&v, origin, deed);
}

int ch_command_steward_key(int argc, char **argv)
{
    return steward(argc, argv, post_key);
}

int ch_command_steward_reveal(int argc, char **argv)
{
    return steward(argc, argv, reveal_key);
}
