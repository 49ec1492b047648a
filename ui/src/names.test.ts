/**
 * One name, one thing: no two modules give the same name to different things.
 *
 * A module gives the names that it exports, a component the name of its file. Types, classes and functions
 * that a module keeps to itself may not have such a name either; its constants may, and so may what a
 * component declares. An import under another name would give one thing two names.
 */

import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const ROOT = import.meta.dirname;
const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.(ts|svelte)$/.test(file) && !/\.test\.ts$|^api.schema\.d\.ts$/.test(file))
  .sort();

interface Names {
  given: string[];
  /** Types, classes and functions that are not exported. */
  kept: string[];
  /** Imports of ours under another name, as "Graph as Neighbourhood". */
  renamed: string[];
}

function namesIn(file: string, text: string): Names {
  const isComponent = file.endsWith(".svelte");
  const scripts = [...text.matchAll(/<script[^>]*>(.*?)<\/script>/gs)].map((found) => found[1]);
  const source = ts.createSourceFile("", isComponent ? scripts.join("\n") : text, ts.ScriptTarget.Latest);
  const names: Names = {
    given: isComponent ? [basename(file, ".svelte")] : [],
    kept: [],
    renamed: [],
  };
  for (const statement of source.statements) {
    // what a component exports belongs to each copy of it
    const isGiven =
      !isComponent &&
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some((one) => one.kind === ts.SyntaxKind.ExportKeyword);
    const isType = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
    if (isType || ts.isClassDeclaration(statement) || ts.isFunctionDeclaration(statement)) {
      const name = statement.name?.text ?? "default";
      if (isGiven) names.given.push(name);
      else if (isType || !isComponent) names.kept.push(name);
    } else if (ts.isVariableStatement(statement) && isGiven) {
      for (const { name } of statement.declarationList.declarations) {
        if (ts.isIdentifier(name)) names.given.push(name.text);
      }
    } else if (ts.isExportDeclaration(statement)) {
      const clause = statement.exportClause;
      if (clause && ts.isNamedExports(clause)) {
        names.given.push(...clause.elements.map((one) => one.name.text));
      }
    } else if (ts.isImportDeclaration(statement)) {
      names.renamed.push(...renamedBy(statement));
    }
  }
  return names;
}

function renamedBy({ moduleSpecifier, importClause }: ts.ImportDeclaration): string[] {
  const from = (moduleSpecifier as ts.StringLiteral).text;
  if (!from.startsWith(".")) return [];
  const bindings = importClause?.namedBindings;
  const component = /(\w+)\.svelte$/.exec(from)?.[1];
  const whole = importClause?.name?.text;
  return [
    ...(component && whole && whole !== component ? [`${component} as ${whole}`] : []),
    ...(bindings && ts.isNamedImports(bindings)
      ? bindings.elements.flatMap(({ propertyName, name }) =>
          propertyName ? [`${propertyName.text} as ${name.text}`] : [],
        )
      : []),
  ];
}

/** The names that several modules give or keep, with the modules. */
function shared(all: Readonly<Record<string, Names>>): Record<string, string[]> {
  const places = new Map<string, string[]>();
  const note = (name: string, file: string) => places.set(name, [...(places.get(name) ?? []), file]);
  for (const [file, { given }] of Object.entries(all)) given.forEach((name) => note(name, file));
  for (const [file, { kept }] of Object.entries(all)) {
    kept.filter((name) => places.has(name)).forEach((name) => note(name, file));
  }
  return Object.fromEntries([...places].filter(([, found]) => found.length > 1));
}

const ours = Object.fromEntries(
  files.map((file) => [file, namesIn(file, readFileSync(join(ROOT, file), "utf8"))]),
);

it("gives each name once", () => {
  expect(shared(ours)).toEqual({});
});

it("imports each thing by its name", () => {
  expect(Object.entries(ours).flatMap(([file, { renamed }]) => renamed.map((one) => [file, one]))).toEqual(
    [],
  );
});

describe("the names of a module", () => {
  it.each([
    ["a.ts", "export type A = B; export interface C {} export class D {}", ["A", "C", "D"]],
    ["a.ts", "export async function f() {} export const g = 1, h = 2;", ["f", "g", "h"]],
    ["a.ts", 'export type { A } from "./b"; export { b as c };', ["A", "c"]],
    ["a.ts", "type A = B; function f() {} const g = 1;", []],
    ["x/A.svelte", "<script>export function f() {}</script><p>export const g = 1;</p>", ["A"]],
  ])("%s: %s", (file, text, names) => {
    expect(namesIn(file, text).given).toEqual(names);
  });

  it("finds imports under another name", () => {
    const text =
      'import { A as B, C } from "./d"; import E from "./F.svelte"; import { b as c } from "svelte";';
    expect(namesIn("a.ts", text).renamed).toEqual(["A as B", "F as E"]);
  });

  it("finds a name given twice, and one given and kept", () => {
    const a = namesIn("a.ts", "export class A {} export const b = 1;");
    const c = namesIn("A.svelte", "<script>type C = 1; const b = 2;</script>");
    const d = namesIn("d.ts", "export interface C {} function b() {}");
    expect(shared({ a, c, d })).toEqual({ A: ["a", "c"], b: ["a", "d"], C: ["d", "c"] });
    expect(shared({ c })).toEqual({});
  });
});
