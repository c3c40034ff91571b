/* SPDX-License-Identifier: Apache-2.0 */
/* cli: addresses of files, names of servers, the file of tokens. */
#include "base/encode.h"
#include "base/error.h"
#include "cli/address.h"
#include "cli/tokens.h"

#include <string.h>

static void test_addresses(void)
{
    static const struct {
        const char *text, *project, *place, *path;
        bool folder;
    } rows[] = {
        {"care-use:/a/b.csv", "care-use", "project", "a/b.csv", false},
        {"care-use:/a/", "care-use", "project", "a", true},
        {"care-use:/", "care-use", "project", "", true},
        {"care-use:", "care-use", "project", "", true},
        {"care-use:~", "care-use", "home", "", true},
        {"care-use:~/x", "care-use", "home", "x", false},
        {"s3://care-use/a//b", "care-use", "bucket", "a//b", false},
        {"s3://care-use/", "care-use", "bucket", "", true},
        {"s3://care-use", "care-use", "bucket", "", true},
        {"s3://care-use//a", "care-use", "bucket", "/a", false},
        {"prj-aaaaaaaaaaaaaaaa:/x", "prj-aaaaaaaaaaaaaaaa", "project", "x", false},
        /* Local ones. */
        {"a.csv", NULL, NULL, "a.csv", false},
        {"folder/", NULL, NULL, "folder/", true},
        {"./care-use:/a", NULL, NULL, "./care-use:/a", false},
        {"/care:/a", NULL, NULL, "/care:/a", false},
        {"Care:/a", NULL, NULL, "Care:/a", false},
        {"a:b", NULL, NULL, "a:b", false},
        {"c:~x", NULL, NULL, "c:~x", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(CliAddress) address = {0};
        g_autoptr(GError) error = NULL;
        g_assert_true(cli_address_parse(rows[i].text, &address, &error));
        g_assert_no_error(error);
        g_assert_cmpstr(address.project, ==, rows[i].project);
        g_assert_cmpstr(address.place, ==, rows[i].place);
        g_assert_cmpstr(address.path, ==, rows[i].path);
        g_assert_cmpint(address.folder, ==, rows[i].folder);
        g_assert_cmpint(address.remote, ==, rows[i].project != NULL);
    }
    static const char *const wrong[] = {"", "s3://", "s3:///key", "s3://Bad/key", "p:/a\x01",
                                        "p:/\xff"};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        CliAddress address = {.folder = true};
        g_autoptr(GError) error = NULL;
        g_assert_false(cli_address_parse(wrong[i], &address, &error));
        g_assert_nonnull(error);
        g_assert_true(address.folder && address.path == NULL); /* untouched */
    }
    g_autofree char *long_path = g_strnfill(1025, 'x');
    g_autofree char *text = g_strconcat("p:/", long_path, NULL);
    CliAddress address = {0};
    g_assert_false(cli_address_parse(text, &address, NULL));
}

static void test_servers(void)
{
    static const struct {
        const char *text, *url;
    } rows[] = {
        {"https://Darse.Example.FR", "https://darse.example.fr"},
        {"https://darse.example.fr/", "https://darse.example.fr"},
        {"https://darse.example.fr:8443", "https://darse.example.fr:8443"},
        {"http://localhost:8080", "http://localhost:8080"},
        {"http://[::1]:8080/", "http://[::1]:8080"},
        {"http://a.localhost", "http://a.localhost"},
        {"http://darse.example.fr", NULL},   {"http://localhost.example.fr", NULL},
        {"https://me:secret@example.fr", NULL}, {"https://example.fr/path", NULL},
        {"https://example.fr?q", NULL},      {"https://example.fr#f", NULL},
        {"ftp://example.fr", NULL},          {"example.fr", NULL},
        {"", NULL},                          {"https://", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *url = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_true(cli_server_check(rows[i].text, &url, &error) == (rows[i].url != NULL));
        g_assert_cmpstr(url, ==, rows[i].url);
        if (rows[i].url == NULL)
            g_assert_cmpstr(error_reason(error), ==, "cli.server");
    }
}

static void test_tokens(void)
{
    g_autoptr(CliTokens) tokens = cli_tokens_new();
    cli_tokens_put(tokens, "https://a.example", "lead", "tok-1", "2027-01-01T00:00:00Z", "s1");
    cli_tokens_put(tokens, "https://b.example", "lead", "tok-2", "2027-01-01T00:00:00Z", "s2");
    cli_tokens_put(tokens, "https://a.example", "other", "tok-3", "2027-01-01T00:00:00Z", "s3");
    g_assert_cmpuint(tokens->list->len, ==, 2);
    char *text = cli_tokens_format(tokens);
    g_autoptr(CliTokens) again = NULL;
    g_assert_true(cli_tokens_parse(text, strlen(text), &again, NULL));
    secret_free(text);
    g_assert_cmpstr(again->current, ==, "https://a.example");
    g_assert_cmpstr(cli_tokens_find(again, "https://a.example")->secret, ==, "s3");
    g_assert_cmpstr(cli_tokens_find(again, "https://b.example")->login, ==, "lead");
    cli_tokens_drop(again, "https://a.example");
    g_assert_null(again->current);
    g_assert_null(cli_tokens_find(again, "https://a.example"));
}

#define ROW "{\"server\":\"https://a.example\",\"login\":\"l\",\"id\":\"i\",\"expires\":\"e\","
static void test_tokens_that_are_refused(void)
{
    static const char *const wrong[] = {
        "", "{}", "[]", "null", "{\"servers\":{}}", "{\"servers\":[1]}", "{\"servers\":[{}]}",
        "{\"servers\":[" ROW "\"token\":1}]}", "{\"servers\":[" ROW "\"token\":\"\"}]}",
        "{\"servers\":[" ROW "\"token\":\"a\\nb\"}]}",
        "{\"servers\":[" ROW "\"token\":\"t\",\"more\":1}]}",
        "{\"servers\":[],\"current\":\"http://example.fr\"}", "{\"servers\":[],\"current\":1}",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        CliTokens *tokens = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_false(cli_tokens_parse(wrong[i], strlen(wrong[i]), &tokens, &error));
        g_assert_cmpstr(error_reason(error), ==, "cli.tokens");
        g_assert_null(tokens);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cli/addresses", test_addresses);
    g_test_add_func("/cli/servers", test_servers);
    g_test_add_func("/cli/tokens", test_tokens);
    g_test_add_func("/cli/tokens/refused", test_tokens_that_are_refused);
    return g_test_run();
}
