// Talks to the Larkway API. Everything the page needs goes through here.

export interface Parcel {
  weight_g: number;
  length_cm: number;
  width_cm: number;
  height_cm: number;
  declared_value_cents?: number;
  fragile?: boolean;
}

export interface FreeWindow {
  start: string;
  left: number;
}

export interface Booking {
  id: number;
  cents: number;
  track: string;
}

export class ApiError extends Error {
  constructor(readonly code: string, readonly status: number, message: string) {
    super(message);
  }
}

const TIMEOUT_MS = 15_000;

// What we show for the codes of the server. Anything else: "Something went wrong."
export const MESSAGES: Record<string, string> = {
  slot_full: "Somebody was faster. Please pick another time.",
  hold_expired: "You took a little too long, so the time was given free again.",
  card_refused: "Your bank refused the payment.",
  payment_abandoned: "The card company does not answer. Please try again.",
  out_of_area: "Sorry, that is too far for our bikes.",
  too_heavy: "Sorry, that is too heavy for us.",
  locked_out: "Too many wrong passwords. Please wait a quarter of an hour.",
};

export class Client {
  private token: string | null = sessionStorage.getItem("larkway-token");

  constructor(private readonly base = "/v1") {}

  private async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      const response = await fetch(this.base + path, {
        method,
        signal: abort.signal,
        headers: {
          "Content-Type": "application/json",
          ...(this.token ? { Authorization: `Bearer ${this.token}` } : {}),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const json = await response.json();
      if (!response.ok) {
        if (response.status === 401) this.forget();
        throw new ApiError(json.error, response.status, MESSAGES[json.error] ?? "Something went wrong.");
      }
      return json as T;
    } finally {
      clearTimeout(timer);
    }
  }

  async login(email: string, password: string): Promise<void> {
    const { token } = await this.call<{ token: string }>("POST", "/login", { email, password });
    this.token = token;
    sessionStorage.setItem("larkway-token", token);
  }

  forget(): void {
    this.token = null;
    sessionStorage.removeItem("larkway-token");
  }

  windows(day: string): Promise<{ windows: FreeWindow[] }> {
    return this.call("GET", `/windows/${day}`);
  }

  quote(from: string, to: string, start: string, parcel: Parcel): Promise<{ cents: number }> {
    return this.call("POST", "/quotes", { from, to, start, parcel });
  }

  book(from: string, to: string, start: string, parcel: Parcel, receiver_phone: string): Promise<Booking> {
    return this.call("POST", "/deliveries", { from, to, start, parcel, receiver_phone });
  }

  pay(id: number, card: string): Promise<{ charge: string }> {
    return this.call("POST", `/deliveries/${id}/pay`, { card });
  }

  cancel(id: number, charge: string): Promise<{ refund_cents: number }> {
    return this.call("POST", `/deliveries/${id}/cancel`, { charge });
  }

  track(code: string): Promise<{ state: string; start: string; minutes?: number }> {
    return this.call("GET", `/track/${code}`);
  }
}

export function euro(cents: number): string {
  return new Intl.NumberFormat("de-DE", { style: "currency", currency: "EUR" }).format(cents / 100);
}
