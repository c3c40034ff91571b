/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The S3 site through the door of a service: a real server that adopts connections of a unix socket,
 * requests without any signature, a project whose bucket carries a label.
 */
#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/frame.h"
#include "base/log.h"
#include "base/times.h"
#include "identity/identity.h"
#include "lake/lake.h"
#include "lake/rows.h"
#include "projects/projects.h"

#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct Fixture {
    char *dir;
    App app;
    Config *config;
    const HttpSite *sites[2];
    char *door;
    int listener;
    bool alive;                 /* is there a service behind the door? */
    char *organisation, *person, *project;
} Fixture;

/* What the services room would say. The fixture is found through the only spare pointer of the App. */
static bool find_door(App *app, const char *door_path, LakeDoor *ret_door, GError **error)
{
    Fixture *f = (Fixture *)app->room_data[ROOM_SERVICES];
    g_assert_cmpstr(door_path, ==, f->door);
    if (!f->alive)
        return error_set(error, ERROR_NOT_FOUND, "services.none", "No service is running.");
    PolicyActor *actor = g_new0(PolicyActor, 1);
    actor->id = g_strdup("service:svc-test");
    actor->login = g_strdup("sam");
    actor->name = g_strdup("Sam");
    actor->organisation = g_strdup("");
    actor->scopes = SCOPE_ALL;
    actor->second_factor = true;
    actor->channel = CHANNEL_DOOR;
    actor->session = g_strdup("svc-test");
    *ret_door = (LakeDoor){actor, g_strdup(f->project), g_strdup(f->person)};
    return true;
}

static bool make_rows(StoreTx *tx, void *data, GError **error)
{
    Fixture *f = data;
    int64_t now_ms = time_now_ms();
    g_autoptr(Project) project = NULL;
    if (!identity_organisation_create(tx, "Institut", "statistics", &f->organisation, error))
        return false;
    IdentityNewPerson sam = {.login = "sam", .name = "Sam", .email = "s@e.org",
                             .organisation = f->organisation, .language = "en"};
    if (!identity_person_create(tx, &sam, &f->person, error))
        return false;
    ProjectNew given = {.title = "One", .slug = "one", .summary = "One",
                        .organisation = f->organisation, .lead = "sam", .legal_basis = "None",
                        .route = ROUTE_RESEARCH, .purpose = PURPOSE_RESEARCH, .tier = TIER_SECURE,
                        .starts_ms = now_ms - 1000, .ends_ms = now_ms + TIME_DAY_MS};
    f->project = g_strdup("prj-aaaaaaaaaaaaaaaa");
    if (!project_insert(tx, &given, f->project, f->person, 200000, 100000, false, now_ms, error) ||
        !project_load(tx, f->project, &project, error) ||
        !project_member_put(tx, project, f->person, PROJECT_LEAD, now_ms - 1000,
                            now_ms + TIME_DAY_MS, f->person, now_ms, error))
        return false;
    return project_state_set(tx, project, STATE_OPEN, "Test", false, error);
}

static void start_server(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    HttpListener listener = {.address = "127.0.0.1", .port = 0, .sites = f->sites};
    HttpLimits limits = {.max_connections = 20, .max_body_bytes = 65536};
    f->app.lake_url = "http://localhost:1";
    f->sites[0] = lake_site(&f->app);
    f->app.lake = http_server_start(&listener, &limits, &error);
    g_assert_no_error(error);
    f->door = g_build_filename(f->dir, "lake.sock", NULL);
    f->listener = unix_listen(f->door, 0600, &error);
    g_assert_no_error(error);
}

