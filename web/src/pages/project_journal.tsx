// SPDX-License-Identifier: Apache-2.0
// What the audit log says about the project.
import { useList } from "../api/resource";
import type { JournalEntry, Member } from "../api/types";
import { AuditTable } from "../parts/audit_table";
import { t } from "../i18n";
import { Command } from "../parts/command";
import { Panel } from "../parts/page";
import type { SectionProps } from "./project";

export function ProjectJournal({ project }: SectionProps) {
  const entries = useList<JournalEntry>(`/projects/${project.id}/journal`, [
    `project:${project.id}`,
  ]);
  const members = useList<Member>(`/projects/${project.id}/members`);
  const names = Object.fromEntries(
    (members.data ?? []).map((member) => [member.person, member.name]),
  );
  return (
    <div class="stack">
      <Panel title={t("project.journal")}>
        <div class="stack">
          <p class="soft">{t("journal.lead")}</p>
          <AuditTable list={entries} caption={t("project.journal")} names={names} />
        </div>
      </Panel>
      <Command
        lines={[
          {
            cli: ["project", "journal", project.slug],
            call: { method: "GET", path: `/projects/${project.id}/journal` },
          },
        ]}
      />
    </div>
  );
}
