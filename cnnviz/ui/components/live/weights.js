import { build } from "./forward.js";

/**
 * Fetch a network's weights and build it.
 *
 * config: what `network_for_browser` gives.
 * base: the page's address, document.baseURI; a worker has to be told.
 *
 * Throws an Error when they cannot be fetched: the server may have forgotten them, or be another one.
 */
export async function load(config, base) {
  return build(config, await fetched(config.weights, base));
}

/** Fetch the weights alone: their address, which is relative to base; a Float32Array. Throws as `load`. */
export async function fetched(address, base) {
  const answer = await fetch(new URL(address, base));
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return new Float32Array(await answer.arrayBuffer());
}
