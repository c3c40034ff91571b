// SPDX-License-Identifier: Apache-2.0
// The mark of Darse: a basin seen from above, closed by the two leaves of a lock gate.
export function Logo() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" fill="none" stroke-linecap="round">
      <rect width="32" height="32" rx="7" fill="#0b3040" />
      <path
        d="M7 6v15.5A4.5 4.5 0 0 0 11.5 26h9a4.5 4.5 0 0 0 4.5-4.5V6"
        stroke="#f2f7f8"
        stroke-width="2.6"
      />
      <path d="M7 13.5 16 8.5l9 5" stroke="#e3a83b" stroke-width="2.6" stroke-linejoin="round" />
      <path
        d="M11 20.5c1.7-1.5 3.3-1.5 5 0s3.3 1.5 5 0"
        stroke="#8fd0e4"
        stroke-width="2.2"
      />
    </svg>
  );
}
