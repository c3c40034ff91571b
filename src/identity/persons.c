/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of persons and organisations: reading, creating, changing. Decides nothing. */
#include "identity/persons.h"

#include "base/encode.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/times.h"

#include <string.h>

void identity_person_free(IdentityPerson *person)
{
    if (person == NULL)
        return;
    g_free(person->id);
    g_free(person->login);
    g_free(person->name);
    g_free(person->email);
    g_free(person->organisation);
    g_free(person->organisation_name);
    g_free(person->language);
    g_free(person);
}

#define PERSON_COLUMNS                                                                             \
    "p.id, p.login, p.name, p.email, p.organisation, o.name, p.roles, p.language, "                \
    "CASE WHEN p.totp_sealed IS NULL THEN 0 ELSE 1 END, COALESCE(p.disabled_ms, 0), p.created_ms " \
    "FROM person p JOIN organisation o ON o.id = p.organisation "

bool person_roles_parse(const char *words, unsigned *ret_roles, GError **error)
{
    if (policy_parse_set(SET_ROLE, words, ret_roles))
        return true;
    return error_set(error, ERROR_INVALID, "identity.roles",
                     "\"%s\" is not a list of platform roles separated by spaces (officer, "
                     "producer, committee, checker, auditor).",
                     words);
}

static IdentityPerson *person_from_row(StoreRows *rows)
{
    IdentityPerson *person = g_new0(IdentityPerson, 1);
    person->id = g_strdup(store_row_text(rows, 0));
    person->login = g_strdup(store_row_text(rows, 1));
    person->name = g_strdup(store_row_text(rows, 2));
    person->email = g_strdup(store_row_text(rows, 3));
    person->organisation = g_strdup(store_row_text(rows, 4));
    person->organisation_name = g_strdup(store_row_text(rows, 5));
    /* Words that this program does not know give no right. */
    if (!policy_parse_set(SET_ROLE, store_row_text(rows, 6), &person->roles))
        person->roles = 0;
    person->language = g_strdup(store_row_text(rows, 7));
    person->has_second_factor = store_row_integer(rows, 8) != 0;
    person->disabled_ms = store_row_integer(rows, 9);
    person->created_ms = store_row_integer(rows, 10);
    return person;
}

/* The first row of ROWS (taken). */
static bool person_take_one(StoreRows *rows, const char *what, IdentityPerson **ret_person,
                            GError **error)
{
    g_autoptr(StoreRows) owned = rows;
    if (owned == NULL)
        return false;
    g_autoptr(GError) problem = NULL;
    if (!store_next(owned, &problem)) {
        if (problem == NULL)
            return error_set(error, ERROR_NOT_FOUND, "identity.no_person",
                             "There is no person \"%s\".", what);
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    *ret_person = person_from_row(owned);
    return true;
}

bool identity_person_load(StoreTx *tx, const char *id, IdentityPerson **ret_person, GError **error)
{
    return person_take_one(
        store_query(tx, error, "SELECT " PERSON_COLUMNS "WHERE p.id = $1", store_text(id)), id,
        ret_person, error);
}

bool identity_person_find(StoreTx *tx, const char *login, IdentityPerson **ret_person,
                          GError **error)
{
    return person_take_one(
        store_query(tx, error, "SELECT " PERSON_COLUMNS "WHERE p.login = $1", store_text(login)),
        login, ret_person, error);
}

/* "%word%" for LIKE ... ESCAPE '!', folded. */
static char *like_pattern(const char *text)
{
    g_autofree char *folded = text_fold(text);
    GString *pattern = g_string_new("%");
    for (const char *c = folded; *c != '\0'; c++) {
        if (strchr("!%_", *c) != NULL)
            g_string_append_c(pattern, '!');
        g_string_append_c(pattern, *c);
    }
    g_string_append_c(pattern, '%');
    return g_string_free(pattern, FALSE);
}

/* What a part of a name or of a login is looked for in. No search holds a line feed. */
static char *person_sought(const char *name, const char *login)
{
    g_autofree char *folded = text_fold(name);
    return g_strconcat(folded, "\n", login, NULL);
}

/* The inner query is answered from an index alone (login, sought), in the order of the page, and stops
 * when the page is full: a part of a name is compared with every person otherwise. */
bool person_list(StoreTx *tx, const char *search, const char *after_login, int64_t limit,
                 GPtrArray **ret_persons, GError **error)
{
    g_autofree char *pattern = like_pattern(search != NULL ? search : "");
    g_autoptr(StoreRows) rows =
        store_query(tx, error,
                    "SELECT " PERSON_COLUMNS "JOIN (SELECT login FROM person WHERE login > $1 AND "
                    "sought LIKE $2 ESCAPE '!' ORDER BY login LIMIT $3) f ON f.login = p.login "
                    "ORDER BY p.login",
                    store_text(after_login), store_text(pattern), store_integer(limit));
    if (rows == NULL)
        return false;
    g_autoptr(GPtrArray) persons =
        g_ptr_array_new_with_free_func((GDestroyNotify)identity_person_free);
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem))
        g_ptr_array_add(persons, person_from_row(rows));
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    *ret_persons = g_steal_pointer(&persons);
    return true;
}

