import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { usePlatform } from "../platform";

/** The spending of a month; of the current month by default. */
export function useSpending(month?: string) {
  const platform = usePlatform();
  return useQuery({
    queryKey: ["spending", month ?? null],
    queryFn: () => platform.call("spending", month === undefined ? {} : { month }),
    placeholderData: keepPreviousData,
    // The day may have changed, and other programs spend too.
    staleTime: 0,
  });
}
