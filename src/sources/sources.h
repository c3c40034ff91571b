/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources and datasets: what producers offer. A source has a legal basis of collection, routes and
 * purposes that it admits, a rule pack and stewards. A dataset is described first (its variables),
 * then its file is read by the worker, compared with the description, sealed by the engine and
 * published: from then on it never changes, and a new file is a new version.
 */
#ifndef DARSE_SOURCES_SOURCES_H
#define DARSE_SOURCES_SOURCES_H

#include "app/app.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

extern const Room sources_room;
extern const HttpRoute sources_routes[];

typedef struct Source {
    char *id, *slug, *title, *summary;
    char *organisation, *organisation_name;
    char *legal_basis;
    unsigned routes, purposes;      /* PolicyRoute, PolicyPurpose bits */
    char *rule_pack;                /* a name of sdc_packs() */
    char *theme;                    /* a word of SOURCE_THEMES */
    int64_t created_ms;
    int64_t version;
} Source;
void source_free(Source *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Source, source_free)

typedef enum DatasetState {
    DATASET_DRAFT,                  /* described, no file */
    DATASET_READING,                /* a file is being received, read or sealed */
    DATASET_PUBLISHED,              /* immutable */
    DATASET_FAILED,                 /* cut off while it was being sealed: a new version must be made */
} DatasetState;
const char *dataset_state_name(DatasetState state);

typedef struct DatasetMove {
    DatasetState from, to;
    const char *when;
} DatasetMove;
extern const DatasetMove dataset_moves[];   /* ended by a row with `when` NULL */

typedef struct Dataset {
    char *id, *source, *source_slug, *source_title, *source_organisation;
    char *slug, *title, *vintage;
    int64_t version;
    unsigned level;                 /* PolicyLevel */
    DatasetState state;
    char *failure;                  /* why the last file was refused; "" */
    char *file_name, *file_sha256;  /* as uploaded */
    int64_t file_size;
    int64_t rows;
    char *variables;                /* JSON array */
    bool encrypted;
    int64_t published_ms;
    bool has_report;                /* made by a recipe here: see dataset_report_load() */
} Dataset;
void dataset_free(Dataset *dataset);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Dataset, dataset_free)

/* ERROR_NOT_FOUND "sources.no_source", "sources.no_dataset". */
bool source_load(StoreTx *tx, const char *id, Source **ret_source, GError **error);
bool dataset_load(StoreTx *tx, const char *id, Dataset **ret_dataset, GError **error);

/* Of a source, oldest version first. Array of Dataset. */
GPtrArray *dataset_list(StoreTx *tx, const char *source, GError **error);

/* Something that must be true with the publication, in its savepoint. */
typedef bool (*SourceAlso)(Act *act, const char *dataset, void *data, GError **error);

/* A file that the program itself made for a source, and how. */
typedef struct SourceMade {
    const char *slug, *title, *vintage;
    unsigned level;                 /* PolicyLevel */
    const char *variables;          /* JSON array of {name,label,description?} */
    const char *file_name;
    int fd;                         /* read from its start; stays the caller's */
    const char *recipe, *report;    /* JSON: kept with the version */
    SourceAlso also;                /* or NULL */
    void *data;
} SourceMade;
/* Becomes a new version of a dataset, as if a steward had described and sent it. Nothing is left of it
 * on failure. */
bool source_publish_made(App *app, const PolicyActor *actor, const char *source,
                         const SourceMade *made, char **ret_dataset, GError **error);
/* How DATASET was made. Caller frees. ERROR_NOT_FOUND "sources.no_report". */
bool dataset_report_load(StoreTx *tx, const char *dataset, char **ret_recipe, char **ret_report,
                         GError **error);
/* Lower-case letters, digits, hyphens: also a folder's name in bubbles. Pure. */
bool source_check_slug(const char *slug, GError **error);

/* "<source slug>/<dataset slug>", ".v2" and so on after it from the second version: where it is seen
 * below /data in a bubble. Caller frees. */
char *dataset_folder(const Dataset *dataset);
/* <state>/data/<id>. Caller frees. */
char *dataset_path(const App *app, const char *dataset);

typedef struct SourceSteward {
    char *person, *login, *name;
} SourceSteward;
void source_steward_free(SourceSteward *steward);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SourceSteward, source_steward_free)
/* By login. Array of SourceSteward. */
GPtrArray *source_stewards(StoreTx *tx, const char *source, GError **error);
/* As above for each of SOURCES: id -> array of SourceSteward. */
GHashTable *source_stewards_many(StoreTx *tx, const GPtrArray *sources, GError **error);
/* The ids of the sources that PERSON is a steward of, as a set. */
GHashTable *source_stewarded(StoreTx *tx, const char *person, GError **error);
/* The datasets IDS that there are: id -> Dataset, without its variables, which are the
 * most of it, and has_report. */
GHashTable *dataset_load_many(StoreTx *tx, const GPtrArray *ids, GError **error);
/* One more owner of DATASET; dataset_free() takes one away. */
Dataset *dataset_ref(Dataset *dataset);
/* Is PERSON a steward of SOURCE? */
bool source_is_steward(StoreTx *tx, const char *source, const char *person, bool *ret_steward,
                       GError **error);
/* Adds the facts of the source and of the dataset (NULL: of the source alone) to FACTS: is_steward,
 * source_routes, source_purposes, level, and same_organisation when PROJECT_ORGANISATION is not
 * NULL. */
bool source_facts_add(StoreTx *tx, const PolicyActor *actor, const Source *source,
                      const Dataset *dataset, const char *project_organisation,
                      PolicyFacts *facts, GError **error);

#endif