GPtrArray *identity_persons_with(StoreTx *tx, unsigned role, GError **error)
{
    g_autofree char *pattern = like_pattern(policy_name(SET_ROLE, role));
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) problem = NULL;
    g_autoptr(StoreRows) rows = store_query(
        tx, error,
        "SELECT id FROM person WHERE disabled_ms IS NULL AND roles LIKE $1 ESCAPE '!' ORDER BY id",
        store_text(pattern));
    if (rows == NULL)
        return NULL;
    while (store_next(rows, &problem))
        g_ptr_array_add(ids, g_strdup(store_row_text(rows, 0)));
    if (problem == NULL)
        return g_steal_pointer(&ids);
    g_propagate_error(error, g_steal_pointer(&problem));
    return NULL;
}

/* ---- checks of what people give ---- */

static bool login_check(const char *login, GError **error)
{
    size_t length = strlen(login);
    bool ok = length >= 2 && length <= 40 && g_ascii_islower(login[0]);
    for (const char *c = login; ok && *c != '\0'; c++)
        ok = g_ascii_islower(*c) || g_ascii_isdigit(*c) || strchr("._-", *c) != NULL;
    if (ok)
        return true;
    return error_set(error, ERROR_INVALID, "identity.login",
                     "A login has 2 to 40 lower-case letters, digits, dots, dashes or underscores, "
                     "and begins with a letter.");
}

static bool email_check(const char *email, GError **error)
{
    const char *at = strchr(email, '@');
    bool ok = at != NULL && at != email && at[1] != '\0' && strchr(at + 1, '@') == NULL &&
              strlen(email) <= 254 && strpbrk(email, " \t<>,;\"") == NULL;
    if (ok && g_utf8_validate(email, -1, NULL))
        return true;
    return error_set(error, ERROR_INVALID, "identity.email",
                     "The e-mail address is not one: it needs one @ between two names.");
}

static bool language_check(const char *language, GError **error)
{
    if (strcmp(language, "fr") == 0 || strcmp(language, "en") == 0)
        return true;
    return error_set(error, ERROR_INVALID, "identity.language",
                     "The language is \"fr\" or \"en\".");
}

static bool row_exists(StoreTx *tx, const char *sql, const char *value, bool *ret_exists,
                       GError **error)
{
    int64_t count = 0;
    if (!store_query_integer(tx, &count, 0, error, sql, store_text(value)))
        return false;
    *ret_exists = count > 0;
    return true;
}

