import { expect, test } from "vitest";
import { answering } from "./localServers";

test("models that cannot chat are not offered", () => {
  const others = [
    "all-minilm:latest",
    "nomic-embed-text:v1.5",
    "bge-m3",
    "mxbai-embed-large",
    "BAAI/bge-reranker",
    "intfloat/e5-small",
  ];
  const chats = ["llama3.2:3b", "qwen3:8b", "gemma3", "phi4-mini", "mistral-small", "deepseek-r1:7b"];
  expect(answering([...others, ...chats])).toEqual(chats);
});
