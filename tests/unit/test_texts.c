/* SPDX-License-Identifier: Apache-2.0 */
/* texts: Markdown made harmless; versions and acceptances on both databases. */
#include "governance_fixture.h"

#include "texts/render.h"
#include "texts/texts.h"

/* ---- rendering ---- */

typedef struct RenderCase {
    const char *markdown, *title, *html;
} RenderCase;

static const RenderCase render_cases[] = {
    {"# Terms *of* use\n\nA **word**.\n", "Terms of use", "<p>A <strong>word</strong>.</p>\n"},
    {"No heading\n", "", "<p>No heading</p>\n"},
    {"## Second level\n", "", "<h2>Second level</h2>\n"},
    {"<script>alert(1)</script>\n", "", ""},
    {"a <b onclick=\"x\">b</b> c\n", "", "<p>a b c</p>\n"},
    {"[go](javascript:alert(1))\n", "", "<p>go</p>\n"},
    {"[go](JAVASCRIPT:alert(1)) [go](&#106;avascript:x)\n", "", "<p>go go</p>\n"},
    {"[go](//evil.example/x) [go](data:text/html,x) [go](ftp://x)\n", "", "<p>go go go</p>\n"},
    {"![a picture](https://evil.example/pixel.png)\n", "", "<p>a picture</p>\n"},
    {"[![in](https://a.example/b.png)](https://c.example/)\n", "",
     "<p><a href=\"https://c.example/\">in</a></p>\n"},
    {"[mail](mailto:a@b.fr) [here](/account) [part](#x)\n", "",
     "<p><a href=\"mailto:a@b.fr\">mail</a> <a href=\"/account\">here</a> <a href=\"#x\">part</a></p>\n"},
    {"", "", ""},
};

static void test_render(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(render_cases); i++) {
        const RenderCase *c = &render_cases[i];
        g_auto(RenderedText) text = {0};
        g_autoptr(GError) error = NULL;
        g_assert_true(text_render(c->markdown, strlen(c->markdown), &text, &error));
        g_assert_cmpstr(text.title, ==, c->title);
        g_assert_cmpstr(text.html, ==, c->html);
    }
    g_auto(RenderedText) table = {0};
    const char *rows = "| a | b |\n|---|:-:|\n| 1 | 2 |\n";
    g_assert_true(text_render(rows, strlen(rows), &table, NULL));
    g_assert_nonnull(strstr(table.html, "<td>1</td>"));
    g_assert_nonnull(strstr(table.html, "<th scope=\"col\">a</th>"));
    g_assert_nonnull(strstr(table.html, "<th scope=\"col\" align=\"center\">b</th>"));
    g_assert_nonnull(strstr(table.html, "<thead>"));
}

static void test_render_refusals(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(RenderedText) text = {0};
    g_autofree char *most = g_strnfill(TEXTS_MARKDOWN_MAX + 1, 'a');
    assert_refused(text_render(most, strlen(most), &text, &error), &error, "texts.too_long");
    assert_refused(text_render("a\xff", 2, &text, &error), &error, "texts.not_utf8");
    g_assert_null(text.html);
    g_assert_true(text_render(most, TEXTS_MARKDOWN_MAX, &text, &error));
}

/* ---- rows ---- */

typedef struct Call {
    World *world;
    const char *name;
    int64_t base, version, written;
    bool asks;
    int grace_days;
    TextVersion text;
    TermsState state;
} Call;

static bool write_in(StoreTx *tx, void *data, GError **error)
{
    Call *c = data;
    TextNew text = {.name = c->name, .base = c->base, .fr = "# Fr\n", .en = "# En\n",
                    .asks = c->asks, .grace_days = c->grace_days,
                    .by = world_actor(c->world, OFFICER)->id};
    return text_write(tx, &text, time_now_ms(), &c->written, error);
}

static bool load_in(StoreTx *tx, void *data, GError **error)
{
    Call *c = data;
    return text_load(tx, c->name, c->version, &c->text, error);
}

static bool accept_in(StoreTx *tx, void *data, GError **error)
{
    Call *c = data;
    return terms_accept(tx, world_actor(c->world, LEAD)->id, c->version, time_now_ms(), error);
}

static bool state_in(StoreTx *tx, void *data, GError **error)
{
    Call *c = data;
    return terms_state(tx, world_actor(c->world, LEAD)->id, &c->state, error);
}

static void test_shipped(void)
{
    World *w = world_new("", false);
    for (const char *const *name = text_names; *name != NULL; name++) {
        g_autoptr(GError) error = NULL;
        Call c = {.world = w, .name = *name, .version = -1};
        g_assert_true(store_read(w->app.store, load_in, &c, &error));
        g_assert_cmpint(c.text.version, ==, 0);
        const char *texts[] = {c.text.fr, c.text.en};
        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
            g_auto(RenderedText) text = {0};
            g_assert_true(text_render(texts[i], strlen(texts[i]), &text, &error));
            g_assert_true(*text.title != '\0' && strlen(text.html) > 500);
        }
        text_version_clear(&c.text);
    }
    world_free(w);
}

