import { useQuery } from "@tanstack/react-query";
import type { Settings } from "../../bindings/Settings";
import { Banner } from "../../parts/Banner";
import { Button } from "../../parts/Button";
import { usePlatform } from "../../platform";
import s from "../Settings.module.css";
import { Fact, Facts } from "./Facts";
import { sealFacts } from "./sealFacts";

/** Measurements on this computer: above all, that the model's code can reach nothing. */
export function Sealed({ settings }: { settings: Settings }) {
  const platform = usePlatform();
  const doctor = useQuery({ queryKey: ["doctor"], queryFn: () => platform.call("doctor", {}), staleTime: 60_000 });
  const { layers, missing, attempts, alone, others } = sealFacts(doctor.data?.checks ?? []);
  return (
    <section className={s.section} aria-labelledby="set-sealed" data-testid="sealed">
      <header>
        <h2 id="set-sealed">Sealed code</h2>
        <p>
          A model that works step by step writes small programs. They cannot open files, reach a network or start other programs.
          Plumb measured this on your computer:
        </p>
      </header>
      {doctor.isPending && (
        <p className={s.said} role="status">
          Measuring…{settings.repl_command && " Plumb also tests the place elsewhere, which can take two minutes."}
        </p>
      )}
      {doctor.error && (
        <Banner acts={<Button onClick={() => void doctor.refetch()}>Measure again</Button>}>{doctor.error.message}</Banner>
      )}
      {doctor.data && (
        <>
          {layers.length > 0 && (
            <Facts title="Active layers">
              {layers.map((layer) => (
                <Fact key={layer} name={layer} />
              ))}
              {missing.map((reason) => (
                <Fact key={reason} look="missing" name="Extra layer, not available here" found={reason} />
              ))}
            </Facts>
          )}
          {attempts.length > 0 && (
            <Facts title="Attempts from inside, and the system’s answers">
              {attempts.map(({ what, answer, refused }) => (
                <Fact key={what} look={refused ? "good" : "bad"} name={what} found={answer} />
              ))}
            </Facts>
          )}
          {alone.length > 0 && (
            <Facts title="Refused by one layer alone, before the next was added">
              {alone.map(({ layer, refused }, i) => (
                <Fact key={i} name={layer} found={refused} />
              ))}
            </Facts>
          )}
          <Facts title={layers.length > 0 ? "Other checks" : "Checks"}>
            {others.map(({ name, ok, found, advice }, i) => (
              <Fact key={i} look={ok ? "good" : "bad"} name={name} found={found} advice={advice} />
            ))}
          </Facts>
          <p className={s.facts}>
            Plumb {doctor.data.version}
            {doctor.data.python && ` · Python ${doctor.data.python}`} · data in {doctor.data.data_folder} · models in{" "}
            {doctor.data.cache_folder}
          </p>
          <div className={s.buttons}>
            <Button disabled={doctor.isFetching} onClick={() => void doctor.refetch()}>
              Measure again
            </Button>
          </div>
        </>
      )}
    </section>
  );
}
