import s from "./Pulse.module.css";

/** A pulsing dot: work is in progress. */
export const Pulse = () => <span className={s.pulse} aria-hidden />;
