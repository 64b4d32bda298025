"""Asks one question with a peer through its public interface: peer_loop.py NAME BASE_URL TURNS. Runs in the peer's environment."""

import sys

TEXT = "hello"
QUESTION = "Bench?"


def rlmness(base_url, turns):
    from rlmness import ChatClient, Config, solve
    from rlmness.providers import Provider

    client = ChatClient(provider=Provider("scripted", f"{base_url}/chat/completions", "SCRIPTED_API_KEY"))
    # Code runs in a separate process, as in Plumb, without the peer's slower WebAssembly sandbox.
    return solve(TEXT, client, instruction=QUESTION, config=Config(primary_agent="m", runtime="subprocess", max_steps=turns)).output


def minrlm(base_url, turns):
    from minrlm import RLM

    # Without a text: with one it refuses answers from cells that did not search it.
    return RLM(model="m", base_url=base_url, max_iterations=turns).completion(QUESTION).response


def rlms(base_url, turns):
    from rlm import RLM

    engine = RLM(backend="openai", backend_kwargs={"model_name": "m", "base_url": base_url}, max_iterations=turns)
    return engine.completion(TEXT, root_prompt=QUESTION).response


name, base_url, turns = sys.argv[1:]
answer = globals()[name](base_url, int(turns))
if answer != "x":
    sys.exit(f"{name} answered {answer!r}")
