/* SPDX-License-Identifier: Apache-2.0 */
/* Reading applications, one or a page of them, in the same few queries. */
#include "accreditation/internal.h"

#include "base/error.h"

#include <string.h>

static bool state_parse(const char *name, ApplicationState *ret_state)
{
    for (int i = 0; i < APPLICATION_STATE_COUNT; i++) {
        if (strcmp(application_state_name((ApplicationState)i), name) == 0) {
            *ret_state = (ApplicationState)i;
            return true;
        }
    }
    return false;
}

/* What is being read: id -> Application, which the table owns. */
typedef struct Reading {
    GHashTable *applications;
    GPtrArray *links;              /* "application", "dataset", "application", ... */
    GPtrArray *datasets;           /* their ids, borrowed from LINKS */
} Reading;

static bool take_application(StoreRows *rows, void *data, GError **error)
{
    Reading *reading = data;
    g_autoptr(Application) a = g_new0(Application, 1);
    a->id = g_strdup(store_row_text(rows, 14));
    a->project = g_strdup(store_row_text(rows, 0));
    if (!state_parse(store_row_text(rows, 1), &a->state))
        return error_set(error, ERROR_INTERNAL, "accreditation.word", "Unknown state of %s", a->id);
    a->justification = g_strdup(store_row_text(rows, 2));
    a->created_by = g_strdup(store_row_text(rows, 3));
    a->created_by_login = g_strdup(store_row_text(rows, 4));
    a->created_by_name = g_strdup(store_row_text(rows, 5));
    a->created_ms = store_row_integer(rows, 6);
    a->submitted_ms = store_row_integer(rows, 7);
    a->decided_ms = store_row_integer(rows, 8);
    a->answers = g_strdup(store_row_text(rows, 9));
    a->until_ms = store_row_integer(rows, 10);
    a->round = store_row_integer(rows, 11);
    a->version = store_row_integer(rows, 12);
    a->changed_ms = store_row_integer(rows, 13);
    a->persons = g_ptr_array_new_with_free_func(application_person_free);
    a->datasets = g_ptr_array_new_with_free_func((GDestroyNotify)dataset_free);
    a->facts = g_ptr_array_new_with_free_func((GDestroyNotify)accreditation_fact_free);
    g_hash_table_replace(reading->applications, a->id, a);
    a = NULL;
    return true;
}

static bool take_person(StoreRows *rows, void *data, GError **error)
{
    Reading *reading = data;
    Application *a = g_hash_table_lookup(reading->applications, store_row_text(rows, 4));
    unsigned roles = 0;
    if (!store_row_is_null(rows, 5) &&
        !policy_parse_set(SET_PROJECT_ROLE, store_row_text(rows, 5), &roles))
        return error_set(error, ERROR_INTERNAL, "projects.word", "Unknown role of a member");
    ApplicationPerson *person = g_new0(ApplicationPerson, 1);
    person->roles = roles;
    person->id = g_strdup(store_row_text(rows, 0));
    person->login = g_strdup(store_row_text(rows, 1));
    person->name = g_strdup(store_row_text(rows, 2));
    person->organisation = g_strdup(store_row_text(rows, 3));
    g_ptr_array_add(a->persons, person);
    return true;
}

static bool take_link(StoreRows *rows, void *data, GError **error)
{
    (void)error;
    Reading *reading = data;
    char *dataset = g_strdup(store_row_text(rows, 1));
    g_ptr_array_add(reading->links, g_strdup(store_row_text(rows, 0)));
    g_ptr_array_add(reading->links, dataset);
    g_ptr_array_add(reading->datasets, dataset);
    return true;
}

static bool take_fact(StoreRows *rows, void *data, GError **error)
{
    Reading *reading = data;
    AccreditationFact *fact = fact_of_row(rows, error);
    if (fact == NULL)
        return false;
    Application *a = g_hash_table_lookup(reading->applications,
                                         store_row_text(rows, FACT_COLUMN_ASKED));
    g_ptr_array_add(a->facts, fact);
    return true;
}

static bool read_datasets(StoreTx *tx, Reading *reading, const GPtrArray *ids, GError **error)
{
    if (!store_query_keys(tx, ids, take_link, reading, error,
                          "SELECT application, dataset FROM application_dataset WHERE application "
                          "IN ($keys) ORDER BY dataset"))
        return false;
    g_autoptr(GHashTable) datasets = dataset_load_many(tx, reading->datasets, error);
    for (guint i = 0; datasets != NULL && i < reading->links->len; i += 2) {
        Application *a = g_hash_table_lookup(reading->applications,
                                             g_ptr_array_index(reading->links, i));
        Dataset *dataset = g_hash_table_lookup(datasets, g_ptr_array_index(reading->links, i + 1));
        g_ptr_array_add(a->datasets, dataset_ref(dataset));
    }
    return datasets != NULL;
}

static bool read_all(StoreTx *tx, Reading *reading, const GPtrArray *ids, GError **error)
{
    return store_query_keys(
               tx, ids, take_application, reading, error,
               "SELECT a.project, a.state, a.justification, a.created_by, p.login, p.name, "
               "a.created_ms, a.submitted_ms, a.decided_ms, a.answers, a.until_ms, a.round, "
               "a.version, a.changed_ms, a.id FROM application a JOIN person p ON "
               "p.id = a.created_by WHERE a.id IN ($keys)") &&
           store_query_keys(
               tx, ids, take_person, reading, error,
               "SELECT p.id, p.login, p.name, o.name, a.id, m.roles FROM application a JOIN "
               "application_person ap ON ap.application = a.id JOIN person p ON p.id = ap.person "
               "JOIN organisation o ON o.id = p.organisation LEFT JOIN project_member m ON "
               "m.project = a.project AND m.person = p.id AND m.removed_ms IS NULL WHERE a.id IN ($keys) ORDER BY p.login") &&
           read_datasets(tx, reading, ids, error) &&
           store_query_keys(tx, ids, take_fact, reading, error, FACTS_OF_APPLICATIONS);
}

GPtrArray *application_load_many(StoreTx *tx, const GPtrArray *ids, GError **error)
{
    g_autoptr(GHashTable) applications =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)application_free);
    g_autoptr(GPtrArray) links = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) datasets = g_ptr_array_new();
    Reading reading = {applications, links, datasets};
    if (!read_all(tx, &reading, ids, error))
        return NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)application_free);
    for (guint i = 0; i < ids->len; i++) {
        Application *a = NULL;
        const char *id = g_ptr_array_index(ids, i);
        if (!g_hash_table_steal_extended(applications, id, NULL, (void **)&a)) {
            application_refuse_unknown(id, error);
            return NULL;
        }
        g_ptr_array_add(list, a);
    }
    return g_steal_pointer(&list);
}

bool application_load(StoreTx *tx, const char *id, Application **ret_application, GError **error)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new();
    g_ptr_array_add(ids, (void *)id);
    g_autoptr(GPtrArray) list = application_load_many(tx, ids, error);
    if (list == NULL)
        return false;
    *ret_application = g_ptr_array_steal_index(list, 0);
    return true;
}
