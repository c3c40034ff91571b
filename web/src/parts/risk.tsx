// SPDX-License-Identifier: Apache-2.0
// What a recipe did, in the lines that a person decides by; and where the whole report is.
import type { RiskSummary } from "../api/types";
import { language, t } from "../i18n";
import { formatNumber } from "../i18n/format";
import { theme } from "../theme";
import { query } from "../api/client";
import { useStore } from "../store";
import { Table } from "./table";

/** The address of the report as a page, in the person's language and theme. BASE: "/datasets/ID". */
export function useReportAddress(base: string): string {
  const chosen = useStore(theme);
  const spoken = useStore(language);
  return `/api/v1${base}/report.html${query({ language: spoken, theme: chosen === "auto" ? undefined : chosen })}`;
}

export function Risk({ summary }: { summary: RiskSummary }) {
  const { before, after } = summary;
  const rows = [
    { name: t("protection.records"), before: before.records, after: after.records },
    { name: t("protection.uniques"), before: before.uniques, after: after.uniques },
    { name: t("protection.below_k"), before: before.below_k, after: after.below_k },
    { name: t("protection.below_k_wildcard"), before: before.below_k_wildcard, after: after.below_k_wildcard },
    { name: t("protection.expected"), before: before.expected, after: after.expected },
    { name: t("protection.identifiers"), before: before.identifiers, after: after.identifiers },
  ];
  return (
    <Table
      caption={t("protection.risk")}
      rows={rows}
      id={(row) => row.name}
      columns={[
        { title: t("protection.measure"), head: true, cell: (row) => row.name },
        { title: t("protection.before"), number: true, cell: (row) => formatNumber(Math.round(row.before * 10) / 10) },
        {
          title: t("protection.after"),
          number: true,
          cell: (row) => <strong>{formatNumber(Math.round(row.after * 10) / 10)}</strong>,
        },
      ]}
    />
  );
}
