/* SPDX-License-Identifier: Apache-2.0 */
/* notices: the table of kinds, the text of a mail, rows and the queue on both databases. */
#include "governance_fixture.h"

#include "identity/remind.h"
#include "notices/internal.h"

/* ---- the table ---- */

static void test_kinds(void)
{
    for (int i = 0; i < NOTICE_KIND_COUNT; i++) {
        const NoticeKindRow *row = notice_kind((NoticeKind)i);
        g_assert_cmpint(row->kind, ==, i);
        g_assert_true(notice_kind_find(row->name) == row);
        g_assert_true(row->address[0] == '/');
        g_assert_true(!row->kept || row->fallback != NOTICE_BY_NONE);
        for (int language = 0; language < NOTICE_LANGUAGES; language++) {
            const NoticeText *text = &row->texts[language];
            g_assert_true(*text->subject != '\0' && !g_str_has_suffix(text->subject, "."));
            g_assert_true(g_str_has_suffix(text->sentence, "."));
            g_assert_null(strchr(text->subject, '\n'));
        }
        g_assert_cmpstr(row->texts[NOTICE_FR].sentence, !=, row->texts[NOTICE_EN].sentence);
    }
    g_assert_null(notice_kind_find("no such kind"));
    g_autofree char *address = notice_address(notice_kind(NOTICE_REVIEW), "exp-1", "prj-1");
    g_assert_cmpstr(address, ==, "/exports/exp-1/review");
    /* What a tier forbids to tell the outside is not told by mail either. */
    g_assert_true(policy_tier(TIER_OPEN)->mail_titles);
    g_assert_false(policy_tier(TIER_RESTRICTED)->mail_titles);
    g_assert_false(policy_tier(TIER_SECURE)->mail_titles);
}

/* ---- the text of a mail ---- */

static char *format(const char *to, const char *subject, const char *body, GError **error)
{
    Message message = {.id = (char *)"mai-1", .from = (char *)"darse@example.org",
                       .to = (char *)to, .host = (char *)"darse.example.org",
                       .subject = (char *)subject, .body = (char *)body,
                       .language = (char *)"fr", .date_ms = 1795807800000};
    return message_format(&message, error);
}

static void test_addresses(void)
{
    static const char *const bad[] = {
        "", "a", "a@", "@b", "a@b@c", "a b@c", "a@b\r\nBcc: x@y", "a@b\n", "<a@b>", "a,b@c", "a@b;c",
        "\"a\"@b", "a\\@b", "a@b\x7f", "a@[1.2.3.4]", "\xff@b",
    };
    g_autoptr(GError) error = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        assert_refused(message_check_address(bad[i], &error), &error, "notices.address");
        g_assert_null(format(bad[i], "s", "b", &error));
        g_clear_error(&error);
    }
    g_autofree char *longest = g_strnfill(250, 'a');
    g_autofree char *address = g_strconcat(longest, "@b.fr", NULL);
    assert_refused(message_check_address(address, &error), &error, "notices.address");
    g_assert_true(message_check_address(address + 1, &error));
    g_assert_true(message_check_address("élodie.o'neill+x@intérieur.gouv.fr", &error));
}

