// SPDX-License-Identifier: Apache-2.0
// What a screen reader would announce of a page, read from Chromium's accessibility tree, and what is
// wrong with it by criteria of RGAA 4.1 that a tree can tell.

/** Roles that one can act on: each must have a name. */
const ACTED_ON = new Set([
  "button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "spinbutton", "switch", "tab",
  "menuitem", "option", "slider", "DisclosureTriangle",
]);
/** Roles that are announced as one enters or meets them. */
const SPOKEN = new Set([
  ...ACTED_ON, "heading", "banner", "main", "navigation", "contentinfo", "region", "search", "form", "complementary",
  "table", "columnheader", "rowheader", "row", "cell", "list", "listitem", "image", "img", "dialog", "alert", "status",
  "progressbar", "group", "radiogroup", "StaticText", "paragraph", "term", "definition", "time", "code",
]);
const LANDMARKS = ["banner", "main", "contentinfo"];

async function treeOf(page) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  await session.detach();
  return nodes;
}

function announced(node) {
  const role = node.role?.value ?? "";
  const name = node.name?.value ?? "";
  if (role === "StaticText") return name.trim();
  const says = [role];
  for (const { name: key, value } of node.properties ?? []) {
    if (key === "level") says.push(`level ${value.value}`);
    if (["expanded", "checked", "pressed", "selected", "required", "invalid", "disabled"].includes(key)) {
      const on = value.value;
      if (on === true || on === "true" || on === "mixed") says.push(key);
      if (on === false && key === "expanded") says.push("collapsed");
    }
  }
  if (name) says.push(`"${name}"`);
  if (node.description?.value) says.push(`(${node.description.value})`);
  return says.join(" ");
}

/** Lines in reading order: {depth, role, name, text}. */
export async function reading(page) {
  const nodes = await treeOf(page);
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const lines = [];
  const walk = (node, depth) => {
    const role = node.role?.value ?? "";
    const spoken = !node.ignored && SPOKEN.has(role);
    const text = spoken ? announced(node) : "";
    if (text) lines.push({ depth, role, name: node.name?.value ?? "", level: levelOf(node), text, node });
    // A name that is the content is not read twice.
    if (spoken && ["link", "button", "heading", "option", "tab"].includes(role) && node.name?.value) return;
    for (const id of node.childIds ?? []) if (byId.has(id)) walk(byId.get(id), depth + (text ? 1 : 0));
  };
  if (nodes[0]) walk(nodes[0], 0);
  return lines;
}

function levelOf(node) {
  return node.properties?.find((property) => property.name === "level")?.value.value;
}

export function transcript(lines) {
  return lines.map((line) => "  ".repeat(line.depth) + line.text).join("\n") + "\n";
}

/** Sentences, each beginning with the criterion that is not met. */
export async function problemsOf(page, lines) {
  const problems = [];
  for (const line of lines)
    if (ACTED_ON.has(line.role) && line.name.trim() === "") problems.push(`6.2, 11.1 or 11.9: a ${line.role} has no name`);
  for (const line of lines)
    if (["image", "img"].includes(line.role) && line.name.trim() === "") problems.push("1.1: an image has no name");
  for (const role of LANDMARKS) {
    const count = lines.filter((line) => line.role === role).length;
    if (count !== 1) problems.push(`12.6: ${count} of landmark ${role}`);
  }
  const headings = lines.filter((line) => line.role === "heading");
  if (headings.filter((line) => line.level === 1).length !== 1) problems.push("9.1: not one heading of level 1");
  headings.forEach((line, at) => {
    const before = headings[at - 1]?.level ?? 0;
    if (line.level > before + 1) problems.push(`9.1: "${line.name}" is level ${line.level} after ${before}`);
  });
  for (const line of lines)
    if (line.role === "table" && line.name.trim() === "") problems.push("5.4: a table has no title");
  problems.push(...(await inPage(page)));
  return problems;
}

