// SPDX-License-Identifier: Apache-2.0
// A state in one word, with a shape for those who do not see colours.
import type { WordList } from "../api/words";
import { tMaybe } from "../i18n";
import { word } from "../i18n/words";
import { Icon, type IconName } from "./icon";
import type { Tone } from "./notice";

const ICON: Record<Tone, IconName | null> = {
  good: "good",
  wait: "clock",
  bad: "bad",
  info: "info",
  calm: null,
};

/** Words that are not neutral. */
const TONE: Partial<Record<WordList, Record<string, Tone>>> = {
  state: { planned: "wait", open: "good", frozen: "bad", closed: "calm" },
  protection_state: {
    waiting: "wait",
    receiving: "wait",
    running: "wait",
    ready: "info",
    published: "good",
    failed: "bad",
    discarded: "calm",
  },
  dataset_state: { draft: "wait", reading: "wait", published: "good", failed: "bad" },
  application_state: {
    draft: "calm",
    submitted: "wait",
    adjourned: "wait",
    decided: "good",
    withdrawn: "calm",
  },
  outcome: {
    agreed: "good",
    refused: "bad",
    favourable: "good",
    adjourned: "wait",
    unfavourable: "bad",
    signed: "good",
  },
  service_state: {
    queued: "wait",
    starting: "wait",
    ready: "good",
    freezing: "bad",
    stopping: "wait",
    stopped: "calm",
    failed: "bad",
  },
  export_state: {
    draft: "calm",
    submitted: "wait",
    approved: "good",
    returned: "wait",
    rejected: "bad",
    released: "good",
    withdrawn: "calm",
  },
  verdict: { pass: "good", flagged: "bad", incomplete: "wait" },
  decided: { approve: "good", return: "wait", reject: "bad" },
};

export function Badge(props: { tone: Tone; icon?: IconName; children: string }) {
  const icon = props.icon ?? ICON[props.tone];
  return (
    <span class={`badge badge-${props.tone}`}>
      {icon && <Icon name={icon} />}
      {props.children}
    </span>
  );
}

export function WordBadge(props: { list: WordList; value: string }) {
  const tone = TONE[props.list]?.[props.value] ?? "calm";
  return <Badge tone={tone}>{word(props.list, props.value)}</Badge>;
}

const TIER_ICON: Record<string, IconName> = { restricted: "key", secure: "lock" };

export function TierBadge(props: { tier: string }) {
  return (
    <Badge tone="info" icon={TIER_ICON[props.tier] ?? "project"}>
      {tMaybe(`tier_name.${props.tier}`) ?? props.tier}
    </Badge>
  );
}
