/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only place where files that people made are read. Each task runs in its own short-lived
 * process, `darse worker`: clean environment, no descriptor but its own, resource limits, no
 * network, no file but the ones handed to it as open descriptors, killed on timeout. If the host
 * cannot give that sandbox, the task is refused; it never runs bare.
 *
 * The caller's process holds none of the parsers. It sends one message and receives one; whatever
 * the file does to the worker, the worst result here is an error. It must not know projects,
 * people or HTTP.
 */
#ifndef DARSE_WORKER_WORKER_H
#define DARSE_WORKER_WORKER_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum WorkerTask {
    WORKER_PROFILE,
    WORKER_CONVERT,
    WORKER_LINT,
    WORKER_PREVIEW,
    WORKER_TEXT,
    WORKER_IMAGE,
    WORKER_PROTECT,
    WORKER_TABULATE,
    WORKER_SUPPRESS,
    WORKER_COMPARE,
    WORKER_TASK_COUNT,
} WorkerTask;

/* What one task may use. Every field has a default per task: worker_limits(). */
typedef struct WorkerLimits {
    int64_t wall_ms;            /* then the process is killed */
    int64_t cpu_seconds;
    int64_t memory_bytes;       /* address space of the process */
    int64_t input_bytes;        /* a larger file is refused before it is read */
    int64_t output_bytes;
    int64_t rows;
    int64_t columns;
    int64_t field_bytes;        /* one value of a CSV file */
} WorkerLimits;

/* The row of TASK in the table of limits. */
const WorkerLimits *worker_limits(WorkerTask task);

/* What to start. Both may be NULL: the running program, and the DuckDB library chosen at build time
 * (or $DARSE_DUCKDB_LIBRARY of the calling process). */
typedef struct WorkerProgram {
    const char *program_path;
    const char *library_path;
    const int *stop;            /* NULL, or what another thread sets atomically to have the worker killed */
} WorkerProgram;

/* The DuckDB library that is loaded when a program names none: $DARSE_DUCKDB_LIBRARY, else the one installed
 * beside this program, else the one of the build. */
const char *worker_library(void);

