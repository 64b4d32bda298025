import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { refresher } from "./refreshing";

const moment = (ms: number) => new Promise((go) => setTimeout(go, ms));

test("refetches never overlap, and one follows the last change", async () => {
  const client = new QueryClient();
  let now = 0;
  let asked = 0;
  let atOnce = 0;
  let most = 0;
  const observer = new QueryObserver(client, {
    queryKey: ["documents", "1"],
    queryFn: async () => {
      asked += 1;
      most = Math.max(most, ++atOnce);
      const seen = now;
      await moment(20);
      atOnce -= 1;
      return seen;
    },
  });
  const end = observer.subscribe(() => undefined);
  await moment(40);
  const refresh = refresher(client, "documents");
  for (let i = 0; i < 20; i++) {
    now += 1;
    refresh();
    await moment(2);
  }
  await moment(120);
  expect(observer.getCurrentResult().data).toBe(20);
  expect(most).toBe(1);
  expect(asked).toBeLessThan(10);
  end();
});
