/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demonstration: its organisations, accounts, projects, sources and files, as tables, and what
 * fills a running server with them. But for the first officer, everything is done through the public
 * API by the accounts themselves, as an administration would.
 *
 * A demonstration's passwords are public, so that a state directory either is one from its first
 * minute (`darse init --demonstration`) or never.
 */
#ifndef DARSE_DEMO_DEMO_H
#define DARSE_DEMO_DEMO_H

#include "base/verbs.h"
#include "http/client.h"

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

extern const Verb demo_verbs[];

#define DEMO_PASSWORD "basin-and-lock-2026"

typedef struct DemoOrganisation {
    const char *key;
    const char *name;
    const char *kind;
} DemoOrganisation;

typedef struct DemoAccount {
    const char *login;
    const char *name;
    const char *organisation;    /* key */
    const char *roles;           /* platform roles, separated by spaces */
    const char *part;            /* what this person does in the demonstration */
} DemoAccount;

typedef struct DemoMember {
    const char *login;
    const char *role;
} DemoMember;

typedef struct DemoProject {
    const char *slug, *title, *summary, *organisation, *legal_basis, *tier, *lead;
    DemoMember members[6];
} DemoProject;

typedef struct DemoVariable {
    const char *name, *label;
} DemoVariable;

typedef struct DemoDataset {
    const char *slug, *title, *level, *file;
    const char *recipe;          /* file of the recipe that makes it of FILE, a raw one; or NULL */
} DemoDataset;

typedef struct DemoSource {
    const char *slug, *title, *summary, *legal_basis, *rule_pack, *steward, *vintage;
    const char *purposes;        /* separated by spaces */
    const char *theme;
    const DemoVariable *variables;
    DemoDataset datasets[4];
} DemoSource;

/* Each ends with an empty row. */
extern const DemoOrganisation demo_organisations[];
extern const DemoAccount demo_accounts[];
extern const DemoProject demo_projects[];
extern const DemoSource demo_sources[];
#define DEMO_PROJECT_RESTRICTED "care-use"
#define DEMO_PROJECT_SECURE "market-weight"
#define DEMO_SOURCE_PERSONS "health-insurance"
#define DEMO_SOURCE_ENTERPRISES "enterprise-register"
#define DEMO_SOURCE_TEACHING "employees"
/* In the files of the secure project, where nothing can be made yet: a table that is safe; one in which an
 * enterprise has nearly all of a cell; the same with that cell hidden, and with others hidden too. */
#define DEMO_SECURE_FOLDER "received"
#define DEMO_SECURE_TABLE DEMO_SECURE_FOLDER "/turnover-by-activity.csv"
#define DEMO_DOMINATED_TABLE DEMO_SECURE_FOLDER "/turnover-by-region.csv"
#define DEMO_HIDDEN_TABLE DEMO_SECURE_FOLDER "/turnover-by-region-hidden.csv"
#define DEMO_PROTECTED_TABLE DEMO_SECURE_FOLDER "/turnover-by-region-protected.csv"

/* ---- acting in a demonstration through its API ---- */

typedef struct DemoWorld DemoWorld;

/* The demonstration of STATE_DIR, whose server runs. ERROR_DENIED "demo.not_one" for any other
 * state directory. */
DemoWorld *demo_world_open(const char *state_dir, GError **error);
void demo_world_free(DemoWorld *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DemoWorld, demo_world_free)
const char *demo_world_url(const DemoWorld *world);
const char *demo_world_state_dir(const DemoWorld *world);
/* A code of LOGIN that the server accepts now; may wait until there is one. secret_free(). */
char *demo_world_code(DemoWorld *world, const char *login, GError **error);

/* A signed-in account. */
typedef struct DemoPerson DemoPerson;
DemoPerson *demo_sign_in(DemoWorld *world, const char *login, GError **error);
void demo_person_free(DemoPerson *person);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DemoPerson, demo_person_free)
HttpClient *demo_person_client(DemoPerson *person);

/* Calls the API. BODY is taken, may be NULL. Any status other than EXPECTED is an error that quotes
 * the problem. RET_ANSWER may be a NULL pointer. */
bool demo_call(DemoPerson *person, const char *method, const char *path, json_t *body, int expected,
               json_t **ret_answer, GError **error);
bool demo_get(DemoPerson *person, const char *path, json_t **ret_answer, GError **error);
/* The call must be refused with STATUS and REASON; anything else is an error. */
bool demo_refused(DemoPerson *person, const char *method, const char *path, json_t *body,
                  int status, const char *reason, GError **error);

/* Text of a member, "" if it is absent or no text. */
const char *demo_text(const json_t *object, const char *key);
/* The item of the list LIST ({"items": [...]}) whose KEY is VALUE (borrowed), or NULL. */
const json_t *demo_find(const json_t *list, const char *key, const char *value);

#endif
