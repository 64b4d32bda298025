import { CSPProvider } from "@base-ui/react/csp-provider";
import { Tooltip } from "@base-ui/react/tooltip";
import "@fontsource-variable/inter";
import "@fontsource-variable/jetbrains-mono";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { CrashNotice } from "./parts/CrashNotice";
import { RunLogsContext } from "./data/following/useRun";
import { queryClient } from "./data/queries";
import { RunLogs } from "./data/following/runLog";
import { loadPlatform, PlatformContext } from "./platform";
import "./styles/base.css";

const platform = await loadPlatform();
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <CSPProvider disableStyleElements>
        <PlatformContext value={platform}>
          <QueryClientProvider client={queryClient()}>
            <RunLogsContext value={new RunLogs(platform)}>
              <Tooltip.Provider delay={500}>
                <CrashNotice>
                  <App />
                </CrashNotice>
              </Tooltip.Provider>
            </RunLogsContext>
          </QueryClientProvider>
        </PlatformContext>
      </CSPProvider>
    </StrictMode>,
  );
}
