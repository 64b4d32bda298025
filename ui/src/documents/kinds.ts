const containers = new Set(["mail", "outlook_mail", "mailbox", "zip", "tar", "compressed"]);

/** Whether documents of this kind can contain others. */
export const isContainer = (kind: string) => containers.has(kind);
