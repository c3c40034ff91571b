/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every kernel of the library shares: errors, what the caller gives (memory, threads, randomness,
 * progress), and the shapes of data. The solver's interface is in sdc/solver.h.
 *
 * Rules that hold everywhere
 * - A function that can fail returns bool and ends with SdcError *ret_error (may be NULL). Outputs are
 *   named ret_x: untouched on failure. Nothing is printed, nothing aborts; memory that cannot be had is
 *   SDC_ERROR_MEMORY and leaks nothing.
 * - Inputs are borrowed and never written. What a kernel gives back it allocated with the context's
 *   allocator; the type's _clear or _free function (which accepts NULL and empty objects) takes it back
 *   with the same context.
 * - Ties are broken by the lowest index. Results depend on the data, the parameters and the seed only:
 *   not on the number of threads, the address of anything, or the order of tasks.
 * - Any function may be called from any thread; one object is used by one call at a time.
 */
#ifndef DARSE_SDC_CORE_H
#define DARSE_SDC_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Raised when a declaration changes in a way that programs built before would not survive. */
#define SDC_ABI 1
/* SDC_ABI of the library that is running. */
unsigned sdc_abi(void);

/* --- Errors ------------------------------------------------------------------------------------ */

typedef enum SdcErrorCode {
    SDC_ERROR_NONE = 0,
    SDC_ERROR_RULES,      /* a parameter of the rules is outside its domain */
    SDC_ERROR_TABLE,      /* the table cannot be checked at all */
    SDC_ERROR_ARGUMENT,   /* a parameter of a kernel is outside its domain */
    SDC_ERROR_DATA,       /* the data are not what the kernel is defined on; the sentence says where */
    SDC_ERROR_MEMORY,     /* the allocator refused */
    SDC_ERROR_LIMIT,      /* sizes that would overflow, or over a stated limit */
    SDC_ERROR_SOLVER,     /* the solver failed, or there is none and the method needs one */
    SDC_ERROR_IMPOSSIBLE, /* well posed, and no solution exists */
    SDC_ERROR_CANCELLED,  /* the caller's progress function said stop */
} SdcErrorCode;

typedef struct SdcError {
    SdcErrorCode code;
    char sentence[256];
} SdcError;

/* --- What the caller gives ---------------------------------------------------------------------- */

/* Like realloc: BLOCK NULL allocates, NEW_BYTES 0 frees and returns NULL. Blocks are aligned for
 * any type (16 bytes). OLD_BYTES is what the block was asked with. Called from the caller's thread
 * and from tasks, so it must be thread-safe. */
typedef struct SdcAllocator {
    void *(*reallocate)(void *user, void *block, size_t old_bytes, size_t new_bytes);
    void *user;
} SdcAllocator;

/* Runs TASK(DATA, 0) .. TASK(DATA, TASKS - 1), each exactly once, in any order and on any threads,
 * and returns when all have ended. COUNT is how many may run at once; kernels never let results
 * depend on it. */
typedef struct SdcThreads {
    unsigned count;
    void (*run)(void *user, size_t tasks, void (*task)(void *data, size_t index), void *data);
    void *user;
} SdcThreads;

/* Counter-based: fills RET_WORDS with two 64-bit words that are a pure function of (SEED, STREAM,
 * INDEX). STREAM is a purpose (a kernel's and a column's), INDEX a record or a draw. */
typedef struct SdcRandom {
    void (*words)(void *user, uint64_t seed, uint64_t stream, uint64_t index, uint64_t ret_words[2]);
    void *user;
} SdcRandom;

/* Called now and then on the caller's thread with DONE in 0..1 and the name of the step. Returns
 * false to stop: the kernel ends soon with SDC_ERROR_CANCELLED. */
typedef struct SdcProgress {
    bool (*report)(void *user, double done, const char *step);
    void *user;
} SdcProgress;

struct SdcSolver;   /* sdc/solver.h */

/* Any member may be NULL: malloc, the calling thread alone, Philox4x32-10, no progress, no solver
 * (methods that need one fail with SDC_ERROR_SOLVER). A NULL context means all of these. */
typedef struct SdcContext {
    const SdcAllocator *allocator;
    const SdcThreads *threads;
    const SdcRandom *random;
    const SdcProgress *progress;
    const struct SdcSolver *solver;
} SdcContext;

/* --- Data -------------------------------------------------------------------------------------- */

/* What a missing value of a key means. WILDCARD: it matches every value (sdcMicro's alpha = 1).
 * CATEGORY: it is a value of its own, equal to other missing ones (alpha = 0). There is no default:
 * every kernel that compares keys takes one, and reports print it. */
typedef enum SdcMissing { SDC_MISSING_WILDCARD, SDC_MISSING_CATEGORY } SdcMissing;

#define SDC_ROWS_MAX ((size_t)UINT32_MAX - 1)
#define SDC_CATEGORIES_MAX ((uint32_t)UINT32_MAX - 1)

/* A dictionary-encoded column: codes[i] is 0 for missing, else 1..categories; labels[code - 1] is
 * the text of a category (UTF-8, NUL-ended), NULL where the caller has none. */
typedef struct SdcCodes {
    size_t rows;
    uint32_t categories;
    const uint32_t *codes;
    const char *const *labels;
} SdcCodes;

/* A column of numbers; NaN is missing. Infinities are refused by every kernel. */
typedef struct SdcNumbers {
    size_t rows;
    const double *values;
} SdcNumbers;

/* A hierarchy of the categories of one column, as levels: level 0 is the categories themselves, and
 * parents[l][c] (0-based code at level l -> 0-based code at level l + 1). The last level may have one
 * category ("all") or several. Every category has one parent at each level, so that a hierarchy is a
 * tree (or a forest) by construction; sdc_hierarchy_check() says what is wrong with one that comes
 * from outside. */
typedef struct SdcHierarchy {
    unsigned levels;                    /* at least 1 */
    const uint32_t *sizes;              /* LEVELS values: categories at each level */
    const uint32_t *const *parents;     /* LEVELS - 1 arrays, parents[l] of sizes[l] values */
    const char *const *const *labels;   /* LEVELS arrays or NULL */
} SdcHierarchy;

#define SDC_HIERARCHY_LEVELS_MAX 32
bool sdc_codes_check(const SdcCodes *codes, SdcError *ret_error);
bool sdc_numbers_check(const SdcNumbers *numbers, SdcError *ret_error);
bool sdc_hierarchy_check(const SdcHierarchy *hierarchy, SdcError *ret_error);

#endif
