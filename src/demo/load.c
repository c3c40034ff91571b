/* SPDX-License-Identifier: Apache-2.0 */
/* Each thing is looked for before it is made, so that an interrupted loading goes on where it was. */
#include "demo/load.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/files.h"
#include "base/times.h"
#include "identity/totp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROJECT_DAYS 730
#define HEADER_BYTES 4096
#define TABLE_MAX_BYTES (1024 * 1024)

/* ---- organisations and accounts, by the officer ---- */

static bool load_organisations(DemoPerson *officer, json_t **ret_list, GError **error)
{
    g_autoptr(json_t) list = NULL;
    if (!demo_get(officer, "/api/v1/organisations?limit=200", &list, error))
        return false;
    for (const DemoOrganisation *o = demo_organisations; o->key != NULL; o++) {
        if (demo_find(list, "name", o->name) != NULL)
            continue;
        g_autoptr(json_t) made = NULL;
        if (!demo_call(officer, "POST", "/api/v1/organisations",
                       json_pack("{s:s, s:s}", "name", o->name, "kind", o->kind), 201, &made,
                       error))
            return false;
        json_array_append(json_object_get(list, "items"), made);
        printf("   organisation  %s\n", o->name);
    }
    *ret_list = g_steal_pointer(&list);
    return true;
}

static const char *organisation_id(const json_t *organisations, const char *key)
{
    for (const DemoOrganisation *o = demo_organisations; o->key != NULL; o++) {
        if (strcmp(o->key, key) == 0)
            return demo_text(demo_find(organisations, "name", o->name), "id");
    }
    return "";
}

static json_t *words_json(const char *words)
{
    g_auto(GStrv) parts = g_strsplit(words, " ", -1);
    json_t *array = json_array();
    for (char **part = parts; *part != NULL; part++) {
        if (**part != '\0')
            json_array_append_new(array, json_string(*part));
    }
    return array;
}

/* *RET_COMPLETE: the account is there with its second factor. */
static bool load_person(DemoPerson *officer, const json_t *organisations,
                        const DemoAccount *account, bool *ret_complete, GError **error)
{
    g_autofree char *path = g_strdup_printf("/api/v1/persons?q=%s&limit=200", account->login);
    g_autoptr(json_t) list = NULL;
    if (!demo_get(officer, path, &list, error))
        return false;
    const json_t *there = demo_find(list, "login", account->login);
    *ret_complete = json_is_true(json_object_get(there, "has_second_factor"));
    if (there != NULL)
        return true;
    g_autofree char *email = g_strdup_printf("%s@darse.example", account->login);
    json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:s}", "login", account->login, "name",
                             account->name, "email", email, "organisation",
                             organisation_id(organisations, account->organisation), "roles",
                             words_json(account->roles), "language", "en", "password",
                             DEMO_PASSWORD);
    if (!demo_call(officer, "POST", "/api/v1/persons", body, 201, NULL, error))
        return false;
    printf("   account       %s\n", account->login);
    return true;
}

/* The terms as shipped become the first version here, to be accepted by everybody; the officer, who puts
 * them in force, accepts them by that. */
static bool load_terms(DemoPerson *officer, GError **error)
{
    g_autoptr(json_t) terms = NULL;
    if (!demo_get(officer, "/api/v1/texts/terms", &terms, error))
        return false;
    if (json_integer_value(json_object_get(terms, "version")) > 0)
        return true;
    json_t *body = json_pack("{s:s, s:s, s:i, s:b}", "fr",
                             demo_text(json_object_get(terms, "fr"), "markdown"), "en",
                             demo_text(json_object_get(terms, "en"), "markdown"), "base", 0,
                             "asks_acceptance", 1);
    return demo_call(officer, "PUT", "/api/v1/texts/terms", body, 200, NULL, error);
}

static bool accept_terms(DemoPerson *person, GError **error)
{
    g_autoptr(json_t) terms = NULL;
    if (!demo_get(person, "/api/v1/me/terms", &terms, error))
        return false;
    return !json_is_true(json_object_get(terms, "pending")) ||
           demo_call(person, "POST", "/api/v1/me/terms",
                     json_pack("{s:O}", "version", json_object_get(terms, "version")), 204, NULL,
                     error);
}

/* The account accepts the terms and takes its second factor itself, as a person would with an
 * authenticator. */