bool identity_person_create(StoreTx *tx, const IdentityNewPerson *person, char **ret_id,
                            GError **error)
{
    bool taken = false, organisation = false;
    if (!login_check(person->login, error) || !email_check(person->email, error) ||
        !language_check(person->language, error) ||
        !text_check(person->name, 200, false, "The name", error))
        return false;
    if (!row_exists(tx, "SELECT COUNT(*) FROM person WHERE login = $1", person->login, &taken,
                    error) ||
        !row_exists(tx, "SELECT COUNT(*) FROM organisation WHERE id = $1", person->organisation,
                    &organisation, error))
        return false;
    if (taken)
        return error_set(error, ERROR_CONFLICT, "identity.login_taken",
                         "Somebody has the login \"%s\"; choose another.", person->login);
    if (!organisation)
        return error_set(error, ERROR_INVALID, "identity.no_organisation",
                         "There is no organisation \"%s\".", person->organisation);
    g_autofree char *id = id_new("per");
    g_autofree char *roles = policy_format_set(SET_ROLE, person->roles);
    g_autofree char *sought = person_sought(person->name, person->login);
    if (!store_exec(tx, error,
                    "INSERT INTO person (id, login, name, email, organisation, roles, language, "
                    "password_hash, totp_last_step, created_ms, sought) "
                    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, -1, $9, $10)",
                    store_text(id), store_text(person->login), store_text(person->name),
                    store_text(person->email), store_text(person->organisation), store_text(roles),
                    store_text(person->language), store_text(person->password_hash),
                    store_integer(time_now_ms()), store_text(sought)))
        return false;
    *ret_id = g_steal_pointer(&id);
    return true;
}

bool person_update(StoreTx *tx, const char *id, const PersonChange *change, GError **error)
{
    if ((change->name != NULL && !text_check(change->name, 200, false, "The name", error)) ||
        (change->email != NULL && !email_check(change->email, error)) ||
        (change->language != NULL && !language_check(change->language, error)))
        return false;
    g_autofree char *roles =
        change->set_roles ? policy_format_set(SET_ROLE, change->roles) : NULL;
    g_autofree char *folded = change->name != NULL ? text_fold(change->name) : NULL;
    g_autofree char *sought = folded != NULL ? g_strconcat(folded, "\n", NULL) : NULL;
    return store_exec(tx, error,
                      "UPDATE person SET name = COALESCE($1, name), email = COALESCE($2, email), "
                      "language = COALESCE($3, language), roles = COALESCE($4, roles), "
                      "sought = COALESCE($5 || login, sought) WHERE id = $6",
                      store_text(change->name), store_text(change->email),
                      store_text(change->language), store_text(roles), store_text(sought),
                      store_text(id));
}