static void test_message(void)
{
    g_autoptr(GError) error = NULL;
    const char *subject = "Une demande attend votre accord : les élèves, été 2026, à Saint-Étienne\r\n"
                          "Bcc: everybody@example.org";
    g_autofree char *text = format("élodie@example.org", subject, "Bonjour,\n.\nà bientôt\n", &error);
    g_assert_no_error(error);
    char *body = strstr(text, "\r\n\r\n");
    g_assert_nonnull(body);
    g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_assert_cmpuint(strlen(*line), <=, 78);
        g_assert_null(strchr(*line, '\n'));
        g_assert_false(g_str_has_prefix(*line, "Bcc"));
    }
    g_assert_nonnull(strstr(text, "\r\nTo: <élodie@example.org>\r\n"));
    g_assert_nonnull(strstr(text, "\r\nMessage-ID: <mai-1@darse.example.org>\r\n"));
    g_assert_true(g_str_has_prefix(text, "Date: Fri, 27 Nov 2026 "));
    /* Each encoded word holds whole characters. */
    const char *at = text;
    g_autoptr(GString) decoded = g_string_new(NULL);
    while ((at = strstr(at, "=?UTF-8?B?")) != NULL) {
        const char *end = strstr(at, "?=");
        g_autofree char *word = g_strndup(at + 10, (size_t)(end - at - 10));
        gsize size = 0;
        g_autofree guchar *bytes = g_base64_decode(word, &size);
        g_assert_true(g_utf8_validate((char *)bytes, (gssize)size, NULL));
        g_string_append_len(decoded, (char *)bytes, (gssize)size);
        at = end;
    }
    g_assert_cmpstr(decoded->str, ==, subject);
    gsize size = 0;
    g_autofree guchar *plain = g_base64_decode(body, &size);
    g_autofree char *whole = g_strndup((char *)plain, size);
    g_assert_cmpstr(whole, ==, "Bonjour,\r\n.\r\nà bientôt\r\n");
}

/* ---- the configuration ---- */

typedef struct ServerCase {
    const char *options, *reason, *url;
} ServerCase;

static const ServerCase server_cases[] = {
    {"", NULL, NULL},
    {"server=mail.example.org\n", "notices.sender", NULL},
    {"server=mail.example.org\nsender=d@e.fr\ntls=maybe\n", "notices.tls", NULL},
    {"server=mail.example.org/x\nsender=d@e.fr\n", "notices.server", NULL},
    {"server=mail.example.org\nsender=d@e.fr\ntls=none\nuser=u\n", "notices.clear_password", NULL},
    {"server=127.0.0.1\nsender=d@e.fr\ntls=none\nuser=u\nport=2525\n", NULL, "smtp://127.0.0.1:2525"},
    {"server=mail.example.org\nsender=d@e.fr\n", NULL, "smtp://mail.example.org:587"},
    {"server=::1\nsender=d@e.fr\ntls=tls\n", NULL, "smtps://[::1]:465"},
};

static void test_server(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(server_cases); i++) {
        const ServerCase *c = &server_cases[i];
        g_autoptr(GError) error = NULL;
        g_autofree char *dir = g_dir_make_tmp("darse-XXXXXX", NULL);
        g_autofree char *path = g_build_filename(dir, "darse.conf", NULL);
        g_autofree char *text = g_strconcat("[mail]\n", c->options, NULL);
        g_assert_true(file_write(path, text, strlen(text), 0600, &error));
        g_autoptr(Config) config = config_load(dir, &error);
        g_assert_no_error(error);
        SmtpServer server = {0};
        bool ok = smtp_server_read(config, &server, &error);
        if (c->reason != NULL)
            assert_refused(ok, &error, c->reason);
        else
            g_assert_cmpstr(server.url, ==, c->url);
        smtp_server_clear(&server);
        tree_remove(dir, NULL);
    }
}

/* ---- rows ---- */

#define MAIL_CONFIGURED "[mail]\nserver=127.0.0.1\ntls=none\nsender=darse@example.org\n"

typedef struct Tell {
    World *world;
    int actor, person;
    NoticeKind kind;
    const char *project;
} Tell;

static bool tell_in(Act *act, void *data, GError **error)
{
    const Tell *tell = data;
    NoticeNew notice = {.kind = tell->kind, .object = "obj-1", .project = tell->project,
                        .detail = "people's words"};
    return notice_add(act, world_actor(tell->world, tell->person)->id, &notice, error);
}

static void tell(World *w, int actor, int person, NoticeKind kind, const char *project)
{
    Tell call = {w, actor, person, kind, project};
    g_autoptr(GError) error = NULL;
    g_assert_true(act_run(&w->app, world_actor(w, actor), VERB_ACCOUNT_OWN, tell_in, &call, NULL,
                          &error));
    g_assert_no_error(error);
}

typedef struct Choose {
    World *world;
    int person;
    NoticeKind kind;
    NoticeChannel channel;
} Choose;

