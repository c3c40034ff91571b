/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of reads. A leaf per GET would make reading cost a durable write, so reads wait in memory
 * for less than a second and are written together: one entry per person, operation and project,
 * with the keys. What is waiting is bounded: when it cannot be written, reading is refused.
 */
#ifndef DARSE_LAKE_READS_H
#define DARSE_LAKE_READS_H

#include "app/app.h"

#define LAKE_READS_MAX 100000           /* waiting */
#define LAKE_READS_PERIOD_MS 500
#define LAKE_READS_PER_ENTRY 500

typedef struct LakeReads LakeReads;
LakeReads *lake_reads_new(void);
void lake_reads_free(LakeReads *reads);

/* Notes that ACTOR was given KEY. ERROR_UNAVAILABLE "lake.reads" when too many wait. */
bool lake_reads_note(LakeReads *reads, const PolicyActor *actor, PolicyVerb verb,
                     const char *project, const char *key, GError **error);
/* Writes what waits; what fails waits on. */
bool lake_reads_flush(LakeReads *reads, App *app, GError **error);

#endif
