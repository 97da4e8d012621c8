import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The page may be served through a proxy on another host and port: hot updates connect to wherever the page came from,
// because server.hmr is not set. PREVIEW_HOST names a further host that may ask.
const previewHost = process.env.PREVIEW_HOST;

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { allowedHosts: [".localhost", ...(previewHost ? [previewHost] : [])] },
});