/** What the document says and the tree does not. */
function inPage(page) {
  return page.evaluate(() => {
    const found = [];
    const seen = (element) => element.checkVisibility({ visibilityProperty: true });
    const nameOf = (element) => (element.getAttribute("aria-label") ?? element.textContent ?? "").trim();
    const targets = new Map();
    for (const link of document.querySelectorAll("a[href]")) {
      if (!seen(link)) continue;
      // Two links of one name lead to one place, unless the sentence, row or item around them tells them apart.
      const around = link.closest("li, tr, p, dd")?.textContent?.trim() ?? "";
      const key = `${nameOf(link)}|${around}`;
      const before = targets.get(key);
      if (before !== undefined && before !== link.href)
        found.push(`6.1: two links "${nameOf(link)}" in the same context lead to different places`);
      targets.set(key, link.href);
    }
    for (const link of document.querySelectorAll("a[target=_blank]"))
      if (!/(new|nouve)/i.test(nameOf(link) + (link.title ?? ""))) found.push(`13.2: "${nameOf(link)}" opens elsewhere unsaid`);
    for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
      if (!seen(field)) continue;
      const label = field.labels?.[0];
      // The label is what one sees: a name that begins otherwise cannot be spoken to (11.2, 6.1.5).
      const aria = field.getAttribute("aria-label");
      if (label && aria && !aria.toLowerCase().includes(label.textContent.trim().toLowerCase()))
        found.push(`11.2: the name "${aria}" does not hold the label "${label.textContent.trim()}"`);
    }
    for (const button of document.querySelectorAll("button, a[href], summary")) {
      const aria = button.getAttribute("aria-label");
      const shown = button.innerText?.trim();
      const first = shown?.split("\n")[0]?.trim();
      if (seen(button) && aria && first && !aria.toLowerCase().includes(first.toLowerCase()))
        found.push(`11.9: the name "${aria}" does not hold what is seen, "${first}"`);
    }
    for (const group of document.querySelectorAll("fieldset"))
      if (seen(group) && !group.querySelector(":scope > legend")?.textContent?.trim()) found.push("11.6: a group has no legend");
    const radios = [...document.querySelectorAll("input[type=radio], input[type=checkbox][name]")].filter(seen);
    for (const radio of radios)
      if (radio.type === "radio" && !radio.closest("fieldset, [role=radiogroup], [role=group]"))
        found.push(`11.5: "${radio.name}" is in no group`);
    for (const table of document.querySelectorAll("table")) {
      if (!seen(table)) continue;
      if (!table.querySelector("th")) found.push("5.6: a table has no header");
      for (const head of table.querySelectorAll("th"))
        if (!head.hasAttribute("scope")) found.push(`5.7: the header "${head.textContent.trim()}" has no scope`);
    }
    if (!document.title.trim()) found.push("8.5: no title");
    if (!document.documentElement.lang) found.push("8.3: no language");
    return found;
  });
}

/** Wider than the window (10.11), or text cut, when the spacing of 10.12 is asked for. */
export async function reflowProblems(page) {
  const problems = [];
  const wide = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await page.setViewportSize({ width: 320, height: 640 });
  if ((await wide()) > 0) problems.push(`10.11: ${await wide()} px wider than 320`);
  await page.setViewportSize({ width: 1280, height: 900 });
  const sheet = await page.addStyleTag({
    content:
      "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; } " +
      "p { margin-bottom: 2em !important; }",
  });
  const cut = await page.evaluate(() =>
    [...document.querySelectorAll("button, a, th, td, p, h1, h2, h3, label, legend, .badge")]
      .filter((element) => {
        const style = getComputedStyle(element);
        const hides = ["hidden", "clip"].includes(style.overflowX) || ["hidden", "clip"].includes(style.overflowY);
        if (!hides || !element.checkVisibility({ visibilityProperty: true })) return false;
        if (element.closest(".unseen") || style.textOverflow === "ellipsis") return false;
        return element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
      })
      .map((element) => element.textContent.trim().slice(0, 60)),
  );
  for (const text of cut) problems.push(`10.12: "${text}" is cut when spaced`);
  if ((await wide()) > 0) problems.push("10.12: wider than the window when spaced");
  await sheet.evaluate((element) => element.remove());
  // Twice the size of text (10.4) is half the width in text.
  await page.setViewportSize({ width: 640, height: 512 });
  if ((await wide()) > 0) problems.push("10.4: wider than the window at 200 %");
  return problems;
}
