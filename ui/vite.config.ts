import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

// The page runs and shows only its own files: no inline script or style, no picture from elsewhere.
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self' ipc: http://ipc.localhost",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

// Applied to builds only, because the dev server injects inline styles.
const contentSecurityPolicy: Plugin = {
  name: "content-security-policy",
  apply: "build",
  transformIndexHtml: () => [
    { tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content: policy }, injectTo: "head-prepend" },
  ],
};

export default defineConfig({
  plugins: [react(), contentSecurityPolicy],
  clearScreen: false,
  server: { port: 5173, strictPort: true },
  build: { target: "safari16", assetsInlineLimit: 0, chunkSizeWarningLimit: 900 },
  test: { include: ["src/**/*.test.ts"] },
});
