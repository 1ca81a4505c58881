/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The words of notices in both languages. What is said in full stays in the portal; a letter says what happened, until
 * when, and where to look. */
#include "notice_text.h"

#include <string.h>

#include "commonhold/crypto.h"

/* Bytes of text in one encoded word: 4/3 of it and "=?UTF-8?B??=" are at most 75. */
#define WORD_BYTES 45

struct words {
    const char *english, *spanish;
};

struct sentence {
    const char *kind;
    struct words says;
    const char *page; /* of the portal; what the id completes ends with a slash */
};

static const struct sentence SENTENCES[] = {
    {"discussion_opened",
     {"A proposal is open for discussion", "Una propuesta está abierta a discusión"},
     "/decisions/"},
    {"voting_opened", {"Voting has opened", "La votación está abierta"}, "/vote/"},
    {"voting_reminder", {"You have not voted yet", "Aún no ha votado"}, "/vote/"},
    {"result", {"A vote has been counted", "Se ha contado una votación"}, "/decisions/"},
    {"in_force", {"A decision is in force", "Una decisión está en vigor"}, "/decisions/"},
    {"annulled", {"A proposal has been annulled", "Una propuesta ha sido anulada"}, "/decisions/"},
    {"referred",
     {"The ethics council has sent your proposal back", "El consejo de ética ha devuelto su propuesta"},
     "/decisions/"},
    {"steward_key_due", {"Your key for a vote is due", "Falta su clave para una votación"}, "/decisions/"},
    {"steward_reveal_due",
     {"Your key is needed to open a vote", "Se necesita su clave para abrir una votación"},
     "/decisions/"},
    {"case_opened", {"A case waits for your vote", "Un caso espera su voto"}, "/council/"},
    {"case_due", {"A case is due soon", "Un caso vence pronto"}, "/council/"},
    {"hearing", {"You are called to a hearing", "Se le cita a una audiencia"}, "/decisions/"},
    {"appeal_decided", {"An appeal has been decided", "Se ha resuelto una apelación"}, "/decisions"},
    {"payout.held", {"A payment to you is held", "Un pago a su favor está retenido"}, "/me/statements"},
    {"payout.unclaimed", {"Money waits for you", "Hay dinero que le espera"}, "/me/statements"},
    {"payout.settled",
     {"Your question about a payment is settled", "Su consulta sobre un pago está resuelta"},
     "/me/statements"},
    {"payment.returned", {"A payment to you came back", "Un pago a su favor fue devuelto"}, "/me/account"},
};

static const struct sentence ANY = {"", {"There is news for you", "Hay novedades para usted"}, "/me"};
static const struct words SECOND = {" (second reading)", " (segunda lectura)"};
static const struct words UNTIL = {"Until: ", "Hasta: "};
static const struct words PREFERENCES = {"You can switch kinds of notices off: ", "Puede desactivar tipos de avisos: "};

static const struct sentence *find_sentence(const char *kind, size_t length)
{
    for (size_t i = 0; i < sizeof SENTENCES / sizeof *SENTENCES; i++) {
        if (strlen(SENTENCES[i].kind) == length && strncmp(SENTENCES[i].kind, kind, length) == 0)
            return &SENTENCES[i];
    }
    return &ANY;
}

static const char *say(const struct notice_sender *sender, struct words words)
{
    return strcmp(sender->language, "es") == 0 ? words.spanish : words.english;
}

static const char *object_of(const json_t *body)
{
    const char *id = json_string_value(json_object_get(body, "proposal_id"));
    id = id ? id : json_string_value(json_object_get(body, "case_id"));
    return id ? id : "";
}

/* Names and titles are people's: one line each, whatever they hold. */
static const char *one_line(struct ch_arena *arena, const char *text)
{
    char *line = ch_strdup(arena, text);
    for (char *c = line; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    }
    return line;
}

void notice_write(struct ch_arena *arena, const struct notice_sender *sender, const struct notice *notice,
                  struct notice_mail *mail)
{
    size_t length = strlen(notice->kind);
    bool second = length > 2 && strcmp(notice->kind + length - 2, "_2") == 0;
    const struct sentence *sentence = find_sentence(notice->kind, second ? length - 2 : length);
    const char *closes = json_string_value(json_object_get(notice->body, "closes_at"));
    const char *says = ch_printf(arena, "%s%s", say(sender, sentence->says), second ? say(sender, SECOND) : "");
    const char *title = notice->title ? one_line(arena, notice->title) : NULL;
    bool of_one = sentence->page[strlen(sentence->page) - 1] == '/';
    mail->subject = ch_printf(arena, "%s: %s", one_line(arena, sender->trust), says);
    mail->text = ch_printf(arena, "%s%s%s\n\n%s%s%s%s%s%s\n\n-- \n%s\n%s%s/me/account\n", says, title ? "\n\n" : "",
                           title ? title : "", closes ? say(sender, UNTIL) : "", closes ? closes : "",
                           closes ? "\n" : "", sender->origin, sentence->page, of_one ? object_of(notice->body) : "",
                           one_line(arena, sender->trust), say(sender, PREFERENCES), sender->origin);
}

static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < ' ' || *text > '~')
            return false;
    }
    return true;
}

/* Bytes of the next word: whole characters only. */
static size_t word_size(const char *text)
{
    size_t size = strnlen(text, WORD_BYTES + 1);
    if (size <= WORD_BYTES)
        return size;
    for (size = WORD_BYTES; size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80;)
        size--;
    return size;
}

static const char *encode(struct ch_arena *arena, const char *text)
{
    const char *value = "";
    for (size_t size; (size = word_size(text)) > 0; text += size)
        value = ch_printf(arena, "%s%s=?UTF-8?B?%s?=", value, *value ? "\r\n " : "", ch_base64(arena, text, size));
    return value;
}

const char *notice_header(struct ch_arena *arena, const char *text)
{
    return is_plain(text) ? text : encode(arena, text);
}

const char *notice_phrase(struct ch_arena *arena, const char *name)
{
    return is_plain(name) && !strpbrk(name, "()<>[]:;@\\,.\"") ? name : encode(arena, name);
}