static bool choose_in(StoreTx *tx, void *data, GError **error)
{
    const Choose *c = data;
    return choice_save(tx, world_actor(c->world, c->person)->id, notice_kind(c->kind), c->channel,
                       error);
}

static bool choose(World *w, int person, NoticeKind kind, NoticeChannel channel, GError **error)
{
    Choose call = {w, person, kind, channel};
    return store_write(w->app.store, choose_in, &call, error);
}

#define NOTICES "SELECT count(*) FROM notice"
#define MAILS "SELECT count(*) FROM mail"

static void test_told(void)
{
    World *w = world_new(MAIL_CONFIGURED, false);
    g_autoptr(GError) error = NULL;
    tell(w, CHECKER, SCIENTIST, NOTICE_EXPORT_APPROVED, NULL);
    g_assert_cmpint(world_count(w, NOTICES " WHERE mail IS NOT NULL"), ==, 1);
    tell(w, SCIENTIST, SCIENTIST, NOTICE_EXPORT_APPROVED, NULL);       /* one's own doing */
    g_assert_cmpint(world_count(w, NOTICES), ==, 1);
    tell(w, SCIENTIST, SCIENTIST, NOTICE_ACCOUNT_PASSWORD, NULL);      /* guards the account */
    g_assert_cmpint(world_count(w, NOTICES), ==, 2);
    tell(w, LEAD, CHECKER, NOTICE_REVIEW, NULL);                       /* waits for the digest */
    g_assert_cmpint(world_count(w, NOTICES " WHERE digest = 1 AND mail IS NULL"), ==, 1);
    g_assert_cmpint(world_count(w, MAILS), ==, 2);
    g_assert_true(choose(w, CHECKER, NOTICE_REVIEW, NOTICE_BY_NONE, &error));
    tell(w, LEAD, CHECKER, NOTICE_REVIEW, NULL);
    g_assert_cmpint(world_count(w, NOTICES), ==, 3);
    g_assert_true(choose(w, CHECKER, NOTICE_REVIEW, NOTICE_BY_PAGE, &error));
    tell(w, LEAD, CHECKER, NOTICE_REVIEW, NULL);
    g_assert_cmpint(world_count(w, NOTICES " WHERE digest = 0 AND mail IS NULL"), ==, 1);
    assert_refused(choose(w, CHECKER, NOTICE_ACCOUNT_PASSWORD, NOTICE_BY_NONE, &error), &error,
                   "notices.kept");
    world_free(w);
}

/* Without a mail server no row waits for one. */
static void test_no_server(void)
{
    World *w = world_new("", false);
    tell(w, CHECKER, SCIENTIST, NOTICE_EXPORT_APPROVED, NULL);
    tell(w, LEAD, CHECKER, NOTICE_REVIEW, NULL);
    g_assert_cmpint(world_count(w, NOTICES), ==, 2);
    g_assert_cmpint(world_count(w, NOTICES " WHERE digest = 1"), ==, 0);
    g_assert_cmpint(world_count(w, MAILS), ==, 0);
    world_free(w);
}

typedef struct Take {
    World *world;
    int64_t now_ms;
    QueuedMail mail;
} Take;

static bool take_in(StoreTx *tx, void *data, GError **error)
{
    Take *take = data;
    return queue_take(&take->world->app, tx, take->now_ms, &take->mail, error);
}

static QueuedMail take(World *w, int64_t now_ms)
{
    Take call = {w, now_ms, {0}};
    g_autoptr(GError) error = NULL;
    g_assert_true(store_write(w->app.store, take_in, &call, &error));
    g_assert_no_error(error);
    return call.mail;
}

typedef struct End {
    const char *id;
    QueueEnd end;
    int64_t now_ms, again_ms;
} End;

static bool end_in(StoreTx *tx, void *data, GError **error)
{
    const End *end = data;
    return queue_end(tx, end->id, end->end, "4\xe9 of \"them\"", end->now_ms, end->again_ms, error);
}

static bool forget_in(StoreTx *tx, void *data, GError **error)
{
    (void)data;
    return queue_forget_interrupted(tx, error);
}

