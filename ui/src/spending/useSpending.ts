import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { usePlatform } from "../platform";

/** What a month's questions cost; `undefined`: this month's. */
export function useSpending(month?: string) {
  const platform = usePlatform();
  return useQuery({
    queryKey: ["spending", month ?? null],
    queryFn: () => platform.call("spending", month === undefined ? {} : { month }),
    placeholderData: keepPreviousData,
    // A day or a month may have ended since, and other programs spend too.
    staleTime: 0,
  });
}
