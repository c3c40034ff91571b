/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of checks share. */
#ifndef DARSE_DOCTOR_CHECKS_H
#define DARSE_DOCTOR_CHECKS_H

#include "doctor/doctor.h"

/* What was found. */
void finding_set(Finding *finding, FindingLevel level, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* What it means (a sentence), and how to mend it. */
void finding_advise(Finding *finding, const char *means, const char *mend, ...) G_GNUC_PRINTF(3, 4);

/* Whole file below the host's root; NULL when it cannot be read. Caller frees. */
char *host_file(const DoctorHost *host, const char *path);
/* The first whole number in TEXT, FALLBACK when there is none. */
int64_t text_number(const char *text, int64_t fallback);
/* Dotted numbers in TEXT ("podman version 4.3.1"): 4003. -1 when there are none. */
int text_version(const char *text);
/* The nearest folder at or above PATH that exists. Caller frees. */
char *folder_nearest(const char *path);

void check_kernel(const DoctorHost *host, Finding *finding);
void check_podman(const DoctorHost *host, Finding *finding);
void check_runtime(const DoctorHost *host, Finding *finding);
void check_engine(const DoctorHost *host, Finding *finding);
void check_user_namespaces(const DoctorHost *host, Finding *finding);
void check_ids(const DoctorHost *host, Finding *finding);
void check_cgroups(const DoctorHost *host, Finding *finding);
void check_ulimits(const DoctorHost *host, Finding *finding);
void check_landlock(const DoctorHost *host, Finding *finding);
void check_seccomp(const DoctorHost *host, Finding *finding);
void check_clock(const DoctorHost *host, Finding *finding);
void check_memory(const DoctorHost *host, Finding *finding);

void check_sas(const DoctorHost *host, Finding *finding);
void check_images(const DoctorHost *host, Finding *finding);
void check_duckdb(const DoctorHost *host, Finding *finding);
void check_solver(const DoctorHost *host, Finding *finding);
void check_pages(const DoctorHost *host, Finding *finding);
void check_mirrors(const DoctorHost *host, Finding *finding);

void check_config(const DoctorHost *host, Finding *finding);
void check_user(const DoctorHost *host, Finding *finding);
void check_state(const DoctorHost *host, Finding *finding);
void check_fscrypt(const DoctorHost *host, Finding *finding);
void check_disk(const DoctorHost *host, Finding *finding);
void check_store_disk(const DoctorHost *host, Finding *finding);
void check_ports(const DoctorHost *host, Finding *finding);
void check_https(const DoctorHost *host, Finding *finding);
void check_secrets(const DoctorHost *host, Finding *finding);
void check_database(const DoctorHost *host, Finding *finding);
void check_audit(const DoctorHost *host, Finding *finding);
void check_backup(const DoctorHost *host, Finding *finding);

#endif
