import { Component, type ReactNode } from "react";
import { Banner } from "./Banner";
import { Button } from "./Button";

interface State {
  said: string | null;
}

/** A fault in a screen leaves words and a way on, not an empty window. Runs go on behind it. */
export class CrashNotice extends Component<{ children: ReactNode }, State> {
  override state: State = { said: null };

  static getDerivedStateFromError(thrown: unknown): State {
    return { said: thrown instanceof Error ? thrown.message : String(thrown) };
  }

  override render() {
    if (this.state.said === null) return this.props.children;
    return (
      <main style={{ height: "100%", display: "grid", placeItems: "center", padding: 24 }}>
        <div style={{ maxWidth: 520 }}>
          <Banner
            title="This part of Plumb has broken down"
            acts={<Button onClick={() => location.reload()}>Load it again</Button>}
          >
            Your questions go on and are kept. What it said: {this.state.said}
          </Banner>
        </div>
      </main>
    );
  }
}
