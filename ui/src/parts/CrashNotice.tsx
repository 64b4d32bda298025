import { Component, type ReactNode } from "react";
import { Banner } from "./Banner";
import { Button } from "./Button";

interface State {
  said: string | null;
}

/** Shows a message and a way to reload if a screen fails. Runs go on in the background. */
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
          <Banner title="The window failed" acts={<Button onClick={() => location.reload()}>Reload</Button>}>
            Your questions go on in the background. The error was: {this.state.said}
          </Banner>
        </div>
      </main>
    );
  }
}
