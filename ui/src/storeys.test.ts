// The rules of this folder: who imports whom, who fetches, where colours live, how long a file is.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";

const STOREYS = ["api", "charts", "panels", "pages", "app"];
const LINES_MAX = 150;
const root = import.meta.dirname;
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .map((path) => ({ name: relative(root, path).replaceAll("\\", "/"), text: readFileSync(path, "utf8") }));
const code = files.filter(({ name }) => /\.tsx?$/.test(name) && !name.endsWith(".test.ts"));

function storey(name: string): number {
  return STOREYS.indexOf(name.split("/")[0] ?? "");
}

test("each storey imports only itself and those left of it", () => {
  const wrong = code.flatMap(({ name, text }) =>
    [...text.matchAll(/from "\.\.\/(\w+)\//g)].filter(([, other]) => storey(name) >= 0 && STOREYS.indexOf(other ?? "") > storey(name)).map(([found]) => `${name} ${found}`),
  );
  expect(wrong).toEqual([]);
});

test("only the client fetches", () => {
  expect(code.filter(({ text }) => /\bfetch\(/.test(text)).map(({ name }) => name)).toEqual(["api/client.ts"]);
});

test("colours live in theme.css alone", () => {
  const styled = files.filter(({ name }) => /\.(tsx?|css)$/.test(name) && name !== "theme.css" && !name.endsWith(".test.ts"));
  expect(styled.filter(({ text }) => /#[0-9a-f]{6}\b|#[0-9a-f]{3}\b(?=[;"'])/i.test(text)).map(({ name }) => name)).toEqual([]);
});

test("no type is asserted", () => {
  const bare = (text: string) => text.replace(/\/\/.*$|\/\*[^]*?\*\//gm, "").replace(/import \* as/g, "");
  expect(code.filter(({ text }) => /[\w)\]}] as [\w{]+[<>[\];),]|: any\b|<any>/.test(bare(text))).map(({ name }) => name)).toEqual([]);
});

test("a component fits on a page", () => {
  const long = code.filter(({ text }) => text.split("\n").length > LINES_MAX).map(({ name }) => name);
  expect(long.filter((name) => name !== "api/schema.ts")).toEqual([]); // generated
});
