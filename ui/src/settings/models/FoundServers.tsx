import type { LocalServer } from "../../bindings/LocalServer";
import { Banner } from "../../parts/Banner";
import { Button } from "../../parts/Button";
import { plural } from "../../text/format";
import { useLocalServers } from "./localServers";

interface Props {
  /** The provider chosen in the form. */
  chosen: string;
  onChoose(server: LocalServer, model: string): void;
}

/** Model servers found on this computer, other than the chosen one. One click fills in the form. */
export function FoundServers({ chosen, onChoose }: Props) {
  const others = useLocalServers().filter((server) => server.provider !== chosen);
  return others.map((server) => (
    <Banner
      key={server.provider}
      calm
      testid="found-server"
      title={`${server.name} runs on this computer`}
      acts={<Button onClick={() => onChoose(server, server.models[0] ?? "")}>Use {server.name}</Button>}
    >
      It offers {plural(server.models.length, "model")}.
    </Banner>
  ));
}
