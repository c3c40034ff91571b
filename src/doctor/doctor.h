/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `darse doctor`: one table of checks of the host, the program and the state directory. It works before
 * `init` and beside a running server, and changes nothing. Each finding says what was found, and where
 * something is wrong what that means and how to mend it.
 *
 * Checks read the host through DoctorHost, so that tests give them other hosts.
 */
#ifndef DARSE_DOCTOR_DOCTOR_H
#define DARSE_DOCTOR_DOCTOR_H

#include "base/config.h"
#include "base/verbs.h"

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef enum FindingLevel {
    FINDING_OK,
    FINDING_WARNING,          /* works, or will until something else happens */
    FINDING_PROBLEM,          /* something that Darse promises does not hold */
    FINDING_NONE,             /* not applicable here and now */
} FindingLevel;

typedef struct Finding {
    FindingLevel level;
    char *found;
    char *means, *mend;       /* NULL where nothing is wrong */
} Finding;
void finding_clear(Finding *finding);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Finding, finding_clear)

typedef enum DoctorClock { DOCTOR_CLOCK_SYNCHRONISED, DOCTOR_CLOCK_ALONE, DOCTOR_CLOCK_UNKNOWN } DoctorClock;

typedef struct DoctorHost {
    const char *root;         /* "" or a folder that stands for "/": /proc, /sys and /etc below it */
    const char *state_dir;    /* may not exist yet */
    const char *store_dir;    /* of containers and images */
    const char *program;      /* path of this binary */
    const char *library;      /* DuckDB's */
    const Config *config;     /* NULL: config_problem says why */
    const char *config_problem;
    bool has_state, is_running;
    bool is_chrooted;         /* this process, within its mount namespace */
    uid_t uid;
    int64_t now_ms;
    /* Standard output of ARGV (no shell); NULL when it does not run or fails. */
    char *(*run)(const char *const *argv);
    DoctorClock (*clock)(void);
    int (*landlock)(void);    /* ABI, below 1: none */
    int (*user_namespace)(void);   /* a child makes one and ends: 0, or the errno of the refusal */
} DoctorHost;

typedef struct DoctorCheck {
    const char *name;         /* stable: for programs */
    const char *title;
    void (*check)(const DoctorHost *host, Finding *finding);
} DoctorCheck;

/* The table, ended by a row without name. */
extern const DoctorCheck doctor_checks[];

const char *finding_level_name(FindingLevel level);
/* {"checks":[{"name","title","level","found","means","mend"}],"problems":n,"warnings":n} */
json_t *doctor_report(const DoctorHost *host);

extern const Verb doctor_verbs[];

#endif
