import { useEffect, useState } from "react";
import { Pulse } from "../../parts/Pulse";
import c from "./CodePlace.module.css";

/** That something is under way, and for how long. */
export function Waiting() {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((now) => now + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <span className={c.waiting}>
      <Pulse />
      Waiting for an answer. This may take two minutes.
      {/* Seconds that are read out would drown everything else. */}
      <span className="num" aria-hidden>
        {seconds} s
      </span>
    </span>
  );
}