static void open_fixture(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    f->dir = g_dir_make_tmp("darse-door-XXXXXX", &error);
    f->config = config_load(f->dir, &error);
    g_autofree char *url = g_strdup_printf("sqlite:%s/darse.db", f->dir);
    f->app = (App){.config = f->config, .state_dir = f->dir, .events = events_new()};
    f->app.store = store_open(url, NULL, 2, &error);
    g_assert_no_error(error);
    g_assert_true(store_migrate(f->app.store, 0, &error));
    g_assert_true(identity_init(f->dir, &error));
    g_assert_true(identity_room.start(&f->app, &error));
    g_assert_true(lake_room.start(&f->app, &error));
    store_write(f->app.store, make_rows, f, &error);
    g_assert_no_error(error);
    g_autofree char *bucket = g_build_filename(f->dir, "projects", f->project, "bucket", NULL);
    g_assert_true(folder_make(bucket, 0700, &error));
    f->app.room_data[ROOM_SERVICES] = f;
    f->alive = true;
    lake_set_door_find(&f->app, find_door);
    start_server(f);
}

static void close_fixture(Fixture *f, gconstpointer data)
{
    (void)data;
    http_server_stop(f->app.lake, 1000);
    http_server_free(f->app.lake);
    lake_room.stop(&f->app);
    identity_room.stop(&f->app);
    store_close(f->app.store);
    events_free(f->app.events);
    config_free(f->config);
    close(f->listener);
    tree_remove(f->dir, NULL);
    g_free(f->dir);
    g_free(f->door);
    g_free(f->organisation);
    g_free(f->person);
    g_free(f->project);
}

/* ---- one request, one connection ---- */

static char *read_all(int fd)
{
    GString *answer = g_string_new(NULL);
    char buffer[4096];
    ssize_t got;
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    while (poll(&poll_fd, 1, 10000) > 0 && (got = read(fd, buffer, sizeof buffer)) > 0)
        g_string_append_len(answer, buffer, got);
    return g_string_free(answer, FALSE);
}

static char *ask(Fixture *f, const char *method, const char *target, const char *headers,
                 const char *body)
{
    g_autoptr(GError) error = NULL;
    FD_AUTO int client = unix_connect(f->door, &error);
    g_assert_no_error(error);
    int accepted = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
    g_assert_true(http_server_adopt(f->app.lake, accepted, &error));
    g_autofree char *request = g_strdup_printf(
        "%s %s HTTP/1.1\r\nHost: 127.0.0.1:9000\r\nConnection: close\r\nContent-Length: %zu\r\n"
        "%s\r\n%s", method, target, strlen(body), headers, body);
    g_assert_true(fd_write_all(client, request, strlen(request), &error));
    return read_all(client);
}

static void expect(Fixture *f, const char *method, const char *target, const char *headers,
                   const char *body, int status, const char *contains)
{
    g_autofree char *answer = ask(f, method, target, headers, body);
    g_autofree char *line = g_strdup_printf("HTTP/1.1 %d ", status);
    g_test_message("%s %s: %s", method, target, answer);
    g_assert_true(g_str_has_prefix(answer, line));
    g_assert_true(contains == NULL || strstr(answer, contains) != NULL);
}

static bool run_sql(StoreTx *tx, void *data, GError **error)
{
    return store_exec(tx, error, (const char *)data);
}

static void change_rows(Fixture *f, const char *sql)
{
    g_autoptr(GError) error = NULL;
    store_write(f->app.store, run_sql, (void *)sql, &error);
    g_assert_no_error(error);
}

/* ---- cases ---- */

static void test_refused(Fixture *f, gconstpointer data)
{
    (void)data;
    f->alive = false;
    expect(f, "GET", "/one?list-type=2", "", "", 403, "<Code>AccessDenied</Code>");
    f->alive = true;
    expect(f, "GET", "/two?list-type=2", "", "", 403, "<Code>AccessDenied</Code>");
    expect(f, "GET", "/one/none", "", "", 404, "<Code>NoSuchKey</Code>");
    expect(f, "PUT", "/one/k", "x-amz-server-side-encryption: AES256\r\n", "x", 501,
           "<Code>NotImplemented</Code>");
    expect(f, "PUT", "/one/k",
           "x-amz-content-sha256: "
           "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n",
           "not empty", 400, "<Code>XAmzContentSHA256Mismatch</Code>");
    lake_set_door_find(&f->app, NULL);
    expect(f, "GET", "/one?list-type=2", "", "", 403, "<Code>AccessDenied</Code>");
}

