// SPDX-License-Identifier: Apache-2.0
// Heroicons (MIT), those that we use. Always decoration: a word stands beside.
import adjustmentsHorizontal from "heroicons/24/outline/adjustments-horizontal.svg?raw";
import archiveBox from "heroicons/24/outline/archive-box.svg?raw";
import arrowDownTray from "heroicons/24/outline/arrow-down-tray.svg?raw";
import arrowLeft from "heroicons/24/outline/arrow-left.svg?raw";
import arrowPath from "heroicons/24/outline/arrow-path.svg?raw";
import arrowRight from "heroicons/24/outline/arrow-right.svg?raw";
import arrowRightCircle from "heroicons/24/outline/arrow-right-circle.svg?raw";
import arrowsRightLeft from "heroicons/24/outline/arrows-right-left.svg?raw";
import arrowTopRightOnSquare from "heroicons/24/outline/arrow-top-right-on-square.svg?raw";
import arrowUpTray from "heroicons/24/outline/arrow-up-tray.svg?raw";
import arrowUturnLeft from "heroicons/24/outline/arrow-uturn-left.svg?raw";
import bars3 from "heroicons/24/outline/bars-3.svg?raw";
import bell from "heroicons/24/outline/bell.svg?raw";
import bolt from "heroicons/24/outline/bolt.svg?raw";
import bookmark from "heroicons/24/outline/bookmark.svg?raw";
import bookOpen from "heroicons/24/outline/book-open.svg?raw";
import buildingLibrary from "heroicons/24/outline/building-library.svg?raw";
import calendar from "heroicons/24/outline/calendar.svg?raw";
import chartBar from "heroicons/24/outline/chart-bar.svg?raw";
import check from "heroicons/24/outline/check.svg?raw";
import checkCircle from "heroicons/24/solid/check-circle.svg?raw";
import chevronDown from "heroicons/24/outline/chevron-down.svg?raw";
import chevronRight from "heroicons/24/outline/chevron-right.svg?raw";
import chevronUp from "heroicons/24/outline/chevron-up.svg?raw";
import chevronUpDown from "heroicons/24/outline/chevron-up-down.svg?raw";
import circleStack from "heroicons/24/outline/circle-stack.svg?raw";
import clipboardDocument from "heroicons/24/outline/clipboard-document.svg?raw";
import clipboardDocumentCheck from "heroicons/24/outline/clipboard-document-check.svg?raw";
import clock from "heroicons/24/outline/clock.svg?raw";
import cog6Tooth from "heroicons/24/outline/cog-6-tooth.svg?raw";
import commandLine from "heroicons/24/outline/command-line.svg?raw";
import computerDesktop from "heroicons/24/outline/computer-desktop.svg?raw";
import cpuChip from "heroicons/24/outline/cpu-chip.svg?raw";
import document from "heroicons/24/outline/document.svg?raw";
import documentCheck from "heroicons/24/outline/document-check.svg?raw";
import documentText from "heroicons/24/outline/document-text.svg?raw";
import ellipsisHorizontal from "heroicons/24/outline/ellipsis-horizontal.svg?raw";
import envelope from "heroicons/24/outline/envelope.svg?raw";
import exclamationTriangle from "heroicons/24/outline/exclamation-triangle.svg?raw";
import eye from "heroicons/24/outline/eye.svg?raw";
import flag from "heroicons/24/outline/flag.svg?raw";
import folder from "heroicons/24/outline/folder.svg?raw";
import funnel from "heroicons/24/outline/funnel.svg?raw";
import globeAlt from "heroicons/24/outline/globe-alt.svg?raw";
import heart from "heroicons/24/outline/heart.svg?raw";
import home from "heroicons/24/outline/home.svg?raw";
import inbox from "heroicons/24/outline/inbox.svg?raw";
import informationCircle from "heroicons/24/outline/information-circle.svg?raw";
import key from "heroicons/24/outline/key.svg?raw";
import link from "heroicons/24/outline/link.svg?raw";
import listBullet from "heroicons/24/outline/list-bullet.svg?raw";
import lockClosed from "heroicons/24/outline/lock-closed.svg?raw";
import magnifyingGlass from "heroicons/24/outline/magnifying-glass.svg?raw";
import minusCircle from "heroicons/24/outline/minus-circle.svg?raw";
import noSymbol from "heroicons/24/outline/no-symbol.svg?raw";
import paperAirplane from "heroicons/24/outline/paper-airplane.svg?raw";
import pause from "heroicons/24/outline/pause.svg?raw";
import pencil from "heroicons/24/outline/pencil.svg?raw";
import pencilSquare from "heroicons/24/outline/pencil-square.svg?raw";
import photo from "heroicons/24/outline/photo.svg?raw";
import play from "heroicons/24/outline/play.svg?raw";
import plus from "heroicons/24/outline/plus.svg?raw";
import questionMarkCircle from "heroicons/24/outline/question-mark-circle.svg?raw";
import rectangleGroup from "heroicons/24/outline/rectangle-group.svg?raw";
import rectangleStack from "heroicons/24/outline/rectangle-stack.svg?raw";
import rocketLaunch from "heroicons/24/outline/rocket-launch.svg?raw";
import scale from "heroicons/24/outline/scale.svg?raw";
import serverStack from "heroicons/24/outline/server-stack.svg?raw";
import shieldCheck from "heroicons/24/outline/shield-check.svg?raw";
import stopCircle from "heroicons/24/outline/stop-circle.svg?raw";
import tableCells from "heroicons/24/outline/table-cells.svg?raw";
import tag from "heroicons/24/outline/tag.svg?raw";
import trash from "heroicons/24/outline/trash.svg?raw";
import userCircle from "heroicons/24/outline/user-circle.svg?raw";
import users from "heroicons/24/outline/users.svg?raw";
import wrenchScrewdriver from "heroicons/24/outline/wrench-screwdriver.svg?raw";
import xCircle from "heroicons/24/solid/x-circle.svg?raw";
import xMark from "heroicons/24/outline/x-mark.svg?raw";

