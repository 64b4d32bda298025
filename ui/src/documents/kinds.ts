const containers = new Set(["mail", "outlook_mail", "mailbox", "zip", "tar", "compressed"]);

/** Other documents may lie in it. */
export const isContainer = (kind: string) => containers.has(kind);
