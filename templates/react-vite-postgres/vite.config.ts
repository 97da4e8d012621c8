import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

// The page may be served through a proxy on another host and port: hot updates connect to wherever the page came from,
// because server.hmr is not set. PREVIEW_HOST names a further host that may ask.
const previewHost = process.env.PREVIEW_HOST;

/** The dev server answers /api with server/api.ts, which may change while it runs. */
const api: Plugin = {
  name: "api",
  configureServer(server) {
    server.middlewares.use("/api", async (request, response, next) => {
      try {
        const { answer } = await server.ssrLoadModule("/server/api.ts");
        await answer(request, response);
      } catch (error) {
        next(error);
      }
    });
  },
};

export default defineConfig({
  plugins: [react(), api],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { allowedHosts: [".localhost", ...(previewHost ? [previewHost] : [])] },
});
