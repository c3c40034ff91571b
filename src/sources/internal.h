/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of this room alone. */
#ifndef DARSE_SOURCES_INTERNAL_H
#define DARSE_SOURCES_INTERNAL_H

#include "sources/sources.h"

#define SOURCE_STEWARDS_MAX 20
#define DATASET_VARIABLES_MAX 5000
#define SOURCE_WORDS_MAX 5000          /* distinct words that one source is found by */
#define SOURCE_WORD_BYTES 60
#define SOURCE_QUERY_WORDS 6

/* What a source is about; one word of this list. */
#define SOURCE_THEMES                                                                              \
    "agriculture business education environment health housing income justice labour population "  \
    "public_finance transport other"

/* ---- sources ---- */

typedef struct SourceGiven {
    /* NULL in an edition: as it is */
    const char *slug, *title, *summary, *legal_basis, *rule_pack, *theme;
    unsigned routes, purposes;           /* 0 in an edition: as it is */
    const char *const *stewards;         /* logins, ended by NULL; NULL: the author, or as it is */
} SourceGiven;

bool source_create(App *app, const PolicyActor *actor, const SourceGiven *given, char **ret_id,
                   GError **error);
bool source_edit(App *app, const PolicyActor *actor, const char *source, const SourceGiven *given,
                 GError **error);

/* What is looked for. Every text may be NULL: any. */
typedef struct SourceQuery {
    const char *words;             /* each must begin a word of the source, of one of its published
                                      datasets or of one of their variables */
    const char *producer;          /* organisation */
    const char *theme;
    unsigned route, purpose;       /* PolicyRoute, PolicyPurpose; 0: any */
    unsigned level;                /* PolicyLevel of a published dataset; 0: any */
    const char *steward;           /* person */
    const char *after;             /* slug; "" for the first page */
    int64_t limit;
} SourceQuery;
/* By slug. Array of Source. */
GPtrArray *source_list(StoreTx *tx, const SourceQuery *query, GError **error);

/* ---- finding (search.c) ---- */

/* The words of TEXT without case and accents, into WORDS, a set of GBytes. Stops at
 * SOURCE_WORDS_MAX. Pure. */
void source_words_add(GHashTable *words, const char *text);
GHashTable *source_words_new(void);
/* Makes the words of SOURCE anew, from its row and those of its published datasets. */
bool source_index(StoreTx *tx, const char *source, GError **error);
/* The same for each source that has none yet. */
bool source_index_missing(StoreTx *tx, GError **error);

/* PolicyLevel bits of the published datasets of a source, and how many there are. */
typedef struct SourceOffer {
    unsigned levels;
    int64_t datasets;
    int64_t published_ms;          /* of the last one */
} SourceOffer;
/* Of each of SOURCES: id -> SourceOffer. */
GHashTable *source_offers(StoreTx *tx, const GPtrArray *sources, GError **error);

/* How many sources each filter would leave, beside the other filters of QUERY:
 * {"total", "producers": [{"id","name","count"}], "themes": [{"value","count"}], "levels", "routes",
 * "purposes"}. */
json_t *source_facets(StoreTx *tx, const SourceQuery *query, GError **error);

/* Is what the source declares coherent: at least one route and purpose, a known pack, nothing that
 * its law of collection excludes? Pure. */
bool source_check(const char *legal_basis, unsigned routes, unsigned purposes,
                  const char *rule_pack, GError **error);

/* Rows alone, for tests and the action above. */
bool source_insert(StoreTx *tx, const SourceGiven *given, const char *id,
                   const char *organisation, const char *created_by, int64_t now_ms,
                   GError **error);
/* Always false: the source would admit no route or no purpose. */
bool source_refuse_nothing(GError **error);
bool source_stewards_set(StoreTx *tx, const char *source, const char *const *logins,
                         int64_t now_ms, GError **error);

/* ---- datasets ---- */

typedef struct DatasetGiven {
    const char *slug, *title, *vintage;
    unsigned level;
    const char *variables;               /* JSON array of {name,label,description?} */
} DatasetGiven;

bool dataset_draft(App *app, const PolicyActor *actor, const char *source,
                   const DatasetGiven *given, char **ret_id, GError **error);
bool dataset_insert(StoreTx *tx, const DatasetGiven *given, const char *source, const char *id,
                    const char *author, int64_t now_ms, GError **error);
bool dataset_move_check(DatasetState from, DatasetState to, GError **error);
/* Moves DATASET (refused when it is not in FROM any more), and says why in FAILURE. */
bool dataset_move(StoreTx *tx, const char *dataset, DatasetState from, DatasetState to,
                  const char *failure, GError **error);

/* What the description and the file's profile say together, as the JSON array to keep: the columns
 * must be the described ones, all of them and no other. SHOW_VALUES: keep the bounds, which are
 * values of somebody, in the description (public datasets alone). Caller frees with free(). */
char *dataset_match(const char *variables, const json_t *columns, bool show_values,
                    GError **error);

/* ---- publication: a file on its way in ---- */

typedef struct Publication Publication;

/* Decides, reserves the dataset and opens the upload. LENGTH: bytes to come. */
Publication *publication_begin(App *app, const PolicyActor *actor, const char *dataset,
                               const char *file_name, int64_t length, GError **error);
bool publication_write(Publication *publication, const char *bytes, size_t size, GError **error);
/* Before it is finished: how the file was made, and what must be true with it. All borrowed. */
void publication_set_made(Publication *publication, const SourceMade *made);
/* Reads, compares, converts, seals, publishes. */
bool publication_finish(Publication *publication, const PolicyActor *actor, GError **error);
/* Whatever was not published leaves nothing behind. */
void publication_free(Publication *publication);

bool sources_start(App *app, GError **error);
void sources_stop(App *app);
extern const Duty sources_duties[];

#endif