static void test_queue(void)
{
    World *w = world_new(MAIL_CONFIGURED, false);
    g_autoptr(GError) error = NULL;
    tell(w, CHECKER, SCIENTIST, NOTICE_EXPORT_APPROVED, NULL);
    int64_t now = time_now_ms() + 1000;
    g_auto(QueuedMail) early = take(w, now - TIME_DAY_MS);
    g_assert_null(early.id);
    g_auto(QueuedMail) mail = take(w, now);
    g_assert_nonnull(mail.id);
    g_assert_cmpint(mail.tries, ==, 1);
    g_assert_cmpstr(mail.message.subject, ==, "Darse : Votre sortie est approuvée");
    g_assert_nonnull(strstr(mail.message.body, "http://localhost/exports/obj-1"));
    g_assert_null(strstr(mail.message.body, "people's words"));
    g_auto(QueuedMail) twice = take(w, now);          /* nobody else takes it meanwhile */
    g_assert_null(twice.id);
    End again = {mail.id, QUEUE_AGAIN, now, now + 5000};
    g_assert_true(store_write(w->app.store, end_in, &again, &error));
    g_auto(QueuedMail) soon = take(w, now + 4999);
    g_assert_null(soon.id);
    g_auto(QueuedMail) later = take(w, now + 5000);
    g_assert_cmpstr(later.id, ==, mail.id);
    g_assert_cmpint(later.tries, ==, 2);
    /* The program ended while it was being sent: it may have been, and is not sent twice. */
    g_assert_true(store_write(w->app.store, forget_in, NULL, &error));
    g_assert_cmpint(world_count(w, MAILS " WHERE state = 'unknown'"), ==, 1);
    g_auto(QueuedMail) never = take(w, now + TIME_DAY_MS);
    g_assert_null(never.id);
    world_sql(w, "UPDATE person SET disabled_ms = 1 WHERE login = 'lead'");
    tell(w, CHECKER, LEAD, NOTICE_EXPORT_APPROVED, NULL);
    g_auto(QueuedMail) dropped = take(w, now);
    g_assert_null(dropped.id);
    g_assert_cmpint(world_count(w, MAILS " WHERE state = 'dropped'"), ==, 1);
    world_free(w);
}

/* The project's title leaves where the tier lets it, and not elsewhere. */
static void test_titles(void)
{
    static const PolicyTier tiers[] = {TIER_OPEN, TIER_RESTRICTED};
    for (size_t i = 0; i < G_N_ELEMENTS(tiers); i++) {
        World *w = world_new(MAIL_CONFIGURED, false);
        ProjectNew given = world_project(w);
        given.tier = tiers[i];
        g_autofree char *project = world_open_project(w, &given);
        world_sql(w, "UPDATE mail SET state = 'sent'");
        tell(w, CHECKER, SCIENTIST, NOTICE_EXPORT_APPROVED, project);
        g_auto(QueuedMail) mail = take(w, time_now_ms() + 1000);
        g_assert_nonnull(mail.id);
        bool told = strstr(mail.message.body, "Health and income") != NULL;
        g_assert_true(told == policy_tier(tiers[i])->mail_titles);
        world_free(w);
    }
}

/* Joining a project, its opening and leaving it are told to the member. */
static void test_members_are_told(void)
{
    World *w = world_new("", false);
    g_autoptr(GError) error = NULL;
    ProjectNew given = world_project(w);
    g_autofree char *project = world_open_project(w, &given);
    const PolicyActor *scientist = world_actor(w, SCIENTIST);
    static const char *const kinds[] = {"member_added", "project_state"};
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *sql = g_strdup_printf(NOTICES " WHERE person = '%s' AND kind = '%s'",
                                               scientist->id, kinds[i]);
        g_assert_cmpint(world_count(w, sql), ==, 1);
    }
    g_assert_true(project_member_remove(&w->app, world_actor(w, LEAD), project, scientist->id,
                                        &error));
    g_assert_cmpint(world_count(w, NOTICES " WHERE kind = 'member_removed'"), ==, 1);
    world_free(w);
}

