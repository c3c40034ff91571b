// SPDX-License-Identifier: Apache-2.0
// How much of what is allowed is used, and would be.
import type { LaunchQuotas } from "../api/types";
import { t, type Key } from "../i18n";
import { formatMemory, formatNumber } from "../i18n/format";

const ROWS: [keyof LaunchQuotas, Key, (value: number) => string][] = [
  ["services", "quota.services", formatNumber],
  ["cpus", "quota.cpus", formatNumber],
  ["memory_mib", "quota.memory_mib", formatMemory],
];

/** ASKED: what one more would take. Said in words: the bar alone says nothing to many. */
export function Quotas(props: { quotas: LaunchQuotas; asked?: Record<string, number> }) {
  return (
    <div class="stack-tight">
      <h3>{t("quota.title")}</h3>
      {ROWS.map(([name, text, format]) => {
        const quota = props.quotas[name];
        const after = quota.used + (props.asked?.[name] ?? 0);
        const over = after > quota.most;
        return (
          <div key={name} class="progress">
            <p class="progress-head">
              <span>{t(text)}</span>
              <span class={`note number ${over ? "over" : ""}`}>
                {t(over ? "quota.over" : "quota.of", {
                  after: format(after),
                  most: format(quota.most),
                })}
              </span>
            </p>
            {/* The words above say it. */}
            <progress aria-hidden="true" max={quota.most} value={Math.min(after, quota.most)} />
          </div>
        );
      })}
    </div>
  );
}
