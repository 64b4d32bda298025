"""Answers with llama-cpp-python through its public interface: llama_peer.py MODEL WINDOW THREADS. Reads one JSON request per line: {"messages", "tokens"}."""

import json
import sys
import time

from llama_cpp import Llama

model, window, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
llama = Llama(model_path=model, n_ctx=window, n_threads=threads, n_threads_batch=threads, verbose=False)
print("ready", flush=True)
for line in sys.stdin:
    request = json.loads(line)
    llama.reset()
    since = time.perf_counter()
    first, pieces = None, 0
    messages = request["messages"]
    for chunk in llama.create_chat_completion(messages, max_tokens=request["tokens"], temperature=0, stream=True):
        if chunk["choices"][0]["delta"].get("content"):
            first = first or time.perf_counter()
            pieces += 1
    took = time.perf_counter() - first
    print(json.dumps({"prompt_s": first - since, "read": llama.n_tokens - pieces, "reply_s": took, "written": pieces}), flush=True)
