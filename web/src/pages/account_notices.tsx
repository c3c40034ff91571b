// SPDX-License-Identifier: Apache-2.0
// How I am told of what: a choice per kind, saved as it is made.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import { useAction, useResource } from "../api/resource";
import type { NoticeChoice, NoticeChoices } from "../api/types";
import { language, t, type Key } from "../i18n";
import { Notice, ProblemNotice } from "../parts/notice";
import { Loaded, Panel } from "../parts/page";
import { toast } from "../parts/toast";
import { useMe } from "../session";

const GROUPS: NoticeChoice["group"][] = ["act", "decided", "rights", "services", "account"];
const CHANNELS = ["page", "mail", "digest", "none"] as const;

function Choice({ choice }: { choice: NoticeChoice }) {
  const here = language.get();
  const [channel, setChannel] = useState(choice.channel);
  const { run, busy, problem } = useAction(async (next: NoticeChoice["channel"]) => {
    await api.put("/me/notice-choices", { choices: [{ kind: choice.kind, channel: next }] });
    setChannel(next);
    toast(t("told.chosen"));
  });
  const id = `choice-${choice.kind}`;
  return (
    <li class="choose">
      <div>
        <label for={id} class="strong">
          {choice.subject[here]}
        </label>
        <p class="note">{choice.sentence[here]}</p>
        <ProblemNotice problem={problem} />
      </div>
      <select
        id={id}
        aria-busy={busy}
        value={channel}
        onChange={(event) => void run(event.currentTarget.value as NoticeChoice["channel"])}
      >
        {CHANNELS.filter((one) => one !== "none" || !choice.kept).map((one) => (
          <option key={one} value={one} selected={one === channel}>
            {t(`told.channel_${one}` as Key)}
          </option>
        ))}
      </select>
    </li>
  );
}

export function AccountNotices() {
  const me = useMe();
  const choices = useResource<NoticeChoices>("/me/notice-choices");
  return (
    <Loaded of={choices}>
      {(data) => (
        <div class="stack-wide">
          {data.mail_configured ? (
            <Notice tone="info">{t("told.mail_to", { address: me.email ?? "" })}</Notice>
          ) : (
            <Notice tone="wait">{t("told.mail_off")}</Notice>
          )}
          {GROUPS.map((group) => (
            <Panel key={group} title={t(`told.group_${group}` as Key)}>
              <ul role="list" class="choose-list">
                {data.items
                  .filter((choice) => choice.group === group)
                  .map((choice) => (
                    <Choice key={choice.kind} choice={choice} />
                  ))}
              </ul>
            </Panel>
          ))}
        </div>
      )}
    </Loaded>
  );
}