static bool unsought_take(StoreTx *tx, GPtrArray *texts, GError **error)
{
    g_autoptr(StoreRows) rows =
        store_query(tx, error, "SELECT id, name, login FROM person WHERE sought = ''");
    g_autoptr(GError) problem = NULL;
    if (rows == NULL)
        return false;
    while (store_next(rows, &problem)) {
        g_ptr_array_add(texts, g_strdup(store_row_text(rows, 0)));
        g_ptr_array_add(texts, person_sought(store_row_text(rows, 1), store_row_text(rows, 2)));
    }
    if (problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

bool persons_make_sought(StoreTx *tx, void *data, GError **error)
{
    (void)data;
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    if (!unsought_take(tx, texts, error))
        return false;
    for (guint i = 0; i < texts->len; i += 2) {
        if (!store_exec(tx, error, "UPDATE person SET sought = $1 WHERE id = $2",
                        store_text(g_ptr_array_index(texts, i + 1)),
                        store_text(g_ptr_array_index(texts, i))))
            return false;
    }
    return true;
}

/* At least one officer must remain who can sign in. */
static bool person_check_officers(StoreTx *tx, GError **error)
{
    int64_t officers = 0;
    if (!store_query_integer(tx, &officers, 0, error,
                             "SELECT COUNT(*) FROM person WHERE disabled_ms IS NULL AND "
                             "password_hash IS NOT NULL AND roles LIKE '%officer%'"))
        return false;
    if (officers > 0)
        return true;
    return error_set(error, ERROR_CONFLICT, "identity.last_officer",
                     "This is the last officer who can sign in; name another one first.");
}

bool person_change(StoreTx *tx, const IdentityPerson *person, const PersonChange *change,
                   int64_t now_ms, GError **error)
{
    if (!person_update(tx, person->id, change, error))
        return false;
    if (change->set_disabled) {
        int64_t disabled_ms = !change->disabled ? 0 : person->disabled_ms != 0 ? person->disabled_ms
                                                                              : now_ms;
        if (!store_exec(tx, error, "UPDATE person SET disabled_ms = $1 WHERE id = $2",
                        store_optional(disabled_ms), store_text(person->id)))
            return false;
        if (change->disabled && !identity_sessions_end(tx, person->id, NULL, now_ms, error))
            return false;
    }
    bool was_officer = (person->roles & ROLE_OFFICER) != 0 && person->disabled_ms == 0;
    return !was_officer || person_check_officers(tx, error);
}

/* ---- organisations ---- */

static bool organisation_check(StoreTx *tx, const char *name, const char *kind, GError **error)
{
    static const char *const kinds[] = {"administration", "statistics", "university", "company",
                                        NULL};
    bool taken = false;
    if (name != NULL && !text_check(name, 200, false, "The name", error))
        return false;
    if (kind != NULL && !g_strv_contains(kinds, kind))
        return error_set(error, ERROR_INVALID, "identity.organisation_kind",
                         "\"%s\" is no kind of organisation: administration, statistics, "
                         "university or company.",
                         kind);
    if (name != NULL &&
        !row_exists(tx, "SELECT COUNT(*) FROM organisation WHERE name = $1", name, &taken, error))
        return false;
    return !taken || error_set(error, ERROR_CONFLICT, "identity.organisation_taken",
                               "There is already an organisation \"%s\".", name);
}

bool organisation_update(StoreTx *tx, const char *id, const char *name, const char *kind,
                         GError **error)
{
    bool there = false;
    if (!row_exists(tx, "SELECT COUNT(*) FROM organisation WHERE id = $1", id, &there, error))
        return false;
    if (!there)
        return error_set(error, ERROR_NOT_FOUND, "identity.no_organisation",
                         "There is no organisation \"%s\".", id);
    int64_t same = 0; /* its own name is not taken by another */
    if (name != NULL &&
        !store_query_integer(tx, &same, 0, error,
                             "SELECT COUNT(*) FROM organisation WHERE id = $1 AND name = $2",
                             store_text(id), store_text(name)))
        return false;
    return organisation_check(tx, same > 0 ? NULL : name, kind, error) &&
           store_exec(tx, error,
                      "UPDATE organisation SET name = COALESCE($1, name), kind = COALESCE($2, kind) "
                      "WHERE id = $3", store_text(name), store_text(kind), store_text(id));
}

bool identity_organisation_create(StoreTx *tx, const char *name, const char *kind, char **ret_id,
                                  GError **error)
{
    if (!organisation_check(tx, name, kind, error))
        return false;
    g_autofree char *id = id_new("org");
    if (!store_exec(tx, error,
                    "INSERT INTO organisation (id, name, kind, created_ms) VALUES ($1, $2, $3, $4)",
                    store_text(id), store_text(name), store_text(kind),
                    store_integer(time_now_ms())))
        return false;
    *ret_id = g_steal_pointer(&id);
    return true;
}

bool organisation_find(StoreTx *tx, const char *name, char **ret_id, GError **error)
{
    g_autoptr(StoreRows) rows =
        store_query(tx, error, "SELECT id FROM organisation WHERE name = $1 OR id = $2",
                    store_text(name), store_text(name));
    if (rows == NULL)
        return false;
    g_autoptr(GError) problem = NULL;
    if (store_next(rows, &problem)) {
        *ret_id = g_strdup(store_row_text(rows, 0));
        return true;
    }
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    return error_set(error, ERROR_NOT_FOUND, "identity.no_organisation",
                     "There is no organisation \"%s\".", name);
}

bool organisation_list(StoreTx *tx, const char *after_name, int64_t limit, OrganisationEach each,
                       void *data, GError **error)
{
    g_autoptr(StoreRows) rows = store_query(
        tx, error, "SELECT o.id, o.name, o.kind, (SELECT COUNT(*) FROM person p WHERE p.organisation = o.id "
        "AND p.disabled_ms IS NULL) FROM organisation o WHERE o.name > $1 ORDER BY o.name LIMIT $2",
        store_text(after_name), store_integer(limit));
    if (rows == NULL)
        return false;
    g_autoptr(GError) problem = NULL;
    while (store_next(rows, &problem))
        each(store_row_text(rows, 0), store_row_text(rows, 1), store_row_text(rows, 2),
             store_row_integer(rows, 3), data);
    if (problem == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}
