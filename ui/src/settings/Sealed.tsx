import { useQuery } from "@tanstack/react-query";
import { CircleAlert, CircleCheck } from "lucide-react";
import { Banner } from "../parts/Banner";
import { Button } from "../parts/Button";
import { usePlatform } from "../platform";
import s from "./Settings.module.css";

/** What was measured on this computer: above all, that code written by a model can reach nothing. */
export function Sealed() {
  const platform = usePlatform();
  const doctor = useQuery({ queryKey: ["doctor"], queryFn: () => platform.call("doctor", {}), staleTime: 60_000 });
  return (
    <section className={s.section} aria-labelledby="set-sealed">
      <header>
        <h2 id="set-sealed">What is sealed</h2>
        <p>
          A model that works step by step writes small programs. They run where they can open no file, reach no network and start
          no other program. This was measured on this computer:
        </p>
      </header>
      {doctor.isPending && <p className={s.said}>Measuring…</p>}
      {doctor.error && (
        <Banner acts={<Button onClick={() => void doctor.refetch()}>Measure again</Button>}>{doctor.error.message}</Banner>
      )}
      {doctor.data && (
        <>
          <div className={s.checks}>
            {doctor.data.checks.map((check, i) => (
              <div key={i} className={s.check} data-bad={check.ok ? undefined : ""}>
                {check.ok ? (
                  <CircleCheck size={14} aria-label="As it should be" />
                ) : (
                  <CircleAlert size={14} aria-label="Needs a look" />
                )}
                <b>{check.name}</b>
                <span>{check.found}</span>
                {check.advice && <p>{check.advice}</p>}
              </div>
            ))}
          </div>
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
