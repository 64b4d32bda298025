import { useQuery } from "@tanstack/react-query";
import type { LocalServer } from "../bindings/LocalServer";
import { Banner } from "../parts/Banner";
import { Button } from "../parts/Button";
import { usePlatform } from "../platform";
import { plural } from "../text/format";

/** Servers of models that run on this computer already. One press chooses one. */
export function FoundServers({ chosen, onChoose }: { chosen: string; onChoose(server: LocalServer): void }) {
  const platform = usePlatform();
  // One may have been started since: each opening of the form looks again.
  const found = useQuery({ queryKey: ["local_servers"], queryFn: () => platform.call("local_servers", {}), retry: false });
  const others = (found.data ?? []).filter((server) => server.provider !== chosen);
  return others.map((server) => (
    <Banner
      key={server.provider}
      calm
      testid="found-server"
      title={`${server.name} runs on this computer`}
      acts={<Button onClick={() => onChoose(server)}>Use {server.name}</Button>}
    >
      It offers {plural(server.models.length, "model")}.
    </Banner>
  ));
}
