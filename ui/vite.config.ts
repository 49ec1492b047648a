import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

// What first understood light-dark():
// for older ones it would be rewritten into the system's scheme, and no choice of theme would do anything.
const BROWSERS = ["chrome123", "firefox120", "safari17.5"];

// The facade serves the page at / and everything beside it under /static,
// with a policy that allows nothing inline.
export default defineConfig({
  base: "/static/",
  plugins: [svelte()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // the dashboard at /, and the description of the HTTP API at /docs
    rolldownOptions: { input: ["index.html", "docs.html"] },
    // Swagger UI is one file of that size
    chunkSizeWarningLimit: 2000,
    assetsInlineLimit: 0,
    target: "es2022",
    cssTarget: BROWSERS,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      "^/(jobs|knowledge|entries|graph|frontier|schedules|health|session)": "http://127.0.0.1:8000",
      "/ws": { target: "ws://127.0.0.1:8000", ws: true },
    },
  },
  test: { include: ["src/**/*.test.ts"] },
});