typedef struct Reading {
    const char *person, *id;
    NoticeQuery query;
    guint count;
} Reading;

static bool list_in(StoreTx *tx, void *data, GError **error)
{
    Reading *r = data;
    g_autoptr(GPtrArray) list = notice_list(tx, &r->query, error);
    r->count = list != NULL ? list->len : 0;
    return list != NULL;
}

static bool mark_in(StoreTx *tx, void *data, GError **error)
{
    const Reading *r = data;
    return notice_mark_read(tx, r->person, r->id, time_now_ms(), error);
}

static void test_read(void)
{
    World *w = world_new("", false);
    g_autoptr(GError) error = NULL;
    const char *person = world_actor(w, SCIENTIST)->id;
    for (int i = 0; i < 5; i++)
        tell(w, CHECKER, SCIENTIST, NOTICE_EXPORT_APPROVED, NULL);
    Reading r = {.person = person, .query = {.person = person, .before = "", .limit = 3}};
    g_assert_true(store_read(w->app.store, list_in, &r, &error));
    g_assert_cmpuint(r.count, ==, 3);
    r.query.person = world_actor(w, LEAD)->id;
    g_assert_true(store_read(w->app.store, list_in, &r, &error));
    g_assert_cmpuint(r.count, ==, 0);
    r.id = "not-aaaaaaaaaaaaaaaa";
    assert_refused(store_write(w->app.store, mark_in, &r, &error), &error, "notices.no_notice");
    r.id = NULL;
    g_assert_true(store_write(w->app.store, mark_in, &r, &error));
    g_assert_cmpint(world_count(w, NOTICES " WHERE read_ms IS NULL"), ==, 0);
    g_assert_true(notices_purge(&w->app, &error));
    g_assert_cmpint(world_count(w, NOTICES), ==, 5);
    world_sql(w, "UPDATE notice SET read_ms = 1");
    /* Days without a digest are not kept for ever either. */
    world_sql(w, "INSERT INTO notice_digest (person, day, mail) VALUES ('%s', '2020-01-06', NULL), "
                 "('%s', '2999-01-07', NULL)", person, person);
    g_assert_true(notices_purge(&w->app, &error));
    g_assert_cmpint(world_count(w, NOTICES), ==, 0);
    g_assert_cmpint(world_count(w, "SELECT count(*) FROM notice_digest"), ==, 1);
    world_free(w);
}

static void test_tokens(void)
{
    World *w = world_new("", false);
    g_autoptr(GError) error = NULL;
    static const struct { const char *id; int days; bool told; } tokens[] = {
        {"tok-1", 3, true}, {"tok-2", 30, false}, {"tok-3", -1, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(tokens); i++)
        world_sql(w, "INSERT INTO api_token (id, token_hash, person, name, scopes, second_factor, "
                     "created_ms, expires_ms) VALUES ('%s', '%s', '%s', 'x', 'read', 1, 1, %"
                  G_GINT64_FORMAT ")", tokens[i].id, tokens[i].id, world_actor(w, LEAD)->id,
                  time_now_ms() + tokens[i].days * TIME_DAY_MS);
    for (int round = 0; round < 2; round++) {
        g_assert_true(identity_remind(&w->app, &error));
        g_assert_cmpint(world_count(w, NOTICES " WHERE kind = 'token_ends'"), ==, 1);
    }
    g_assert_cmpint(world_count(w, NOTICES " WHERE object = 'tok-1'"), ==, 1);
    world_free(w);
}

static void test_pure(void)
{
    test_kinds();
    test_addresses();
    test_message();
    test_server();
}

static const WorldTest tests[] = {
    {"pure", test_pure}, {"told", test_told}, {"no-server", test_no_server}, {"queue", test_queue},
    {"titles", test_titles}, {"members", test_members_are_told}, {"read", test_read}, {"tokens", test_tokens},
};

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    log_setup("test", LOG_LEVEL_ERROR);
    return world_run("notices", tests, G_N_ELEMENTS(tests));
}
