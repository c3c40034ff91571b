// SPDX-License-Identifier: Apache-2.0
// Heroicons (MIT), those that we use. Always decoration: a word stands beside.
import arrowDownTray from "heroicons/24/outline/arrow-down-tray.svg?raw";
import arrowPath from "heroicons/24/outline/arrow-path.svg?raw";
import arrowTopRightOnSquare from "heroicons/24/outline/arrow-top-right-on-square.svg?raw";
import bars3 from "heroicons/24/outline/bars-3.svg?raw";
import checkCircle from "heroicons/24/solid/check-circle.svg?raw";
import chevronDown from "heroicons/24/outline/chevron-down.svg?raw";
import circleStack from "heroicons/24/outline/circle-stack.svg?raw";
import clipboardDocumentCheck from "heroicons/24/outline/clipboard-document-check.svg?raw";
import clock from "heroicons/24/outline/clock.svg?raw";
import commandLine from "heroicons/24/outline/command-line.svg?raw";
import document from "heroicons/24/outline/document.svg?raw";
import documentCheck from "heroicons/24/outline/document-check.svg?raw";
import exclamationTriangle from "heroicons/24/outline/exclamation-triangle.svg?raw";
import folder from "heroicons/24/outline/folder.svg?raw";
import inbox from "heroicons/24/outline/inbox.svg?raw";
import informationCircle from "heroicons/24/outline/information-circle.svg?raw";
import key from "heroicons/24/outline/key.svg?raw";
import lockClosed from "heroicons/24/outline/lock-closed.svg?raw";
import minusCircle from "heroicons/24/outline/minus-circle.svg?raw";
import noSymbol from "heroicons/24/outline/no-symbol.svg?raw";
import pencilSquare from "heroicons/24/outline/pencil-square.svg?raw";
import plus from "heroicons/24/outline/plus.svg?raw";
import rectangleStack from "heroicons/24/outline/rectangle-stack.svg?raw";
import rocketLaunch from "heroicons/24/outline/rocket-launch.svg?raw";
import scale from "heroicons/24/outline/scale.svg?raw";
import userCircle from "heroicons/24/outline/user-circle.svg?raw";
import users from "heroicons/24/outline/users.svg?raw";
import xCircle from "heroicons/24/solid/x-circle.svg?raw";

const ICONS = {
  download: arrowDownTray,
  again: arrowPath,
  outside: arrowTopRightOnSquare,
  menu: bars3,
  good: checkCircle,
  chevron: chevronDown,
  data: circleStack,
  review: clipboardDocumentCheck,
  clock,
  service: commandLine,
  file: document,
  export: documentCheck,
  warning: exclamationTriangle,
  folder,
  inbox,
  info: informationCircle,
  key,
  lock: lockClosed,
  coming: minusCircle,
  refused: noSymbol,
  sign: pencilSquare,
  plus,
  project: rectangleStack,
  launch: rocketLaunch,
  scale,
  person: userCircle,
  people: users,
  bad: xCircle,
};

export type IconName = keyof typeof ICONS;

export function Icon({ name, class: extra = "" }: { name: IconName; class?: string }) {
  return (
    <span
      class={`icon ${extra}`}
      aria-hidden="true"
      dangerouslySetInnerHTML={{ __html: ICONS[name] }}
    />
  );
}
