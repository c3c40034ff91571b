/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of migrations: one row per file of migrations/, numbered without gap, never changed
 * once released. The assembler takes the files in as they are.
 */
#include "store/internal.h"

#define MIGRATION_BYTES(number, file)                                                              \
    extern const char migration_##number[];                                                        \
    __asm__(".pushsection .rodata\n"                                                               \
            "migration_" #number ":\n"                                                             \
            ".incbin \"" STORE_MIGRATIONS_DIR "/" file "\"\n"                                      \
            ".byte 0\n"                                                                            \
            ".popsection\n")

MIGRATION_BYTES(1, "0001_audit.sql");
MIGRATION_BYTES(2, "0002_domain.sql");
MIGRATION_BYTES(3, "0003_lake.sql");
MIGRATION_BYTES(4, "0004_notices.sql");
MIGRATION_BYTES(5, "0005_governance.sql");
MIGRATION_BYTES(6, "0006_service_choices.sql");
MIGRATION_BYTES(7, "0007_texts.sql");
MIGRATION_BYTES(8, "0008_once.sql");
MIGRATION_BYTES(9, "0009_list_indexes.sql");
MIGRATION_BYTES(10, "0010_protection.sql");
MIGRATION_BYTES(11, "0011_quick_lists.sql");
MIGRATION_BYTES(12, "0012_terms_due.sql");

const StoreMigration store_migrations[] = {
    {1, "audit", migration_1},
    {2, "domain", migration_2},
    {3, "lake", migration_3},
    {4, "notices", migration_4},
    {5, "governance", migration_5},
    {6, "service_choices", migration_6},
    {7, "texts", migration_7},
    {8, "once", migration_8},
    {9, "list_indexes", migration_9},
    {10, "protection", migration_10},
    {11, "quick_lists", migration_11},
    {12, "terms_due", migration_12},
    {0, NULL, NULL},
};
