import s from "./Pulse.module.css";

/** Something is under way. */
export const Pulse = () => <span className={s.pulse} aria-hidden />;
