// The page starts here.
import { createTheme, MantineProvider } from "@mantine/core";
import "./app/mantine";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { createRoot } from "react-dom/client";
import { readAhead } from "./api/queries";
import { keepFresh } from "./api/refresh";
import { router } from "./app/router";
import { warmUp } from "./charts/plotlyload";
import { isObservatory } from "./pages/observatory/scenes";
import "./theme.css";
import "./charts/charts.css";
import "./panels/panels.css";
import "./pages/pages.css";
import "./app/app.css";

const theme = createTheme({
  fontFamily: '"Inter", system-ui, sans-serif',
  fontFamilyMonospace: '"JetBrains Mono", ui-monospace, monospace',
  defaultRadius: 6,
  respectReducedMotion: true,
});

// The event stream says when something is new; a query asks again by itself only after an error.
const client = new QueryClient({
  defaultOptions: { queries: { staleTime: 30_000, gcTime: 120_000, retry: 1, retryDelay: 500, refetchOnWindowFocus: false, networkMode: "always" } },
});
readAhead(client, window.location.pathname);
keepFresh(client);
if (isObservatory(window.location.pathname)) warmUp();

const host = document.getElementById("root");
if (host) {
  createRoot(host).render(
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>,
  );
}
