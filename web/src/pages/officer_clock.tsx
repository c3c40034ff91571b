// SPDX-License-Identifier: Apache-2.0
// The duties of the clock: when each ran last, when it runs next, and what went wrong.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import { useList } from "../api/resource";
import type { Duty } from "../api/types";
import { t, tMaybe } from "../i18n";
import { formatDuration, formatNumber } from "../i18n/format";
import { ActionButton } from "../parts/action";
import { Command } from "../parts/command";
import { Badge } from "../parts/badge";
import { useEvery } from "../parts/every";
import { OfficerPage } from "../parts/officer";
import { Panel } from "../parts/page";
import { ListTable } from "../parts/table";
import { Time } from "../parts/time";
import { toast } from "../parts/toast";

const PERIOD_MS = 5000;
const SEEN_AFTER_MS = 700;

function Failure({ duty }: { duty: Duty }) {
  if (!duty.failure) return <span class="soft">–</span>;
  return (
    <span class="stack-tight">
      <span class="break">{duty.failure}</span>
      <span class="note">
        <Time at={duty.failed} as="ago" />
      </span>
    </span>
  );
}

export function OfficerClock() {
  const list = useList<Duty>("/admin/duties");
  const [, redraw] = useState(0);
  useEvery(PERIOD_MS, async () => {
    await list.reload();
    redraw((n) => n + 1);
  });
  const run = async (duty: Duty) => {
    await api.post(`/admin/duties/${encodeURIComponent(duty.name)}/run`);
    toast(t("clock.asked", { duty: duty.name }));
    setTimeout(() => void list.reload(), SEEN_AFTER_MS);
  };
  return (
    <OfficerPage here="/officer/clock" title={t("officer.clock")} lead={t("clock.lead")}>
      <Panel title={t("clock.duties")}>
        <ListTable
          list={list}
          caption={t("clock.duties")}
          id={(duty) => duty.name}
          empty={<p class="soft">{t("clock.none")}</p>}
          columns={[
            {
              title: t("clock.duty"),
              head: true,
              name: "duty",
              sort: (duty) => duty.name,
              cell: (duty) => (
                <span class="stack-tight">
                  <span>{tMaybe(`duty.${duty.name}`) ?? duty.name}</span>
                  <code class="note">{duty.name}</code>
                </span>
              ),
            },
            {
              title: t("clock.state"),
              name: "state",
              sort: (duty) => (duty.failing ? 0 : 1),
              cell: (duty) =>
                duty.failing ? (
                  <Badge tone="bad">{t("clock.failing")}</Badge>
                ) : duty.last ? (
                  <Badge tone="good">{t("officer.well")}</Badge>
                ) : (
                  <Badge tone="wait">{t("clock.not_yet")}</Badge>
                ),
            },
            { title: t("clock.period"), number: true, cell: (duty) => formatDuration(duty.period_ms) },
            {
              title: t("clock.last"),
              cell: (duty) =>
                duty.last ? (
                  <>
                    <Time at={duty.last} as="ago" />
                    {", "}
                    {formatDuration(duty.took_ms)}
                  </>
                ) : (
                  "–"
                ),
            },
            { title: t("clock.next"), cell: (duty) => <Time at={duty.next} as="ago" /> },
            {
              title: t("clock.runs"),
              number: true,
              name: "failures",
              sort: (duty) => duty.failures,
              cell: (duty) =>
                duty.failures > 0
                  ? t("clock.runs_failures", { runs: duty.runs, failures: duty.failures })
                  : formatNumber(duty.runs),
            },
            { title: t("clock.failure"), cell: (duty) => <Failure duty={duty} /> },
            {
              title: t("table.actions"),
              cell: (duty) => (
                <ActionButton
                  small
                  act={() => run(duty)}
                  label={t("clock.run_one", { duty: duty.name })}
                >
                  {t("clock.run")}
                </ActionButton>
              ),
            },
          ]}
        />
      </Panel>
      <Command
        lines={[
          { text: t("command.this"), cli: ["admin", "duty", "list"], call: { method: "GET", path: "/admin/duties" } },
          {
            text: t("clock.run"),
            cli: ["admin", "duty", "run", "services.reconcile"],
            call: { method: "POST", path: "/admin/duties/services.reconcile/run" },
          },
        ]}
      />
    </OfficerPage>
  );
}
