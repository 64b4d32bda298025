import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { usePlatform } from "../platform";

interface Wanted {
  library: string;
  path: string;
  digest: string | undefined;
  page: number;
  pages: number | undefined;
  width: number;
  /** Whether the width is known. */
  ready: boolean;
}

/** A page's image. The old page stays until the new one arrives; the next page is fetched in advance. */
export function usePage({ library, path, digest, page, pages, width, ready }: Wanted) {
  const platform = usePlatform();
  const client = useQueryClient();
  const options = (page: number) => ({
    queryKey: ["read_page", library, path, digest, page, width],
    queryFn: () => platform.call("read_page", { library, path, page, width }),
    // Images are large.
    gcTime: 20_000,
    structuralSharing: false,
  });
  const query = useQuery({ ...options(page), enabled: ready, placeholderData: keepPreviousData });
  const here = query.isSuccess && !query.isPlaceholderData;
  useEffect(() => {
    if (here && pages !== undefined && page < pages) void client.prefetchQuery(options(page + 1));
    // eslint-disable-next-line react-hooks/exhaustive-deps -- these values make up the query key
  }, [here, library, path, digest, page, pages, width, client]);
  return query;
}
