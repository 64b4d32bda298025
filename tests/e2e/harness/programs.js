// Starts programs, and ends them by their own process id.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** Path of a built program. */
export const built = (name) => path.join(process.env.PLUMB_PROGRAMS ?? "", name);

/** Starts a program in its own process group, so that its children can be ended with it. */
export function start(program, args, { env = process.env, cwd } = {}) {
  const child = spawn(program, args, { env, cwd, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  // If this test is killed, run.sh ends the programs noted here.
  if (child.pid) writeFileSync(note(child.pid), "");
  const said = [];
  child.stderr.on("data", (bytes) => said.push(bytes));
  child.said = () => Buffer.concat(said).toString();
  child.on("error", (error) => said.push(Buffer.from(String(error))));
  // Writing to a program that has ended raises an error that does not matter.
  child.stdin.on("error", () => {});
  return child;
}

/** The first line of output that matches. */
export async function lineOf(child, pattern) {
  for await (const line of createInterface({ input: child.stdout })) {
    if (pattern.test(line)) {
      child.stdout.resume();
      return line;
    }
  }
  throw new Error(`${child.spawnfile} ended without saying ${pattern}: ${child.said()}`);
}

/** Ends a program and all of its children. */
export async function end(child) {
  if (!child.pid) return;
  const gone = child.exitCode === null && child.signalCode === null ? once(child, "exit") : Promise.resolve();
  signalGroup(child.pid, "SIGTERM");
  await Promise.race([gone, sleep(3000)]);
  signalGroup(child.pid, "SIGKILL");
  await gone;
  rmSync(note(child.pid), { force: true });
}

const note = (id) => path.join(process.env.PLUMB_STARTED, String(id));

function signalGroup(id, signal) {
  try {
    process.kill(-id, signal);
  } catch {
    // The whole group has ended.
  }
}

/** Runs a program to its end. */
export async function run(program, args, options) {
  const child = start(program, args, options);
  let output = "";
  child.stdout.on("data", (bytes) => (output += bytes));
  child.stdin.end();
  const [exit] = await once(child, "close");
  rmSync(note(child.pid), { force: true });
  return { exit, output, said: child.said() };
}

/** Id of the process with this name in the process group of `leader`. */
export function processOf(leader, name) {
  for (const id of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      // id (name) state parent group …
      const [, called, rest] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/${id}/stat`, "utf8"));
      if (called === name.slice(0, 15) && Number(rest.split(" ")[2]) === leader) return Number(id);
    } catch {
      // The process has ended in the meantime.
    }
  }
  return undefined;
}

/** A free port. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Asks repeatedly until the answer is truthy, and returns it. Throws when the time is up. */
export async function until(what, ask, seconds = 20) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`Waited ${seconds} s in vain: ${what}`);
    await sleep(100);
  }
}

/** The result of a promise, or an error that names it when the time is up: a page that misbehaves may never answer its browser. */
export function within(seconds, what, promise) {
  const late = sleep(seconds * 1000, undefined, { ref: false }).then(() => {
    throw new Error(`Waited ${seconds} s in vain: ${what}`);
  });
  return Promise.race([promise, late]);
}