const ICONS = {
  again: arrowPath,
  archive: archiveBox,
  arrow: arrowRight,
  back: arrowLeft,
  bad: xCircle,
  bell,
  bolt,
  book: bookOpen,
  bookmark,
  building: buildingLibrary,
  calendar,
  chart: chartBar,
  check,
  chevron: chevronDown,
  clock,
  close: xMark,
  coming: minusCircle,
  copy: clipboardDocument,
  cpu: cpuChip,
  data: circleStack,
  down: chevronDown,
  download: arrowDownTray,
  edit: pencil,
  export: documentCheck,
  eye,
  file: document,
  filter: funnel,
  flag,
  folder,
  gauge: adjustmentsHorizontal,
  globe: globeAlt,
  good: checkCircle,
  health: heart,
  help: questionMarkCircle,
  here: arrowRightCircle,
  home,
  image: photo,
  inbox,
  info: informationCircle,
  key,
  launch: rocketLaunch,
  link,
  list: listBullet,
  lock: lockClosed,
  mail: envelope,
  memory: rectangleGroup,
  menu: bars3,
  more: ellipsisHorizontal,
  move: arrowsRightLeft,
  outside: arrowTopRightOnSquare,
  pause,
  people: users,
  person: userCircle,
  play,
  plus,
  project: rectangleStack,
  refused: noSymbol,
  remove: trash,
  review: clipboardDocumentCheck,
  right: chevronRight,
  scale,
  screen: computerDesktop,
  search: magnifyingGlass,
  send: paperAirplane,
  server: serverStack,
  service: commandLine,
  settings: cog6Tooth,
  shield: shieldCheck,
  sign: pencilSquare,
  sort: chevronUpDown,
  stop: stopCircle,
  table: tableCells,
  tag,
  text: documentText,
  tools: wrenchScrewdriver,
  undo: arrowUturnLeft,
  up: chevronUp,
  upload: arrowUpTray,
  warning: exclamationTriangle,
};

export type IconName = keyof typeof ICONS;
export const ICON_NAMES = Object.keys(ICONS) as IconName[];

export function Icon({ name, class: extra = "" }: { name: IconName; class?: string }) {
  return (
    <span
      class={`icon ${extra}`}
      aria-hidden="true"
      dangerouslySetInnerHTML={{ __html: ICONS[name] }}
    />
  );
}
