/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in as the demonstration's accounts and calling the API as them. */
#include "demo/demo.h"

#include "base/config.h"
#include "base/error.h"
#include "base/files.h"
#include "identity/identity.h"
#include "server/serve.h"

#include <string.h>

#define READY_FILE_BYTES 4096

struct DemoWorld {
    char *state_dir;
    char *url;
    Store *store;
    IdentitySeal *seal;
};

struct DemoPerson {
    HttpClient *client;
};

/* The portal on this machine, as the running server says. */
static bool world_find_url(const char *state_dir, char **ret_url, GError **error)
{
    g_autofree char *path = g_build_filename(state_dir, "run", "ready.json", NULL);
    g_autofree char *text = NULL;
    size_t size = 0;
    if (!file_read(path, READY_FILE_BYTES, &text, &size, error))
        return false;
    g_autoptr(json_t) ready = json_parse(text, size, error);
    if (ready == NULL)
        return false;
    *ret_url = g_strdup_printf("http://localhost:%d",
                               (int)json_integer_value(json_object_get(ready, "port")));
    return true;
}

DemoWorld *demo_world_open(const char *state_dir, GError **error)
{
    g_autoptr(DemoWorld) world = g_new0(DemoWorld, 1);
    g_autoptr(Config) config = config_load(state_dir, error);
    if (config == NULL)
        return NULL;
    world->state_dir = g_strdup(state_dir);
    world->store = serve_store_open(config, 1, error);
    bool yes = false;
    if (world->store == NULL || !serve_is_demonstration(world->store, &yes, error))
        return NULL;
    if (!yes) {
        error_set(error, ERROR_DENIED, "demo.not_one",
                  "%s is not a demonstration; nothing was done.", state_dir);
        return NULL;
    }
    world->seal = identity_seal_open(state_dir, error);
    if (world->seal == NULL || !world_find_url(state_dir, &world->url, error))
        return NULL;
    return g_steal_pointer(&world);
}

void demo_world_free(DemoWorld *world)
{
    if (world == NULL)
        return;
    identity_seal_free(world->seal);
    store_close(world->store);
    g_free(world->url);
    g_free(world->state_dir);
    g_free(world);
}

const char *demo_world_url(const DemoWorld *world)
{
    return world->url;
}

const char *demo_world_state_dir(const DemoWorld *world)
{
    return world->state_dir;
}

char *demo_world_code(DemoWorld *world, const char *login, GError **error)
{
    return identity_demo_code(world->store, world->seal, login, error);
}

static bool person_post_session(DemoPerson *person, const char *login, const char *code,
                                int *ret_status, json_t **ret_answer, GError **error)
{
    g_autoptr(json_t) body = json_pack("{s:s, s:s, s:s*}", "login", login, "password",
                                       DEMO_PASSWORD, "code", code);
    return http_client_call(person->client, "POST", "/api/v1/session", body, ret_status,
                            ret_answer, error);
}

/* Without a code first: an account of a demonstration that is being loaded has none yet. */
static bool person_open_session(DemoWorld *world, DemoPerson *person, const char *login,
                                GError **error)
{
    int status = 0;
    g_autoptr(json_t) answer = NULL;
    if (!person_post_session(person, login, NULL, &status, &answer, error))
        return false;
    if (status == 401 && strcmp(demo_text(answer, "reason"), "identity.code_needed") == 0) {
        char *code = demo_world_code(world, login, error);
        if (code == NULL)
            return false;
        json_decref(g_steal_pointer(&answer));
        bool sent = person_post_session(person, login, code, &status, &answer, error);
        secret_free(code);
        if (!sent)
            return false;
    }
    if (status != 200)
        return error_set(error, ERROR_DENIED, "demo.sign_in", "%s cannot sign in: %d %s", login,
                         status, demo_text(answer, "detail"));
    http_client_set_header(person->client, "X-Darse-CSRF", demo_text(answer, "csrf"));
    return true;
}

DemoPerson *demo_sign_in(DemoWorld *world, const char *login, GError **error)
{
    g_autoptr(DemoPerson) person = g_new0(DemoPerson, 1);
    person->client = http_client_new(world->url);
    http_client_use_cookies(person->client);
    if (!person_open_session(world, person, login, error))
        return NULL;
    return g_steal_pointer(&person);
}

void demo_person_free(DemoPerson *person)
{
    if (person == NULL)
        return;
    http_client_free(person->client);
    g_free(person);
}

HttpClient *demo_person_client(DemoPerson *person)
{
    return person->client;
}

bool demo_call(DemoPerson *person, const char *method, const char *path, json_t *body, int expected,
               json_t **ret_answer, GError **error)
{
    g_autoptr(json_t) owned = body;
    g_autoptr(json_t) answer = NULL;
    int status = 0;
    if (!http_client_call(person->client, method, path, owned, &status, &answer, error))
        return false;
    if (status != expected)
        return error_set(error, ERROR_UNPROCESSABLE, "demo.unexpected",
                         "%s %s answered %d instead of %d: %s (%s)", method, path, status, expected,
                         demo_text(answer, "detail"), demo_text(answer, "reason"));
    if (ret_answer != NULL)
        *ret_answer = g_steal_pointer(&answer);
    return true;
}

bool demo_get(DemoPerson *person, const char *path, json_t **ret_answer, GError **error)
{
    return demo_call(person, "GET", path, NULL, 200, ret_answer, error);
}

bool demo_refused(DemoPerson *person, const char *method, const char *path, json_t *body,
                  int status, const char *reason, GError **error)
{
    g_autoptr(json_t) answer = NULL;
    if (!demo_call(person, method, path, body, status, &answer, error))
        return false;
    if (strcmp(demo_text(answer, "reason"), reason) != 0)
        return error_set(error, ERROR_UNPROCESSABLE, "demo.unexpected",
                         "%s %s was refused because of %s instead of %s: %s", method, path,
                         demo_text(answer, "reason"), reason, demo_text(answer, "detail"));
    return true;
}

const char *demo_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

const json_t *demo_find(const json_t *list, const char *key, const char *value)
{
    const json_t *items = json_object_get(list, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        if (strcmp(demo_text(item, key), value) == 0)
            return item;
    }
    return NULL;
}