static void test_versions(void)
{
    World *w = world_new("", false);
    g_autoptr(GError) error = NULL;
    Call c = {.world = w, .name = "terms", .version = -1};
    g_assert_true(store_write(w->app.store, write_in, &c, &error));
    g_assert_cmpint(c.written, ==, 1);
    assert_refused(store_write(w->app.store, write_in, &c, &error), &error, "texts.changed");
    Call other = {.world = w, .name = "privacy", .asks = true};
    assert_refused(store_write(w->app.store, write_in, &other, &error), &error, "texts.not_terms");
    other.name = "manifesto";
    assert_refused(store_write(w->app.store, write_in, &other, &error), &error, "texts.no_text");
    c.version = 2;
    assert_refused(store_read(w->app.store, load_in, &c, &error), &error, "texts.no_text");
    c.version = 0;
    g_assert_true(store_read(w->app.store, load_in, &c, &error));
    g_assert_cmpstr(c.text.fr, !=, "# Fr\n");
    text_version_clear(&c.text);
    c.version = -1;
    g_assert_true(store_read(w->app.store, load_in, &c, &error));
    g_assert_cmpstr(c.text.fr, ==, "# Fr\n");
    text_version_clear(&c.text);
    world_free(w);
}

static void test_acceptance(void)
{
    World *w = world_new("", false);
    g_autoptr(GError) error = NULL;
    Call c = {.world = w, .name = "terms", .asks = true};
    g_assert_true(store_read(w->app.store, state_in, &c, &error));
    g_assert_cmpint(c.state.asked, ==, 0);
    g_assert_true(store_write(w->app.store, write_in, &c, &error));
    g_assert_true(store_read(w->app.store, state_in, &c, &error));
    g_assert_cmpint(c.state.asked, ==, 1);
    g_assert_cmpint(c.state.accepted, ==, 0);
    c.version = 0;                                     /* not the newest: nobody accepts unread */
    assert_refused(store_write(w->app.store, accept_in, &c, &error), &error, "texts.changed");
    c.version = 1;
    g_assert_true(store_write(w->app.store, accept_in, &c, &error));
    g_assert_true(store_write(w->app.store, accept_in, &c, &error));
    g_assert_true(store_read(w->app.store, state_in, &c, &error));
    g_assert_cmpint(c.state.accepted, ==, 1);
    c.base = 1;
    c.asks = false;                                    /* a small change: nobody is asked again */
    g_assert_true(store_write(w->app.store, write_in, &c, &error));
    g_assert_true(store_read(w->app.store, state_in, &c, &error));
    g_assert_cmpint(c.state.asked, ==, 1);
    world_free(w);
}

static bool late_comer_in(StoreTx *tx, void *data, GError **error)
{
    const Call *c = data;
    return store_exec(tx, error, "UPDATE person SET created_ms = $1 WHERE id = $2",
                      store_integer(time_now_ms() + 1000),
                      store_text(world_actor(c->world, LEAD)->id));
}

/* Whoever was here has the grace of each version; whoever came later has none. */
static void test_grace(void)
{
    World *w = world_new("", false);
    g_autoptr(GError) error = NULL;
    Call c = {.world = w, .name = "terms", .asks = true, .grace_days = 7};
    int64_t before_ms = time_now_ms();
    g_assert_true(store_read(w->app.store, state_in, &c, &error));
    g_assert_cmpint(c.state.due_ms, ==, 0);
    g_assert_true(store_write(w->app.store, write_in, &c, &error));
    g_assert_true(store_read(w->app.store, state_in, &c, &error));
    g_assert_cmpint(c.state.due_ms, >=, before_ms + 7 * TIME_DAY_MS);
    g_assert_false(terms_overdue(c.state.due_ms, c.state.due_ms - 1));
    g_assert_true(terms_overdue(c.state.due_ms, c.state.due_ms));
    int64_t first_ms = c.state.due_ms;
    c.base = 1;
    c.grace_days = 30;                /* a second version does not give the first one more time */
    g_assert_true(store_write(w->app.store, write_in, &c, &error));
    g_assert_true(store_read(w->app.store, state_in, &c, &error));
    g_assert_cmpint(c.state.due_ms, ==, first_ms);
    g_assert_true(store_write(w->app.store, late_comer_in, &c, &error));
    g_assert_true(store_read(w->app.store, state_in, &c, &error));
    g_assert_true(terms_overdue(c.state.due_ms, time_now_ms()));
    c.version = 2;
    g_assert_true(store_write(w->app.store, accept_in, &c, &error));
    g_assert_true(store_read(w->app.store, state_in, &c, &error));
    g_assert_cmpint(c.state.due_ms, ==, 0);
    world_free(w);
}

static const WorldTest tests[] = {
    {"render", test_render}, {"refusals", test_render_refusals}, {"shipped", test_shipped},
    {"versions", test_versions}, {"acceptance", test_acceptance},
    {"grace", test_grace},
};

int main(int argc, char **argv)
{
    g_assert_true(sodium_init() >= 0);
    g_test_init(&argc, &argv, NULL);
    log_setup("test", LOG_LEVEL_ERROR);
    return world_run("texts", tests, G_N_ELEMENTS(tests));
}
