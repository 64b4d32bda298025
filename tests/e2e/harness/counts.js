// A reporter that prints the numbers of passed and failed tests in the last line.
export default async function* counts(events) {
  let passed = 0;
  let failed = 0;
  for await (const { type, data } of events) {
    const isGroup = data?.details?.type === "suite";
    if (type === "test:pass" && !isGroup && data.skip === undefined) passed++;
    // A group that fails only because of its tests is not counted; a failing hook is.
    if (type === "test:fail" && !(isGroup && data.details.error?.failureType === "subtestsFailed")) failed++;
  }
  yield `\n${passed} passed, ${failed} failed\n`;
}