static void test_used(Fixture *f, gconstpointer data)
{
    (void)data;
    /* The credentials that a client sends anyway say nothing. */
    expect(f, "PUT", "/one/a/b", "Authorization: AWS4-HMAC-SHA256 Credential=any/x\r\n", "inside", 200,
           "ETag: \"");
    expect(f, "GET", "/one/a/b", "", "", 200, "\r\n\r\ninside");
    expect(f, "GET", "/one/a/b", "Range: bytes=2-3\r\n", "", 206, "\r\n\r\nsi");
    expect(f, "HEAD", "/one/a/b", "", "", 200, "Content-Length: 6\r\n");
    expect(f, "GET", "/one?list-type=2&delimiter=/", "", "", 200, "<Prefix>a/</Prefix>");
    expect(f, "PUT", "/one/chunked",
           "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\r\n"
           "x-amz-decoded-content-length: 5\r\n",
           "5;chunk-signature="
           "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\nhello\r\n"
           "0;chunk-signature="
           "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n\r\n",
           200, NULL);
    expect(f, "GET", "/one/chunked", "", "", 200, "\r\n\r\nhello");
    expect(f, "DELETE", "/one/a/b", "", "", 204, NULL);
    expect(f, "GET", "/one/a/b", "", "", 404, NULL);
}

/* What ends the person's right ends the service's. */
static void test_lost(Fixture *f, gconstpointer data)
{
    (void)data;
    expect(f, "PUT", "/one/k", "", "x", 200, NULL);
    change_rows(f, "UPDATE project SET state = 'frozen'");
    expect(f, "GET", "/one/k", "", "", 403, "<Reason>policy.project_state</Reason>");
    change_rows(f, "UPDATE project SET state = 'open'");
    change_rows(f, "INSERT INTO source (id, slug, title, summary, organisation, legal_basis, routes, "
                   "purposes, rule_pack, created_by, created_ms, version) SELECT 'src-1', 's', 't', "
                   "'s', organisation, 'l', 'research', 'research', 'r', id, 1, 1 FROM person");
    change_rows(f, "INSERT INTO dataset (id, source, slug, title, vintage, version, level, state, "
                   "failure, file_name, file_size, file_sha256, rows_count, variables, encrypted, "
                   "published_by, published_ms) SELECT 'dts-1', 'src-1', 'd', 't', '2026', 1, "
                   "'secure', 'published', '', 'f', 1, '', 1, '[]', 0, id, 1 FROM person");
    change_rows(f, "INSERT INTO volume_label (volume, project, dataset, since_ms) VALUES "
                   "('prj-aaaaaaaaaaaaaaaa/bucket', 'prj-aaaaaaaaaaaaaaaa', 'dts-1', 1)");
    expect(f, "GET", "/one/k", "", "", 403, "<Reason>policy.label</Reason>");
    expect(f, "PUT", "/one/k", "", "y", 403, "<Reason>policy.label</Reason>");
    change_rows(f, "DELETE FROM volume_label");
    expect(f, "GET", "/one/k", "", "", 200, "\r\n\r\nx");
    change_rows(f, "UPDATE project_member SET removed_ms = 1");
    expect(f, "GET", "/one/k", "", "", 403, "<Reason>policy.not_a_member</Reason>");
}

