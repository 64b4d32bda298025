import { createContext, useContext } from "react";
import type { Platform } from "./platform";

export { Failure, toFailure, type BrowseRequest, type FailureCode, type Platform } from "./platform";

/** Loads the platform of the current host, and no code of the other one. */
export async function loadPlatform(): Promise<Platform> {
  const host = "__TAURI_INTERNALS__" in window ? import("./tauri") : import("./http");
  return (await host).platform;
}

export const PlatformContext = createContext<Platform | null>(null);

export function usePlatform(): Platform {
  const platform = useContext(PlatformContext);
  if (!platform) throw new Error("PlatformContext is missing");
  return platform;
}
