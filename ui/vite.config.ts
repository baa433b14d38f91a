// How the bundle is made: `npm run build` writes what `belvedere serve` hands out.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const SERVER = process.env.BELVEDERE_SERVER ?? "http://127.0.0.1:7007";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../belvedere/server/static",
    emptyOutDir: true,
    chunkSizeWarningLimit: 5200, // Plotly with every trace type, loaded only when a figure is shown
  },
  server: { host: "127.0.0.1", proxy: { "/api": { target: SERVER, changeOrigin: true } } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
