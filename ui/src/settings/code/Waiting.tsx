import { useEffect, useState } from "react";
import { Pulse } from "../../parts/Pulse";
import c from "./CodePlace.module.css";

/** A notice that Plumb is waiting, with the seconds so far. */
export function Waiting() {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((now) => now + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <span className={c.waiting}>
      <Pulse />
      Waiting for an answer. This can take two minutes.
      {/* A screen reader would announce every second. */}
      <span className="num" aria-hidden>
        {seconds} s
      </span>
    </span>
  );
}