/*
 * Runs TASK on the regular file open (for reading) as INPUT_FD. OUTPUT_FD is -1, or for
 * WORKER_CONVERT a regular empty file open for reading and writing. Both stay the caller's, and the
 * file offsets are not used. LIMITS and PROGRAM may be NULL (defaults). Blocks; one call per thread
 * is fine, any number at once.
 *
 * ARGUMENTS is an object; unknown fields are refused. The result is an object:
 *
 * WORKER_PROFILE {"format": "csv"|"parquet"}
 *   -> {"format", "rows", "columns": [{"name", "type", "missing", "distinct", "min", "max"}],
 *       "delimiter", "decimal" (CSV only), "notes": [sentence...]}
 *   type: "boolean" "integer" "number" "date" "timestamp" "text" or, in Parquet, "other".
 *   min and max (texts) are there for all but boolean, text and other.
 * WORKER_CONVERT {"format", "output": "parquet" (default) | "csv", "without": [columns to leave out]}
 *   -> as WORKER_PROFILE, plus "bytes": the size of what was written: one Parquet file, from CSV or
 *      from Parquet (rewritten: nothing of the given bytes but the values gets through).
 * WORKER_LINT {"format", "rules": as of rules_json(), "count_column", "contributors_column",
 *              "total_column", "absolute_column", "largest_column" (each may be null or absent, not all
 *              of them), "next_columns": [the second largest, the third...], "dimensions": [{"column",
 *              "total": a category or null for the usual words, "nested": bool}...]}
 *   -> {"format", "rows", "columns": [names...], "basis": "author_declaration",
 *       "verdict": "pass"|"flagged"|"incomplete" (a rule in force lacks its column),
 *       "summary": {"cells", "suppressed", "safe", "flagged", "by_rule": {rule: n},
 *                   "applied": [rule...], "not_applied": [rule...],
 *                   "short_of": [rules that lacked contributors]},
 *       "structure": {"state": "not_declared"|"not_needed"|"checked"|"too_large", "dimensions",
 *                     "relations", "hidden", "recomputable"},
 *       "flags": [{"row" (1 = first after the header), "rule", "column", "value" (text or null),
 *                  "measure", "limit" (numbers or null), "contributors"}],
 *       "flags_listed_all": bool (the list stops at WORKER_FLAGS_MAX),
 *       "withheld": [columns that are for the check alone], "notes": [...]}
 *   rule: a name of sdc_flag_kinds(), "recomputable" (hidden, and follows from what is shown) or
 *   "difference" (a total tells how few units were left out).
 * WORKER_PREVIEW {"format", "rows": 1..WORKER_PREVIEW_ROWS_MAX, "offset": rows to pass over}
 *   -> {"format", "rows" (in the file), "columns": [{"name", "type"}], "values": [[text|null...]...]}
 *
 * WORKER_TEXT {}
 *   -> {"text" (the first WORKER_TEXT_BYTES, without control characters), "encoding": "utf-8" |
 *       "latin-1", "truncated": bool}
 * WORKER_IMAGE {}
 *   -> {"format": "png"|"jpeg", "width", "height", "shown_width", "shown_height"}; the output is
 *      the picture made anew as PNG, at most WORKER_IMAGE_SIDE on a side: its pixels, nothing else.
 * WORKER_PROTECT {"format", "recipe": protect/protect.h's, "output": "csv"|"parquet", "key": text or absent,
 *                  "keys": {domain: text} or absent}
 *   -> {"rows", "report": protect_run()'s}; the output is the protected file, written anew.
 * WORKER_TABULATE {"formats": one an input, "recipe": protect/tables.h's, "json": bool or absent}
 *   -> {"report": protect_tables()'s, "files": [{"name", "bytes"}]}; the output is these files, CSV or JSON, one
 *      after the other.
 * WORKER_SUPPRESS {"formats", "recipe", "job": "suppress" | "audit", "json"}
 *   -> the same; needs the solver's libraries on this host ("worker.solver").
 * WORKER_COMPARE {"formats": two, "options": protect_compare()'s}
 *   -> {"report": protect_compare()'s}
 *
 * Errors: ERROR_UNPROCESSABLE, what is wrong in the file and where (reasons "table.*");
 * ERROR_TOO_LARGE, over a limit; ERROR_INVALID, the arguments ("worker.arguments", "table.column");
 * ERROR_UNAVAILABLE, no sandbox or no DuckDB on this host ("worker.sandbox", "worker.library"), or stopped
 * from outside ("worker.stopped").
 */
#define WORKER_FLAGS_MAX 5000
#define WORKER_PREVIEW_ROWS_MAX 200
#define WORKER_TEXT_BYTES (64 * 1024)
#define WORKER_IMAGE_SIDE 1600
bool worker_run(const WorkerLimits *limits, const WorkerProgram *program, WorkerTask task,
                const json_t *arguments, int input_fd, int output_fd, json_t **ret_result,
                GError **error);

/* As worker_run(); PROGRESS (may be NULL) is called with DONE in 0..1 and the step of a long task. */
typedef void (*WorkerProgress)(void *user, double done, const char *what);
bool worker_run_watched(const WorkerLimits *limits, const WorkerProgram *program, WorkerTask task,
                        const json_t *arguments, int input_fd, int output_fd, WorkerProgress progress,
                        void *user, json_t **ret_result, GError **error);

/* As above on several files: the task says what each is for. */
#define WORKER_INPUTS_MAX 12
bool worker_run_files(const WorkerLimits *limits, const WorkerProgram *program, WorkerTask task,
                      const json_t *arguments, const int *input_fds, size_t inputs, int output_fd,
                      WorkerProgress progress, void *user, json_t **ret_result, GError **error);

/* "csv" or "parquet" from the end of a file's name, any case; NULL for anything else (which is
 * refused: no other type is read). */
const char *worker_format_of(const char *file_name);

/* The child's side: what the hidden verb `darse worker` runs. Speaks on descriptor 3. */
int worker_main(void);

#endif
