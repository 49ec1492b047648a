import css from "@eslint/css";
import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

/** The folders of src from the top down: each may use those below it, none beside it and none above. */
const LAYERS = [
  ["shell"],
  ["jobs", "knowledge", "schedules"],
  ["job", "entry"],
  ["live"],
  ["charts"],
  ["shared"],
  ["api"],
];
const layers = LAYERS.flatMap((layer, index) =>
  layer.map((folder) => ({
    files: [`src/${folder}/**`],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: LAYERS.slice(0, index + 1)
            .flat()
            .filter((other) => other !== folder)
            .map((other) => ({
              regex: `^(\\.\\./)+${other}/`,
              message: `${folder}/ does not stand above ${other}/.`,
            })),
        },
      ],
    },
  })),
);

/** Lines that can be read side by side, files that can be read at one sitting: in each language alike. */
const MOST = { columns: 110, lines: 300 };
/** @type {import("eslint").Rule.RuleModule} */
const size = {
  create(context) {
    const look = () => {
      const { lines } = context.sourceCode;
      /** @type {(line: number, message: string) => void} */
      const tell = (line, message) => context.report({ loc: { line, column: 1 }, message });
      lines.forEach((text, index) => {
        if (text.length > MOST.columns) tell(index + 1, `Longer than ${MOST.columns} characters.`);
      });
      if (lines.length > MOST.lines + 1) tell(MOST.lines + 1, `More than ${MOST.lines} lines: part it.`);
    };
    return { Program: look, StyleSheet: look };
  },
};
const house = { rules: { size } };

export default defineConfig(
  { ignores: ["dist/", "src/api/schema.d.ts"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  { plugins: { house }, rules: { "house/size": "error" } },
  {
    files: ["**/*.{js,ts,svelte}"],
    extends: [
      js.configs.recommended,
      ts.configs.strictTypeChecked,
      ts.configs.stylisticTypeChecked,
      svelte.configs.recommended,
      svelte.configs.prettier,
    ],
    languageOptions: {
      globals: globals.browser,
      parserOptions: {
        projectService: { allowDefaultProject: ["eslint.config.js", "svelte.config.js"] },
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: [".svelte"],
      },
    },
    rules: {
      curly: ["error", "multi-line"],
      eqeqeq: "error",
      // a warning of what a browser cannot do is for those who look why
      "no-console": ["error", { allow: ["warn"] }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "svelte/block-lang": ["error", { script: "ts" }],

      // an arrow that calls one function is as short as it can be
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // an empty arrow says that nothing is to be done
      "@typescript-eslint/no-empty-function": ["error", { allow: ["arrowFunctions"] }],
      // an empty text is nothing, too
      "@typescript-eslint/prefer-nullish-coalescing": ["error", { ignorePrimitives: { string: true } }],
      // numbers read well in a text
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // off: `void` before a value reads a signal, so that one depends on it
      "@typescript-eslint/no-meaningless-void-operator": "off",
      // off: it wants `!`, which another rule forbids; `as` names the type that is meant
      "@typescript-eslint/non-nullable-type-assertion-style": "off",
      // a no-break space is seen only when it is written as one
      "svelte/no-useless-mustaches": ["error", { ignoreStringEscape: true }],
    },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
    rules: {
      // off: sets and maps that are worked with and not shown need no signals
      "svelte/prefer-svelte-reactivity": "off",
    },
  },
  {
    files: ["**/*.svelte"],
    rules: {
      // off: the linter takes what another component hands over for `any`; svelte-check knows its type
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
    },
  },
  ...layers,
  {
    files: ["**/*.css"],
    plugins: { css },
    language: "css/css",
    extends: ["css/recommended"],
    rules: {
      // the tokens are in another file
      "css/no-invalid-properties": ["error", { allowUnknownVariables: true }],
      // where it is not known yet, the page moves a little as its bar comes
      "css/use-baseline": ["error", { allowProperties: ["scrollbar-gutter"] }],
    },
  },
);