static bool load_second_factor(DemoWorld *world, const char *login, GError **error)
{
    g_autoptr(DemoPerson) person = demo_sign_in(world, login, error);
    g_autoptr(json_t) factor = NULL;
    if (person == NULL || !accept_terms(person, error) ||
        !demo_call(person, "POST", "/api/v1/me/second-factor",
                   json_pack("{s:s}", "password", DEMO_PASSWORD), 200, &factor, error))
        return false;
    char code[TOTP_DIGITS + 1] = "";
    return totp_code(demo_text(factor, "secret"), totp_step(time_now_ms()), code, error) &&
           demo_call(person, "POST", "/api/v1/me/second-factor/confirm",
                     json_pack("{s:s}", "code", code), 200, NULL, error);
}

static bool load_accounts(DemoWorld *world, DemoPerson *officer, json_t **ret_organisations,
                          GError **error)
{
    if (!load_terms(officer, error) || !load_organisations(officer, ret_organisations, error))
        return false;
    /* The first row is the officer's, who exists. */
    for (const DemoAccount *account = demo_accounts + 1; account->login != NULL; account++) {
        bool complete = false;
        if (!load_person(officer, *ret_organisations, account, &complete, error) ||
            (!complete && !load_second_factor(world, account->login, error))) {
            g_prefix_error(error, "account %s: ", account->login);
            return false;
        }
    }
    return true;
}

/* ---- projects, by the officer ---- */

static bool load_project(DemoPerson *officer, const json_t *organisations, const json_t *projects,
                         const DemoProject *project, GError **error)
{
    if (demo_find(projects, "slug", project->slug) != NULL)
        return true;
    g_autofree char *starts = time_format(time_now_ms() - TIME_DAY_MS);
    g_autofree char *ends = time_format(time_now_ms() + PROJECT_DAYS * TIME_DAY_MS);
    json_t *body = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "title", project->title, "slug",
        project->slug, "summary", project->summary, "organisation",
        organisation_id(organisations, project->organisation), "route", "research", "purpose",
        "research", "legal_basis", project->legal_basis, "tier", project->tier, "lead",
        project->lead, "starts", starts, "ends", ends);
    g_autoptr(json_t) made = NULL;
    if (!demo_call(officer, "POST", "/api/v1/projects", body, 201, &made, error))
        return false;
    g_autofree char *members = g_strdup_printf("/api/v1/projects/%s/members", demo_text(made, "id"));
    for (const DemoMember *m = project->members; m->login != NULL; m++) {
        if (!demo_call(officer, "POST", members,
                       json_pack("{s:s, s:[s]}", "login", m->login, "roles", m->role), 201, NULL,
                       error))
            return false;
    }
    g_autofree char *state = g_strdup_printf("/api/v1/projects/%s/state", demo_text(made, "id"));
    if (!demo_call(officer, "POST", state,
                   json_pack("{s:s, s:s}", "state", "open", "reason", "Agreement signed"), 200,
                   NULL, error))
        return false;
    printf("   project       %s (%s)\n", project->title, project->tier);
    return true;
}

static bool load_projects(DemoPerson *officer, const json_t *organisations, GError **error)
{
    g_autoptr(json_t) projects = NULL;
    if (!demo_get(officer, "/api/v1/projects?limit=200", &projects, error))
        return false;
    for (const DemoProject *project = demo_projects; project->slug != NULL; project++) {
        if (!load_project(officer, organisations, projects, project, error)) {
            g_prefix_error(error, "project %s: ", project->slug);
            return false;
        }
    }
    return true;
}

/* ---- sources and their files, by their stewards ---- */

static bool read_header(const char *path, char **ret_line, GError **error)
{
    FD_AUTO int fd = open(path, O_RDONLY | O_CLOEXEC);
    char buffer[HEADER_BYTES + 1] = "";
    ssize_t size = fd >= 0 ? read(fd, buffer, HEADER_BYTES) : -1;
    if (size <= 0)
        return error_set(error, ERROR_NOT_FOUND, "demo.no_file",
                         "%s cannot be read; demo/prepare makes it.", path);
    buffer[strcspn(buffer, "\r\n")] = '\0';
    *ret_line = g_strdup(buffer);
    return true;
}

/* The description of the columns that FILE has. */
static bool variables_json(const DemoVariable *variables, const char *file, json_t **ret_list,
                           GError **error)
{
    g_autofree char *header = NULL;
    if (!read_header(file, &header, error))
        return false;
    g_auto(GStrv) columns = g_strsplit(header, ",", -1);
    json_t *list = json_array();
    for (; variables->name != NULL; variables++) {
        if (g_strv_contains((const char *const *)columns, variables->name))
            json_array_append_new(list, json_pack("{s:s, s:s}", "name", variables->name, "label",
                                                  variables->label));
    }
    *ret_list = list;
    return true;
}