/* An upload begun outside is one's own, to be downloaded again: nothing from inside goes into it. */
static void test_other_side(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autofree char *begun = ask(f, "POST", "/one/big?uploads", "", "");
    const char *id = strstr(begun, "<UploadId>") + strlen("<UploadId>");
    g_autofree char *part = g_strdup_printf("/one/big?partNumber=1&uploadId=%.*s",
                                            (int)strcspn(id, "<"), id);
    g_autofree char *whole = g_strdup_printf("/one/big?uploadId=%.*s", (int)strcspn(id, "<"), id);
    static const char list[] =
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
        "<ETag>9dd4e461268c8034f5c8564e155c67a6</ETag></Part></CompleteMultipartUpload>";
    expect(f, "PUT", part, "", "x", 200, "9dd4e461268c8034f5c8564e155c67a6");
    change_rows(f, "UPDATE lake_upload SET uploader_outside = 1");
    expect(f, "PUT", part, "", "y", 404, "<Code>NoSuchUpload</Code>");
    expect(f, "POST", whole, "", list, 404, "<Code>NoSuchUpload</Code>");
    change_rows(f, "UPDATE lake_upload SET uploader_outside = 0");
    expect(f, "POST", whole, "", list, 200, "CompleteMultipartUploadResult");
}

static void test_folder_missing(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autofree char *projects = g_build_filename(f->dir, "projects", NULL);
    expect(f, "PUT", "/one/k", "", "x", 200, NULL);
    g_assert_true(tree_remove(projects, NULL));
    expect(f, "PUT", "/one/k2", "", "x", 503, "<Reason>lake.folder</Reason>");
    expect(f, "GET", "/one/k", "", "", 503, "<Reason>lake.folder</Reason>");
    expect(f, "GET", "/one/k2", "", "", 404, NULL);
}

static bool usage_read(StoreTx *tx, void *data, GError **error)
{
    return lake_usage_read(tx, "prj-aaaaaaaaaaaaaaaa", data, error);
}

static const Duty *duty(const char *name)
{
    const Duty *found = lake_room.duties;
    while (strcmp(found->name, name) != 0)
        found++;
    return found;
}

/* An upload that nobody ends is ended after a week, its part removed, its bytes given back. */
static void test_stale_upload(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autofree char *answer = ask(f, "POST", "/one/k?uploads", "", "");
    const char *begin = strstr(answer, "<UploadId>");
    g_assert_nonnull(begin);
    g_autofree char *id = g_strndup(begin + 10, strcspn(begin + 10, "<"));
    g_autofree char *part = g_strdup_printf("/one/k?partNumber=1&uploadId=%s", id);
    g_autofree char *list = g_strdup_printf("/one/k?uploadId=%s", id);
    expect(f, "PUT", part, "", "bytes", 200, NULL);
    g_assert_true(duty("lake.stale_uploads")->run(&f->app, NULL));
    expect(f, "GET", list, "", "", 200, "<Size>5</Size>");
    change_rows(f, "UPDATE lake_upload SET started_ms = started_ms - 604801000");
    g_assert_true(duty("lake.stale_uploads")->run(&f->app, NULL));
    expect(f, "GET", list, "", "", 404, "<Code>NoSuchUpload</Code>");
    expect(f, "PUT", part, "", "bytes", 404, "<Code>NoSuchUpload</Code>");
    LakeUsage usage = {-1, -1};
    g_assert_true(store_read(f->app.store, usage_read, &usage, NULL));
    g_assert_cmpint(usage.bytes, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    log_setup("test", LOG_LEVEL_ERROR);
    g_test_add("/lake/door/refused", Fixture, NULL, open_fixture, test_refused, close_fixture);
    g_test_add("/lake/door/used", Fixture, NULL, open_fixture, test_used, close_fixture);
    g_test_add("/lake/door/lost", Fixture, NULL, open_fixture, test_lost, close_fixture);
    g_test_add("/lake/door/other-side", Fixture, NULL, open_fixture, test_other_side,
               close_fixture);
    g_test_add("/lake/door/stale-upload", Fixture, NULL, open_fixture, test_stale_upload,
               close_fixture);
    g_test_add("/lake/door/folder", Fixture, NULL, open_fixture, test_folder_missing,
               close_fixture);
    return g_test_run();
}
