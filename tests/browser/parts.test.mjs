// SPDX-License-Identifier: Apache-2.0
// What the parts of the pages do for a person's hands, on the page that shows them all.
import { after, before, describe, it } from "node:test";
import { startMock } from "../../web/dev/mock.mjs";
import { accessibilityProblems, assert, launchBrowser, newPage, overflow, settled, watchErrors } from "./support.mjs";

describe("parts", () => {
  let server, browser, page, url, errors;

  before(async () => {
    server = await startMock();
    url = `http://localhost:${server.address().port}`;
    browser = await launchBrowser();
    page = await newPage(browser, { bypassCSP: true, permissions: ["clipboard-read", "clipboard-write"] });
    errors = watchErrors(page);
    await page.context().addCookies([{ name: "login", value: "scientist", url }]);
    await page.goto(`${url}/design`);
    await settled(page);
  });

  after(async () => {
    assert.deepEqual(errors, []);
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  const panel = (name) => page.getByRole("region", { name, exact: true });
  const rows = () => panel("Table").locator("tbody th").allTextContents();

  it("a table is sorted by its headings, and its order is in the address", async () => {
    assert.deepEqual(await rows(), ["darse", "Écluse", "Quai"]);
    const heading = panel("Table").getByRole("columnheader", { name: "Number" });
    await heading.getByRole("button").click();
    assert.deepEqual(await rows(), ["darse", "Écluse", "Quai"]);
    assert.equal(await heading.getAttribute("aria-sort"), "ascending");
    await heading.getByRole("button").click();
    assert.deepEqual(await rows(), ["Quai", "Écluse", "darse"]);
    assert.equal(new URL(page.url()).search, "?sort=-number");
    await page.reload();
    await settled(page);
    assert.deepEqual(await rows(), ["Quai", "Écluse", "darse"]);
  });

  it("a list is narrowed by words, without accents, and says how many rows match", async () => {
    await panel("Table").getByLabel("Search").fill("ecluse");
    await panel("Table").getByText("1 of 3 rows match.").waitFor();
    assert.deepEqual(await rows(), ["Écluse"]);
    assert.match(page.url(), /q=ecluse/);
    await panel("Table").getByLabel("Search").fill("nothing");
    await panel("Table").getByText("Nothing matches these filters.").waitFor();
    await panel("Table").getByLabel("Search").fill("");
    await page.waitForFunction(() => document.querySelectorAll("tbody th").length === 3);
  });

  it("a card's order is chosen from a list where headings are not drawn", async () => {
    await page.setViewportSize({ width: 360, height: 800 });
    await panel("Table").getByLabel("Sort by").selectOption({ label: "Number, ascending" });
    assert.deepEqual(await rows(), ["darse", "Écluse", "Quai"]);
    assert.ok((await overflow(page)) <= 0);
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  it("tabs move with the arrows", async () => {
    await panel("Tabs").getByRole("tab", { name: "Overview" }).focus();
    await page.keyboard.press("ArrowRight");
    const second = panel("Tabs").getByRole("tab", { name: "Data" });
    assert.equal(await second.getAttribute("aria-selected"), "true");
    assert.ok(await second.evaluate((tab) => tab === document.activeElement));
    await panel("Tabs").getByRole("tabpanel", { name: "Data" }).waitFor();
    await page.keyboard.press("ArrowRight");
    assert.equal(await panel("Tabs").getByRole("tab", { name: "Overview" }).getAttribute("aria-selected"), "true");
  });

  it("a word of the glossary says what it means, and Escape gives the focus back", async () => {
    const word = page.getByRole("button", { name: "Accreditation: what is it?" });
    await word.focus();
    await page.keyboard.press("Enter");
    const note = page.getByRole("note", { name: "Accreditation" });
    await note.getByText("The right of one person").waitFor();
    const box = await note.boundingBox();
    const opener = await word.boundingBox();
    assert.ok(Math.abs(box.x - opener.x) < 40 && Math.abs(box.y - opener.y - opener.height) < 40);
    assert.deepEqual(await accessibilityProblems(page), []);
    await page.keyboard.press("Escape");
    await note.waitFor({ state: "hidden" });
    assert.ok(await word.evaluate((button) => button === document.activeElement));
  });

  it("a command is copied by keyboard, as darse or as curl", async () => {
    const box = panel("Command box");
    await box.getByRole("button", { name: "Same thing from a terminal" }).click();
    await box.getByText("darse project list").waitFor();
    await box.getByRole("button", { name: "Copy the command" }).first().focus();
    await page.keyboard.press("Enter");
    await box.getByText("Copied.").first().waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "darse project list");
    await box.getByRole("radio", { name: "curl" }).focus();
    await page.keyboard.press("Space");
    const curl = await box.locator("pre").last().textContent();
    assert.match(curl, /^curl --fail-with-body -X PATCH/);
    assert.match(curl, /Authorization: Bearer \$DARSE_TOKEN/);
    assert.match(curl, new RegExp(`${url}/api/v1/projects/prj-`));
    assert.deepEqual(await accessibilityProblems(page), []);
  });

  it("who does not want commands does not see them", async () => {
    await page.locator(".quay-side summary").click();
    await page.getByLabel("Commands of each action").selectOption("hidden");
    await page.keyboard.press("Escape");
    assert.equal(await panel("Command box").locator(".command").count(), 0);
    await page.reload();
    await settled(page);
    assert.equal(await panel("Command box").locator(".command").count(), 0);
    await page.locator(".quay-side summary").click();
    await page.getByLabel("Commands of each action").selectOption("open");
    await page.keyboard.press("Escape");
  });

  it("compact sets more rows on a screen, and is kept", async () => {
    const height = () => panel("Table").locator("tbody tr").first().evaluate((row) => row.offsetHeight);
    const comfortable = await height();
    await page.locator(".quay-side summary").click();
    await page.getByLabel("Density").selectOption("compact");
    await page.keyboard.press("Escape");
    assert.ok((await height()) < comfortable);
    await page.reload();
    await settled(page);
    assert.ok((await height()) < comfortable);
  });

  it("a toast is said, stays while it is looked at, and can be dismissed", async () => {
    const region = page.getByRole("status", { name: "What just happened" });
    await page.getByRole("button", { name: "Toast" }).click();
    await region.getByText("Saved.").waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    await region.getByRole("button", { name: "Dismiss" }).click();
    await region.getByText("Saved.").waitFor({ state: "detached" });
  });

  it("progress says how long is left", async () => {
    await panel("Progress").getByText(/42% · about .* left/).waitFor();
  });

  it("a page whose file is gone offers to load again", async () => {
    await page.route("**/assets/account-*.js", (route) => route.abort());
    await page.goto(`${url}/account`);
    await page.getByText("This page could not be fetched.").waitFor();
    errors.length = 0;
    await page.unroute("**/assets/account-*.js");
    await page.getByRole("button", { name: "Load again" }).click();
    await page.getByRole("heading", { level: 1, name: "My account" }).waitFor();
  });
});