static bool load_file(DemoPerson *steward, const char *dataset, const char *path,
                      const char *file_name, GError **error)
{
    g_autofree char *target =
        g_strdup_printf("/api/v1/datasets/%s/file?name=%s", dataset, file_name);
    g_autoptr(json_t) answer = NULL;
    int status = 0;
    if (!http_client_upload(demo_person_client(steward), "PUT", target, "text/csv", path, &status,
                            &answer, error))
        return false;
    if (status != 200)
        return error_set(error, ERROR_UNPROCESSABLE, "demo.file", "%s was refused: %d %s",
                         file_name, status, demo_text(answer, "detail"));
    printf("   dataset       %s: %" JSON_INTEGER_FORMAT " rows\n", file_name,
           json_integer_value(json_object_get(answer, "rows")));
    return true;
}

static bool load_dataset(DemoPerson *steward, const DemoSource *source, const json_t *there,
                         const DemoDataset *dataset, const char *folder, GError **error)
{
    g_autofree char *path = g_build_filename(folder, dataset->file, NULL);
    g_autofree char *id = NULL;
    const json_t *datasets = json_object_get(there, "datasets");
    for (size_t i = 0; i < json_array_size(datasets); i++) {
        const json_t *one = json_array_get(datasets, i);
        if (strcmp(demo_text(one, "slug"), dataset->slug) != 0)
            continue;
        if (strcmp(demo_text(one, "state"), "published") == 0)
            return true;
        if (strcmp(demo_text(one, "state"), "draft") == 0)
            id = g_strdup(demo_text(one, "id"));
    }
    if (id == NULL) {
        g_autoptr(json_t) variables = NULL;
        g_autoptr(json_t) made = NULL;
        g_autofree char *target =
            g_strdup_printf("/api/v1/sources/%s/datasets", demo_text(there, "id"));
        if (!variables_json(source->variables, path, &variables, error) ||
            !demo_call(steward, "POST", target,
                       json_pack("{s:s, s:s, s:s, s:s, s:O}", "title", dataset->title, "slug",
                                 dataset->slug, "vintage", source->vintage, "level",
                                 dataset->level, "variables", variables),
                       201, &made, error))
            return false;
        id = g_strdup(demo_text(made, "id"));
    }
    return load_file(steward, id, path, dataset->file, error);
}

static bool find_source(DemoPerson *person, const DemoSource *source, json_t **ret_source,
                        GError **error)
{
    g_autoptr(json_t) list = NULL;
    if (!demo_get(person, "/api/v1/sources?limit=200", &list, error))
        return false;
    const json_t *found = demo_find(list, "slug", source->slug);
    if (found == NULL)
        return true;
    g_autofree char *path = g_strdup_printf("/api/v1/sources/%s", demo_text(found, "id"));
    return demo_get(person, path, ret_source, error);
}

static bool source_is_complete(const DemoSource *source, const json_t *there)
{
    size_t published = 0, wanted = 0;
    const json_t *datasets = json_object_get(there, "datasets");
    for (const DemoDataset *dataset = source->datasets; dataset->slug != NULL; dataset++) {
        wanted++;
        for (size_t i = 0; i < json_array_size(datasets); i++) {
            const json_t *one = json_array_get(datasets, i);
            published += strcmp(demo_text(one, "slug"), dataset->slug) == 0 &&
                         strcmp(demo_text(one, "state"), "published") == 0;
        }
    }
    return published >= wanted;
}

/* LOGIN's one session of this load, kept in PERSONS: a code works once, and the next takes half a minute. */
static DemoPerson *signed_in(DemoWorld *world, GHashTable *persons, const char *login, GError **error)
{
    DemoPerson *person = g_hash_table_lookup(persons, login);
    if (person == NULL && (person = demo_sign_in(world, login, error)) != NULL)
        g_hash_table_insert(persons, g_strdup(login), person);
    return person;
}

