// The last line: how many passed and failed.
export default async function* counts(events) {
  let passed = 0;
  let failed = 0;
  for await (const { type, data } of events) {
    const isGroup = data?.details?.type === "suite";
    if (type === "test:pass" && !isGroup && data.skip === undefined) passed++;
    // A group fails with its tests; what fails before or after them is the group's own.
    if (type === "test:fail" && !(isGroup && data.details.error?.failureType === "subtestsFailed")) failed++;
  }
  yield `\n${passed} passed, ${failed} failed\n`;
}
