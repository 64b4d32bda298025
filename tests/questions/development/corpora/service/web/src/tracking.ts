import { ApiError, Client } from "./client";

// How often the receiver's page asks where the parcel is.
const POLL_MS = 12_000;
const POLL_HIDDEN_MS = 60_000;
const GIVE_UP_AFTER_ERRORS = 8;

const FINAL = new Set(["delivered", "returned", "cancelled"]);

const WORDS: Record<string, string> = {
  held: "Waiting for payment",
  booked: "Booked",
  offered: "Looking for a rider",
  assigned: "A rider is on the way to fetch it",
  picked_up: "On the bike",
  delivered: "Handed over",
  returned: "Back at the depot",
  cancelled: "Called off",
};

export class Tracker {
  private errors = 0;
  private timer: number | undefined;

  constructor(
    private readonly client: Client,
    private readonly code: string,
    private readonly show: (text: string) => void,
  ) {}

  start(): void {
    void this.ask();
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) void this.ask();
    });
  }

  stop(): void {
    window.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private async ask(): Promise<void> {
    this.stop();
    try {
      const { state, minutes } = await this.client.track(this.code);
      this.errors = 0;
      const word = WORDS[state] ?? state;
      this.show(minutes === undefined ? word : `${word}, about ${Math.max(1, minutes)} min`);
      if (FINAL.has(state)) return;
    } catch (error) {
      if (error instanceof ApiError && error.status === 403) {
        this.show("This link is not valid.");
        return;
      }
      this.errors += 1;
      if (this.errors >= GIVE_UP_AFTER_ERRORS) {
        this.show("We cannot reach the server. Please reload the page later.");
        return;
      }
    }
    this.timer = window.setTimeout(() => void this.ask(), document.hidden ? POLL_HIDDEN_MS : POLL_MS);
  }
}
