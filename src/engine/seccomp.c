/* SPDX-License-Identifier: Apache-2.0 */
/* The assembler copies the file in; SECCOMP_FILE comes from the build. */
#include "engine/seccomp.h"

__asm__(".section .rodata\n"
        ".global seccomp_profile\n"
        ".type seccomp_profile, %object\n"
        "seccomp_profile:\n"
        ".incbin \"" SECCOMP_FILE "\"\n"
        ".byte 0\n"
        ".size seccomp_profile, . - seccomp_profile\n"
        ".previous\n");