static bool load_source(DemoWorld *world, GHashTable *persons, DemoPerson *officer,
                        const DemoSource *source, const char *folder, GError **error)
{
    g_autoptr(json_t) seen = NULL;
    if (!find_source(officer, source, &seen, error))
        return false;
    if (source_is_complete(source, seen))
        return true;
    DemoPerson *steward = signed_in(world, persons, source->steward, error);
    g_autoptr(json_t) there = NULL;
    if (steward == NULL || !find_source(steward, source, &there, error))
        return false;
    if (there == NULL) {
        json_t *body = json_pack(
            "{s:s, s:s, s:s, s:s, s:[s,s], s:o, s:s, s:s, s:[s]}", "title", source->title, "slug",
            source->slug, "summary", source->summary, "legal_basis", source->legal_basis, "routes",
            "research", "own_administration", "purposes", words_json(source->purposes), "rule_pack",
            source->rule_pack, "theme", source->theme, "stewards", source->steward);
        if (!demo_call(steward, "POST", "/api/v1/sources", body, 201, &there, error))
            return false;
        printf("   source        %s\n", source->title);
    }
    for (const DemoDataset *dataset = source->datasets; dataset->slug != NULL; dataset++) {
        if (dataset->recipe == NULL && !load_dataset(steward, source, there, dataset, folder, error)) {
            g_prefix_error(error, "dataset %s: ", dataset->slug);
            return false;
        }
    }
    return demo_load_use_files(steward, source, there, folder, error);
}

/* ---- the table in the secure project's files, by whoever runs this ---- */

/* Copies SOURCE into the folder FOLDER_FD as NAME, for the project's bubbles to own, like FOLDER_FD. */
static bool place_file(int folder_fd, const char *name, const char *source, GError **error)
{
    g_autofree char *text = NULL;
    size_t size = 0;
    struct stat folder;
    if (!file_read(source, TABLE_MAX_BYTES, &text, &size, error))
        return false;
    FD_AUTO int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                            0644);
    if (fd < 0 || fstat(folder_fd, &folder) < 0 || fchown(fd, folder.st_uid, folder.st_gid) < 0)
        return error_set_errno(error, errno, "demo.table", "Cannot write %s", name);
    return fd_write_all(fd, text, size, error);
}

static bool place_tables(const char *files, const char *folder, GError **error)
{
    static const char *const tables[] = {DEMO_SECURE_TABLE, DEMO_DOMINATED_TABLE, DEMO_HIDDEN_TABLE,
                                         DEMO_PROTECTED_TABLE};
    struct stat owner;
    FD_AUTO int files_fd = open(files, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (files_fd < 0 || fstat(files_fd, &owner) < 0)
        return error_set_errno(error, errno, "demo.table", "Cannot open %s", files);
    if (mkdirat(files_fd, DEMO_SECURE_FOLDER, 0755) < 0 && errno != EEXIST)
        return error_set_errno(error, errno, "demo.table", "Cannot make %s", DEMO_SECURE_FOLDER);
    FD_AUTO int folder_fd =
        openat(files_fd, DEMO_SECURE_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder_fd < 0 || fchown(folder_fd, owner.st_uid, owner.st_gid) < 0)
        return error_set_errno(error, errno, "demo.table", "Cannot prepare %s", DEMO_SECURE_FOLDER);
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_autofree char *name = g_path_get_basename(tables[i]);
        g_autofree char *source = g_build_filename(folder, name, NULL);
        if (!place_file(folder_fd, name, source, error)) {
            g_prefix_error(error, "demo/prepare %s makes what is loaded: ", folder);
            return false;
        }
    }
    return true;
}

static bool load_secure_tables(DemoWorld *world, DemoPerson *officer, const char *folder,
                              GError **error)
{
    g_autoptr(json_t) projects = NULL;
    if (!demo_get(officer, "/api/v1/projects?limit=200", &projects, error))
        return false;
    const char *project = demo_text(demo_find(projects, "slug", DEMO_PROJECT_SECURE), "id");
    g_autofree char *files =
        g_build_filename(demo_world_state_dir(world), "projects", project, "files", NULL);
    return place_tables(files, folder, error);
}

bool demo_load(DemoWorld *world, const char *folder, GError **error)
{
    g_autoptr(DemoPerson) officer = demo_sign_in(world, demo_accounts[0].login, error);
    g_autoptr(json_t) organisations = NULL;
    if (officer == NULL || !load_accounts(world, officer, &organisations, error) ||
        !load_projects(officer, organisations, error))
        return false;
    g_autoptr(GHashTable) persons = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                          (GDestroyNotify)demo_person_free);
    for (const DemoSource *source = demo_sources; source->slug != NULL; source++) {
        if (!load_source(world, persons, officer, source, folder, error)) {
            g_prefix_error(error, "source %s: ", source->slug);
            return false;
        }
    }
    return load_secure_tables(world, officer, folder, error);
}
